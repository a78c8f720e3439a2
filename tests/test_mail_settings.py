"""EMAIL_URL and EMAIL_FROM, as an operator may write them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHOW = (
    "from armor_incidents import mail as m; print(m.EMAIL_HOST, m.EMAIL_PORT, m.EMAIL_HOST_USER,"
    " m.EMAIL_HOST_PASSWORD, m.EMAIL_USE_TLS, m.EMAIL_USE_SSL, m.EMAIL_FROM, sep='|')"
)
FROM = "Armor Incidents <armor-incidents@localhost>"


def read(**variables: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: settings are read once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EMAIL_")}
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env=kept | variables, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "|25|||False|False"),
        ("smtp://mail.example", "mail.example|25|||False|False"),
        ("smtp://mail.example:1025", "mail.example|1025|||False|False"),
        ("smtp+tls://u:p@mail.example", "mail.example|587|u|p|True|False"),
        ("smtp+ssl://u:p@mail.example", "mail.example|465|u|p|False|True"),
        (
            "smtp://a%40b.example:p%2F%23%3A@mail.example",
            "mail.example|25|a@b.example|p/#:|False|False",
        ),
        ("smtp://[::1]:1025", "::1|1025|||False|False"),
        (" smtp://mail.example\n", "mail.example|25|||False|False"),
    ],
)
def test_the_mail_server(url: str, expected: str) -> None:
    assert read(EMAIL_URL=url).stdout.strip() == f"{expected}|{FROM}"


def test_a_file_may_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "email_url"
    path.write_text("smtp+tls://u:from-a-file@mail.example\n")
    assert "|u|from-a-file|" in read(EMAIL_URL_FILE=str(path)).stdout


@pytest.mark.parametrize(
    "url",
    [
        *("mail.example", "smtps://u:canary@mail.example", "http://u:canary@mail.example"),
        *("smtp://", "smtp://u:canary@", "smtp+tls://u:canary/x@mail.example"),
        *("smtp+tls://u:canary#x@mail.example", "smtp://u:canary@mail.example:port"),
        *("smtp://u:canary@mail.example:99999", "consolemail://", "smtp://u:canary@[::1"),
    ],
)
def test_an_address_that_cannot_be_read_stops_the_start_and_is_not_quoted(url: str) -> None:
    told = read(EMAIL_URL=url).stderr
    assert "ImproperlyConfigured: EMAIL_URL cannot be read." in told
    assert "canary" not in told


@pytest.mark.parametrize("sender", ["armor@example.com", "Ärmor <armor@example.com>"])
def test_the_sender(sender: str) -> None:
    assert read(EMAIL_FROM=sender).stdout.strip().endswith(f"|{sender}")


@pytest.mark.parametrize("sender", ["armor", "Armor <>", "a@b\nBcc: eve@evil.example", "@b", "a@"])
def test_a_sender_that_is_none_stops_the_start(sender: str) -> None:
    assert "ImproperlyConfigured: EMAIL_FROM must be like" in read(EMAIL_FROM=sender).stderr
