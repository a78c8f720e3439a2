"""The API keys of the sandbox's workspace, and the roles they carry.

A key looks like `inc_` and 64 hexadecimal characters; these spell out that they are fake.
Roles and where they are set: https://docs.incident.io/admin/api-keys
"""

import secrets
from dataclasses import dataclass

from sandbox.identifiers import ulid

VIEWER = "viewer"
CREATOR = "incident_creator"
EDITOR = "incident_editor"
OPT_OUT = "post_incident_flow_opt_out"
# Without it, private incidents look as if they were not there.
GLOBAL_ACCESS = "global_access"

FULL = "inc_" + "fa4e0001" * 8
VIEWER_ONLY = "inc_" + "fa4e0002" * 8
CREATOR_ONLY = "inc_" + "fa4e0003" * 8
NO_OPT_OUT = "inc_" + "fa4e0004" * 8
REVOKED = "inc_" + "fa4e0005" * 8


@dataclass(frozen=True)
class ApiKey:
    """What a bearer of the secret is called and may do; the secret itself is not kept here."""

    id: str
    name: str
    roles: tuple[str, ...]


def _key(name: str, *roles: str) -> ApiKey:
    return ApiKey(ulid(), name, roles)


class KeyRing:
    """The keys that are accepted now; they can be added and revoked while the sandbox runs."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._revoked: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        self._keys = {
            FULL: _key("full", VIEWER, CREATOR, EDITOR, OPT_OUT),
            VIEWER_ONLY: _key("viewer_only", VIEWER),
            CREATOR_ONLY: _key("creator_only", VIEWER, CREATOR),
            NO_OPT_OUT: _key("no_opt_out", VIEWER, CREATOR, EDITOR),
        }
        self._revoked = {REVOKED: "revoked"}

    def add(self, name: str, *roles: str, secret: str | None = None) -> str:
        """Accept a new key and return its secret."""
        secret = secret or "inc_" + secrets.token_hex(32)
        self._revoked.pop(secret, None)
        self._keys[secret] = _key(name, *roles)
        return secret

    def revoke(self, name: str) -> int:
        """Stop accepting every key of that name, and say how many there were."""
        gone = [secret for secret, key in list(self._keys.items()) if key.name == name]
        for secret in gone:
            self._revoked[secret] = name
            del self._keys[secret]
        return len(gone)

    def find(self, secret: str) -> ApiKey | None:
        return self._keys.get(secret)

    def name_of(self, secret: str | None) -> str | None:
        """What the journal calls the bearer, so that no secret is ever written there."""
        if not secret:
            return None
        key = self._keys.get(secret)
        return key.name if key else self._revoked.get(secret, "unknown")

    def names(self) -> dict[str, list[str]]:
        return {key.name: list(key.roles) for key in list(self._keys.values())}
