"""Faults on the connection itself: silence, resets, and answers that come in crumbs."""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterator

from sandbox.faults import Fault
from sandbox.wire import Response

DRIP_SECONDS = 0.05
DELAY_SECONDS = 1.0


class HangUp(Exception):
    """Nothing more is to be said on this connection: an end that was asked for, not an error."""


def hang(fault: Fault, connection: socket.socket) -> None:
    """Say nothing until the fault is cleared, or for its seconds."""
    fault.released.wait(fault.seconds)
    raise HangUp


def reset(fault: Fault, connection: socket.socket) -> None:
    """Close with an RST: lingering for zero seconds drops what is unsent and skips the FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Files made from the socket keep it open, so its descriptor is closed directly.
    os.close(connection.detach())
    raise HangUp


def delay(fault: Fault, connection: socket.socket) -> None:
    fault.released.wait(DELAY_SECONDS if fault.seconds is None else fault.seconds)


Interruption = Callable[[Fault, socket.socket], None]
BEFORE_PROCESSING: dict[str, Interruption] = {
    "hang_before": hang,
    "reset_before": reset,
    "delay": delay,
}
BEFORE_ANSWERING: dict[str, Interruption] = {"create_then_hang": hang, "reset_after": reset}


def send_whole(
    fault: Fault, connection: socket.socket, response: Response, keep_alive: bool
) -> None:
    head = response.head(keep_alive)
    if response.stream is None:
        connection.sendall(head + response.body)
        return
    connection.sendall(head)
    for chunk in response.stream:
        connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    connection.sendall(b"0\r\n\r\n")


def _send_half(connection: socket.socket, response: Response) -> None:
    connection.sendall(response.head() + response.body[: len(response.body) // 2])


def send_half_and_hang(
    fault: Fault, connection: socket.socket, response: Response, keep_alive: bool
) -> None:
    _send_half(connection, response)
    hang(fault, connection)


def send_half_and_reset(
    fault: Fault, connection: socket.socket, response: Response, keep_alive: bool
) -> None:
    _send_half(connection, response)
    # An RST also throws away what the client has not read yet; let it see the half first.
    time.sleep(DRIP_SECONDS)
    reset(fault, connection)


def drip(fault: Fault, connection: socket.socket, response: Response, keep_alive: bool) -> None:
    connection.sendall(response.head())
    _drip(fault, connection, response.body)


def drip_headers(
    fault: Fault, connection: socket.socket, response: Response, keep_alive: bool
) -> None:
    _drip(fault, connection, response.head() + response.body)


def _drip(fault: Fault, connection: socket.socket, data: bytes) -> None:
    pause = DRIP_SECONDS if fault.seconds is None else fault.seconds
    for byte in _single(data):
        connection.sendall(byte)
        if fault.released.wait(pause):
            raise HangUp


def _single(data: bytes) -> Iterator[bytes]:
    return (data[place : place + 1] for place in range(len(data)))


Sender = Callable[[Fault, socket.socket, Response, bool], None]
SENDERS: dict[str, Sender] = {
    "hang_after": send_half_and_hang,
    "reset_mid_body": send_half_and_reset,
    "drip": drip,
    "drip_headers": drip_headers,
}
