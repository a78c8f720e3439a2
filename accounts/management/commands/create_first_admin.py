"""Makes the first admin from the environment, when there is no user yet."""

from typing import Any

import environ
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Make the first admin from DJANGO_SUPERUSER_USERNAME and _PASSWORD, if nobody is there."

    def handle(self, *args: Any, **options: Any) -> None:
        env = environ.FileAwareEnv()
        name = env("DJANGO_SUPERUSER_USERNAME", default="")
        password = env("DJANGO_SUPERUSER_PASSWORD", default="")
        if User.objects.exists():
            return
        if not (name and password):
            self.stdout.write(
                "There is no user yet. Set DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD"
                " and start again, or run: manage.py createsuperuser"
            )
            return
        email = env("DJANGO_SUPERUSER_EMAIL", default="")
        User.objects.create_superuser(name, email, password)
        self.stdout.write(f"Made the first admin: {name}")
