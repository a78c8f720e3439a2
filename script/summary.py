"""Sums up runs of pytest in one last line: `script/summary.py FAILED junit.xml…`."""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

COUNTED = ("tests", "failures", "errors", "skipped")


def main(has_failed: bool, reports: list[Path]) -> int:
    counts: Counter[str] = Counter()
    for report in reports:
        for suite in ElementTree.parse(report).iter("testsuite"):
            counts.update({name: int(suite.get(name, 0)) for name in COUNTED})
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    if counts["skipped"]:
        print(f"Skipped: {counts['skipped']}")
    # A run that broke off before its tests left no count, and is a failure all the same.
    failed = max(failed, int(has_failed))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] != "0", [Path(name) for name in sys.argv[2:]]))
