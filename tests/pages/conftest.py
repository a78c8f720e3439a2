"""A signed-in person."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.pages.visitor import BACKEND


@pytest.fixture
def person(db: None) -> Client:
    """Bob: may read everything, and triage."""
    client = Client()
    client.force_login(User.objects.create_user("bob"), backend=BACKEND)
    return client
