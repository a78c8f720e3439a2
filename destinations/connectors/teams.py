"""Microsoft Teams: a card in a channel when an alert triggers, and another one when it ends.

By a workflow with the trigger "When a Teams webhook request is received":
https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498. It says 202 once it has
started, gives no id, and posts twice what is sent twice; whether the card was posted stands in the
workflow's run history only. The URL is the credential: its `sig` must be there, or only people of
the tenant may trigger it. Connector addresses (webhook.office.com) are retired:
https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/
Cards and answers are in destinations/vendors/teams/.
"""

from urllib.parse import parse_qs, urlsplit

from destinations.connectors.base import CollectingForm, Connector, SecretUrlField
from destinations.errors import NeedsAttention
from destinations.messages import Check, Digest, Message, Receipt
from destinations.vendors.teams import answers, cards
from destinations.vendors.teams.cards import Json

NO_URL = "No webhook URL configured"
# Where workflows are: https://learn.microsoft.com/en-us/power-automate/ip-address-configuration
WORKFLOW_HOSTS = (
    *("logic.azure.com", "logic.azure.us", "powerplatform.com", "powerplatform.us"),
    *("powerautomate.com", "powerautomate.us", "flow.microsoft.com", "flow.microsoft.us"),
    "appsplatform.us",
)
CONNECTOR_HOSTS = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
RETIRED = (
    "This is the URL of a connector, and Microsoft has retired these: nothing may arrive. Add a"
    " workflow to the channel, and enter its webhook link."
)
ELSEWHERE = (
    "The URL is not one of a Teams workflow, whose host ends with powerplatform.com or"
    " logic.azure.com."
)
UNSIGNED = (
    "The URL has no sig= in it: this workflow takes calls from people of your tenant only. Let"
    " anyone trigger it, and copy the link again."
)
LOOK = (
    "The workflow has started. Look into its channel in Teams; if there is nothing, look into the"
    " workflow's run history."
)


class Teams(Connector):
    kind = "teams"
    label = "Microsoft Teams"
    help = "Posts a card to a channel or chat when an alert triggers, and another when it ends."
    CREDENTIAL_URL = "https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498"
    STEPS = (
        "In Teams, open the menu “…” of the channel and choose Workflows.",
        "Choose the template that sends webhook alerts to a channel, and add the workflow.",
        "Copy the webhook link that Teams shows then, whole, and enter it here.",
        "Press Test, and look into the channel.",
        "Add a second owner to the workflow: it stops when its only owner leaves.",
    )
    # Answers say no more than their status, but a retired connector's are looked into.
    reads_answer = False
    # Four a second: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    RATE_PER_SECOND = 2.0
    BURST = 2.0
    EXAMPLE = {
        "webhook_url": "https://default0123.45.environment.api.powerplatform.com:443/powerautomate"
        "/automations/direct/workflows/0123456789abcdef/triggers/manual/paths/invoke"
        "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=example-of-a-signature"
    }

    class Form(CollectingForm):
        webhook_url = SecretUrlField(
            label="Webhook URL",
            missing=NO_URL,
            help_text="The webhook link of a workflow, from the channel's menu “…” → Workflows. It"
            " is long, and ends with sig=…",
        )

        def warnings(self) -> list[str]:
            address = self.cleaned_data.get("webhook_url") or ""
            host, query = urlsplit(address).hostname or "", parse_qs(urlsplit(address).query)
            if not address:
                return []
            if _is_one_of(host, CONNECTOR_HOSTS):
                return [RETIRED]
            if not _is_one_of(host, WORKFLOW_HOSTS):
                return [ELSEWHERE]
            return [] if "sig" in query else [UNSIGNED]

    def check(self) -> Check:
        """Looks the name up: a workflow cannot be asked anything without starting it."""
        problem = self.door.problem_with(self._address())
        return Check(field_errors={"webhook_url": problem} if problem else {})

    def create(self, message: Message) -> Receipt:
        self._post(cards.alert(message))
        return Receipt(message.idempotency_key)

    def close(self, message: Message) -> Receipt:
        self._post(cards.alert(message))
        return Receipt(message.external_id or message.idempotency_key)

    def test(self, message: Message) -> Receipt:
        self._post(cards.alert(message, is_test=True))
        return Receipt(message.idempotency_key, note=LOOK)

    def digest(self, digest: Digest) -> Receipt:
        self._post(cards.digest(digest))
        return Receipt(digest.idempotency_key)

    def _post(self, body: Json) -> None:
        answers.read(self.door.request("POST", self._address(), headers={}, body=body))

    def _address(self) -> str:
        address = self.secrets.get("webhook_url")
        if not address:
            raise NeedsAttention(NO_URL, advice="Enter the workflow's webhook URL and save.")
        return address


def _is_one_of(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)
