"""A program that a clean environment runs to show that an installed package works.

    python -W error tools/smoke_program.py             # calls itself as ASGI; needs no extra
    python -W error -m pronghorn run tools/smoke_program.py   # needs the extra "standard"

It imports nothing but pronghorn and what pronghorn itself requires.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import Depends, FastAPI, HTTPException, Query, __version__


class Item(BaseModel):
    """An item that the program sells."""

    name: str
    price: float


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Give the application its items."""
    app.state.items = {}
    yield


app = FastAPI(title="Smoke", lifespan=lifespan)


def page_size(size: Annotated[int, Query(le=100)] = 10) -> int:
    """Return the number of items on a page."""
    return size


@app.get("/version")
def read_version() -> str:
    """Return the version of the installed package."""
    return __version__


@app.get("/items")
async def list_items(size: Annotated[int, Depends(page_size)]) -> list[Item]:
    """Return as many items as a page has."""
    return [Item(name=f"Lamp {number}", price=19.9) for number in range(size)]


@app.post("/items/{item_id}", status_code=201)
async def create_item(item_id: int, item: Item) -> Item:
    """Return the item, unless its number is taken."""
    if item_id == 0:
        raise HTTPException(409, "Item 0 exists.")
    return item


async def call(method: str, path: str, query: str = "", body: Any = None) -> tuple[int, Any]:
    """Call the program as an ASGI server does.

    Returns:
        The status code and the decoded body of the response.
    """
    content = b"" if body is None else json.dumps(body).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"smoke"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(part["body"] for part in sent[1:]))


EXPECTED: list[tuple[tuple[Any, ...], int]] = [
    (("GET", "/version"), 200),
    (("GET", "/items", "size=2"), 200),
    (("GET", "/items", "size=101"), 422),
    (("POST", "/items/7", "", {"name": "Lamp", "price": 19.9}), 201),
    (("POST", "/items/0", "", {"name": "Lamp", "price": 19.9}), 409),
    (("POST", "/items/7", "", {"name": "Lamp"}), 422),
    (("GET", "/openapi.json"), 200),
    (("GET", "/nothing"), 404),
]


async def main() -> None:
    """Send each request and compare its status.

    Raises:
        SystemExit: A status is another one.
    """
    for request, expected in EXPECTED:
        status, body = await call(*request)
        if status != expected:
            raise SystemExit(f"{request}: {status} instead of {expected}: {body}")


if __name__ == "__main__":
    asyncio.run(main())
