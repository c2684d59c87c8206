"""The plots of docs/performance.md. Needs matplotlib; `make plots` runs it in an environment.

The same data give the same bytes, so that a plot changes in the repository only when the data do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.record import ROOT, read
from benchmarks.tables import DATABASES

FOLDER = ROOT / "docs" / "performance"
FASTAPI, PRONGHORN, OTHERS = "#9aa5b1", "#d9822b", "#c8d0d8"
COLOURS = (("fastapi", FASTAPI), ("pronghorn", PRONGHORN))

mpl.rcParams.update(
    {
        "svg.hashsalt": "pronghorn",
        "svg.fonttype": "none",
        "font.size": 10,
        "font.family": "sans-serif",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.constrained_layout.use": True,
    }
)


def save(name: str, figure: Any) -> None:
    """Write one plot."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    print(f"Drawn docs/performance/{name}.svg.")


def ratio_bars(axes: Axes, names: list[str], ratios: list[float], label: str) -> None:
    """Draw one bar for each ratio, the first on top."""
    places = range(len(names))
    bars = axes.barh(places, ratios, color=PRONGHORN)
    axes.bar_label(bars, labels=[f"{ratio:.1f}" for ratio in ratios], padding=3)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.axvline(1, color=FASTAPI, linewidth=1)
    axes.set_xlabel(label)


def draw_bench(result: dict[str, Any]) -> None:
    """Draw the ratios in process."""
    scenarios = result["scenarios"]
    figure, axes = plt.subplots(figsize=(8, 0.32 * len(scenarios) + 1.2))
    names = [one["name"].replace("`", "") for one in scenarios]
    label = "times as fast as FastAPI, in process (logarithmic)"
    axes.set_xscale("log")
    ratio_bars(axes, names, [one["ratio"] for one in scenarios], label)
    mean = result["geometric_mean"]
    axes.axvline(mean, color="black", linewidth=1, linestyle=":")
    axes.set_title(f"geometric mean {mean:.1f}", fontsize=10)
    save("bench", figure)


def draw_wire(result: dict[str, Any]) -> None:
    """Draw the requests per second over a socket."""
    rows = [row for row in result["rows"] if row.get("GET") and row.get("POST")]
    rows.sort(key=lambda row: row["GET"]["requests_per_second"], reverse=True)
    figure, sides = plt.subplots(1, 2, figsize=(10, 0.32 * len(rows) + 1.2), sharey=True)
    for axes, kind in zip(sides, ("GET", "POST"), strict=True):
        values = [row[kind]["requests_per_second"] for row in rows]
        colours = [
            PRONGHORN
            if "pronghorn" in row["name"]
            else FASTAPI
            if "FastAPI" in row["name"]
            else OTHERS
            for row in rows
        ]
        bars = axes.barh(range(len(rows)), values, color=colours)
        axes.bar_label(bars, labels=[f"{value:,.0f}" for value in values], padding=3, fontsize=8)
        axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
        axes.set_xlabel(f"{kind}: requests per second")
        axes.margins(x=0.15)
    sides[0].invert_yaxis()
    save("wire", figure)


def draw_service(result: dict[str, Any]) -> None:
    """Draw the requests per second of the mix, relative to FastAPI, for each kind of database."""
    databases = result["databases"]
    figure, sides = plt.subplots(1, len(databases), figsize=(10, 3), sharey=True, squeeze=False)
    for axes, (kind, rows) in zip(sides[0], databases.items(), strict=True):
        found = {row["name"]: row["mix"]["ratio"] for row in rows if "mix" in row}
        colours = [
            PRONGHORN if "pronghorn" in name else FASTAPI if name == "FastAPI" else OTHERS
            for name in found
        ]
        bars = axes.barh(range(len(found)), list(found.values()), color=colours)
        axes.bar_label(bars, labels=[f"{value:.2f}" for value in found.values()], padding=3)
        axes.set_yticks(range(len(found)), list(found))
        axes.axvline(1, color=FASTAPI, linewidth=1)
        axes.set_xlabel(f"{DATABASES[kind]}: requests per second, FastAPI = 1")
        axes.margins(x=0.15)
    sides[0][0].invert_yaxis()
    save("service", figure)


def draw_shapes(result: dict[str, Any]) -> None:
    """Draw the ratios of the other shapes."""
    found = [one for one in result.values() if isinstance(one, dict) and "title" in one]
    names = [one["title"].removesuffix(" per second") for one in found]
    ratios = [one["ratio"] for one in found]
    upload = result["upload"]
    for key, title in (("seconds", "time"), ("peak_mebibytes", "memory")):
        names.append(f"upload of {upload['bytes'] // 1_000_000} MB, {title}")
        ratios.append(upload["fastapi"][key] / upload["pronghorn"][key])
    figure, axes = plt.subplots(figsize=(8, 0.32 * len(names) + 1.2))
    ratio_bars(axes, names, ratios, "times as good as FastAPI")
    save("shapes", figure)


def draw_growth(result: dict[str, Any]) -> None:
    """Draw time per request over the number of routes and dependencies, and the start."""
    figure, (routes, depth, start) = plt.subplots(1, 3, figsize=(11, 3.4))
    for framework, colour in (("fastapi", FASTAPI), ("pronghorn", PRONGHORN)):
        sizes = result["routes"]["microseconds"]
        for what, style in (("last", "-"), ("nowhere", ":")):
            points = [
                (int(n), one[framework][what]) for n, one in sizes.items() if framework in one
            ]
            title = f"{framework}, {'last route' if what == 'last' else '404'}"
            routes.plot(*zip(*points, strict=True), style, marker="o", color=colour, label=title)
        depths = result["depth"]["microseconds"]
        points = [(int(n), one[framework]["request"]) for n, one in depths.items()]
        depth.plot(*zip(*points, strict=True), marker="o", color=colour, label=framework)
    routes.set(xscale="log", yscale="log", xlabel="routes", ylabel="microseconds per request")
    routes.legend(fontsize=7)
    depth.set(xlabel="dependencies in a chain", ylabel="microseconds per request", ylim=(0, None))
    depth.legend(fontsize=7)
    large = result["start"]
    parts = ("import_milliseconds", "declare_milliseconds")
    left = {"FastAPI": "fastapi", "pronghorn": "pronghorn"}
    bottom = [0.0, 0.0]
    for key, shade in zip((*parts, "first"), ("#5f6b7a", "#d9822b", "#f2c48d"), strict=True):
        values = [part_of(large[name], key, parts) for name in left.values()]
        label = {"first": "first answer"}.get(key, key.removesuffix("_milliseconds"))
        start.bar(list(left), values, bottom=bottom, color=shade, label=label)
        bottom = [under + value for under, value in zip(bottom, values, strict=True)]
    start.set_ylabel("ms: 1,000 routes, 300 models")
    start.legend(fontsize=7)
    save("growth", figure)


def draw_lines(result: dict[str, Any]) -> None:
    """Draw what grows with middlewares, dependencies, bodies and workers."""
    if "middleware" not in result:
        return
    figure, ((layers, depth), (bodies, workers)) = plt.subplots(2, 2, figsize=(10, 6.6))
    draw_series(layers, result["middleware"]["microseconds"], ("pure", "standard", "http"))
    layers.set(xlabel="middlewares", ylabel="microseconds per request", yscale="log")
    draw_series(depth, result["depth"]["microseconds"], ("request",))
    depth.set(xlabel="dependencies in a chain", ylabel="microseconds per request", ylim=(0, None))
    draw_series(bodies, result["bodies"]["microseconds"], ("in", "out"))
    bodies.set(xlabel="bytes of the body", ylabel="microseconds", xscale="log", yscale="log")
    sizes = result["workers"]["microseconds"]
    for shift, (framework, colour) in zip((-0.2, 0.2), COLOURS, strict=True):
        places = [index + shift for index in range(len(sizes))]
        values = [one[framework]["GET"] for one in sizes.values()]
        bars = workers.bar(places, values, width=0.4, color=colour, label=framework)
        workers.bar_label(bars, labels=[f"{value:.0f}" for value in values], fontsize=8)
    workers.set_xticks(range(len(sizes)), [f"{number} of `--workers`" for number in sizes])
    workers.set_ylabel("processor µs of the server per GET")
    for axes in (layers, depth, bodies, workers):
        axes.legend(fontsize=7)
    save("growth-lines", figure)


def draw_series(axes: Axes, sizes: dict[str, Any], kinds: tuple[str, ...]) -> None:
    """Draw one line for each kind and framework over the sizes."""
    for framework, colour in COLOURS:
        for kind, style in zip(kinds, ("-", "--", ":"), strict=False):
            points = [(int(size), one[framework][kind]) for size, one in sizes.items()]
            label = framework if len(kinds) == 1 else f"{framework}, {kind}"
            axes.plot(*zip(*points, strict=True), style, marker="o", color=colour, label=label)


def draw_all_growth(result: dict[str, Any]) -> None:
    """Draw both plots of growth."""
    draw_growth(result)
    draw_lines(result)


def part_of(figures: dict[str, float], key: str, parts: tuple[str, ...]) -> float:
    """Return one part of the start; the first answer takes what the others leave."""
    if key in figures:
        return figures[key]
    return figures["cpu_milliseconds"] - sum(figures[part] for part in parts)


PLOTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "latest": draw_bench,
    "wire": draw_wire,
    "service": draw_service,
    "shapes": draw_shapes,
    "growth": draw_all_growth,
}


def main() -> None:
    """Draw everything that has been measured."""
    for name, draw in PLOTS.items():
        result = read(name)
        if result:
            draw(result)


if __name__ == "__main__":
    main()
