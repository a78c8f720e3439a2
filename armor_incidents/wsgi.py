"""The WSGI entry point: gunicorn armor_incidents.wsgi."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "armor_incidents.settings")
application = get_wsgi_application()
