"""Whatever happens, in whatever order: the promises of docs/reliability.md hold.

`LONG=1` takes a new seed, and many longer histories. A failure names its seed: `MACHINE_SEED=<n>`
repeats it. `QUICK=1` tells the first history that fails, without looking for a shorter one.
"""

import os
import random

import hypothesis
import pytest
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.machine.machine import AnyHistory
from tests.machine.world import Stage

pytestmark = pytest.mark.django_db(transaction=True)
IS_LONG, IS_QUICK = "LONG" in os.environ, "QUICK" in os.environ
SEED = os.environ.get("MACHINE_SEED") or (str(random.randrange(2**32)) if IS_LONG else "")
PROFILE = hypothesis.settings(
    max_examples=300 if IS_LONG else 24,
    stateful_step_count=50 if IS_LONG else 30,
    derandomize=not SEED,
    database=None,
    deadline=None,
    print_blob=True,
    phases=[hypothesis.Phase.generate] if IS_QUICK else list(hypothesis.Phase),
    suppress_health_check=list(hypothesis.HealthCheck),
)


def play(history: type[RuleBasedStateMachine], profile: hypothesis.settings) -> None:
    """Plays as many histories as the profile says; a failure tells its seed."""
    machine = hypothesis.seed(int(SEED))(history) if SEED else history
    try:
        run_state_machine_as_test(machine, settings=profile)
    except BaseException as failure:
        failure.add_note(f"MACHINE_SEED={SEED}" if SEED else "The seed is always the same.")
        raise


@pytest.mark.timeout(3600 if IS_LONG else 600)
def test_every_promise_is_kept_in_any_history(stage: Stage) -> None:
    class History(AnyHistory):
        pass

    History.stage = stage
    play(History, PROFILE)
