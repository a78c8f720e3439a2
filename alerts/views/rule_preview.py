"""The preview of a rule while its form is filled in. Nothing is saved."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.models import Rule
from alerts.previews import words
from alerts.previews.drafts import Draft, draft_of
from alerts.previews.one_event import ask
from alerts.previews.past import Past, look_back
from alerts.rule_form import RuleForm
from alerts.vocabulary import EventType, Severity
from destinations.models import ALERT_CONFIGURATION

DAYS = (7, 30, 90)
USUAL_DAYS = 30
SHOWN = 3  # samples; the others are folded up


@require_POST
@permission_required(ALERT_CONFIGURATION, raise_exception=True)
def preview_rule(request: HttpRequest) -> HttpResponse:
    """The part of the form's page that tells what the rule would do."""
    form = RuleForm(request.POST, instance=_edited(request.POST.get("rule", "")))
    return render(request, "alerts/rule_preview.html", preview_context(form))


def preview_context(form: RuleForm) -> dict[str, Any]:
    """For the page of the form. Nothing is looked up for one that was not sent yet."""
    days = form.data.get("preview_days", "")
    chosen = int(days) if days in map(str, DAYS) else USUAL_DAYS
    context = {"preview_choices": DAYS, "preview_days": chosen, "preview": None}
    if not form.is_bound:
        return context
    draft, now = draft_of(form), timezone.now()
    past = look_back(draft.rule, chosen, now, draft.saved)
    pasted = form.data.get("sample_event", "")
    answer = ask(draft.rule, pasted, now) if pasted.strip() else None
    preview = _said(draft, past) | {"answer": answer}
    return context | {"preview": preview, "sample_event": pasted}


def _edited(pk: str) -> Rule:
    """The saved rule that is being edited; else a new one."""
    try:
        return Rule.objects.filter(pk=UUID(pk)).first() or Rule()
    except ValueError:
        return Rule()


def _said(draft: Draft, past: Past) -> dict[str, Any]:
    samples = [(sample.alert, *words.fate(sample.fate)) for sample in past.samples]
    return {
        "past": past,
        "ignored": words.ignored(draft.ignored),
        "sentence": words.sentence(past, draft.destinations),
        "notes": words.notes(past, is_active=draft.is_active),
        "comparison": words.comparison(past),
        "counts": [
            ("By severity", [(Severity(key).label, n) for key, n in past.by_severity.items()]),
            ("By event type", [(EventType(key).label, n) for key, n in past.by_type.items()]),
        ],
        "samples": samples[:SHOWN],
        "more_samples": samples[SHOWN:],
    }
