"""Names and their addresses, within a time: the resolver itself may take half a minute, and nothing
can stop it. A thread that waits for it in our place can be left behind."""

import queue
import socket
import threading
from collections.abc import Callable

LIMIT = 5.0  # seconds
Answer = list[str] | OSError


def look_up(host: str, port: int, seconds: float = LIMIT) -> list[str]:
    """The addresses of a host, each once. Raises socket.gaierror if there are none in time."""
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    threading.Thread(target=_ask, args=(host, port, answers.put), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "the name server did not answer in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _ask(host: str, port: int, tell: Callable[[Answer], None]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError:  # a label that is empty or too long, or a NUL
        tell(socket.gaierror(socket.EAI_NONAME, "no name of a host"))
    except OSError as error:
        tell(error)
    else:
        tell(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
