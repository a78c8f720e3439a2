"""Alerts that a rule waits for or is kept quiet about are judged again when that is over.

Nothing is lost by being suppressed: what is still open then is told then. The sweeper's work.
"""

from django.utils import timezone

from alerts.judging import Judge
from alerts.models import Alert, Match
from alerts.turns import work_off

BATCH = 50  # rules' verdicts in a transaction


def judge_again() -> None:
    """Judges those whose time has come, those that have waited longest first."""
    work_off(_judge_some)


def _judge_some() -> int:
    """Returns how many; 0 also if others have them all in hand."""
    now = timezone.now()
    due = Match.objects.filter(look_again_at__lte=now)
    # By their age, where a day or a blackout has ended for many at once.
    by_age = due.order_by("look_again_at", "id").values_list("alert_id", flat=True)
    ids = list(dict.fromkeys(by_age[:BATCH]))
    # Locked, so that it does not end meanwhile; who is being judged elsewhere comes next time.
    free = Alert.objects.select_for_update(skip_locked=True).in_bulk(ids)
    due.filter(alert__in=list(free)).update(look_again_at=None)  # also of rules that are gone
    judge = Judge()
    for alert in (free[pk] for pk in ids if pk in free):
        # What is reported as over is not told; if it comes back, its event has it judged.
        if alert.is_open and not alert.settles_at:
            judge.judge(alert, is_new=False, now=now)
    judge.write()
    return len(free)
