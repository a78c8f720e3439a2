"""The demo reads forms as a browser does."""

import pytest

from demo.forms import Page

PAGE = Page("""
<script>var no = "words";</script>
<form method="post" action="/here">
  <input type="hidden" name="token" value="t"><input name="name" value="">
  <input type="submit" name="action" value="save">
  <input type="checkbox" name="kinds" value="a" checked> <label>First</label>
  <input type="checkbox" name="kinds" value="b"> <label>Second</label>
  <select name="level">
    <option value="1">Low</option><option value="2" selected>High</option>
  </select>
  <textarea name="notes">some
text</textarea>
</form>
<form method="post" action="/alerts/1/dismissals/">
  <input type="hidden" name="token" value="u">
  <select name="hours"><option value="1">1 hour</option><option value="4">4 hours</option></select>
  <button>Dismiss</button><button formaction="/alerts/1/snoozes/">Snooze</button>
</form>
<p>After the&nbsp;forms.</p>
""")


def test_a_form_sends_what_stands_in_it_but_no_button() -> None:
    assert PAGE.form("name").values == [
        ("token", "t"),
        ("name", ""),
        ("kinds", "a"),
        ("level", "2"),
        ("notes", "some\ntext"),
    ]


def test_a_choice_is_found_by_its_label() -> None:
    form = PAGE.form("kinds").choose("kinds", "Second").choose("level", "Low")
    assert [pair for pair in form.values if pair[0] in ("kinds", "level")] == [
        ("kinds", "b"),
        ("level", "1"),
    ]


def test_a_choice_that_is_not_offered_is_an_error() -> None:
    with pytest.raises(LookupError, match="offers no “Third” for kinds"):
        PAGE.form("kinds").choose("kinds", "Third")


def test_a_form_is_found_by_where_it_goes() -> None:
    assert PAGE.form_to("/dismissals/").values == [("token", "u"), ("hours", "1")]
    assert PAGE.form_to("/snoozes/").action == "/alerts/1/snoozes/"


def test_the_words_of_a_page_are_read_without_its_scripts() -> None:
    assert PAGE.text.endswith("After the forms.")
    assert "var no" not in PAGE.text
