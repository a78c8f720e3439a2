"""What the documents quote is what the code does."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from alerts import events, storms, summaries, vocabulary
from armor_incidents import health, supervisor
from armor_incidents.supervisor import ROOT, read_procfile
from destinations import http
from destinations.connectors.incident_io import ROLES

PAGES = [ROOT / name for name in ("README.md", "DEVELOPERS.md", "CHANGELOG.md", "SECURITY.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)?(?:#([^)]+))?\)")


def read(name: str) -> str:
    return (ROOT / name).read_text()


def row(page: str, label: str) -> str:
    """The row of a table that begins so."""
    found = [line for line in page.splitlines() if line.startswith(f"| {label} |")]
    assert len(found) == 1, label
    return found[0]


def seconds(text: str) -> int:
    number, unit = text.split()
    return int(number) * {"s": 1, "min": 60, "h": 3600}[unit]


def test_the_retry_schedule() -> None:
    sentence = re.search(r"a delivery waits (.*), each up to (\d+) %", read("docs/reliability.md"))
    assert sentence
    steps = re.split(r", then |, | and ", sentence[1])
    assert tuple(seconds(step) for step in steps) == settings.RETRY_SCHEDULE
    assert int(sentence[2]) == round(settings.RETRY_JITTER * 100)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("one delivery's calls, in all", settings.CALL_DEADLINE),
        ("to connect", http.CONNECT_TIMEOUT),
        ("a worker's stay in a lane", settings.DRAIN_BUDGET),
        ("a task", settings.TASK_TIMEOUT),
        ("a lease", settings.LEASE),
        ("the queue repeats a task", settings.QUEUE_RETRY),
        ("the worker is taken for stuck", settings.STALL_TIMEOUT),
    ],
)
def test_the_times(label: str, value: float) -> None:
    assert row(read("docs/reliability.md"), label) == f"| {label} | {value:g} s |"


def test_storms_and_what_kills_workers() -> None:
    page = read("docs/reliability.md")
    for sentence in (
        f"lets {settings.STORM_LIMIT} creates a minute through",
        f"After {settings.STORM_GATHER:g} s its own incident is opened",
        f"links the first {summaries.LIST_LIMIT} members",
        f"joined a storm for {storms.QUIET.seconds // 60} minutes",
        f"After {settings.INTERRUPTIONS_LIMIT} workers it is given up",
    ):
        assert sentence in page


def test_bursts_and_flapping() -> None:
    page, hours = read("docs/rules.md"), settings.FLAP_WINDOW / 3600
    for sentence in (
        f"within {settings.GROUP_WINDOW / 60:g} minutes of the first (`GROUP_WINDOW`)",
        f"waits {settings.GROUP_GATHER:g} s (`GROUP_GATHER`)",
        f"opened more than {settings.FLAP_LIMIT} times within {hours:g} hours",
        f"until {settings.FLAP_SETTLE / 60:g} quiet minutes have passed (`FLAP_SETTLE`)",
    ):
        assert sentence in page


def test_what_a_failure_means() -> None:
    page = read("docs/reliability.md")
    limits = f"at most {settings.RETRY_AFTER_LIMIT:g} s; {settings.RATE_LIMIT_PAUSE:g} s if it"
    assert limits in row(page, "429")
    label = f"{settings.BREAKER_FAILURES} failures in a row"
    assert f"pauses for {settings.BREAKER_PAUSE:g} s" in row(page, label)
    minutes = health.OLDEST_DUE_LIMIT.total_seconds() / 60
    assert f"overdue by more than {minutes:g} minutes" in page
    assert settings.SWEEP_INTERVAL == 2, "Every two seconds a sweeper"


def test_what_the_supervisor_does() -> None:
    page = read("docs/reliability.md")
    first, last = supervisor.BACKOFF[0], supervisor.BACKOFF[-1]
    assert f"after {first:g} s at first and at most {last:g} s later on" in page
    assert f"for {supervisor.STOP_WAIT:g} s at most" in page
    assert f"{supervisor.STOP_WAIT:g} s; then all" in read("docs/decisions/0003-supervisor.md")


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    code = read("armor_incidents/settings.py") + read("Procfile")
    code += read("armor_incidents/delivery.py") + read("armor_incidents/mail.py")
    code += read("accounts/management/commands/create_first_admin.py")
    found = set(re.findall(r'(?:env(?:\.\w+)?|required_secret)\(\s*"([A-Z_]+)"', code))
    found |= set(re.findall(r"\$\{([A-Z_]+):-", code))
    page = read("docs/deploy.md").partition("## Every setting")[2].partition("## Backups")[0]
    documented = set(re.findall(r"`([A-Z][A-Z_]{3,})`", page)) - {"NAME_FILE", "NAME"}
    assert found == documented


def test_every_event_type_alias_and_change_type_is_listed() -> None:
    page = read("docs/events.md")
    names = [*vocabulary.EventType.values, *vocabulary.EVENT_TYPE_ALIASES]
    assert [name for name in names if f"`{name}`" not in page] == []
    listed = set(re.findall(r"\*\*`(\w+)`\*\*", page))
    assert listed == set(vocabulary.BREAKING)
    assert [n for n in vocabulary.ALL_CHANGE_TYPES if f"`{n}`" not in page] == []


def test_every_field_of_an_event_is_listed_with_its_limit() -> None:
    page = read("docs/events.md")
    fields = {field.alias or name for name, field in events.Event.model_fields.items()}
    fields |= {name for name, field in events.Change.model_fields.items()}
    assert [name for name in fields if f"`{name}`" not in page] == []
    assert f"{events.TITLE_LIMIT} characters" in row(page, "`title`")
    assert f"| {events.TEXT_LIMIT:,} |" in row(page, "`description`")
    assert f"{events.CHANGES_LIMIT} changes" in row(page, "`changes`")
    assert f"{events.TAGS_LIMIT} tags" in row(page, "`tags`")
    assert f"{events.DETAILS_LIMIT} entries" in row(page, "`details`")
    assert f"at most {events.BATCH_LIMIT:,}" in page
    assert f"more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024:,} KiB" in row(page, "413")


def test_every_role_of_incident_io_is_listed() -> None:
    page = read("docs/incident-io.md")
    assert [role for role in ROLES if f"`{role}`" not in page] == []


def test_every_dependency_has_its_reason() -> None:
    page = read("docs/decisions/0001-dependencies.md")
    for name in ("requirements.in", "requirements-dev.in", "requirements-demo.in"):
        lines = [line for line in read(name).splitlines() if line and line[0] not in "#-"]
        names = [re.split(r"[~=<>\[]", line)[0] for line in lines]
        assert [name for name in names if not re.search(rf"\b{name}\b", page)] == []


def test_the_procfile_is_what_deployment_says() -> None:
    assert [program.name for program in read_procfile(ROOT / "Procfile")] == [
        "release",
        "web",
        "worker",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        if anchor:
            assert anchor in _anchors(path), f"{target}#{anchor}"


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
