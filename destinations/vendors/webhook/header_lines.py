"""Header lines that a person types: they must not reach into what else the request says."""

import re

# The name is a token, the value has visible ASCII only: https://www.rfc-editor.org/rfc/rfc9110#section-5
LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e][\x20-\x7e\t]*)")
# Ours, or the connection's: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
RESERVED = {
    *("host", "content-type", "content-length", "content-encoding", "accept-encoding", "expect"),
    *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
}
RESERVED_PREFIXES = ("webhook-", "proxy-")


def parse(lines: str) -> dict[str, str]:
    """Values by name. Raises ValueError with a sentence, which never quotes a value."""
    headers: dict[str, str] = {}
    for number, line in enumerate(lines.splitlines(), start=1):
        match = LINE.fullmatch(line)
        if not match:
            raise ValueError(f"Line {number} is not “Name: value” in ASCII letters.")
        name, value = match.groups()
        if name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIXES):
            raise ValueError(f"{name} is set by Armor Incidents itself.")
        if name.lower() in names(lines.splitlines()[: number - 1]):
            raise ValueError(f"{name} is there twice.")
        headers[name] = value.strip()
    return headers


def names(lines: list[str]) -> set[str]:
    """The names in header lines, in lower case."""
    return {line.partition(":")[0].lower() for line in lines}
