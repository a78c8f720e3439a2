"""Room for connectors whose vendor has much to say: a package here belongs to the one of its
name, and nobody else imports it."""
