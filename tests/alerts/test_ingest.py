"""From an event to its alert, verdicts and deliveries, in one transaction."""

from typing import Any

import pytest
from django.db import transaction
from django_q.models import OrmQ

from accounts.models import ApiKey
from alerts import ingest
from alerts.intake import Intake, Recorded
from alerts.lifecycle import acknowledge
from alerts.models import (
    Activity,
    Alert,
    AlertState,
    BreakingFlag,
    Delivery,
    DeliveryState,
    Event,
    Explanation,
    Lane,
    Match,
    Rule,
    Verdict,
)
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule, an_alert, an_event, create_of, resolved

pytestmark = pytest.mark.django_db


def test_an_event_opens_an_alert_and_plans_a_delivery() -> None:
    destination = a_destination()
    rule = a_rule(destination, name="Orders")
    recorded = ingest.record(an_event(event_id="e-1"))
    alert = Alert.objects.get()
    assert recorded == ingest.Recorded("e-1", alert.pk, "accepted")
    assert (alert.state, alert.title) == (AlertState.TRIGGERED, "Column removed from orders")
    assert (alert.schema, alert.asset) == ("public", "prod-postgres.shop.public.orders")
    assert alert.changes[0]["column"] == "customer_email"
    delivery = create_of(alert)
    assert (delivery.destination, delivery.state) == (destination, DeliveryState.PENDING)
    assert delivery.message["rule"] == "Orders"
    assert (Match.objects.get().rule, Match.objects.get().verdict) == (rule, Verdict.MATCHED)
    assert alert.activities.get().kind == Activity.Kind.DETECTED


def test_a_repeat_raises_the_count_and_opens_nothing_new() -> None:
    a_rule(a_destination())
    first = ingest.record(an_event(event_id="e-1"))
    second = ingest.record(an_event(event_id="e-2"))
    assert (first.alert_id, second.status) == (second.alert_id, "accepted")
    assert Alert.objects.get().count == 2
    assert Delivery.objects.count() == 1
    assert Event.objects.count() == 2


def test_the_same_event_id_is_a_duplicate_that_changes_nothing() -> None:
    a_rule(a_destination())
    key, _ = ApiKey.objects.issue("dbt")
    first = ingest.record(an_event(event_id="e-1"), key)
    again = ingest.record(an_event(event_id="e-1", title="Something else"), key)
    assert again == ingest.Recorded("e-1", first.alert_id, "duplicate")
    assert (Alert.objects.get().count, Event.objects.count()) == (1, 1)


def test_a_duplicate_keeps_its_alert_also_when_no_rule_matched() -> None:
    key, _ = ApiKey.objects.issue("dbt")
    first = ingest.record(an_event(event_id="e-1"), key)
    assert first.status == "unmatched"
    assert ingest.record(an_event(event_id="e-1"), key).alert_id == first.alert_id


def test_two_producers_may_use_the_same_event_id() -> None:
    for name in ("dbt", "airflow"):
        key, _ = ApiKey.objects.issue(name)
        assert ingest.record(an_event(event_id="e-1"), key).status == "unmatched"
    assert Alert.objects.get().count == 2


def test_an_event_without_an_id_gets_one() -> None:
    recorded = ingest.record(an_event())
    assert recorded.event_id == str(Event.objects.get().pk)


def test_a_resolved_event_ends_the_alert() -> None:
    alert = an_alert()
    recorded = ingest.record(resolved())
    alert.refresh_from_db()
    assert (recorded.alert_id, recorded.status) == (alert.pk, "accepted")
    assert (alert.state, alert.open_fingerprint) == (AlertState.RESOLVED, None)
    assert alert.ended_at is not None


def test_the_same_problem_after_its_end_opens_a_new_alert_with_a_new_key() -> None:
    a_rule(a_destination())
    first = an_alert()
    ingest.record(resolved())
    second = an_alert()
    assert first.pk != second.pk
    assert create_of(first).idempotency_key != create_of(second).idempotency_key
    assert create_of(second).state == DeliveryState.PENDING


def test_a_resolved_event_without_changes_ends_all_of_its_type_on_the_asset() -> None:
    one = an_alert(changes=[{"change_type": "column_removed", "column": "a"}])
    two = an_alert(changes=[{"change_type": "column_added", "column": "b"}])
    other_type = an_alert(event_type="freshness_violation", changes=[])
    elsewhere = an_alert(asset="shop.public.customers")
    ingest.record(resolved(changes=[]))
    open_alerts = set(Alert.objects.filter(ended_at=None))
    assert open_alerts == {other_type, elsewhere}
    assert {one, two} == set(Alert.objects.filter(state=AlertState.RESOLVED))


def test_a_resolved_event_need_not_repeat_the_assets_id() -> None:
    alert = an_alert(asset_id="a-17")
    ingest.record(resolved(changes=[], asset_id=""))
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED


def test_a_resolved_event_with_other_changes_ends_nothing() -> None:
    an_alert()
    recorded = ingest.record(
        resolved(changes=[{"change_type": "column_removed", "column": "other"}])
    )
    assert (recorded.alert_id, recorded.status) == (None, "unmatched")
    assert Alert.objects.get().state == AlertState.TRIGGERED


def test_a_resolved_event_with_a_dedup_key_ends_only_that() -> None:
    an_alert(dedup_key="one")
    two = an_alert(dedup_key="two")
    ingest.record(resolved(dedup_key="two", changes=[]))
    assert Alert.objects.get(state=AlertState.RESOLVED) == two


def test_a_resolved_event_for_nothing_is_kept_and_opens_nothing() -> None:
    recorded = ingest.record(resolved())
    assert (recorded.alert_id, recorded.status) == (None, "unmatched")
    assert (Alert.objects.count(), Event.objects.count()) == (0, 1)


def test_an_acknowledged_alert_is_still_open_for_repeats() -> None:
    alert = an_alert()
    acknowledge(alert, "ada")
    assert an_alert() == alert


def test_a_graver_repeat_lets_the_rules_look_again() -> None:
    pager = a_destination("Pager")
    a_rule(pager, name="Critical", severities=["critical"])
    a_rule(a_destination("Log"), name="All")
    alert = an_alert(severity="warning")
    assert [d.destination.name for d in alert.deliveries.all()] == ["Log"]
    an_alert(severity="critical")
    alert.refresh_from_db()
    assert alert.severity == "critical"
    assert {d.destination.name for d in alert.deliveries.all()} == {"Log", "Pager"}
    escalated = alert.activities.get(kind=Activity.Kind.ESCALATED)
    assert escalated.note == "warning → critical"
    assert alert.deliveries.get(destination=pager).message["severity"] == "critical"


def test_a_milder_repeat_keeps_the_severity() -> None:
    alert = an_alert(severity="critical")
    an_alert(severity="info")
    alert.refresh_from_db()
    assert (alert.severity, alert.count) == ("critical", 2)


def test_a_rule_that_comes_later_takes_the_next_repeat() -> None:
    assert ingest.record(an_event()).status == "unmatched"
    a_rule(a_destination())
    assert ingest.record(an_event()).status == "accepted"
    assert Delivery.objects.count() == 1
    assert Match.objects.get().verdict == Verdict.MATCHED


def test_a_rule_that_is_off_says_so_and_sends_nothing() -> None:
    a_rule(a_destination(), is_active=False)
    assert ingest.record(an_event()).status == "unmatched"
    (passed_over,) = Explanation.objects.get().passed_over
    assert passed_over[1:] == ("Everything", "The rule is off.")
    assert not Match.objects.exists()


def test_two_rules_with_one_destination_make_one_delivery_that_names_both() -> None:
    destination = a_destination()
    a_rule(destination, name="A")
    a_rule(destination, name="B")
    assert create_of(an_alert()).message["rule"] == "A, B"


def test_a_rule_with_two_destinations_makes_two_deliveries_with_keys_of_their_own() -> None:
    a_rule(a_destination("One"), a_destination("Two"))
    keys = set(an_alert().deliveries.values_list("idempotency_key", flat=True))
    assert len(keys) == 2


def test_the_key_names_the_alert_and_the_destination() -> None:
    destination = a_destination()
    a_rule(destination)
    alert = an_alert()
    key = create_of(alert).idempotency_key
    assert key.startswith("anomalyarmor-")
    assert key.endswith(f"-{alert.pk}-{destination.pk}")


def test_a_rolled_back_event_leaves_no_doorbell() -> None:
    a_rule(a_destination())

    def record_and_fail() -> None:
        with transaction.atomic():
            ingest.record(an_event())
            assert OrmQ.objects.count() == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        record_and_fail()
    for model in (OrmQ, Alert, Event, Delivery, Match, Lane, Activity):
        assert not model.objects.exists()


def test_a_batch_is_recorded_in_its_order() -> None:
    a_rule(a_destination())
    batch = [an_event(event_id="1"), resolved(event_id="2"), an_event(event_id="3")]
    results = ingest.record_all(batch)
    assert [result.event_id for result in results] == ["1", "2", "3"]
    assert results[0].alert_id == results[1].alert_id != results[2].alert_id
    assert Alert.objects.filter(ended_at=None).get().pk == results[2].alert_id


def test_a_batch_is_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    take = Intake._take

    def fail_at_third(self: Intake, event: Any) -> Recorded:
        if event.event_id == "3":
            self._write()
            raise RuntimeError
        return take(self, event)

    monkeypatch.setattr(Intake, "_take", fail_at_third)
    with pytest.raises(RuntimeError):
        ingest.record_all([an_event(event_id=str(number)) for number in range(1, 5)])
    assert not Event.objects.exists()
    assert not Alert.objects.exists()


def test_a_deleted_rule_leaves_its_verdict() -> None:
    a_rule(a_destination(), name="Gone")
    alert = an_alert()
    Rule.objects.all().delete()
    match = alert.matches.get()
    assert (match.rule, match.rule_name) == (None, "Gone")
    assert alert.deliveries.filter(action=Action.CREATE).exists()


def test_what_is_sent_marks_as_breaking_what_an_administrator_says_is() -> None:
    BreakingFlag(change_type="column_added", is_breaking=True).save()
    BreakingFlag(change_type="column_removed", is_breaking=False).save()
    a_rule(a_destination())
    both = [{"change_type": "column_added"}, {"change_type": "column_removed"}]
    message = create_of(an_alert(changes=both)).message
    assert message["changes"] == ["Column added (breaking)", "Column removed"]
