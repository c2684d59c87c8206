"""The requests of the benchmark: what is sent, and what has to be answered."""

from __future__ import annotations

import gzip
import json
import random
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.service.data import ITEMS, ORIGIN, PASSWORD, USERS, email_of

LOGIN, ME, LIST, DETAIL, CREATE, MIX = "login", "me", "list", "detail", "create", "mix"
ENDPOINTS = (LOGIN, ME, LIST, DETAIL, CREATE)
KINDS = (*ENDPOINTS, MIX)
#: Of twenty requests of the mix, so many are of each kind.
SHARES = {LOGIN: 1, ME: 3, LIST: 6, DETAIL: 8, CREATE: 2}
#: The load of one kind repeats so many different requests.
DIFFERENT = 1_000
SIGNED_IN = 50
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NEW = {"name": "Desk lamp", "description": "Bends in two places.", "price_cents": 2450}


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: Its method.
        target: Its path and query.
        body: Its body, empty for none.
        media_type: The content type of the body.
        token: The token of its sender, if it has one.
    """

    method: str
    target: str
    body: str = ""
    media_type: str = ""
    token: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that a browser's page at another origin would send."""
        found = {"Accept": "application/json", "Accept-Encoding": "gzip", "Origin": ORIGIN}
        if self.body:
            found["Content-Type"] = self.media_type
        if self.token:
            found["Authorization"] = f"Bearer {self.token}"
        return found

    def as_bytes(self, host: str) -> bytes:
        """Return the request as it is on the wire."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers().items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return "\r\n".join([*lines, "", self.body]).encode()


@dataclass(frozen=True)
class Answer:
    """An answer: its status, its headers in lower case, and its JSON."""

    status: int
    headers: Mapping[str, str]
    content: Any


def log_in(number: int) -> Request:
    """Return the request of a user for a token."""
    fields = {"username": email_of(number), "password": PASSWORD, "grant_type": "password"}
    return Request("POST", "/token", urllib.parse.urlencode(fields), FORM)


def create(item: Mapping[str, Any], token: str) -> Request:
    """Return the request that offers an item."""
    return Request("POST", "/items", json.dumps(item), JSON, token)


def make_request(kind: str, chance: random.Random, token: str) -> Request:
    """Return a request of an endpoint."""
    if kind == LOGIN:
        return log_in(chance.randint(1, USERS))
    if kind == ME:
        return Request("GET", "/me", token=token)
    if kind == LIST:
        return Request("GET", f"/items?after={chance.randint(0, ITEMS - 20)}", token=token)
    if kind == DETAIL:
        return Request("GET", f"/items/{chance.randint(1, ITEMS)}", token=token)
    return create(NEW, token)


def make_load(kind: str, tokens: list[str]) -> list[Request]:
    """Return the requests that a load of a kind repeats; the same ones for every contestant."""
    chance = random.Random(kind)
    kinds = [kind] * DIFFERENT
    if kind == MIX:
        kinds = [one for one, share in SHARES.items() for _ in range(share)] * (DIFFERENT // 20)
        chance.shuffle(kinds)
    return [make_request(one, chance, chance.choice(tokens)) for one in kinds]


def make_probes(token: str) -> Iterator[tuple[str, Request]]:
    """Yield a name and a request for everything that contestants must answer equally."""
    yield "login", log_in(7)
    wrong = urllib.parse.urlencode({"username": email_of(7), "password": "wrong horse"})
    yield "login with a wrong password", Request("POST", "/token", wrong, FORM)
    yield "me", Request("GET", "/me", token=token)
    yield "me without a token", Request("GET", "/me")
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    yield "me with a forged token", Request("GET", "/me", token=forged)
    for after in (0, 4_321, ITEMS - 20):
        yield f"list after {after}", Request("GET", f"/items?after={after}", token=token)
    yield "list without a token", Request("GET", "/items?after=0")
    for number in (1, 5, ITEMS):
        yield f"detail {number}", Request("GET", f"/items/{number}", token=token)
    yield "detail of nothing", Request("GET", "/items/99999999", token=token)
    yield "create", create(NEW, token)
    yield "create without a description", create({"name": "Pen", "price_cents": 0}, token)
    yield "create with a negative price", create({**NEW, "price_cents": -1}, token)
    yield "create without a token", create(NEW, "")


def send(base: str, request: Request, **headers: str) -> Answer:
    """Send a request, and return the answer, decompressed."""
    prepared = urllib.request.Request(
        base + request.target,
        data=request.body.encode() or None,
        method=request.method,
        headers={**request.headers(), **headers},
    )
    try:
        response = urllib.request.urlopen(prepared, timeout=10)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        content = response.read()
        found = {name.lower(): value for name, value in response.headers.items()}
    if found.get("content-encoding") == "gzip":
        content = gzip.decompress(content)
    is_json = found.get("content-type", "").startswith("application/json")
    return Answer(response.status, found, json.loads(content) if is_json else content.decode())


def normalise(name: str, answer: Answer) -> tuple[int, Any]:
    """Return what must be equal: the status, and the content of a success.

    Moments may be written in any form of ISO 8601. The id and the moment of a created row, and a
    token, differ on purpose; their kind is compared. Frameworks word errors in their own way, and
    validation has 400 or 422.
    """
    if answer.status >= 400:
        return (422 if answer.status == 400 else answer.status), None
    content = answer.content
    if name == LOGIN and isinstance(content, dict):
        content = {**content, "access_token": content.get("access_token", "").count(".")}
    created = name.startswith(CREATE)
    rows = content if isinstance(content, list) else [content]
    cleaned = [clean(row, created=created) for row in rows]
    return answer.status, cleaned if isinstance(content, list) else cleaned[0]


def clean(row: Any, *, created: bool) -> Any:
    """Return a row whose moment is a `datetime`, and without what a creation invents."""
    if not isinstance(row, dict) or "created_at" not in row:
        return row
    moment = datetime.fromisoformat(row["created_at"])
    if not created:
        return {**row, "created_at": moment}
    return {**row, "created_at": moment.tzinfo is not None, "id": isinstance(row["id"], int)}
