"""A whole run: many crashes in all lanes at once, then peace, and the judge."""

import random
import threading
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from sandbox.server import Sandbox
from tests.crashes import judge, story
from tests.crashes.crew import Crew
from tests.crashes.ledger import UNFINISHED, Ledger
from tests.crashes.moments import CRASHES, Lane
from tests.crashes.scene import Scene
from tests.pipeline.system import wait_for

LATE_WAKERS = 0.06  # the share of workers that fall asleep instead of dying


@dataclass(frozen=True)
class Report:
    """What the judge says, and the numbers of the run."""

    complaints: list[str]
    crashes: int
    numbers: dict[str, int]


class Campaign:
    """Kills until `crashes` have been counted. `tally` says how many at which moment."""

    def __init__(self, lanes: list[Lane], crashes: int, seed: int) -> None:
        self.tally: Counter[str] = Counter()
        self._lanes, self._crashes, self._seed = lanes, crashes, seed
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self._attack, args=(lane,)) for lane in self._lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self._errors, self._errors

    def _attack(self, lane: Lane) -> None:
        chance = random.Random(f"{self._seed}:{lane.number}")
        try:
            while not self._is_over():
                self._strike(lane, chance)
        except BaseException as error:
            self._errors.append(error)

    def _strike(self, lane: Lane, chance: random.Random) -> None:
        moment = chance.choice(CRASHES)
        if chance.random() < LATE_WAKERS:
            moment = Lane.wakes_up_too_late
        if moment(lane, chance):
            with self._lock:
                self.tally[moment.__name__] += 1

    def _is_over(self) -> bool:
        with self._lock:
            return bool(self._errors) or self.crashes >= self._crashes

    @property
    def crashes(self) -> int:
        return sum(self.tally.values()) - self.tally[Lane.wakes_up_too_late.__name__]


def fight(database_url: str, folder: str, crashes: int, seed: int, lanes: int) -> Report:
    """The whole run. Faults stop in the end, and everything must drain."""
    with ExitStack() as stack:
        sandboxes = [stack.enter_context(Sandbox(rate=1e5, burst=10**6)) for _ in range(lanes)]
        scene = Scene(folder, [sandbox.url for sandbox in sandboxes], seed)
        crew, ledger = Crew(scene, database_url), Ledger(database_url)
        stack.callback(crew.stop)
        crew.run("prepare")
        crew.start()
        attacked = [Lane(number, sandbox, crew, ledger) for number, sandbox in enumerate(sandboxes)]
        campaign = Campaign(attacked, crashes, seed)
        campaign.run()
        crew.stop_reporting()
        with suppress(AssertionError):  # the judge names what is stuck
            wait_for(lambda: not ledger.count(UNFINISHED))
    episodes = story.episodes(seed, scene.accepted.read_text().count("\n"))
    report = _report(campaign, ledger, sandboxes, episodes)
    report.complaints.extend(crew.complaints())
    return report


def _report(
    campaign: Campaign, ledger: Ledger, sandboxes: list[Sandbox], episodes: list[story.Episode]
) -> Report:
    rows = ledger.deliveries()
    complaints, journal = [], []
    for number, sandbox in enumerate(sandboxes):
        calls, incidents = sandbox.journal.entries(), sandbox.workspace.incidents()
        complaints += judge.complaints(f"lane {number}", episodes, rows, incidents, calls)
        journal += calls
    numbers = {"crashes": campaign.crashes, "alerts": len(episodes), **campaign.tally}
    return Report(complaints, campaign.crashes, numbers | judge.numbers(rows, journal))
