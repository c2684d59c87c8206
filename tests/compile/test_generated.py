"""On generated graphs, a compiled handler makes the calls of the exact way, in its order."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from tests.bad_input.asking import Answer, ask
from tests.bad_input.attacks import JSON, Attack

HEADER = """
from typing import Annotated, Any
from pydantic import AfterValidator, BaseModel
from pronghorn import Body, Cookie, Depends, FastAPI, Header, HTTPException, Query, Response

app = FastAPI()
trace = []

def checked(value):
    trace.append(("validator", value))
    if value == 13:
        raise ValueError("unlucky")
    return value

Lucky = Annotated[int, AfterValidator(checked)]

class Item(BaseModel):
    number: int = 0

class LuckyItem(BaseModel):
    number: Lucky = 0

def seen(name, values):
    trace.append((name, values))
    if values.get("stop") == 1:
        raise HTTPException(418, name)
    return len(trace)
"""
PARAMETERS = (
    *(
        "a: int",
        "b: str = 'x'",
        "c: Lucky = 1",
        "d: Annotated[list[int], Query()] = []",
        "stop: int = 0",
    ),
    *("h: Annotated[int, Header()] = 2", "g: Annotated[Lucky, Header()] = 3"),
    *("k: Annotated[int, Cookie()] = 4", "j: Annotated[Lucky, Cookie()] = 5"),
    *("item: Item", "lucky: LuckyItem", "weight: Annotated[Lucky, Body()] = 6"),
    *("e: Annotated[Lucky, Query(default_factory=lambda: 7)]", "o: int | None = None"),
)
KINDS = ("def", "async def", "yield", "async yield")


def function(chosen: random.Random, name: str, above: list[str], kind: str) -> str:
    """One function with some parameters, which depends on some of those above it."""
    parameters = chosen.sample(PARAMETERS, chosen.randint(0, 4))
    uses = chosen.sample(above, min(len(above), chosen.randint(0, 3)))
    cache = ["", "", ", use_cache=False"]
    parameters += [f"d_{use}: Annotated[Any, Depends({use}{chosen.choice(cache)})]" for use in uses]
    chosen.shuffle(parameters)
    values = (
        "dict(" + ", ".join(f"{one.split(':')[0]}={one.split(':')[0]}" for one in parameters) + ")"
    )
    prefix = "async " if kind.startswith("async") else ""
    lines = [
        f"{prefix}def {name}(*, {', '.join(parameters)}):"
        if parameters
        else f"{prefix}def {name}():"
    ]
    if "yield" in kind:
        lines += [
            "    try:",
            f"        yield seen({name!r}, {values})",
            "    except BaseException as error:",
            f"        trace.append(({name!r}, type(error).__name__))",
            "        raise",
            f"    trace.append(({name!r}, 'closed'))",
        ]
    else:
        lines.append(f"    return seen({name!r}, {values})")
    return "\n".join(lines)


def invented(seed: int) -> str:
    """The source of a program with one operation."""
    chosen = random.Random(seed)
    names = [f"f{number}" for number in range(chosen.randint(0, 5))]
    parts = [
        function(chosen, name, names[:number], chosen.choice(KINDS))
        for number, name in enumerate(names)
    ]
    parts.append("@app.post('/')")
    parts.append(function(chosen, "endpoint", names, chosen.choice(KINDS[:2])))
    return HEADER + "\n\n".join(parts)


def requests(seed: int) -> list[Attack]:
    chosen = random.Random(seed)
    found = []
    for number in range(12):
        value = lambda: chosen.choice(["1", "2", "13", "x", ""])  # noqa: E731
        names = [name for name in "aabcdeo" if chosen.random() < 0.7]
        if chosen.random() < 0.2:
            names.append("stop")
        query = "&".join(f"{name}={value()}" for name in names).encode()
        headers = [(name.encode(), value().encode()) for name in "hg" if chosen.random() < 0.5]
        cookies = "; ".join(f"{name}={value()}" for name in "kj" if chosen.random() < 0.5)
        if cookies:
            headers.append((b"cookie", cookies.encode()))
        numbers = [chosen.choice([1, 13, "x"]) for _ in range(3)]
        item, lucky, weight = numbers
        body: Any = {"item": {"number": item}, "lucky": {"number": lucky}, "weight": weight}
        body = chosen.choice([body, body, {"number": item}, weight, None, []])
        content = b"" if body is None else json.dumps(body).encode()
        found.append(Attack(str(number), "/", "POST", query, (*JSON, *headers), content))
    return found


def run(source: str, seed: int, *, general: bool) -> list[tuple[Answer, str]]:
    names: dict[str, Any] = {"__name__": "invented"}
    exec(compile(source, "<invented>", "exec", dont_inherit=True), names)

    async def ask_all() -> list[tuple[Answer, str]]:
        found = []
        for request in requests(seed):
            names["trace"].clear()
            found.append((await ask(names["app"], request), repr(names["trace"])))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRONGHORN_GENERAL", str(int(general)))
        return asyncio.run(ask_all())


@pytest.mark.parametrize("seed", range(80))
def test_both_ways_call_and_answer_alike(seed: int) -> None:
    source = invented(seed)
    assert run(source, seed, general=False) == run(source, seed, general=True), source
