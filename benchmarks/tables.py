"""The tables of docs/performance.md, made from the result files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]


def markdown(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table, its numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def cell(value: Any) -> str:
    """Return a number with its significant digits."""
    if value is None:
        return ""
    if not isinstance(value, (int, float)):
        return str(value)
    return (
        f"{value:,.0f}"
        if abs(value) >= 100
        else f"{value:.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
    )


def machine(result: Result) -> str:
    """Return the environment of a measurement, as a sentence below its table."""
    about = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"Measured on {result['date']}: {about['processor']}, {about['cores']} cores, "
        f"{about['system']}, Python {result['python']}, {result['loop']}, {versions}."
    )


#: The day since which what a table measures is done in another way, and what that is.
CHANGED = "2026-11-29"
CHANGES = {
    "latest": "the compiled middleware",
    "wire": "the compiled middleware",
    "shapes": "the present code of WebSockets, files and uploads",
}


def precede(name: str, day: str) -> str:
    """Return a sentence, after a space, if a table is older than the code; else nothing.

    Args:
        name: The table.
        day: When it was measured, such as 2026-11-22.
    """
    return f" These figures precede {CHANGES[name]}." if day < CHANGED else ""


def bench(result: Result) -> str:
    """Return the scenarios of `make bench`."""
    rows: list[Sequence[Any]] = [
        (
            one["name"],
            one["fastapi_microseconds"],
            one["pronghorn_microseconds"],
            f"**{cell(one['ratio'])}**",
        )
        for one in result["scenarios"]
    ]
    rows.append(("geometric mean", None, None, f"**{cell(result['geometric_mean'])}**"))
    without = result["geometric_mean_without_routing"]
    rows.append(("without the two routing scenarios", None, None, f"**{cell(without)}**"))
    table = markdown(("scenario", "FastAPI, µs", "pronghorn, µs", "ratio"), rows)
    return f"{table}\n\n{machine(result)}{precede('latest', result['date'])}"


def wire(result: Result) -> str:
    """Return the servers of `make bench-wire`."""
    rows = []
    for row in result["rows"]:
        figures: list[Any] = []
        for kind in ("GET", "POST"):
            found = row.get(kind) or {}
            figures += [found.get("requests_per_second"), found.get("ratio")]
        rows.append((row["name"], *figures))
    head = ("server", "GET per second", "ratio", "POST per second", "ratio")
    about = result["machine"]
    below = (
        f"Measured on {result['measured'][:10]}: Python {about['python']}, {about['system']}; "
        f"{about['cores']}; load from {about['load']}.{precede('wire', result['measured'])}"
    )
    return f"{markdown(head, rows)}\n\n{WIRE_RATIO} {below}"


def list_stacks(result: Result) -> str:
    """Return the stacks of middleware of `make bench-wire ARGS=--stack`."""
    rows = []
    for row in result["rows"]:
        get, post = row["GET"], row["POST"]
        figures = (get["base_requests_per_second"], get["requests_per_second"])
        times = (get["base_cpu_microseconds"], get["cpu_microseconds"])
        ratios = (f"**{cell(get['ratio'])}**", f"**{cell(post['ratio'])}**")
        rows.append((row["name"], *figures, *ratios, *times, f"**{cell(get['cpu_ratio'])}**"))
    head = ("stack", "FastAPI, GET per second", "pronghorn", "ratio", "ratio of POST")
    head += ("FastAPI, processor, µs per GET", "pronghorn, µs", "ratio")
    load, (low, high) = result["load"], result["load_average"]
    below = (
        f"{load['cores'].capitalize()}; load from {load['client']}; load average of the machine "
        f"{low} before and {high} after. {machine(result)}"
    )
    if low > result["machine"]["cores"]:
        below += " The machine was busy, so that this run says little."
    return f"{markdown(head, rows)}\n\n{WIRE_RATIO} {below}"


def service(result: Result) -> str:
    """Return the contestants of `make bench-service`."""
    parts = []
    for kind, rows in result["databases"].items():
        measured = [row for row in rows if "problem" not in row]
        parts.append(_mix(kind, measured))
        if any(len(row) > 2 for row in measured):  # Else a run of the mix only.
            parts.append(_endpoints(kind, measured))
    about, conditions = result["machine"], result["conditions"]
    mix = ", ".join(f"{share} {kind}" for kind, share in conditions["mix"].items())
    low, high = about["load_average"]
    below = (
        f"Of twenty requests of the mix: {mix}. {conditions['connections']} connections of the "
        f"load, {conditions['pool']} to the database; medians of {conditions['rounds']} rounds of "
        f"{conditions['seconds']} s. Measured on {result['measured'][:10]}: {about['processor']}, "
        f"{about['cores']} cores, {about['system']}, Python {about['python']}; load average of the "
        f"machine {low} before and {high} after."
    )
    return "\n\n".join([*parts, f"{WIRE_RATIO} {below}{warn(conditions, about)}"])


#: The seconds for which `make bench-service` without options measures each contestant.
FULL_SECONDS = 15


def warn(conditions: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return a sentence, after a space, if a run was short or the machine busy; else nothing."""
    is_short = conditions["rounds"] * conditions["seconds"] < FULL_SECONDS
    is_busy = about["load_average"][0] > about["cores"]
    if not is_short and not is_busy:
        return ""
    run = "a short run" if is_short else "a run"
    where = " on a busy machine" if is_busy else ""
    return f" These figures come from {run}{where}; a longer run on a quiet machine may differ."


DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def _mix(kind: str, rows: Sequence[Result]) -> str:
    """Return the mix of all endpoints, on one kind of database."""
    cells = []
    for row in rows:
        one = row["mix"]
        half = one["half_load"]
        figures: list[Any] = [one["requests_per_second"], f"**{cell(one['ratio'])}**"]
        figures += [one["cpu_microseconds"], f"**{cell(one['cpu_ratio'])}**"]
        if kind == "postgresql":
            figures.append(one["database_microseconds"])
        figures += [half.get("p50_milliseconds"), half.get("p99_milliseconds")]
        cells.append((row["name"], *figures))
    database = ["its database, µs"] if kind == "postgresql" else []
    head = (f"{DATABASES[kind]}, the mix", "per second", "ratio", "processor, µs", "ratio")
    return markdown((*head, *database, "p50 at half load, ms", "p99, ms"), cells)


def _endpoints(kind: str, rows: Sequence[Result]) -> str:
    """Return the ratios of each endpoint: requests per second, and processor time."""
    kinds = [name for name in rows[0] if name not in {"name", "mix"}] if rows else []
    cells = [
        (
            row["name"],
            *(f"{cell(row[one]['ratio'])} / {cell(row[one]['cpu_ratio'])}" for one in kinds),
        )
        for row in rows
    ]
    return markdown((f"{DATABASES[kind]}, ratios per second / of processor time", *kinds), cells)


WIRE_RATIO = (
    "A ratio is the median over rounds, each of which measured the server and FastAPI in turn. It "
    "is not the quotient of two rows, which were measured minutes apart."
)


def shapes(result: Result) -> str:
    """Return the other shapes of traffic."""
    rows = [
        (
            one["title"],
            one["fastapi"]["per_second"],
            one["pronghorn"]["per_second"],
            f"**{cell(one['ratio'])}**",
        )
        for one in result.values()
        if isinstance(one, dict) and "title" in one
    ]
    found = result["upload"]
    titles = {
        "seconds": "seconds",
        "server_cpu_seconds": "seconds of the server's processor",
        "peak_mebibytes": "MiB of memory, at most",
    }
    for key, title in titles.items():
        pair = found["fastapi"][key], found["pronghorn"][key]
        name = f"upload of {found['bytes'] // 1_000_000} MB over a socket, {title}"
        rows.append((name, *pair, f"**{cell(pair[0] / max(pair[1], 1e-9))}**"))
    table = markdown(("shape", "FastAPI", "pronghorn", "ratio"), rows)
    return f"{table}\n\n{machine(result)}{precede('shapes', result['date'])}"


def growth(result: Result) -> str:
    """Return the figures that grow with the size of a program."""
    rows: list[Sequence[Any]] = []
    for number, sides in result["routes"]["microseconds"].items():
        for what, title in (("last", "the last route"), ("nowhere", "a path that no route has")):
            pair = [sides.get(name, {}).get(what) for name in ("fastapi", "pronghorn")]
            rows.append((f"{int(number):,} routes: {title}, µs", *pair, quotient(*pair)))
    for depth, sides in result["depth"]["microseconds"].items():
        pair = [sides[name]["request"] for name in ("fastapi", "pronghorn")]
        rows.append((f"{depth} dependencies, one behind the other, µs", *pair, quotient(*pair)))
    node = result["depth"]["per_node"]
    pair = [node["fastapi"], node["pronghorn"]]
    rows.append(("each further dependency, µs", *pair, quotient(*pair)))
    found = result["document"]
    pair = [found["microseconds"][name]["request"] for name in ("fastapi", "pronghorn")]
    rows.append((f"`/openapi.json` of {found['routes']} routes, µs", *pair, quotient(*pair)))
    rows += further_growth(result)
    for name, key, title in STARTING:
        pair = [result[name][framework][key] for framework in ("fastapi", "pronghorn")]
        rows.append((title, *pair, quotient(*pair)))
    alone = cell(result["start"]["models_alone_cpu_milliseconds"])
    below = f"Of the milliseconds of the large program, Pydantic takes {alone} for its 300 models."
    table = markdown(("", "FastAPI", "pronghorn", "ratio"), rows)
    return f"{table}\n\n{below} {machine(result)}"


def further_growth(result: Result) -> Iterator[Sequence[Any]]:
    """Yield the rows of middleware, bodies and workers, if they were measured."""
    for kind, title in LAYERS.items():
        if "middleware" in result:
            most = result["middleware"]["microseconds"]["10"]
            pair = [most[name][kind] for name in FRAMEWORKS]
            yield f"a request through ten {title}, µs", *pair, quotient(*pair)
    for kind in ("in", "out"):
        for size, sides in result.get("bodies", {}).get("microseconds", {}).items():
            pair = [sides[name][kind] for name in FRAMEWORKS]
            yield f"models of {int(size) // 1000:,} kB {kind}, µs", *pair, quotient(*pair)
    for number, sides in result.get("workers", {}).get("microseconds", {}).items():
        pair = [sides[name]["GET"] for name in FRAMEWORKS]
        title = "worker" if number == "1" else "workers"
        yield f"{number} {title}: a GET over a socket, µs of the server", *pair, quotient(*pair)


FRAMEWORKS = ("fastapi", "pronghorn")
LAYERS = {
    "pure": "ASGI middlewares that only pass it on",
    "standard": "of CORS, GZip and trusted hosts in turn",
    "http": 'of `@app.middleware("http")`',
}
STARTING = (
    (
        "import",
        "cpu_milliseconds",
        "`from ... import FastAPI` in a new interpreter, ms",
    ),
    ("start", "cpu_milliseconds", "1,000 routes and 300 models: import to first answer, ms"),
    ("start", "import_milliseconds", "of that, the import after `asyncio` and others, ms"),
    ("start", "declare_milliseconds", "of that, declaring models and routes, ms"),
    ("start", "resident_mebibytes", "the same program: resident memory, MiB"),
)


def list_watched(result: Result) -> str:
    """Return the tools that watch programs, and what each adds."""
    rows: list[Sequence[Any]] = []
    for row in result["tools"].values():
        whole, adds, share = row["microseconds"], row["adds"], row["share"]
        rows.append(
            (
                row["title"],
                whole["fastapi"],
                whole["pronghorn"],
                adds["fastapi"] if share else None,
                adds["pronghorn"] if share else None,
                f"**{cell(share)}**" if share else None,
            )
        )
    rows.append((SDK_ALONE, None, None, None, result["sdk_alone"], None))
    head = (
        "watched by",
        "FastAPI, µs",
        "pronghorn, µs",
        "added to FastAPI, µs",
        "added to pronghorn, µs",
        "share",
    )
    return f"{markdown(head, rows)}\n\n{machine(result)}"


SDK_ALONE = "the SDK of OpenTelemetry alone, for the spans of the built-in telemetry"


def quotient(fastapi: float | None, pronghorn: float | None) -> str | None:
    """Return FastAPI's figure divided by pronghorn's."""
    return f"**{cell(fastapi / pronghorn)}**" if fastapi and pronghorn else None


def connections(result: Result) -> str:
    """Return the memory of connections that do nothing."""
    kinds = {key: result[key] for key in CONNECTIONS if key in result}
    servers = list(next(iter(kinds.values())))
    rows = [(CONNECTIONS[kind], *figures.values()) for kind, figures in kinds.items()]
    table = markdown((f"bytes of each of {result['connections']:,}", *servers), rows)
    return f"{table}\n\n{machine(result)}"


CONNECTIONS = {
    "keep_alive": "idle connection, after a request",
    "posted": "idle connection, after a JSON body of 20 kB",
    "websocket": "open WebSocket, after a message",
}

TABLES: dict[str, Callable[[Result], str]] = {
    "latest": bench,
    "wire": wire,
    "stack": list_stacks,
    "shapes": shapes,
    "growth": growth,
    "connections": connections,
    "service": service,
    "watched": list_watched,
}


def with_tables(page: str, results: Mapping[str, Result]) -> str:
    """Return the page with each table written again, if there is a result."""
    for name, result in results.items():
        if result:
            text = f"<!-- {name} -->\n{TABLES[name](result)}\n<!-- end -->"
            page = re.sub(
                rf"<!-- {name} -->\n.*?<!-- end -->",
                lambda _, text=text: text,
                page,
                flags=re.DOTALL,
            )
    return page
