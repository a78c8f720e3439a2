"""The project's settings with short waits: what a crash leaves behind is free again in a second.

The times of DELIVERY_* come from the environment, as an operator would set them (scene.py).
"""

from tests.settings import *  # noqa: F403

LANE_LINGER = 0.3
BREAKER_PAUSE = 0.5
# So many that nothing is given up: what has not arrived at the end is lost, and a defect.
RETRY_SCHEDULE = (0.1,) * 1000
# Nor is a delivery taken for the killer of its workers: here they are killed on purpose.
INTERRUPTIONS_LIMIT = 1000
