"""Where an alert comes from: patterns that include, patterns that exclude, tags; at rules and at
blackouts."""

from typing import Any

import pytest

from alerts.facts import facts_of
from alerts.models import Alert, Blackout
from alerts.scopes import Scope
from tests.alerts.saying import ALERT, NOW, fits, objection

Rule = dict[str, Any]
ASSET = "Asset is prod-postgres.shop.public.orders (ID a-17)"


@pytest.mark.parametrize(
    ("field", "fitting", "other", "given"),
    [
        ("data_sources", "prod-*", "staging-*", "Data source is prod-postgres"),
        ("schemas", "PUB?IC", "private", "Schema is public"),
        ("assets", "*.orders", "*.customers", ASSET),
        ("assets", "orders", "shop", ASSET),
        ("assets", "A-17", "a-1", ASSET),
        ("assets", "prod-postgres.shop.public.orders", "prod-postgres.shop", ASSET),
    ],
)
def test_a_list_includes_and_its_twin_excludes(
    field: str, fitting: str, other: str, given: str
) -> None:
    assert fits({field: [other, fitting]})
    assert fits({f"exclude_{field}": [other]})
    assert objection({field: [other]}) == f"{given}; the rule wants {other}."
    assert objection({f"exclude_{field}": [other, fitting]}) == (
        f"{given}; the rule excludes {fitting}."
    )


def test_what_excludes_counts_more_than_what_includes() -> None:
    rule = {"assets": ["*"], "exclude_assets": ["*_staging"]}
    assert fits(rule)
    assert not fits(rule, asset="shop.public.orders_staging")


@pytest.mark.parametrize(
    ("field", "key", "label"),
    [
        ("data_sources", "data_source", "Data source"),
        ("schemas", "schema", "Schema"),
    ],
)
def test_what_is_not_given_is_neither_included_nor_excluded(
    field: str, key: str, label: str
) -> None:
    assert objection({field: ["*"]}, **{key: ""}) == f"{label} is not given; the rule wants *."
    assert fits({f"exclude_{field}": ["*"]}, **{key: ""})


def test_an_asset_may_have_a_name_or_an_id_only() -> None:
    assert objection({"assets": ["x"]}, asset="") == "Asset is a-17; the rule wants x."
    assert objection({"assets": ["x"]}, asset="orders", asset_id="") == (
        "Asset is orders; the rule wants x."
    )


@pytest.mark.parametrize(
    ("rule", "tags", "says"),
    [
        ({"tags": ["production"]}, ["a", "PRODUCTION"], ""),
        ({"tags": ["x", "team:*"]}, ["team:sales"], ""),
        ({"tags": ["x", "y"]}, ["a"], "Tag is a; the rule wants x or y."),
        ({"tags": ["x"]}, [], "Tag is not given; the rule wants x."),
        ({"tags": ["x"], "tag_mode": "all"}, ["x", "a"], ""),
        ({"tags": ["x", "team:*"], "tag_mode": "all"}, ["team:sales", "X"], ""),
        (
            {"tags": ["x", "team:*"], "tag_mode": "all"},
            ["a", "x"],
            "Tags are a, x; the rule wants x and team:*; team:* is missing.",
        ),
        ({"tags": ["x"], "tag_mode": "all"}, ["a"], "Tag is a; the rule wants x."),
        ({"tags": [], "tag_mode": "all"}, [], ""),
    ],
)
def test_tags(rule: Rule, tags: list[str], says: str) -> None:
    assert (objection(rule, tags=tags) if says else fits(rule, tags=tags)) == (says or True)


def test_of_many_tags_a_reason_names_a_few() -> None:
    assert objection({"tags": ["x"]}, tags=[f"t{n}" for n in range(50)]) == (
        "Tags are t0, t1, t2, t3, t4 and 45 more; the rule wants x."
    )


def test_a_blackout_speaks_of_itself() -> None:
    scope = Scope(Blackout(name="B", assets=["orders*", "x"], tags=["night"]))
    facts = facts_of(Alert(**ALERT), NOW)
    assert list(scope.objections(facts)) == [
        "Tags are production, team:sales; the blackout wants night."
    ]
    assert scope.in_words() == "asset orders* or x, tag night"


def test_a_blackout_for_everything_has_every_alert() -> None:
    scope = Scope(Blackout(name="B"))
    assert scope.has(facts_of(Alert(**(ALERT | {"tags": [], "schema": ""})), NOW))
    assert scope.in_words() == ""
