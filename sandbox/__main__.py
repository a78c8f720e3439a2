"""`python -m sandbox`: serve until SIGTERM or Ctrl-C."""

import argparse
import signal
import threading

from sandbox.server import Sandbox


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A stand-in for incident.io")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 takes a free one")
    parser.add_argument("--rate", type=float, default=20, help="requests a second for each key")
    parser.add_argument("--burst", type=int, default=1200, help="requests a key can save up")
    parser.add_argument("--delay-ms", type=float, default=0, help="time each answer takes")
    return parser.parse_args()


def main() -> None:
    options = vars(parse_arguments())
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with Sandbox(**options) as sandbox:
        print(f"sandbox ready on {sandbox.url}", flush=True)
        stopping.wait()


if __name__ == "__main__":
    main()
