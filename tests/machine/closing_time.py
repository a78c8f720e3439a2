"""The day on which every reader works again: two slots later, all there was to tell has an end."""

from alerts.models import Delivery, DeliveryState
from tests.machine import workers
from tests.machine.invariants import ENDED
from tests.machine.readers import Fact, Library, fact_of
from tests.machine.telling import judge

# Seconds. At first what is under way ends: a lease, a 429, the breaker, the retries. Then two slots
# pass, each with its minutes for digests that have more to tell than one may carry.
UNDER_WAY_ENDS = (1, 61, 61, 200, 200, 901)
A_DAY = (86_400, *(301,) * 12)


def end_well(library: Library) -> None:
    library.board.faults.clear()
    for reader in library.living_readers:
        reader.repair()
        reader.is_held = False
    _pass(library)
    _judge(library)


def _pass(library: Library) -> None:
    # The last digest of a clock that was set back may lie ahead, and have taken a slot for itself.
    days = 3 if library.clock.set_back else 2
    for step in (*UNDER_WAY_ENDS, *A_DAY * days):
        library.clock.jump(step)
        workers.work()
        judge(library)
        library.note_what_is_held()
        if not Delivery.objects.exclude(state__in=ENDED).exists():
            return
    left = [
        (d.pk, d.action, d.state, d.reason, d.next_attempt_at, d.digest_at, d.carried_by_id)
        for d in Delivery.objects.exclude(state__in=ENDED)
    ]
    assert not left, f"still under way {days} slots later: {left}"


def _judge(library: Library) -> None:
    """Each fact has one outcome that can be seen, and what is called delivered was told."""
    for delivery in library.sight.deliveries.values():
        fact = fact_of(delivery)
        if delivery.state == DeliveryState.DELIVERED:
            assert library.answered[fact] or library.lost[fact], f"{fact} was never told"
        else:
            assert delivery.reason, f"{fact} was not told, and nothing says why"
            assert not _is_known(library, fact), f"{fact} was told: {delivery.reason}"


def _is_known(library: Library, fact: Fact) -> bool:
    """Told and answered, with nobody's hand in it and no death."""
    return bool(library.answered[fact]) and not (library.by_hand[fact] or library.lost[fact])
