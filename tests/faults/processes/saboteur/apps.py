"""What the saboteur does: a message that kills its process, and a name server that hangs."""

import os
import socket
import time
from pathlib import Path
from typing import Any

from django.apps import AppConfig

POISON = "POISON"
HANGING_HOST = "hanging.invalid"
# While this file is there, nobody learns the address of HANGING_HOST.
HANGS_WHILE = "SABOTEUR_HANGS_WHILE"


class Saboteur(AppConfig):
    name = "tests.faults.processes.saboteur"

    def ready(self) -> None:
        from destinations.messages import Message

        headline = Message.headline.fget  # type: ignore[attr-defined]
        assert headline

        def deadly(message: Message) -> str:
            if POISON in message.title:
                os._exit(9)  # as a crash in C does: no exception, nothing is cleaned up
            return str(headline(message))

        Message.headline = property(deadly)  # type: ignore[assignment, method-assign]
        socket.getaddrinfo = _slow(socket.getaddrinfo)


def _slow(resolve: Any) -> Any:
    def resolve_slowly(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != HANGING_HOST:
            return resolve(host, *arguments, **options)
        while Path(os.environ[HANGS_WHILE]).exists():
            time.sleep(0.05)
        return resolve("127.0.0.1", *arguments, **options)

    return resolve_slowly
