"""The handler around a route with `Idempotent`: it keeps the response before it is sent.

The dependency postpones the commit of the request's session. The messages of the response come
here first: when the whole response is there, it is written in the same transaction, which is then
committed, and only after that the first byte is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import anyio
from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Message

from pronghorn.core.setup_errors import setup_error
from pronghorn.hooks import CompiledRoute, Exchange, Handler, TaskStore, answer_through
from pronghorn.idempotency.attempt import SCOPE_KEY, Attempt, ReplayedError, refuse_stream
from pronghorn.idempotency.idempotent import HEADER, REPLAYED, SAFE, Idempotent
from pronghorn.idempotency.rows import Kept
from pronghorn.plan.model import AnyPlan, RoutePlan
from pronghorn.sql.dependencies import may_write

_HEADER = HEADER.lower().encode()
#: Seconds for a roll-back whose request was cancelled.
_PATIENCE = 10.0
#: The messages with the content; the second one is a file, which the server reads itself.
_BODY = "http.response.body"
_CONTENT = (_BODY, "http.response.pathsend")


def _has_key(plan: AnyPlan) -> bool:
    return (
        isinstance(plan, RoutePlan)
        and not plan.methods.issubset(SAFE)
        and any(isinstance(node.marker, Idempotent) for node in plan.root.walk())
    )


def surround_idempotent(route: CompiledRoute) -> Handler | None:
    """Return the handler around a route with `Idempotent`; None for other routes."""
    if not _has_key(route.plan):
        return None
    handler = route.handler
    where = f"{','.join(sorted(getattr(route.plan, 'methods', ())))} {route.plan.path_format}"

    async def answer_once(exchange: Exchange, path: Mapping[str, Any]) -> None:
        if exchange.header(_HEADER) is None or exchange.scope["method"] in SAFE:
            await handler(exchange, path)
            return
        attempt = Attempt(await _digest(exchange))
        exchange.scope[SCOPE_KEY] = attempt
        try:
            await answer_through(handler, exchange, path, _Recorder(exchange, attempt, where).send)
        except ReplayedError as replayed:
            await _replay(exchange, replayed.kept)
        except BaseException as error:
            with anyio.move_on_after(_PATIENCE, shield=True):
                await attempt.give_up(error)
            raise
        finally:
            del exchange.scope[SCOPE_KEY]

    return answer_once


async def _digest(exchange: Exchange) -> str:
    """Return the digest of a request: its method, target, type and body."""
    scope = exchange.scope
    path = scope.get("raw_path") or scope["path"].encode()
    body = await exchange.read_body()
    kind, _, options = (exchange.header(b"content-type") or "").partition(";")
    _, found, boundary = options.partition("boundary=")
    if found:  # A client that repeats a form may choose another boundary.
        body = body.replace(boundary.partition(";")[0].strip(' "').encode("latin-1"), b"")
    digest = sha256()
    for part in (scope["method"].encode(), path, scope["query_string"], kind.encode(), body):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


class _Recorder:
    """Takes the messages of a response, and passes them on once they are kept.

    Args:
        exchange: The request.
        attempt: Its transaction.
        where: The route for people.
    """

    def __init__(self, exchange: Exchange, attempt: Attempt, where: str) -> None:
        self._exchange = exchange
        self._attempt = attempt
        self._where = where
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        """Take one message."""
        if not self._attempt.has_begun:  # An answer without the dependency, such as a refusal.
            await self._exchange.track_and_send(message)
        elif message["type"] == "http.response.start":
            self._start = message
        elif self._start is None or message["type"] not in _CONTENT:
            await self._exchange.track_and_send(message)
        elif message["type"] != _BODY or message.get("more_body", False):
            raise refuse_stream(self._where)
        else:
            start, self._start = self._start, None
            headers = list(start.get("headers", ()))
            await self._attempt.finish(start["status"], headers, message.get("body", b""))
            await self._exchange.send_whole(start, message)


async def _replay(exchange: Exchange, kept: Kept) -> None:
    """Send a response that was kept."""
    headers = [*kept.headers, (REPLAYED, b"true")]
    start = {"type": "http.response.start", "status": kept.status, "headers": headers}
    await exchange.send_whole(start, {"type": _BODY, "body": kept.body})


def refuse_streams(plan: RoutePlan) -> None:
    """Refuse `Idempotent` on a route that streams.

    Raises:
        SetupError: The route declares a stream or a file as its response.
    """
    if not _has_key(plan):
        return
    response = plan.response
    kind = response.response_class
    is_streamed = issubclass(kind, (StreamingResponse, FileResponse))
    if response.stream is not None or response.is_streamed or is_streamed:
        raise setup_error(
            "The endpoint sends its response in parts, so Idempotent cannot keep it",
            "Idempotent is a dependency of its router or application",
            "another router, without Idempotent, for the endpoints that stream",
        )


def refuse_foreign_sessions(plan: RoutePlan) -> None:
    """Refuse a session that writes to another database than that of `Idempotent`.

    What it writes is a commit of its own, and would happen again with each repeat of a request that
    has failed after it.

    Raises:
        SetupError: The route has such a session.
    """
    if not _has_key(plan):
        return
    markers = [node.marker for node in plan.root.walk()]
    own = next(marker.session for marker in markers if isinstance(marker, Idempotent))
    calls = [marker.dependency for marker in markers if marker is not None]
    if any(may_write(call) and call is not own for call in calls):
        raise setup_error(
            "The route has Idempotent of one database and a session of another, so what it writes "
            "there is not part of the commit with the key",
            "the program has two databases, or makes the same one twice",
            "Idempotent(db, ...) and db.Session of the same db; db.ReadSession for one that the "
            "endpoint only reads",
        )


def refuse_foreign_tasks(plan: RoutePlan, store: TaskStore) -> None:
    """Refuse durable background tasks that are kept in another database than the key.

    They would be committed before the key, and kept again by a repeat of a request that has failed
    in between.

    Raises:
        SetupError: The store of the application is such a one.
    """
    if not _has_key(plan):
        return
    markers = [node.marker for node in plan.root.walk()]
    own = next(marker.session for marker in markers if isinstance(marker, Idempotent))
    if any(call is own for call in store.opened_first):
        return
    raise setup_error(
        "The route has Idempotent of one database, and its durable background tasks are jobs in "
        "another, so they are not part of the commit with the key",
        "the program has two databases, or makes the same one twice",
        "Idempotent(db, ...) and Jobs(db) of the same db; tasks.add_local(...) and "
        "FastAPI(background_tasks='process') keep tasks in this process",
    )
