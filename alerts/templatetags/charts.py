"""Charts as SVG that the server draws: shapes only, with their data in words beside them."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import template

from alerts.previews.past import Day

register = template.Library()

HEIGHT = 48.0
STEP = 10.0  # from one bar to the next
BAR = 8.0
LEAST = 1.5  # so that one alert can be seen beside thousands


@register.inclusion_tag("alerts/rule_preview_chart.html")
def day_chart(days: Sequence[Day]) -> dict[str, Any]:
    """Bars of the alerts by day: those that are told below, and those held back on top."""
    most = max((day.matched for day in days), default=0)
    return {
        "days": days,
        "most": most,
        "width": f"{STEP * len(days):g}",
        "height": f"{HEIGHT:g}",
        "bars": list(_bars(days, most)) if most else [],
        "with_alerts": [day for day in days if day.matched],
    }


def _bars(days: Sequence[Day], most: int) -> Iterator[dict[str, str]]:
    """Rectangles, as attributes of SVG."""
    for place, day in enumerate(days):
        top = HEIGHT
        for kind, count in (("told", day.told), ("held", day.held)):
            if count:
                height = max(HEIGHT * count / most, LEAST)
                top = max(top - height, 0.0)
                yield {
                    "kind": kind,
                    "x": f"{STEP * place + (STEP - BAR) / 2:g}",
                    "y": f"{top:.2f}",
                    "height": f"{height:.2f}",
                    "width": f"{BAR:g}",
                }
