"""The project's settings, so that its middleware too, in front of the bare view's paths."""

from armor_incidents.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare_view"
