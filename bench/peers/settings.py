"""The product's settings, with django-q2 set for one task a delivery: 32 at a time means 32
processes, fetched in tens, nothing kept on success, nobody recycled during the measurement."""

from armor_incidents.settings import *  # noqa: F403
from armor_incidents.settings import Q_CLUSTER

Q_CLUSTER = Q_CLUSTER | {"workers": 32, "bulk": 10, "queue_limit": 64, "recycle": 100_000}
