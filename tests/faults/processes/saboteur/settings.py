"""The project's settings, with the saboteur let in, and with little patience."""

from armor_incidents.settings import *  # noqa: F403
from armor_incidents.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.processes.saboteur"]
RETRY_SCHEDULE = (0.2,) * 10
SWEEP_INTERVAL = 0.2
