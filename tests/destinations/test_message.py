"""What is said, in no vendor's words."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destinations.messages import HEADLINE_LIMIT, SUMMARY_LIMIT, Message, shorten

MESSAGE = Message(
    idempotency_key="anomalyarmor-1-2-3",
    title="Column removed from orders",
    description="Column customer_email was removed.",
    event_type="schema_change",
    severity="critical",
    asset="prod-postgres.shop.public.orders",
    asset_id="a-17",
    rule="Orders",
    changes=("Column removed (breaking): customer_email, varchar(255)",),
    occurred_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    link="https://armor.example/alerts/1/",
)


def test_the_summary_says_all_that_may_be_said() -> None:
    assert MESSAGE.summary == (
        "Column customer_email was removed.\n\n"
        "Source: AnomalyArmor\n"
        "Rule: Orders\n"
        "Event type: schema_change\n"
        "Severity: critical\n"
        "Asset: prod-postgres.shop.public.orders\n"
        "Asset ID: a-17\n"
        "Time: 2026-11-23 08:00:00 UTC\n"
        "Alert: https://armor.example/alerts/1/\n\n"
        "Changes:\n"
        "- Column removed (breaking): customer_email, varchar(255)"
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = dataclasses.replace(MESSAGE, description="", asset_id="", changes=())
    assert bare.summary.startswith("Source: AnomalyArmor\nRule: Orders")
    assert "Asset ID" not in bare.summary
    assert "Changes" not in bare.summary


def test_the_time_is_utc_wherever_the_detector_is() -> None:
    east = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    assert "Time: 2026-11-23 08:00:00 UTC" in dataclasses.replace(MESSAGE, occurred_at=east).summary


@given(st.text(max_size=600))
def test_the_headline_is_one_line_of_at_most_200_characters(title: str) -> None:
    headline = dataclasses.replace(MESSAGE, title=title).headline
    assert headline.startswith("[AnomalyArmor]")
    assert len(headline) <= HEADLINE_LIMIT
    assert len(headline.splitlines()) == 1


@given(st.text(max_size=50).map(lambda text: text * 400))
def test_the_summary_is_bounded(description: str) -> None:
    summary = dataclasses.replace(MESSAGE, description=description).summary
    assert len(summary) <= SUMMARY_LIMIT


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("ab cd", 4, "ab…"), ("", 3, ""), ("☃☃☃", 2, "☃…")],
)
def test_shortening(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


def test_it_survives_a_json_column() -> None:
    assert Message.from_json(MESSAGE.to_json()) == MESSAGE


def test_it_cannot_be_changed_and_has_no_room_for_anything_else() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MESSAGE.title = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Message(**vars_of(MESSAGE), details={"row": 1})
    assert {field.name for field in dataclasses.fields(Message)} == {
        "idempotency_key",
        "title",
        "description",
        "event_type",
        "severity",
        "asset",
        "asset_id",
        "rule",
        "changes",
        "occurred_at",
        "link",
        "external_id",
        "reference",
        "alert_id",
        "data_source",
        "ended",
        "ended_at",
        "ended_by",
        "ended_note",
    }


def vars_of(message: Message) -> dict[str, object]:
    return {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}
