"""E-mail: one mail to all recipients when an alert triggers, and one in its thread when it ends.

The mail server is the operator's setting (destinations/mail.py), so there is no credential and no
address to guard here. The Message-ID is made from the idempotency key: a mail that is sent again
has the same one, and the second mail names the first (In-Reply-To, References, "Re: "), by which
clients thread. The recipients stand in To and see each other: they are a team, and answer to all.
"""

from django import forms

from destinations import mail
from destinations.connectors.base import CollectingForm, Connector, LinesField
from destinations.errors import NeedsAttention
from destinations.mail import Letter, Page
from destinations.messages import Check, Digest, DigestLine, Message, Receipt, moment, shorten

RECIPIENTS_LIMIT = 50
ITEMS_LIMIT = 50
ADDRESS_LIMIT = 254  # characters: https://www.rfc-editor.org/errata/eid1690
NO_SERVER = (
    "No mail server is set, so no mail is sent. The operator of Armor Incidents sets EMAIL_URL and"
    " starts it anew."
)
TITLE_LIMIT = 200  # characters
FOOTER = (
    "Sent by Armor Incidents because this address is in one of its Email destinations. Who gets"
    " these mails is set there."
)


class Email(Connector):
    kind = "email"
    label = "Email"
    help = "Sends a mail when an alert triggers, and another in the same thread when it ends."
    account_word = "Mail server"
    uses_http = False
    STEPS = (
        "The operator of Armor Incidents sets the mail server in EMAIL_URL and the sender in"
        " EMAIL_FROM; this is done once for all.",
        "Enter a name and the recipients here, one address a line; they see each other's"
        " addresses.",
        "Press Test: it logs in to the mail server and sends one mail that says it is a test.",
        "If it is in nobody's inbox, look into the spam folder, and let the operator set up SPF"
        " and DKIM for the sender's domain.",
    )
    # As many as the strictest of the large providers takes, 30 a minute:
    # https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
    RATE_PER_SECOND = 0.5
    BURST = 30.0
    EXAMPLE = {
        "recipients": ["data-team@example.com", "ada@example.com"],
        "timing": "",
        "digest_at": "",
        "digest_zone": "",
    }

    class Form(CollectingForm):
        recipients = LinesField(
            label="Recipients",
            help_text=f"One address a line, at most {RECIPIENTS_LIMIT}. All get the same mail and"
            " see each other's addresses. For more people, use the address of a group.",
        )

        def clean_recipients(self) -> list[str]:
            found = dict.fromkeys(_address(line) for line in self.cleaned_data["recipients"])
            if len(found) > RECIPIENTS_LIMIT:
                raise forms.ValidationError(
                    f"These are {len(found)} addresses, and {RECIPIENTS_LIMIT} is the most."
                )
            return list(found)

    @classmethod
    def lacks(cls) -> str:
        return "" if cls.setting("EMAIL_HOST") else NO_SERVER

    def check(self) -> Check:
        warnings = mail.look(self.door)
        return Check(account=self.setting("EMAIL_HOST"), warnings=warnings)

    def create(self, message: Message) -> Receipt:
        message_id = mail.message_id(message.idempotency_key)
        return self._send(message_id, message.headline, _page(message))

    def close(self, message: Message) -> Receipt:
        key = message.idempotency_key.removesuffix("-close")
        first = message.external_id or mail.message_id(key)
        message_id = mail.message_id(f"{key}-close")
        return self._send(message_id, f"Re: {message.headline}", _page(message), first)

    def test(self, message: Message) -> Receipt:
        receipt = self.create(message)
        return Receipt(
            receipt.external_id,
            note=receipt.note or f"Sent to {', '.join(self._recipients())}: look into the inbox.",
        )

    def digest(self, digest: Digest) -> Receipt:
        message_id = mail.message_id(digest.idempotency_key)
        return self._send(message_id, digest.headline, _digest_page(digest))

    def _send(self, message_id: str, subject: str, page: Page, first: str = "") -> Receipt:
        letter = Letter(
            recipients=self._recipients(),
            subject=subject,
            page=page,
            message_id=message_id,
            in_reply_to=first,
        )
        refused = mail.send(self.door, letter)
        told = "; ".join(f"{who} ({why})" for who, why in refused.items())
        return Receipt(message_id, note=f"Not taken for {told}. The others have it." * bool(told))

    def _recipients(self) -> tuple[str, ...]:
        recipients = self.config.get("recipients")
        if not recipients:
            raise NeedsAttention("No recipients are set.", advice="Enter an address and save.")
        return tuple(recipients)


def _address(line: str) -> str:
    """An address with its domain in small letters. Quoted names may hold anything, so none."""
    try:
        address = str(forms.EmailField(max_length=ADDRESS_LIMIT).clean(line))
    except forms.ValidationError:
        address = ""
    if not address.isprintable() or '"' in address or not address:
        raise forms.ValidationError(f"“{shorten(line, 80)}” is not an email address.")
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"


def _page(message: Message) -> Page:
    return Page(
        bar="ended" if message.ended else message.severity,
        title=shorten(message.title, TITLE_LIMIT),
        lead=message.ending,
        body=message.description,
        facts=(
            ("Severity", message.severity.capitalize()),
            ("Event type", message.event_type.replace("_", " ").capitalize()),
            ("Asset", message.asset),
            ("Asset ID", message.asset_id),
            ("Data source", message.data_source),
            ("Rule", message.rule),
            ("Triggered", moment(message.occurred_at)),
            ("Ended", moment(message.ended_at) if message.ended_at else ""),
        ),
        heading="Changes",
        items=_cut(message.changes),
        link=message.link,
        button="View destinations" if message.event_type == "test" else "View alert",
        footer=FOOTER,
    )


def _digest_page(digest: Digest) -> Page:
    counts = f"{digest.opened} opened, {digest.ended} ended, {digest.still_open} still open"
    return Page(
        bar="info",
        title=f"Digest: {counts}",
        facts=(("From", moment(digest.since)), ("Until", moment(digest.until))),
        heading="By rule and asset",
        items=_cut(tuple(_told(line) for line in digest.lines), digest.more),
        link=digest.link,
        button="View alerts",
        footer=FOOTER,
    )


def _told(line: DigestLine) -> str:
    where = ", ".join(part for part in (line.rule, line.asset) if part)
    counts = f"{line.opened} opened, {line.ended} ended"
    return f"{line.severity.capitalize()}: {line.title} ({where}): {counts}"


def _cut(items: tuple[str, ...], more: int = 0) -> tuple[str, ...]:
    more += max(0, len(items) - ITEMS_LIMIT)
    return (*items[:ITEMS_LIMIT], *([f"and {more} more"] if more else []))
