import pytest

from alerts import vocabulary
from alerts.vocabulary import ALL_CHANGE_TYPES, BREAKING, CHANGE_TYPE_ALIASES, EVENT_TYPE_ALIASES


@pytest.mark.parametrize("name", [*vocabulary.EventType.values, *EVENT_TYPE_ALIASES])
def test_every_name_and_alias_of_an_event_type_is_known_in_any_spelling(name: str) -> None:
    kind = vocabulary.event_type(name)
    assert kind in vocabulary.EventType
    for spelling in (name.upper(), f" {name} ", name.replace("_", "-"), name.replace("_", " ")):
        assert vocabulary.event_type(spelling) == kind


@pytest.mark.parametrize("name", sorted(ALL_CHANGE_TYPES | set(CHANGE_TYPE_ALIASES)))
def test_every_name_and_alias_of_a_change_type_is_known(name: str) -> None:
    assert vocabulary.change_type(name.upper()) in ALL_CHANGE_TYPES


@pytest.mark.parametrize("name", ["", "earthquake", "schema", "column_"])
def test_other_names_are_not(name: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        vocabulary.event_type(name)
    with pytest.raises(ValueError, match="not a known change type"):
        vocabulary.change_type(name)


def test_what_breaks_readers_is_marked() -> None:
    assert BREAKING <= ALL_CHANGE_TYPES
    assert vocabulary.change_label("column_removed") == "Column removed (breaking)"
    assert vocabulary.change_label("column_added") == "Column added"


def test_the_form_offers_every_change_type_once() -> None:
    offered = [name for _, group in vocabulary.change_type_choices() for name, _ in group]
    assert sorted(offered) == sorted(ALL_CHANGE_TYPES)


def test_severities_have_an_order() -> None:
    rank = vocabulary.SEVERITY_RANK
    assert rank["info"] < rank["warning"] < rank["critical"]
