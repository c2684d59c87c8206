"""Trace the functions of pronghorn that a request enters, from the socket to the bytes.

    python -m tests.docs.following

prints the drawing that `docs/explain/follow-a-request.md` should have.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

import pronghorn
from pronghorn import FastAPI
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol

PAGE = Path(__file__).parents[2] / "docs" / "explain" / "follow-a-request.md"
PACKAGE = Path(pronghorn.__file__).parent
HANDLER, PROGRAM, LOOP = "handler", "program", "event loop"
#: A request waits for the event loop, for tasks of middleware, and for the end of a turn.
TURNS = 30


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        title: Its heading.
        text: What stands below it, up to the next heading.
    """

    title: str
    text: str

    @property
    def functions(self) -> set[str]:
        """The qualified names of the functions that it names, as `` `Class.method()` ``."""
        return set(re.findall(r"`([\w.]+)\(\)`", self.text))


def sections() -> list[Section]:
    """Return the sections of the page; the first one is what stands above all headings."""
    first, *others = re.split(r"^## (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [Section("", first), *map(Section, others[::2], others[1::2])]


def program(last: str = "") -> FastAPI:
    """Return the program of the page, as it is after the section of a title."""
    namespace: dict[str, Any] = {"__name__": "program"}
    for section in sections():
        for source in re.findall(r"^```python\n(.*?)^```$", section.text, re.DOTALL | re.MULTILINE):
            exec(compile(source, str(PAGE), "exec"), namespace)
        if section.title == last:
            break
    app: FastAPI = namespace["app"]
    return app


@dataclass(frozen=True)
class Call:
    """One function that was called.

    Attributes:
        file: Relative to the package; or `HANDLER`, `PROGRAM`.
        name: Its qualified name.
        caller: The file that called it, in the same words; `LOOP` if none did.
    """

    file: str
    name: str
    caller: str


def place_of(code: CodeType) -> str | None:
    """Return where a function is, in the words of a `Call`; None for code of others."""
    file = code.co_filename
    if file.startswith("<pronghorn "):
        return HANDLER
    if file.startswith(str(PACKAGE)):
        return Path(file).relative_to(PACKAGE).as_posix()
    return PROGRAM if file == str(PAGE) else None


class Trace:
    """The calls into our code, each once, however often a coroutine was resumed."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._frames: dict[FrameType, None] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        place = place_of(frame.f_code)
        if event != "call" or place is None or frame in self._frames:
            return
        self._frames[frame] = None
        caller, back = LOOP, frame.f_back
        while back is not None and caller == LOOP:
            caller, back = place_of(back.f_code) or LOOP, back.f_back
        if caller == LOOP and frame.f_code.co_flags & CO_COROUTINE:
            caller = "adapters/uvicorn/protocol.py"  # Up to Python 3.11, the loop starts its task.
        self.calls.append(Call(place, frame.f_code.co_qualname, caller))

    def files(self) -> list[str]:
        """Return the files of the package that were entered, in order."""
        found = dict.fromkeys(call.file for call in self.calls)
        return [file for file in found if file not in (HANDLER, PROGRAM)]


@contextmanager
def tracing() -> Iterator[Trace]:
    """Trace the calls of this thread."""
    trace, before = Trace(), sys.getprofile()
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        sys.setprofile(before)


class Socket(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += data

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": ("127.0.0.1", 50000), "sockname": ("127.0.0.1", 8000)}.get(name)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Stay open."""


async def _ask(app: FastAPI, target: str, access_log: bool) -> tuple[Trace, bytes]:
    config = Config(app, log_config=None)
    config.load()
    make: Any = PronghornProtocol  # which has the parameters of uvicorn's class
    protocol = make(config=config, server_state=ServerState(), app_state={})
    protocol.access_log = access_log
    socket = Socket()
    protocol.connection_made(socket)
    for _ in range(2):
        with tracing() as trace:
            socket.written = b""
            protocol.data_received(b"GET %b HTTP/1.1\r\nhost: a\r\n\r\n" % target.encode())
            for _ in range(TURNS):
                await asyncio.sleep(0)
    protocol.connection_lost(None)
    return trace, socket.written


def follow(app: FastAPI, target: str, *, access_log: bool = False) -> tuple[Trace, bytes]:
    """Send a request twice to the protocol class of `pronghorn run`.

    Returns:
        What the second request called, and what was written to its socket.
    """
    return asyncio.run(_ask(app, target, access_log))


def drawing(trace: Trace) -> str:
    """Draw the calls between files as a Mermaid sequence diagram."""
    names = {file: f"f{number}" for number, file in enumerate(trace.files(), 1)}
    names |= {HANDLER: "handler", PROGRAM: "program", LOOP: "events"}  # `loop` is a word of Mermaid
    lines = ["sequenceDiagram", "    participant events as the event loop"]
    for file in dict.fromkeys(call.file for call in trace.calls):
        title = {HANDLER: "the compiled handler", PROGRAM: "the program"}.get(file, file)
        lines.append(f"    participant {names[file]} as {title}")
    lines += [
        f"    {names[call.caller]}->>{names[call.file]}: {call.name}()"
        for call in trace.calls
        if call.file != call.caller
    ]
    return "\n".join(lines)


def source_of(function: Callable[..., Any]) -> str:
    """Return the statements of a function, without its signature and docstring."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.AsyncFunctionDef)
    lines = inspect.getsource(function).splitlines()[definition.body[1].lineno - 1 :]
    return textwrap.dedent("\n".join(lines))


if __name__ == "__main__":
    sys.stdout.write(drawing(follow(program(), "/items/42?limit=5")[0]) + "\n")
