"""`python -m bench.receiver DELAY_MS`: takes Alertmanager's webhooks as the sandbox takes creates,
and tells at GET / when each alert came. Prints its port."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    delay = 0.0
    arrived: dict[str, float] = {}

    def do_POST(self) -> None:
        now = time.monotonic()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in body["alerts"]:
            self.arrived.setdefault(alert["labels"]["alertname"], now)
        time.sleep(self.delay)
        self._answer({})

    def do_GET(self) -> None:
        self._answer(self.arrived)

    def _answer(self, payload: Any) -> None:
        body = json.dumps(payload).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    Receiver.delay = float(sys.argv[1]) / 1000
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    print(f"receiver ready on {server.server_address[1]}", flush=True)
    server.serve_forever()
