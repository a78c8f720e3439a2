"""Everything needs a login, but for the paths that say otherwise."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth import middleware
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url

API_PREFIX = "/api/"


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Django's own, with two differences: the API answers 401 by its keys, and a part of a page
    that htmx asks for after the session has ended makes the whole page go to the login."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.path.startswith(API_PREFIX):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        response = super().handle_no_permission(request, view_func)
        if "HX-Request" in request.headers:
            # Back to the page that the person sees; the part's own address may take POST only.
            page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
            login = f"{resolve_url(settings.LOGIN_URL)}?next={quote(page)}"
            response.status_code = HTTPStatus.NO_CONTENT
            response.headers["HX-Redirect"] = login
        return response
