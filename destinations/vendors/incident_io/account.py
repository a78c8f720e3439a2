"""What an account of incident.io offers, and what of a destination's settings does not fit it.

https://api-docs.incident.io/: the lists have no pages, and none is in the order of its ranks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from destinations.errors import DestinationError
from destinations.messages import Check
from destinations.vendors.incident_io.answers import Json, objects

IS_TEST = "Test mode is on: incidents are not announced, and incident.io's lists leave them out."
NO_SUCH_ID = "This account has no such ID. Choose one of the list below."
SEVERITIES = ("severity_id", "severity_info_id", "severity_warning_id", "severity_critical_id")
CUSTOM_FIELDS = (
    "custom_field_asset_id",
    "custom_field_data_source_id",
    "custom_field_event_type_id",
)


@dataclass(frozen=True)
class Listing:
    """A list of the account, the fields of the form that choose from it, and what fits there.

    Only where `trait` is `value` does an item fit; `unfit` says why another does not. What only
    extras are chosen from is not missed while none is chosen.
    """

    path: str
    fields: tuple[str, ...]
    trait: str = ""
    value: str = ""
    unfit: str = ""
    is_extra: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def items(self, data: Json) -> list[Json] | None:
        """In the order of rank, which is not that of the answer. None if it holds no list."""
        found = data.get(self.name)
        return sorted(objects(found), key=_rank) if isinstance(found, list) else None

    def fits(self, item: Json) -> bool:
        return not self.trait or item.get(self.trait, "") == self.value

    def problem(self, chosen: str, items: list[Json]) -> str:
        """What is wrong with the id that was chosen; empty if nothing is."""
        item = _by_id(items, chosen)
        if item is None:
            return NO_SUCH_ID
        if self.fits(item):
            return ""
        return f"“{item.get('name')}” is a {self.unfit.format(item.get(self.trait))}"


TYPES = Listing("/v1/incident_types", ("incident_type_id",), is_extra=True)
LISTINGS = (
    Listing(
        "/v1/incident_statuses",
        ("closed_status_id",),
        "category",
        "closed",
        "status of category {}, not closed.",
    ),
    Listing("/v1/severities", SEVERITIES),
    TYPES,
    # Lists and links take ids and addresses, which an alert does not have.
    Listing(
        "/v2/custom_fields",
        CUSTOM_FIELDS,
        "field_type",
        "text",
        "field of type {}; only a text field can be filled in.",
        is_extra=True,
    ),
)


def _by_id(items: list[Json], wanted: str) -> Json | None:
    return next((item for item in items if item.get("id") == wanted), None)


def _rank(item: Json) -> float:
    rank = item.get("rank")
    return rank if isinstance(rank, int | float) else 0


class Account:
    """One look at it, with a call that reads a path. `roles`: those that the key needs, and what
    cannot be done without."""

    def __init__(
        self, config: Mapping[str, Any], roles: Mapping[str, str], ask: Callable[[str], Json]
    ) -> None:
        self._config, self._roles, self._ask = config, roles, ask
        self._found = Check()

    def check(self) -> Check:
        identity = self._look("/v1/identity", "the key's roles").get("identity")
        if isinstance(identity, dict):
            self._introduce(identity)
        for listing in LISTINGS:
            self._offer(listing)
        if self._config.get("mode") == "test":
            self._found.warnings.append(IS_TEST)
        return self._found

    def _introduce(self, identity: Json) -> None:
        """Says whose key it is, and what it may not do."""
        roles = identity.get("roles")
        roles = roles if isinstance(roles, list) else []
        # The workspace has no name here but the last part of https://app.incident.io/my-org.
        self._found.account_url = str(identity.get("dashboard_url") or "")
        workspace = self._found.account_url.rpartition("/")[2]
        self._found.account = workspace or str(identity.get("name", ""))
        self._found.warnings += [
            f"The key lacks the role {role}: {effect}."
            for role, effect in self._roles.items()
            if role not in roles
        ]

    def _offer(self, listing: Listing) -> None:
        """Gives the fields of a list their choices, and marks what was chosen and is not there."""
        chosen = {name: self._config[name] for name in listing.fields if self._config.get(name)}
        is_missed = bool(chosen) or not listing.is_extra
        answer = self._look(listing.path, listing.name.replace("_", " "), is_missed=is_missed)
        items = listing.items(answer)
        if items is None:
            return
        pairs = [(str(i.get("id")), str(i.get("name"))) for i in items if listing.fits(i)]
        self._found.choices |= dict.fromkeys(listing.fields, pairs)
        problems = {name: listing.problem(value, items) for name, value in chosen.items()}
        self._found.field_errors |= {name: problem for name, problem in problems.items() if problem}
        if listing is TYPES:
            self._weigh_type(items)

    def _weigh_type(self, items: list[Json]) -> None:
        chosen = self._config.get("incident_type_id")
        default = next((item for item in items if item.get("is_default")), None)
        kind = _by_id(items, chosen) if chosen else default
        if kind is None:
            return
        name = f"Incidents of the type “{kind.get('name')}”"
        if kind.get("create_in_triage") == "always":
            self._found.warnings.append(f"{name} start in triage: a person must accept them.")
        if kind.get("private_incidents_only") and self._config.get("visibility") != "private":
            problem = f"{name} are private only: choose Private under Visibility."
            if chosen:
                self._found.field_errors["incident_type_id"] = problem
            else:
                self._found.warnings.append(problem)

    def _look(self, path: str, what: str, *, is_missed: bool = True) -> Json:
        """A list of the account. What the key may not see is a warning, a wrong key is an error;
        a list that is not missed is neither."""
        try:
            return self._ask(path)
        except DestinationError as error:
            if not is_missed:
                return {}
            if error.status_code not in {403, 404}:
                raise
            self._found.warnings.append(f"Could not read {what}: {error}")
            return {}
