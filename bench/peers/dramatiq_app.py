"""One Dramatiq message a delivery, through Redis: `python -m dramatiq bench.peers.dramatiq_app`."""

import os

import django

django.setup()

import dramatiq  # noqa: E402
from dramatiq.brokers.redis import RedisBroker  # noqa: E402

from bench.peers import job  # noqa: E402

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))


deliver = dramatiq.actor(job.deliver)


def submit(count: int) -> None:
    for delivery_id in job.waiting(count):
        deliver.send(delivery_id)
