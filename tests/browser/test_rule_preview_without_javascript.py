"""Without JavaScript the preview is another page, which opens where the answer stands."""

from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.alerts.factories import alerts
from tests.browser.conftest import sign_in


def test_on_a_telephone_the_page_opens_at_the_answer(
    browser: Browser, live_server: LiveServer, ada: User
) -> None:
    alerts(2)
    phone = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 700}
    ).new_page()
    sign_in(phone, live_server)
    phone.goto(f"{live_server.url}/alerts/rules/new/?template=everything-critical")
    phone.get_by_label("Assets", exact=True).fill("*table_1")
    phone.get_by_role("button", name="Preview").click()
    sentence = phone.locator("#rule-preview-sentence")
    expect(sentence).to_contain_text("matched 1 alert")
    expect(sentence).to_be_in_viewport()
    expect(phone.get_by_label("Assets", exact=True)).to_have_value("*table_1")
