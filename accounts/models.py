"""API keys, by which machines come in. People are Django's own users."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.db import connection, models
from django.utils import timezone

KEY_PREFIX = "aa_live_"
PUBLIC_BYTES = 9
SECRET_BYTES = 32
LAST_USED_GRAIN = timedelta(minutes=1)
# Asked for with every request, so it is not built anew each time (docs/performance.md).
KEY_FIELDS = ("id", "name", "prefix", "digest", "scope")
LIVE_KEY = """
    SELECT id, name, prefix, digest, scope FROM accounts_apikey
    WHERE prefix = %s AND revoked_at IS NULL"""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_marked: dict[str, datetime] = {}  # by the key's public part


class Scope(models.TextChoices):
    """What a key may do."""

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """How a presented key is found."""

    def issue(self, name: str, scope: str = Scope.READ_WRITE) -> tuple["ApiKey", str]:
        """Makes a key. Returns its row and the key itself, which is nowhere kept."""
        public = secrets.token_urlsafe(PUBLIC_BYTES)
        token = f"{KEY_PREFIX}{public}.{secrets.token_urlsafe(SECRET_BYTES)}"
        return self.create(name=name, scope=scope, prefix=public, digest=digest(token)), token

    def authenticate(self, token: str) -> "ApiKey | None":
        """The live key that `token` is, or None. Marks it as used, at most once a minute."""
        public = token.removeprefix(KEY_PREFIX).partition(".")[0]
        with connection.cursor() as cursor:
            cursor.execute(LIVE_KEY, [public.replace("\x00", "")])
            row = cursor.fetchone()
        key = self.model.from_db(self.db, KEY_FIELDS, row) if row else None
        if key is None or not secrets.compare_digest(key.digest, digest(token)):
            return None
        key.mark_used()
        return key


class ApiKey(models.Model):
    """One machine's key; only its SHA-256 is stored, which is enough for 256 random bits."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ_WRITE)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({KEY_PREFIX}{self.prefix}…)"

    @property
    def may_write(self) -> bool:
        return self.scope == Scope.READ_WRITE

    def mark_used(self) -> None:
        """Notes the time, at most once a minute in each process."""
        now = timezone.now()
        if abs(now - _marked.get(self.prefix, EPOCH)) > LAST_USED_GRAIN:
            _marked[self.prefix] = now
            ApiKey.objects.filter(pk=self.pk).update(last_used_at=now)


def digest(token: str) -> str:
    """SHA-256 of a key, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
