"""Deletes all that is older than RETENTION_DAYS, at once."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from alerts.pruning import prune


class Command(BaseCommand):
    help = (
        "Delete what is older than RETENTION_DAYS: ended alerts with all that belongs to them,"
        " logins and old sessions. The worker does it by itself, a little every hour."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rows: Counter[str] = Counter()
        is_complete = False
        while not is_complete:
            pruned = prune(timezone.now())
            rows += pruned.rows
            is_complete = pruned.is_complete
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(rows.items()))
        self.stdout.write(f"Deleted: {told or 'nothing'}.")
