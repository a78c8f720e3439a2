"""The whole way with a real kind: from events to one mail in a mail server."""

import pytest
import time_machine
from pytest_django.fixtures import Settings

from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Attempt, DeliveryState
from destinations.models import Destination
from tests.alerts.factories import a_rule, alerts
from tests.alerts.noticeboard import DAILY, at, states, work
from tests.destinations import mailing

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Destination:
    config = DAILY | {"recipients": [mailing.ADA]}
    destination = Destination.objects.create(kind="email", name="Team", config=config)
    a_rule(destination)
    return destination


def end_of(alert: Alert) -> None:
    end(alert, AlertState.RESOLVED)


def test_a_day_is_one_mail(
    team: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    with mailing.running(settings) as server:
        opened = alerts(3)
        end_of(opened[0])
        work()
        assert server.letters == []
        at(clock, "+1 8:00")
        [letter] = server.letters
    text = letter.part("plain")
    assert "Digest: 3 opened, 1 ended, 2 still open" in text
    assert "Column removed from orders (Everything, shop.public.table_1): 1 opened" in text
    assert states(*opened) == {DeliveryState.DELIVERED}


def test_a_server_that_is_down_gets_the_same_mail_later(
    team: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    mailing.point_at(settings, 9)  # nobody listens there
    alerts(2)
    at(clock, "+1 8:00")
    first = Attempt.objects.get().exchanges[0]["body"]
    with mailing.running(settings) as server:
        at(clock, "+1 8:05")
        assert len(server.letters) == 1
    second = Attempt.objects.order_by("-number")[0].exchanges[0]["body"]
    assert (first["Message-ID"], first["text"]) == (second["Message-ID"], second["text"])


def test_record_only_renders_it_and_sends_nothing(
    team: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    Destination.objects.update(is_record_only=True)
    with mailing.running(settings) as server:
        opened = alerts(2)
        at(clock, "+1 8:00")
        assert server.letters == []
    assert states(*opened) == {DeliveryState.SKIPPED}
    assert "2 opened" in Attempt.objects.get().exchanges[0]["body"]["subject"]
