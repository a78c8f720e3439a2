"""An event that somebody has pasted into a page, to ask what would become of it."""

from collections.abc import Sequence

from alerts import events

MISTAKES_TOLD = 20  # an event may have one in each of its values
Mistake = dict[str, str]  # "field", empty for the whole, and "message"


class NoEvent(ValueError):
    """It cannot be read: `mistakes` says why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("It is no event.")
        self.mistakes = mistakes


def parse(pasted: str) -> events.Event:
    """The event. Raises NoEvent."""
    try:
        return events.parse(pasted.encode(errors="replace"))
    except events.MalformedJson as error:
        raise NoEvent([_of_all(str(error))]) from None
    except events.InvalidEvent as error:
        raise NoEvent(_first(error.errors)) from None


def _first(mistakes: Sequence[Mistake]) -> Sequence[Mistake]:
    more = len(mistakes) - MISTAKES_TOLD
    rest = [_of_all(f"{more:,} more of the kind.")] if more > 0 else []
    return [*mistakes[:MISTAKES_TOLD], *rest]


def _of_all(message: str) -> Mistake:
    return {"field": "", "message": message}
