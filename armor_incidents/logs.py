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
