"""Write every benchmark figure of the pages, from the result files, so that the pages agree.

    python -m benchmarks.figures

A page holds figures in two ways. A table stands between `<!-- name -->` and `<!-- end -->`. A
figure in a sentence stands between `<!-- figure: name -->` and `<!-- /figure -->`. What is between
the marks is written here and never by hand; a test compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from benchmarks.durable import report as durable
from benchmarks.ha import report as ha
from benchmarks.hardening import report as hardening
from benchmarks.record import ROOT, read
from benchmarks.service import goals
from benchmarks.service.contestants import OWN, SAME
from benchmarks.tables import DATABASES, TABLES, Result, cell, markdown, precede, with_tables
from benchmarks.watched import goals as watched_goals
from benchmarks.watched.tools import TOOLS
from pronghorn.devtools.tool_costs import FIGURES

PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "index.md",
    ROOT / "docs" / "performance.md",
    ROOT / "docs" / "durable.md",
    ROOT / "docs" / "deploy.md",
    ROOT / "docs" / "reliability.md",
    ROOT / "docs" / "explain" / "design.md",
]
MARKS = re.compile(r"<!-- figure: (\S+) -->.*?<!-- /figure -->", re.DOTALL)

Results = Mapping[str, Result]


def read_results() -> dict[str, Result]:
    """Return every committed result by its name."""
    names = (*TABLES, "micro", "recorded", "hardening", "durable", "ha")
    return {name: read(name) for name in names}


def write_page(page: str, results: Results) -> str:
    """Return a page with all of its tables and figures as the results say.

    Raises:
        KeyError: The page names a figure that no result contains.
    """
    page = with_tables(page, {name: results[name] for name in TABLES})
    for name, make in LISTS.items():
        page = replace_block(page, name, make(results))
    figures = dict(name_figures(results))
    return MARKS.sub(
        lambda mark: f"<!-- figure: {mark[1]} -->{figures[mark[1]]}<!-- /figure -->", page
    )


def replace_block(page: str, name: str, text: str) -> str:
    """Return a page with another text in the block of a name."""
    block = f"<!-- {name} -->\n{text}\n<!-- end -->"
    return re.sub(rf"<!-- {name} -->\n.*?<!-- end -->", lambda _: block, page, flags=re.DOTALL)


def name_figures(results: Results) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each figure that a sentence may contain."""
    latest, growth = results["latest"], results["growth"]
    yield "mean", cell(latest["geometric_mean"])
    yield "mean_without_routing", cell(latest["geometric_mean_without_routing"])
    yield "scenarios", str(len(latest["scenarios"]))
    yield "measured", describe_machine(latest)
    yield "measured_service", describe_day(results["service"]["measured"][:10])
    yield "service_goals", list_service_goals(results).partition(":")[0]
    yield "precede", precede("latest", latest["date"]).replace("These", "The other")
    for name, row in (("run", "pronghorn run"), ("asgi", "pronghorn on uvicorn, ASGI")):
        found = next(one for one in results["wire"]["rows"] if one["name"] == row)
        yield f"{name}_get", cell(found["GET"]["ratio"])
        yield f"{name}_post", cell(found["POST"]["ratio"])
    fastapi, pronghorn = growth["start"]["fastapi"], growth["start"]["pronghorn"]
    whole = pronghorn["cpu_milliseconds"]
    yield "start", cell(fastapi["cpu_milliseconds"] / whole)
    yield "start_import_share", f"{pronghorn['import_milliseconds'] / whole:.0%}"
    yield "start_models_share", f"{growth['start']['models_alone_cpu_milliseconds'] / whole:.0%}"
    yield from name_service_figures(results["service"])
    shapes = results["shapes"]
    yield "megabyte", cell(1e3 / shapes["models"]["pronghorn"]["per_second"])
    yield "line", cell(1e6 / shapes["lines"]["pronghorn"]["per_second"])
    for name, cost in results["recorded"]["costs"].items():
        yield name, show(cost["value"])


def name_service_figures(service: Result) -> Iterator[tuple[str, str]]:
    """Yield the ratios of our two programs in the mix of `make bench-service`."""
    for kind, rows in service["databases"].items():
        ratios = {row["name"]: row["mix"]["ratio"] for row in rows if "mix" in row}
        for name, contestant in (("same", SAME.name), ("own", OWN.name)):
            if contestant in ratios:
                yield f"service_{name}_{kind}", cell(ratios[contestant])


def describe_machine(result: Result) -> str:
    """Return the day, the processor and the Python of a result."""
    machine = result["machine"]
    processor = machine["processor"].replace("(R)", "").removesuffix(" Processor")
    python = result["python"]
    day = describe_day(result["date"])
    return f"{day}, {machine['cores']} cores, {processor}, Python {python}"


def describe_day(text: str) -> str:
    """Return a day as people write it; `text` has the form 2026-11-22."""
    day = date.fromisoformat(text)
    return f"{day:%B} {day.day}, {day.year}"


def show(value: float | str) -> str:
    """Return a figure as it was recorded, with separators of thousands."""
    return value if isinstance(value, str) else f"{value:,}"


def list_choices(results: Results) -> str:
    """Return the table of the choices and what each is worth."""
    rows = [
        (pair["choice"], f"{cell(pair['before'])} µs", f"{cell(pair['chosen'])} µs", MICRO)
        for pair in results["micro"]["pairs"]
    ]
    rows += [
        (
            one["choice"],
            f"{show(one['before'])} {one['unit']}",
            f"{show(one['chosen'])} {one['unit'].split(' of ')[0]}",
            one["command"],
        )
        for one in results["recorded"]["choices"]
    ]
    return markdown(("choice", "without it", "with it", "command"), rows)


MICRO = "`python -m benchmarks.micro`"


def list_costs(results: Results) -> str:
    """Return the table of single figures that the pages mention."""
    costs = results["recorded"]["costs"].values()
    rows = [(one["what"], f"{show(one['value'])} {one['unit']}", one["command"]) for one in costs]
    return markdown(("what", "figure", "command"), rows)


def list_middleware(results: Results) -> str:
    """Return the table of the designs that were tried for HTTP middleware."""
    table = results["recorded"]["middleware"]
    rows: list[list[Any]] = [[name, *map(str, values)] for name, *values in table["rows"]]
    return markdown(("What it adds, µs", *table["columns"]), rows)


def list_service_goals(results: Results) -> str:
    """Return the goals of `make bench-service`, and whether the published run reaches them."""
    kinds = results["service"]["databases"]
    rows: list[list[str]] = []
    for name, goal in goals.GOALS.items():
        found = [goals.read_ratios(each).get(name) for each in kinds.values()]
        cells = [ratio and verdict(ratio >= goal, cell(ratio)) for ratio in found]
        rows.append([f"{name}: {goal} times the requests of FastAPI", *map(str, cells)])
    faster = [(goals.find_faster(each), goals.read_ratios(each)) for each in kinds.values()]
    first = [
        verdict(
            not names, ", ".join(f"{name.partition(',')[0]} {cell(ratios[name])}" for name in names)
        )
        for names, ratios in faster
    ]
    rows.append([f"{OWN.name}: more requests than all others", *first])
    missed = sum(text.startswith(MISSED) for _, *texts in rows for text in texts)
    head = ("goal of the project", *(DATABASES[kind] for kind in kinds))
    return f"{count_missed(missed, len(rows) * len(kinds))}\n\n{markdown(head, rows)}"


MISSED = "not reached"


def verdict(is_reached: bool, found: str) -> str:
    """Return whether a goal is reached, and the figure that decides."""
    return ": ".join(filter(None, ("reached" if is_reached else MISSED, found)))


def count_missed(missed: int, goals: int) -> str:
    """Return how many goals a run does not reach, as a sentence."""
    if not missed:
        return "This run of the shop reaches all goals of the project:"
    if missed == goals:
        return "This run of the shop reaches none of the goals of the project yet:"
    return f"This run of the shop does not reach {missed} of the {goals} goals of the project yet:"


def list_watched_goals(results: Results) -> str:
    """Return the goals of `make bench-watched`, and those that the published run misses."""
    tools = results["watched"]["tools"]
    most = "".join(
        f"; {tools[name]['title']} adds at most {microseconds} µs"
        for name, microseconds in watched_goals.MICROSECONDS.items()
    )
    aims = (
        f"The goals of the project: each tool adds at most {watched_goals.SHARE} of what it adds "
        f"to FastAPI{most}."
    )
    missed = watched_goals.find_failures(tools)
    end = (
        f"Not reached yet in this run: {'; '.join(missed)}." if missed else "This run reaches them."
    )
    return f"{aims} {end}"


def list_jobs(results: Results) -> str:
    """Return the queues of `make bench-durable`."""
    return durable.list_jobs(results["durable"])


def list_deliveries(results: Results) -> str:
    """Return the channel of `make bench-durable`."""
    return durable.list_deliveries(results["durable"])


def of_ha(make: Callable[[Result], str]) -> Callable[[Results], str]:
    """Return the function of a table of `make ha`."""
    return lambda results: make(results["ha"])


def list_hardening(results: Results) -> str:
    """Return the scoreboard of `make harden`."""
    return hardening.table(results["hardening"])


def write_tool_costs(results: Results) -> str:
    """Return the file from which `pronghorn explain` reads what a tool adds to a request."""
    watched = results["watched"]
    adds: dict[str, list[tuple[str, float]]] = {}
    for name, row in watched["tools"].items():
        package = TOOLS[name].package if name in TOOLS else None
        if package is not None:
            adds.setdefault(package, []).append((row["title"], row["adds"]["pronghorn"]))
    bare = watched["tools"]["bare"]["microseconds"]["pronghorn"]
    figures = {"measured": describe_machine(watched), "bare": bare, "adds": adds}
    return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"


LISTS: dict[str, Callable[[Results], str]] = {
    "choices": list_choices,
    "hardening": list_hardening,
    "costs": list_costs,
    "durable-jobs": list_jobs,
    "durable-deliveries": list_deliveries,
    "middleware": list_middleware,
    "service-goals": list_service_goals,
    "watched-goals": list_watched_goals,
    **{name: of_ha(make) for name, make in ha.BLOCKS.items()},
}


def main() -> int:
    """Write the pages. Returns the exit status."""
    results = read_results()
    for page in PAGES:
        page.write_text(write_page(page.read_text(encoding="utf-8"), results), encoding="utf-8")
    FIGURES.write_text(write_tool_costs(results), encoding="utf-8")
    print(f"Written the figures of {', '.join(str(page.relative_to(ROOT)) for page in PAGES)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
