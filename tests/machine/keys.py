"""Encryption keys come and go, as an operator changes DATA_ENCRYPTION_KEYS."""

import base64
import contextlib
import io
import os

from django.core.management import CommandError, call_command

from tests.machine.world import World

ADD, RESEAL, DROP, LOSE = "add", "reseal", "drop", "lose"
WAYS = (ADD, RESEAL, DROP, LOSE)


def rotate(world: World, way: str) -> None:
    """One step of a rotation, or the accident: the only key that opens the secrets is lost."""
    known = world.settings.DATA_ENCRYPTION_KEYS
    if way == ADD:
        world.settings.DATA_ENCRYPTION_KEYS = [_new_key(), *known]
    elif way == RESEAL:
        _reseal()
    elif way == DROP:
        _reseal()
        world.settings.DATA_ENCRYPTION_KEYS = known[:1]
    else:
        world.settings.DATA_ENCRYPTION_KEYS = [_new_key()]


def _reseal() -> None:
    with contextlib.suppress(CommandError):  # some were sealed with a key that is lost
        call_command("rotate_secrets", stdout=io.StringIO())


def _new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()
