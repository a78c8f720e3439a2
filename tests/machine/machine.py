"""The machine: all that can happen, in any order, with every promise checked after every step.

Each rule draws what it needs in the same way whatever the state is, so that a history can be
replayed and shortened: "the third alert" is the third modulo how many there are.
"""

import sys
from typing import ClassVar, TypeVar

from django.conf import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts import sweep
from tests.machine import dying, faults, keys, people, producers, quiet, workers
from tests.machine.ending import end_well
from tests.machine.invariants import INVARIANTS
from tests.machine.steps import Step, Steps
from tests.machine.world import Stage, World

T = TypeVar("T")
numbers = st.integers(0, 7)
assets = st.integers(0, 3)
FAR_BACK = -20_000  # seconds: more than anything waits
MUCH_LATER = 300_000  # seconds: more than the machine's RETENTION_DAYS
NEW = 1_000  # assets from here on turn up once
severities = st.sampled_from(["info", "warning", "critical"])
steps = Steps()
step = steps.step
jumps = st.sampled_from([6, 61, 700, 4_000, 100_000, 300_000, -5, -90, FAR_BACK])


def pick(items: list[T], number: int) -> T:
    return items[number % len(items)]


class AnyHistory(RuleBasedStateMachine):
    """One history, from an empty system to the day on which everything works again."""

    stage: ClassVar[Stage]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.stage)
        self.last_words: list[dying.LastWords] = []

    @initialize(
        channels=st.integers(1, 2), alerts=st.integers(1, 3), manner=st.sampled_from(quiet.MANNERS)
    )
    def have_some_incidents(self, channels: int, alerts: int, manner: str) -> None:
        for _ in range(channels):
            self.world.add_channel()
        quiet.add_channel(self.world, manner)
        for asset in range(alerts):
            producers.trigger(self.world, asset, "warning")
        workers.work()

    # --- producers

    @step(weight=3, asset=assets, severity=severities, is_late=st.booleans())
    def trigger(self, asset: int, severity: str, is_late: bool) -> None:
        producers.trigger(self.world, asset, severity, is_late)

    @step(weight=3, count=st.integers(1, 3))
    def trigger_something_new(self, count: int) -> None:
        for _ in range(count):
            producers.trigger(self.world, len(self.world.events) + NEW, "warning")

    @step(count=st.integers(5, 40))
    def trigger_many(self, count: int) -> None:
        for asset in range(count):
            producers.trigger(self.world, asset, "warning")

    @step(weight=3, asset=assets)
    def resolve(self, asset: int) -> None:
        producers.resolve(self.world, asset)

    @step(asset=assets, times=st.integers(2, 4))
    def flap(self, asset: int, times: int) -> None:
        for _ in range(times):
            producers.trigger(self.world, asset, "warning")
            self.world.look()
            producers.resolve(self.world, asset)

    @step(number=numbers)
    def send_the_same_event_again(self, number: int) -> None:
        producers.repeat(self.world, number)

    # --- people

    @step(weight=2, number=numbers, verb=st.sampled_from(people.VERBS))
    def handle_an_alert(self, number: int, verb: str) -> None:
        people.handle(self.world, number, verb)

    @step(number=numbers)
    def send_again(self, number: int) -> None:
        people.send_again(self.world, number)

    @step(number=numbers)
    def end_an_incident_at_the_provider(self, number: int) -> None:
        people.end_incident(self.world, number)

    @step(weight=2, number=numbers, edit=st.sampled_from(people.EDITS))
    def edit_a_destination(self, number: int, edit: str) -> None:
        people.edit(self.world, pick(self.world.channels, number), edit)

    @step(weight=2)
    def repair_all_destinations(self) -> None:
        for channel in self.world.living:
            people.repair(channel)

    @step(manner=st.sampled_from(quiet.MANNERS))
    def change_what_a_rule_asks(self, manner: str) -> None:
        quiet.change(self.world, manner)

    @step(way=st.sampled_from(keys.WAYS))
    def rotate_encryption_keys(self, way: str) -> None:
        keys.rotate(self.world, way)

    # --- the network and the clock

    @step(weight=3, fault=faults.some)
    def misbehave(self, fault: faults.Options) -> None:
        self.world.sandbox.faults.add(**fault)

    @step(fault=faults.passing, rounds=st.integers(5, 9))
    def an_outage_lasts(self, fault: faults.Options, rounds: int) -> None:
        self.world.sandbox.faults.clear()
        self.world.sandbox.faults.add(**fault)
        self.time_passes(rounds, 61)
        self.world.sandbox.faults.clear()

    @step(weight=2, refusal=st.sampled_from(faults.REFUSALS))
    def a_refusal_stops_a_busy_lane(self, refusal: faults.Options) -> None:
        self.repair_all_destinations()
        faults.refuse_once_and_be_slow(self.world.sandbox, refusal)
        self.trigger_something_new(4)
        workers.work()
        self.world.sandbox.faults.clear()

    @step(weight=2)
    def an_alert_ends_while_nobody_knows_of_its_incident(self) -> None:
        self.repair_all_destinations()
        self.world.sandbox.faults.clear()
        self.world.sandbox.faults.add("reset_after", route="create", times=2)
        self.trigger_something_new(1)
        workers.work()
        people.end_newest(self.world)

    @step(weight=2)
    def behave(self) -> None:
        self.world.sandbox.faults.clear()

    @step(weight=2, seconds=jumps)
    def jump(self, seconds: int) -> None:
        self.world.clock.jump(seconds)
        if seconds < 0:
            sweep.sweep()  # it looks every two seconds, and the invariants do not ask before

    @step(number=numbers)
    def jump_far_back_while_a_lane_is_held(self, number: int) -> None:
        self.a_worker_dies(number, dying.CLAIMED, 1)
        self.jump(FAR_BACK)

    @step()
    def jump_far_back_and_be_refused(self) -> None:
        self.jump(FAR_BACK)
        for channel in self.world.living:
            channel.revoke_key()
        self.trigger_something_new(1)
        workers.work()

    # --- workers; more often than all else, or little would happen

    @step(weight=4)
    def work(self) -> None:
        workers.work()
        quiet.nothing_is_overdue()

    @step()
    def answer_doorbells(self) -> None:
        workers.answer_doorbells()

    @step(weight=4, rounds=st.integers(2, 5), seconds=st.sampled_from([20, 61, 200]))
    def time_passes(self, rounds: int, seconds: int) -> None:
        for _ in range(rounds):
            self.world.clock.jump(seconds)
            workers.work()

    @step()
    def lose_doorbells_and_work(self) -> None:
        workers.lose_doorbells()
        workers.work()

    @step()
    def prune(self) -> None:
        workers.prune(self.world)

    @step(weight=2)
    def prune_much_later(self) -> None:
        self.time_passes(5, 61)
        self.every_promise_is_kept()  # while what was just sent is still there
        self.world.clock.jump(MUCH_LATER)
        workers.prune(self.world)

    @step(weight=3, number=numbers, point=st.sampled_from(dying.POINTS), hand=st.integers(1, 3))
    def a_worker_dies(self, number: int, point: str, hand: int) -> None:
        channel = pick(self.world.channels, number)
        if words := dying.die(self.world, channel, point, hand):
            self.last_words.append(words)

    @step(weight=2, number=numbers)
    def a_dead_worker_speaks(self, number: int) -> None:
        if self.last_words:
            words = pick(self.last_words, number)
            self.last_words.remove(words)
            dying.speak_late(words)
            dying.speak(words)

    @step(number=numbers)
    def a_slow_worker_is_overtaken(self, number: int) -> None:
        channel = pick(self.world.channels, number)
        words = dying.die(self.world, channel, dying.SENT, 3)
        self.world.clock.jump(settings.LEASE + 1)
        sweep.sweep()
        dying.die(self.world, channel, dying.CLAIMED, 3)
        if words:
            dying.speak_late(words)

    @rule(step=steps.any)
    def it_happens(self, step: Step) -> None:
        step(self)

    # --- the judge

    @invariant()
    def every_promise_is_kept(self) -> None:
        self.world.look()
        for check in INVARIANTS:
            check(self.world, self.world.sight)
        self.world.a_worker_is_dying = False
        self.world.note_what_is_held()

    def teardown(self) -> None:
        if sys.exception() is None:  # a history that has failed already is told as it is
            end_well(self.world)
