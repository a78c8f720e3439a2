"""What the form of a rule takes, refuses beside its field, and leaves alone."""

from typing import Any

import pytest
from django.http import QueryDict

from alerts.models import BreakingFlag, ChangeScope, Rule, Schedule, TagMode
from alerts.rule_form import RuleForm
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination() -> Destination:
    return a_destination()


def _form(instance: Rule | None = None, **typed: Any) -> RuleForm:
    values = {name: v if isinstance(v, list) else [str(v)] for name, v in typed.items()}
    data = QueryDict(mutable=True)
    for name, sent in ({"name": ["Orders"]} | values).items():
        data.setlist(name, sent)
    return RuleForm(data, instance)


def _errors(**typed: Any) -> dict[str, str]:
    """All errors but that of the destination, which these tests do without."""
    errors = _form(**typed).errors
    return {
        name: " ".join(map(str, found)) for name, found in errors.items() if name != "destinations"
    }


def test_a_name_an_event_type_and_a_destination_are_enough(destination: Destination) -> None:
    rule = _form(event_types=["custom"], destinations=destination.pk).save()
    assert (rule.is_active, rule.change_scope, rule.tag_mode) == (True, "any", "any")
    assert (rule.cooldown_minutes, rule.daily_limit, rule.schedule) == (None, None, None)
    assert not rule.is_grouped


def test_every_further_condition_is_stored(destination: Destination) -> None:
    schedule = Schedule.objects.create(name="Office", windows=[_window()])
    rule = _form(
        description="What finance reads",
        min_severity="warning",
        exclude_data_sources="dev-*",
        exclude_schemas="tmp_*",
        exclude_assets="*_backup",
        asset_ids="a-17\na-18",
        tags="prod\nfinance",
        tag_mode="all",
        change_scope="breaking",
        columns="*_id",
        late_minutes="2",
        late_minutes_unit="hours",
        over_percent="50",
        min_events="3",
        min_minutes="45",
        min_minutes_unit="minutes",
        destinations=destination.pk,
        schedule=schedule.pk,
        cooldown_minutes="1.5",
        cooldown_minutes_unit="hours",
        daily_limit="20",
        is_grouped="on",
    ).save()
    rule.refresh_from_db()
    assert (rule.description, rule.min_severity) == ("What finance reads", "warning")
    assert rule.exclude_data_sources == ["dev-*"]
    assert (rule.exclude_schemas, rule.exclude_assets) == (["tmp_*"], ["*_backup"])
    assert (rule.asset_ids, rule.columns) == (["a-17", "a-18"], ["*_id"])
    assert (rule.tag_mode, rule.change_scope) == (TagMode.ALL, ChangeScope.BREAKING)
    assert (rule.late_minutes, rule.over_percent) == (120, 50)
    assert (rule.min_events, rule.min_minutes) == (3, 45)
    assert (rule.schedule, rule.is_grouped) == (schedule, True)
    assert (rule.cooldown_minutes, rule.daily_limit) == (90, 20)


def test_change_types_without_a_scope_are_chosen_ones(destination: Destination) -> None:
    rule = _form(change_types=["column_removed"], destinations=destination.pk).save()
    assert (rule.change_scope, rule.change_types) == (ChangeScope.CHOSEN, ["column_removed"])


@pytest.mark.parametrize("scope", ["any", "breaking", "non_breaking"])
def test_any_other_scope_clears_the_change_types(destination: Destination, scope: str) -> None:
    chosen = ["column_removed"]
    rule = _form(change_scope=scope, change_types=chosen, destinations=destination.pk).save()
    assert (rule.change_scope, rule.change_types) == (scope, [])


def test_a_rule_from_before_there_was_a_scope_shows_its_types_as_chosen() -> None:
    form = RuleForm(instance=a_rule(change_types=["column_removed"]))
    assert form["change_scope"].value() == ChangeScope.CHOSEN


def test_who_posts_a_few_fields_changes_no_others(destination: Destination) -> None:
    kept: dict[str, Any] = {
        "assets": ["orders*"],
        "exclude_assets": ["*_tmp"],
        "tag_mode": "all",
        "min_severity": "critical",
        "late_minutes": 60,
        "min_events": 4,
        "cooldown_minutes": 30,
        "daily_limit": 5,
    }
    rule = a_rule(destination, **kept)
    _form(rule, destinations=destination.pk).save()
    rule.refresh_from_db()
    assert {name: getattr(rule, name) for name in kept} == kept


def test_numbers_can_be_taken_away_again(destination: Destination) -> None:
    rule = a_rule(destination, late_minutes=60, daily_limit=5)
    _form(rule, destinations=destination.pk, late_minutes="", daily_limit="").save()
    assert (rule.late_minutes, rule.daily_limit) == (None, None)


def test_change_types_are_marked_by_the_flags_of_an_administrator() -> None:
    BreakingFlag(change_type="column_added", is_breaking=True).save()
    BreakingFlag(change_type="column_removed", is_breaking=False).save()
    html = str(RuleForm()["change_types"])
    assert "Column added (breaking)" in html
    assert "Column removed (breaking)" not in html


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(90, (90, "minutes")), (120, (2, "hours")), (2880, (2, "days")), (1, (1, "minutes"))],
)
def test_a_stored_time_is_shown_in_the_largest_unit_that_fits(
    minutes: int, shown: tuple[int, str]
) -> None:
    field = RuleForm(instance=Rule(cooldown_minutes=minutes))["cooldown_minutes"]
    assert field.field.prepare_value(field.value()) == shown


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("orders[", "Line 1 has a [ without its ]."),
        ("[abc", "Line 1 has a [ without its ]."),
        ("ok\nab[]", "Line 2 has empty brackets."),
        ("ab[!]", "Line 1 has empty brackets."),
        ("[z-a]", "Line 1 has brackets that nothing fits."),
        ("or\x07ders", "Line 1 has a character that cannot be seen."),
        ("\n\nprod\u200b-eu", "Line 3 has a character that cannot be seen."),
        ("x" * 501, "Line 1 has more than 500 characters."),
    ],
)
@pytest.mark.parametrize("field", ["assets", "exclude_schemas", "columns", "tags"])
def test_a_bad_pattern_is_named_by_its_line(field: str, pattern: str, sentence: str) -> None:
    assert sentence in _errors(**{field: pattern})[field]


@pytest.mark.parametrize("pattern", ["[abc]*", "[!a-z]", "[[]id", "[]a]", "a]b", "*", "order?"])
def test_a_good_pattern_is_taken(pattern: str) -> None:
    assert _errors(assets=pattern) == {}


def test_blank_lines_and_repetitions_are_dropped() -> None:
    form = _form(assets="\r\n orders* \r\n\r\norders*\r\n \r\ncustomers")
    assert not form.errors.get("assets")
    assert form.cleaned_data["assets"] == ["orders*", "customers"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("daily_limit", "0", "Enter 1 or more"),
        ("daily_limit", "-3", "Enter 1 or more"),
        ("daily_limit", "9" * 30, "Enter at most 100,000."),
        ("daily_limit", "many", "Enter a whole number."),
        ("min_events", "1", "Enter 2 or more"),
        ("over_percent", "1000000", "Enter at most 100,000."),
        ("late_minutes", "0", "Enter at least a minute"),
        ("late_minutes", "-1", "Enter at least a minute"),
        ("late_minutes", "1e9999", "Enter at most 365 days."),
        ("late_minutes", "-1e9999", "Enter at least a minute"),
        ("late_minutes", "1e999999999", "Enter a number and its unit."),
        ("late_minutes", "NaN", "Enter a number and its unit."),
        ("late_minutes", "soon", "Enter a number and its unit."),
        ("cooldown_minutes", "43201", "Enter at most 30 days."),
        ("min_minutes", "43201", "Enter at most 30 days."),
    ],
)
def test_a_bad_number_is_refused_beside_its_field(field: str, typed: str, sentence: str) -> None:
    assert sentence in _errors(**{field: typed})[field]


def test_a_cooldown_is_at_most_thirty_days() -> None:
    unit = {"cooldown_minutes_unit": "days"}
    assert _errors(cooldown_minutes="30", **unit) == {}
    assert "cooldown_minutes" in _errors(cooldown_minutes="31", **unit)
    assert "cooldown_minutes" in _errors(cooldown_minutes="1", cooldown_minutes_unit="years")


@pytest.mark.parametrize("field", ["late_minutes", "over_percent"])
def test_lateness_is_only_asked_of_freshness(field: str) -> None:
    assert (
        "Only freshness violations" in _errors(event_types=["schema_change"], **{field: 5})[field]
    )
    for event_types in ([], ["freshness_violation"], ["schema_change", "freshness_violation"]):
        assert _errors(event_types=event_types, **{field: 5}) == {}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("change_scope", {"change_scope": "breaking"}),
        ("change_scope", {"change_scope": "non_breaking"}),
        ("change_types", {"change_types": ["column_removed"]}),
        ("columns", {"columns": "*_id"}),
    ],
)
def test_changes_are_only_asked_of_events_that_have_some(field: str, typed: dict[str, Any]) -> None:
    without = ["freshness_violation", "metric_anomaly", "validity_failure", "discovery_failed"]
    errors = _errors(event_types=without, **typed)
    assert list(errors) == [field]
    assert "have no schema changes" in errors[field]
    for event_type in ("schema_change", "asset_removed", "new_asset", "custom"):
        assert _errors(event_types=[event_type, "metric_anomaly"], **typed) == {}


def test_chosen_change_types_must_be_chosen() -> None:
    assert _errors(change_scope="chosen") == {"change_types": "Choose at least one change type."}


def test_severities_below_the_minimum_are_refused() -> None:
    errors = _errors(severities=["info", "warning"], min_severity="critical")
    assert errors == {"min_severity": "None of the chosen severities is Critical or graver."}
    assert _errors(severities=["info", "critical"], min_severity="critical") == {}


@pytest.mark.parametrize(
    ("included", "excluded", "is_refused"),
    [
        ("prod-*", "PROD-*", True),
        ("orders_tmp", "*_tmp", True),
        ("orders_*_tmp", "*_tmp", True),
        ("prod-eu", "prod-??", True),
        ("prod-*", "*", True),
        ("prod-*", "prod-eu", False),
        ("prod-*", "prod-?", False),
        ("*", "*_tmp", False),
    ],
)
def test_what_is_let_in_may_not_be_excluded_whole(
    included: str, excluded: str, is_refused: bool
) -> None:
    errors = _errors(assets=included, exclude_assets=excluded)
    assert list(errors) == (["exclude_assets"] if is_refused else [])


def test_a_schedule_that_never_opens_is_refused() -> None:
    never = Schedule.objects.create(name="Never", windows=[_window() | {"days": []}])
    office = Schedule.objects.create(name="Office", windows=[_window()])
    assert _errors(schedule=never.pk)["schedule"].startswith("Never never opens")
    assert _errors(schedule=office.pk) == {}


def test_folded_parts_unfold_where_something_stands_or_is_wrong() -> None:
    assert RuleForm().unfolded() == []
    assert RuleForm(instance=Rule(min_events=3, columns=["*_id"])).unfolded() == [
        "columns",
        "patience",
    ]
    assert _form(cooldown_minutes="0", exclude_assets="[").unfolded() == ["exclusions", "limits"]


def _window() -> dict[str, Any]:
    return {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}
