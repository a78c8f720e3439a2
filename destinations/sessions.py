"""Each thread's connections: to addresses that we trust, and to those that users typed."""

import threading

import requests

from destinations import deadlines, guard

_sessions = threading.local()


def session(*, is_trusted: bool) -> requests.Session:
    """This thread's session: connections are kept alive and never shared between threads."""
    name = "trusted" if is_trusted else "guarded"
    if not hasattr(_sessions, name):
        setattr(_sessions, name, _new(deadlines.Adapter if is_trusted else guard.Adapter))
    found: requests.Session = getattr(_sessions, name)
    return found


def _new(adapter: type[requests.adapters.HTTPAdapter]) -> requests.Session:
    made = requests.Session()
    # True would read proxies from the environment anew for every call, and obey them.
    made.trust_env = False
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter())
    return made
