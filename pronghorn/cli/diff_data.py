"""The report of `pronghorn diff` as data, for `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pronghorn.cli.diff_report import Report, RouteReport, group_requests

__all__ = ["report_data"]


def report_data(report: Report) -> dict[str, Any]:
    """Return the report as values that `json.dumps` takes."""
    return {
        "differs": report.differs,
        "failure": report.failure or None,
        "answers": report.asked,
        "successes": report.successes,
        "document": [asdict(item) for item in report.documents],
        "routes": [_route_data(label, route) for label, route in sorted(report.routes.items())],
        "only_errors": report.only_errors,
        "meant": [{"reason": reason, "answers": dict(by)} for reason, by in report.meant.items()],
        "varies": [{"place": place, "routes": labels} for place, labels in report.varies.items()],
        "left_out": [
            {**asdict(item), "names": list(item.names), "remedy": item.remedy or None}
            for item in report.left_out
        ],
    }


def _route_data(label: str, route: RouteReport) -> dict[str, Any]:
    return {
        "route": label,
        "answers": route.asked,
        "successes": route.successes,
        "statuses": {str(status): count for status, count in sorted(route.statuses.items())},
        "differing": len(route.differing),
        "differences": [
            {
                "places": [asdict(item) for item in found],
                "requests": len(requests),
                "example": requests[0].to_json(),
            }
            for found, requests in group_requests(route.differing).items()
        ],
    }
