"""A letter: one set of facts, written as plain text and as HTML with the same words.

Some mail clients draw HTML with Word, and many take style sheets out: so there are tables, inline
styles, no images, and nothing to load. The colours of text and ground are the client's own, light
or dark; only the bar and the button bring theirs, and no colour says what no word says.
https://www.caniemail.com/ lists what which client can do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from destinations.messages import shorten, web_link

SUBJECT_LIMIT = 210  # characters: a headline, and "Re: "
LINE_LIMIT = 300  # characters of a fact or an item
BODY_LIMIT = 4000  # characters
# Joiners inside words of some scripts. Other characters without a shape could turn text around.
JOINERS = "\u200c\u200d"
BARS = {"critical": "#c62828", "warning": "#b26a00", "info": "#1565c0", "ended": "#2e7d32"}
OTHER_BAR = "#616161"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a letter says. `bar` is a severity or "ended"; `items` stand under `heading`."""

    bar: str
    title: str
    lead: str = ""
    body: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    heading: str = ""
    items: tuple[str, ...] = ()
    link: str = ""
    button: str = ""
    footer: str = ""

    @property
    def text(self) -> str:
        parts = [
            one_line(self.title),
            one_line(self.lead),
            self._body,
            "\n".join(f"{name}: {value}" for name, value in self._facts),
            "\n".join([f"{self.heading}:", *(f"- {item}" for item in self._items)])
            if self.items
            else "",
            f"{self.button}: {self._link}" if self._link else "",
            f"-- \n{self.footer}" if self.footer else "",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    @property
    def html(self) -> str:
        colour = BARS.get(self.bar, OTHER_BAR)
        return _FRAME.format(
            title=escape(one_line(self.title)), colour=colour, parts="\n".join(self._html_parts())
        )

    @property
    def _body(self) -> str:
        return shorten(clean(self.body), BODY_LIMIT)

    @property
    def _facts(self) -> list[tuple[str, str]]:
        lines = [(name, shorten(one_line(value), LINE_LIMIT)) for name, value in self.facts]
        return [(name, value) for name, value in lines if value]

    @property
    def _items(self) -> list[str]:
        return [shorten(one_line(item), LINE_LIMIT) for item in self.items]

    @property
    def _link(self) -> str:
        return one_line(web_link(self.link))

    def _html_parts(self) -> Iterator[str]:
        yield f'<h1 style="margin:0 0 12px;font-size:20px">{escape(one_line(self.title))}</h1>'
        if self.lead:
            yield f"<p {_GAP}><strong>{escape(one_line(self.lead))}</strong></p>"
        if self.body:
            yield f"<p {_GAP}>{escape(self._body).replace(chr(10), '<br>')}</p>"
        if self._facts:
            rows = "".join(_ROW.format(escape(name), escape(value)) for name, value in self._facts)
            yield f'<table cellspacing="0" cellpadding="0" border="0" {_GAP}>{rows}</table>'
        if self.items:
            items = "".join(f"<li>{escape(item)}</li>" for item in self._items)
            yield f'<p style="margin:0"><strong>{escape(self.heading)}:</strong></p>'
            yield f'<ul style="margin:4px 0 16px;padding-left:20px">{items}</ul>'
        if self._link:
            yield _BUTTON.format(escape(self._link), escape(self.button))
        if self.footer:
            yield f'<p style="margin:16px 0 0;font-size:13px">{escape(self.footer)}</p>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail to all recipients, with a stable Message-ID; `in_reply_to` is that of the first."""

    recipients: tuple[str, ...]
    subject: str
    page: Page
    message_id: str
    in_reply_to: str = ""


def clean(text: str) -> str:
    """`text` with plain line breaks and blanks, and nothing else that has no shape."""
    lines = ("".join(_shape(character) for character in line) for line in text.splitlines())
    return "\n".join(lines)


def one_line(text: str) -> str:
    """`text` as a header may hold it."""
    return " ".join(clean(text).split())


def _shape(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    return " " if character.isspace() else ""


_GAP = 'style="margin:0 0 16px"'
_ROW = (
    '<tr><th scope="row" align="left" valign="top" style="padding:2px 16px 2px 0">{}:</th>'
    '<td valign="top" style="padding:2px 0;word-break:break-word">{}</td></tr>'
)
_BUTTON = (
    '<table role="presentation" cellspacing="0" cellpadding="0" border="0"><tr>'
    '<td bgcolor="#1565c0" style="background:#1565c0;border-radius:4px">'
    '<a href="{0}" style="display:inline-block;padding:10px 18px;color:#ffffff;'
    'text-decoration:none;font-weight:bold">{1}</a></td></tr></table>'
)
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:16px;font-family:Arial,Helvetica,sans-serif;font-size:15px;\
line-height:1.5">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" border="0" \
style="max-width:640px">
<tr>
<td width="6" bgcolor="{colour}" style="width:6px;background:{colour};font-size:0">&nbsp;</td>
<td style="padding:4px 16px">
{parts}
</td>
</tr>
</table>
</body>
</html>
"""
