"""What may leave, and what is blanked: the only way from an alert to a Message."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from alerts.models import Alert
from alerts.vocabulary import BREAKING, change_label

BLANK = "[blanked]"
CHANGES_LIMIT = 50

# Types may be told, e.g. `varchar(255)` or `timestamp with time zone`; anything else that stands in
# old_value and new_value may be a row's value, and stays here.
_TYPE_WORD = (
    r"(?:big|small|tiny|medium)?int(?:eger)?\d{0,3}|(?:big|small)?serial|(?:n?var)?char2?|n?text"
    r"|character(?: varying)?|string|numeric|decimal|(?:big)?number|float\d{0,2}"
    r"|double(?: precision)?|real|bool(?:ean)?|date|(?:small)?datetime(?:offset|2)?|time(?:tz)?"
    r"|timestamp(?:tz|_ntz|_ltz|_tz)?|interval|jsonb?|uuid|bytea|bytes|[bc]lob|(?:var)?binary"
    r"|array|struct|map|record|variant|object|geography|geometry|enum|money|bit|xml|inet|cidr"
    r"|(?:not )?null(?:able)?|none"
)
_TYPE = re.compile(
    rf"(?i)(?:{_TYPE_WORD})(?: ?\(\d{{1,5}}(?:, ?\d{{1,5}})?\))?"
    r"(?: with(?:out)? time zone| unsigned| not null| null)?(?:\[\])?\Z"
)
_IDENTIFIER = re.compile(r"[A-Za-z_][\w$.]{0,200}\Z")
_NAME = (
    r"pass(?:word|wd|phrase)|pwd|secret(?!ar)|(?:api|access|account|private)[ _-]?key|credentials?"
    r"|token(?!i[sz]|_?count|s?_used|s\s{0,3}[:=]\s{0,3}\d)"
)
_VALUE = r"(?:\"[^\"\n]{0,500}\"?|'[^'\n]{0,500}'?|\{[^}\n]{0,500}\}?|[^\s\"';&]{1,500})"
# A word that is no English: with a digit, a sign of base64, or a capital inside.
_OPAQUE = r"(?=\S{0,300}(?:[\d=+/]|[a-z][A-Z]))"
# What must be blanked, each with signs (in lower case) of which one is in every text that holds it:
# looking for those first spares nearly all texts nearly all patterns. All patterns are linear:
# bounded repeats, nothing nested. The order matters: whole strings first.
_SECRETS = [
    (
        ("-----begin",),
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}-----((?!-----END)[\s\S]){0,8000}(-----END [A-Z ]{0,40}-----)?"
        ),
    ),
    # connection strings
    (("jdbc:",), re.compile(r"(?i)\bjdbc:[a-z0-9]{1,20}:\S{1,2000}")),
    (
        ("://",),
        re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,30}://[^\s/@:]{0,200}(:[^\s@]{0,500})?@\S{0,2000}"),
    ),
    (
        ("server=", "host=", "source="),
        re.compile(r"(?i)\b(server|host|data source)=[^\s;]{1,200};[^\n]{0,1000}"),
    ),
    # headers
    (
        ("authorization", "cookie"),
        re.compile(
            r"(?i)\b(proxy-authorization|authorization|(set-)?cookie)\s{0,3}[:=][^\n]{1,2000}"
        ),
    ),
    (
        ("bearer", "basic"),
        re.compile(rf"\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s+{_OPAQUE}[\w.~+/=-]{{8,4000}}"),
    ),
    # credentials by their looks
    (("eyj",), re.compile(r"\beyJ[\w-]{8,4000}\.[\w-]{4,4000}(\.[\w-]{0,4000})?")),
    (("akia", "asia"), re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,124}\b")),
    (
        ("gh", "npm_", "inc_", "k_live_", "k_test_"),
        re.compile(r"\b(gh[pousr]|github_pat|npm|inc|[sr]k_(live|test))_\w{16,255}"),
    ),
    (
        ("xox", "xapp-", "glpat-", "ya29.", "aa_live_"),
        re.compile(r"\b(xox[abeoprs]-|xapp-|glpat-|ya29\.|aa_live_)[\w.-]{8,500}"),
    ),
    (
        ("sk-", "sg."),
        re.compile(rf"\bsk-{_OPAQUE}[\w-]{{20,300}}|\bSG\.[\w-]{{16,100}}\.[\w-]{{16,100}}"),
    ),
    (("dapi", "aiza"), re.compile(r"\bdapi[0-9a-f]{32}|\bAIza[\w-]{35}")),
    (
        ("hooks.slack.com", "sig="),
        re.compile(r"(?i)https://hooks\.slack\.com/\S{1,500}|[?&;]sig=[^\s&]{1,500}"),
    ),
    # people
    (("@",), re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,5}\b")),
    (("-",), re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),  # a US social security number
]
# `password=x`, `--password x`, `the password is x9`; "column password_hash dropped" stays.
_NAMES = ("pass", "pwd", "secret", "key", "credential", "token")
_NAMED = [
    re.compile(
        rf"(?i)\b[\w.-]{{0,40}}(?:{_NAME})[\w.-]{{0,20}}[\"']?\s{{0,3}}[=:]\s{{0,3}}({_VALUE})"
    ),
    re.compile(rf"(?i)(?<!\w)--?[\w-]{{0,20}}(?:{_NAME})[\w-]{{0,20}}\s{{1,3}}({_VALUE})"),
    re.compile(rf"(?i)\b(?:{_NAME})\s+is\s+(?=\S{{0,100}}\d)(\S{{6,500}})"),
]
_CARD = re.compile(r"\b(?:[3-6]\d|2[2-7])\d{2}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,7})?\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
# Quoted text; an apostrophe inside a word does not open one.
_QUOTED = re.compile(
    r"(?<!\w)'([^']{0,2000})'(?!\w)|\"([^\"]{0,2000})\"|“([^”]{0,2000})”"
    r"|\u2018([^\u2019]{0,2000})\u2019(?!\w)|«([^»]{0,2000})»|\$\$([^$]{0,2000})\$\$|`([^`\s]{0,200}\s[^`]{0,2000})`"
)
_QUOTES = ("'", '"', "\u201c", "\u2018", "«", "$$", "`")
# Rows that a database quotes in its errors, and SQL whose numbers are values.
_ROW = re.compile(r"(?i)(?:\)=|\bfailing row contains )\([^)\n]{0,1000}\)?")
_SQL = re.compile(
    r"(?i)\b(?:where\s+\S{1,100}\s{0,3}(?:[=<>!]|in\b|between\b)|values\s{0,5}\("
    r"|set\s+\S{1,100}\s{0,3}=)[^\n]{0,2000}"
)
_SQL_WORDS = ("where", "values", "set")
_NUMBER = re.compile(r"(?i)(?<=[=<>(,])\s{0,3}-?\d[\d.]{0,40}|\b(?:between|and)\s+\d[\d.]{0,40}")


@dataclass(slots=True)
class Redactor:
    """Blanks what must not leave, and counts it. `names` are identifiers that may be quoted."""

    names: Iterable[str] = ()
    count: int = 0
    _names: set[str] = field(init=False)

    def __post_init__(self) -> None:
        known = {name.lower() for name in self.names if name}
        self._names = known | {part for name in known for part in name.split(".")}

    def text(self, text: str) -> str:
        """Free text, without credentials and quoted values."""
        text = _ROW.sub(self._blank, self.name(text))
        if _holds(text, _QUOTES):
            text = _QUOTED.sub(self._blank_quoted, text)
        if _holds(text.lower(), _SQL_WORDS):
            text = _SQL.sub(lambda sql: _NUMBER.sub(self._blank, sql.group()), text)
        return text

    def name(self, text: str) -> str:
        """An identifier: it may hold quotes, but no credential."""
        lowered = text.lower()
        for signs, pattern in _SECRETS:
            if _holds(lowered, signs):
                text = pattern.sub(self._blank, text)
        if _holds(lowered, _NAMES):
            for pattern in _NAMED:
                text = pattern.sub(self._blank_named, text)
        if text.isalpha():
            return text
        return _IBAN.sub(self._blank_iban, _CARD.sub(self._blank_card, text))

    def change(self, change: dict[str, str | None], breaking: Collection[str] = BREAKING) -> str:
        """One schema change as a line: its kind, its object, and types if they are types."""
        kind = change["change_type"] or ""
        target = " ".join(filter(None, [change.get("object_name"), change.get("column")]))
        line = change_label(kind, breaking) + (f": {self.name(target)}" if target else "")
        allowed = _IDENTIFIER if kind.endswith("_renamed") else _TYPE
        types = [self._only(allowed, change.get(side)) for side in ("old_value", "new_value")]
        if all(types):
            return f"{line}, {types[0]} → {types[1]}"
        return f"{line}, {types[0] or types[1]}" if any(types) else line

    def _only(self, allowed: re.Pattern[str], value: str | None) -> str:
        if not value:
            return ""
        return self.name(value) if allowed.match(value) else self._blank()

    def _blank(self, match: object = None) -> str:
        self.count += 1
        return BLANK

    def _blank_named(self, match: re.Match[str]) -> str:
        """`password_hash: varchar(255)` tells a type, and stays."""
        return match.group() if _TYPE.match(match[1].rstrip(",.")) else self._blank()

    def _blank_iban(self, match: re.Match[str]) -> str:
        return self._blank() if _is_iban(match.group()) else match.group()

    def _blank_card(self, match: re.Match[str]) -> str:
        return self._blank() if _passes_luhn(match.group()) else match.group()

    def _blank_quoted(self, match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group is not None)
        may_stay = not inner.strip() or inner == BLANK or inner.lower() in self._names
        return match.group() if may_stay else self._blank()


def _holds(text: str, signs: Iterable[str]) -> bool:
    for sign in signs:  # noqa: SIM110 (any() with a generator takes four times as long)
        if sign in text:
            return True
    return False


def _passes_luhn(text: str) -> bool:
    """Whether the digits could be a payment card's: https://en.wikipedia.org/wiki/Luhn_algorithm."""
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: the check digits of a bank account."""
    code = text.replace(" ", "")
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def redactor_for(alert: Alert) -> Redactor:
    """A redactor that lets the alert's own identifiers stand in quotes."""
    names = [alert.data_source, alert.schema, alert.asset, alert.asset_id]
    for change in alert.changes:
        names += [change.get("column", ""), change.get("object_name", "")]
    return Redactor(names)
