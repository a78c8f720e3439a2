"""Makes this installation ready to serve: the `release` line of the Procfile."""

import hashlib
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

STAMP = ".collected"


class Command(BaseCommand):
    help = "Migrate the database, collect static files if they changed, and make the first admin."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {str(error).strip()}") from None
        _collect_static()
        call_command("create_first_admin", stdout=self.stdout)


def _collect_static() -> None:
    """A second start finds nothing changed, and a server that runs keeps its files."""
    stamp, files = Path(settings.STATIC_ROOT) / STAMP, _fingerprint()
    if stamp.exists() and stamp.read_text() == files:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(files)


def _fingerprint() -> str:
    """Changes with any static file, with Django, and with how the files are stored."""
    digest = hashlib.sha256(f"{django.__version__} {settings.STORAGES}".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            source = Path(storage.path(name)).stat()
            digest.update(f"{name} {source.st_size} {source.st_mtime_ns}\n".encode())
    return digest.hexdigest()
