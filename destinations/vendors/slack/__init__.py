"""Messages in Block Kit, and what Slack answers to them."""
