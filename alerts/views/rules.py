"""Pages of rules. Whoever is logged in may read them; to change one needs a permission."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from alerts.forms import RuleForm
from alerts.models import Rule
from alerts.vocabulary import EventType, Severity, change_label
from destinations.models import ALERT_CONFIGURATION, Destination

LIST_LIMIT = 200
SHOWN = 3  # names in a condition, before "and 4 more"

configures = permission_required(ALERT_CONFIGURATION, raise_exception=True)


@require_GET
def list_rules(request: HttpRequest) -> HttpResponse:
    """All rules, with their conditions in words."""
    alive = Prefetch("destinations", Destination.objects.alive(), to_attr="alive_destinations")
    rules = Rule.objects.prefetch_related(alive)[: LIST_LIMIT + 1]
    rows = [{"rule": rule, "conditions": list(_in_words(rule))} for rule in rules]
    context = {"rows": rows[:LIST_LIMIT], "is_cut": len(rows) > LIST_LIMIT, "limit": LIST_LIMIT}
    return render(request, "alerts/rule_list.html", context)


@require_http_methods(["GET", "POST"])
@configures
def new_rule(request: HttpRequest) -> HttpResponse:
    """The form of a new rule."""
    return _form_page(request, Rule())


@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One rule: its form, or its facts for those who may only read."""
    rule = get_object_or_404(Rule, pk=pk)
    if request.user.has_perm(ALERT_CONFIGURATION):
        return _form_page(request, rule)
    if request.method == "POST":
        raise PermissionDenied
    context = {
        "rule": rule,
        "conditions": list(_in_words(rule, shown=None)),
        "destinations": rule.destinations.filter(deleted_at=None),
    }
    return render(request, "alerts/rule_facts.html", context)


@require_http_methods(["GET", "POST"])
@configures
def delete_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes. What the rule said of past alerts stays with them."""
    rule = get_object_or_404(Rule, pk=pk)
    if request.method != "POST":
        return render(request, "alerts/rule_deletion.html", {"rule": rule})
    rule.delete()
    messages.success(request, f"{rule.name} was deleted.")
    return redirect("rules")


def _form_page(request: HttpRequest, rule: Rule) -> HttpResponse:
    is_new, name = rule._state.adding, rule.name
    form = RuleForm(request.POST if request.method == "POST" else None, instance=rule)
    if form.is_valid():
        form.save()
        messages.success(request, f"{rule.name} was {'created' if is_new else 'saved'}.")
        return redirect("rules")
    return render(request, "alerts/rule_form.html", {"form": form, "is_new": is_new, "name": name})


def _in_words(rule: Rule, shown: int | None = SHOWN) -> Iterator[tuple[str, str]]:
    """What the rule asks for, as label and text; nothing for a condition that is empty."""
    conditions = [
        ("Event type", [EventType(name).label for name in rule.event_types]),
        ("Severity", [Severity(name).label for name in rule.severities]),
        ("Change", [change_label(name) for name in rule.change_types]),
        ("Data source", rule.data_sources),
        ("Schema", rule.schemas),
        ("Asset", rule.assets),
        ("Tag", rule.tags),
    ]
    for label, wanted in conditions:
        if wanted:
            yield label, _or(wanted, shown)


def _or(names: list[str], shown: int | None) -> str:
    listed = names[:shown]
    more = len(names) - len(listed)
    return " or ".join([*listed, f"{more} more"] if more else listed)
