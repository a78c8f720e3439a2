"""Which changes are breaking: ours by default, an administrator's own choice where it differs."""

from typing import Any

import pytest

from alerts.models import BreakingFlag
from alerts.vocabulary import BREAKING
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
PAGE = "/alerts/rules/breaking/"


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def _save(page: Visitor, *breaking: str) -> Visitor:
    return page._arrive(page.client.post(PAGE, {"breaking": breaking}, follow=True))


def _flags() -> dict[str, bool]:
    return dict(BreakingFlag.objects.values_list("change_type", "is_breaking"))


def test_all_change_types_stand_in_seven_categories(page: Visitor) -> None:
    page.open(PAGE)
    assert page.sees("Column", "Schema &amp; Catalog".replace("&amp;", "&"), "Primary Key")
    assert page.html.count("<h2>") == 7
    assert page.html.count('name="breaking"') == 35
    assert page.html.count(" checked") == len(BREAKING)


def test_only_what_differs_from_ours_is_stored(page: Visitor) -> None:
    _save(page, *(BREAKING - {"column_renamed"}), "column_added")
    assert _flags() == {"column_renamed": False, "column_added": True}
    assert page.sees("2 change types differ from the defaults.", "changed")
    _save(page, *BREAKING, "column_added", "no_such_type")
    assert _flags() == {"column_added": True}
    _save(page, *BREAKING)
    assert _flags() == {}


def test_a_button_leads_back_to_the_defaults(page: Visitor) -> None:
    _save(page)
    assert len(_flags()) == len(BREAKING)
    page.submit(PAGE, action="reset")
    assert _flags() == {}


def test_rules_and_the_form_follow_the_choice(page: Visitor) -> None:
    rule = a_rule(a_destination(), change_scope="breaking")
    _save(page, *(BREAKING - {"column_removed"}))
    an_alert()
    assert not rule.matches.exists()
    page.open("/alerts/rules/new/")
    assert not page.sees("Column removed (breaking)")


def test_the_mark_on_an_alert_follows_the_choice(
    page: Visitor, django_assert_num_queries: Any
) -> None:
    changes = [{"change_type": "column_added", "column": f"c{n}"} for n in range(10)]
    alert = an_alert(changes=changes)
    assert "badge--breaking" not in page.open(alert.get_absolute_url()).html
    BreakingFlag(change_type="column_added", is_breaking=True).save()
    assert page.open(alert.get_absolute_url()).html.count("badge--breaking") == 10


def test_readers_may_look_and_not_decide() -> None:
    reader = Visitor(bob()).open(PAGE)
    assert reader.sees("Column removed")
    assert ">Save<" not in reader.html
    assert reader.client.post(PAGE, {"breaking": []}).status_code == 403
    assert _flags() == {}
