"""What is PagerDuty's own: the format of its events."""
