"""Attack FastAPI on uvicorn, `pronghorn run` and pronghorn on Granian, and count what breaks.

    make harden                            all probes; writes results/hardening.json
    make harden ARGS="--only raw"          probes whose name contains a text; writes nothing
    make harden ARGS="--only raw --write"  the same, and replaces their rows in the result
    make harden ARGS=--list                the names and the goals of the probes

`make plots` writes the table of docs/reliability.md from the result. To add a probe, add a module
to `benchmarks/hardening/probes`; `benchmarks/hardening/probe.py` says what it has.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.hardening.probe import Figure, Probe
from benchmarks.hardening.probes import all_probes
from benchmarks.hardening.servers import KINDS, start
from benchmarks.processes import StartError
from benchmarks.record import environment, read, write
from benchmarks.run import is_chosen, none_chosen
from benchmarks.wire.environments import prepare
from tools.environment import PreparationError


def ask(probe: Probe, kinds: list[str], interpreter: Path) -> dict[str, Figure]:
    """Return the figure of a probe on each server, and print it."""
    print(f"{probe.name} (must hold: {probe.goal})", flush=True)
    found = {}
    for kind in kinds:
        more = getattr(probe, "environment", None)
        with start(kind, probe.program, probe.options, str(interpreter), more) as server:
            figure = found[kind] = probe.run(server)
        mark = "reached" if figure.is_reached else "not reached"
        print(f"  {KINDS[kind].title:22} {figure.text:24} {mark}", flush=True)
    return found


def as_rows(found: dict[Probe, dict[str, Figure]]) -> dict[str, Any]:
    """Return the rows of the result file."""
    return {
        probe.name: {
            "goal": probe.goal,
            "servers": {kind: figure.as_json() for kind, figure in figures.items()},
        }
        for probe, figures in found.items()
    }


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line, with the chosen `probes`."""
    about, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="make harden",
        description=about,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", help="probes whose name contains a text")
    parser.add_argument("--server", choices=KINDS, action="append", help="this server; repeatable")
    parser.add_argument("--write", action="store_true", help="with --only: replace their rows")
    parser.add_argument("--details", action="store_true", help="print what was wrong")
    parser.add_argument("--list", action="store_true", help="print the probes, and run none")
    parser.add_argument("--python", type=Path, help="an interpreter that has all servers")
    options = parser.parse_args(arguments)
    options.probes = [probe for probe in all_probes() if is_chosen(probe.name, [options.only])]
    if not options.probes:
        parser.error(none_chosen("probe", [options.only], [probe.name for probe in all_probes()]))
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the probes. Returns the exit status: 1 if `pronghorn run` misses a goal."""
    options = parse(arguments)
    probes: list[Probe] = options.probes
    if options.list:
        print("\n".join(f"{probe.name} (must hold: {probe.goal})" for probe in probes))
        return 0
    try:
        interpreter = options.python or prepare("wire")
        found = {probe: ask(probe, options.server or list(KINDS), interpreter) for probe in probes}
    except (PreparationError, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.details:
        for figures in found.values():
            for kind, figure in figures.items():
                print("\n".join([f"\n{KINDS[kind].title}:", *figure.details]))
    if not options.server and (options.write or not options.only):
        kept = read("hardening").get("probes", {}) if options.only else {}
        path = write(
            "hardening", {**environment(interpreter), "probes": {**kept, **as_rows(found)}}
        )
        print(f"Written to {path.name}; `make plots` puts it into docs/reliability.md.")
    ours = [figures["run"] for figures in found.values() if "run" in figures]
    return 0 if all(figure.is_reached for figure in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
