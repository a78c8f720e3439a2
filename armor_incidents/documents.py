"""The documents of `docs/` as pages of the app, so that help is where the question comes up."""

import functools
import posixpath
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

DOCS = Path(__file__).resolve().parent.parent / "docs"
START = "index"
# Where a reader goes on from every page; the rest is linked from these.
CONTENTS = (
    ("best-practices", "Best practices"),
    ("rules", "Rules"),
    ("events", "Events"),
    ("destinations", "Destinations"),
    ("incident-io", "incident.io"),
    ("digests", "Digests"),
    ("reliability", "Reliability"),
    ("security", "Security"),
    ("deploy", "Deployment"),
)


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    html: SafeString


@require_safe
def show(request: HttpRequest, name: str = START) -> HttpResponse:
    """One document. `name` is its path in `docs/` without the ending."""
    document = _documents().get(name)
    if document is None:
        raise Http404
    context = {"document": document, "contents": CONTENTS, "name": name}
    return render(request, "help/document.html", context)


@functools.cache
def _documents() -> dict[str, Document]:
    """All of them, rendered once: they change only with the code."""
    names = [path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")]
    return {name: _document(name) for name in names}


def _document(name: str) -> Document:
    """The first line is the title, which the page shows as its heading."""
    title, _, text = (DOCS / f"{name}.md").read_text().partition("\n")
    html = _parser().render(text, {"name": name})
    # Ours, and without raw HTML: the parser escapes whatever is in the text.
    return Document(title.lstrip("# "), mark_safe(html))  # noqa: S308


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    for rule in (heading_open, link_open, table_open, table_close, fence):
        parser.add_render_rule(rule.__name__, rule)
    return parser


Env = MutableMapping[str, Any]


def heading_open(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
) -> str:
    """With the anchor that links in the documents name."""
    words = re.sub(r"[^\w -]", "", tokens[idx + 1].content.lower())
    tokens[idx].attrSet("id", words.replace(" ", "-"))
    return self.renderToken(tokens, idx, options, env)


def link_open(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
) -> str:
    """A link to another document leads to its page."""
    target = str(tokens[idx].attrs.pop("href"))
    if page := _page_of(target, env["name"]):
        tokens[idx].attrSet("href", page)
    if "://" in target:
        tokens[idx].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, idx, options, env)


def table_open(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
) -> str:
    # It may be wider than a telephone, and is then moved by the keyboard, too.
    return '<div class="prose__table" role="group" aria-label="Table" tabindex="0"><table>'


def table_close(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
) -> str:
    return "</table></div>"


def fence(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env
) -> str:
    code = self.code_block(tokens, idx, options, env)
    return code.replace("<pre", '<pre tabindex="0" role="group" aria-label="Example"', 1)


def _page_of(target: str, name: str) -> str:
    """Empty for a file that lies beside `docs/`: it is for who has the code."""
    path, hash_, anchor = target.partition("#")
    if "://" in target or not path.endswith(".md"):
        return target
    document = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    if document.startswith(".."):
        return ""
    return reverse("help", args=[document.removesuffix(".md")]) + hash_ + anchor
