"""Pages under /alerts/. An action is a noun: POST …/resolutions/ resolves."""

from django.urls import path

from alerts.views import (
    alerts,
    blackouts,
    breaking_flags,
    destination_deletion,
    explain,
    history,
    quiet,
    rule_preview,
    rules,
    schedules,
)

urlpatterns = [
    path("", alerts.list_alerts, name="alerts"),
    path("<uuid:pk>/", alerts.show_alert, name="alert"),
    path("<uuid:pk>/acknowledgements/", alerts.acknowledge, name="alert-acknowledgements"),
    path("<uuid:pk>/snoozes/", alerts.snooze, name="alert-snoozes"),
    path("<uuid:pk>/resolutions/", alerts.resolve, name="alert-resolutions"),
    path("<uuid:pk>/dismissals/", alerts.dismiss, name="alert-dismissals"),
    path("history/", history.list_deliveries, name="history"),
    path("history/<uuid:pk>/", history.show_delivery, name="delivery"),
    path("history/<uuid:pk>/retries/", history.retry, name="delivery-retries"),
    path("quiet-times/", quiet.list_quiet_times, name="quiet-times"),
    path("quiet-times/<int:pk>/", quiet.show_window, name="quiet-window"),
    path("schedules/new/", schedules.new_schedule, name="schedule-new"),
    path("schedules/<uuid:pk>/", schedules.edit_schedule, name="schedule"),
    path("schedules/<uuid:pk>/deletion/", schedules.delete_schedule, name="schedule-deletion"),
    path("blackouts/new/", blackouts.new_blackout, name="blackout-new"),
    path("blackouts/<uuid:pk>/", blackouts.edit_blackout, name="blackout"),
    path("blackouts/<uuid:pk>/endings/", blackouts.end_blackout, name="blackout-endings"),
    path("blackouts/<uuid:pk>/deletion/", blackouts.delete_blackout, name="blackout-deletion"),
    path("rules/", rules.list_rules, name="rules"),
    path("rules/new/", rules.new_rule, name="rule-new"),
    path("rules/preview/", rule_preview.preview_rule, name="rule-preview"),
    path("rules/breaking/", breaking_flags.breaking_flags, name="rule-breaking"),
    path("rules/explain/", explain.explain, name="explain"),
    path("rules/<uuid:pk>/", rules.edit_rule, name="rule"),
    path("rules/<uuid:pk>/activations/", rules.switch_rule, name="rule-activations"),
    path("rules/<uuid:pk>/deletion/", rules.delete_rule, name="rule-deletion"),
    path(
        "destinations/<uuid:pk>/deletion/",
        destination_deletion.delete_destination,
        name="destination-deletion",
    ),
]
