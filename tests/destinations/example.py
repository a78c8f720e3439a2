"""A message, as the tests of connectors send it."""

from datetime import UTC, datetime

from destinations.messages import Message

MESSAGE = Message(
    idempotency_key="anomalyarmor-1-2-3",
    title="Column removed from orders",
    description="Column customer_email was removed.",
    event_type="schema_change",
    severity="critical",
    asset="shop.public.orders",
    asset_id="a-17",
    rule="Orders",
    changes=(),
    occurred_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    link="https://armor.example/alerts/1/",
)
