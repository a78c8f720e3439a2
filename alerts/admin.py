"""Rules, alerts, deliveries and attempts for support staff: searchable, linked, read-only."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from alerts.models import (
    Activity,
    Alert,
    Attempt,
    Blackout,
    BreakingFlag,
    Delivery,
    Event,
    Match,
    QuietWindow,
    Rule,
    Schedule,
    Suppression,
)
from alerts.rule_form import RuleForm
from destinations.models import ALERT_CONFIGURATION

PAGE = 50
RULE_FIELDS = [*RuleForm.Meta.fields, "created_at", "updated_at"]

if TYPE_CHECKING:
    ReadOnlyBase = admin.options.BaseModelAdmin[Any]
else:
    ReadOnlyBase = object


class ReadOnly(ReadOnlyBase):
    """What happened stays as it happened; times that are set by themselves are shown as well."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return list(self.fields or [field.name for field in self.model._meta.fields])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        hidden = self.exclude or ()
        return [name for name in self.get_readonly_fields(request, obj) if name not in hidden]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfAnAlert(ReadOnly):
    """Rows of an alert, with a link to it."""

    @admin.display(description="alert")
    def alert_link(self, row: Any) -> str:
        return _link(row.alert)


class MatchInline(ReadOnly, admin.TabularInline[Match, Alert]):
    model = Match
    fields = ["rule_name", "verdict", "reason", "suppressor", "until", "evaluated_at"]
    extra = 0


class ActivityInline(ReadOnly, admin.TabularInline[Activity, Alert]):
    model = Activity
    fields = ["created_at", "kind", "actor", "note"]
    extra = 0


class DeliveryInline(ReadOnly, admin.TabularInline[Delivery, Alert]):
    model = Delivery
    fields = ["destination", "action", "state", "reason", "reference", "attempt_count"]
    extra = 0
    show_change_link = True


class AttemptInline(ReadOnly, admin.TabularInline[Attempt, Delivery]):
    model = Attempt
    fields = ["number", "started_at", "duration_ms", "outcome", "status_code", "error"]
    extra = 0
    show_change_link = True


@admin.register(Alert)
class AlertAdmin(ReadOnly, admin.ModelAdmin[Alert]):
    list_display = ["title", "state", "severity", "event_type", "asset", "count", "created_at"]
    list_filter = ["state", "severity", "event_type", "verdict", "is_matched"]
    search_fields = ["=id", "title", "asset", "=asset_id", "=fingerprint"]
    search_help_text = "A word of title or asset; or a whole id, asset id or fingerprint."
    ordering = ["-created_at", "-id"]
    list_per_page = PAGE
    show_full_result_count = False
    inlines = [DeliveryInline, MatchInline, ActivityInline]


@admin.register(Event)
class EventAdmin(OfAnAlert, admin.ModelAdmin[Event]):
    list_display = ["event_id", "status", "alert_link", "received_at"]
    list_filter = ["status"]
    search_fields = ["=id", "=event_id", "=fingerprint"]
    search_help_text = "A whole id, the producer's event id, or a fingerprint."
    ordering = ["-received_at"]
    list_select_related = ["alert"]
    list_per_page = PAGE
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(OfAnAlert, admin.ModelAdmin[Delivery]):
    list_display = ["id", "destination", "action", "state", "reference", "alert_link", "created_at"]
    list_filter = ["state", "action", "destination"]
    search_fields = ["=id", "=reference", "=external_id", "=idempotency_key"]
    search_help_text = "A whole id, incident reference or idempotency key."
    ordering = ["-created_at", "-id"]
    list_select_related = ["destination", "alert"]
    list_per_page = PAGE
    show_full_result_count = False
    exclude = ["lease_token"]
    inlines = [AttemptInline]


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, admin.ModelAdmin[Attempt]):
    list_display = ["id", "delivery_link", "number", "outcome", "status_code", "started_at"]
    list_filter = ["outcome"]
    search_fields = ["=delivery__id", "=request_id"]
    search_help_text = "The id of a delivery, or the provider's request id."
    ordering = ["-id"]
    list_select_related = ["delivery"]
    list_per_page = PAGE
    show_full_result_count = False

    @admin.display(description="delivery")
    def delivery_link(self, attempt: Attempt) -> str:
        return _link(attempt.delivery)


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin[Rule]):
    """Rules are changed on their own page, which checks what is entered; here, on or off."""

    list_display = ["name", "is_active", "created_at", "updated_at"]
    list_filter = ["is_active", "destinations"]
    search_fields = ["name"]
    fields = tuple(RULE_FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: Rule | None = None) -> list[str]:
        return [name for name in RULE_FIELDS if name != "is_active"]

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        obj.matches.look_again()  # what it holds back may be free now

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).prefetch_related("destinations")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return request.user.has_perm(ALERT_CONFIGURATION)

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return request.user.has_perm(ALERT_CONFIGURATION)


@admin.register(BreakingFlag)
class BreakingFlagAdmin(ReadOnly, admin.ModelAdmin[BreakingFlag]):
    """Where an administrator's choice differs from ours; their own page changes it."""

    list_display = ["change_type", "is_breaking", "updated_at"]


@admin.register(Schedule, Blackout)
class QuietTimeAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Their own pages change them, and look again at what they held back."""

    list_display = ["name", "zone", "updated_at"]
    search_fields = ["name"]
    list_per_page = PAGE


@admin.register(QuietWindow)
class QuietWindowAdmin(ReadOnly, admin.ModelAdmin[QuietWindow]):
    list_display = ["name", "kind", "began_at", "ends_at"]
    list_filter = ["kind"]
    search_fields = ["name"]
    ordering = ["-ends_at"]
    list_per_page = PAGE
    show_full_result_count = False


@admin.register(Suppression)
class SuppressionAdmin(OfAnAlert, admin.ModelAdmin[Suppression]):
    list_display = ["id", "alert_link", "rule_name", "kind", "until", "created_at"]
    list_filter = ["kind"]
    search_fields = ["=alert__id"]
    search_help_text = "The whole id of an alert."
    ordering = ["-id"]
    list_select_related = ["alert"]
    list_per_page = PAGE
    show_full_result_count = False


def _link(row: Model | None) -> str:
    """A link to the row's own admin page."""
    if row is None:
        return "—"
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), row)
