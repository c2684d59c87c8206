"""Run one target with Atheris: `python -m tests.fuzz.one json --seconds=60`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

import atheris

from tests.fuzz.__main__ import BUILD, HANG, MOST_BYTES, NAMES, name_of

#: The packages whose lines guide the search.
READERS = [
    *("pronghorn.run", "pronghorn.fields", "pronghorn.adapters", "pronghorn.exception_handlers"),
    *("pronghorn.security", "python_multipart", "starlette.formparsers"),
]


def main() -> None:
    """Read the options, and invent inputs until the time is over or one is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with atheris.instrument_imports(include=READERS):
        from tests.fuzz.targets import find_seeds, find_target
    logging.disable(logging.CRITICAL)
    target = find_target(options.name, asyncio.new_event_loop())
    found, begins = BUILD / options.name, BUILD / f"{options.name}-seeds"
    write_seeds(begins, find_seeds(options.name))
    found.mkdir(parents=True, exist_ok=True)
    flags = [f"-max_total_time={options.seconds}", f"-timeout={HANG}", f"-max_len={MOST_BYTES}"]
    flags += [f"-artifact_prefix={BUILD}/{options.name}-", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, str(found), str(begins)], target)
    atheris.Fuzz()


def write_seeds(folder: Path, seeds: Iterable[bytes]) -> None:
    """Write the first inputs, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in seeds:
        (folder / name_of(data)).write_bytes(data)


if __name__ == "__main__":
    main()
