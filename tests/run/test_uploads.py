"""Long uploads: the forms and errors of FastAPI, with fewer visits to worker threads."""

import gc
import hashlib
import random
from collections.abc import Iterable
from typing import Annotated, Any

import anyio
import fastapi
import pytest
import starlette.requests
from starlette.datastructures import UploadFile as StarletteUploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import Request

import pronghorn

MIB = 1024 * 1024
TYPE = "multipart/form-data; boundary=frontier"


def program(framework: Any, **options: Any) -> Any:
    """An application that describes the form it receives, in several ways."""
    app = framework.FastAPI(**options)

    def describe(form: Any) -> list[Any]:
        found = []
        for name, value in form.multi_items():
            if isinstance(value, str):
                found.append([name, len(value), value[:20]])
                continue
            content = value.file.read()
            value.file.seek(0)
            about = [value.filename, value.content_type, value.size, value.headers.items()]
            found.append([name, *about, hashlib.sha256(content).hexdigest(), value._in_memory])
        return found

    @app.post("/form")
    async def form(
        request: starlette.requests.Request,
        files: Annotated[list[framework.UploadFile], framework.File()] = [],  # noqa: B006
        note: Annotated[str, framework.Form()] = "",
    ) -> Any:
        kinds = [type(file) is StarletteUploadFile for file in files]
        return [note[:20], kinds, describe(await request.form())]

    return app


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--frontier\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'
    kind = "Content-Type: image/png\r\n" if filename else ""
    return f"{head}{kind}X-Extra: ä\r\n\r\n".encode() + content + b"\r\n"


def noise(size: int) -> bytes:
    """Bytes with what looks like the beginning of a boundary here and there."""
    piece = random.Random(size).randbytes(5000) + b"\r\n--front" + b"\r" * 40 + b"\r\n--"
    return (piece * (size // len(piece) + 1))[:size]


END = b"--frontier--\r\n"
BODIES = {
    "one file": part("files", noise(3 * MIB + 17), "a.png") + END,
    "files of all lengths": b"".join(
        part("files", noise(size), f"{size}.bin")
        for size in (0, 1, 70_000, MIB - 1, MIB, MIB + 1, 2 * MIB)
    )
    + END,
    "fields between": part("note", b"hello")
    + part("files", noise(MIB + 5), "ä.txt")
    + part("other", noise(500).hex().encode())
    + part("files", b"", "")
    + END,
    "long field": part("files", noise(MIB), "a") + part("note", b"x" * (MIB + 1)) + END,
    "many files": b"".join(part("files", b"x" * 2000, f"{number}") for number in range(1001)) + END,
    "many fields": part("files", noise(MIB), "a") + part("note", b"x") * 1001 + END,
    "no end": part("files", noise(2 * MIB), "a.png"),
    "cut off": part("files", noise(2 * MIB), "a.png")[:-5000],
    "no name": part("files", noise(MIB), "a").replace(b'name="files"', b"") + END,
    "broken": b"x" * (MIB + 500),
    "empty": b"",
}


def in_pieces(body: bytes, size: int) -> Iterable[dict[str, Any]]:
    for start in range(0, len(body), size):
        more = start + size < len(body)
        yield {"type": "http.request", "body": body[start : start + size], "more_body": more}
    if not body:
        yield {"type": "http.request", "body": b"", "more_body": False}


async def send(app: Any, messages: Iterable[Any], *headers: tuple[bytes, bytes]) -> Any:
    """The status and the body of the response to a form."""
    incoming, sent = iter(messages), []

    async def receive() -> Any:
        return next(incoming, {"type": "http.disconnect"})

    async def keep(message: Any) -> None:
        sent.append(message)

    about = {"type": "http", "method": "POST", "path": "/form", "raw_path": b"/form"}
    more = {"query_string": b"", "root_path": "", "asgi": {"version": "3.0"}}
    await app({**about, **more, "headers": [*headers]}, receive, keep)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def post(app: Any, body: bytes, size: int = 100_000, kind: str = TYPE) -> Any:
    return anyio.run(send, app, in_pieces(body, size), (b"content-type", kind.encode()))


@pytest.fixture(scope="module")
def apps() -> list[Any]:
    return [program(pronghorn), program(fastapi)]


@pytest.mark.filterwarnings("ignore:Exception ignored")  # Starlette forgets a file without end.
@pytest.mark.parametrize("name", BODIES)
def test_the_form_is_that_of_fastapi(apps: list[Any], name: str) -> None:
    for size in (7919, 65536, 3 * MIB):
        found = [post(app, BODIES[name], size) for app in apps]
        assert found[0] == found[1]
    gc.collect()


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        'MULTIPART/Form-Data ; boundary="frontier"',
        "multipart/form-data; boundary=frontier; charset=latin-1",
        "multipart/form-data; boundary=other",
        "multipart/mixed; boundary=frontier",
    ],
)
def test_the_content_type_is_read_as_on_fastapi(apps: list[Any], kind: str) -> None:
    found = [post(app, BODIES["fields between"], kind=kind) for app in apps]
    assert found[0] == found[1]


def test_a_client_that_leaves_gets_the_same_end(apps: list[Any]) -> None:
    body = BODIES["one file"]
    left = [*in_pieces(body, 100_000)][:12]
    ends = []
    for app in apps:
        try:
            ends.append(anyio.run(send, app, left, (b"content-type", TYPE.encode())))
        except Exception as error:  # noqa: BLE001 - compared
            ends.append((type(error), str(error)))
    assert ends[0] == ends[1]


def test_the_limit_of_the_body_stays() -> None:
    app = program(pronghorn, max_body_size=2 * MIB)
    assert post(app, BODIES["one file"])[0] == 413
    assert post(app, part("files", noise(MIB), "a") + END)[0] == 200


def test_a_client_that_sends_a_byte_at_a_time_is_not_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[int] = []
    original = StarletteUploadFile.write

    async def write(self: Any, data: bytes) -> None:
        written.append(len(data))
        await original(self, data)

    monkeypatch.setattr(StarletteUploadFile, "write", write)
    body = part("files", b"x" * 500, "a") + END
    assert post(program(pronghorn), body, 1)[0] == 200
    assert sum(written) == 500
    assert max(written) <= 64


def test_a_long_file_is_written_in_long_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    original = StarletteUploadFile.write

    async def write(self: Any, data: bytes) -> None:
        written.append(len(data))
        await original(self, data)

    monkeypatch.setattr(StarletteUploadFile, "write", write)
    assert post(program(pronghorn), part("files", noise(10 * MIB), "a") + END, 65536)[0] == 200
    assert sum(written) == 10 * MIB
    assert len(written) <= 11


# --- what a library replaces ----------------------------------------------------------------------


def test_a_parser_that_is_put_in_its_place_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Noting(MultiPartParser):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append(options)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(starlette.requests, "MultiPartParser", Noting)
    assert post(program(pronghorn), BODIES["one file"])[0] == 200
    assert len(made) == 1


@pytest.mark.parametrize("method", ["on_part_data", "on_part_end", "parse"])
def test_a_method_that_is_replaced_is_called(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    original, calls = getattr(MultiPartParser, method), []

    def replacement(self: Any, *arguments: Any) -> Any:
        calls.append(type(self))
        return original(self, *arguments)

    assert post(program(pronghorn), BODIES["one file"])[0] == 200  # with the original first
    monkeypatch.setattr(MultiPartParser, method, replacement)
    assert post(program(pronghorn), BODIES["one file"])[0] == 200
    assert set(calls) == {MultiPartParser}


@pytest.mark.parametrize("method", ["form", "_get_form"])
def test_a_method_of_the_request_that_is_replaced_is_called(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    original, calls = getattr(Request, method), []

    def replacement(self: Any, *arguments: Any, **options: Any) -> Any:
        calls.append(method)
        return original(self, *arguments, **options)

    ours, theirs = program(pronghorn), program(fastapi)
    assert post(ours, BODIES["one file"])[0] == 200  # with the original first
    monkeypatch.setattr(Request, method, replacement)
    found, counts = [], []
    for app in (ours, theirs):
        calls.clear()
        found.append(post(app, BODIES["one file"]))
        counts.append(len(calls))
    assert found[0] == found[1]
    assert counts[0] == counts[1] > 0


def test_the_size_at_which_files_leave_the_memory_can_be_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 10 * MIB)
    found = [post(program(framework), BODIES["one file"]) for framework in (pronghorn, fastapi)]
    assert found[0] == found[1]
    assert found[0][1].endswith(b"true]]]")
