"""Encryption keys in three acts: the old one, the new one before it, the new one alone."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from armor_incidents.environment import new_encryption_key
from destinations.models import Destination

SECRET = "inc_" + "ab12" * 16

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination() -> Destination:
    destination = Destination(kind="incident_io", name="On-call")
    destination.set_secret("api_key", SECRET)
    destination.save()
    return destination


def _fresh(destination: Destination) -> Destination:
    return Destination.objects.get(pk=destination.pk)


def test_a_rotated_secret_opens_with_the_new_key_alone(
    settings: Settings, destination: Destination
) -> None:
    [old], new = settings.DATA_ENCRYPTION_KEYS, new_encryption_key()
    settings.DATA_ENCRYPTION_KEYS = [new, old]
    assert _fresh(destination).unseal("api_key") == SECRET
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    assert "1 secrets were sealed" in out.getvalue()
    settings.DATA_ENCRYPTION_KEYS = [new]
    assert _fresh(destination).unseal("api_key") == SECRET


def test_rotating_again_changes_nothing(settings: Settings, destination: Destination) -> None:
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key(), *settings.DATA_ENCRYPTION_KEYS]
    call_command("rotate_secrets", stdout=StringIO())
    before = _fresh(destination).secrets
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    assert "0 secrets" in out.getvalue()
    assert _fresh(destination).secrets == before


def test_a_dry_run_counts_and_changes_nothing(settings: Settings, destination: Destination) -> None:
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key(), *settings.DATA_ENCRYPTION_KEYS]
    out = StringIO()
    call_command("rotate_secrets", "--dry-run", stdout=out)
    assert "1 secrets would be sealed" in out.getvalue()
    assert _fresh(destination).secrets == destination.secrets


def test_a_lost_key_is_named_by_both_commands(settings: Settings, destination: Destination) -> None:
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key()]
    err = StringIO()
    with pytest.raises(CommandError, match="1 secrets cannot be read"):
        call_command("check_secrets", stdout=StringIO(), stderr=err)
    assert "On-call: api_key" in err.getvalue()
    assert SECRET not in err.getvalue()
    with pytest.raises(CommandError, match="1 secrets cannot be read"):
        call_command("rotate_secrets", stdout=StringIO())


def test_readable_secrets_are_counted(destination: Destination) -> None:
    out = StringIO()
    call_command("check_secrets", stdout=out)
    assert "All 1 secrets can be read." in out.getvalue()
