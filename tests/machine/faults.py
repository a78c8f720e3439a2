"""The ways in which the provider misbehaves. Those that hang are left out: they cost real time."""

from typing import Any

from hypothesis import strategies as st

from sandbox.faults import RETRY_AFTER_FORMS
from sandbox.server import Sandbox

Options = dict[str, Any]
STATUSES = (400, 401, 403, 404, 408, 409, 422, 500, 503)
FALSE_SUCCESSES = ("not_json", "empty", "no_id", "html", "deep_json")

_modes = st.one_of(
    st.fixed_dictionaries({"mode": st.just("status"), "status": st.sampled_from(STATUSES)}),
    st.fixed_dictionaries({"mode": st.sampled_from(("reset_before", "reset_after", "redirect"))}),
    st.fixed_dictionaries({"mode": st.sampled_from(FALSE_SUCCESSES)}),
    st.fixed_dictionaries(
        {
            "mode": st.just("rate_limited"),
            "retry_after": st.sampled_from(RETRY_AFTER_FORMS),
            "seconds": st.sampled_from((0, 1, 45, 100_000)),
        }
    ),
)
# `process`: the false answer comes after the request was carried out.
_matches = st.fixed_dictionaries(
    {
        "times": st.sampled_from((1, 2, 5, None)),
        "route": st.sampled_from((None, "create", "show", "update")),
        "process": st.booleans(),
    }
)
some: st.SearchStrategy[Options] = st.builds(lambda mode, match: mode | match, _modes, _matches)

# What is tried again by itself.
passing: st.SearchStrategy[Options] = st.sampled_from(
    [{"mode": "status", "status": 503}, {"mode": "reset_after"}, {"mode": "empty", "process": True}]
)
REFUSALS: tuple[Options, ...] = (
    {"mode": "status", "status": 401},
    {"mode": "rate_limited", "seconds": 100_000},
)


def refuse_once_and_be_slow(sandbox: Sandbox, refusal: Options) -> None:
    """So that some of what a lane has in hand has not been started when it hears the refusal."""
    sandbox.faults.clear()
    sandbox.faults.add(**refusal, times=1)
    sandbox.faults.add("delay", seconds=0.03, times=4)
