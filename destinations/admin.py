"""Destinations for support staff: what they are and how they fare, and no secret in any form."""

from django.contrib import admin
from django.http import HttpRequest

from destinations.models import ALERT_CONFIGURATION, Destination

# Name and key are changed on the destination's own page, which checks and seals them.
FIELDS = [
    "name",
    "kind",
    "is_active",
    "is_record_only",
    "config",
    "attention",
    "attention_at",
    "verified_at",
    "last_success_at",
    "last_failure_at",
    "last_error",
    "failing_since",
    "told_at",
    "created_at",
    "updated_at",
    "deleted_at",
]


@admin.register(Destination)
class DestinationAdmin(admin.ModelAdmin[Destination]):
    list_display = ["name", "kind", "is_active", "attention", "last_success_at", "last_failure_at"]
    list_filter = ["kind", "is_active", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "last_error", "attention"]
    list_per_page = 50
    show_full_result_count = False
    fields = tuple(FIELDS)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Destination | None = None
    ) -> list[str]:
        may_pause = obj is not None and obj.deleted_at is None
        return [field for field in FIELDS if not (may_pause and field == "is_active")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:
        return request.user.has_perm(ALERT_CONFIGURATION)

    def has_delete_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:
        """Deleting skips what waits and lists open incidents first: its own page does that."""
        return False
