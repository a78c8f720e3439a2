"""All settings. Every value that an operator may set is read from the environment here."""

import django_stubs_ext
from csp.constants import NONE, SELF

from armor_incidents import logs
from armor_incidents.environment import (
    BASE_DIR,
    VAR_DIR,
    check_secret_key,
    env,
    new_encryption_key,
    new_secret_key,
    required_secret,
)

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

# --- Delivery (all in seconds). call < budget; budget + call < task < lease < queue retry: a
# --- system check (alerts/checks.py) proves the order at every start ---------------------------

CALL_DEADLINE = env.float("DELIVERY_CALL_DEADLINE", default=20.0)
DRAIN_BUDGET = env.float("DELIVERY_DRAIN_BUDGET", default=25.0)
TASK_TIMEOUT = env.int("DELIVERY_TASK_TIMEOUT", default=50)
LEASE = env.float("DELIVERY_LEASE", default=60.0)
QUEUE_RETRY = env.int("DELIVERY_QUEUE_RETRY", default=90)
# A lane that has just worked stays awake so long: the next alert then needs no doorbell.
LANE_LINGER = 10.0
LANE_THREADS = env.int("LANE_THREADS", default=8)
# What is in hand at a crash is sent again, so little is in hand.
LANE_BATCH = 20
RETRY_SCHEDULE = (5, 30, 120, 300, 900, 1800, 3600, 7200, 14400, 28800)
RETRY_JITTER = 0.2
# A delivery during which so many workers in a row have died is given up: it may be what kills them.
INTERRUPTIONS_LIMIT = 5
RETRY_AFTER_LIMIT = 900.0
# A 429 that names no time: incident.io counts creates over the last hour, so wait minutes.
RATE_LIMIT_PAUSE = 120.0
BREAKER_FAILURES = 10
BREAKER_PAUSE = 60.0
SWEEP_INTERVAL = 2.0
# A doorbell nobody answered in this time is rung again.
DOORBELL_TIMEOUT = 5.0
# The creates a minute that a rule lets through to a destination, before the rest becomes one
# summary (0: all of them); and the time in which a summary gathers what it lists.
STORM_LIMIT = env.int("STORM_LIMIT", default=30)
STORM_GATHER = 30.0
# Ended alerts are deleted after so many days, with all that belongs to them; open ones never.
RETENTION_DAYS = env.int("RETENTION_DAYS", default=90)
# The worker is stuck when neither its heartbeat nor any lane moved for so long.
STALL_TIMEOUT = env.float("DELIVERY_STALL_TIMEOUT", default=60.0)

Q_CLUSTER = {
    "name": "armor_incidents",
    # The queue lives in our database: a doorbell is rung in the transaction of its delivery.
    "orm": "default",
    "workers": env.int("WORKERS", default=4),
    "broker_class": "alerts.tasks.Doorbells",
    "poll": 0.03,
    "timeout": TASK_TIMEOUT,
    "retry": QUEUE_RETRY,
    # Deliveries retry themselves; a doorbell is rung once, and the sweeper rings again if need be.
    "max_attempts": 1,
    "ack_failures": True,
    # Nothing is kept on success: the default of 250 rows costs more than the task itself.
    "save_limit": -1,
    # The retry clock runs from the moment a task is fetched, so few are fetched ahead.
    "bulk": 1,
    "queue_limit": 4,
    "recycle": 500,
    "catch_up": False,
    "scheduler": False,
    "log_level": "WARNING",
}

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
