"""The wall clock of this process, which a test may set."""

from datetime import timedelta

import time_machine
from django.utils import timezone


def jump(clock: time_machine.Traveller, **by: float) -> None:
    """Forwards or back, by what a timedelta takes."""
    clock.move_to(timezone.now() + timedelta(**by))
