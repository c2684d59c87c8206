"""The child process of `pronghorn diff`: one engine, one program.

It communicates in lines of JSON. The first line names the program to import; the reply is the
OpenAPI document, or the reason why there is none. Each further line is a list of requests; the
reply is the list of the program's responses. Whatever the program prints goes to standard error.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO
from urllib.parse import unquote

from pronghorn.applications import FastAPI
from pronghorn.cli.choose import PREFERRED_NAMES, describe, is_asgi, make_app, not_an_app
from pronghorn.cli.discover import AppReference, discover, where
from pronghorn.cli.errors import CommandError
from pronghorn.cli.importing import import_module, user_traceback
from pronghorn.devtools.inventory import list_routes

REFERENCE = "fastapi"
CANDIDATE = "pronghorn"


def main() -> None:
    """Serve one parent process until it closes the pipe."""
    with _private_output() as output:
        job = json.loads(sys.stdin.readline())
        app = None
        try:
            app = _check_document(find_app(job), job)
            described = {"document": app.openapi(), "undocumented": find_undocumented(app)}
            _write(output, described)
        except CommandError as error:
            failure = {"message": error.message, "hint": error.hint, "detail": error.detail}
            _write(output, {"failure": failure})
        except Exception as error:  # noqa: BLE001 - reported to the parent
            failure = {"message": "Generating the OpenAPI document failed", "hint": ""}
            _write(output, {"failure": {**failure, "detail": user_traceback(error)}})
        if app is not None:
            asyncio.run(_serve(app, output, job["timeout"]))


def find_app(job: dict[str, Any]) -> Any:
    """Import the program on the engine that the job names.

    Raises:
        CommandError: The program cannot be found or imported, or is not for that engine.
    """
    path = Path(job["path"]) if job["path"] else None
    reference = AppReference(
        path, job["app"], job["entrypoint"], as_fastapi=True, factory=job["factory"]
    )
    if job["engine"] == CANDIDATE:
        return discover(reference).app
    try:
        importlib.import_module("fastapi")
    except ModuleNotFoundError as error:
        raise CommandError(
            "FastAPI is not installed, so there is nothing to compare with",
            f"{sys.executable} -m pip install fastapi",
        ) from error
    module, attribute, _ = where(reference, Path.cwd())
    imported = import_module(module, as_fastapi=False)
    app = make_app(imported, attribute) if reference.factory else _pick(imported, attribute)
    if isinstance(app, FastAPI):
        raise CommandError(
            "The program imports pronghorn itself, so it runs on nothing else",
            "Compare the program as it is on FastAPI: from fastapi import FastAPI",
        )
    return app


def find_undocumented(app: Any) -> dict[str, list[str]]:
    """Return the routes that the OpenAPI document does not describe.

    Returns:
        Their paths, those of `"hidden"` ones after their method, by `"websocket"`, `"mount"` and
            `"hidden"`. The documentation's own routes are left out.
    """
    names = ("openapi_url", "docs_url", "redoc_url", "scalar_url", "swagger_ui_oauth2_redirect_url")
    own = {getattr(app, name, None) for name in names}
    found: dict[str, list[str]] = {}
    for listed in list_routes(app):
        row = listed.row
        if len(listed.apps) > 1 or row.path in own:
            continue
        if row.kind in {"websocket", "mount"}:
            found.setdefault(row.kind, []).append(row.path)
        elif row.kind == "http" and not getattr(listed.route, "include_in_schema", False):
            methods = [method for method in listed.methods if method != "HEAD"]
            found.setdefault("hidden", []).extend(f"{method} {row.path}" for method in methods)
    return found


def _check_document(app: Any, job: dict[str, Any]) -> Any:
    """Return the app, whose OpenAPI document describes the possible requests.

    Raises:
        CommandError: The app has no document, such as an app inside a middleware.
    """
    if callable(getattr(app, "openapi", None)):
        return app
    named = job["entrypoint"] or job["app"] or ("The factory" if job["factory"] else "The app")
    raise CommandError(
        f"{named} has no OpenAPI document to compare: it is {describe(app)}",
        "Name the FastAPI app itself, without its wrapper",
    )


def _pick(module: ModuleType, attribute: str | None) -> Any:
    """Return the app of a program on FastAPI, by the rules of `choose`."""
    if attribute is not None:
        value: Any = module
        for part in attribute.split("."):
            if not hasattr(value, part):
                raise CommandError(f"Could not find app name {attribute} in {module.__name__}")
            value = getattr(value, part)
        if not isinstance(value, FastAPI) and not is_asgi(value):
            raise not_an_app(value, module, attribute)
        return value
    from fastapi import FastAPI as Reference

    for name in (*PREFERRED_NAMES, *sorted(vars(module))):
        if isinstance(vars(module).get(name), (Reference, FastAPI)):
            return vars(module)[name]
    raise CommandError(
        f"Could not find a FastAPI app in module {module.__name__}",
        "If the app is not a FastAPI itself, name it: --app NAME",
    )


@contextmanager
def _private_output() -> Iterator[TextIO]:
    """Yield a standard output for this process; the program's output goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        yield output


def _write(output: TextIO, message: Any) -> None:
    output.write(json.dumps(message) + "\n")
    output.flush()


async def _serve(app: Any, output: TextIO, timeout: float) -> None:
    """Answer lists of requests, inside the lifespan of the app."""
    lifespan = AppLifespan(app)
    failure = await lifespan.start()
    _write(output, {"failure": failure} if failure else {})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answers = [await _answer(app, item, lifespan.state, timeout) for item in json.loads(line)]
        _write(output, {"answers": answers})
    await lifespan.stop()


class AppLifespan:
    """Start-up and shutdown of an app, as a server runs them (ASGI lifespan 2.0)."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self._to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, str] | None:
        """Start the app. Returns a description of the error if that fails."""
        self._task = asyncio.create_task(self._run())
        await self._to_app.put({"type": "lifespan.startup"})
        message = await self._from_app.get()
        if message["type"] != "lifespan.startup.failed":
            return None
        return {"message": "The app failed to start", "hint": "", "detail": message["message"]}

    async def stop(self) -> None:
        """Shut the app down."""
        await self._to_app.put({"type": "lifespan.shutdown"})
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        try:
            await self._app(scope, self._to_app.get, self._from_app.put)
        except Exception as error:  # noqa: BLE001 - reported to the parent
            detail = user_traceback(error)
            await self._from_app.put({"type": "lifespan.startup.failed", "message": detail})


async def _answer(
    app: Any, request: dict[str, Any], state: dict[str, Any], timeout: float
) -> dict[str, Any]:
    """Return the complete response to one request; `complete` is False if it did not end."""
    answer: dict[str, Any] = {"status": 0, "headers": [], "body": "", "error": "", "complete": True}
    body = request["body"].encode("latin-1")
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    client_left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await client_left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = [
                [bytes(part).decode("latin-1") for part in header]
                for header in message.get("headers", ())
            ]
        elif message["type"] == "http.response.body":
            answer["body"] += bytes(message.get("body", b"")).decode("latin-1")

    task = asyncio.ensure_future(app(_scope(request, len(body), state), receive, send))
    done, _ = await asyncio.wait([task], timeout=timeout)
    if not done:
        answer["complete"] = False
        client_left.set()
        await asyncio.wait([task], timeout=1)
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled() and task.exception() is not None:
        answer["error"] = type(task.exception()).__name__
    return answer


def _scope(request: dict[str, Any], length: int, state: dict[str, Any]) -> dict[str, Any]:
    """Return the ASGI scope of a request, as uvicorn builds it."""
    path, _, query = request["target"].partition("?")
    headers = [tuple(part.encode("latin-1") for part in header) for header in request["headers"]]
    if length:
        headers.append((b"content-length", b"%d" % length))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "method": request["method"],
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(b"host", b"testserver"), *headers],
        "state": state.copy(),
    }


if __name__ == "__main__":
    main()
