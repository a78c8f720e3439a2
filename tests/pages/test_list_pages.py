"""Turning pages: every row once, also where many have the same time, and at the same cost."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import keyset
from alerts.keyset import capped_count
from alerts.models import Alert
from tests.alerts.factories import an_alert
from tests.pages.cast import many_alerts

pytestmark = pytest.mark.django_db
LISTS = ["/alerts/", "/alerts/history/"]
ROWS = {
    "/alerts/": r'href="/alerts/([0-9a-f-]{36})/"',
    "/alerts/history/": r"history/([0-9a-f-]+)/",
}


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.page_of, "__defaults__", (5,))


def rows(path: str, html: str) -> list[str]:
    return re.findall(ROWS[path], html)


def link(html: str, rel: str) -> str | None:
    match = re.search(rf'rel="{rel}" href="([^"]*)"', html)
    return unescape(match.group(1)) if match else None


def get(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def walk(client: Client, path: str, rel: str, query: str = "") -> list[str]:
    """The pages from here on."""
    pages = [get(client, path + query)]
    while query := link(pages[-1], rel) or "":
        pages.append(get(client, path + query))
    return pages


@pytest.mark.parametrize("path", LISTS)
def test_older_leads_to_every_row_once(person: Client, path: str) -> None:
    many_alerts(23)
    pages = walk(person, path, "next")
    seen = [row for html in pages for row in rows(path, html)]
    assert [len(rows(path, html)) for html in pages] == [5, 5, 5, 5, 3]
    assert len(set(seen)) == 23


@pytest.mark.parametrize("path", LISTS)
def test_newer_leads_back_the_same_way(person: Client, path: str) -> None:
    many_alerts(17)
    forth = walk(person, path, "next")
    newer = link(forth[-1], "prev")
    assert newer
    back = walk(person, path, "prev", newer)
    assert [rows(path, html) for html in back] == [rows(path, html) for html in forth[-2::-1]]


@pytest.mark.parametrize("path", LISTS)
def test_new_rows_do_not_shift_an_older_page(person: Client, path: str) -> None:
    many_alerts(12)
    older = link(get(person, path), "next")
    assert older
    before = rows(path, get(person, path + older))
    an_alert(dedup_key="late")
    assert rows(path, get(person, path + older)) == before


@pytest.mark.parametrize("path", LISTS)
def test_the_filter_travels_along(person: Client, path: str) -> None:
    many_alerts(12)
    for html in walk(person, path, "next", "?event_type=schema_change&text=Problem"):
        for rel in ("next", "prev"):
            other = link(html, rel)
            assert other is None or "event_type=schema_change&text=Problem" in other


@pytest.mark.parametrize("path", LISTS)
def test_a_later_page_costs_as_many_queries_as_the_first(
    person: Client, path: str, django_assert_num_queries: Any
) -> None:
    many_alerts(16)
    with CaptureQueriesContext(
        connection,
    ) as first:
        html = get(person, path)
    for _ in range(2):
        older = link(html, "next")
        assert older
        with django_assert_num_queries(len(first)):
            html = get(person, path + older)
    assert len(first) <= 8


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "place", ["x", "-", "1-2", "99999999999999999999999-" + "0" * 32, "-5-%00", ""]
)
def test_a_made_up_place_is_the_first_page(person: Client, path: str, place: str) -> None:
    many_alerts(3)
    for direction in ("older", "newer"):
        response = person.get(f"{path}?{direction}={place}")
        assert response.status_code == 200
        assert len(rows(path, response.content.decode())) == 3


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 alerts"), (1, "1 alert"), (1_234, "1,234 alerts")]
)
def test_a_count_is_said_in_words(number: int, words: str) -> None:
    Alert.objects.bulk_create(
        Alert(
            fingerprint=str(n),
            event_type="custom",
            severity="info",
            title="Late",
            occurred_at=timezone.now(),
            last_event_at=timezone.now(),
        )
        for n in range(number)
    )
    assert capped_count(Alert.objects.all(), "alert", "alerts") == words


def test_beyond_ten_thousand_nobody_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "COUNT_LIMIT", 2)
    for n in range(3):
        an_alert(dedup_key=str(n))
    assert capped_count(Alert.objects.all(), "alert", "alerts") == "more than 2 alerts"
