"""The report that `pronghorn diff` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

from pronghorn.cli.diff_compare import Comparison, Difference
from pronghorn.cli.diff_requests import Request

__all__ = ["NO_ROUTE", "Report", "RouteReport"]

NO_ROUTE = "(no route)"
"""The label of all requests that the program does not have a route for."""

_EXAMPLES = 3
_LINES = 8
_WIDTH = 200


@dataclass
class RouteReport:
    """The requests to one route, and their outcomes."""

    asked: int = 0
    differing: list[tuple[Request, list[Difference]]] = field(default_factory=list)
    meant: Counter[str] = field(default_factory=Counter)
    varies: set[str] = field(default_factory=set)

    def add(self, request: Request, comparison: Comparison) -> None:
        """Add the outcome of one request."""
        self.asked += 1
        self.meant.update(comparison.meant)
        self.varies |= comparison.varies
        if comparison.found:
            self.differing.append((request, comparison.found))


@dataclass
class Report:
    """The result of a whole comparison.

    Attributes:
        documents: Differences of the OpenAPI documents.
        routes: By method and path, or `NO_ROUTE`.
        skipped: Requests that were left out because their method changes something.
        changing: Routes that no request was generated for, because their method changes something.
        failure: The reason why the program does not run on pronghorn, or None.
    """

    documents: list[Difference] = field(default_factory=list)
    routes: dict[str, RouteReport] = field(default_factory=dict)
    skipped: int = 0
    changing: int = 0
    failure: str = ""

    @property
    def differs(self) -> bool:
        """Return True if anything differs unintentionally."""
        in_routes = any(route.differing for route in self.routes.values())
        return bool(self.documents or self.failure or in_routes)

    def print(self) -> None:
        """Write the report to standard output, in colour on a terminal."""
        console = Console(highlight=False, soft_wrap=True)
        if self.failure:
            console.print("[red]Runs on FastAPI, and not on pronghorn.[/red]")
            console.print(self.failure, markup=False)
            return
        self._print_documents(console)
        for label, route in sorted(self.routes.items()):
            _print_route(console, label, route)
        self._print_sum(console)

    def _print_documents(self, console: Console) -> None:
        if not self.documents:
            console.print("[green]same[/green]     OpenAPI document")
            return
        console.print(
            f"[red]differs[/red]  OpenAPI document ({_count(len(self.documents), 'place')})"
        )
        _print_differences(console, self.documents, "  ")

    def _print_sum(self, console: Console) -> None:
        asked = sum(route.asked for route in self.routes.values())
        differing = [label for label, route in self.routes.items() if route.differing]
        wrong = sum(len(self.routes[label].differing) for label in differing)
        console.print()
        if self.skipped:
            console.print(
                f"{_count(self.skipped, 'request')} left out, because POST, PUT, PATCH and "
                "DELETE may change data; --unsafe sends them too"
            )
        if wrong:
            places = _on_routes(differing, ", on")
            console.print(f"[red]{_count(wrong, 'answer')} of {asked} differ{places}[/red]")
        elif asked:
            places = _on_routes(self.routes, " on")
            console.print(f"[green]No difference in {_count(asked, 'answer')}{places}[/green]")
        elif self.changing:
            verb = "changes" if self.changing == 1 else "change"
            reason = f"{_count(self.changing, 'route')} {verb} data; add --unsafe"
            console.print(f"No requests were sent: {reason}")
        else:
            console.print("No requests were sent")


def _on_routes(labels: Iterable[str], before: str) -> str:
    """Return the number of routes in words after `before`, or an empty text for none."""
    number = sum(label != NO_ROUTE for label in labels)
    return f"{before} {_count(number, 'route')}" if number else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print_route(console: Console, label: str, route: RouteReport) -> None:
    label = escape(label)
    if route.differing:
        wrong = f"{len(route.differing)} of {route.asked}"
        console.print(f"[red]differs[/red]  {label} ({wrong} answers)")
    else:
        console.print(f"[green]same[/green]     {label} ({_count(route.asked, 'answer')})")
    for reason, count in route.meant.items():
        console.print(f"  [dim]meant ({_count(count, 'time')}): {reason}[/dim]")
    if route.varies:
        places = ", ".join(sorted(route.varies))
        console.print(f"  [dim]not compared, varies on FastAPI too: {escape(places)}[/dim]")
    for request, found in route.differing[:_EXAMPLES]:
        _print_request(console, request)
        _print_differences(console, found, "    ")


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
