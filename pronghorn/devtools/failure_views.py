"""The description of an exception as HTML, as text and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pronghorn.devtools.excerpts import Line
from pronghorn.devtools.failures import Failure, ShownFrame
from pronghorn.devtools.inventory import shorten
from pronghorn.devtools.markup import Markup, tag

__all__ = ["failure_data", "failure_text", "show_failure"]

_LISTED_PACKAGES = 4


def show_failure(failure: Failure, level: str = "h2") -> Markup:
    """Return a failure as an element: the frames of the program first, all frames folded.

    Args:
        failure: The failure.
        level: The element of its heading.
    """
    parts = [
        tag(level, failure.kind, class_="kind bad"),
        tag("pre", failure.message, class_="message") if failure.message else Markup(""),
        *(tag("pre", note, class_="message quiet") for note in failure.notes),
        *_frames_of_program(failure),
        *_all_frames(failure),
        *_members(failure),
    ]
    for sentence, earlier in failure.earlier:
        parts += [tag("p", sentence, class_="quiet"), show_failure(earlier, "h3")]
    if failure.more_earlier:
        parts.append(tag("p", f"{_count(failure.more_earlier, 'earlier exception')} left out"))
    return tag("section", *parts, class_="failure")


def failure_text(failure: Failure) -> str:
    """Return a failure as plain text, with the same frames and excerpts."""
    return "\n".join(_text_lines(failure)) + "\n"


def failure_data(failure: Failure) -> dict[str, Any]:
    """Return a failure as values that `json.dumps` takes; program frames first, then all frames."""
    return {
        "type": failure.kind,
        "message": failure.message,
        "notes": list(failure.notes),
        "program_frames": [_frame_data(frame) for frame in failure.of_program],
        "frames": [_frame_data(frame) for frame in failure.frames if frame.file],
        "members": [failure_data(member) for member in failure.members],
        "earlier": [failure_data(earlier) for _, earlier in failure.earlier],
    }


def _frames_of_program(failure: Failure) -> Iterator[Markup]:
    for number, frame in enumerate(failure.of_program):
        where = [tag("code", _place(frame)), f" in {frame.function}"]
        if frame.times > 1:
            where.append(f", {frame.times:,} times")
        if not frame.lines:
            source = tag("pre", frame.source or "The source is not available.", class_="source")
            yield tag("div", tag("p", *where), source, class_="frame")
            continue
        excerpt = tag("pre", *_excerpt(frame), class_="source")
        is_open = "" if number == 0 else None
        yield tag("details", tag("summary", *where), excerpt, class_="frame", open=is_open)


def _excerpt(frame: ShownFrame) -> Iterator[Markup]:
    width = len(str(frame.lines[-1].number))
    for line in frame.lines:
        is_hit = line.number == frame.line
        text = _mark_columns(line, frame.mark) if is_hit and frame.mark else [line.text]
        number = tag("span", f"{line.number:>{width}}  ", class_="quiet")
        yield tag("span", number, *text, "\n", class_="hit" if is_hit else None)


def _mark_columns(line: Line, mark: tuple[int, int]) -> list[str]:
    """Return a line in which the columns of an error of syntax are marked."""
    start, end = (min(column, len(line.text)) for column in mark)
    marked = line.text[start:end] or " "
    return [line.text[:start], tag("mark", marked), line.text[end:]]


def _all_frames(failure: Failure) -> Iterator[Markup]:
    """Yield the element with every frame; nothing if all of them are shown already."""
    libraries = sum(frame.times for frame in failure.frames if not frame.is_program)
    if len(failure.frames) == len(failure.of_program):
        return
    lines = "\n".join(_frame_line(frame) for frame in failure.frames)
    total = sum(frame.times for frame in failure.frames)
    summary = f"All {total:,} frames"
    if libraries:
        summary += f", {libraries:,} of {_packages(failure.frames)}"
    yield tag("details", tag("summary", summary, class_="quiet"), tag("pre", lines))


def _members(failure: Failure) -> Iterator[Markup]:
    if failure.members:
        yield tag("div", *(show_failure(one, "h3") for one in failure.members), class_="members")
    if failure.more_members:
        yield tag("p", f"{_count(failure.more_members, 'more member')} left out", class_="quiet")


def _text_lines(failure: Failure, indent: str = "") -> Iterator[str]:
    message = failure.message.split("\n")
    yield f"{indent}{failure.kind}: {message[0]}" if failure.message else indent + failure.kind
    yield from (indent + line for line in message[1:])
    yield from (indent + line for note in failure.notes for line in note.split("\n"))
    for number, frame in enumerate(failure.of_program):
        yield f"{indent}  {_place(frame)} in {frame.function}"
        if number == 0:
            for line in frame.lines:
                arrow = ">" if line.number == frame.line else " "
                yield f"{indent}  {arrow} {line.number:>4}  {line.text}".rstrip()
        elif frame.source:
            yield f"{indent}      {frame.source}"
    for member in failure.members:
        yield ""
        yield from _text_lines(member, indent + "  | ")
    for sentence, earlier in failure.earlier:
        yield from ("", indent + sentence, "")
        yield from _text_lines(earlier, indent)


def _frame_line(frame: ShownFrame) -> str:
    if not frame.file:
        return f"… {_count(frame.times, 'frame')} …"
    times = f", {frame.times:,} times" if frame.times > 1 else ""
    text = f"{_place(frame)} in {frame.function}{times}"
    return f"{text}\n    {frame.source}" if frame.source else text


def _frame_data(frame: ShownFrame) -> dict[str, Any]:
    return {
        "file": frame.file,
        "line": frame.line,
        "function": frame.function,
        "is_program": frame.is_program,
        "package": frame.package,
        "times": frame.times,
        "source": frame.source,
        "lines": [line._asdict() for line in frame.lines],
    }


def _place(frame: ShownFrame) -> str:
    return f"{shorten(frame.file)}:{frame.line}" if frame.line else shorten(frame.file)


def _packages(frames: Iterable[ShownFrame]) -> str:
    names = list(Counter(frame.package for frame in frames if frame.package))
    more = len(names) - _LISTED_PACKAGES
    listed = ", ".join(names[:_LISTED_PACKAGES]) or "libraries"
    return f"{listed} and {more} more" if more > 0 else listed


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
