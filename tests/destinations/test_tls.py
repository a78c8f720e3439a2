"""Nothing is said to a server whose certificate is not trusted."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from destinations.errors import Outcome, Retryable
from destinations.http import Door
from sandbox import keys


def make_certificate(path: Path, valid_days: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ends = datetime.now(UTC) + timedelta(days=valid_days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=90))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


class Listener:
    """A server that keeps what arrives after its handshake, if there is one."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.received = b""
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._socket.accept()
            with connection:
                connection.settimeout(5)
                if self._context is None:
                    connection.recv(1024)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self.received = secured.recv(4096)

    def stop(self) -> None:
        self._socket.close()
        self._thread.join(5)


@pytest.fixture(params=["self-signed", "expired", "no TLS at all"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    context = None
    if request.param != "no TLS at all":
        make_certificate(tmp_path / "cert.pem", -1 if request.param == "expired" else 30)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem")
    running = Listener(context)
    yield running
    running.stop()


def test_a_certificate_that_is_not_trusted_gets_no_key(listener: Listener) -> None:
    door = Door([keys.FULL], 10)
    url = f"https://localhost:{listener.port}/v2/incidents"
    with pytest.raises(Retryable) as caught:
        door.request("GET", url, headers={"Authorization": f"Bearer {keys.FULL}"})
    listener.stop()
    error = caught.value
    assert error.outcome == Outcome.TLS_ERROR
    assert str(error) == "No trusted connection to localhost: its certificate was not accepted."
    assert listener.received == b""
    assert keys.FULL not in f"{error!r} {error.advice} {door.exchanges}"
