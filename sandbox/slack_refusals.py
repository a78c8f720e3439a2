"""The statuses with which an incoming webhook of Slack refuses.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

# A webhook's statuses; its other errors are 400.
FORBIDDEN = "action_prohibited posting_to_general_channel_denied invalid_token team_disabled"
STATUSES = {
    **dict.fromkeys(FORBIDDEN.split(), 403),
    **dict.fromkeys(("channel_not_found", "no_service", "no_active_hooks", "no_team"), 404),
    "channel_is_archived": 410,
    "rate_limited": 429,
    "rollup_error": 500,
}
