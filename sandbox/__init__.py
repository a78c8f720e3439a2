"""A stand-in for incident.io's public REST API, for demos, tests and benchmarks."""
