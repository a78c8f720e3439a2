"""What people do to an alert from its page: a note, and for how long to snooze."""

from django import forms

from alerts.lifecycle import SNOOZE_HOURS_MAX, AlreadyEnded, end
from alerts.models import Alert, AlertState

NOTE_LIMIT = 2000
SNOOZE_CHOICES = [
    (1, "1 hour"),
    (4, "4 hours"),
    (8, "8 hours"),
    (24, "1 day"),
    (72, "3 days"),
    (168, "1 week"),
    (720, "30 days"),
]


class NoteForm(forms.Form):
    """Why; may be left empty."""

    note = forms.CharField(
        label="Note (optional)",
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept on the timeline with your name.",
    )


class SnoozeForm(NoteForm):
    """Any number of hours is taken; the page offers the usual ones."""

    hours = forms.IntegerField(
        label="Snooze for",
        min_value=1,
        max_value=SNOOZE_HOURS_MAX,
        initial=4,
        widget=forms.Select(choices=SNOOZE_CHOICES),
    )


def end_by_hand(alert: Alert, state: AlertState, actor: str, note: str) -> Alert:
    """Ends the alert. Raises AlreadyEnded, so that a late click is told."""
    ended = end(alert, state, actor, note)
    if not alert.is_open:
        raise AlreadyEnded(f"This alert was already {ended.state}.")
    return ended
