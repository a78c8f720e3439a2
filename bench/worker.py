"""`python -m bench.worker LINGER`: the product's worker, without the provider's rate limit, and
with lanes that go home after LINGER seconds without work."""

import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from destinations.connectors.incident_io import IncidentIo  # noqa: E402

if __name__ == "__main__":
    IncidentIo.RATE_PER_SECOND = IncidentIo.BURST = 1e9
    settings.LANE_LINGER = float(sys.argv[1])
    call_command("worker")
