"""What must be true of digests after every step of any history, beside what holds everywhere."""

from collections.abc import Callable
from uuid import UUID

from alerts import digests
from alerts.fates import was_recorded
from alerts.models import Alert, Delivery, DeliveryState
from destinations.messages import Action, Digest
from destinations.models import Destination
from tests.machine import invariants
from tests.machine.board import Told
from tests.machine.invariants import ENDED
from tests.machine.readers import Fact, Library


def nothing_waits_for_nothing(library: Library) -> None:
    """Each fact that is to be told has a delivery; with an end, a time, or a wait."""
    sight = library.sight
    for alert_id, destinations in library.promised.items():
        if alert_id in library.pruned:
            continue
        creates, closes = sight.of(alert_id, Action.CREATE), sight.of(alert_id, Action.CLOSE)
        assert destinations <= set(creates), f"{alert_id} has no delivery"
        assert sight.alerts[alert_id].is_open or set(creates) == set(closes)
        for pk, close in closes.items():
            # After a digest that is sent again, the next sweep finds it.
            is_waiting = creates[pk].state not in ENDED or creates[pk].digest_at
            assert _goes_on(close) or is_waiting, f"{close} waits for nothing"
        assert all(_goes_on(create) for create in creates.values())


def _goes_on(delivery: Delivery) -> bool:
    if delivery.state == DeliveryState.SENDING:
        return delivery.lease_until is not None
    has_time = delivery.next_attempt_at is not None or delivery.carried_by_id is not None
    return delivery.state in ENDED or has_time


def what_is_carried_ends_as_its_digest(library: Library) -> None:
    """Once told, it stays told, also when somebody sends the digest again in vain."""
    for member in library.sight.deliveries.values():
        leader = library.sight.deliveries.get(member.carried_by_id or UUID(int=0))
        if leader is None or member.state == DeliveryState.PENDING:
            continue
        was_told = leader.pk in library.ever_delivered
        expected = DeliveryState.DELIVERED if was_told else leader.state
        assert member.state == expected, f"{member.pk}: {member.state}, not {expected}"


def the_silenced_are_told_nothing(library: Library) -> None:
    """Neither the paused, deleted and held, nor those that only record."""
    for told in library.fresh_told:
        assert library.reader(told.reader).may_be_spoken_to, told


def nothing_is_told_twice(library: Library) -> None:
    """Under one key, in one digest, and once; more only by hand, or when an answer was lost."""
    for told in library.fresh_told:
        _note(library, told)
    for fact, keys in library.keys.items():
        times = 1 + library.by_hand[fact]
        assert len(keys) <= times, f"{fact} under {keys}"
        assert library.answered[fact] <= times + library.lost[fact], f"{fact} told too often"


def _note(library: Library, told: Told) -> None:
    for fact in library.facts_told(told):
        library.keys[fact].add(told.key)
        library.answered[fact] += told.is_answered


def a_digest_says_the_same_at_every_try(library: Library) -> None:
    said: dict[str, object] = {}
    for told in library.board.told:
        if told.action is None:
            assert said.setdefault(told.key, told.what) == told.what


def no_end_before_its_beginning(library: Library) -> None:
    """Where it was told of, and not only tried."""
    for told in library.fresh_told:
        facts = library.facts_told(told)
        begun = {fact for fact in facts if fact.action == Action.CREATE}
        for fact in facts:
            beginning = fact._replace(action=Action.CREATE)
            is_known = beginning in library.begun or beginning in begun
            is_excused = library.made_to_record & set(facts.values())
            is_end = fact.action == Action.CLOSE and not is_excused
            assert is_known or not is_end, f"the end of {fact} came first"
        if told.is_taken:
            library.begun |= begun


def a_digest_counts_what_it_tells(library: Library) -> None:
    for told in library.fresh_told:
        if isinstance(told.what, Digest):
            facts = library.facts_told(told)
            assert told.what.opened == _count(facts, Action.CREATE)
            assert told.what.ended == _count(facts, Action.CLOSE)
            _judge_lines(told.what)


def _judge_lines(digest: Digest) -> None:
    counted = sum(line.opened + line.ended for line in digest.lines)
    whole = digest.opened + digest.ended
    assert (counted < whole) if digest.more else (counted == whole)
    assert digest.still_open >= 0
    assert digest.more >= 0


def _count(facts: dict[Fact, UUID], action: Action) -> int:
    return sum(fact.action == action for fact in facts)


def still_open_is_counted_right(library: Library) -> None:
    wrong = [(said, counted) for said, counted in library.counts if said != counted or said < 0]
    assert not wrong, f"still open, as said and as counted: {wrong}"


def count_again(leader: Delivery, destination: Destination) -> int:
    """In the digest's own transaction, and without its query."""
    still_open = set(Alert.objects.filter(ended_at=None).values_list("pk", flat=True))
    creates = Delivery.objects.filter(destination=destination, action=Action.CREATE)
    return sum(
        create.alert_id in still_open and _is_told(create, leader, destination)
        for create in creates
    )


def _is_told(create: Delivery, leader: Delivery, destination: Destination) -> bool:
    if leader.pk in (create.pk, create.carried_by_id) or create.delivered_at:
        return True
    return destination.is_record_only and was_recorded(create)


def what_was_told_is_not_called_untold(library: Library) -> None:
    """An end that is left untold has a beginning that is untold, too."""
    for delivery in library.sight.deliveries.values():
        if delivery.reason == digests.UNTOLD:
            create = library.sight.of(delivery.alert_id, Action.CREATE)[delivery.destination_id]
            assert create.pk not in library.ever_delivered, f"the beginning of {create} was told"


PROMISES: tuple[Callable[[Library], None], ...] = (
    nothing_waits_for_nothing,
    what_is_carried_ends_as_its_digest,
    the_silenced_are_told_nothing,
    nothing_is_told_twice,
    a_digest_says_the_same_at_every_try,
    no_end_before_its_beginning,
    a_digest_counts_what_it_tells,
    still_open_is_counted_right,
    what_was_told_is_not_called_untold,
)
ALSO = (
    invariants.tries_are_bounded,
    invariants.every_try_is_on_record,
    invariants.nothing_breaks_inside,
    invariants.open_alerts_stay,
)


def judge(library: Library) -> None:
    """Looks, and checks every promise."""
    library.look()
    for promise in PROMISES:
        promise(library)
    for check in ALSO:
        check(library, library.sight)
