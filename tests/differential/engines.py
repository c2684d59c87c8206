"""Run the same program on both engines, in one process.

A program is text. It imports its names from a module called `fastapi`, which is either the real
FastAPI or pronghorn. So both engines run the very same lines, and a failing example can be read,
kept and run by hand.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime
import decimal
import enum
import ipaddress
import os
import sys
import typing
import uuid
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import fastapi
import fastapi.exceptions
import fastapi.middleware.cors
import fastapi.responses
import fastapi.security
import fastapi.sse
import pydantic
import typing_extensions
from starlette.responses import Response

import pronghorn
import pronghorn.exceptions
import pronghorn.middleware.cors
import pronghorn.responses
import pronghorn.security
import pronghorn.sse

GENERAL_MODE = "PRONGHORN_GENERAL"
#: What a program may use besides its engine.
MODULES = {
    module.__name__: module
    for module in (
        *(collections, contextlib, dataclasses, datetime, decimal, enum, ipaddress),
        *(pydantic, typing, typing_extensions, uuid),
    )
}


@dataclasses.dataclass(frozen=True)
class Engine:
    """One way to run a program."""

    name: str
    module: ModuleType
    general: bool = False

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Pronghorn looks at its environment when it compiles a route: at its first request."""
        with in_mode(general=self.general), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield


@contextlib.contextmanager
def in_mode(*, general: bool) -> Iterator[None]:
    """Compile the routes of a block in one way, whatever the environment says outside of it."""
    before = os.environ.pop(GENERAL_MODE, None)
    if general:
        os.environ[GENERAL_MODE] = "1"
    try:
        yield
    finally:
        os.environ.pop(GENERAL_MODE, None)
        if before is not None:
            os.environ[GENERAL_MODE] = before


REFERENCE = Engine("fastapi", fastapi)
COMPILED = Engine("pronghorn", pronghorn)
GENERAL = Engine("pronghorn, the general way", pronghorn, general=True)
CANDIDATES = (COMPILED, GENERAL)


class Program:
    """A program that has been read by one engine.

    Args:
        app: What it calls `app`.
        trace: What its functions were given, in the order of their calls; see `Trace`.
    """

    def __init__(self, source: str, engine: Engine) -> None:
        self.engine = engine
        self.trace = Trace()
        self.module = ModuleType("program")
        vars(self.module).update(
            MODULES,
            fastapi=engine.module,
            Annotated=typing.Annotated,
            Any=typing.Any,
            seen=self.trace.seen,
            name_of=name_of,
        )
        with self.active():
            exec(compile(source, "<program>", "exec"), vars(self.module))
        self.app = self.module.app

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """While it runs it is the module `program`, where its forward references are looked up."""
        sys.modules["program"] = self.module
        try:
            with self.engine.active():
                yield
        finally:
            del sys.modules["program"]


def name_of(error: Exception) -> str:
    """The class of an error; that inside, where FastAPI has a task group around a stream."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return type(error).__name__


class Trace(list[Any]):
    """What happened inside of a program."""

    def seen(self, name: str, values: dict[str, Any]) -> dict[str, str]:
        """Note a call and its arguments, and return them as text that shows type and value."""
        described = {key: describe(value) for key, value in values.items()}
        self.append((name, described))
        return described

    def take(self) -> list[Any]:
        """Everything since the last time."""
        taken = list(self)
        self.clear()
        return taken


#: Objects that show their address or their module; the name of their class says enough.
OPAQUE = {
    *("Request", "HTTPConnection", "BackgroundTasks", "function"),
}


def describe(value: Any) -> str:
    """A value as text, equal for equal values of the same type on both engines."""
    kind = type(value).__name__
    if isinstance(value, Response):
        return "Response"
    if kind == "SecurityScopes":
        return f"{kind}({value.scopes!r})"
    if kind == "UploadFile":
        return f"{kind}({value.filename!r}, {value.size!r}, {value.content_type!r})"
    if kind in OPAQUE:
        return kind
    if isinstance(value, list):
        return f"[{', '.join(describe(item) for item in value)}]"
    return f"{kind}:{value!r}".encode("utf-8", "backslashreplace").decode()
