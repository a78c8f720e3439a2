"""What holds of verdicts whatever the rules, the quiet times, the quotas and the days are."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import hypothesis
import pytest

from alerts import asking
from alerts.explaining import Said, said_of
from alerts.judging import Judge
from alerts.models import Alert, Delivery, DeliveryState, Match, Rule, Suppressor, Verdict
from alerts.rules import verdicts
from destinations.messages import Action
from tests.alerts.noticeboard import Board
from tests.alerts.quiet_worlds import (
    Plan,
    World,
    a_world,
    creates_now,
    plans,
    scarce_plans,
    taken_now,
)

pytestmark = pytest.mark.django_db
QUOTAS = (Suppressor.COOLDOWN, Suppressor.DAILY_LIMIT)
any_plan = hypothesis.given(plans)
bounded = hypothesis.settings(
    max_examples=12,
    derandomize=True,
    # A plan can be read as it is; to look for a shorter one that fails takes minutes.
    phases=[hypothesis.Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@any_plan
@hypothesis.settings(bounded, max_examples=24)
def test_after_every_step_of_a_plan_each_of_these_holds(board: Board, plan: Plan) -> None:
    with a_world(plan) as world:
        for step in plan.steps:
            world.play(step)
            for check in (
                verdicts_are_fresh,
                creates_are_a_union,
                closes_are_planned,
                nothing_is_taken_back,
            ):
                check(world)


def verdicts_are_fresh(world: World) -> None:
    """The stored verdict of every rule is what a fresh evaluation gives."""
    for alert in Alert.objects.all():
        said = {one.rule_id: one for one in said_of(alert)}
        assert said.keys() == {rule.pk for rule in world.rules}
        if {one.evaluated_at for one in said.values()} != {world.now}:
            continue  # it was not judged in this step
        found = verdicts(
            alert,
            Rule.objects.order_by("name"),
            now=world.now,
            breaking=world.breaking,
            quiet=world.quiet(),
            taken=world.taken[alert.pk],
        )
        for finding in found:
            stored = said[finding.rule.pk]
            if stored.suppressor in QUOTAS:
                assert finding.verdict == Verdict.MATCHED
                assert finding.rule.pk not in world.taken[alert.pk]
            else:
                assert _what(stored) == (
                    finding.verdict,
                    finding.reason,
                    finding.suppressor,
                    finding.until,
                )


def creates_are_a_union(world: World) -> None:
    """An alert has one create for each destination that a rule names which took it."""
    named = {rule.pk: {d.pk for d in rule.destinations.all()} for rule in world.rules}
    created: dict[UUID, set[UUID]] = defaultdict(set)
    for alert, destination in creates_now():
        created[alert].add(destination)
    for alert in Alert.objects.all():
        taken = taken_now()[alert.pk]
        assert created[alert.pk] == set().union(*(named[rule] for rule in taken))
        assert alert.is_matched == bool(taken)


def closes_are_planned(world: World) -> None:
    """The end of an alert plans a close for every create, whatever suppresses."""
    rows = Delivery.objects.select_related("alert")
    closes = {(row.alert_id, row.destination_id): row for row in rows.filter(action=Action.CLOSE)}
    creates = {(row.alert_id, row.destination_id): row for row in rows.filter(action=Action.CREATE)}
    ended = {pair for pair, create in creates.items() if create.alert.ended_at}
    assert closes.keys() == ended
    for pair in ended:
        was_delivered = creates[pair].state == DeliveryState.DELIVERED
        assert (closes[pair].state != DeliveryState.SKIPPED) == was_delivered
        if closes[pair].state == DeliveryState.PENDING:
            due = closes[pair].next_attempt_at
            assert due is not None
            assert due <= world.now  # nothing keeps a close quiet


@any_plan
@bounded
def test_nothing_that_was_delivered_stays_open(board: Board, plan: Plan) -> None:
    board.created.clear()
    board.closed.clear()
    with a_world(plan) as world:
        for step in plan.steps:
            world.play(step)
        world.end_all()
        created = sorted(message.idempotency_key for message in board.created)
        closed = [message.idempotency_key.removesuffix("-close") for message in board.closed]
        assert sorted(closed) == created
        assert len(set(created)) == len(created)


@any_plan
@bounded
def test_judging_again_takes_nothing_back_and_doubles_nothing(board: Board, plan: Plan) -> None:
    with a_world(plan) as world:
        for step in plan.steps:
            world.play(step)
        for _ in range(2):
            Match.objects.update(look_again_at=world.now)
            world.play(("jump", 0))
            nothing_is_taken_back(world)


def nothing_is_taken_back(world: World) -> None:
    """What a rule has taken it keeps, and every create that was there is there."""
    taken, creates = taken_now(), creates_now()
    for alert, rules in world.taken.items():
        assert rules <= taken[alert]
    assert world.creates.items() <= creates.items()


@hypothesis.given(scarce_plans)
@bounded
def test_no_quota_is_ever_exceeded(board: Board, plan: Plan) -> None:
    with a_world(plan) as world:
        for step in plan.steps:
            world.play(step)
        for rule in world.rules:
            within_its_quotas(rule, world)


def within_its_quotas(rule: Rule, world: World) -> None:
    zone = ZoneInfo(rule.schedule.zone if rule.schedule else "UTC")
    by_day: dict[date, int] = defaultdict(int)
    by_asset = defaultdict(list)
    for _, alert, at in (taking for taking in world.takings if taking[0] == rule):
        by_day[at.astimezone(zone).date()] += 1
        by_asset[alert.asset].append(at)
    if rule.daily_limit:
        assert max(by_day.values(), default=0) <= rule.daily_limit
    if rule.cooldown_minutes:
        for times in by_asset.values():
            for earlier, later in pairwise(times):
                assert later - earlier >= timedelta(minutes=rule.cooldown_minutes)


@hypothesis.given(plans | scarce_plans)
@bounded
def test_whoever_asks_is_told_what_judging_would_do_and_changes_nothing(
    board: Board, plan: Plan
) -> None:
    with a_world(plan) as world:
        for step in plan.steps:
            world.play(step)
        world.play(("jump", 7))
        for alert in Alert.objects.filter(ended_at=None):
            before = said_of(alert)
            told = asking.of_alert(alert, world.now).said
            assert said_of(alert) == before
            judge = Judge()
            judge.judge(alert, is_new=False, now=world.now)
            judge.write()
            assert said_of(alert) == told


def _what(said: Said) -> tuple[Any, ...]:
    return said.verdict, said.reason, said.suppressor, said.until
