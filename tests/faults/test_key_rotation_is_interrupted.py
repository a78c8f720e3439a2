"""`rotate_secrets` is killed half-way: both keys open everything, and a second run finishes it."""

from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from armor_incidents.environment import new_encryption_key
from destinations.models import Destination
from sandbox import keys
from tests.alerts.factories import a_destination

pytestmark = pytest.mark.django_db(transaction=True)
COUNT, DIES_AT = 6, 4


class Killed(BaseException):
    """Nothing in the command may catch it, as nothing catches SIGKILL."""


def run_until_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    reseal, calls = Destination.reseal, []

    def deadly(destination: Destination, field: str) -> bool:
        calls.append(field)
        done = reseal(destination, field)
        if len(calls) == DIES_AT:
            raise Killed  # sealed anew, and not saved
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Destination, "reseal", deadly)
        with pytest.raises(Killed):
            call_command("rotate_secrets", stdout=StringIO())


def test_a_second_run_finishes_what_the_first_began(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(COUNT):
        a_destination(f"On-call {number}")
    [old], new = settings.DATA_ENCRYPTION_KEYS, new_encryption_key()
    settings.DATA_ENCRYPTION_KEYS = [new, old]
    run_until_killed(monkeypatch)
    assert {d.unseal("api_key") for d in Destination.objects.all()} == {keys.FULL}

    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    assert f"{COUNT - DIES_AT + 1} secrets were sealed" in out.getvalue()
    settings.DATA_ENCRYPTION_KEYS = [new]
    assert {d.unseal("api_key") for d in Destination.objects.all()} == {keys.FULL}
