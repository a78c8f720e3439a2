"""Steps of a history: a method of the machine, with what was drawn for it.

They are drawn by one rule for all. Hypothesis would switch off half of many rules in each history,
at random: good for thousands of histories, but in a few dozen hardly anything comes together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

Method = TypeVar("Method", bound=Callable[..., None])


@dataclass(frozen=True, repr=False)
class Step:
    """One thing that happens."""

    method: Callable[..., None]
    arguments: dict[str, Any]

    def __call__(self, machine: object) -> None:
        self.method(machine, **self.arguments)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.method.__name__}({arguments})"


class Steps:
    """All steps of one machine."""

    def __init__(self) -> None:
        self._strategies: list[st.SearchStrategy[Step]] = []
        self.any = st.deferred(lambda: st.one_of(self._strategies))

    def step(
        self, weight: int = 1, **arguments: st.SearchStrategy[Any]
    ) -> Callable[[Method], Method]:
        """Marks a method as a step that is taken `weight` times as often as others."""

        def register(method: Method) -> Method:
            for _ in range(weight):  # one strategy each: one_of leaves equal ones out
                drawn = st.fixed_dictionaries(arguments)
                self._strategies.append(st.builds(Step, st.just(method), drawn))
            return method

        return register
