"""What rules wait for or are kept quiet about survives sweepers that die and clocks that jump."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from alerts import windows
from alerts.models import Alert, Blackout, DailyCount, Delivery, Match, Verdict
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, drain
from tests.faults.clocks import jump
from tests.faults.test_an_alert_flaps import Death, die

pytestmark = pytest.mark.django_db


def a_blackout(**lasts: float) -> Blackout:
    """It began an hour ago."""
    start, end = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(**lasts)
    return Blackout.objects.create(
        name="Migration",
        start_date=start.date(),
        start_time=start.time(),
        end_date=end.date(),
        end_time=end.time(),
    )


def test_a_sweeper_that_dies_as_it_judges_has_told_and_taken_nothing(
    sandbox: Sandbox, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = a_destination()
    a_rule(destination, min_minutes=10, daily_limit=2)
    alerts(3)
    jump(clock, minutes=10)
    before = list(Match.objects.order_by("pk").values())
    with monkeypatch.context() as death:
        death.setattr(windows, "keep", die)
        with pytest.raises(Death):
            sweep()
    assert list(Match.objects.order_by("pk").values()) == before
    assert not Delivery.objects.exists()
    assert not DailyCount.objects.exists()
    for _ in range(3):
        sweep()
        drain(destination)
    assert len(sandbox.workspace.incidents()) == DailyCount.objects.get().taken == 2


def test_what_was_due_while_no_sweeper_ran_is_told_once(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    a_blackout(hours=1)
    alerts(3)
    jump(clock, days=2)
    for _ in range(3):
        sweep()
        drain(destination)
    assert len(sandbox.workspace.incidents()) == len(sandbox.journal.entries()) == 3


@pytest.mark.parametrize("days", [1, -1], ids=["forwards", "back"])
@pytest.mark.parametrize(
    "asks",
    [{"min_minutes": 10}, {"min_minutes": 10, "cooldown_minutes": 5}, {"daily_limit": 1}, {}],
    ids=str,
)
def test_a_clock_that_jumps_holds_nothing_back_for_longer(
    clock: time_machine.Traveller, asks: dict[str, Any], days: int
) -> None:
    a_rule(a_destination(), **asks)
    if not asks:
        a_blackout(minutes=10)
    an_alert(dedup_key="a")
    an_alert(dedup_key="b")
    jump(clock, days=days)
    for _ in range(20):
        sweep()
        jump(clock, minutes=1)
    assert Delivery.objects.count() == 2
    assert set(Alert.objects.values_list("verdict", flat=True)) == {Verdict.MATCHED}
