from django.apps import AppConfig


class DestinationsConfig(AppConfig):
    """Where we can speak to, and how. Knows nothing of alerts."""

    name = "destinations"

    def ready(self) -> None:
        from destinations import checks  # noqa: F401  (registers the system checks)
