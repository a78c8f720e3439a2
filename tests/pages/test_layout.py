"""What every page has, and the pages for those who are not in, or are lost."""

import re

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from tests.pages.visitor import BACKEND

pytestmark = pytest.mark.django_db
ERROR_PAGES = ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"]


@pytest.mark.parametrize("path", ["/alerts/", "/alerts/history/", "/alerts/rules/", "/api/v1/docs"])
def test_no_page_needs_what_the_policy_forbids(person: Client, path: str) -> None:
    html = person.get(path).content.decode()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_the_tabs_name_where_one_is(person: Client) -> None:
    html = person.get("/alerts/history/").content.decode()
    tabs = re.search(r'<nav class="tabs".*?</nav>', html, re.DOTALL)
    assert tabs
    assert re.findall(r">(\w+)</a>", tabs.group()) == ["Alerts", "Destinations", "Rules", "History"]
    assert '"/alerts/history/" aria-current="page"' in tabs.group()
    assert tabs.group().count("aria-current") == 1


def test_only_staff_are_shown_the_admin(person: Client) -> None:
    assert 'href="/admin/"' not in person.get("/alerts/").content.decode()
    client = Client()
    client.force_login(User.objects.create_superuser("ada"), backend=BACKEND)
    assert 'href="/admin/"' in client.get("/alerts/").content.decode()


def test_signing_out_is_a_form(person: Client) -> None:
    assert (
        '<form method="post" action="/accounts/logout/">' in person.get("/alerts/").content.decode()
    )
    assert person.get("/accounts/logout/").status_code == 405
    assert person.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert person.get("/alerts/").status_code == 302


def test_a_wrong_password_is_told(client: Client) -> None:
    User.objects.create_user("bob", password="correct horse battery")
    response = client.post("/accounts/login/", {"username": "bob", "password": "wrong"})
    html = response.content.decode()
    assert "correct username and password" in html
    assert "correct horse" not in html


def test_after_the_login_one_is_where_one_wanted_to_be(client: Client) -> None:
    User.objects.create_user("bob", password="correct horse battery")
    typed = {"username": "bob", "password": "correct horse battery", "next": "/alerts/history/"}
    response = client.post("/accounts/login/", typed)
    assert response.headers["Location"] == "/alerts/history/"
    away = client.post("/accounts/login/", typed | {"next": "https://evil.example/"})
    assert "evil" not in away.headers.get("Location", "")


def test_too_many_tries_lock_the_name_and_say_for_how_long(client: Client) -> None:
    User.objects.create_user("bob", password="correct horse battery")
    for _ in range(10):
        response = client.post("/accounts/login/", {"username": "bob", "password": "wrong"})
    assert response.status_code == 429
    assert "Wait 15 minutes" in response.content.decode()


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_pages_need_nothing(name: str, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        html = render_to_string(name)
    assert "css/app" in html
    assert 'href="/alerts/"' in html


def test_an_unknown_address_has_a_page(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing at this address." in response.content.decode()


def test_crawlers_are_sent_away(client: Client) -> None:
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


def test_the_old_icon_address_leads_to_the_icon(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 302
    assert "favicon" in response.headers["Location"]


def test_the_api_page_is_there_for_everybody(client: Client) -> None:
    html = client.get("/api/v1/docs").content.decode()
    assert "/api/v1/events" in html
    assert "curl" in html
    assert "Sign in" in html
