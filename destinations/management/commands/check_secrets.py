"""Opens every secret with the keys of today, and names what does not open."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from destinations.crypto import SecretUnreadable
from destinations.models import Destination


class Command(BaseCommand):
    help = "Check that every stored secret can be read. Exits with 1 and names those that cannot."

    def handle(self, *args: Any, **options: Any) -> None:
        readable, unreadable = 0, 0
        for destination in Destination.objects.iterator():
            for field in destination.secrets:
                try:
                    destination.unseal(field)
                    readable += 1
                except SecretUnreadable as error:
                    unreadable += 1
                    self.stderr.write(f"{destination.name}: {field}: {error}")
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets cannot be read. Bring back the key that sealed them, or"
                " enter them again on the destination's page."
            )
        self.stdout.write(f"All {readable} secrets can be read.")
