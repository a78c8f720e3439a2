"""Operating schedules: made, changed and deleted on pages."""

from typing import Any

import pytest

from alerts.models import Match, Rule, Schedule
from alerts.quiet_forms import ScheduleForm
from demo.forms import Form, Page
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
NEW = "/alerts/schedules/new/"
OFFICE = {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}
NEVER_OPEN = "Enter at least one window with days and times: without any it would never open."


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def form_on(page: Visitor) -> Form:
    return Page(page.html).form("name", "zone")


def send(page: Visitor, form: Form) -> Visitor:
    data: dict[str, list[str]] = {}
    for name, value in form.values:
        data.setdefault(name, []).append(value)
    return page._arrive(page.client.post(page.path, data, follow=True))


def fill_row(form: Form, number: int, days: list[int], start: str, end: str) -> Form:
    form.fill(f"windows-{number}-days", *map(str, days))
    return form.fill(f"windows-{number}-start", start).fill(f"windows-{number}-end", end)


def create(page: Visitor, *rows: tuple[list[int], str, str], **fields: str) -> Visitor:
    """Fills in a new schedule: these rows, and the others empty."""
    form = form_on(page.open(NEW))
    for name, value in ({"name": "Office", "zone": "Europe/Berlin"} | fields).items():
        form.fill(name, value)
    for number in range(3):
        fill_row(form, number, *(rows[number] if number < len(rows) else ([], "", "")))
    return send(page, form)


def a_schedule(**fields: Any) -> Schedule:
    return Schedule.objects.create(
        **{"name": "Office", "zone": "UTC", "windows": [OFFICE]} | fields
    )


def test_a_name_is_all_that_a_usual_week_needs(page: Visitor) -> None:
    send(page, form_on(page.open(NEW)).fill("name", "Office"))
    assert page.path == "/alerts/quiet-times/"
    assert page.sees("Office was created.", "Mon to Fri 08:00 to 18:00")
    schedule = Schedule.objects.get()
    assert (schedule.zone, schedule.windows) == ("UTC", [OFFICE])


def test_several_windows_are_kept_and_empty_rows_are_none(page: Visitor) -> None:
    create(page, ([5, 1], "22:00", "06:00"), ([], "", ""), ([6, 7], "00:00", "00:00"))
    assert Schedule.objects.get().windows == [
        {"days": [1, 5], "start": "22:00", "end": "06:00"},
        {"days": [6, 7], "start": "00:00", "end": "00:00"},
    ]


@pytest.mark.parametrize(
    ("row", "field", "sentence"),
    [
        (([], "08:00", "18:00"), "days", "Choose at least one day"),
        (([1], "", ""), "start", "Enter a time; or leave the whole row empty."),
        (([1], "", ""), "end", "Enter a time; or leave the whole row empty."),
        (([1], "08:00", ""), "end", "Enter a time; or leave the whole row empty."),
        (([1], "08:00", "08:00"), "end", "For the whole day, enter 00:00 and 00:00."),
        (([1], "25:00", "08:00"), "start", "Enter a time such as 08:00."),
        (([1], "08:00", "24:00"), "end", "Enter a time such as 08:00."),
        (([8], "08:00", "18:00"), "days", "Select a valid choice."),
    ],
)
def test_what_is_wrong_with_a_row_is_told_beside_its_field(
    page: Visitor, row: tuple[list[int], str, str], field: str, sentence: str
) -> None:
    create(page, ([2], "08:00", "18:00"), row)
    assert sentence in page.error_beside(f"windows-1-{field}")
    assert page.html.count('href="#') > 1  # the list of errors leads there
    assert not Schedule.objects.exists()
    form = form_on(page)  # nothing that was typed is lost
    assert ("windows-0-days", "2") in form.values
    assert ("windows-1-start", row[1]) in form.values


def test_without_a_window_it_would_never_open(page: Visitor) -> None:
    assert create(page).sees(NEVER_OPEN)
    assert not Schedule.objects.exists()
    page._arrive(page.client.post(NEW, {"name": "Office", "zone": "UTC"}))
    assert page.sees(NEVER_OPEN)
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "../etc/passwd", "CEST", "localtime", "x" * 99]
)
def test_a_zone_that_nobody_knows_is_told_beside_its_field(page: Visitor, zone: str) -> None:
    create(page, ([1], "08:00", "18:00"), zone=zone)
    assert "field__error" in page.error_beside("zone")
    assert not Schedule.objects.exists()
    assert ("zone", zone) in form_on(page).values


def test_a_zone_is_taken_in_any_capitals(page: Visitor) -> None:
    create(page, ([1], "08:00", "18:00"), zone=" europe/berlin ")
    assert Schedule.objects.get().zone == "Europe/Berlin"


def test_all_zones_are_offered(page: Visitor) -> None:
    page.open(NEW)
    assert page.html.count("<option") > 300
    assert '<option value="Australia/Lord_Howe"></option>' in page.html


def test_a_name_that_is_taken_is_refused(page: Visitor) -> None:
    a_schedule()
    create(page, ([1], "08:00", "18:00"))
    assert "There is already an operating schedule with this name." in page.error_beside("name")


def test_a_schedule_is_changed_and_has_rows_to_spare(page: Visitor) -> None:
    schedule = a_schedule()
    form = form_on(page.open(schedule.get_absolute_url()))
    assert [value for name, value in form.values if name == "windows-0-days"] == list("12345")
    assert ("windows-2-start", "") in form.values
    fill_row(form, 0, [], "", "")
    send(page, fill_row(form, 2, [7], "10:00", "12:00"))
    schedule.refresh_from_db()
    assert schedule.windows == [{"days": [7], "start": "10:00", "end": "12:00"}]
    assert page.sees("Office was saved.")


def test_a_change_has_what_was_held_back_looked_at_again(page: Visitor) -> None:
    schedule = a_schedule(windows=[])
    a_rule(a_destination(), schedule=schedule)
    an_alert()
    before = Match.objects.get().look_again_at
    form = form_on(page.open(schedule.get_absolute_url()))
    assert page.sees("Used by", "Everything", "never opens")
    send(page, fill_row(form, 0, [1, 2, 3, 4, 5, 6, 7], "00:00", "00:00"))
    after = Match.objects.get().look_again_at
    assert before
    assert after
    assert after < before


def test_one_that_rules_use_is_not_deleted(page: Visitor) -> None:
    schedule = a_schedule()
    rule = a_rule(a_destination(), name="Orders", schedule=schedule)
    deletion = f"{schedule.get_absolute_url()}deletion/"
    page.open(deletion)
    assert page.sees("Choose another operating schedule in each of these rules, or none", "Orders")
    assert "Delete Schedule" not in page.html
    page._arrive(page.client.post(deletion, follow=True))
    assert page.sees("Office was not deleted: rules use it.", "Orders")
    assert Schedule.objects.exists()

    Rule.objects.filter(pk=rule.pk).update(schedule=None)
    assert page.open(deletion).sees("Delete Schedule")
    page._arrive(page.client.post(deletion, follow=True))
    assert page.sees("Office was deleted.")
    assert not Schedule.objects.exists()


def test_readers_may_look_and_not_decide() -> None:
    reader = Visitor(bob())
    schedule = a_schedule()
    reader.open(schedule.get_absolute_url())
    assert reader.sees("Mon to Fri 08:00 to 18:00", "Ask an administrator.")
    assert ">Save<" not in reader.html
    deletion = f"{schedule.get_absolute_url()}deletion/"
    for path in (NEW, deletion):
        assert reader.client.get(path).status_code == 403
    for path in (NEW, schedule.get_absolute_url(), deletion):
        assert reader.client.post(path, {"name": "Mine"}).status_code == 403
    schedule.refresh_from_db()
    assert schedule.name == "Office"


def test_names_are_shown_as_they_are_and_never_as_markup(page: Visitor) -> None:
    schedule = a_schedule(name="<b>Office</b>")
    for path in (schedule.get_absolute_url(), "/alerts/quiet-times/"):
        assert "<b>Office" not in page.open(path).html


def test_a_name_that_is_taken_while_the_form_is_saved_is_told_beside_it(
    page: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_schedule()
    monkeypatch.setattr(ScheduleForm, "validate_unique", lambda form: None)
    create(page, ([1], "08:00", "09:00"))
    assert "already an operating schedule with this name" in page.error_beside("name")
    assert Schedule.objects.count() == 1
