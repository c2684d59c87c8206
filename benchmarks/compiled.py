"""The modules of a request, compiled to C, beside the same modules in Python.

    pip install cython mypy setuptools        next to the requirements of `pronghorn[standard]`
    python -m benchmarks.compiled cython
    python -m benchmarks.compiled mypyc

copies the package, compiles the modules in the copy without a change of their source, and runs
`benchmarks.protocol` on both in turns. It prints the median of the fastest rounds.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
TURNS = 8
WITHOUT_CLASSES = (
    "run/input/query.py",
    "compile/route_table.py",
    "adapters/uvicorn/outbox.py",
)
#: mypyc compiles only the first three: `del` of a caught error and classes that inherit from those
#: of uvicorn are beyond it.
MODULES = {
    "mypyc": WITHOUT_CLASSES,
    "cython": (
        *WITHOUT_CLASSES,
        "adapters/uvicorn/protocol.py",
        "adapters/uvicorn/exchange.py",
        "compile/dispatch.py",
        "run/exchange.py",
        "fields/json_writer.py",
    ),
}
SETUP = {
    "mypyc": "from mypyc.build import mypycify\n"
    "modules = [part for name in names for part in mypycify([name])]",
    "cython": "from Cython.Build import cythonize\n"
    "modules = cythonize(names, compiler_directives={'annotation_typing': False})",
}


def build(tool: str, folder: Path) -> None:
    """Compile the modules in a copy of the package."""
    shutil.copytree(ROOT / "pronghorn", folder / "pronghorn")
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks")
    names = [f"pronghorn/{name}" for name in MODULES[tool]]
    script = folder / "setup.py"
    script.write_text(
        f"from setuptools import setup\nnames = {names}\n{SETUP[tool]}\n"
        "setup(name='copy', packages=[], ext_modules=modules)\n"
    )
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    environment = {**os.environ, "CFLAGS": "-O3", "PYTHONPATH": str(folder)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def measure(folder: Path) -> dict[str, float]:
    """Return the microseconds per request of each kind."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.protocol"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {
        kind: float(best) for kind, best in re.findall(r"^(\w+) +([\d.]+),", output, re.MULTILINE)
    }


def main() -> None:
    """Compile, measure in turns, and print."""
    tool = sys.argv[1]
    with TemporaryDirectory() as temporary:
        copy = Path(temporary)
        build(tool, copy)
        rounds = [(measure(ROOT), measure(copy)) for _ in range(TURNS)]
    for kind in rounds[0][0]:
        plain, made = (statistics.median(each[side][kind] for each in rounds) for side in (0, 1))
        print(f"{kind:10} Python {plain:.2f} µs, {tool} {made:.2f} µs: {plain / made:.2f} times")


if __name__ == "__main__":
    main()
