"""Every kind has a guide, made of what its connector says and really sends."""

import pytest

from destinations import connectors
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", sorted(connectors.registry))
def test_it_names_every_step_and_field_and_shows_what_is_sent(kind: str) -> None:
    connector = connectors.registry[kind]
    page = Visitor(bob()).open(f"/alerts/destinations/guides/{kind}/")
    assert page.status == 200
    assert page.sees(connector.label, connector.help, *connector.STEPS)
    for field in connector.Form.base_fields.values():
        assert page.sees(str(field.label), str(field.help_text))
    assert page.sees("When an alert triggers", "When it ends", "Column removed from orders")


@pytest.mark.parametrize("kind", sorted(connectors.registry))
def test_no_secret_of_the_example_is_shown(kind: str) -> None:
    connector = connectors.registry[kind]
    form = connector.Form(data=connector.EXAMPLE)
    assert form.is_valid()
    page = Visitor(ada()).open(f"/alerts/destinations/guides/{kind}/")
    for name in form.secret_names():
        secret = form.cleaned_data[name]
        assert not secret or secret not in page.text


def test_an_unknown_kind_has_none() -> None:
    assert Visitor(bob()).open("/alerts/destinations/guides/fax/").status == 404


@pytest.mark.parametrize("kind", sorted(connectors.registry))
def test_the_form_leads_to_it(kind: str) -> None:
    page = Visitor(ada()).open(f"/alerts/destinations/new/{kind}/")
    assert page.sees(f'href="/alerts/destinations/guides/{kind}/"')
