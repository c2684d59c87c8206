"""Runs type checkers on programs, each once for a folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: The programs are copied to here, so that no configuration of this project applies to them.
BUILD = HERE.parent.parent / "build" / "typing"
FRAMEWORKS = ("pronghorn", "fastapi")
MARK = "# wrong"

#: The lines with errors by the name of the program.
Errors = Mapping[str, set[int]]


def programs(kind: str) -> list[Path]:
    """Return the programs in the folder `good` or `wrong`."""
    return sorted((HERE / kind).glob("*.py"))


def marked_line(program: Path) -> int:
    """Return the number of the line with the mistake."""
    lines = program.read_text(encoding="utf-8").splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if line.endswith(MARK))
    return number


def copy_programs(framework: str) -> Path:
    """Copy all programs, with another framework in their imports; return the folder."""
    folder = BUILD / framework
    shutil.rmtree(folder, ignore_errors=True)
    for kind in ("good", "wrong"):
        folder.joinpath(kind).mkdir(parents=True)
        folder.joinpath(kind, "__init__.py").touch()
        for program in programs(kind):
            text = program.read_text(encoding="utf-8")
            text = re.sub(r"(?m)^(from|import) pronghorn\b", rf"\1 {framework}", text)
            folder.joinpath(kind, program.name).write_text(text, encoding="utf-8")
    # Git ignores the folder, and pyrefly what Git ignores.
    folder.joinpath("pyrefly.toml").write_text("use-ignore-files = false\n", encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> str:
    """Run a tool of this environment in a folder; return what it prints."""
    tool = Path(sys.executable).with_name(command[0])
    result = subprocess.run(
        [str(tool), *command[1:]],
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} failed:\n{result.stdout}\n{result.stderr}")
    return result.stdout


def lines_with(pattern: str, output: str) -> Errors:
    """Return the lines of each file that a pattern with the groups `file` and `line` finds."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for match in re.finditer(pattern, output):
        found[Path(match["file"]).stem].add(int(match["line"]))
    return found


def run_mypy(folder: Path) -> Errors:
    """Return the errors of `mypy --strict`."""
    options = ("--strict", "--config-file=", f"--cache-dir={BUILD / 'mypy'}")
    return lines_with(
        r"(?m)^(?P<file>\S+):(?P<line>\d+): error:", run(folder, "mypy", *options, ".")
    )


def run_pyright(folder: Path) -> Errors:
    """Return the errors of pyright in its standard mode."""
    return _pyright(folder, "standard", ["good", "wrong"])


def run_strict_pyright(folder: Path) -> Errors:
    """Return the errors of pyright in its strict mode, in the good programs only."""
    return _pyright(folder, "strict", ["good"])


def _pyright(folder: Path, mode: str, include: list[str]) -> Errors:
    config = folder / f"pyright-{mode}.json"
    content = {"typeCheckingMode": mode, "include": include}
    config.write_text(json.dumps(content), encoding="utf-8")
    output = run(
        folder, "pyright", "--outputjson", "-p", str(config), "--pythonpath", sys.executable
    )
    found: defaultdict[str, set[int]] = defaultdict(set)
    for diagnostic in json.loads(output)["generalDiagnostics"]:
        if diagnostic["severity"] == "error":
            start = diagnostic["range"]["start"]["line"] + 1
            found[Path(diagnostic["file"]).stem].add(start)
    return found


def run_ty(folder: Path) -> Errors:
    """Return the errors of ty."""
    output = run(folder, "ty", "check", "--output-format", "concise", "--python", sys.prefix, ".")
    return lines_with(r"(?m)^(?P<file>\S+?):(?P<line>\d+):\d+: error", output)


def run_pyrefly(folder: Path) -> Errors:
    """Return the errors of pyrefly."""
    python = f"--python-interpreter-path={sys.executable}"
    output = run(folder, "pyrefly", "check", "--output-format", "json", python)
    found: defaultdict[str, set[int]] = defaultdict(set)
    for error in json.loads(output)["errors"]:
        if error["severity"] == "error":
            found[Path(error["path"]).stem].add(int(error["line"]))
    return found


CHECKERS: dict[str, Callable[[Path], Errors]] = {
    "mypy --strict": run_mypy,
    "pyright": run_pyright,
    "ty": run_ty,
    "pyrefly": run_pyrefly,
}
