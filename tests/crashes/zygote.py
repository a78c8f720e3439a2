"""Forks workers and producers that are ready at once: `python -m tests.crashes.zygote`.

Starting `manage.py worker` takes a second; a fork of a process that has set up Django, a hundredth.
It reads a role a line and answers with the new process's id; "reap ID" buries a dead one.
"""

import os
import sys
from collections.abc import Callable

import django

from armor_incidents.supervisor import die_with
from tests.crashes.scene import Scene


def serve(roles: dict[str, Callable[[Scene], None]]) -> None:
    scene = Scene.from_environment()
    for line in sys.stdin:
        role, *number = line.split()
        if role == "reap":
            status = os.waitstatus_to_exitcode(os.waitpid(int(number[0]), 0)[1])
            print(status, flush=True)
        else:
            print(_fork(roles[role], scene), flush=True)


def _fork(play: Callable[[Scene], None], scene: Scene) -> int:
    die_with_us = die_with(os.getpid())
    if pid := os.fork():
        return pid
    code = 1
    try:
        die_with_us()
        play(scene)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


if __name__ == "__main__":
    django.setup()
    from tests.crashes import roles

    serve({role.__name__: role for role in (roles.prepare, roles.work, roles.report, roles.finish)})
