"""`python -m bench [--quick] [name …]`: runs benchmarks, tells their rows, keeps their numbers.

Exits with 1 only when a benchmark breaks off; a goal that is missed is said in the table.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bench.database import SQLITE, postgresql
from bench.report import Row, table, write_json
from bench.stage import Plan

NAMES = (
    "drain",
    "cpu",
    "pace",
    "growth",
    "limit",
    "idle",
    "neighbour",
    "ingest",
    "history",
    "rules",
    "memory",
)
PROGRAMS = {
    "redis-server": "cpu beside Dramatiq (Redis is not installed)",
    "prometheus-alertmanager": "pace beside Alertmanager (it is not installed)",
}


def main() -> int:
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that stages end what they started
    plan = _plan(options.quick)
    rows: list[Row] = []
    broken = [name for name in options.names or NAMES if not _play(name, plan, rows)]
    write_json(rows, options.json)
    print(f"\n{table(rows)}\n\nThe numbers behind it: {options.json}")
    for what in _left_out(plan):
        print(f"Left out: {what}.")
    for name in broken:
        print(f"Broke off: {name}.")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", type=_name, metavar="name", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it works")
    path = Path("var", "bench", f"{datetime.now():%Y-%m-%d-%H%M%S}.json")
    parser.add_argument("--json", type=Path, default=path, help="where the numbers go")
    return parser.parse_args()


def _name(text: str) -> str:
    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"there is none called {text}")
    return text


def _plan(is_quick: bool) -> Plan:
    server = os.environ.get("BENCH_POSTGRES_URL", "")
    engines = (SQLITE, postgresql(server)) if server else (SQLITE,)
    return Plan(engines, is_quick)


def _play(name: str, plan: Plan, rows: list[Row]) -> bool:
    """Runs one benchmark; False if it broke off. Rows that it had given by then stay."""
    print(f"\n== {name}", flush=True)
    try:
        for row in _rows(name, plan):
            rows.append(row)
            print(_line(row), flush=True)
    except Exception:
        traceback.print_exc()
        return False
    return True


def _rows(name: str, plan: Plan) -> Iterator[Row]:
    yield from importlib.import_module(f"bench.{name}").run(plan)


def _line(row: Row) -> str:
    verdict = "" if row.is_met else ": missed"
    made_of = f"{row.measured} ÷ {row.reference} = {row.ratio:.2f}"
    return f"{row.case}: {made_of} (goal {row.goal_text}{verdict})"


def _left_out(plan: Plan) -> list[str]:
    missing = [what for program, what in PROGRAMS.items() if not shutil.which(program)]
    if len(plan.engines) == 1:
        missing.append("everything on PostgreSQL (there is none)")
    return missing


if __name__ == "__main__":
    sys.exit(main())
