"""The contestants, and the command that starts each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contestant:
    """One program.

    Attributes:
        name: Its name in the tables.
        environment: The environment that has its packages.
        command: The arguments of the environment's interpreter; `{port}` is the port to listen on.
        ready: The path that says whether its database answers.
    """

    name: str
    environment: str
    command: tuple[str, ...]
    ready: str = "/health"


LOCAL = ("--host", "127.0.0.1", "--port", "{port}")
RUN = ("-m", "pronghorn", "run", *LOCAL)
UVICORN = ("-m", "uvicorn", *LOCAL)
GLUE = ("--log-config", "logging.json")

BASE = Contestant("FastAPI", "service", (*UVICORN, "fastapi_app:app", *GLUE))
SAME = Contestant(
    "pronghorn, the same program", "service", (*RUN, "fastapi_app.py", "--as-fastapi", *GLUE)
)
OWN = Contestant(
    "pronghorn, its own parts",
    "service",
    (*RUN, "pronghorn_app.py", "--log-format", "json"),
    "/ready",
)
LITESTAR = Contestant("Litestar, advanced-alchemy", "litestar", (*UVICORN, "litestar_app:app"))
BOLT = Contestant("django-bolt, Django's ORM", "bolt", ("bolt_app.py", "{port}"))
FASTIFY = Contestant(
    "Fastify, postgres.js or better-sqlite3", "fastify", ("fastify_app.mjs", "{port}")
)

CONTESTANTS = (BASE, SAME, OWN, LITESTAR, BOLT, FASTIFY)
