"""`pronghorn diff` as a user runs it, with real child processes and the real FastAPI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pronghorn

Write = Callable[..., Path]
# Three processes per test, on machines that have other work.
pytestmark = pytest.mark.timeout(240)
PROJECT = Path(pronghorn.__file__).parent.parent

PROGRAM = """
from typing import Annotated

from fastapi import Depends, FastAPI, Form, Header, Query
from pydantic import BaseModel

print("a line of the program")
app = FastAPI(title="Shop")


class Item(BaseModel):
    name: str
    price: float = 1


def limited(limit: Annotated[int, Query(ge=1, le=10)] = 5):
    yield limit


@app.get("/items/{item_id}")
def read_item(
    item_id: int, limit: Annotated[int, Depends(limited)], agent: Annotated[str, Header()]
) -> Item:
    return Item(name=agent, price=limit)


@app.post("/items")
async def create_item(item: Item) -> Item:
    return item


@app.post("/form")
async def take_form(name: Annotated[str, Form()], ages: Annotated[list[int], Form()]):
    return {"name": name, "ages": ages}
"""

# A program that looks where it is: the simplest way to be different.
TELLTALE = """
import fastapi

app = fastapi.FastAPI()
IS_REAL = fastapi.FastAPI.__module__ == "fastapi.applications"


@app.get("/same")
def same():
    return {"a": 1}


@app.get("/other/{name}")
def other(name: str):
    return {"name": name, "[real]": IS_REAL}


if not IS_REAL:
    @app.delete("/more")
    def more(): ...
"""


class Result:
    """What the command did."""

    def __init__(self, *arguments: str, path: Path | None = None) -> None:
        paths = [str(item) for item in (path, PROJECT) if item]
        done = subprocess.run(
            [sys.executable, "-m", "pronghorn", "diff", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr


def har(*requests: dict[str, object]) -> str:
    return json.dumps({"log": {"entries": [{"request": request} for request in requests]}})


def test_a_program_that_is_the_same_on_both(write: Write) -> None:
    write("main.py", PROGRAM)
    result = Result("--requests", "60", "--unsafe")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(
        "same     OpenAPI document\nsame     GET /items/{item_id} (20 answers: "
    )
    assert "same     POST /form (20 answers: " in result.out
    assert "same     POST /items (20 answers: " in result.out
    assert "\nNo difference in 60 answers on 3 routes\n" in result.out
    assert re.search(r"\n\d+ of 60 answers were 2xx\n$", result.out)
    assert "left out" not in result.out


def test_only_safe_methods_are_sent_unless_asked_for(write: Write) -> None:
    write("main.py", PROGRAM)
    result = Result("--requests", "6")
    assert result.code == 0
    assert "same     POST" not in result.out
    assert "GET /items/{item_id} (6 answers: " in result.out
    assert (
        "\nleft out 2 operations, because POST, PUT, PATCH and DELETE may change data: "
        "POST /items, POST /form\n"
        "         Add --unsafe to send them too, with data that may be lost.\n"
    ) in result.out


CHANGES = "because POST, PUT, PATCH and DELETE may change data: "
REMEDY = "\n         Add --unsafe to send them too, with data that may be lost.\n\n"


@pytest.mark.parametrize(
    ("methods", "left_out"),
    [
        (["post"], f"left out 1 operation, {CHANGES}POST /items{REMEDY}"),
        (["post", "delete"], f"left out 2 operations, {CHANGES}POST /items, DELETE /items{REMEDY}"),
        ([], ""),
    ],
)
def test_a_program_without_safe_methods(write: Write, methods: list[str], left_out: str) -> None:
    routes = [f"@app.{method}('/items')\ndef {method}(): ...\n" for method in methods]
    write("main.py", "from fastapi import FastAPI\napp = FastAPI()\n" + "".join(routes))
    result = Result()
    assert result.code == 0
    assert result.out == f"same     OpenAPI document\n\n{left_out}No requests were sent\n"


def test_no_requests_because_none_are_wanted(write: Write) -> None:
    write("main.py", PROGRAM)
    assert Result("--requests", "0").out.endswith("\nNo requests were sent\n")


ONE_PATH = """
import fastapi
from fastapi.responses import RedirectResponse

app = fastapi.FastAPI()
IS_REAL = fastapi.FastAPI.__module__ == "fastapi.applications"


@app.post("/items/{name}")
def create_item(name: str): ...


@app.get("/items/new")
def read_form(): ...


@app.get("/", include_in_schema=False)
def root():
    return RedirectResponse("/docs")


@app.exception_handler(404)
def answer_absent(request, error):
    return fastapi.Response("absent" if "?" not in str(request.url) else str(IS_REAL), 404)
"""


def recorded(write: Write, *requests: str) -> str:
    """Return the path of a HAR file with requests such as `GET /items`."""
    pairs = [request.split(" ") for request in requests]
    entries = [{"method": method, "url": f"http://x{target}"} for method, target in pairs]
    return str(write("recorded.har", har(*entries)))


def test_requests_without_a_route_do_not_count_as_routes(write: Write) -> None:
    write("main.py", ONE_PATH)
    paths = ["POST /items/", "POST /items/a/b", "DELETE /items/a", "GET /items/new/", "GET /x"]
    paths += ["POST /items/a", "POST /items/new", "GET /items/new", "GET /"]
    result = Result("--har", recorded(write, *paths), "--unsafe")
    assert result.code == 0, result.out
    assert "same     (no route) (5 answers: 1 with 307, 3 with 404, 1 with 405)\n" in result.out
    assert "same     POST /items/{name} (2 answers: 2 with 200)\n" in result.out
    assert "same     GET /items/new (1 answer: 1 with 200)\n" in result.out
    assert "same     GET / (1 answer: 1 with 307)\n" in result.out
    assert result.out.endswith(
        "\nNo difference in 9 answers on 3 routes\n3 of 9 answers were 2xx\n"
    )


def test_differences_without_a_route(write: Write) -> None:
    write("main.py", ONE_PATH)
    result = Result("--har", recorded(write, "GET /x?a=1", "GET /y"))
    assert result.code == 1
    assert "differs  (no route) (1 of 2 answers: 2 with 404)\n  GET /x?a=1\n" in result.out
    assert "\n1 answer of 2 differ\n" in result.out
    assert "\nNo answer was 2xx, so this result says little.\n" in result.out
    result = Result("--har", recorded(write, "GET /y"))
    assert "\nNo difference in 1 answer\n" in result.out


def test_differences_are_shown_per_route(write: Write) -> None:
    write("main.py", TELLTALE)
    result = Result("--requests", "2")
    assert result.code == 1
    assert "same     GET /same (1 answer: 1 with 200)\n" in result.out
    assert "differs  OpenAPI document (1 place)\n   paths /more\n" in result.out
    assert "differs  GET /other/{name} (1 of 1 answer: 1 with 200)\n  GET /other/" in result.out
    assert "    body [real]\n      FastAPI   true\n      pronghorn false\n" in result.out
    assert "\n1 answer of 2 differ, on 1 route\n2 of 2 answers were 2xx\n" in result.out


def test_the_same_seed_sends_the_same_requests(write: Write) -> None:
    write("main.py", TELLTALE)
    first, again, other = (Result("--requests", "9", "--seed", seed).out for seed in "112")
    assert first == again
    assert first != other


def test_requests_of_a_har_file(write: Write) -> None:
    write("main.py", TELLTALE.replace("@app.delete", "@app.post"))
    file = write(
        "recorded.har",
        har(
            {"method": "GET", "url": "https://shop.example/other/a%20b?q=1", "headers": []},
            {"method": "GET", "url": "https://shop.example/same"},
            {
                "method": "POST",
                "url": "https://shop.example/more",
                "headers": [{"name": ":path", "value": "/more"}, {"name": "X-A", "value": "b"}],
                "postData": {"mimeType": "application/json", "text": '{"a": 1}'},
            },
        ),
    )
    result = Result("--har", str(file))
    assert result.code == 1
    assert "  GET /other/a%20b?q=1\n" in result.out
    assert f"left out 1 request, {CHANGES}POST /more{REMEDY}" in result.out
    result = Result("--har", str(file), "--unsafe")
    assert "differs  POST /more (1 of 1 answer: 1 with 404)\n" in result.out
    assert "  POST /more\n    x-a: b\n" in result.out
    assert '    {"a": 1}\n    status\n      FastAPI   404\n      pronghorn 200\n' in result.out


def test_a_header_for_every_request(write: Write) -> None:
    write("main.py", TELLTALE)
    result = Result("--requests", "2", "--header", "Authorization: Bearer abc")
    assert "    authorization: Bearer abc\n" in result.out
    result = Result("--header", "nonsense")
    assert result.code == 2
    assert "Error: --header 'nonsense' is not a header" in result.err


def test_what_varies_by_itself_is_not_compared(write: Write) -> None:
    write(
        "main.py",
        """
        from itertools import count
        from fastapi import FastAPI, Response

        app = FastAPI()
        numbers = count()

        @app.get("/number")
        def number(response: Response):
            response.headers["x-number"] = str(next(numbers))
            return {"number": next(numbers), "fixed": 1}
        """,
    )
    result = Result("--requests", "3")
    assert result.code == 0
    assert (
        "\nvaries   body number, on FastAPI itself (GET /number)\n"
        "varies   header x-number, on FastAPI itself (GET /number)\n"
    ) in result.out


def test_a_difference_that_is_meant_is_no_difference(write: Write) -> None:
    write(
        "main.py",
        """
        from fastapi import Depends, FastAPI

        app = FastAPI()

        def number(number: int): ...

        @app.get("/", dependencies=[Depends(number), Depends(number)])
        def root(): ...

        @app.get("/list")
        def numbers(): ...
        """,
    )
    recorded = [("GET", "/"), ("HEAD", "/list"), ("DELETE", "/list"), ("GET", "/list/")]
    recorded.append(("GET", "/openapi.json"))
    requests = [{"method": method, "url": f"http://x{path}"} for method, path in recorded]
    result = Result("--har", str(write("recorded.har", har(*requests))), "--unsafe")
    assert result.code == 0, result.out
    for reason in (
        "an error of a dependency that is used twice is reported once",
        "HEAD works for GET routes",
        "HEAD is allowed where GET is",
        "a redirect to the path with or without its last slash is relative",
        "the OpenAPI document has an entity tag",
    ):
        assert f"meant    {reason} (1 answer: " in result.out


def test_what_middleware_adds_on_purpose_is_no_difference(write: Write) -> None:
    write(
        "main.py",
        """
        from fastapi import FastAPI, Request, Response
        from fastapi.middleware.cors import CORSMiddleware
        from fastapi.middleware.gzip import GZipMiddleware
        from starlette.middleware.sessions import SessionMiddleware

        app = FastAPI()
        app.add_middleware(SessionMiddleware, secret_key="a secret of the test")
        app.add_middleware(GZipMiddleware, minimum_size=10)
        app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])

        @app.get("/broken")
        async def fail():
            raise RuntimeError

        @app.get("/tagged")
        async def tagged():
            return Response("a" * 2000, headers={"ETag": '"abc"'})
        """,
    )
    headers = [{"name": "Origin", "value": "https://shop.example"}]
    headers.append({"name": "Accept-Encoding", "value": "gzip"})
    headers.append({"name": "X-Request-ID", "value": "7"})
    requests = [
        {"method": "GET", "url": f"http://x{path}", "headers": headers}
        for path in ("/broken", "/tagged")
    ]
    result = Result("--har", str(write("recorded.har", har(*requests))))
    assert result.code == 0, result.out
    for reason in (
        "the response to an unhandled error has the headers of CORS and the request id",
        "the entity tag of a compressed response is weak",
    ):
        assert f"meant    {reason} (1 answer: " in result.out


@pytest.mark.parametrize(("kept", "code"), [("1", 0), ("IS_REAL", 1)])
def test_the_time_in_a_signed_cookie_is_not_compared(write: Write, kept: str, code: int) -> None:
    write(
        "main.py",
        f"""
        import itsdangerous
        from fastapi import FastAPI, Request
        from starlette.middleware.sessions import SessionMiddleware

        IS_REAL = FastAPI.__module__ == "fastapi.applications"
        # Each engine signs at a second of its own.
        itsdangerous.TimestampSigner.get_timestamp = lambda signer: 1_000_000_000 + IS_REAL
        app = FastAPI()
        app.add_middleware(SessionMiddleware, secret_key="a secret of the test")

        @app.get("/visit")
        async def visit(request: Request):
            request.session["kept"] = int({kept})
        """,
    )
    result = Result("--requests", "1")
    assert result.code == code, result.out
    assert "varies   the time in header set-cookie" in result.out


def test_sets_have_the_same_order_on_both(write: Write) -> None:
    write(
        "main.py",
        """
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        def letters() -> set[str]:
            return set("abcdefghijklmnopqrstuvwxyz")
        """,
    )
    assert Result("--requests", "1").code == 0


def test_a_stream_without_an_end_is_left(write: Write) -> None:
    write(
        "main.py",
        """
        import asyncio
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        async def numbers():
            while True:
                yield 1
                await asyncio.sleep(0.05)
        """,
    )
    result = Result("--requests", "1", "--timeout", "0.2")
    assert (result.code, result.err) == (0, "")
    assert "same     GET / (1 answer: 1 with 200)" in result.out


def test_start_up_and_shutdown_run_around_the_requests(write: Write) -> None:
    write(
        "main.py",
        """
        from contextlib import asynccontextmanager
        from pathlib import Path
        from fastapi import FastAPI, Request

        @asynccontextmanager
        async def lifespan(app):
            yield {"started": True}
            with Path("log.txt").open("a") as log:
                log.write("closed ")

        app = FastAPI(lifespan=lifespan)

        @app.get("/")
        def root(request: Request):
            return request.state.started
        """,
    )
    assert Result("--requests", "1").code == 0
    assert Path("log.txt").read_text() == "closed closed "


FAILING_LIFESPAN = """
from fastapi import FastAPI

async def lifespan(app):
    raise ValueError("no disk")
    yield

app = FastAPI(lifespan=lifespan)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import fastapi\n1 / 0\n", "ZeroDivisionError: division by zero"),
        ("import absent_module\n", "No module named 'absent_module'"),
        ("app = 1\n", "Error: Could not find a FastAPI app in module main"),
        ("import sys\nprint('x' * 9)\nsys.exit(3)\n", "xxxxxxxxx\n"),
        (
            "from pronghorn import FastAPI\napp = FastAPI()\n",
            "Error: The program imports pronghorn itself",
        ),
        (FAILING_LIFESPAN, "ValueError: no disk"),
    ],
)
def test_a_program_that_does_not_run_on_fastapi(write: Write, source: str, expected: str) -> None:
    write("main.py", source)
    result = Result()
    assert result.code == 2
    assert result.out == ""
    assert expected in result.err


NAMED = """
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

def create_app() -> FastAPI:
    return FastAPI()

def other(first):
    raise ValueError

application = create_app()
wrapped = CORSMiddleware(application)
number = 3
"""
FACTORY = """\
Error: The app name create_app in main does not name an app: it is a function that makes one (\
"""
WRAPPED = """\
Error: main:wrapped has no OpenAPI document to compare: it is a CORSMiddleware
  Name the FastAPI app itself, without its wrapper
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["-e", "main:create_app"],
            FACTORY,
        ),
        (
            ["main.py", "--app", "create_app"],
            FACTORY,
        ),
        (
            ["-e", "main:other"],
            "Error: The app name other in main does not name an app: it is a function\n  Found in",
        ),
        (
            ["-e", "main:number"],
            "Error: The app name number in main does not name an app: it is an int\n  Found in",
        ),
        (
            ["-e", "main:wrapped"],
            WRAPPED,
        ),
    ],
)
def test_a_name_that_is_no_app_with_a_document(
    write: Write, arguments: list[str], expected: str
) -> None:
    write("main.py", NAMED)
    result = Result(*arguments)
    assert (result.code, result.out) == (2, "")
    assert expected in result.err
    assert "Traceback" not in result.err
    assert "AttributeError" not in result.err


def test_a_program_that_only_fastapi_runs(write: Write) -> None:
    write(
        "main.py",
        """
        import fastapi
        app = fastapi.FastAPI()
        if app.__class__.__module__ != "fastapi.applications":
            raise TypeError("not here")
        """,
    )
    result = Result()
    assert result.code == 1
    assert result.out.startswith("Runs on FastAPI, and not on pronghorn.\n")
    assert "TypeError: not here" in result.out


def test_no_program(workspace: Path) -> None:
    result = Result("absent.py")
    assert result.code == 2
    assert "Error: " in result.err


def test_without_fastapi_nothing_can_be_compared(write: Write, tmp_path: Path) -> None:
    write("main.py", PROGRAM)
    write(
        "hide/sitecustomize.py",
        """
        import sys

        class Hide:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "fastapi":
                    raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")

        sys.meta_path.insert(0, Hide())
        """,
    )
    result = Result(path=tmp_path / "hide")
    assert result.code == 2
    assert "Error: FastAPI is not installed, so there is nothing to compare with" in result.err
    assert "pip install fastapi" in result.err


@pytest.mark.parametrize("content", ["no json", "[]", '{"log": {"entries": [{"request": {}}]}}'])
def test_a_file_that_is_no_har_file(write: Write, content: str) -> None:
    write("main.py", PROGRAM)
    file = write("recorded.har", content)
    result = Result("--har", str(file))
    assert result.code == 2
    assert f"Error: {file} is not a HAR file" in result.err


def test_a_har_file_that_does_not_exist(workspace: Path) -> None:
    result = Result("--har", "absent.har")
    assert result.code == 2
    assert "Error: Cannot read absent.har: No such file or directory" in result.err


def test_help_has_examples_and_options(workspace: Path) -> None:
    result = Result("--help")
    assert result.code == 0
    assert "pronghorn diff shop/main.py --requests 1000 --seed 7" in result.out
    for option in ("--har", "--requests", "--seed", "--unsafe", "--header", "--entrypoint"):
        assert option in result.out
