"""A program that uses an injected kind which does not exist; `test_new_kind` runs it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from pronghorn import Depends, FastAPI, Request, WebSocket
from pronghorn.compile.explain import explain_plan
from pronghorn.dependencies.utils import get_dependant, solve_dependencies
from pronghorn.testclient import TestClient


def count(counts: Counter[str]) -> None:
    """Count one more call."""
    counts["calls"] += 1


def root(counts: Counter[str], number: int = 0) -> dict[str, int]:
    """Tell what was counted."""
    return {**counts, "number": number}


async def serve(websocket: WebSocket, counts: Counter[str]) -> None:
    """Tell the same over a WebSocket."""
    await websocket.accept()
    await websocket.send_json(counts)


async def solve() -> Any:
    """Solve the graph as a library does."""
    scope = {"type": "http", "query_string": b"", "headers": [], "path_params": {}}
    async with AsyncExitStack() as stack:
        solved = await solve_dependencies(
            request=Request(scope),
            dependant=get_dependant(path="/", call=root),
            async_exit_stack=stack,
            embed_body_fields=False,
        )
    return solved.values


def answers(general: str) -> dict[str, Any]:
    """Return what one engine answers."""
    os.environ["PRONGHORN_GENERAL"] = general
    app = FastAPI()
    app.get("/", dependencies=[Depends(count)])(root)
    app.websocket("/", dependencies=[Depends(count)])(serve)
    client: Any = TestClient(app)
    with client.websocket_connect("/") as connection:
        served = connection.receive_json()
    route: Any = app.routes[-2]
    return {
        "http": [client.get("/?number=1").json(), client.get("/?number=2").json()],
        "invalid": client.get("/?number=x").status_code,
        "websocket": served,
        "solved": asyncio.run(solve()),
        "dependant": route.dependant.counts_param_name,
        "explained": "counts: the counts" in "\n".join(explain_plan(route.plan, "GET /").plan),
        "documented": [one["name"] for one in app.openapi()["paths"]["/"]["get"]["parameters"]],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps([answers("0"), answers("1")]))
