"""A destination is edited while an alert is open: the end goes where the beginning was told, or to
the new place as news of its own, or is lost where nobody knows of it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from alerts import lifecycle
from alerts.models import Alert, AlertState, Delivery, DeliveryState
from destinations.models import Destination
from sandbox import pagerduty, slack
from sandbox.receiver import Receiver
from tests import stand_ins
from tests.alerts.factories import a_rule, an_alert, close_of, drain
from tests.stand_ins import StandIns

pytestmark = pytest.mark.django_db
OTHER_CHANNEL = "C9876543210"


@pytest.fixture
def places(settings: Settings) -> Iterator[StandIns]:
    with stand_ins.running() as there:
        there.point(settings)
        yield there


def opened_at(places: StandIns, name: str) -> tuple[Alert, Destination]:
    destination = places.destination(name)
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    return alert, destination


def ended(alert: Alert, destination: Destination) -> Delivery:
    destination.save()
    lifecycle.end(alert, AlertState.RESOLVED, "ada", "reran the job")
    drain(destination)
    return close_of(alert)


def test_a_bot_that_posts_to_another_channel_ends_it_in_the_first(places: StandIns) -> None:
    alert, bot = opened_at(places, "Slack bot")
    bot.config = {"channel": OTHER_CHANNEL}
    assert ended(alert, bot).state == DeliveryState.DELIVERED
    first, reply = places.bot.messages
    assert (first.changes, reply.thread_ts) == (1, first.ts)
    assert {one.body["channel"] for one in (first, reply)} == {slack.CHANNEL}


def test_a_bot_that_became_a_webhook_tells_the_end_there(places: StandIns) -> None:
    alert, destination = opened_at(places, "Slack bot")
    destination.config, destination.secrets = {}, {}
    destination.set_secret("webhook_url", places.hook.webhook_url)
    assert ended(alert, destination).state == DeliveryState.DELIVERED
    assert [one.changes for one in places.bot.messages] == [0]
    assert len(places.hook.messages) == 1


def test_a_webhook_that_became_a_bot_tells_the_end_in_its_channel(places: StandIns) -> None:
    alert, destination = opened_at(places, "Slack webhook")
    destination.config, destination.secrets = {"channel": f"#{slack.NAME}"}, {}
    destination.set_secret("bot_token", slack.BOT)
    assert ended(alert, destination).state == DeliveryState.DELIVERED
    [message] = places.bot.messages
    assert "Resolved" in message.body["text"]


@pytest.mark.parametrize("name", ["Webhook", "Teams"])
def test_another_address_hears_of_the_end(places: StandIns, name: str) -> None:
    alert, destination = opened_at(places, name)
    with Receiver() as other:
        other.answer(202)
        field = {"Webhook": "url", "Teams": "webhook_url"}[name]
        destination.set_secret(field, other.url)
        close = ended(alert, destination)
        assert len(other.deliveries) == 1
        assert "reran the job" in other.deliveries[0].body.decode()
    assert close.state == DeliveryState.DELIVERED


def test_other_people_get_the_end_in_the_thread_of_the_first_mail(places: StandIns) -> None:
    alert, destination = opened_at(places, "Mail")
    destination.config = {"recipients": ["others@example.com"]}
    assert ended(alert, destination).state == DeliveryState.DELIVERED
    first, last = places.mail.letters
    assert (first.recipients, last.recipients) == (
        (stand_ins.RECIPIENT,),
        ("others@example.com",),
    )
    assert last.message["References"] == first.message["Message-ID"]


def test_another_integration_leaves_open_what_the_first_one_opened(places: StandIns) -> None:
    """PagerDuty drops a resolve of what is not open, and answers as if it had done something: the
    documentation says so (docs/destinations.md)."""
    alert, destination = opened_at(places, "PagerDuty")
    other = "f" * len(pagerduty.KEY)
    places.pagerduty.keys.add(other)
    destination.set_secret("routing_key", other)
    close = ended(alert, destination)
    [there] = places.pagerduty.alerts
    assert (close.state, there.is_open) == (DeliveryState.DELIVERED, True)


def test_another_alert_source_leaves_open_what_the_first_one_opened(places: StandIns) -> None:
    """incident.io accepts a resolved event for what is not firing, and does nothing: as above."""
    alert, destination = opened_at(places, "Source")
    other = places.incident_io.alert_sources.add("another-token-of-another-source")
    destination.config = {"source_id": other}
    destination.set_secret("token", "another-token-of-another-source")
    close = ended(alert, destination)
    [there] = places.incident_io.alert_sources.alerts
    assert (close.state, there.is_firing) == (DeliveryState.DELIVERED, True)
