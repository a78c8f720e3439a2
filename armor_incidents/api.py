"""Mounts the API's routers under /api/v1, with one form of error and one document."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic.json_schema import models_json_schema

from accounts.api import ApiError, ApiKeyAuth
from alerts.api import router as alerts_router
from alerts.events import Batch, Event
from armor_incidents.api_reference import ServerRendered

logger = logging.getLogger(__name__)
DESCRIPTION = (
    "Report events, look at the alerts that they open, and at every attempt to deliver them."
    " Send the header Authorization: Bearer KEY; manage.py create_api_key NAME makes a key."
)


class Api(NinjaAPI):
    """The API, whose event routes parse bytes themselves and so bring their own schemas."""

    def get_openapi_schema(self, **options: Any) -> Any:
        document = super().get_openapi_schema(**options)
        _, bodies = models_json_schema(
            [(Event, "validation"), (Batch, "validation")],
            ref_template="#/components/schemas/{model}",
        )
        document["components"]["schemas"] |= bodies["$defs"]
        return document


api = Api(
    title="Armor Incidents",
    version=settings.VERSION,
    description=DESCRIPTION,
    auth=ApiKeyAuth(),
    docs=ServerRendered(),
    docs_url="/docs",
    openapi_url="/openapi.json",
    urls_namespace="api",
    docs_decorator=login_not_required,
)
api.add_router("", alerts_router)


def _answer(request: HttpRequest, error: ApiError) -> HttpResponse:
    body = {"error": {"code": error.code, "message": str(error), "details": error.details}}
    response = api.create_response(request, body, status=error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@api.exception_handler(ApiError)
def _on_api_error(request: HttpRequest, error: ApiError) -> HttpResponse:
    return _answer(request, error)


@api.exception_handler(AuthenticationError)
def _on_no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    message = "Send a valid API key: Authorization: Bearer <key>."
    return _answer(request, ApiError(401, "UNAUTHORIZED", message))


@api.exception_handler(ValidationError)
def _on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        {"field": ".".join(map(str, e["loc"][1:])), "message": e["msg"]} for e in error.errors
    ]
    message = "; ".join(f"{field['field']}: {field['message']}" for field in fields)
    return _answer(request, ApiError(422, "VALIDATION_ERROR", message, fields))


@api.exception_handler(Http404)
def _on_unknown(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, ApiError(404, "NOT_FOUND", "There is no such thing here."))


@api.exception_handler(HttpError)
def _on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, ApiError(error.status_code, "BAD_REQUEST", str(error)))


@api.exception_handler(RequestDataTooBig)
def _on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _answer(request, ApiError(413, "PAYLOAD_TOO_LARGE", "The body is too large."))


@api.exception_handler(UnreadablePostError)
def _on_unreadable(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    return _answer(request, ApiError(400, "BAD_REQUEST", "The body did not arrive whole."))


@api.exception_handler(DatabaseError)
def _on_database_error(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    logger.error("The database failed a request: %s", type(error).__name__)
    message = "The database cannot answer now. Try again."
    return _answer(request, ApiError(503, "DATABASE_UNAVAILABLE", message, retry_after=5))


@api.exception_handler(Exception)
def _on_bug(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("An API request failed")
    message = "An error in Armor Incidents stopped the request. It was logged."
    return _answer(request, ApiError(500, "SERVER_ERROR", message))
