from django.apps import AppConfig


class DestinationsConfig(AppConfig):
    """Where we can speak to, and how. Knows nothing of alerts."""

    name = "destinations"
