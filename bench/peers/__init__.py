"""The same job as one task for each delivery, through other queues, each with good settings."""
