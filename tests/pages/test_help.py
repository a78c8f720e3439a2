"""The documents in the app: complete, linked, and readable by everybody who is signed in."""

import re

import pytest
from django.test import Client
from django.utils.html import escape

from armor_incidents.documents import CONTENTS, DOCS

pytestmark = pytest.mark.django_db
NAMES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_a_page_with_its_title(person: Client, name: str) -> None:
    html = page(person, f"/help/{name}/")
    title = (DOCS / f"{name}.md").read_text().partition("\n")[0].removeprefix("# ")
    assert re.search(rf"<h1>{re.escape(escape(title))}</h1>", html)
    assert "](" not in html.partition("<article")[2]


@pytest.mark.parametrize("name", NAMES)
def test_links_between_documents_lead_to_pages_and_to_places_on_them(
    person: Client, name: str
) -> None:
    html = page(person, f"/help/{name}/").partition("<article")[2].partition("</article")[0]
    for path, anchor in re.findall(r'href="(/help/[^"#]*)(?:#([^"]*))?"', html):
        target = page(person, path)
        assert not anchor or f'id="{anchor}"' in target, f"{path}#{anchor}"


def test_what_is_no_document_is_not_found(person: Client) -> None:
    for name in ("nothing", "../README", "..%2FREADME", "index.md"):
        assert person.get(f"/help/{name}/").status_code == 404


def test_the_contents_name_documents_that_are_there(person: Client) -> None:
    html = page(person, "/help/")
    for name, title in CONTENTS:
        assert f'<a href="/help/{name}/">{title}</a>' in html
