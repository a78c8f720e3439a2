"""Tests what stands in a form: looks at the account first, then makes one thing that is a test.

Nothing is stored here, so it works for a destination that is not saved yet.
"""

import logging
import uuid
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from destinations.connectors import Connector
from destinations.errors import DestinationError, Outcome, Retryable
from destinations.forms import DestinationForm
from destinations.http import Exchange
from destinations.messages import Check, Message, Receipt, web_link
from destinations.scrubbing import scrub

logger = logging.getLogger(__name__)

REFUSED = "Not tested: see the marked fields."
NOT_LOADED = "Nothing was loaded: see the marked fields."
LOADED = (
    "The lists of the account are loaded: choose in the fields above, also under More options."
    " Nothing was changed in the account."
)
# A save waits for the account no longer than a person would.
SAVE_DEADLINE = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a test or of a look at the account, in words for the page, without secrets."""

    is_success: bool = False
    # A test was made, and not only a look at the account.
    is_proof: bool = False
    sentence: str = REFUSED
    advice: str = ""
    request_id: str = ""
    account: str = ""
    account_url: str = ""
    reference: str = ""
    link: str = ""
    reminder: str = ""
    warnings: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    # The next test's id. The same again while nobody knows what became of this one.
    test_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def run(form: DestinationForm, test_id: str) -> Report:
    """Checks and tests. What the account refuses becomes an error of the form's field."""
    if not form.is_valid():
        return Report()
    secrets, warnings = list(form.secrets.values()), form.warnings()
    connector, found = form.connector(), Check()
    receipt: Receipt | None = None
    error: DestinationError | None = None
    try:
        found = connector.check().without(secrets)
        _mark(form, found)
        form.offer(found.choices)
        if not found.field_errors:
            receipt = connector.test(_message(form, test_id)).without(secrets)
    except DestinationError as failure:
        error = failure
    except Exception as failure:
        error = _unforeseen(failure)
    report = _about_account(found, warnings, connector.door.exchanges)
    if receipt:
        report = _with_success(report, connector, receipt)
    if error:
        report = _with_error(report, error, test_id)
    return _scrubbed(report, secrets)


def look(form: DestinationForm) -> Report:
    """Loads the lists of the account, and changes nothing there. Only its secrets must be right."""
    form.is_valid()
    if any(name in form.errors for name in form.secret_names()):
        return Report(sentence=NOT_LOADED)
    form.errors.clear()  # the rest of the form may still be empty
    secrets = list(form.secrets.values())
    connector = form.connector()
    try:
        found = connector.check().without(secrets)
    except DestinationError as failure:
        error = failure
    except Exception as failure:
        error = _unforeseen(failure)
    else:
        _mark(form, found)
        form.offer(found.choices)
        report = _about_account(found, [], connector.door.exchanges)
        return _scrubbed(replace(report, is_success=True, sentence=LOADED), secrets)
    report = _about_account(Check(), [], connector.door.exchanges)
    return _scrubbed(_with_error(report, error, new_test_id()), secrets)


def check(form: DestinationForm) -> list[str]:
    """Looks at the account of a form that is about to be saved; returns sentences of warning.

    What the account refuses becomes an error of the field; that it cannot be asked is a warning.
    """
    if not form.is_valid() or not form.needs_check:
        return []
    secrets = list(form.secrets.values())
    try:
        found = form.connector(SAVE_DEADLINE).check().without(secrets)
    except DestinationError as error:
        return [scrub(f"It could not be checked: {error} {error.advice}", secrets)]
    except Exception as failure:
        return [f"It could not be checked: {_unforeseen(failure)}"]
    _mark(form, found)
    form.offer(found.choices)
    return [scrub(warning, secrets) for warning in found.warnings]


def new_test_id(asked: str = "") -> str:
    """The id that the page carried, or a fresh one: the same page sent twice is one test."""
    try:
        return uuid.UUID(asked).hex
    except ValueError:
        return uuid.uuid4().hex


def _mark(form: DestinationForm, found: Check) -> None:
    for name, sentence in found.field_errors.items():
        form.add_error(name, sentence)


def _message(form: DestinationForm, test_id: str) -> Message:
    name = form.cleaned_data["name"]
    return Message(
        idempotency_key=f"anomalyarmor-test-{test_id}",
        title=f"Test of the destination “{name}”",
        description="This is only a test. Nothing is wrong with your data.",
        event_type="test",
        severity="info",
        asset="",
        asset_id="",
        rule="",
        changes=(),
        occurred_at=timezone.now(),
        link=settings.PUBLIC_URL + reverse("destinations"),
    )


def _unforeseen(failure: Exception) -> DestinationError:
    # The text of an unforeseen exception may hold anything, so only its class is told.
    name = type(failure).__name__
    logger.error("A test broke off: %s", name)
    return Retryable(
        f"An error in Armor Incidents stopped it ({name}).",
        outcome=Outcome.INTERNAL_ERROR,
        advice="Please report it, with the name of the error.",
    )


def _about_account(found: Check, warnings: list[str], exchanges: list[Exchange]) -> Report:
    return Report(
        account=found.account,
        account_url=web_link(found.account_url),
        warnings=(*warnings, *found.warnings),
        exchanges=tuple(exchanges),
    )


def _with_success(report: Report, connector: Connector, receipt: Receipt) -> Report:
    done = f"Success! {connector.thing.capitalize()} {connector.done}"
    remember = f"Remember to resolve the test {connector.thing} in {connector.label}."
    return replace(
        report,
        is_success=True,
        is_proof=True,
        sentence=f"{done}: {receipt.reference}" if receipt.reference else f"{done}.",
        reference=receipt.reference,
        link=receipt.link,
        reminder=receipt.note or (remember if connector.is_lasting else ""),
    )


def _with_error(report: Report, error: DestinationError, test_id: str) -> Report:
    return replace(
        report,
        sentence=str(error),
        advice=error.advice,
        request_id=error.request_id,
        test_id=test_id if isinstance(error, Retryable) else report.test_id,
    )


def _scrubbed(report: Report, secrets: list[str]) -> Report:
    return replace(
        report,
        sentence=scrub(report.sentence, secrets),
        advice=scrub(report.advice, secrets),
        request_id=scrub(report.request_id, secrets),
        account=scrub(report.account, secrets),
        reference=scrub(report.reference, secrets),
        reminder=scrub(report.reminder, secrets),
        warnings=tuple(scrub(warning, secrets) for warning in report.warnings),
    )
