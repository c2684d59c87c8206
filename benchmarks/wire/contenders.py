"""Who takes part, and how each is started."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "FastAPI on uvicorn"
QUIET = ("--log-level", "warning", "--no-access-log")


@dataclass(frozen=True)
class Contender:
    """One row of the table.

    - `command`: after the interpreter; `{port}` is the port to listen on. With `node` as the
      environment the command is that of Node.
    - `environment`: "wire" for what pronghorn runs in, "peers" for the others, "node".
    - `validates`: False for servers that answer constant bytes.
    """

    name: str
    command: tuple[str, ...]
    environment: str = "wire"
    validates: bool = True


def module(*words: str) -> tuple[str, ...]:
    """The command that runs a module."""
    return ("-m", *words)


CORE = (
    Contender(BASE, module("uvicorn", "fastapi_app:app", *QUIET, "--port", "{port}")),
    Contender(
        "pronghorn on uvicorn, ASGI",
        module("uvicorn", "pronghorn_app:app", *QUIET, "--port", "{port}"),
    ),
    Contender(
        "pronghorn run",
        (
            *module(
                "pronghorn", "run", "pronghorn_app.py", "--host", "127.0.0.1", "--no-access-log"
            ),
            "--port",
            "{port}",
        ),
    ),
    Contender(
        "pronghorn run --server granian",
        (
            *module(
                "pronghorn", "run", "pronghorn_app.py", "--host", "127.0.0.1", "--no-access-log"
            ),
            "--server",
            "granian",
            "--port",
            "{port}",
        ),
    ),
    Contender(
        "constant bytes: uvicorn, ASGI",
        module("uvicorn", "constant_asgi:app", *QUIET, "--port", "{port}"),
        validates=False,
    ),
    Contender(
        "constant bytes: Granian, RSGI",
        (
            *module(
                "granian", "constant_rsgi:app", "--interface", "rsgi", "--log-level", "warning"
            ),
            "--port",
            "{port}",
        ),
        validates=False,
    ),
    Contender(
        "constant bytes: httptools on uvloop",
        ("constant_protocol.py", "{port}"),
        validates=False,
    ),
)

PEERS = (
    Contender(
        "Starlette on uvicorn",
        module("uvicorn", "starlette_app:app", *QUIET, "--port", "{port}"),
        "peers",
    ),
    Contender(
        "Litestar on uvicorn",
        module("uvicorn", "litestar_app:app", *QUIET, "--port", "{port}"),
        "peers",
    ),
    Contender(
        "BlackSheep on uvicorn",
        module("uvicorn", "blacksheep_app:app", *QUIET, "--port", "{port}"),
        "peers",
    ),
    Contender(
        "Falcon on uvicorn",
        module("uvicorn", "falcon_app:app", *QUIET, "--port", "{port}"),
        "peers",
    ),
    Contender(
        "Quart on uvicorn",
        module("uvicorn", "quart_app:app", *QUIET, "--port", "{port}"),
        "peers",
    ),
    Contender("Sanic", ("sanic_app.py", "{port}"), "peers"),
    Contender("Robyn", ("robyn_app.py", "{port}"), "peers"),
    Contender(
        "Emmett on Granian, RSGI",
        (
            *module("granian", "emmett_app:app", "--interface", "rsgi", "--log-level", "warning"),
            "--port",
            "{port}",
        ),
        "peers",
    ),
    Contender("django-bolt", ("django_bolt_app.py", "{port}"), "peers"),
    Contender("Fastify on Node", ("fastify_app.mjs", "{port}"), "node"),
)
