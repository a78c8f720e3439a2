"""What would break quietly stops the start."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings

from alerts import checks
from armor_incidents.environment import new_encryption_key


def ids(found: Any) -> list[str]:
    return [message.id for message in found]


def test_the_settings_as_they_are_pass(settings: Settings) -> None:
    assert checks.timeouts_are_in_order(None) == []
    assert checks.encryption_keys_are_good(None) == []
    assert checks.the_queue_is_in_our_database(None) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALL_DEADLINE", 30),
        ("DRAIN_BUDGET", 31),  # + the call is more than the task may take
        ("DRAIN_BUDGET", 10),
        ("TASK_TIMEOUT", 60),
        ("TASK_TIMEOUT", 40),
        ("LEASE", 50),
        ("LEASE", 90),
        ("QUEUE_RETRY", 60),
    ],
)
def test_timeouts_out_of_order_are_an_error(settings: Settings, name: str, value: float) -> None:
    setattr(settings, name, value)
    found = checks.timeouts_are_in_order(None)
    assert set(ids(found)) == {"armor.E001"}
    assert any(name in str(message.msg) for message in found)


@pytest.mark.parametrize("keys", [[], [""], ["short"], ["0" * 64], [new_encryption_key(), "x"]])
def test_bad_encryption_keys_are_an_error(settings: Settings, keys: list[str]) -> None:
    settings.DATA_ENCRYPTION_KEYS = keys
    found = checks.encryption_keys_are_good(None)
    assert ids(found) == ["armor.E002"]
    assert "openssl" in str(found[0].hint)


def test_the_secret_key_is_no_encryption_key(settings: Settings) -> None:
    key = new_encryption_key()
    settings.DATA_ENCRYPTION_KEYS, settings.SECRET_KEY = [key], key
    assert ids(checks.encryption_keys_are_good(None)) == ["armor.E003"]


def test_a_queue_elsewhere_is_an_error(settings: Settings) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"orm": "other"}
    assert ids(checks.the_queue_is_in_our_database(None)) == ["armor.E004"]


def test_plain_http_for_other_hosts_is_a_warning(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "armor.example"]
    assert ids(checks.plain_http_stays_at_home(None)) == ["armor.W001"]
    settings.HTTPS_ONLY = True
    assert checks.plain_http_stays_at_home(None) == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    assert connection.introspection.table_names()
