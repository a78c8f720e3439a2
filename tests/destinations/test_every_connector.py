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

from destinations import connectors
from destinations.connectors.base import Connector, ConnectorForm, SecretField, SecretUrlField
from destinations.errors import (
    DestinationError,
    Disabled,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Recorded,
    Rejected,
    Retryable,
)
from destinations.http import Door
from destinations.messages import Action, Check, Receipt
from tests.destinations import example

MESSAGE = replace(example.MESSAGE, external_id="01FDAG4SAP5TYPT98WGR2N7W91", reference="INC-123")
WITH_SECRET = [
    kind
    for kind, connector in connectors.registry.items()
    if any(isinstance(field, SecretField) for field in connector.Form.base_fields.values())
]
VERBS = ("check", "create", "close", "test")
STATUSES: dict[int, type[DestinationError]] = {
    **dict.fromkeys((301, 302, 307, 308), Rejected),
    **dict.fromkeys((400, 409, 413, 422), Rejected),
    **dict.fromkeys((401, 403), NeedsAttention),
    **dict.fromkeys((408, 425, 500, 502, 503, 504), Retryable),
    429: RateLimited,
}
# Gone for good, or a matter for a person: that depends on what the kind has there.
GONE = {404, 410}
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
BY_HTTP = [kind for kind, connector in connectors.registry.items() if connector.uses_http]
every_http_kind = pytest.mark.parametrize("kind", sorted(BY_HTTP))
READS_ANSWER = [kind for kind in BY_HTTP if connectors.registry[kind].reads_answer]


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def example_form(kind: str, **changes: Any) -> ConnectorForm:
    connector = connectors.registry[kind]
    return connector.Form(data=connector.EXAMPLE | changes)


def secrets_of(kind: str) -> dict[str, str]:
    """The secrets of the example, at an address that resolves without a name server."""
    form = example_form(kind)
    assert form.is_valid(), form.errors
    return {
        name: re.sub(r"(?<=^https://)[^/]+", "127.0.0.1", form.cleaned_data[name])
        for name in form.secret_names()
    }


def set_up(kind: str) -> Connector:
    """A connector whose every field is filled as in the example."""
    form = example_form(kind)
    assert form.is_valid(), form.errors
    secrets = secrets_of(kind)
    config = {name: value for name, value in form.cleaned_data.items() if name not in secrets}
    return connectors.registry[kind](config, secrets, Door(secrets.values()))


def tells_a_secret(kind: str, text: str) -> bool:
    """Whether a secret stands in the text, or what follows the host in an address."""
    words = [
        secret.partition("https://127.0.0.1/")[2] or secret for secret in secrets_of(kind).values()
    ]
    return any(word in text for word in words if word)


def success(kind: str) -> bytes:
    answer = connectors.registry[kind].ANSWER
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


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
@pytest.mark.parametrize("dressed", [" {}\n", "\t{} ", "{}\r\n"])
def test_blanks_around_a_pasted_secret_are_dropped(kind: str, dressed: str) -> None:
    for name in example_form(kind).secret_names():
        secret = secrets_of(kind)[name]
        form = example_form(kind, **{name: dressed.format(secret)})
        assert form.is_valid()
        assert form.cleaned_data[name] == secret


@every_kind
@pytest.mark.parametrize("dressed", ["Bearer {}", "bearer {}", "BEARER  {}\r\n"])
def test_a_key_pasted_with_the_word_bearer_is_undressed(kind: str, dressed: str) -> None:
    for name in plain_secrets(kind):
        secret = secrets_of(kind)[name]
        form = example_form(kind, **{name: dressed.format(secret)})
        assert form.is_valid()
        assert form.cleaned_data[name] == secret


@every_kind
def test_a_key_pasted_over_two_lines_is_put_together(kind: str) -> None:
    for name in plain_secrets(kind):
        secret = secrets_of(kind)[name]
        form = example_form(kind, **{name: f"{secret[:10]}\n{secret[10:]}"})
        assert form.is_valid()
        assert form.cleaned_data[name] == secret


def plain_secrets(kind: str) -> list[str]:
    fields = connectors.registry[kind].Form.base_fields.items()
    return [name for name, field in fields if type(field) is SecretField]


@every_kind
@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_a_blank_secret_is_for_others_to_judge(kind: str, blank: str) -> None:
    for name in example_form(kind).secret_names():
        form = example_form(kind, **{name: blank})
        assert form.is_valid()
        assert form.cleaned_data[name] == ""


@every_kind
def test_a_secret_is_never_shown_again(kind: str) -> None:
    form = example_form(kind)
    assert form.is_valid()
    assert not tells_a_secret(kind, form.as_p())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind, connector in connectors.registry.items()
        for name, field in connector.Form.base_fields.items()
        if isinstance(field, SecretUrlField)
    ],
)
@pytest.mark.parametrize(
    "address",
    [
        "ftp://hooks.example.com/x",
        "hooks.example.com/x",
        "https://",
        "https:///x",
        "https://u:p@hooks.example.com/x",
        "https://hooks.example.com:99999/x",
        "https://hooks.example.com/x#y",
        "https://hооks.example.com/x",  # noqa: RUF001 (Cyrillic on purpose)
        "javascript:alert(1)",
    ],
)
def test_an_odd_address_is_an_error_of_its_field(kind: str, name: str, address: str) -> None:
    form = example_form(kind, **{name: address})
    assert not form.is_valid()
    assert list(form.errors) == [name]


@every_kind
def test_what_looks_secret_is_a_secret_field(kind: str) -> None:
    form = example_form(kind)
    words = ("key", "token", "password", "secret", "url", "header")
    looks_secret = {n for n in form.fields if any(word in n for word in words)}
    assert looks_secret <= set(form.secret_names())


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


@every_http_kind
@pytest.mark.parametrize("verb", ["create", "close", "test"])
def test_a_success_leaves_a_receipt(kind: str, verb: str, network: responses.RequestsMock) -> None:
    answer_all(network, 200, success(kind))
    receipt = ask(set_up(kind), verb)
    assert isinstance(receipt, Receipt)
    # Without it the close would never be due.
    assert receipt.external_id or verb != "create"
    assert not tells_a_secret(kind, str(receipt))


@every_http_kind
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", [*STATUSES, *GONE])
def test_every_refusal_has_its_class_and_tells_no_secret(
    kind: str, verb: str, status: int, network: responses.RequestsMock
) -> None:
    secrets = " ".join(secrets_of(kind).values())
    quoting = json.dumps({"errors": [{"message": f"no {secrets}"}], "request_id": secrets}).encode()
    answer_all(network, status, quoting)
    connector = set_up(kind)
    error = refusal(connector, verb)
    if error is None:
        # It asks nobody, or is content with a warning.
        assert verb == "check"
        assert not network.calls or status in SEEN_AS_WARNING
        return
    allowed = {STATUSES[status]} if status in STATUSES else {Rejected, NeedsAttention, Disabled}
    assert type(error) in allowed
    assert error.status_code == status
    assert str(error).startswith(f"HTTP {status}: ")
    assert not tells_a_secret(kind, told(connector, error))


def refusal(connector: Connector, verb: str) -> DestinationError | None:
    try:
        ask(connector, verb)
    except DestinationError as error:
        return error
    return None


@pytest.mark.parametrize("kind", READS_ANSWER)
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
    assert not tells_a_secret(kind, told(connector, caught.value))


@every_http_kind
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
        b'{"message": 5, "error": {"a": 1}, "status": []}',
        b"[]",
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("status", [400, 422, 429, 500])
def test_an_error_in_an_unknown_shape_is_still_its_error(
    kind: str, verb: str, body: bytes, status: int, network: responses.RequestsMock
) -> None:
    answer_all(network, status, body)
    error = refusal(set_up(kind), verb)
    if error is None:
        assert verb == "check"
        assert not network.calls
        return
    assert type(error) is STATUSES[status]
    str(error).encode()


@every_http_kind
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
    assert found is None or not tells_a_secret(kind, str(found))


@every_http_kind
def test_a_check_changes_nothing(kind: str, network: responses.RequestsMock) -> None:
    answer_all(network, 200, b"{}")
    with contextlib.suppress(MalformedAnswer):
        set_up(kind).check()
    asked = [call.request for call in network.calls]
    # Slack's methods are all POST; the name of this one says that it reads.
    changing = [r for r in asked if r.method not in ("GET", "HEAD") and "auth.test" not in r.url]
    assert not changing


@every_kind
@pytest.mark.parametrize("verb", ["create", "close", "test"])
def test_record_only_renders_everything_and_sends_nothing(
    kind: str, verb: str, network: responses.RequestsMock
) -> None:
    live = set_up(kind)
    door = Door(live.secrets.values(), is_recording=True)
    connector = connectors.registry[kind](live.config, live.secrets, door)
    with pytest.raises(Recorded):
        ask(connector, verb)
    assert len(network.calls) == 0
    [exchange] = door.exchanges
    assert not tells_a_secret(kind, json.dumps(exchange.to_json()))


@every_kind
@pytest.mark.parametrize("action", list(Action))
def test_its_cost_is_at_least_one_call(kind: str, action: Action) -> None:
    assert connectors.registry[kind].cost(action) >= 1
    assert isinstance(set_up(kind).obstacle(action), str)


@every_kind
def test_its_guide_says_how_to_set_it_up(kind: str) -> None:
    connector = connectors.registry[kind]
    assert connector.STEPS
    assert all(step.endswith(".") for step in connector.STEPS)
    assert connector.CREDENTIAL_URL == "" or connector.CREDENTIAL_URL.startswith("https://")
    for field in connector.Form.base_fields.values():
        assert field.label
        assert field.help_text
