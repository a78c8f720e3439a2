"""One system of processes for all tests; each leaves it mended."""

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.faults.processes import databases
from tests.faults.processes.house import House

# Without a server there is nothing to drop connections; script/test says that this was left out.
collect_ignore = [] if databases.SERVER else ["test_postgresql_drops_connections.py"]


@pytest.fixture(scope="session", params=databases.KINDS)
def shared_house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with databases.database(request.param, folder) as url, Sandbox() as sandbox:
        house = House(url, sandbox)
        try:
            house.start_web()
            house.start_worker()
            yield house
        finally:
            house.stop()


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    """The system, on each kind of database."""
    yield shared_house
    shared_house.mend()
