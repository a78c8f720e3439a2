"""The demo: the main job from end to end, through the real pages and the real API."""
