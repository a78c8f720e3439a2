"""The icon of each state: a badge says it by shape and word, and by colour only as a third."""

from django import template

register = template.Library()

FALLBACK = "minus-circle"
BADGE_ICONS = {
    # alerts
    "triggered": "bell-alert",
    "acknowledged": "eye",
    "snoozed": "bell-snooze",
    "resolved": "check-circle",
    "dismissed": "archive-box",
    "flapping": "arrows-up-down",
    "settling": "clock",
    # severities
    "info": "information-circle",
    "warning": "exclamation-triangle",
    "critical": "fire",
    # deliveries
    "pending": "clock",
    "sending": "paper-airplane",
    "delivered": "check-circle",
    "failed": "x-circle",
    "skipped": "forward",
    # verdicts
    "matched": "check-circle",
    "not_matched": "minus-circle",
    "suppressed": "speaker-x-mark",
    "unmatched": "question-mark-circle",
    # destinations and rules
    "active": "check-circle",
    "healthy": "check-circle",
    "verified": "check-badge",
    "on": "check-circle",
    "off": "pause-circle",
    "paused": "pause-circle",
    "record_only": "document-text",
    "digest": "newspaper",
    "waiting": "clock",
    "failing": "exclamation-circle",
    "needs_attention": "exclamation-triangle",
    "unreadable": "key",
    "unused": "inbox",
    "untested": "question-mark-circle",
    "deleted": "trash",
    # attempts and the timeline
    "success": "check-circle",
    "recorded": "document-text",
    "interrupted": "bolt-slash",
    "breaking": "exclamation-triangle",
    "detected": "bell-alert",
    "escalated": "arrow-trending-up",
    "woken": "bell",
    "comment": "chat-bubble-left",
    "sent_again": "arrow-path",
    "event": "arrow-down-tray",
}
# Every other outcome of an attempt is a failure.
OUTCOMES_OF_FAILURE = (
    "non_2xx",
    "network_error",
    "timeout",
    "tls_error",
    "unreachable",
    "malformed_response",
    "secret_unreadable",
    "blocked_address",
    "internal_error",
)
BADGE_ICONS |= dict.fromkeys(OUTCOMES_OF_FAILURE, "x-circle")
NOTICE_ICONS = {
    "success": "check-circle",
    "warning": "exclamation-triangle",
    "error": "x-circle",
}


@register.filter
def badge_icon(state: str) -> str:
    """The heroicon for a state, an outcome or a severity."""
    return BADGE_ICONS.get(state, FALLBACK)


@register.filter
def notice_icon(level: str) -> str:
    """The heroicon for the level of a message."""
    return NOTICE_ICONS.get(level, "information-circle")
