"""Makes an API key and prints it once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import ApiKey, Scope


class Command(BaseCommand):
    help = "Make an API key. The key is printed once, alone on the last line, and is not stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the key is for, as in: dbt production")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.READ_WRITE.value)

    def handle(self, *args: Any, name: str, scope: str, **options: Any) -> None:
        _, token = ApiKey.objects.issue(name, scope)
        self.stdout.write(f"API key “{name}” ({scope}). Keep it now: it is not shown again.")
        self.stdout.write(token)
