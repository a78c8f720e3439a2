"""The project's settings, with keys made on the spot and without collected static files."""

import os

os.environ.setdefault("GENERATE_KEYS", "True")

from armor_incidents.settings import *  # noqa: F403
from armor_incidents.settings import STATIC_ROOT, STORAGES

# Whitenoise warns of a folder that is not there, and warnings are errors here.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Argon2 takes its time on purpose; tests log in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The servers that tests start are at home; tests of the guard close this again.
OUTBOUND_ALLOW_CIDRS = ["127.0.0.0/8", "::1/128"]
