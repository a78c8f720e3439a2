"""Rows of the report: one ratio each, with what it was made of, and its goal."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `measured` and `reference` are figures with their unit, for people;
    `ratio` is what counts, and `details` are the raw numbers for machines."""

    benchmark: str
    case: str
    measured: str
    reference: str
    ratio: float
    goal: float | None  # None: it is told, and nothing depends on it
    is_ceiling: bool = True  # the ratio must be at most the goal; else at least
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.is_ceiling else self.ratio >= self.goal

    @property
    def goal_text(self) -> str:
        if self.goal is None:
            return "none"
        return f"{'≤' if self.is_ceiling else '≥'} {self.goal:g}"


HEADS = ("benchmark", "case", "measured", "reference", "ratio", "goal", "")


def table(rows: Iterable[Row]) -> str:
    """The rows as columns of text."""
    cells = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "" if row.is_met else "missed"
    return (
        row.benchmark,
        row.case,
        row.measured,
        row.reference,
        f"{row.ratio:.2f}",
        row.goal_text,
        verdict,
    )


def write_json(rows: Iterable[Row], path: Path) -> None:
    """Every number of the run, for a later comparison."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) | {"is_met": row.is_met} for row in rows], indent=2))
