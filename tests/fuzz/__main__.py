"""Invent inputs for the readers of requests, guided by the lines that they reach.

    make fuzz                         every target for 60 seconds, and the OpenAPI documents
    make fuzz SECONDS=600 ARGS=json   one target for longer
    make fuzz ARGS=--keep             adds what was found before to tests/fuzz/corpus

A target ends at the first input that a reader does wrong with, and writes it to
`build/fuzz/NAME-crash-...`. What reached new lines is in `build/fuzz/NAME`, for the next run.
`--keep` adds both to the kept corpus, which `make test` passes to the targets.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"
CORPUS = Path(__file__).parent / "corpus"
#: The targets of bytes; `tests.fuzz.targets` has their functions, which this process need not load.
NAMES = ("query", "cookie", "header", "form", "multipart", "json", "wire", "granian")
DOCUMENTS = "documents"
#: An input that takes longer is reported as a hang. In seconds.
HANG = 10
MOST_BYTES = 4096
LINES_OF_A_FAILURE = 40


def command_of(name: str, seconds: int) -> list[str]:
    """Return the command that runs one target."""
    if name == DOCUMENTS:
        return [sys.executable, "-m", "tests.fuzz.documents", f"--seconds={seconds}"]
    return [sys.executable, "-m", "tests.fuzz.one", name, f"--seconds={seconds}"]


def run(name: str, seconds: int) -> bool:
    """Run a target, and print how it ended; return True if nothing was found."""
    begin = time.monotonic()
    done = subprocess.run(
        command_of(name, seconds), cwd=ROOT, capture_output=True, text=True, check=False
    )
    lines = (done.stderr + done.stdout).splitlines()  # What was found is in the latter.
    took = time.monotonic() - begin
    if done.returncode:
        print(
            f"{name}: FAILED after {took:.0f} s",
            *lines[-LINES_OF_A_FAILURE:],
            sep="\n  ",
            flush=True,
        )
        return False
    found = [line for line in lines if line.startswith(("Done", "All"))]
    print(f"{name}: {' '.join(found[-1:])} ({took:.0f} s)", flush=True)
    return True


def keep(name: str) -> None:
    """Add to the kept corpus what reached new lines, and what was read wrongly."""
    paths = [*(BUILD / name).glob("*"), *BUILD.glob(f"{name}-*-*")]
    inputs = {*read_kept(name), *(path.read_bytes() for path in paths if path.is_file())}
    texts = sorted(data.decode("latin-1") for data in inputs if len(data) <= MOST_BYTES)
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{name}.json").write_text(json.dumps(texts, indent=0) + "\n", encoding="ascii")


def read_kept(name: str) -> list[bytes]:
    """Return the kept inputs of a target, whose file has the bytes as characters of Latin-1."""
    path = CORPUS / f"{name}.json"
    texts = json.loads(path.read_text(encoding="ascii")) if path.exists() else []
    return [text.encode("latin-1") for text in texts]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    about, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="make fuzz",
        description=about,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="*", choices=[*NAMES, DOCUMENTS, []], help="only these")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--at-once", type=int, default=2, help="targets at a time")
    parser.add_argument("--keep", action="store_true", help="add to the corpus, and run nothing")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the targets. Returns the exit status: 1 if something was found."""
    options = parse(arguments)
    chosen = options.targets or [*NAMES, DOCUMENTS]
    if options.keep:
        for name in chosen:
            if name != DOCUMENTS:
                keep(name)
        return 0
    BUILD.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(options.at_once) as pool:
        passed = list(pool.map(lambda name: run(name, options.seconds), chosen))
    return 0 if all(passed) else 1


def name_of(data: bytes) -> str:
    """Return the name of the file of an input, as libFuzzer chooses it."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
