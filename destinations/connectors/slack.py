"""Slack: a message when an alert triggers, and its end: by incoming webhook, or by a bot.

Webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. It says "ok",
gives no id, and posts twice what is sent twice; the end is a message of its own. Bot:
https://docs.slack.dev/reference/methods/chat.postMessage. The body decides, a failure comes with
200; the end turns the first message green and is told in its thread. `client_msg_id` keeps a retry
from posting twice: only its errors are documented, and if Slack should not heed it, that is the
rare second message. A reply to a deleted message is posted into the channel without a word, so it
says all there is to say (https://github.com/slack-go/slack/issues/1571). Blocks and answers are in
destinations/vendors/slack/.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms

from destinations.connectors.base import CollectingForm, Connector, SecretField, SecretUrlField
from destinations.errors import NeedsAttention
from destinations.messages import Action, Check, Digest, Message, Receipt
from destinations.vendors.slack import answers, blocks
from destinations.vendors.slack.blocks import PLAIN, Json
from destinations.vendors.slack.bot import Bot

NOTHING = "No webhook URL and no bot token configured"
NO_CHANNEL = "No channel is set"
HOSTS = {"hooks.slack.com", "hooks.slack-gov.com"}
UNCHANGED = "The first message could not be changed ({}): the end was posted all the same."
UNSAID = "The first message says that it ended. Its thread takes no replies ({})."
CHANNEL_OR_ID = re.compile(r"#?[^\s#@<>&,:/|]{1,80}")
CHANNEL_IN_LINK = re.compile(
    r"https://[^/\s]+/(?:archives|client/[A-Z0-9]+)/([A-Z0-9]{9,})(?:[/?]\S*)?"
)


class Slack(Connector):
    kind = "slack"
    label = "Slack"
    help = "Posts to a channel when an alert triggers, and says there when it ends."
    CREDENTIAL_URL = "https://api.slack.com/apps"
    STEPS = (
        "On api.slack.com/apps, create an app from scratch, in your workspace.",
        "For a bot: under OAuth & Permissions add the scope chat:write, install the app to the"
        " workspace, and copy the bot token; it starts with xoxb-.",
        "In Slack, open the channel and type /invite with the app's name.",
        "Enter the token and the channel here, and press Test.",
        "Or without a bot: under Incoming Webhooks add a webhook for the channel, and enter its URL"
        " here alone; the end of an alert is a new message then.",
    )
    # One message a second and channel, short bursts allowed: https://api.slack.com/docs/rate-limits
    RATE_PER_SECOND = 1.0
    BURST = 4.0
    EXAMPLE = {"bot_token": "xoxb-example-of-a-bot-token", "channel": "#data-alerts"}
    ANSWER = {
        "ok": True,
        "channel": "C0123456789",
        "ts": "1764000000.000100",
        "message": {"type": "message", "ts": "1764000000.000100"},
    }

    class Form(CollectingForm):
        bot_token = SecretField(
            label="Bot token",
            help_text="This and a channel, or a webhook URL. From api.slack.com/apps, OAuth &"
            " Permissions; it starts with xoxb-. With a bot, the message of an alert turns green"
            " when it ends.",
        )
        channel = forms.CharField(
            label="Channel",
            required=False,
            max_length=200,
            help_text="For the bot: its name, such as #data-alerts, or its ID, such as C0123456789,"
            " which stays when the channel is renamed.",
        )
        webhook_url = SecretUrlField(
            label="Webhook URL",
            help_text="In place of token and channel: the URL of an incoming webhook, which starts"
            " with https://hooks.slack.com/services/.",
        )

        def clean_bot_token(self) -> str:
            token = str(self.cleaned_data["bot_token"])
            if not re.fullmatch(r"[\x21-\x7e]*", token):
                raise forms.ValidationError("A token has only letters, digits and signs of ASCII.")
            return token

        def clean_channel(self) -> str:
            channel = str(self.cleaned_data["channel"])
            if linked := CHANNEL_IN_LINK.fullmatch(channel):
                return linked[1]
            if channel and not CHANNEL_OR_ID.fullmatch(channel):
                raise forms.ValidationError(
                    "Enter one channel: its name, such as #data-alerts, or its ID."
                )
            return channel

        def warnings(self) -> list[str]:
            token = self.cleaned_data.get("bot_token")
            url = urlsplit(self.cleaned_data.get("webhook_url") or "")
            found = {
                "The token does not start with xoxb-, as those of bots do.": (
                    token and not token.startswith("xoxb-")
                ),
                "The webhook is not at hooks.slack.com.": url.hostname
                and url.hostname not in HOSTS,
                "This URL starts a workflow, which takes no messages: enter that of an incoming"
                " webhook, with /services/ in it.": (
                    url.hostname in HOSTS and url.path.startswith(("/workflows/", "/triggers/"))
                ),
            }
            return [sentence for sentence, is_so in found.items() if is_so]

        def problems(self, values: Mapping[str, Any]) -> dict[str, str]:
            token, channel, url = (
                values.get(name) for name in ("bot_token", "channel", "webhook_url")
            )
            if url and token:
                return {"webhook_url": "Enter either a webhook URL or a bot token, not both."}
            if url and channel:
                return {"channel": "Leave it empty: a webhook has a channel of its own."}
            if token and not channel:
                return {"channel": "Enter the channel that the bot posts to."}
            if channel and not token:
                return {"bot_token": "Enter the bot token too."}
            return {} if url or token else {"bot_token": f"{NOTHING}: enter one of them."}

    @classmethod
    def cost(cls, action: Action) -> int:
        return 2 if action == Action.CLOSE else 1

    def check(self) -> Check:
        return self._check_webhook() if self.secrets.get("webhook_url") else self._check_bot()

    def create(self, message: Message) -> Receipt:
        return self._post(blocks.alert(message), message.idempotency_key)

    def close(self, message: Message) -> Receipt:
        channel, moment = answers.place(message.external_id)
        whole = blocks.alert(message)
        if not channel or self.secrets.get("webhook_url"):
            receipt = self._post(whole, message.idempotency_key)
            return Receipt(message.external_id or receipt.external_id, receipt.reference)
        bot = self._bot()
        unchanged = bot.change(channel, moment, whole)
        said = whole if unchanged else blocks.answer(message)
        unsaid = bot.reply(channel, moment, said, message.idempotency_key)
        note = UNCHANGED.format(unchanged) * bool(unchanged) or UNSAID.format(unsaid) * bool(unsaid)
        return Receipt(message.external_id, self._channel(), note=note)

    def test(self, message: Message) -> Receipt:
        receipt = self._post(blocks.alert(message, is_test=True), message.idempotency_key)
        where = receipt.reference or "the channel of the webhook"
        return Receipt(receipt.external_id, receipt.reference, note=f"Look into {where} in Slack.")

    def digest(self, digest: Digest) -> Receipt:
        return self._post(blocks.digest(digest), digest.idempotency_key)

    def _check_webhook(self) -> Check:
        """Looks the name up: a webhook cannot be asked anything without posting."""
        problem = self.door.problem_with(self.secrets["webhook_url"])
        return Check(field_errors={"webhook_url": problem} if problem else {})

    def _check_bot(self) -> Check:
        answer, data = self._bot().who()
        names = [str(data[name]) for name in ("team", "user") if data.get(name)]
        found = Check(account=" · ".join(names), account_url=str(data.get("url") or ""))
        scopes = re.findall(r"[\w:.]+", answer.headers.get("X-OAuth-Scopes", ""))
        if scopes and "chat:write" not in scopes:
            found.warnings.append(f"The scope chat:write is missing. {answers.SCOPE}")
        if not data.get("bot_id"):
            found.warnings.append("This is not the token of a bot: messages come from a person.")
        return found

    def _post(self, body: Json, key: str) -> Receipt:
        """Posts a message by webhook or by bot."""
        if url := self.secrets.get("webhook_url"):
            answers.of_webhook(self.door.request("POST", url, headers={}, body=body | PLAIN))
            return Receipt(key)
        bot, channel = self._bot(), self._channel()
        return Receipt(bot.post(channel, body, key), channel)

    def _bot(self) -> Bot:
        token = self.secrets.get("bot_token")
        if not token:
            raise NeedsAttention(NOTHING, advice="Enter one of them and save.")
        return Bot(self.door, self.setting("SLACK_API_URL"), token)

    def _channel(self) -> str:
        if not self.config.get("channel"):
            raise NeedsAttention(NO_CHANNEL, advice="Enter the channel and save.")
        return str(self.config["channel"])
