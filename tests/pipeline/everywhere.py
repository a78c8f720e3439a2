"""The whole system, with a rule that tells a destination of every kind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.pipeline.system import System
from tests.stand_ins import HOME, StandIns

SETUP = """
import json, os
from alerts.models import Rule
from destinations.models import Destination
rule = Rule.objects.get()
for name, (kind, config, secrets) in json.loads(os.environ["PLACES"]).items():
    destination = Destination(kind=kind, name=name, config=config)
    for field, secret in secrets.items():
        destination.set_secret(field, secret)
    destination.save()
    rule.destinations.add(destination)
"""


@contextmanager
def told_everywhere(database_url: str, places: StandIns, **environment: str) -> Iterator[System]:
    """A running system. What it makes itself is the destination at incident.io."""
    others = {name: place for name, place in places.places.items() if name != "incident.io"}
    system = System(
        database_url,
        places.incident_io,
        **environment,
        **places.addresses,
        EMAIL_URL=places.mail.url,
        OUTBOUND_ALLOW_CIDRS=HOME,
        PLACES=json.dumps(others),
    )
    try:
        system.manage("shell", "-v0", "-c", SETUP)
        system.start_web()
        system.start_worker()
        yield system
    finally:
        system.stop()


def states(system: System, alert: str, action: str) -> dict[str, str]:
    found = [d for d in system.get(f"/alerts/{alert}/deliveries") if d["action"] == action]
    return {str(d["destination_name"]): str(d["state"]) for d in found}
