from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """What happened, who must be told, and what became of it."""

    name = "alerts"

    def ready(self) -> None:
        from alerts import checks  # noqa: F401  (registers the system checks)
