"""incident.io: what its answers say, and what an account offers."""
