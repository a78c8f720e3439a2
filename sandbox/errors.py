"""The errors that the API answers, in its one envelope.

The envelope and the list of types: https://api-docs.incident.io/ ("Errors").
"""

from dataclasses import dataclass, replace
from typing import Any, Self

Json = dict[str, Any]

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "resource_forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "conflict",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "validation_error",
    429: "too_many_requests",
}


@dataclass(frozen=True)
class Problem:
    """One entry of the `errors` list."""

    code: str
    message: str
    field: str | None = None
    scope: str | None = None

    def as_json(self) -> Json:
        """The published examples name only the field; the official client demands a pointer."""
        entry: Json = {"code": self.code, "message": self.message}
        if self.field:
            pointer = "/" + self.field.replace(".", "/")
            entry["source"] = {"field": self.field, "pointer": pointer}
        if self.scope:
            entry["metadata"] = {"scope": self.scope}
        return entry


class ApiError(Exception):
    """An answer other than success; raised anywhere while a request is processed."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(f"{status}: {'; '.join(problem.message for problem in problems)}")
        self.status = status
        self.problems = problems

    def named(self, prefix: str) -> Self:
        """The same about fields that are called so in another body."""
        renamed = (replace(p, field=prefix + p.field) if p.field else p for p in self.problems)
        return type(self)(self.status, *renamed)

    def body(self, request_id: str) -> Json:
        return {
            "type": _TYPES.get(self.status, "api_error"),
            "status": self.status,
            "request_id": request_id,
            "errors": [problem.as_json() for problem in self.problems],
        }


def missing_authorization() -> ApiError:
    message = "No authorization material provided in request"
    return ApiError(401, Problem("missing_authorization_material", message))


def invalid_token() -> ApiError:
    return ApiError(401, Problem("access_token_invalid", "Access token is not valid"))


def missing_scope(scope: str) -> ApiError:
    message = f"missing a required scope: {scope}"
    return ApiError(403, Problem("missing_required_scope", message, scope=scope))


def not_found() -> ApiError:
    return ApiError(404, Problem("not_found", "Resource not found"))


def malformed_json() -> ApiError:
    return ApiError(400, Problem("invalid_request_error", "Request body is not valid JSON"))


def required(field: str, message: str = "") -> Problem:
    return Problem("is_required", message or f"{field} is required", field)


def invalid(field: str, message: str) -> Problem:
    return Problem("invalid_value", message, field)


def unknown_reference(field: str) -> Problem:
    return invalid(field, "referenced resource not found in scope")


def unprocessable(*problems: Problem) -> ApiError:
    return ApiError(422, *problems)


def example(status: int) -> ApiError:
    """An error of any status, as the API would word it, for faults that ask for one."""
    known = {
        400: malformed_json(),
        401: invalid_token(),
        403: missing_scope("incidents.create"),
        404: not_found(),
        422: unprocessable(unknown_reference("severity_id")),
    }
    kind = _TYPES.get(status, "api_error")
    sentence = kind.replace("_", " ").capitalize()
    return known.get(status) or ApiError(status, Problem(kind, sentence))
