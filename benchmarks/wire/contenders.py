"""The contenders, and the command that starts each."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "FastAPI on uvicorn"
QUIET = ("--log-level", "warning", "--no-access-log")
ASGI = ("--interface", "asgi", "--log-level", "warning")


@dataclass(frozen=True)
class Contender:
    """One row of the table.

    Attributes:
        name: Its name in the table.
        command: The arguments of the interpreter; `{port}` is the port to listen on. With `node` as
            the environment, it is the command of Node.
        environment: "wire" for the environment of pronghorn, "peers" for the others, "node".
        validates: False for rows whose answer is constant.
    """

    name: str
    command: tuple[str, ...]
    environment: str = "wire"
    validates: bool = True


def module(*words: str) -> tuple[str, ...]:
    """Return the command that runs a module on the port."""
    return ("-m", *words, "--port", "{port}")


RUN = ("pronghorn", "run", "pronghorn_app.py", "--host", "127.0.0.1", "--no-access-log")

CORE = (
    Contender(BASE, module("uvicorn", "fastapi_app:app", *QUIET)),
    Contender("pronghorn on uvicorn, ASGI", module("uvicorn", "pronghorn_app:app", *QUIET)),
    Contender("pronghorn run", module(*RUN)),
    Contender("pronghorn run --server granian", module(*RUN, "--server", "granian")),
    Contender(
        "constant bytes: uvicorn, ASGI",
        module("uvicorn", "constant_asgi:app", *QUIET),
        validates=False,
    ),
    Contender(
        "constant bytes, body read: uvicorn, ASGI",
        module("uvicorn", "constant_asgi:reading", *QUIET),
        validates=False,
    ),
    Contender(
        "constant bytes: Granian, ASGI",
        module("granian", "constant_asgi:app", *ASGI),
        validates=False,
    ),
    Contender(
        "constant bytes, body read: Granian, ASGI",
        module("granian", "constant_asgi:reading", *ASGI),
        validates=False,
    ),
    Contender(
        "constant answer of an endpoint: our protocol class",
        module("pronghorn", "run", "pronghorn_constant.py", *RUN[3:]),
        validates=False,
    ),
    Contender(
        "constant bytes: httptools on uvloop",
        ("constant_protocol.py", "{port}"),
        validates=False,
    ),
)

PEERS = (
    Contender("Starlette on uvicorn", module("uvicorn", "starlette_app:app", *QUIET), "peers"),
    Contender("Litestar on uvicorn", module("uvicorn", "litestar_app:app", *QUIET), "peers"),
    Contender("BlackSheep on uvicorn", module("uvicorn", "blacksheep_app:app", *QUIET), "peers"),
    Contender("Falcon on uvicorn", module("uvicorn", "falcon_app:app", *QUIET), "peers"),
    Contender("Quart on uvicorn", module("uvicorn", "quart_app:app", *QUIET), "peers"),
    Contender("Sanic", ("sanic_app.py", "{port}"), "peers"),
    Contender("Robyn", ("robyn_app.py", "{port}"), "peers"),
    # Emmett and Granian use a protocol of their own, which is the fastest.
    Contender(
        "Emmett on Granian",
        module("granian", "emmett_app:app", "--log-level", "warning"),
        "peers",
    ),
    Contender("django-bolt", ("django_bolt_app.py", "{port}"), "peers"),
    Contender("Fastify on Node", ("fastify_app.mjs", "{port}"), "node"),
)
