"""Every private or undocumented name of another package that the framework uses is listed here.

A program also runs if a name is missing, which `tests/core/test_private_names.py` tests. The uses
are read from the source, so a new one has to be listed.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import subprocess
import sys
import textwrap
from typing import Any, NamedTuple

from pronghorn.adapters.uvicorn.names import NAMES, list_names
from pronghorn.adapters.uvicorn.websockets import names as websockets
from pronghorn.core.private_names import missing_names
from tests.house.imports import FOLDER
from tests.house.private_names import read_apart

WARNS = "one warning, see tests/core/test_private_names.py"
OF_UVICORN = "one warning: `has_all_names` in adapters/uvicorn/names.py"
NO_SERVER = "nothing to fall back to: `pronghorn run` starts this server with them"
OF_WEBSOCKETS = "one warning: `has_all_names` in adapters/uvicorn/websockets/names.py"
DOCUMENTED_LOGGING = "documented by uvicorn for configurations of logging"
LATE = "looked up when a program imports the name from the same place of FastAPI"
TELEMETRY = "OpenTelemetry's names for its logs: `pronghorn.telemetry` says which version it needs"
OF_PREPARED = "one warning, see tests/sql/prepared/test_places.py"
OF_WRITES = "one warning, see tests/sql/prepared/test_write_places.py"
OF_SESSIONS = "one warning, see tests/sql/test_ways.py"
ONE_HOP = "one warning, see tests/sql/test_one_hop.py"
OF_SQLITE = "one warning, see tests/sql/prepared/test_in_loop.py"
OWN_SUPERVISOR = "one warning: `_has_names_of_granian` in cli/servers.py"
OWN_FORMAT = "nothing to fall back to: it reads the files of numbers; the package is capped for it"
UNNOTICED = "requests are answered through ASGI, unmended; the module tells that the server runs"


class Name(NamedTuple):
    """A name, the files that need it, and what happens without it."""

    module: str
    name: str
    files: tuple[str, ...]
    without: str
    #: How the source writes it, where that is not `module.name`.
    written: tuple[str, ...] = ()


HTTPTOOLS = "uvicorn.protocols.http.httptools_impl"
FLOW = "uvicorn.protocols.http.flow_control"
PROTOCOL = "adapters/uvicorn/protocol.py"
CYCLE = "adapters/uvicorn/cycle.py"
EXCHANGE = "adapters/uvicorn/exchange.py"
OUTBOX = "adapters/uvicorn/outbox.py"
BACKPRESSURE = "adapters/uvicorn/backpressure.py"
UNTIL_CLOSE = "adapters/uvicorn/until_close.py"
SANSIO = "uvicorn.protocols.websockets.websockets_sansio_impl"
WEBSOCKETS = "adapters/uvicorn/websockets/protocol.py"
WEBSOCKET_LIST = "adapters/uvicorn/websockets/names.py"
LIST = "adapters/uvicorn/names.py"
WORKER = "adapters/uvicorn/worker.py"
SERVING = ("adapters/uvicorn/server.py", WORKER)
SUPERVISED = "adapters/granian_supervised.py"
LOGS = "opentelemetry._logs"
ASYNCIO = "anyio._backends._asyncio"
CHILD_SCOPE = "middleware/child_scope.py"
LISTED = (
    # asyncio: how a coroutine hands a future to its task, documented for subclasses in
    # `asyncio.isfuture`. Without it there is no asyncio that could run the rest.
    Name(
        "asyncio",
        "Future._asyncio_future_blocking",
        ("sql/waiting.py",),
        "nothing to fall back to: all futures and tasks of asyncio rely on it",
        ("future._asyncio_future_blocking",),
    ),
    # AnyIO
    Name(ASYNCIO, "_task_states", ("core/cancel_scopes.py",), WARNS, (ASYNCIO,)),
    Name("anyio._backends._asyncio", "", ("core/threads/names.py",), WARNS),
    Name("anyio._core._eventloop", "", ("core/threads/names.py",), WARNS),
    Name(
        "anyio._backends._asyncio",
        "CancelScope._effectively_cancelled",
        ("core/threads/hop.py",),
        WARNS,
        ("scope._effectively_cancelled",),
    ),
    Name(ASYNCIO, "TaskState", (CHILD_SCOPE,), WARNS, (ASYNCIO,)),
    *(
        Name(ASYNCIO, f"CancelScope.{name}", (CHILD_SCOPE,), WARNS, (f"ChildScope.{name}",))
        for name in ("_active", "_cancel_called", "_host_task", "_tasks", "_timeout_handle")
    ),
    # Starlette
    Name("starlette._exception_handler", "", ("routes/base.py",), WARNS),
    Name("starlette._exception_handler", "", ("interop/homes.py",), LATE),
    Name("starlette._utils", "", ("interop/homes.py",), LATE),
    Name(
        "starlette.formparsers",
        "MultiPartParser._current_part",
        ("run/input/uploads.py",),
        WARNS,
        ("UploadParser._current_part",),
    ),
    Name(
        "starlette.formparsers",
        "MultiPartParser._file_parts_to_write",
        ("run/input/uploads.py",),
        WARNS,
        ("UploadParser._file_parts_to_write",),
    ),
    Name("starlette.middleware.base", "_CachedRequest", ("middleware/inner_run.py",), WARNS),
    Name(
        "starlette.middleware.base",
        "_CachedRequest._wrapped_rcv_consumed",
        ("middleware/inner_run.py",),
        WARNS,
        ("request._wrapped_rcv_consumed",),
    ),
    Name(
        "starlette._utils",
        "parse_host_header",
        ("middleware/compiled/trusted_host.py",),
        WARNS,
        ("starlette._utils",),
    ),
    Name(
        "starlette.middleware.base", "_StreamingResponse", ("middleware/next_response.py",), WARNS
    ),
    Name(
        "starlette.requests",
        "HTTPConnection._query_params",
        ("run/exact.py",),
        WARNS,
        ("connection._query_params",),
    ),
    Name(
        "starlette.middleware.exceptions",
        "ExceptionMiddleware._exception_handlers",
        ("middleware/known_instrumentation.py",),
        WARNS,
        ("layer._exception_handlers",),
    ),
    Name(
        "starlette.middleware.exceptions",
        "ExceptionMiddleware._status_handlers",
        ("middleware/known_instrumentation.py",),
        WARNS,
        ("layer._status_handlers",),
    ),
    Name("starlette.requests", "Request._body", ("run/exchange.py",), WARNS, ("request._body",)),
    Name(
        "starlette.requests",
        "Request._form",
        ("run/exchange.py",),
        WARNS,
        ("request._form", "self.connection_or_none._form"),
    ),
    Name(
        "starlette.requests", "Request._form", ("run/input/uploads.py",), WARNS, ("request._form",)
    ),
    Name(
        "starlette.requests",
        "Request._get_form",
        ("run/input/urlencoded.py",),
        WARNS,
        ("Request._get_form",),
    ),
    Name(
        "starlette.requests",
        "Request._stream_consumed",
        ("run/exchange.py",),
        WARNS,
        ("request._stream_consumed",),
    ),
    Name(
        "starlette.websockets",
        "WebSocket._receive",
        ("run/websocket.py",),
        WARNS,
        ("OpenWebSocket._receive",),
    ),
    Name(
        "starlette.websockets",
        "WebSocket._send",
        ("run/websocket.py",),
        WARNS,
        ("OpenWebSocket._send",),
    ),
    # Pydantic
    Name(
        "pydantic.json_schema",
        "GenerateJsonSchema._config",
        ("openapi/definitions.py",),
        WARNS,
        ("OpenAPIJsonSchema._config",),
    ),
    # SQLAlchemy
    Name(
        "sqlalchemy.sql.base",
        "Executable._with_options",
        ("sql/prepared/columns.py",),
        OF_PREPARED,
        ("statement._with_options",),
    ),
    Name(
        "dbos._queue",
        "Queue._polling_interval_sec",
        ("jobs/dbos_pace.py",),
        "one warning; jobs that take milliseconds run at 100 a second and queue",
        ("queue._polling_interval_sec",),
    ),
    Name(
        "dbos._dbos",
        "DBOS._active_workflows_set",
        ("jobs/dbos_engine.py",),
        "a delivery whose end is not written comes again when a worker stops, and is over then",
        ("self._dbos._active_workflows_set",),
    ),
    *(
        Name("sqlalchemy.sql.dml", name, ("sql/prepared/returning.py",), OF_WRITES, (written,))
        for name, written in (
            ("UpdateBase._generate", "statement._generate"),
            ("UpdateBase._returning", "narrowed._returning"),
            ("ValuesBase._multi_values", "statement._multi_values"),
            ("ValuesBase._values", "statement._values"),
        )
    ),
    Name(
        "sqlalchemy.sql.selectable",
        "Select._distinct",
        ("sql/keyset.py",),
        "one warning, see tests/sql/test_odd_pages.py",
        ("statement._distinct",),
    ),
    Name(
        "sqlalchemy.dialects.postgresql.asyncpg",
        "AsyncAdapt_asyncpg_connection._handle_exception",
        ("sql/prepared/errors.py",),
        OF_PREPARED,
        ("adapted._handle_exception",),
    ),
    Name(
        "aiosqlite.core",
        "Connection._conn",
        ("sql/hops.py", "sql/one_hop.py", "sql/prepared/quick.py"),
        OF_SQLITE,
        ("driver._conn",),
    ),
    Name(
        "aiosqlite.core",
        "Connection._execute",
        ("sql/hops.py",),
        OF_SQLITE,
        ("driver._execute",),
    ),
    *(
        Name("sqlalchemy.dialects.sqlite.aiosqlite", name, ("sql/one_hop.py",), ONE_HOP, (written,))
        for name, written in (
            ("AsyncAdapt_aiosqlite_cursor._adapt_connection", "OneHopCursor._adapt_connection"),
            ("AsyncAdapt_aiosqlite_cursor._cursor", "OneHopCursor._cursor"),
            ("AsyncAdapt_aiosqlite_cursor._rows", "OneHopCursor._rows"),
            (
                "AsyncAdapt_aiosqlite_cursor._soft_closed_memoized",
                "OneHopCursor._soft_closed_memoized",
            ),
            (
                "AsyncAdapt_aiosqlite_connection._handle_exception",
                "connection._handle_exception",
            ),
        )
    ),
    *(
        Name(
            "sqlalchemy.dialects.postgresql.asyncpg",
            name,
            ("sql/operations.py",),
            OF_SESSIONS,
            (written,),
        )
        for name, written in (
            (
                "AsyncAdapt_asyncpg_cursor._prepare_and_execute",
                "cursor._prepare_and_execute",
            ),
            ("AsyncAdapt_asyncpg_connection._call_and_discard", "adapted._call_and_discard"),
            ("AsyncAdapt_asyncpg_connection._handle_exception", "adapted._handle_exception"),
            ("AsyncAdapt_asyncpg_connection._transaction", "adapted._transaction"),
        )
    ),
    Name(
        "sqlalchemy.pool.base",
        "_ConnectionFairy._connection_record",
        ("sql/read_only.py",),
        OF_SESSIONS,
        ("pooled._connection_record",),
    ),
    *(
        Name(module, name, ("sql/prepared/borrowing.py",), OF_PREPARED, (written,))
        for module, name, written in (
            ("sqlalchemy.pool.base", "Pool._recycle", "pool._recycle"),
            ("sqlalchemy.pool.base", "Pool._should_log_debug", "pool._should_log_debug"),
            (
                "sqlalchemy.pool.base",
                "_ConnectionRecord._is_hard_or_soft_invalidated",
                "record._is_hard_or_soft_invalidated",
            ),
            ("sqlalchemy.pool.impl", "QueuePool._pool", "pool._pool"),
            ("sqlalchemy.pool.impl", "QueuePool._overflow", "pool._overflow"),
            ("sqlalchemy.pool.impl", "QueuePool._max_overflow", "pool._max_overflow"),
            ("sqlalchemy.pool.impl", "QueuePool._timeout", "pool._timeout"),
            ("sqlalchemy.util.queue", "AsyncAdaptedQueue._queue", "pool._pool._queue"),
        )
    ),
    Name(
        "sqlalchemy.pool.impl",
        "QueuePool._queue_class",
        ("sql/fair.py",),
        "one warning, see tests/sql/test_fair.py",
        ("FairPool._queue_class",),
    ),
    Name(
        "sqlalchemy.engine.interfaces",
        "AdaptedConnection._connection",
        ("sql/rollback.py",),
        "one sentence from `rollback_everything`, see tests/sql/test_outside.py",
        ("adapted._connection",),
    ),
    # kr8s
    Name(
        "kr8s._api",
        "Api._session",
        ("deploy/kubernetes/cluster.py",),
        "connections stay open until the command ends",
        ("api._session",),
    ),
    # prometheus-client
    Name("prometheus_client.mmap_dict", "MmapedDict", ("metrics/numbers.py",), OWN_FORMAT),
    # uvicorn; the attributes of its classes are listed in adapters/uvicorn/names.py
    Name(HTTPTOOLS, "", (LIST,), OF_UVICORN),
    Name(HTTPTOOLS, "", ("middleware/stack.py",), UNNOTICED),
    Name(HTTPTOOLS, "HttpToolsProtocol", ("adapters/uvicorn/connection.py", CYCLE), OF_UVICORN),
    Name(
        HTTPTOOLS, "RequestResponseCycle", (BACKPRESSURE, CYCLE, EXCHANGE, UNTIL_CLOSE), OF_UVICORN
    ),
    Name(HTTPTOOLS, "STATUS_LINE", (OUTBOX, UNTIL_CLOSE), OF_UVICORN),
    Name(
        HTTPTOOLS,
        "HttpToolsProtocol._should_upgrade",
        ("adapters/uvicorn/unusual.py",),
        OF_UVICORN,
        ("UnusualRequests._should_upgrade",),
    ),
    Name(
        HTTPTOOLS,
        "HttpToolsProtocol._should_upgrade",
        ("adapters/uvicorn/order.py",),
        OF_UVICORN,
        ("OrderlyProtocol._should_upgrade",),
    ),
    Name(
        HTTPTOOLS,
        "HttpToolsProtocol._start_asgi_task",
        (PROTOCOL,),
        OF_UVICORN,
        ("DirectProtocol._start_asgi_task",),
    ),
    Name(
        HTTPTOOLS,
        "HttpToolsProtocol._start_asgi_task",
        ("adapters/uvicorn/order.py",),
        OF_UVICORN,
        ("OrderlyProtocol._start_asgi_task",),
    ),
    Name(
        HTTPTOOLS,
        "HttpToolsProtocol._unsupported_upgrade_warning",
        ("adapters/uvicorn/order.py",),
        OF_UVICORN,
        ("OrderlyProtocol._unsupported_upgrade_warning",),
    ),
    Name(FLOW, "", (LIST,), OF_UVICORN),
    Name(FLOW, "FlowControl", (BACKPRESSURE,), OF_UVICORN),
    Name(FLOW, "FlowControl._transport", (CYCLE,), OF_UVICORN, ("adopted.flow._transport",)),
    Name(FLOW, "HIGH_WATER_LIMIT", (PROTOCOL,), OF_UVICORN),
    Name("uvicorn.middleware.proxy_headers", "", (LIST,), OF_UVICORN),
    Name(
        "uvicorn.middleware.proxy_headers",
        "ProxyHeadersMiddleware",
        ("adapters/uvicorn/connection.py", "adapters/uvicorn/proxy_headers.py"),
        OF_UVICORN,
    ),
    Name(
        "uvicorn.middleware.proxy_headers",
        "ProxyHeadersMiddleware",
        ("cli/loader.py",),
        "documented by uvicorn for programs that wrap their application",
    ),
    Name(
        "uvicorn.middleware.proxy_headers",
        "",
        ("cli/unsafe.py",),
        "`pronghorn check` looks for it among the layers of the program, and finds none without it",
    ),
    Name(
        "uvicorn.protocols.http.auto",
        "AutoHTTPProtocol",
        ("adapters/uvicorn_protocol.py",),
        "it is the fallback, and the default of uvicorn's option `--http`",
    ),
    Name("uvicorn.config", "LOGGING_CONFIG", ("cli/dev_logging.py",), DOCUMENTED_LOGGING),
    Name("uvicorn.loops.auto", "auto_loop_factory", ("cli/loader.py",), NO_SERVER),
    Name("uvicorn.config", "Config", (*SERVING, "cli/uvicorn_server.py"), NO_SERVER),
    Name("uvicorn.config", "STARTUP_FAILURE", ("cli/uvicorn_server.py",), NO_SERVER),
    Name("uvicorn.server", "Server", ("adapters/uvicorn/server.py",), NO_SERVER),
    Name("uvicorn.supervisors", "ChangeReload", ("cli/uvicorn_server.py",), NO_SERVER),
    Name("uvicorn.supervisors", "Multiprocess", ("cli/uvicorn_server.py",), NO_SERVER),
    Name("uvicorn._subprocess", "get_subprocess", (WORKER,), NO_SERVER),
    Name(
        "os",
        "_exit",
        ("adapters/uvicorn/server.py", "adapters/workers/signals.py", "core/process_end.py"),
        "documented by Python",
    ),
    Name("uvicorn.logging", "DefaultFormatter", ("cli/dev_logging.py",), DOCUMENTED_LOGGING),
    Name("uvicorn.protocols.utils", "", (LIST,), OF_UVICORN),
    Name("uvicorn.protocols.utils", "get_client_addr", (OUTBOX,), OF_UVICORN),
    Name("uvicorn.protocols.utils", "get_path_with_query_string", (OUTBOX,), OF_UVICORN),
    Name(SANSIO, "", (WEBSOCKET_LIST,), OF_WEBSOCKETS),
    Name(SANSIO, "WebSocketsSansIOProtocol", (WEBSOCKETS,), OF_WEBSOCKETS),
    Name("uvicorn.protocols.utils", "", (WEBSOCKET_LIST,), OF_WEBSOCKETS),
    Name("uvicorn.protocols.utils", "ClientDisconnected", (WEBSOCKETS,), OF_WEBSOCKETS),
    Name(
        "uvicorn.protocols.websockets.auto",
        "AutoWebSocketsProtocol",
        ("adapters/uvicorn_websockets.py",),
        "it is the fallback, and the default of uvicorn's option `--ws`",
    ),
    Name("uvicorn.server", "", (LIST,), OF_UVICORN),
    Name(
        "uvicorn.server",
        "",
        ("adapters/uvicorn/handshakes.py",),
        "handshakes of TLS have the time that the event loop gives them, a minute",
    ),
    Name("uvicorn.server", "ServerState", (CYCLE, PROTOCOL), OF_UVICORN),
    # Granian
    Name("granian", "Granian", ("cli/servers.py",), NO_SERVER),
    Name("granian.asgi", "", ("middleware/stack.py",), UNNOTICED),
    Name("granian.constants", "HTTPModes", ("cli/servers.py",), NO_SERVER),
    Name("granian.constants", "Interfaces", ("cli/servers.py",), NO_SERVER),
    Name("granian.http", "HTTP1Settings", ("cli/servers.py",), NO_SERVER),
    Name("granian.http", "HTTP2Settings", ("cli/servers.py",), NO_SERVER),
    Name("granian.log", "LogLevels", ("cli/servers.py",), NO_SERVER),
    Name("granian._granian", "", ("cli/servers.py",), OWN_SUPERVISOR),
    Name("granian.server.mp", "", ("cli/servers.py",), OWN_SUPERVISOR),
    Name("granian._granian", "SocketHolder", (SUPERVISED,), OWN_SUPERVISOR),
    Name("granian.server.mp", "MPServer", (SUPERVISED, "cli/servers.py"), NO_SERVER),
    *(
        Name(
            "granian.server.mp",
            f"MPServer.{name}",
            (SUPERVISED,),
            OWN_SUPERVISOR,
            (f"SupervisedGranian.{name}",),
        )
        for name in ("_bind_addr_fmt", "_shd", "_spawn_worker", "_sso", "_ssp")
    ),
    # OpenTelemetry
    Name(
        LOGS,
        "",
        ("telemetry/exporters.py", "telemetry/providers.py", "telemetry/requirement.py"),
        TELEMETRY,
    ),
    Name(LOGS, "Logger", ("telemetry/providers.py",), TELEMETRY),
    Name(LOGS, "LoggerProvider", ("telemetry/config.py",), TELEMETRY),
    Name(LOGS, "SeverityNumber", ("telemetry/observation.py",), TELEMETRY),
    Name(
        "opentelemetry.exporter.otlp.proto.http._log_exporter",
        "OTLPLogExporter",
        ("telemetry/exporters.py",),
        TELEMETRY,
    ),
    Name("opentelemetry.sdk._logs", "", ("telemetry/exporters.py",), TELEMETRY),
    Name(
        "opentelemetry.sdk._logs.export",
        "BatchLogRecordProcessor",
        ("telemetry/exporters.py",),
        TELEMETRY,
    ),
)
#: Attributes of ours that have the name of somebody else's, and the names of loggers.
OURS = {("inside._body", "run/exchange.py"), ("granian.access", "adapters/granian_log.py")}
OURS |= {("uvicorn.error", "adapters/uvicorn/deadlines.py")}
OURS |= {
    ("uvicorn.error", "adapters/uvicorn/server.py"),
    ("uvicorn.error", "cli/uvicorn_server.py"),
}
#: What uvicorn's protocol has because asyncio and httptools call it, so that it cannot be missing.
OF_UVICORNS_CLASSES = {"HttpToolsProtocol", "RequestResponseCycle", "FlowControl", "ServerState"}


def listed_uses() -> set[tuple[str, str]]:
    return {
        (written, file)
        for entry in LISTED
        for written in entry.written or (f"{entry.module}.{entry.name}".removesuffix("."),)
        for file in entry.files
    }


def test_every_use_is_listed_and_every_entry_is_used() -> None:
    found = read_apart() - OURS
    assert found - listed_uses() == set(), "list it, and say what happens without it"
    assert listed_uses() - found == set(), "nobody uses it any more"


def test_all_names_exist_and_the_adapter_uses_of_uvicorn_what_it_lists() -> None:
    # Apart: servers that are imported change how an application is put together.
    program = "from tests.house import test_private_names as names; names.check()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def check() -> None:
    """Raise for a name that its package has not, and for one that is listed wrongly."""
    for entry in LISTED:
        importlib.import_module(entry.module)
        assert list(missing_names(entry.module, [entry.name] if entry.name else [])) == []
    for module in websockets.NAMES:
        assert list(missing_names(module, list_names(module, websockets.NAMES))) == []
    for module, names in NAMES.items():
        assert list(missing_names(module, list_names(module))) == []
        for name in OF_UVICORNS_CLASSES & names.keys():
            kind = getattr(importlib.import_module(module), name)
            used = attributes_of_kind(kind) & used_by_adapter()
            assert used - set(names[name]) == set(), "list it in adapters/uvicorn/names.py"
            assert set(names[name]) - used == set(), f"nobody uses it of {name} any more"


def attributes_of_kind(kind: Any) -> set[str]:
    """Return what a class of uvicorn defines: methods, and what they set."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(kind)))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= {node.attr} if ast.unparse(node.value) == "self" else set()
    return found - set(dir(object))


def used_by_adapter() -> set[str]:
    """Return every attribute that the adapter takes, sets or overrides."""
    found = set()
    for file in (FOLDER / "adapters" / "uvicorn").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.ClassDef):
                found |= {
                    target.id
                    for item in node.body
                    if isinstance(item, ast.Assign)
                    for target in item.targets
                    if isinstance(target, ast.Name)
                }
    return found


def test_asyncio_still_calls_the_protocol_as_before() -> None:
    assert {"connection_made", "data_received", "eof_received", "connection_lost"} <= set(
        dir(asyncio.Protocol)
    )
