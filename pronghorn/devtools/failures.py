"""Describe an exception as bounded text: its message, its frames, lines of the program's source.

A page shows the description long after the exception, so it holds no exception, no frame and no
variable. Everything in it has a limit: the length of a message, the number of frames, of members of
a group and of earlier exceptions. A class whose `__str__` raises is described all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pronghorn.devtools.excerpts import Line, lines_around, printable
from pronghorn.devtools.tracebacks import Frame, chain_of, frames_of, is_program_file, package_of

__all__ = ["Failure", "ShownFrame", "describe_error", "describe_text"]

_LONGEST_MESSAGE = 4000
_LONGEST_NAME = 200
_MOST_FRAMES = 60
_MOST_EXCERPTS = 12
_MOST_MEMBERS = 5
_MOST_EARLIER = 5
_DEEPEST_GROUP = 3
_MOST_NOTES = 10


@dataclass(frozen=True)
class ShownFrame:
    """One frame of a failure.

    Attributes:
        file: The name of the source file; empty for frames that were left out.
        line: The line number; 0 if it is unknown.
        function: The name of the function, or `<module>`.
        is_program: True if the frame belongs to the program.
        package: The library that the frame belongs to; None for the program.
        times: How often the frame repeats, as in a recursion without an end.
        source: Its line of the source; empty if it cannot be read.
        lines: Lines of the source around it, for frames of the program.
        mark: The columns of an error of syntax in its line, from 0; None otherwise.
    """

    file: str
    line: int
    function: str
    is_program: bool
    package: str | None = None
    times: int = 1
    source: str = ""
    lines: tuple[Line, ...] = ()
    mark: tuple[int, int] | None = None


@dataclass(frozen=True)
class Failure:
    """One exception, and those that belong to it.

    Attributes:
        kind: The class, with its module unless that is `builtins`.
        message: The text of the exception.
        notes: Notes that were added to it (PEP 678).
        frames: The frames in the order of the calls, the innermost last.
        members: The exceptions of a group.
        more_members: The number of members that were left out.
        earlier: The exceptions before this one, the nearest first, each with the sentence that a
            traceback puts between the two.
        more_earlier: The number of earlier exceptions that were left out.
    """

    kind: str
    message: str
    notes: tuple[str, ...] = ()
    frames: tuple[ShownFrame, ...] = ()
    members: tuple[Failure, ...] = ()
    more_members: int = 0
    earlier: tuple[tuple[str, Failure], ...] = ()
    more_earlier: int = 0

    @property
    def of_program(self) -> list[ShownFrame]:
        """Return the frames of the program, the innermost first; else the innermost of all."""
        return [frame for frame in reversed(self.frames) if frame.is_program] or [
            frame for frame in self.frames[-1:] if frame.file
        ]

    @property
    def headline(self) -> str:
        """Return the class and the first line of the message."""
        first = self.message.strip().partition("\n")[0]
        return f"{self.kind}: {first}" if first else self.kind


def describe_error(error: BaseException) -> Failure:
    """Return the description of an exception and of those that it was raised from.

    If an attribute of the exception raises, as `__getattr__` of its class may, only the exception
    itself is described.
    """
    try:
        return _describe_chain(error)
    except Exception:  # noqa: BLE001 - code of the class may raise anything
        return Failure(_kind_of(error), _message_of(error), frames=tuple(_list_frames(error)))


def _describe_chain(error: BaseException) -> Failure:
    *before, _ = chain_of(error)
    shown = before[-_MOST_EARLIER:]
    earlier = tuple((sentence, _describe(one, 0)) for one, sentence in reversed(shown))
    return _describe(error, 0, earlier, len(before) - len(shown))


def describe_text(kind: str, message: str) -> Failure:
    """Return the description of a failure of which only a text is known."""
    return Failure(_cut(kind, _LONGEST_NAME), _cut(message, _LONGEST_MESSAGE))


def _describe(
    error: BaseException,
    depth: int,
    earlier: tuple[tuple[str, Failure], ...] = (),
    more_earlier: int = 0,
) -> Failure:
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    shown = inside[:_MOST_MEMBERS] if depth < _DEEPEST_GROUP else ()
    return Failure(
        kind=_kind_of(error),
        message=_message_of(error),
        notes=_notes_of(error),
        frames=tuple(_list_frames(error)),
        members=tuple(_describe(member, depth + 1) for member in shown),
        more_members=len(inside) - len(shown),
        earlier=earlier,
        more_earlier=more_earlier,
    )


def _kind_of(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in {"builtins", "__main__"}:
        name = f"{kind.__module__}.{name}"
    return _cut(name, _LONGEST_NAME)


def _message_of(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and isinstance(error.msg, str):
        return _cut(error.msg, _LONGEST_MESSAGE)
    return _cut(_text_of(error), _LONGEST_MESSAGE)


def _text_of(value: object) -> str:
    try:
        return str(value)
    except BaseException as error:  # noqa: BLE001 - a `__str__` of the program may even exit
        return f"<its text is unknown: __str__ raised {type(error).__name__}>"


def _notes_of(error: BaseException) -> tuple[str, ...]:
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, Sequence) or isinstance(notes, str):
        return ()
    return tuple(_cut(_text_of(note), _LONGEST_MESSAGE) for note in notes[:_MOST_NOTES])


def _cut(text: str, most: int) -> str:
    shown = printable(text[:most])
    return shown if len(text) <= most else f"{shown}… ({len(text):,} characters)"


def _list_frames(error: BaseException) -> list[ShownFrame]:
    """Return the frames of an exception; the last of an error of syntax is its place."""
    runs = [(frame, len(list(run))) for frame, run in groupby(frames_of(error))]
    left_out = sum(times for _, times in runs[_MOST_FRAMES // 2 : -_MOST_FRAMES // 2])
    if len(runs) > _MOST_FRAMES:
        first, last = runs[: _MOST_FRAMES // 2], runs[-_MOST_FRAMES // 2 :]
        gap = ShownFrame("", 0, "", is_program=False, times=left_out)
        frames = [*map(_show_run, first), gap, *map(_show_run, last)]
    else:
        frames = [_show_run(run) for run in runs]
    if isinstance(error, SyntaxError):
        frames += _place_of_syntax(error)
    return list(_with_excerpts(frames))


def _show_run(run: tuple[Frame, int]) -> ShownFrame:
    frame, times = run
    name = _cut(frame.function, _LONGEST_NAME)
    source = _cut(frame.source, _LONGEST_NAME)
    return ShownFrame(frame.file, frame.line, name, frame.is_program, frame.package, times, source)


def _place_of_syntax(error: SyntaxError) -> list[ShownFrame]:
    if not isinstance(error.filename, str):
        return []
    line = error.lineno or 0
    mark = None
    if error.offset is not None and error.offset > 0:
        same_line = error.end_lineno in {None, line} and error.end_offset
        end = error.end_offset if same_line and error.end_offset else error.offset + 1
        mark = (error.offset - 1, max(end - 1, error.offset))
    of_program = is_program_file(error.filename)
    package = package_of(error.filename)
    source = printable(_cut((error.text or "").strip(), _LONGEST_NAME))
    return [
        ShownFrame(error.filename, line, "<module>", of_program, package, source=source, mark=mark)
    ]


def _with_excerpts(frames: Iterable[ShownFrame]) -> list[ShownFrame]:
    """Return the frames, the innermost of the program with lines of their source."""
    shown = list(frames)
    ours = [index for index, frame in enumerate(shown) if frame.is_program]
    for index in ours[-_MOST_EXCERPTS:] or range(max(len(shown) - 1, 0), len(shown)):
        frame = shown[index]
        lines = lines_around(frame.file, frame.line)
        shown[index] = ShownFrame(**{**vars(frame), "lines": lines})
    return shown
