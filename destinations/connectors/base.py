"""What every connector is: a form, a guide, and four verbs."""

import zoneinfo
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings

from destinations import outbound
from destinations.http import Door
from destinations.messages import Action, Check, Digest, Message, Receipt


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


class SecretUrlField(SecretField):
    """An address that whoever knows it may post to: only its origin is ever shown again."""

    def clean(self, value: Any) -> str:
        address = self.to_python(value)
        if address and (problem := outbound.problem(address)):
            raise forms.ValidationError(problem)
        return str(super().clean(address))


class SecretTextField(SecretField):
    """Several lines that hold a credential, such as header lines. Lines are kept apart."""

    def __init__(self, *, label: str, help_text: str = "", missing: str = "") -> None:
        super().__init__(label=label, help_text=help_text, missing=missing)
        self.widget = _SecretTextarea(attrs={"rows": 3, "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        return "\n".join(line.strip() for line in str(value or "").splitlines() if line.strip())


class _SecretTextarea(forms.Textarea):
    """A text area that never shows what was typed or stored."""

    def format_value(self, value: Any) -> str:
        return ""


class LinesField(forms.CharField):
    """Several values, one a line (commas will do as well); a list without repeats."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (
            value if isinstance(value, list) else str(value or "").replace(",", "\n").split("\n")
        )
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        for line in value:
            super().run_validators(line)


class ListedField(forms.CharField):
    """An id out of a list that the account offers: chosen once the list was loaded, and typed
    until then. `Connector.check` gives the choices."""

    def __init__(self, *, label: str, help_text: str = "") -> None:
        super().__init__(required=False, max_length=200, label=label, help_text=help_text)


class ConnectorForm(forms.Form):
    """The fields of one kind. SecretFields are sealed, all others are stored as they are.

    `more` names the fields that few people need: the page keeps them folded up.
    """

    more: ClassVar[tuple[str, ...]] = ()

    def secret_names(self) -> list[str]:
        return [name for name, field in self.fields.items() if isinstance(field, SecretField)]

    def warnings(self) -> list[str]:
        """Sentences about input that is odd, but taken."""
        return []

    def problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What only all values together show, stored secrets among them: field → sentence."""
        return {}


class CollectingForm(ConnectorForm):
    """For kinds that can collect alerts into a digest: when to send."""

    more = ("digest_at", "digest_zone")

    timing = forms.ChoiceField(
        label="When to send",
        required=False,
        choices=[
            ("", "Each alert at once"),
            ("hourly", "One digest an hour"),
            ("daily", "One digest a day"),
        ],
        help_text="A digest suits routine warnings: it tells what opened, what ended and what is"
        " still open. A daily one comes at 09:00 UTC, unless More options says otherwise.",
    )
    digest_at = forms.RegexField(
        r"^([01]\d|2[0-3]):[0-5]\d$",
        label="Daily digest at (optional)",
        required=False,
        help_text="Hours and minutes. Empty: 09:00.",
        error_messages={"invalid": "Enter a time such as 09:00."},
    )
    digest_zone = forms.CharField(
        label="Time zone (optional)",
        required=False,
        max_length=60,
        help_text="For the daily digest, such as Europe/Berlin. Empty: UTC.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = ("timing", "digest_at", "digest_zone")
        self.order_fields([name for name in self.fields if name not in last])

    def clean_digest_zone(self) -> str:
        zone = str(self.cleaned_data["digest_zone"])
        if zone and zone not in zoneinfo.available_timezones():
            raise forms.ValidationError("Enter the name of a zone, such as Europe/Berlin.")
        return zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("timing") == "daily" and not cleaned.get("digest_at"):
            cleaned["digest_at"] = "09:00" if "digest_at" not in self.errors else ""
        return cleaned


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
    # Its place among the kinds; those of one rank stand by their labels.
    rank: ClassVar[int] = 1
    # How to set it up, in steps; and where the credential is made. The guide page shows them.
    STEPS: ClassVar[tuple[str, ...]] = ()
    CREDENTIAL_URL: ClassVar[str] = ""
    # What a create makes there, in the vendor's word, and what happens to it: "created" or "sent".
    thing: ClassVar[str] = "message"
    done: ClassVar[str] = "sent"
    # What `Check.account` is.
    account_word: ClassVar[str] = "Account"
    # Whether a thing stays open there until somebody ends it.
    is_lasting: ClassVar[bool] = False
    # Whether the answer's content says more than its status. If not, any 2xx is a success.
    reads_answer: ClassVar[bool] = True
    uses_http: ClassVar[bool] = True
    RATE_PER_SECOND: ClassVar[float]
    BURST: ClassVar[float]
    Form: ClassVar[type[ConnectorForm]]
    # A filled-in form, and what the provider answers to a create: for the guide and the tests.
    EXAMPLE: ClassVar[dict[str, Any]]
    ANSWER: ClassVar[Any] = ""

    def __init_subclass__(cls, *, is_registered: bool = True) -> None:
        super().__init_subclass__()
        if is_registered:
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
    def lacks(cls) -> str:
        """What the operator has yet to set, in a sentence; empty if nothing."""
        return ""

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

    def digest(self, digest: Digest) -> Receipt:
        """Tells of many alerts in one message. Only for kinds that can collect."""
        raise NotImplementedError(self.kind)
