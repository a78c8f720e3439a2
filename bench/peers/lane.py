"""Our own way: the deliveries are in their lane, and one doorbell says so."""

from bench.scenes import release
from destinations.models import Destination


def submit(count: int) -> None:
    release(str(Destination.objects.get().pk))
