"""One log record is one line, and no line holds a secret."""

import logging

from destinations.scrubbing import scrub


class OneLineFormatter(logging.Formatter):
    """Time, level, logger, message; line breaks are escaped, so no text forges a second record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = scrub(super().format(record))
        if record.exc_info:  # a traceback keeps its lines
            return text
        return text.replace("\r", "\\r").replace("\n", "\\n")


CONFIGURATION = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": OneLineFormatter},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "axes": {"level": "WARNING"},
        # At DEBUG it tells whole addresses, and that of a webhook is a secret.
        "urllib3": {"level": "WARNING"},
        # Refused requests are everyday, and would each bring a traceback.
        "django.request": {"level": "ERROR"},
    },
}
