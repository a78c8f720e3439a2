"""One django-q2 task a delivery, in the same database."""

from django.db import transaction
from django_q.tasks import async_task

from bench.peers.job import waiting


def submit(count: int) -> None:
    ids = waiting(count)
    with transaction.atomic():
        for delivery_id in ids:
            async_task("bench.peers.job.deliver", delivery_id)
