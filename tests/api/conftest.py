import pytest

from accounts.models import ApiKey, Scope
from tests.api.client import Api


@pytest.fixture
def api(db: None) -> Api:
    _, token = ApiKey.objects.issue("dbt")
    return Api(token)


@pytest.fixture
def reader(db: None) -> Api:
    _, token = ApiKey.objects.issue("dashboard", Scope.READ_ONLY)
    return Api(token)
