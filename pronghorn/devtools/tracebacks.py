"""Show an exception with the frames of the program, and fold those of libraries.

- `frames_of` returns the frames of one exception as data, each with `is_program`
- `chain_of` returns an exception and what it was raised from, as a page or a tool shows them
- `format_error` returns the text of all of it, for a terminal or a log

A frame belongs to the program unless its file is a part of pronghorn, of an installed package or of
Python, or has no file. `add_program` adds a program that is itself an installed package.
"""

from __future__ import annotations

import importlib.util
import os
import site
import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from pronghorn.core.setup_errors import SetupError

__all__ = [
    "Frame",
    "add_program",
    "chain_of",
    "format_error",
    "frames_of",
    "is_program_file",
    "package_of",
    "wants_colour",
]

FULL = "--full-traceback shows them"
"""The end of the line about folded frames."""

_LISTED_PACKAGES = 4
_SITE_FOLDERS = frozenset({"site-packages", "dist-packages"})
_HEADER = "Traceback (most recent call last):\n"
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"
_OWN_FOLDER = str(Path(__file__).parent.parent) + os.sep

_BOLD_RED, _CYAN, _DIM, _PLAIN = "\x1b[1;31m", "\x1b[36m", "\x1b[2m", "\x1b[0m"

_program_places: set[str] = set()


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback.

    Attributes:
        file: The name of the source file as Python knows it; generated code has a name in angle
            brackets.
        line: The line number; 0 if Python does not know it.
        function: The name of the function, or `<module>`.
        source: The text of the line without its indentation; empty if it cannot be read.
        is_program: True if the frame belongs to the program.
        package: The top-level package or module of a frame that does not, such as `starlette`; None
            for the program.
    """

    file: str
    line: int
    function: str
    source: str
    is_program: bool
    package: str | None


def add_program(name: str) -> None:
    """Count the package of a module as the program, also where it is installed as a library.

    Args:
        name: The name of the module that contains the application; its top-level package counts.
            Nothing is imported.
    """
    try:
        found = importlib.util.find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        return
    if found is None:
        return
    folders = found.submodule_search_locations
    places = [folder + os.sep for folder in folders] if folders else [found.origin or ""]
    _program_places.update(place for place in places if os.sep in place)
    package_of.cache_clear()


def is_program_file(file: str) -> bool:
    """Return True if code of this file belongs to the program.

    Args:
        file: The name of the file as in `code.co_filename`.
    """
    return package_of(file) is None


@cache
def package_of(file: str) -> str | None:
    """Return the library that a file belongs to.

    Args:
        file: The name of the file as in `code.co_filename`.

    Returns:
        The name of its top-level package or module; None for a file of the program.
    """
    if any(file.startswith(place) for place in _program_places):
        return None
    if file.startswith("<"):
        return _package_of_generated(file)
    if file.startswith(_OWN_FOLDER):
        return "pronghorn"
    parts = Path(file).parts
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in _SITE_FOLDERS:
            return _module_name(parts[index + 1])
    for folder in _library_folders():
        if file.startswith(folder):
            return _module_name(file[len(folder) :].split(os.sep, 1)[0])
    return None


def _package_of_generated(file: str) -> str:
    """Return the package of code without a file: `<frozen importlib._bootstrap>`, `<string>`."""
    words = file.strip("<>").replace(".", " ").split()
    if words[:1] == ["frozen"] and len(words) > 1:
        return words[1]
    return "pronghorn" if words[:1] == ["pronghorn"] else "generated code"


def _module_name(part: str) -> str:
    return part.partition(".")[0]


@cache
def _library_folders() -> tuple[str, ...]:
    """Return the folders of installed packages and of Python's own modules, longest first.

    A folder above the working directory, such as a home directory that is a user's site, counts
    only with its own parts, which `package_of` asks for first.
    """
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {sysconfig.get_paths()[name] for name in names}
    folders |= {str(Path(folder).resolve()) for folder in folders}
    folders |= {str(Path(os.__file__).parent), *site.getsitepackages()}
    return tuple(sorted((folder + os.sep for folder in folders), key=len, reverse=True))


def frames_of(error: BaseException) -> list[Frame]:
    """Return the frames of one exception, the innermost last, without those it was raised from."""
    return [_frame(summary) for summary in traceback.extract_tb(error.__traceback__)]


def _frame(summary: traceback.FrameSummary) -> Frame:
    package = package_of(summary.filename)
    source = (summary.line or "").strip()
    line = summary.lineno or 0
    return Frame(summary.filename, line, summary.name, source, package is None, package)


def chain_of(error: BaseException) -> list[tuple[BaseException, str]]:
    """Return an exception and those before it, in the order in which they were raised.

    A `SetupError` explains what it was raised from, so only errors of the program's own code stay
    in front of it.

    Returns:
        Pairs of an exception and the sentence that a traceback puts after it; the last pair is
            `error` itself, with an empty sentence.
    """
    chain: list[tuple[BaseException, str]] = [(error, "")]
    seen = {id(error)}
    current = error
    while (before := _before(current)) is not None and id(before[0]) not in seen:
        chain.append(before)
        current = before[0]
        seen.add(id(current))
    return chain[::-1]


def _before(error: BaseException) -> tuple[BaseException, str] | None:
    """Return the exception that is shown before this one, and the sentence between the two."""
    cause, context = error.__cause__, error.__context__
    if cause is not None:
        shown = (cause, _CAUSE)
    elif context is not None and not error.__suppress_context__:
        shown = (context, _CONTEXT)
    else:
        return None
    return None if _is_explained(error, shown[0]) else shown


def _is_explained(error: BaseException, before: BaseException) -> bool:
    """Return True if a setup error says all that the exception before it says.

    That exception begins in pronghorn, so a frame of the program means that the program's own code
    raised it.
    """
    return isinstance(error, SetupError) and not any(
        frame.is_program for frame in frames_of(before)
    )


def format_error(error: BaseException, *, full: bool = False, colour: bool = False) -> str:
    """Return the traceback of an exception, of its members and of what it was raised from.

    Args:
        error: The exception.
        full: Show every frame and every exception, as Python does.
        colour: Mark the lines for a terminal.

    Returns:
        Lines as Python prints them. Frames of libraries are left out, in the middle and at the
            end with a line that counts them; a last line counts all of them and names the option
            that shows them. An exception without a frame of the program keeps its innermost frame.
            Of an exception whose attributes raise, all frames and the class are shown.
    """
    try:
        return _format_report(error, full, colour)
    except Exception as problem:  # noqa: BLE001 - code of the class may raise anything
        stack = "".join(traceback.format_tb(error.__traceback__))
        unknown = f"<its text is unknown: reading it raised {type(problem).__name__}>"
        return f"{_HEADER}{stack}{type(error).__qualname__}: {unknown}\n"


def _format_report(error: BaseException, full: bool, colour: bool) -> str:
    report = traceback.TracebackException.from_exception(error, compact=True)
    folded: list[str] = []
    gaps: list[_Gap] = []
    for current, of_exception in _reports(report, error):
        if not full:
            _drop_explained(current, of_exception)
            stack, packages = _fold(current.stack)
            current.stack = _Shown.of(stack, colour)
            folded += packages
            gaps += [frame for frame in stack if isinstance(frame, _Gap)]
        elif colour:
            current.stack = _Shown.of(current.stack, colour)
    last = ""
    if len(gaps) == 1 and gaps[0].size == len(folded):
        gaps[0].text += f": {FULL}"
    elif folded:
        last = _paint(f"… {_count(folded)}: {FULL}\n", _DIM, colour)
    return "".join(_lines(report, colour)) + last


def _reports(
    report: traceback.TracebackException, error: BaseException
) -> Iterator[tuple[traceback.TracebackException, BaseException]]:
    """Yield the report of each exception with the exception; one that is dropped is not visited."""
    pending: list[tuple[traceback.TracebackException | None, BaseException | None]]
    pending = [(report, error)]
    while pending:
        current, of_exception = pending.pop()
        if current is None or of_exception is None:
            continue
        yield current, of_exception
        pending.append((current.__cause__, of_exception.__cause__))
        pending.append((current.__context__, of_exception.__context__))
        if current.exceptions and isinstance(of_exception, BaseExceptionGroup):
            pending += zip(current.exceptions, of_exception.exceptions, strict=False)


def _drop_explained(report: traceback.TracebackException, error: BaseException) -> None:
    for before in (error.__cause__, error.__context__):
        if before is not None and _is_explained(error, before):
            report.__cause__ = report.__context__ = None


class _Gap(traceback.FrameSummary):
    """Stands in a stack for frames that are folded."""

    __slots__ = ("size", "text")

    def __init__(self, packages: list[str], number: int) -> None:
        # The number is different for each gap, since Python joins equal frames.
        super().__init__("<folded>", number, "", lookup_line=False, line="")
        self.size = len(packages)
        self.text = f"… {_count(packages)}"


class _Shown(traceback.StackSummary):
    """A stack whose gaps are lines, and whose frames of the program are coloured."""

    colour = False

    @classmethod
    def of(cls, frames: list[Any], colour: bool) -> _Shown:
        """Return a stack of these frames."""
        stack = cls(frames)
        stack.colour = colour
        return stack

    def format_frame_summary(self, frame_summary: traceback.FrameSummary, **options: Any) -> str:
        """Return the lines of one frame."""
        if isinstance(frame_summary, _Gap):
            return "  " + _paint(frame_summary.text, _DIM, self.colour) + "\n"
        text = super().format_frame_summary(frame_summary, **options)
        if not self.colour or not is_program_file(frame_summary.filename):
            return text
        first, _, others = text.partition("\n")
        return f"{_paint(first, _CYAN, True)}\n{others}"


def _fold(
    stack: traceback.StackSummary,
) -> tuple[list[traceback.FrameSummary], list[str]]:
    """Return the frames of a stack without those of libraries, and the packages of the latter."""
    packages = [package_of(frame.filename) for frame in stack]
    if None not in packages and packages:
        packages[-1] = None  # the place where it was raised
    kept: list[traceback.FrameSummary] = []
    folded: list[str] = []
    gap: list[str] = []
    for index, (frame, package) in enumerate(zip(stack, packages, strict=True)):
        if package is not None:
            gap.append(package)
            continue
        if gap and kept:
            kept.append(_Gap(gap, index))
        folded += gap
        gap = []
        kept.append(frame)
    if gap:
        kept.append(_Gap(gap, len(stack)))
        folded += gap
    return kept, folded


def _count(packages: list[str]) -> str:
    """Return "14 frames of starlette, pronghorn, anyio"."""
    names = list(dict.fromkeys(packages))
    listed = ", ".join(names[:_LISTED_PACKAGES])
    more = f" and {len(names) - _LISTED_PACKAGES} more" if len(names) > _LISTED_PACKAGES else ""
    return f"{len(packages)} frame{'' if len(packages) == 1 else 's'} of {listed}{more}"


def _lines(report: traceback.TracebackException, colour: bool) -> Iterator[str]:
    """Yield the parts of a report; without the header of a stack that is empty."""
    chunks = list(report.format())
    for chunk, after in zip(chunks, [*chunks[1:], ""], strict=True):
        if chunk == _HEADER and not after.startswith((" ", _CYAN)):
            continue
        is_message = chunk[:1].isalpha() and chunk != _HEADER
        yield _paint(chunk, _BOLD_RED, colour and is_message)


def _paint(text: str, code: str, colour: bool) -> str:
    if not colour:
        return text
    line = text.removesuffix("\n")
    return f"{code}{line}{_PLAIN}{text[len(line) :]}"


def wants_colour(stream: TextIO | None) -> bool:
    """Return True if a stream is a terminal, and the environment does not forbid colours.

    See https://no-color.org for the variable `NO_COLOR`.
    """
    try:
        is_terminal = stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # An object of the program, or a stream that is closed.
        return False
    return is_terminal and not os.environ.get("NO_COLOR")
