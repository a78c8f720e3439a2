"""The registry: every module in this folder holds one connector, found by looking.

A new kind of destination is one file here and its test; nothing else needs to know of it.
"""

import importlib
import pkgutil

from destinations.connectors.base import Connector

__all__ = ["Connector", "choices", "registry"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

registry: dict[str, type[Connector]] = {
    connector.kind: connector
    for connector in sorted(Connector.kinds, key=lambda c: (c.rank, c.label.casefold()))
}


def choices() -> list[tuple[str, str]]:
    """Kinds for a model field; as a callable, so that a new kind makes no migration."""
    return [(kind, connector.label) for kind, connector in registry.items()]
