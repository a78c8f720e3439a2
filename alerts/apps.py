from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AlertsConfig(AppConfig):
    """What happened, who must be told, and what became of it."""

    name = "alerts"

    def ready(self) -> None:
        from alerts import checks  # noqa: F401  (registers the system checks)

        post_migrate.connect(name_installation, sender=self)


def name_installation(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After `migrate` and after `flush`: the one row that idempotency keys need is there."""
    installations = sender.get_model("Installation")._default_manager.using(using)
    if not installations.exists():
        installations.create()
