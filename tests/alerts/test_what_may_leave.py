"""From an alert to the message: no value of a row goes along, wherever it stands."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from alerts.messages import close_message, create_message
from alerts.models import Alert, AlertState
from destinations.messages import Message

CANARY = "C4nary7711"
VALUES = {
    "in details": {"details": {"row": CANARY, CANARY: 1}},
    "in tags": {"tags": [CANARY]},
    "as an old value": {
        "changes": [{"change_type": "column_default_changed", "old_value": CANARY}]
    },
    "as a new value": {
        "changes": [{"change_type": "column_type_changed", "new_value": f"text {CANARY}"}]
    },
    "quoted in the description": {"description": f"The value '{CANARY}' is new."},
    "quoted in the title": {"title": f'Unexpected "{CANARY}"'},
    "in a connection string": {"description": f"postgres://etl:{CANARY}@db/shop is down"},
    "in a connection string in the title": {"title": f"postgres://etl:{CANARY}@db/shop is down"},
    "in the asset's name": {"asset": f"postgres://etl:{CANARY}@db/shop.orders"},
    "in the asset's id": {"asset_id": f"token={CANARY}"},
    "as a password": {"description": f"password={CANARY}"},
    "in a change's object": {
        "changes": [{"change_type": "table_added", "object_name": f"secret={CANARY}"}]
    },
    "as an unknown field of a change": {
        "changes": [{"change_type": "table_added", "sample": CANARY}]
    },
    "in the fingerprint": {"fingerprint": CANARY},
    "in the data source": {"data_source": f"postgres://etl:{CANARY}@db/shop"},
}


def an_alert(**fields: Any) -> Alert:
    return Alert(
        **{
            "state": AlertState.TRIGGERED,
            "event_type": "schema_change",
            "severity": "critical",
            "title": "Column removed from orders",
            "description": "Column 'customer_email' was removed.",
            "asset": "shop.public.orders",
            "asset_id": "a-17",
            "data_source": "prod-postgres",
            "changes": [{"change_type": "column_removed", "column": "customer_email"}],
            "occurred_at": datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        }
        | fields
    )


def message_for(**fields: Any) -> Message:
    message, _ = create_message(an_alert(**fields), "Orders", "key")
    return message


@pytest.mark.parametrize("fields", VALUES.values(), ids=VALUES.keys())
def test_a_value_does_not_leave(fields: dict[str, Any]) -> None:
    assert CANARY not in str(message_for(**fields).to_json())


@given(
    details=st.dictionaries(st.just(CANARY) | st.text(max_size=5), st.just(CANARY)),
    old=st.text(max_size=20).map(lambda text: f"{text}{CANARY} {text}"),
    around=st.text(alphabet=st.characters(exclude_characters="'"), max_size=40),
    scheme=st.sampled_from(["postgres", "mysql", "snowflake", "mongodb+srv", "redis"]),
)
def test_no_text_around_a_value_lets_it_out(
    details: dict[str, str], old: str, around: str, scheme: str
) -> None:
    message = message_for(
        details=details,
        changes=[{"change_type": "check_changed", "column": "a", "old_value": old}],
        description=f"{around} '{CANARY}' {around} {scheme}://u:{CANARY}@h/d {around}",
    )
    assert CANARY not in message.summary
    assert CANARY not in message.headline


def test_what_was_blanked_is_counted() -> None:
    alert = an_alert(description="Value 'Ada' and password=x", title="For ada@example.com")
    message, blanked = create_message(alert, "Orders", "key")
    assert blanked == 3
    assert message.description == "Value [blanked] and [blanked]"


@override_settings(PUBLIC_URL="https://armor.example")
def test_the_rest_is_said_as_it_is() -> None:
    alert = an_alert()
    message, blanked = create_message(alert, "Orders", "key")
    assert blanked == 0
    assert message == Message(
        idempotency_key="key",
        title="Column removed from orders",
        description="Column 'customer_email' was removed.",
        event_type="schema_change",
        severity="critical",
        asset="shop.public.orders",
        asset_id="a-17",
        rule="Orders",
        changes=("Column removed (breaking): customer_email",),
        occurred_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        link=f"https://armor.example/alerts/{alert.pk}/",
        alert_id=str(alert.pk),
        data_source="prod-postgres",
    )


def test_of_many_changes_the_first_fifty_are_told() -> None:
    changes = [{"change_type": "column_added", "column": f"c{n}"} for n in range(80)]
    assert len(message_for(changes=changes).changes) == 50


def test_a_close_says_what_the_create_said_and_how_it_ended() -> None:
    ended_at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    alert = an_alert(state=AlertState.DISMISSED, ended_at=ended_at)
    created = message_for()
    closing = close_message(created.to_json(), alert, "ada", f"The value '{CANARY}' is right.")
    assert (closing.idempotency_key, closing.ended) == ("key-close", "dismissed")
    assert (closing.ended_at, closing.ended_by) == (ended_at, "ada")
    assert closing.ending == "Dismissed by ada: The value [blanked] is right."
    assert (closing.title, closing.summary) == (created.title, created.summary)
