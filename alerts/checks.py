"""System checks: what would break quietly is said loudly at the start."""

import itertools
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from destinations.crypto import key_ring

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "testserver"}


@register()
def timeouts_are_in_order(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """call < budget; budget + call < task < lease < queue retry: so nobody's work is taken away
    while it is still being done."""
    steps = [
        ("CALL_DEADLINE", settings.CALL_DEADLINE),
        ("DRAIN_BUDGET", settings.DRAIN_BUDGET),
        ("TASK_TIMEOUT", settings.TASK_TIMEOUT),
        ("LEASE", settings.LEASE),
        ("QUEUE_RETRY", settings.QUEUE_RETRY),
    ]
    wrong = [
        f"{name} ({value:g} s) must be less than {longer} ({limit:g} s)"
        for (name, value), (longer, limit) in itertools.pairwise(steps)
        if value >= limit
    ]
    if settings.DRAIN_BUDGET + settings.CALL_DEADLINE >= settings.TASK_TIMEOUT:
        wrong.append("DRAIN_BUDGET + CALL_DEADLINE must be less than TASK_TIMEOUT")
    return [Error(f"{sentence}.", id="armor.E001") for sentence in wrong]


@register(Tags.security)
def encryption_keys_are_good(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Every key of DATA_ENCRYPTION_KEYS is 32 random bytes, and is not the SECRET_KEY."""
    try:
        key_ring()
    except (ImproperlyConfigured, IndexError) as error:
        hint = "openssl rand -base64 32"
        return [Error(str(error) or "DATA_ENCRYPTION_KEYS is empty.", hint=hint, id="armor.E002")]
    if settings.SECRET_KEY in settings.DATA_ENCRYPTION_KEYS:
        return [Error("SECRET_KEY must not be an encryption key as well.", id="armor.E003")]
    return []


@register()
def the_queue_is_in_our_database(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A doorbell is only as sure as its delivery if both are written in one transaction."""
    if settings.Q_CLUSTER.get("orm") != "default":
        return [Error('Q_CLUSTER["orm"] must be "default".', id="armor.E004")]
    return []


@register(Tags.security, deploy=True)
def plain_http_stays_at_home(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Sessions over plain HTTP are fine on this host, and nowhere else."""
    if settings.HTTPS_ONLY or set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return []
    hint = "Serve it behind a proxy with TLS and set HTTPS_ONLY=True."
    return [Warning("Other hosts are allowed over plain HTTP.", hint=hint, id="armor.W001")]
