"""`script/demo [--exit]`: tells the story, then serves until Ctrl-C."""

import argparse
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack

import requests

from demo.incident_io import IncidentIo
from demo.person import Person
from demo.producer import Producer
from demo.server import LOG, USERNAME, NotReady, Server, free_port
from demo.story import Story, Surprise
from demo.team import Team, new_signing_secret
from sandbox import keys
from sandbox.mail import MailServer
from sandbox.receiver import Receiver
from sandbox.server import Sandbox

PORT = 8000
SANDBOX_PORT = 9100


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM: everything that was started is stopped on the way out."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/demo", description="The main job, told.")
    parser.add_argument("--exit", action="store_true", help="stop after the story")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        run(serve=not options.exit)
    except Interrupted:
        say("Stopped.")
        return 130 if options.exit else 0
    except (Surprise, NotReady, LookupError, requests.RequestException) as error:
        say(f"The demo failed: {error}\nThe app's log: {LOG}")
        return 1
    return 0


def run(*, serve: bool) -> None:
    wanted = int(os.environ.get("PORT") or PORT)
    if (port := free_port(wanted)) != wanted:
        say(f"Port {wanted} is taken; using {port}.")
    say("Each line tells how long its step took; an incident counts from the API's answer on.")
    started = time.monotonic()
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(port=free_port(SANDBOX_PORT)))
        receiver = stack.enter_context(Receiver(new_signing_secret()))
        mailbox = stack.enter_context(MailServer())
        server = Server(port, sandbox.url, mailbox.url)
        stack.enter_context(server.running())
        tell("Started the app, and stand-ins for all it speaks to", time.monotonic() - started)
        tell_story(server, sandbox, Team(receiver, mailbox))
        if serve:
            say(_invitation(server, sandbox))
            threading.Event().wait()
    tell("Stopped everything; the story took", time.monotonic() - started)


def tell_story(server: Server, sandbox: Sandbox, team: Team) -> None:
    story = Story(Person(server.url), IncidentIo(sandbox.url, keys.FULL), team, tell)
    story.sign_in(USERNAME, server.password)
    story.add_destination(keys.FULL)
    story.add_team()
    story.add_rule()
    started = time.monotonic()
    producer = Producer(server.url, server.make_api_key())
    tell("Made an API key for the detector", time.monotonic() - started)
    story.report(producer)
    story.check_the_end()


def tell(sentence: str, seconds: float) -> None:
    say(f"{seconds * 1000:7.0f} ms  {sentence}")


def say(text: str) -> None:
    print(text, flush=True)


def _invitation(server: Server, sandbox: Sandbox) -> str:
    lines = {
        "Open": f"{server.url}/",
        "User": USERNAME,
        "Password": server.password,
        "The stand-in for incident.io": f"{sandbox.url}/",
    }
    return "\n".join(
        ["", *(f"{name}: {value}" for name, value in lines.items()), "", "Ctrl-C ends."]
    )


def _interrupt(*_: object) -> None:
    raise Interrupted


if __name__ == "__main__":
    sys.exit(main())
