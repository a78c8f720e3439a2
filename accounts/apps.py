from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may come in: people (Django's users) and machines (API keys)."""

    name = "accounts"
