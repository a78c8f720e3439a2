"""HTML forms as a browser sees them: fields, what stands in them, and the choices offered."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Self

BUTTONS = {"submit", "button", "reset", "image"}
Attributes = dict[str, str]


@dataclass
class Form:
    """One form of a page. `values` is what a click on its button would send."""

    action: str = ""
    method: str = "get"
    values: list[tuple[str, str]] = field(default_factory=list)
    # (field, value, label) of every checkbox, radio button and option
    choices: list[tuple[str, str, str]] = field(default_factory=list)
    # where its buttons send it instead
    button_actions: list[str] = field(default_factory=list)

    def names(self) -> set[str]:
        return {name for name, _ in self.values} | {name for name, _, _ in self.choices}

    def fill(self, name: str, *values: str) -> Self:
        self.values = [pair for pair in self.values if pair[0] != name]
        self.values += [(name, value) for value in values]
        return self

    def choose(self, name: str, *labels: str) -> Self:
        """Ticks the choices of these labels, and no others of the field."""
        return self.fill(name, *(self._choice(name, label) for label in labels))

    def _choice(self, name: str, label: str) -> str:
        for field_, value, text in self.choices:
            if field_ == name and label in text:
                return value
        raise LookupError(f"The form offers no “{label}” for {name}.")


class Page(HTMLParser):
    """What a person can read and fill in on a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._words: list[str] = []
        self._form: Form | None = None
        self._field = ""  # of the select or textarea that is open
        self._is_text = False  # it is a textarea
        self._silent = 0
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def form(self, *names: str) -> Form:
        """The form that has all these fields."""
        for form in self.forms:
            if form.names() >= set(names):
                return form
        raise LookupError(f"The page has no form with {', '.join(names)}: {self.text[:300]}")

    def form_to(self, ending: str) -> Form:
        """The form of which a button sends it to a path with this ending, as if it were clicked."""
        for form in self.forms:
            for action in (form.action, *form.button_actions):
                if action.endswith(ending):
                    return replace(form, action=action)
        raise LookupError(f"The page has no form to …{ending}: {self.text[:300]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field_starts(self._form, tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._leave_field(tag)

    def handle_data(self, data: str) -> None:
        if self._silent or not data.strip():
            return
        self._words.append(data)
        if self._form is not None:
            self._label(self._form, data.strip())

    def _field_starts(self, form: Form, tag: str, found: Attributes) -> None:
        name = found.get("name", "")
        if tag == "input" and name:
            self._input(form, name, found)
        elif tag == "button" and "formaction" in found:
            form.button_actions.append(found["formaction"])
        elif tag in ("select", "textarea"):
            self._field, self._is_text = name, tag == "textarea"
            form.values += [(name, "")] if self._is_text else []
        elif tag == "option" and self._field:
            form.choices.append((self._field, found.get("value", ""), ""))
            if "selected" in found:
                form.values.append((self._field, found.get("value", "")))

    def _leave_field(self, tag: str) -> None:
        """A list in which nothing is selected sends its first option."""
        form, name = self._form, self._field
        self._field = ""
        if tag == "select" and form and not any(n == name for n, _ in form.values):
            form.values += [(n, value) for n, value, _ in form.choices if n == name][:1]

    def _input(self, form: Form, name: str, found: Attributes) -> None:
        kind, value = found.get("type", "text").lower(), found.get("value", "")
        if kind in ("checkbox", "radio"):
            form.choices.append((name, value or "on", ""))
            if "checked" in found:
                form.values.append((name, value or "on"))
        elif kind not in BUTTONS:
            form.values.append((name, value))

    def _label(self, form: Form, data: str) -> None:
        """Text after a choice is its label; text in a textarea is its value."""
        if self._is_text and self._field:
            form.values[-1] = (self._field, data)
        elif form.choices and not form.choices[-1][2]:
            name, value, _ = form.choices[-1]
            form.choices[-1] = (name, value, data)
