"""Print the report of `pronghorn diff` for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape

from pronghorn.cli.diff_compare import Difference
from pronghorn.cli.diff_report import NO_ROUTE, LeftOut, Report, RouteReport, group_requests
from pronghorn.cli.diff_requests import Request

__all__ = ["print_report"]

_EXAMPLES = 3
_LINES = 8
_NAMES = 5
_WIDTH = 200

Seen = dict[tuple[Difference, ...], str]
"""The differences that were printed, and the route at which."""


def print_report(report: Report) -> None:
    """Write the report to standard output, in colour on a terminal."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    if report.failure:
        console.print("[red]Runs on FastAPI, and not on pronghorn.[/red]")
        console.print(report.failure, markup=False)
        return
    _print_documents(console, report.documents)
    seen: Seen = {}
    for label, route in sorted(report.routes.items()):
        _print_route(console, label, route, seen)
    _print_remarks(console, report)
    if report.left_out:
        console.print()
    for left_out in report.left_out:
        _print_left_out(console, left_out)
    console.print()
    _print_sum(console, report)


def _print_documents(console: Console, found: Sequence[Difference]) -> None:
    if not found:
        console.print("[green]same[/green]     OpenAPI document")
        return
    console.print(f"[red]differs[/red]  OpenAPI document ({_count(len(found), 'place')})")
    alike: dict[tuple[str, str, str], list[Difference]] = {}
    for item in found:
        alike.setdefault((item.place.rpartition(" ")[2], item.theirs, item.ours), []).append(item)
    groups = list(alike.values())
    for group in groups[:_LINES]:
        _print_differences(console, group[:1], "  ")
        if len(group) > 1:
            places = _count(len(group) - 1, "more place")
            console.print(f"    the same at {places}", style="dim")
    rest = sum(map(len, groups[_LINES:]))
    if rest:
        console.print(f"  and {_count(rest, 'place')} more", style="dim")


def _print_route(console: Console, label: str, route: RouteReport, seen: Seen) -> None:
    statuses = ", ".join(
        f"{count} with {status or 'an exception'}"
        for status, count in sorted(route.statuses.items())
    )
    name = escape(label)
    if not route.differing:
        answers = _count(route.asked, "answer")
        console.print(f"[green]same[/green]     {name} ({answers}: {statuses})")
        return
    wrong = f"{len(route.differing)} of {_count(route.asked, 'answer')}"
    console.print(f"[red]differs[/red]  {name} ({wrong}: {statuses})")
    groups = group_requests(route.differing)
    for found, requests in list(groups.items())[:_EXAMPLES]:
        _print_request(console, requests[0])
        if found in seen:
            console.print(f"    the same as at {seen[found]}", markup=False, style="yellow")
        else:
            seen[found] = label
            _print_differences(console, found, "    ")
        if len(requests) > 1:
            console.print(f"  {_count(len(requests) - 1, 'more answer')} like it", style="dim")
    rest = len(groups) - _EXAMPLES
    if rest > 0:
        console.print(f"  and {_count(rest, 'more kind')} of difference", style="dim")


def _print_remarks(console: Console, report: Report) -> None:
    """Print what was not counted as a difference, each reason once."""
    if report.meant or report.varies:
        console.print()
    for reason, by_route in report.meant.items():
        answers = _count(sum(by_route.values()), "answer")
        console.print(f"meant    {reason} ({answers}: {_names(list(by_route))})", markup=False)
    for place, labels in report.varies.items():
        console.print(f"varies   {place}, on FastAPI itself ({_names(labels)})", markup=False)


def _print_left_out(console: Console, left_out: LeftOut) -> None:
    names = f": {_names(left_out.names)}" if left_out.names else ""
    line = f"left out {_count(left_out.count, left_out.kind)}, because {left_out.reason}{names}"
    console.print(line, markup=False)
    if left_out.remedy:
        console.print(f"         {left_out.remedy}", markup=False, style="dim")


def _print_sum(console: Console, report: Report) -> None:
    asked = report.asked
    if not asked:
        console.print("No requests were sent")
        return
    differing = [label for label, route in report.routes.items() if route.differing]
    wrong = sum(len(report.routes[label].differing) for label in differing)
    if wrong:
        places = _on_routes(differing, ", on")
        console.print(f"[red]{_count(wrong, 'answer')} of {asked} differ{places}[/red]")
    else:
        places = _on_routes(report.routes, " on")
        console.print(f"[green]No difference in {_count(asked, 'answer')}{places}[/green]")
    _print_successes(console, report)


def _print_successes(console: Console, report: Report) -> None:
    """Print how many answers were 2xx. Errors alone say little about a program."""
    asked, successes = report.asked, report.successes
    if not successes:
        console.print("[yellow]No answer was 2xx, so this result says little.[/yellow]")
    else:
        verb = "was" if successes == 1 else "were"
        console.print(f"{successes} of {_count(asked, 'answer')} {verb} 2xx")
        if report.only_errors:
            routes = _count(len(report.only_errors), "route")
            console.print(f"[yellow]Only errors on {routes}:[/yellow] ", end="")
            console.print(_names(report.only_errors), markup=False)
    if not successes or report.only_errors:
        console.print(
            "  Log in with --login or --header, or replay recorded requests with --har.",
            style="dim",
        )


def _names(labels: Sequence[str]) -> str:
    more = len(labels) - _NAMES
    return ", ".join(labels[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _on_routes(labels: Iterable[str], before: str) -> str:
    """Return the number of routes in words after `before`, or an empty text for none."""
    number = sum(label != NO_ROUTE for label in labels)
    return f"{before} {_count(number, 'route')}" if number else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print_request(console: Console, request: Request) -> None:
    console.print(f"  [bold]{request.method} {escape(_cut(request.target))}[/bold]")
    for name, value in request.headers:
        console.print(f"    {name}: {_cut(value)}", markup=False, style="dim")
    if request.body:
        console.print(f"    {_cut(request.body)}", markup=False, style="dim")


def _print_differences(console: Console, found: Sequence[Difference], indent: str) -> None:
    for item in found[:_LINES]:
        console.print(f"{indent}{item.place}", markup=False, style="yellow")
        console.print(f"{indent}  FastAPI   {_cut(item.theirs)}", markup=False)
        console.print(f"{indent}  pronghorn {_cut(item.ours)}", markup=False)
    if len(found) > _LINES:
        console.print(f"{indent}and {_count(len(found) - _LINES, 'place')} more", style="dim")


def _cut(text: str) -> str:
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}... ({len(text)} characters)"
