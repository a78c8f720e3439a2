"""All settings. Every value that an operator may set is read from the environment here."""

import django_stubs_ext
from csp.constants import NONE, SELF

from armor_incidents import logs
from armor_incidents.delivery import *  # noqa: F403 (a file of its own: how deliveries are tried)
from armor_incidents.environment import (
    BASE_DIR,
    VAR_DIR,
    check_secret_key,
    env,
    new_encryption_key,
    new_secret_key,
    required_secret,
)
from armor_incidents.mail import *  # noqa: F403 (the mail server)

# Lets annotations say QuerySet[Alert] and ModelAdmin[Alert] at run time.
django_stubs_ext.monkeypatch()

VERSION = "0.1.0"

# --- The operator's choices -------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
# Development and the demo make missing keys under var/; a real server refuses to start without.
GENERATE_KEYS = env.bool("GENERATE_KEYS", default=DEBUG)
SECRET_KEY = check_secret_key(required_secret("SECRET_KEY", new_secret_key, may_make=GENERATE_KEYS))
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# A comma list: the first key seals, all of them open (destinations/crypto.py).
DATA_ENCRYPTION_KEYS = required_secret(
    "DATA_ENCRYPTION_KEYS", new_encryption_key, may_make=GENERATE_KEYS
).split(",")

HOST = env("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
PUBLIC_URL = env("PUBLIC_URL", default=f"http://{HOST}:{PORT}").rstrip("/")
# TLS is the reverse proxy's business; True adds HSTS, the redirect and Secure cookies.
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=False)
INCIDENT_IO_API_URL = env("INCIDENT_IO_API_URL", default="https://api.incident.io").rstrip("/")
SLACK_API_URL = env("SLACK_API_URL", default="https://slack.com/api").rstrip("/")
_PAGERDUTY = "https://events.pagerduty.com"
PAGERDUTY_EVENTS_URL = env("PAGERDUTY_EVENTS_URL", default=_PAGERDUTY).rstrip("/")
# Internal addresses that a URL typed by a user may reach; metadata addresses stay closed.
OUTBOUND_ALLOW_CIDRS = env.list("OUTBOUND_ALLOW_CIDRS", default=[])

# --- Django -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # its templates: FORM_RENDERER looks for them among ours
    "axes",
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
    "ninja",
    "accounts",
    "destinations",
    "alerts",
    "armor_incidents",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "armor_incidents.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "armor_incidents.urls"
WSGI_APPLICATION = "armor_incidents.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# The manifest names files by their content, so browsers keep them for a year; development has none.
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "armor_incidents.storage.StaticFiles"
    }
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Database ---------------------------------------------------------------------------------

VAR_DIR.mkdir(exist_ok=True)
DATABASES = {
    "default": env.db_url(
        "DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'armor_incidents.sqlite3'}"
    )
}
# A new connection for every call costs django-q2 on PostgreSQL five times its throughput.
DATABASES["default"].setdefault("CONN_MAX_AGE", 600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # IMMEDIATE: a transaction that reads and then writes waits for its turn instead of failing at
    # once. FULL: what was answered 202 is on the disk, also after a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    # As long as SQLite waits: then the producer hears 503 and comes again.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c lock_timeout=20s")

# --- Who may come in --------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
# A wrong password is counted for the pair of name and address: nobody can lock out another.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_ENABLE_ADMIN = False

# --- The browser's defences -------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the arrows of select boxes in Django's admin
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if HTTPS_ONLY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
else:
    # Plain HTTP on loopback is a supported way to run; armor.W001 speaks up for any other host.
    SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]

# --- Limits and logs --------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
LOGGING = logs.CONFIGURATION
