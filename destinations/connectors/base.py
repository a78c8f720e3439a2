"""What every connector is: a form, and four verbs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings

from destinations.http import Door
from destinations.messages import Action, Check, Message, Receipt


class SecretField(forms.CharField):
    """A credential: goes in, and never comes back out into a page. Pasted blanks are dropped.

    `missing` is the sentence for a destination without it; empty: it may be left out.
    """

    def __init__(self, *, label: str, help_text: str = "", missing: str = "") -> None:
        self.missing = missing
        widget = forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"}
        )
        # A stored or drafted secret may stand in for an empty field, so the form itself checks.
        super().__init__(
            required=False, widget=widget, max_length=4096, label=label, help_text=help_text
        )

    def to_python(self, value: Any) -> str:
        pasted = "".join(str(value or "").split())
        # "Bearer inc_…" pasted with its blank removed, in any case.
        return pasted[len("bearer") :] if pasted.lower().startswith("bearer") else pasted


class ConnectorForm(forms.Form):
    """The fields of one kind. SecretFields are sealed, all others are stored as they are."""

    def secret_names(self) -> list[str]:
        return [name for name, field in self.fields.items() if isinstance(field, SecretField)]

    def warnings(self) -> list[str]:
        """Sentences about input that is odd, but taken."""
        return []


class Connector(ABC):
    """One kind of destination. Knows its vendor, and nothing of alerts or rows.

    Its verbs raise DestinationError (destinations/errors.py), and nothing else on purpose.
    """

    kinds: ClassVar[list[type["Connector"]]] = []
    # Pages show label and help of the class; a template would make an instance of it otherwise.
    do_not_call_in_templates: ClassVar[bool] = True

    kind: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    thing: ClassVar[str] = "message"  # what a create makes there, in the vendor's word
    RATE_PER_SECOND: ClassVar[float]
    BURST: ClassVar[float]
    Form: ClassVar[type[ConnectorForm]]
    EXAMPLE: ClassVar[dict[str, str]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Connector.kinds.append(cls)

    def __init__(self, config: Mapping[str, Any], secrets: Mapping[str, str], door: Door) -> None:
        self.config = config
        self.secrets = secrets
        self.door = door

    @staticmethod
    def setting(name: str) -> str:
        """A value that the operator set, such as an address of the provider."""
        return str(getattr(settings, name))

    @classmethod
    def cost(cls, action: Action) -> int:
        """How many calls an action makes, for the rate limit."""
        return 1

    def obstacle(self, action: Action) -> str:
        """Why this action cannot be asked of this destination as it is set up; empty if it can."""
        return ""

    @abstractmethod
    def check(self) -> Check:
        """Looks at the account and changes nothing there."""

    @abstractmethod
    def create(self, message: Message) -> Receipt:
        """Makes the thing. Called again with the same idempotency key, it makes no second one."""

    @abstractmethod
    def close(self, message: Message) -> Receipt:
        """Ends the thing. Called again, it finds it ended and is content."""

    @abstractmethod
    def test(self, message: Message) -> Receipt:
        """Makes one thing that is plainly a test, and ends it again where it can."""
