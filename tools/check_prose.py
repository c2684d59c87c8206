"""Check the prose rules of CONTRIBUTING.md, as far as a program can.

    python tools/check_prose.py pronghorn benchmarks tools

- Code in docstrings and comments is in single backticks.
- Parameters are documented under `Args:`, not as a list of "- `name`:".
- A docstring starts with a subject or a verb, not with a relative clause ("What ...", "Where ...")
  or a reference to its neighbour ("The same ...", "Likewise").
- Comments and docstrings of the package contain no benchmark figures; docs/explain/design.md has
  them.
- A function is named by a verb, not by a participle (`copy_route`, not `copied_route`).

Prints each offence as `file:line: what` and exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

if __name__ == "__main__":  # A script has its own folder on the path, not the project.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.check_sizes import Offence, print_offences

PACKAGE = "pronghorn"

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Function = ast.FunctionDef | ast.AsyncFunctionDef

HEADLESS = re.compile(r"(What|Where|Who|Which|How|The same|Likewise)\b")
PARAMETER_LIST = re.compile(r"^\s*- `\w+`:", re.MULTILINE)
UNITS = r"(?:µs|ms|microseconds?|milliseconds?|nanoseconds?|percent|per cent|%)"
FRACTIONS = r"(?:half|third|quarter|fifth|sixth|eighth|tenth|twelfth)"
WHOLES = r"(?:the time|a request|a response|a 404|an item|a small response|`import \w+`)"
FIGURE = re.compile(
    rf"\d\s?{UNITS}(?!\w)"
    r"|\b[Mm]easured:? \d"
    rf"|\ba {FRACTIONS} of {WHOLES}"
    r"|\d times (?:as|faster|less|more)\b"
)

#: Participles that do not end in "ed", and verbs that do.
IRREGULAR = frozenset(
    [
        "begun",
        "bound",
        "built",
        "chosen",
        "done",
        "drawn",
        "found",
        "given",
        "held",
        "kept",
        "known",
        "left",
        "made",
        "meant",
        "shown",
        "taken",
        "told",
        "undone",
        "written",
    ]
)
VERBS = frozenset(["embed", "exceed", "feed", "need", "proceed", "seed"])
#: Names of the public interface of `pronghorn.hooks`, of methods of Pydantic and of asyncio's
#: futures, and those that `interop/homes.py` maps.
FIXED_NAMES = frozenset(
    [
        "done",
        "hooked",
        "merged",
        "solved",
        "started",
        "tagged_union_schema",
        "typed_signature",
        "wanted_around",
    ]
)


def check_source(path: str, source: str) -> list[Offence]:
    """Return every broken rule of one file, in the order of its lines."""
    tree = ast.parse(source, filename=path)
    offences = []
    for node in ast.walk(tree):
        if isinstance(node, Function):
            offences += check_name(path, node)
        if isinstance(node, Documented):
            offences += check_docstrings(path, node)
    for line, comment in read_comments(source):
        offences += check_text(path, line, comment)
    return sorted(offences)


def check_name(path: str, function: Function) -> Iterator[Offence]:
    """Yield an offence if the name of a function is a participle. Properties may have one."""
    decorators = {
        ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list
    }
    if decorators & {"property", "cached_property", "setter"}:
        return
    first = function.name.strip("_").partition("_")[0]
    is_participle = first in IRREGULAR or (first.endswith("ed") and first not in VERBS)
    if is_participle and function.name not in FIXED_NAMES:
        yield Offence(path, function.lineno, f"{function.name}: a function is named by a verb")


def check_docstrings(path: str, node: Documented) -> Iterator[Offence]:
    """Yield the offences of a docstring, and of the texts below attributes."""
    first = node.body[0] if node.body else None
    for statement in node.body:
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
            continue
        text = statement.value.value
        if not isinstance(text, str):
            continue
        yield from check_text(path, statement.lineno, text)
        if HEADLESS.match(text):
            message = f'a docstring starts with a subject or a verb, not with "{text.split()[0]}"'
            yield Offence(path, statement.lineno, message)
        if statement is first and not isinstance(node, ast.Module) and PARAMETER_LIST.search(text):
            yield Offence(path, statement.lineno, "parameters are documented under Args:")


def check_text(path: str, line: int, text: str) -> Iterator[Offence]:
    """Yield the offences that docstrings and comments have in common."""
    if "``" in text.replace("```", ""):
        yield Offence(path, line, "code is written in single backticks")
    figure = FIGURE.search(" ".join(text.split()))
    if figure and PACKAGE in Path(path).parts:
        message = f'a benchmark figure ("{figure[0]}") belongs in docs/explain/design.md'
        yield Offence(path, line, message)


def read_comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield each block of comments with the number of its first line."""
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != last + 1:
            yield first, " ".join(block)
            block = []
        if not block:
            first = token.start[0]
        block.append(token.string.lstrip("#: "))
        last = token.start[0]
    if block:
        yield first, " ".join(block)


def main(folders: Sequence[str]) -> int:
    """Check every Python file under the folders. Returns the exit status."""
    missing = [folder for folder in folders if not Path(folder).is_dir()]
    if missing or not folders:
        print(f"Name folders that exist: {' '.join(missing) or 'none was given'}", file=sys.stderr)
        return 2
    files, offences = print_offences(folders, check_source)
    print(f"{files} files checked: {offences} found.")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
