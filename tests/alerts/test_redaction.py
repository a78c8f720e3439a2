"""What may leave: the whole of the corpus, both ways."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.redaction import BLANK, Redactor
from tests.alerts.redaction_corpus import KNOWN, MUST_NOT_LEAVE, MUST_STAY


@pytest.mark.parametrize(("text", "secret"), MUST_NOT_LEAVE)
def test_a_secret_does_not_leave(text: str, secret: str) -> None:
    assert secret in text
    redactor = Redactor(KNOWN)
    assert secret not in redactor.text(text)
    assert redactor.count >= 1


@pytest.mark.parametrize(("text", "secret"), MUST_NOT_LEAVE)
def test_a_secret_does_not_leave_in_the_middle_of_a_report(text: str, secret: str) -> None:
    report = f"Discovery of orders failed: {text}\nIt's the users' table. Column 'orders' stays."
    assert secret not in Redactor(KNOWN).text(report)


@pytest.mark.parametrize("text", MUST_STAY)
def test_a_report_stays_as_it_is(text: str) -> None:
    redactor = Redactor(KNOWN)
    assert redactor.text(text) == text
    assert redactor.count == 0


def test_the_corpus_is_large_enough() -> None:
    assert len({text for text, _ in MUST_NOT_LEAVE}) >= 60
    assert len(set(MUST_STAY)) >= 200


def test_what_is_blanked_is_counted() -> None:
    redactor = Redactor()
    assert redactor.text("password=a, api_key=b and 'c'") == f"{BLANK} {BLANK} and {BLANK}"
    assert redactor.count == 3


@pytest.mark.parametrize(
    "text", ["Column 'ORDERS' dropped", 'Column "Order Date" dropped', "table 'shop'", "''"]
)
def test_the_alerts_own_names_may_be_quoted(text: str) -> None:
    assert Redactor(KNOWN).text(text) == text


def test_a_name_may_hold_quotes_but_no_credential() -> None:
    redactor = Redactor()
    assert redactor.name("shop.'Order Lines'.\"Date\"") == "shop.'Order Lines'.\"Date\""
    assert redactor.name("postgres://etl:hunter22@db/shop.orders") == BLANK


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ("column_type_changed", "amount", "varchar(255)", "numeric(10, 2)"),
            "Column type changed (breaking): amount, varchar(255) → numeric(10, 2)",
        ),
        (("column_added", "note", None, "text"), "Column added: note, text"),
        (("column_removed", "note", "text", None), "Column removed (breaking): note, text"),
        (
            ("column_renamed", "", "cust_id", "customer_id"),
            "Column renamed (breaking), cust_id → customer_id",
        ),
        (
            ("column_default_changed", "status", "'Lovelace'", "17 Main Street"),
            "Column default changed: status, [blanked] → [blanked]",
        ),
        (
            ("column_comment_changed", "status", "Ada's phone", ""),
            "Column comment changed: status, [blanked]",
        ),
        (("check_changed", "", "amount > 4711", None), "Check changed, [blanked]"),
        (
            ("column_renamed", "", "AKIAIOSFODNN7EXAMPLE", "b"),
            "Column renamed (breaking), [blanked] → b",
        ),
        (("column_renamed", "", "Ada Lovelace", "b"), "Column renamed (breaking), [blanked] → b"),
        (("table_added", "", None, None), "Table added"),
    ],
)
def test_a_change_tells_types_and_names_and_no_values(
    change: tuple[str, str, str | None, str | None], line: str
) -> None:
    kind, column, old, new = change
    fields = {"change_type": kind, "column": column, "old_value": old, "new_value": new}
    assert Redactor().change(fields) == line


@pytest.mark.parametrize(
    "type_name",
    [
        "int",
        "INT64",
        "bigint",
        "varchar(255)",
        "character varying(10)",
        "NUMBER(38,0)",
        "numeric(10, 2)",
        "double precision",
        "timestamp with time zone",
        "timestamp(6) without time zone",
        "TIMESTAMP_NTZ(9)",
        "text[]",
        "jsonb",
        "int unsigned",
        "boolean not null",
        "nullable",
    ],
)
def test_a_type_may_be_told(type_name: str) -> None:
    redactor = Redactor()
    change = {"change_type": "column_type_changed", "column": "a", "old_value": type_name}
    assert redactor.change(change).endswith(f": a, {type_name}")
    assert redactor.count == 0


@pytest.mark.parametrize(
    "value", ["int Ada", "text\nAda", "Ada int", "date 1815-12-10", "enum('a')"]
)
def test_what_only_begins_like_a_type_is_blanked(value: str) -> None:
    change = {"change_type": "column_type_changed", "column": "a", "old_value": value}
    assert Redactor().change(change).endswith(f": a, {BLANK}")


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_a_second_pass_finds_nothing_worse(text: str) -> None:
    once = Redactor().text(text)
    assert isinstance(once, str)
    assert Redactor().text(once).count(BLANK) >= once.count(BLANK)


ADVERSARIAL = {
    "quotes": "'a ",
    "double quotes": '"\n',
    "one open quote": "a'",
    "begins": "-----BEGIN ",
    "schemes": "a://",
    "scheme and dots": "ab+cd-ef.",
    "names": "password",
    "names and dots": "password.",
    "names and blanks": "token   ",
    "dashes": "--token-",
    "at signs": "a@",
    "domains": "a@b.c.d.",
    "digits": "4",
    "cards": "4111 ",
    "ibans": "GB29 ",
    "where": "where a = ",
    "values": "values (",
    "numbers": "(1,",
    "jwt": "eyJ",
    "jwt dots": "eyJabcdefgh.",
    "bearer": "bearer a",
    "opaque": "sk-aaaaaaaaaa",
    "hosts": "host=a;",
    "backticks": "` ",
    "dollars": "$$",
    "equals": ")=(",
    "blanks": " ",
    "words": "a",
}
SHORT, FACTOR = 3_000, 8


@pytest.mark.parametrize("unit", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_eight_times_the_text_takes_nowhere_near_64_times_the_work(unit: str) -> None:
    short = unit * (SHORT // len(unit))
    assert cpu_time(short * FACTOR) < 4 * FACTOR * max(cpu_time(short), 0.001)


def cpu_time(text: str) -> float:
    """Of this thread alone, so that a busy machine changes nothing."""

    def once() -> float:
        began = time.thread_time()
        Redactor().text(text)
        return time.thread_time() - began

    return min(once() for _ in range(3))
