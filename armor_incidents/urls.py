"""All paths: the pages, the API, the admin, health."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

from armor_incidents import documents, health, pages
from armor_incidents.api import api

to_alerts = RedirectView.as_view(pattern_name="alerts")
to_login = login_not_required(RedirectView.as_view(pattern_name="login", query_string=True))

urlpatterns = [
    path("", to_alerts),
    path("accounts/", include("accounts.urls")),
    path("alerts/", include("alerts.urls")),
    path("alerts/destinations/", include("destinations.urls")),
    path("help/", documents.show, name="help-start"),
    path("help/<path:name>/", documents.show, name="help"),
    path("admin/login/", to_login),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("favicon.ico", pages.favicon),
    path("robots.txt", pages.robots),
]
