"""What every kind of destination keeps to, run over all that are registered."""

import contextlib
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses
from django import forms

from destinations import connectors
from destinations.connectors.base import Connector, ConnectorForm, SecretField
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.http import Door
from destinations.messages import Action, Check
from tests.destinations import example

CANARY = "inc_c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry"
MESSAGE = replace(example.MESSAGE, external_id="01FDAG4SAP5TYPT98WGR2N7W91", reference="INC-123")
WITH_SECRET = [
    kind
    for kind, connector in connectors.registry.items()
    if any(isinstance(field, SecretField) for field in connector.Form.base_fields.values())
]
VERBS = ("check", "create", "close", "test")
STATUSES: dict[int, type[DestinationError]] = {
    **dict.fromkeys((301, 302, 307, 308), Rejected),
    **dict.fromkeys((400, 404, 409, 410, 413, 422), Rejected),
    **dict.fromkeys((401, 403), NeedsAttention),
    **dict.fromkeys((408, 425, 500, 502, 503, 504), Retryable),
    429: RateLimited,
}
# What `check` may not see is a warning there.
SEEN_AS_WARNING = {403, 404}
MALFORMED = {
    "empty": b"",
    "html": b"<!doctype html><title>Hello</title>",
    "array": b"[]",
    "string": b'"ok"',
    "null": b"null",
    "deep": b"[" * 5000 + b"]" * 5000,
    "deep inside": b'{"incident": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "no id": b'{"incident": {}}',
    "empty id": b'{"incident": {"id": ""}}',
    "id is a number": b'{"incident": {"id": 7}}',
    "id is null": b'{"incident": {"id": null}}',
    "incident is a list": b'{"incident": ["id"]}',
    "cut off": b'{"incident": {"id": "01F',
    "not UTF-8": b'{"incident": {"id": "\xff\xfe"}}',
}

every_kind = pytest.mark.parametrize("kind", sorted(connectors.registry))


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def example_form(kind: str, **changes: str) -> ConnectorForm:
    connector = connectors.registry[kind]
    return connector.Form(data=connector.EXAMPLE | changes)


def set_up(kind: str) -> Connector:
    """A connector whose every field is filled, with the canary for every secret."""
    connector = connectors.registry[kind]
    form = connector.Form()
    secrets = dict.fromkeys(form.secret_names(), CANARY)
    config = {name: "01HNYMSTATVS00000000000C1S" for name in form.fields if name not in secrets}
    return connector(config, secrets, Door(secrets.values()))


def answer_all(network: responses.RequestsMock, status: int, body: bytes) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        network.add(method, re.compile(".*"), body=body, status=status)


def ask(connector: Connector, verb: str) -> Any:
    return connector.check() if verb == "check" else getattr(connector, verb)(MESSAGE)


def told(connector: Connector, error: DestinationError) -> str:
    exchanges = json.dumps([exchange.to_json() for exchange in connector.door.exchanges])
    return f"{error} {error!r} {error.args} {error.advice} {error.request_id} {exchanges}"


@every_kind
def test_it_says_who_it_is(kind: str) -> None:
    connector = connectors.registry[kind]
    assert connector.kind == kind
    assert connector.label
    assert connector.help.endswith(".")
    assert connector.thing
    assert connector.RATE_PER_SECOND > 0
    assert connector.BURST >= 1
    assert (kind, connector.label) in connectors.choices()


def test_a_module_holds_one_connector() -> None:
    for module in pkgutil.iter_modules(connectors.__path__):
        if module.name == "base":
            continue
        found = [
            member
            for _, member in inspect.getmembers(
                importlib.import_module(f"destinations.connectors.{module.name}"), inspect.isclass
            )
            if issubclass(member, Connector) and member is not Connector
        ]
        assert [member.kind for member in found] == [module.name]


@every_kind
def test_its_example_is_valid_and_comes_back_as_it_went_in(kind: str) -> None:
    form = example_form(kind)
    assert form.is_valid(), form.errors
    again = connectors.registry[kind].Form(data=form.cleaned_data)
    assert again.is_valid()
    assert again.cleaned_data == form.cleaned_data
    json.dumps({k: v for k, v in form.cleaned_data.items() if k not in form.secret_names()})


@every_kind
@pytest.mark.parametrize("dressed", ["Bearer {}", "bearer {}", " {}\n", "\t{} ", "BEARER  {}\r\n"])
def test_a_pasted_secret_is_undressed(kind: str, dressed: str) -> None:
    for name in example_form(kind).secret_names():
        form = example_form(kind, **{name: dressed.format(CANARY)})
        assert form.is_valid()
        assert form.cleaned_data[name] == CANARY


@every_kind
def test_a_secret_pasted_over_two_lines_is_put_together(kind: str) -> None:
    for name in example_form(kind).secret_names():
        form = example_form(kind, **{name: f"{CANARY[:10]}\n{CANARY[10:]}"})
        assert form.is_valid()
        assert form.cleaned_data[name] == CANARY


@every_kind
@pytest.mark.parametrize("blank", ["", "   ", "Bearer", "Bearer "])
def test_a_blank_secret_is_for_others_to_judge(kind: str, blank: str) -> None:
    for name in example_form(kind).secret_names():
        form = example_form(kind, **{name: blank})
        assert form.is_valid()
        assert form.cleaned_data[name] == ""


@every_kind
def test_a_secret_is_never_shown_again(kind: str) -> None:
    form = example_form(kind)
    for name in form.secret_names():
        form = example_form(kind, **{name: CANARY})
        form.is_valid()
        assert CANARY not in form.as_p()
        assert isinstance(form.fields[name].widget, forms.PasswordInput)


@every_kind
def test_what_looks_secret_is_a_secret_field(kind: str) -> None:
    form = example_form(kind)
    looks_secret = {n for n in form.fields if any(w in n for w in ("key", "token", "password"))}
    assert looks_secret <= set(form.secret_names())
    assert all(isinstance(form.fields[name], SecretField) for name in form.secret_names())


@pytest.mark.parametrize("kind", WITH_SECRET)
@pytest.mark.parametrize("verb", VERBS)
def test_without_its_secret_it_sends_nothing(
    kind: str, verb: str, network: responses.RequestsMock
) -> None:
    connector = set_up(kind)
    bare = connectors.registry[kind](connector.config, {}, Door())
    with pytest.raises(NeedsAttention) as caught:
        ask(bare, verb)
    assert caught.value.advice
    assert len(network.calls) == 0


@every_kind
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_refusal_has_its_class_and_tells_no_secret(
    kind: str, verb: str, status: int, network: responses.RequestsMock
) -> None:
    quoting = json.dumps({"errors": [{"message": f"no {CANARY}"}], "request_id": CANARY}).encode()
    answer_all(network, status, quoting)
    connector = set_up(kind)
    if verb == "check" and status in SEEN_AS_WARNING:
        assert connector.check().warnings
        return
    with pytest.raises(DestinationError) as caught:
        ask(connector, verb)
    error = caught.value
    assert type(error) is STATUSES[status]
    assert error.status_code == status
    assert str(error).startswith(f"HTTP {status}: ")
    assert CANARY not in told(connector, error)


@every_kind
@pytest.mark.parametrize("verb", ["create", "close", "test"])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_success_without_its_content_is_never_one(
    kind: str, verb: str, body: bytes, network: responses.RequestsMock
) -> None:
    answer_all(network, 200, body)
    connector = set_up(kind)
    with pytest.raises(MalformedAnswer) as caught:
        ask(connector, verb)
    assert caught.value.status_code == 200
    assert CANARY not in told(connector, caught.value)


@every_kind
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"errors": 5}',
        b'{"errors": {"a": 1}}',
        b'{"errors": [5, null, {"message": {"a": 1}, "source": "x"}]}',
        b'{"errors": [{"source": {"field": ["x"]}}], "rate_limit": 5}',
        b'{"rate_limit": {"retry_after": {"a": 1}}, "request_id": 7}',
        b'{"errors": [{"message": "\\ud800 \\u0000"}]}',
    ],
)
@pytest.mark.parametrize("status", [400, 422, 429, 500])
def test_an_error_in_an_unknown_shape_is_still_its_error(
    kind: str, verb: str, body: bytes, status: int, network: responses.RequestsMock
) -> None:
    answer_all(network, status, body)
    with pytest.raises(DestinationError) as caught:
        ask(set_up(kind), verb)
    assert type(caught.value) is STATUSES[status]
    str(caught.value).encode()


@every_kind
@pytest.mark.parametrize(
    "body",
    [
        *MALFORMED.values(),
        b'{"identity": 5, "incident_statuses": 5, "severities": 5}',
        b'{"identity": {"roles": 5}, "incident_statuses": [5], "severities": [null]}',
        b'{"incident_statuses": [{}, {"rank": "x"}], "severities": [{"rank": null}, {"rank": 1}]}',
    ],
)
def test_a_check_survives_every_answer(
    kind: str, body: bytes, network: responses.RequestsMock
) -> None:
    answer_all(network, 200, body)
    connector = set_up(kind)
    found: Check | None = None
    with contextlib.suppress(MalformedAnswer):
        found = connector.check()
    assert found is None or CANARY not in str(found)


@every_kind
def test_a_check_changes_nothing(kind: str, network: responses.RequestsMock) -> None:
    answer_all(network, 200, b"{}")
    set_up(kind).check()
    assert {call.request.method for call in network.calls} <= {"GET", "HEAD"}


@every_kind
@pytest.mark.parametrize("action", list(Action))
def test_its_cost_is_at_least_one_call(kind: str, action: Action) -> None:
    assert connectors.registry[kind].cost(action) >= 1
    assert isinstance(set_up(kind).obstacle(action), str)
