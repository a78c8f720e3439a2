"""Alerts that were open before there was a verdict are reported again, ended and shown as ever."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from alerts import ingest
from alerts.models import Alert, Delivery, Explanation, Match, Verdict
from alerts.schemas import AlertOut
from destinations.models import Destination
from tests.alerts.factories import alerts, an_alert, an_event, close_of, drain, resolved

pytestmark = pytest.mark.django_db


def as_of_old(alert: Alert) -> Alert:
    """As the code of then has left it: a row for each rule, and no verdict on the alert."""
    Explanation.objects.all().delete()
    Alert.objects.filter(pk=alert.pk).update(verdict="")
    alert.refresh_from_db()
    return alert


def test_a_repeat_of_one_that_matched_is_accepted(destination: Destination) -> None:
    alert = as_of_old(an_alert())
    told = ingest.record(an_event())
    assert (told.status, told.alert_id) == ("accepted", alert.pk)
    assert Delivery.objects.filter(alert=alert).count() == 1


def test_a_repeat_of_one_that_did_not_match_is_judged_by_the_rules_of_today(
    destination: Destination,
) -> None:
    rule = destination.rules.get()
    rule.severities = ["info"]
    rule.save()
    alert = as_of_old(an_alert())
    Match.objects.create(
        alert=alert, rule=rule, rule_name=rule.name, verdict=Verdict.NOT_MATCHED,
        reason="Severity is critical; the rule wants info.", evaluated_at=alert.created_at,
    )  # fmt: skip
    assert ingest.record(an_event()).status == "unmatched"
    rule.severities = []
    rule.save()
    assert ingest.record(an_event()).status == "accepted"
    assert Match.objects.get(alert=alert).verdict == Verdict.MATCHED


def test_a_batch_of_repeats_is_taken(destination: Destination) -> None:
    for alert in alerts(3):
        as_of_old(alert)
    events = [an_event(asset=f"shop.public.table_{number}") for number in range(3)]
    assert [told.status for told in ingest.record_all(events)] == ["accepted"] * 3


def test_what_old_code_matched_since_is_accepted_and_shown_as_matched(
    destination: Destination,
) -> None:
    """During a deploy: today's code found nothing, then yesterday's judged the alert again."""
    alert = an_alert()
    Alert.objects.filter(pk=alert.pk).update(verdict=Verdict.NOT_MATCHED)
    alert.refresh_from_db()
    assert ingest.record(an_event()).status == "accepted"
    assert AlertOut.resolve_verdict(alert) == Verdict.MATCHED


def test_the_end_of_one_is_told(destination: Destination) -> None:
    alert = as_of_old(an_alert())
    drain(destination)
    ingest.record(resolved())
    drain(destination)
    assert close_of(alert).state == "delivered"


@pytest.mark.parametrize("is_matched", [True, False])
def test_the_pages_show_them(client: Client, admin_user: User, is_matched: bool) -> None:
    alert = as_of_old(an_alert())
    Alert.objects.filter(pk=alert.pk).update(is_matched=is_matched)
    client.force_login(admin_user)
    assert client.get("/alerts/").status_code == 200
    assert client.get(alert.get_absolute_url()).status_code == 200
