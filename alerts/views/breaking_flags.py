"""The page on which an administrator says which change types are breaking here."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from alerts.breaking import breaking_here, decide
from alerts.vocabulary import BREAKING, CHANGE_TYPES, change_name
from destinations.models import ALERT_CONFIGURATION


@require_http_methods(["GET", "POST"])
def breaking_flags(request: HttpRequest) -> HttpResponse:
    """All change types in their categories; a post chooses anew, or goes back to ours."""
    if request.method == "POST":
        if not request.user.has_perm(ALERT_CONFIGURATION):
            raise PermissionDenied
        return _decided(request)
    context = {"categories": list(_categories())}
    return render(request, "alerts/rule_breaking.html", context)


def _decided(request: HttpRequest) -> HttpResponse:
    if request.POST.get("action") == "reset":
        decide(BREAKING)
        messages.success(request, "All change types are as they come.")
    else:
        count = decide(request.POST.getlist("breaking"))
        types = "change type differs" if count == 1 else "change types differ"
        messages.success(request, f"Saved. {count or 'No'} {types} from the defaults.")
    return redirect("rule-breaking")


def _categories() -> Iterator[dict[str, Any]]:
    here = breaking_here()
    for category, names in CHANGE_TYPES.items():
        rows = [
            {
                "value": name,
                "name": change_name(name),
                "is_breaking": name in here,
                "default": name in BREAKING,
            }
            for name in names
        ]
        yield {"name": category, "rows": rows}
