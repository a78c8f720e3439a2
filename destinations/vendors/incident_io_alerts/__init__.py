"""What is incident.io's own: the format of its alert events."""
