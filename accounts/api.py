"""What every API route shares: the key that opens it, and the error that it answers with."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts.models import ApiKey

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiError(Exception):
    """Answered as `{"error": {"code", "message", "details"}}` with the HTTP status `status`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Any = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details if details is not None else {}
        self.retry_after = retry_after


class ApiKeyAuth(HttpBearer):
    """Lets a live key in; a read-only key is refused (403) where something would change."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = ApiKey.objects.authenticate(token)
        if key and not key.may_write and request.method not in SAFE_METHODS:
            raise ApiError(
                403,
                "FORBIDDEN",
                "This API key is read-only. Use a key with the scope read-write.",
                {"required_scope": "read-write", "current_scope": key.scope},
            )
        return key


class AskingAuth(HttpBearer):
    """Lets every live key in: for a POST that only asks, and changes nothing."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        return ApiKey.objects.authenticate(token)
