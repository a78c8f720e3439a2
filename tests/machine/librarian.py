"""The machine of digests: readers that collect and change their minds, slots, faults and deaths."""

import sys
from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts import digests, resending, sweep
from alerts.models import Delivery
from tests.machine import dying, people, producers, workers
from tests.machine.board import FAULTS, Board
from tests.machine.closing_time import end_well
from tests.machine.machine import FAR_BACK, MUCH_LATER, NEW, pick
from tests.machine.readers import DELETE, EDITS, TIMINGS, Library
from tests.machine.steps import Step, Steps
from tests.machine.telling import judge
from tests.machine.world import Stage

numbers = st.integers(0, 7)
assets = st.integers(0, 3)
jumps = st.sampled_from([6, 61, 700, 1900, 7200, 100_000, -5, -90, FAR_BACK])
MAX_READERS = 3
steps = Steps()
step = steps.step


class AnyHistoryOfDigests(RuleBasedStateMachine):
    """One history, from an empty system to the day on which everything works again."""

    stage: ClassVar[Stage]
    board: ClassVar[Board]
    counting: ClassVar[Callable[[Library], Any]]

    def __init__(self) -> None:
        super().__init__()
        self.library = Library(self.stage, self.board)
        type(self).counting(self.library)
        self.last_words: list[dying.LastWords] = []

    @initialize(timings=st.lists(st.sampled_from([*TIMINGS]), min_size=1, max_size=2))
    def have_some_readers(self, timings: list[str]) -> None:
        for timing in timings:
            self.library.add_reader(timing)
        self.trigger_something_new(2)
        workers.work()

    # --- producers and people

    @step(weight=3, asset=assets, severity=st.sampled_from(["info", "warning", "critical"]))
    def trigger(self, asset: int, severity: str) -> None:
        producers.trigger(self.library, asset, severity)

    @step(weight=3, count=st.integers(1, 6))
    def trigger_something_new(self, count: int) -> None:
        for _ in range(count):
            producers.trigger(self.library, len(self.library.events) + NEW, "warning")

    @step(weight=3, asset=assets)
    def resolve(self, asset: int) -> None:
        producers.resolve(self.library, asset)

    @step(weight=5, number=st.integers(0, 30), verb=st.sampled_from(people.VERBS[2:]))
    def end_an_alert(self, number: int, verb: str) -> None:
        people.handle(self.library, number, verb)

    @step(number=numbers)
    def send_the_same_event_again(self, number: int) -> None:
        producers.repeat(self.library, number)

    @step(weight=4, number=st.integers(0, 30))
    def send_again(self, number: int) -> None:
        deliveries = list(Delivery.objects.order_by("created_at", "pk"))
        if deliveries:
            send_one_again(self.library, pick(deliveries, number))

    @step(weight=2, number=st.integers(0, 30))
    def send_a_digest_again(self, number: int) -> None:
        leaders = list(Delivery.objects.filter(digest__isnull=False).order_by("created_at", "pk"))
        if leaders:
            send_one_again(self.library, pick(leaders, number))

    @step(weight=5, number=numbers, edit=st.sampled_from(EDITS))
    def edit_a_destination(self, number: int, edit: str) -> None:
        reader = pick(self.library.living_readers, number)
        if edit != DELETE:
            reader.edit(edit)
            return
        reader.delete()
        if len(self.library.living_readers) < MAX_READERS:
            self.library.add_reader("hourly")

    @step(timing=st.sampled_from([*TIMINGS]))
    def add_a_destination(self, timing: str) -> None:
        if len(self.library.living_readers) < MAX_READERS:
            self.library.add_reader(timing)

    @step(weight=2)
    def repair_all_destinations(self) -> None:
        for reader in self.library.living_readers:
            reader.repair()

    # --- faults and the clock

    @step(weight=4, fault=st.sampled_from(FAULTS), times=st.sampled_from([1, 1, 2, 5]))
    def misbehave(self, fault: str, times: int) -> None:
        self.board.faults += [fault] * times

    @step()
    def behave(self) -> None:
        self.board.faults.clear()

    @step(weight=2, seconds=jumps)
    def jump(self, seconds: int) -> None:
        self.library.clock.jump(seconds)
        if seconds < 0:
            sweep.sweep()

    @step(weight=5, hours=st.sampled_from([1, 1, 2, 24]))
    def a_slot_passes(self, hours: int) -> None:
        now = timezone.now()
        self.library.clock.jump(3600 * hours - now.timestamp() % 3600 + 1)
        workers.work()

    # --- workers

    @step(weight=4)
    def work(self) -> None:
        workers.work()

    @step()
    def answer_doorbells(self) -> None:
        workers.answer_doorbells()

    @step(weight=2, seconds=st.sampled_from([20, 61, 700]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(3):
            self.library.clock.jump(seconds)
            workers.work()

    @step()
    def prune_much_later(self) -> None:
        self.time_passes(61)
        self.every_promise_is_kept()  # while what was just sent is still there
        self.library.clock.jump(MUCH_LATER)
        workers.prune(self.library)

    @step(weight=2, number=numbers)
    def a_worker_dies_between_gathering_and_claiming(self, number: int) -> None:
        reader = pick(self.library.living_readers, number)
        if reader.row().is_active and dying.take_lane(reader, "dead"):
            digests.gather(reader.pk)

    @step(weight=3, number=numbers, point=st.sampled_from(dying.POINTS), hand=st.integers(1, 3))
    def a_worker_dies(self, number: int, point: str, hand: int) -> None:
        reader = pick(self.library.living_readers, number)
        if not (words := dying.die(self.library, reader, point, hand)):
            return
        self.last_words.append(words)
        for result in words.results:
            for fact in self.library.facts_of(result.delivery):
                self.library.lost[fact] += 1

    @step(number=numbers)
    def a_dead_worker_speaks(self, number: int) -> None:
        if self.last_words:
            words = pick(self.last_words, number)
            self.last_words.remove(words)
            dying.speak_late(words)
            dying.speak(words)

    @rule(step=steps.any)
    def it_happens(self, step: Step) -> None:
        step(self)

    # --- the judge

    @invariant()
    def every_promise_is_kept(self) -> None:
        judge(self.library)
        self.library.note_what_is_held()

    def teardown(self) -> None:
        if sys.exception() is None:  # a history that has failed already is told as it is
            end_well(self.library)


def send_one_again(library: Library, delivery: Delivery) -> None:
    try:
        sent = resending.send_again(delivery, people.PERSON)
    except resending.CannotSend:
        return
    library.sent_again[sent.pk] += 1
    for fact in library.facts_of(sent):
        library.by_hand[fact] += 1
