from django.apps import AppConfig
from django.contrib import admin


class ArmorIncidentsConfig(AppConfig):
    """Composition: settings, URLs, the API's mount, static files."""

    name = "armor_incidents"

    def ready(self) -> None:
        from django_q.models import Failure, OrmQ, Schedule, Success

        admin.site.site_header = admin.site.site_title = "Armor Incidents"
        admin.site.index_title = "Support"
        # Their admin pages unpickle rows and can run any function: whoever sees them owns the host.
        for model in (Failure, OrmQ, Schedule, Success):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
