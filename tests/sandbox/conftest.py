from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.sandbox.api import Api


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox) as client:
        yield client
