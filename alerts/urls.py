"""Pages under /alerts/. An action is a noun: POST …/resolutions/ resolves."""

from django.urls import path

from alerts.views import alerts, destination_deletion, history, rules

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
    path("rules/", rules.list_rules, name="rules"),
    path("rules/new/", rules.new_rule, name="rule-new"),
    path("rules/<uuid:pk>/", rules.edit_rule, name="rule"),
    path("rules/<uuid:pk>/deletion/", rules.delete_rule, name="rule-deletion"),
    path(
        "destinations/<uuid:pk>/deletion/",
        destination_deletion.delete_destination,
        name="destination-deletion",
    ),
]
