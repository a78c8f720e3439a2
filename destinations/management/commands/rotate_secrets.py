"""Seals every secret anew with the first key of DATA_ENCRYPTION_KEYS."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from destinations.crypto import SecretUnreadable
from destinations.models import Destination


class Command(BaseCommand):
    help = (
        "Seal every secret with the first key of DATA_ENCRYPTION_KEYS. Put the new key first, the"
        " old one behind it, run this, then take the old one away. Safe to stop and to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        resealed, unreadable = 0, 0
        for pk in Destination.objects.values_list("pk", flat=True).iterator():
            done, failed = _reseal(pk, dry_run)
            resealed, unreadable = resealed + done, unreadable + failed
        verb = "would be sealed" if dry_run else "were sealed"
        self.stdout.write(f"{resealed} secrets {verb} with the first key.")
        if unreadable:
            raise CommandError(f"{unreadable} secrets cannot be read: see manage.py check_secrets.")


@transaction.atomic
def _reseal(pk: UUID, dry_run: bool) -> tuple[int, int]:
    """One row, locked: somebody may be setting a new key at the same moment."""
    destination = Destination.objects.select_for_update().get(pk=pk)
    resealed, unreadable = 0, 0
    for field in destination.secrets:
        try:
            resealed += destination.reseal(field)
        except SecretUnreadable:
            unreadable += 1
    if resealed and not dry_run:
        destination.save(update_fields=["secrets"])
    return resealed, unreadable
