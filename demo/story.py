"""The story that the demo tells, step by step. Each step is checked where its effect shows."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from demo.incident_io import IncidentIo, category
from demo.person import Person
from demo.producer import COLUMN_REMOVED, TABLE_FOUND, TABLE_STALE, Producer
from demo.team import RECIPIENT, Team

DESTINATION = "incident.io (sandbox)"
WEBHOOK = "Data platform (webhook)"
MAIL = "Data team (mail)"
RULE = "Broken or late data"
TEST_SENTENCE = re.compile(r"Success! Incident created: (INC-\d+)")


class Surprise(Exception):
    """Something went otherwise than the story has it."""


class Story:
    """Told once, in the order of the methods."""

    def __init__(
        self,
        person: Person,
        incident_io: IncidentIo,
        team: Team,
        tell: Callable[[str, float], None],
    ) -> None:
        self._person = person
        self._incident_io = incident_io
        self._team = team
        self._tell = tell

    def sign_in(self, username: str, password: str) -> None:
        with self._step(f"Signed in as {username}"):
            form = self._person.open("/accounts/login/").form("username", "password")
            self._person.send(form.fill("username", username).fill("password", password))
            _expect("/accounts/login/" not in self._person.url, "The login was refused.")

    def add_destination(self, api_key: str) -> None:
        status_id, status = self._incident_io.closed_status()
        with self._step("Tested the destination: {}", lambda: self._test_sentence()):
            page = self._person.open("/alerts/destinations/new/incident_io/")
            form = page.form("name", "api_key", "closed_status_id").fill("name", DESTINATION)
            form.fill("api_key", api_key).fill("closed_status_id", status_id)
            self._person.send(form, action="test")
        self._check_test_incident(status)
        with self._step(f"Created the destination “{DESTINATION}”, the key not typed again"):
            form = self._person.page.form("name", "api_key", "closed_status_id")
            self._person.send(form, action="save")
            page = self._person.open("/alerts/destinations/")
            _expect(DESTINATION in page.text, f"The destination was not saved: {page.text[:300]}")

    def add_team(self) -> None:
        """A webhook and a mailbox that hear of the same alerts."""
        receiver = self._team.receiver
        self._add("webhook", WEBHOOK, url=receiver.url, signing_secret=receiver.secret)
        self._add("email", MAIL, recipients=RECIPIENT)

    def _add(self, kind: str, name: str, **fields: str) -> None:
        with self._step(f"Tested and created the destination “{name}”"):
            form = self._person.open(f"/alerts/destinations/new/{kind}/").form("name", *fields)
            for field, value in {"name": name, **fields}.items():
                form.fill(field, value)
            page = self._person.send(form, action="test")
            _expect("Success! Message sent" in page.text, f"The test failed: {page.text[-600:]}")
            page = self._person.send(page.form("name", *fields), action="save")
            _expect(f"{name} was created." in page.text, f"Not saved: {page.text[:300]}")

    def add_rule(self) -> None:
        names = (DESTINATION, WEBHOOK, MAIL)
        with self._step(f"Created the rule “{RULE}”, for all three destinations"):
            form = self._person.open("/alerts/rules/new/").form("name", "event_types")
            form.fill("name", RULE).fill("event_types", "schema_change", "freshness_violation")
            page = self._person.send(form.choose("destinations", *names))
            _expect(RULE in page.text, f"The rule was not saved: {page.text[:300]}")

    def report(self, producer: Producer) -> None:
        column = self._opens(producer, COLUMN_REMOVED, "A column was removed")
        self._opens_nothing(producer)
        with self._step(f"The column is back: {column[1]} was closed"):
            producer.report(COLUMN_REMOVED, event_id="schema-scan-1043", status="resolved")
            self._incident_io.wait_until_closed(column[1])
        self._hears(COLUMN_REMOVED, "resolved")
        stale = self._opens(producer, TABLE_STALE, "A table is late")
        self._dismiss(producer, *stale)
        with self._step("A new table was found: recorded, and no rule wants it"):
            _expect_status(producer.report(TABLE_FOUND)["status"], "unmatched")
            _expect(self._incident_io.stays_at(3), "An unmatched event opened an incident.")

    def check_the_end(self) -> None:
        """Every incident once, and every one closed: as the sandbox counts them."""
        with self._step("The webhook and the mailbox heard of each thing once, and in order"):
            _expect(not self._team.surprises(), " ".join(self._team.surprises()))
        with self._step("Three incidents, each created by one request, all closed"):
            for incident in self._incident_io.incidents():
                name, sent = incident["reference"], incident["create_requests"]
                _expect(sent == 1, f"{name} was created by {sent} requests.")
                _expect(category(incident) == "closed", f"{name} is {category(incident)}.")
            counts = self._incident_io.counts()
            found = {name: counts[name] for name in ("incidents", "idempotency_keys", "open")}
            wanted = {"incidents": 3, "idempotency_keys": 3, "open": 0}
            _expect(found == wanted, f"The sandbox counts {found}.")

    def _test_sentence(self) -> str:
        found = TEST_SENTENCE.search(self._person.page.text)
        if not found:
            raise Surprise(f"The test did not succeed: {self._person.page.text[:600]}")
        return found.group()

    def _check_test_incident(self, status: str) -> None:
        incidents = self._incident_io.incidents()
        _expect(len(incidents) == 1, f"The test made {len(incidents)} incidents.")
        made = incidents[0]
        _expect(made["mode"] == "test", f"The test made an incident of mode {made['mode']}.")
        _expect(category(made) == "closed", f"The test incident was not set to {status}.")

    def _opens(self, producer: Producer, event: dict[str, object], what: str) -> tuple[str, str]:
        """Reports; returns the alert's id and the incident's reference."""
        known = len(self._incident_io.incidents())
        recorded = producer.report(event)
        _expect_status(recorded["status"], "accepted")
        with self._step(f"{what}: {{}} is open", lambda: str(incident["reference"])):
            incident = self._incident_io.wait_for_new(known)
        name, wanted = incident["name"], f"[AnomalyArmor] {event['title']}"
        _expect(name == wanted, f"The incident is called {name}, not {wanted}.")
        _expect(category(incident) != "closed", "The incident was closed from the start.")
        self._hears(event, "triggered")
        return recorded["alert_id"], incident["reference"]

    def _hears(self, event: dict[str, object], what: str) -> None:
        with self._step(f"The webhook (signed) and the mailbox heard of it: {what}"):
            self._team.wait_until_told(str(event["title"]), what)

    def _opens_nothing(self, producer: Producer) -> None:
        known = len(self._incident_io.incidents())
        with self._step("The same event again, and the same problem again: no second incident"):
            _expect_status(producer.report(COLUMN_REMOVED)["status"], "duplicate")
            again = producer.report(COLUMN_REMOVED, event_id="schema-scan-1042")
            _expect_status(again["status"], "accepted")
            _expect(self._incident_io.stays_at(known), "A repeat opened a second incident.")

    def _dismiss(self, producer: Producer, alert_id: str, reference: str) -> None:
        with self._step(f"Dismissed it on the alert's page: {reference} was closed"):
            page = self._person.open(f"/alerts/{alert_id}/")
            _expect(reference in page.text, f"The alert's page does not name {reference}.")
            self._person.send(page.form_to("/dismissals/"))
            self._incident_io.wait_until_closed(reference)
            _expect_status(producer.alert_state(alert_id), "dismissed")
        self._hears(TABLE_STALE, "dismissed")

    @contextmanager
    def _step(self, sentence: str, detail: Callable[[], str] | None = None) -> Iterator[None]:
        """Tells the sentence and the time that the block took, once it is through."""
        started = time.monotonic()
        yield
        elapsed = time.monotonic() - started
        self._tell(sentence.format(detail()) if detail else sentence, elapsed)


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Surprise(otherwise)


def _expect_status(found: str, wanted: str) -> None:
    _expect(found == wanted, f"The answer was {found}, and should have been {wanted}.")
