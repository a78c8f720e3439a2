"""The API's document as a page that needs no JavaScript."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class ServerRendered(DocsBase):
    """Lists every operation of the OpenAPI document."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        document = api.get_openapi_schema()
        context = {
            "document": document,
            "operations": list(_operations(document)),
            "base_url": settings.PUBLIC_URL,
        }
        return render(request, "api/reference.html", context)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {
                "method": method.upper(),
                "path": path,
                "description": operation.get("description") or operation.get("summary"),
                "body": _body(document, operation),
                "statuses": list(operation.get("responses", {})),
            }


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, str] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    name = reference.rpartition("/")[2]
    if not name:
        return None
    return {"name": name, "schema": json.dumps(document["components"]["schemas"][name], indent=2)}
