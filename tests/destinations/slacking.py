"""What the tests of Slack share: a bot and a webhook at the stand-in, and a message at its end."""

from dataclasses import replace
from datetime import UTC, datetime

from destinations.connectors.slack import Slack
from destinations.http import Door
from destinations.messages import Digest, DigestLine
from sandbox import slack as sandbox
from tests.destinations import example

MESSAGE = replace(
    example.MESSAGE,
    data_source="prod-postgres",
    changes=("Column customer_email was removed (breaking)", "Column note was added"),
)
ENDED = replace(
    MESSAGE,
    idempotency_key="anomalyarmor-1-2-3-close",
    ended="resolved",
    ended_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    ended_by="ada",
    ended_note="reran the job",
)
DIGEST = Digest(
    idempotency_key="anomalyarmor-digest-1",
    since=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    until=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    opened=3,
    ended=1,
    still_open=2,
    lines=(
        DigestLine(
            rule="Orders",
            asset="shop.public.orders",
            severity="warning",
            opened=3,
            ended=1,
            title="Table is stale",
        ),
    ),
    more=4,
    link="https://armor.example/alerts/",
)


def bot(channel: str = f"#{sandbox.NAME}", token: str = sandbox.BOT, seconds: float = 5) -> Slack:
    """Speaks to the address that the setting SLACK_API_URL names."""
    return Slack({"channel": channel}, {"bot_token": token}, Door([token], seconds))


def webhook(url: str, seconds: float = 5) -> Slack:
    return Slack({}, {"webhook_url": url}, Door([url], seconds))
