"""A preview in sentences. Pure."""

from collections.abc import Iterable, Sequence

from alerts.models import Suppressor
from alerts.previews.past import Past, Tally
from alerts.previews.simulation import Fate

# How each of them ends a sentence that begins with "2 were held back".
HELD = {
    Suppressor.SCHEDULE: "outside the operating hours",
    Suppressor.BLACKOUT: "in a blackout",
    Suppressor.COOLDOWN: "by the cooldown",
    Suppressor.DAILY_LIMIT: "by the daily limit",
}


def sentence(past: Past, destinations: int | None) -> str:
    """All in one: what would have matched, been opened and been held back."""
    if not past.tally.matched:
        return f"No alert of {_time(past)} fits."
    tally, say = past.tally, _Counts(past)
    held = [f"{say(count)} {HELD[kind]}" for kind, count in tally.held.items() if count]
    parts = [
        f"matched {say.alerts(tally.matched)}",
        f"opened {say.incidents(tally.incidents)}{_at_each(destinations)}",
    ]
    kept = f"; held back: {_and(held)}" if held else ""
    return f"In {_time(past)} this rule would have {_and(parts)}{kept}."


def notes(past: Past, *, is_active: bool) -> list[str]:
    """What else is to be known of the numbers."""
    tally, say = past.tally, _Counts(past)
    said = [
        f"{say.alerts(tally.grouped)} would share the incident of their burst."
        if tally.grouped
        else "",
        f"{say.alerts(tally.late)} would be told only after they were held back."
        if tally.late
        else "",
        f"For {say.alerts(tally.waiting)} the rule would not have waited long enough before they"
        " ended, or it waits still."
        if tally.waiting
        else "",
        "The rule is off: it does this once it is on." if not is_active else "",
        _sampled(past),
    ]
    return [text for text in said if text]


def ignored(labels: Sequence[str]) -> str:
    """What was left out because of a mistake; empty if nothing was."""
    if not labels:
        return ""
    right = "it is" if len(labels) == 1 else "they are"
    return f"Left out of this preview, until {right} right: {_and(labels)}."


def comparison(past: Past) -> str:
    """The same of the rule as it is saved; empty for a new one."""
    if past.saved is None:
        return ""
    if past.saved == past.tally:
        return "The rule as it is saved does the same."
    say, saved = _Counts(past), past.saved
    return (
        f"As it is saved: {say.alerts(saved.matched)}, {say.incidents(saved.incidents)}"
        f"{_held_in_all(saved, say)}."
    )


def fate(of: Fate) -> tuple[str, str]:
    """What would have become of one alert: the state of its badge, and in words."""
    if of.opened:
        return "matched", "Opens an incident, later" if of.is_late else "Opens an incident"
    if of.grouped:
        return "matched", "Joins the incident of its burst"
    if of.held_by:
        return "suppressed", f"Held back {HELD[of.held_by]}"
    return "waiting", "Ended too early, or waits"


class _Counts:
    """Says numbers: those of a sample are rounded, for they are not known better."""

    def __init__(self, past: Past) -> None:
        self._is_sampled = past.is_sampled or past.is_cut

    def __call__(self, count: int) -> str:
        if not self._is_sampled or count < 10:
            return f"{count:,}"
        digits = len(str(count)) - 2
        return f"about {round(count, -digits):,}"

    def alerts(self, count: int) -> str:
        return f"{self(count)} alert{'' if count == 1 else 's'}"

    def incidents(self, count: int) -> str:
        return f"{self(count)} incident{'' if count == 1 else 's'}"


def _time(past: Past) -> str:
    return f"the last {past.days} days"


def _at_each(destinations: int | None) -> str:
    return f" at each of {destinations} destinations" if (destinations or 0) > 1 else ""


def _sampled(past: Past) -> str:
    if past.is_sampled:
        percent = 100 * past.share
        share = f"{percent:.0f}%" if percent >= 1 else "less than 1%"
        return f"From a sample of {share} of the alerts: the numbers are estimates."
    return "Estimates: alerts were held back too often to follow each." if past.is_cut else ""


def _held_in_all(tally: Tally, say: _Counts) -> str:
    held = sum(tally.held.values())
    return f", {say(held)} held back" if held else ""


def _and(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
