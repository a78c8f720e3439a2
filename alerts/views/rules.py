"""Pages of rules. Whoever is logged in may read them; to change one needs a permission."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alerts import rule_changes, rule_templates
from alerts.guidance import advice_on
from alerts.models import Rule
from alerts.rule_figures import Figures, figures_of
from alerts.rule_form import NAME_TAKEN, SCHEDULE_GONE, RuleForm
from alerts.rule_words import SHOWN, conditions_of, quiet_times_of
from alerts.views.rule_preview import preview_context
from destinations.models import ALERT_CONFIGURATION, Destination

PAGE_SIZE = 50

configures = permission_required(ALERT_CONFIGURATION, raise_exception=True)


@require_GET
def list_rules(request: HttpRequest) -> HttpResponse:
    """Rules by name, each in words, and with what it did of late."""
    after = request.GET.get("after", "").replace("\0", "")  # which PostgreSQL would refuse
    alive = Prefetch("destinations", Destination.objects.alive(), to_attr="alive_destinations")
    rules = Rule.objects.select_related("schedule").prefetch_related(alive)
    found = list(rules.filter(name__gt=after)[: PAGE_SIZE + 1])
    figures = figures_of(found[:PAGE_SIZE])
    rows = [_row(rule, figures) for rule in found[:PAGE_SIZE]]
    older = urlencode({"after": rows[-1]["rule"].name}) if len(found) > PAGE_SIZE else ""
    context = {"rows": rows, "after": after, "older": older}
    return render(request, "alerts/rule_list.html", context)


@require_http_methods(["GET", "POST"])
@configures
def new_rule(request: HttpRequest) -> HttpResponse:
    """The form of a new rule: empty, out of a template, or a copy."""
    return _form_page(request, Rule(), _beginning(request))


@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One rule: its form, or its facts for those who may only read."""
    rule = get_object_or_404(Rule.objects.select_related("schedule"), pk=pk)
    if request.user.has_perm(ALERT_CONFIGURATION):
        return _form_page(request, rule)
    if request.method == "POST":
        raise PermissionDenied
    context = _row(rule, figures_of([rule]), shown=None) | {
        "destinations": rule.destinations.filter(deleted_at=None)
    }
    return render(request, "alerts/rule_facts.html", context)


@require_POST
@configures
def switch_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Turns the rule on or off, as the form says: twice the same changes nothing."""
    rule = get_object_or_404(Rule, pk=pk)
    rule_changes.switch(rule, is_active=request.POST.get("is_active") == "true")
    done = "on" if rule.is_active else "off: it takes no new alerts"
    messages.success(request, f"{rule.name} is {done}.")
    after = request.POST.get("after", "")
    return redirect(reverse("rules") + (f"?{urlencode({'after': after})}" if after else ""))


@require_http_methods(["GET", "POST"])
@configures
def delete_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks, then deletes. What the rule said of past alerts stays with them."""
    rule = get_object_or_404(Rule, pk=pk)
    if request.method != "POST":
        return render(request, "alerts/rule_deletion.html", {"rule": rule})
    rule_changes.delete(rule)
    messages.success(request, f"{rule.name} was deleted.")
    return redirect("rules")


def _beginning(request: HttpRequest) -> dict[str, Any]:
    """What a new rule starts with. Once it is posted, only what was typed counts."""
    slug, copied = request.GET.get("template", ""), request.GET.get("copy", "")
    if request.method == "POST" or not (slug or copied):
        return {}
    initial = _copy(copied) if copied else rule_templates.begin(slug)
    if initial is None:
        raise Http404
    return initial


def _copy(pk: str) -> dict[str, Any]:
    try:
        return rule_templates.copy_of(get_object_or_404(Rule, pk=UUID(pk)))
    except ValueError:
        raise Http404 from None


def _row(rule: Rule, figures: Mapping[UUID, Figures], shown: int | None = SHOWN) -> dict[str, Any]:
    return {
        "rule": rule,
        "conditions": list(conditions_of(rule, shown)),
        "quiet_times": quiet_times_of(rule),
        "figures": figures.get(rule.pk, Figures()).in_words(),
    }


def _form_page(
    request: HttpRequest, rule: Rule, initial: Mapping[str, Any] | None = None
) -> HttpResponse:
    is_new, name = rule._state.adding, rule.name
    is_preview = request.POST.get("action") == "preview"
    form = RuleForm(request.POST if request.method == "POST" else None, rule, initial)
    if form.is_valid() and not is_preview and _save(form):
        return _saved(request, form, is_new=is_new)
    context = {"form": form, "is_new": is_new, "name": name, "initial": initial}
    context |= preview_context(form)
    if is_preview:
        form.forget_errors()
    if is_new:
        context["templates"] = rule_templates.TEMPLATES
    else:
        context["figures"] = figures_of([rule]).get(rule.pk, Figures()).in_words()
    return render(request, "alerts/rule_form.html", context)


def _save(form: RuleForm) -> bool:
    """False, with an error, if somebody else has just taken the name, or deleted the schedule."""
    rule = form.instance
    try:
        rule_changes.save(rule, form.save)
    except IntegrityError:
        is_taken = Rule.objects.filter(name=rule.name).exclude(pk=rule.pk).exists()
        form.add_error(*(("name", NAME_TAKEN) if is_taken else ("schedule", SCHEDULE_GONE)))
        return False
    return True


def _saved(request: HttpRequest, form: RuleForm, *, is_new: bool) -> HttpResponse:
    rule = form.instance
    messages.success(request, f"{rule.name} was {'created' if is_new else 'saved'}.")
    practices = reverse("help", args=["best-practices"])
    link = format_html('<a href="{}">Best practices</a>', practices)
    for sentence in advice_on(rule, form.cleaned_data["destinations"]):
        messages.warning(request, format_html("{} {}", sentence, link))
    return redirect("rules")
