"""What most tests of the pipeline start from."""

import pytest

from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule


@pytest.fixture
def destination(sandbox: Sandbox) -> Destination:
    """A destination at the sandbox, and a rule that sends every alert to it."""
    destination = a_destination()
    a_rule(destination)
    return destination
