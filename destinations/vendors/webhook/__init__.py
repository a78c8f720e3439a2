"""The body, signatures by Standard Webhooks, and header lines that a person types."""
