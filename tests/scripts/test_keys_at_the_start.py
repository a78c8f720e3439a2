"""A key that is missing or weak stops the start with a sentence, and with nothing else."""

from pathlib import Path

import pytest

from armor_incidents.environment import new_encryption_key, new_secret_key
from tests.scripts.environment import PYTHON, environment, run, with_keys

MISSING = "SECRET_KEY is not set. Set it in the environment, or set SECRET_KEY_FILE to a file"


@pytest.mark.parametrize("command", [["script/server"], [PYTHON, "manage.py", "migrate"]])
def test_a_missing_key_stops_the_start_with_one_sentence(
    tmp_path: Path, command: list[str]
) -> None:
    done = run(*command, env=environment(tmp_path))
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "supervisor" not in line]
    assert len(said) == 1
    assert said[0].startswith(MISSING)
    assert "openssl rand" in said[0]


def test_a_weak_secret_key_stops_the_start(tmp_path: Path) -> None:
    done = run(PYTHON, "manage.py", "prepare", env=with_keys(tmp_path, SECRET_KEY="short"))
    assert done.returncode != 0
    assert done.stderr.startswith("SECRET_KEY is too weak")
    assert "Traceback" not in done.stderr


def test_a_broken_encryption_key_stops_the_start(tmp_path: Path) -> None:
    broken = with_keys(tmp_path, DATA_ENCRYPTION_KEYS="not a key")
    done = run(PYTHON, "manage.py", "prepare", env=broken)
    assert done.returncode != 0
    assert "openssl rand -base64 32" in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_are_read_from_files(tmp_path: Path) -> None:
    files = {"SECRET_KEY": new_secret_key(), "DATA_ENCRYPTION_KEYS": new_encryption_key()}
    for name, value in files.items():
        (tmp_path / name).write_text(value + "\n")
    named = {f"{name}_FILE": str(tmp_path / name) for name in files}
    done = run(PYTHON, "manage.py", "check", env=environment(tmp_path, **named))
    assert done.returncode == 0, done.stderr


def test_a_database_that_does_not_answer_is_told_without_a_traceback(tmp_path: Path) -> None:
    nowhere = with_keys(tmp_path, DATABASE_URL="postgres://u@/x?host=/nonexistent")
    done = run(PYTHON, "manage.py", "prepare", env=nowhere)
    assert done.returncode != 0
    assert "The database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
