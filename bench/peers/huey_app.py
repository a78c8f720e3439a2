"""One Huey task a delivery, in a SQLite file of Huey's own:
`python -m huey.bin.huey_consumer bench.peers.huey_app.huey`."""

import os

import django

django.setup()

from huey import SqliteHuey  # noqa: E402

from bench.peers import job  # noqa: E402

huey = SqliteHuey(filename=os.environ["HUEY_FILE"], results=False, fsync=False)


deliver = huey.task()(job.deliver)


def submit(count: int) -> None:
    for delivery_id in job.waiting(count):
        deliver(delivery_id)
