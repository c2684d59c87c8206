"""Files: ranges that have to be ignored, and entity tags of compressed files."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
import starlette.middleware.gzip
import starlette.responses
import starlette.staticfiles
from pydantic import BaseModel

from pronghorn import APIRouter, FastAPI, File, Form, UploadFile
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from pronghorn.staticfiles import StaticFiles
from pronghorn.testclient import TestClient

CONTENT = "0123456789" * 100
PATHS = ["/files/digits", "/static/digits.txt", "/front/digits.txt"]


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    (tmp_path / "digits.txt").write_text(CONTENT)
    app, router = FastAPI(), APIRouter(prefix="/files")

    @router.get("/digits")
    async def digits() -> FileResponse:
        return FileResponse(tmp_path / "digits.txt")

    @router.post("/digits")
    def digits_for_post() -> FileResponse:
        return FileResponse(tmp_path / "digits.txt")

    app.include_router(router)
    app.mount("/static", StaticFiles(directory=tmp_path))
    app.frontend("/front", directory=tmp_path)
    return app


@pytest.mark.parametrize("path", PATHS)
def test_a_range_in_an_unknown_unit_is_ignored(app: FastAPI, path: str) -> None:
    client = TestClient(app)
    for value in ("items=0-1", "lines=1-2,5-9", "Items = 0-1", "items="):
        answer = client.get(path, headers={"range": value})
        assert (answer.status_code, answer.text) == (200, CONTENT)
        assert "content-range" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_a_range_of_bytes_counts(app: FastAPI, path: str) -> None:
    client = TestClient(app)
    for value in ("bytes=1-2", "Bytes=1-2", "bytes = 1-2"):
        answer = client.get(path, headers={"range": value})
        assert (answer.status_code, answer.text) == (206, "12")
        assert answer.headers["content-range"] == "bytes 1-2/1000"
    assert client.get(path, headers={"range": "bytes=5000-"}).status_code == 416
    assert client.get(path, headers={"range": "bytes=5-2"}).status_code == 400
    tag = client.get(path).headers["etag"]
    if path != PATHS[0]:
        headers = {"range": "items=0-1", "if-none-match": tag}
        assert client.get(path, headers=headers).status_code == 304


@pytest.mark.parametrize("path", PATHS)
def test_many_ranges_are_ignored(app: FastAPI, path: str) -> None:
    client = TestClient(app)
    ranges = [f"{start}-{start}" for start in range(0, 34, 2)]
    answer = client.get(path, headers={"range": "bytes=" + ",".join(ranges[:16])})
    assert (answer.status_code, answer.text.count("Content-Range")) == (206, 16)
    answer = client.get(path, headers={"range": "bytes=" + ",".join(ranges)})
    assert (answer.status_code, answer.text) == (200, CONTENT)
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_only_get_has_ranges(app: FastAPI, path: str) -> None:
    client = TestClient(app)
    answer = client.head(path, headers={"range": "bytes=1-2"})
    assert (answer.status_code, answer.headers["content-length"]) == (200, "1000")
    answer = client.post(PATHS[0], headers={"range": "bytes=1-2"})
    assert (answer.status_code, answer.text) == (200, CONTENT)


def test_the_classes_are_those_of_starlette_with_a_mend() -> None:
    assert issubclass(FileResponse, starlette.responses.FileResponse)
    assert issubclass(StaticFiles, starlette.staticfiles.StaticFiles)
    original = starlette.middleware.gzip.GZipMiddleware
    assert issubclass(GZipMiddleware, original)
    assert inspect.signature(GZipMiddleware) == inspect.signature(original)


# --- entity tags ----------------------------------------------------------------------------------


@pytest.fixture
def compressing(app: FastAPI) -> FastAPI:
    app.add_middleware(GZipMiddleware, minimum_size=100)

    def add(path: str, tag: str | None, size: int = 2000, **headers: str) -> None:
        @app.get(path)
        async def answer() -> Response:
            return PlainTextResponse("x" * size, headers=headers | ({"etag": tag} if tag else {}))

    add("/strong", '"abc"')
    add("/weak", 'W/"abc"')
    add("/without", None)
    add("/short", '"abc"', 10)
    add("/encoded", '"abc"', **{"content-encoding": "identity"})

    @app.get("/stream")
    def stream() -> Response:
        def parts() -> Iterator[bytes]:
            yield b"x" * 2000
            yield b"y"

        return StreamingResponse(parts(), headers={"etag": '"abc"'})

    return app


@pytest.mark.parametrize(
    ("path", "compressed", "tag"),
    [
        ("/strong", True, 'W/"abc"'),
        ("/stream", True, 'W/"abc"'),
        ("/weak", True, 'W/"abc"'),
        ("/without", True, None),
        ("/short", False, '"abc"'),
        ("/encoded", False, '"abc"'),
    ],
)
def test_what_is_compressed_has_a_weak_tag(
    compressing: FastAPI, path: str, compressed: bool, tag: str | None
) -> None:
    client = TestClient(compressing)
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    assert (answer.headers.get("content-encoding") == "gzip") is compressed
    assert answer.headers.get("etag") == tag
    assert answer.text.startswith("xxx")
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert plain.headers.get("etag") == (tag if path == "/weak" else tag and '"abc"')


@pytest.mark.parametrize("path", PATHS)
def test_a_weak_tag_of_a_file_is_known_again(compressing: FastAPI, path: str) -> None:
    client = TestClient(compressing)
    tag = client.get(path, headers={"accept-encoding": "gzip"}).headers["etag"]
    assert tag.startswith('W/"')
    assert client.get(path, headers={"range": "bytes=0-1"}).headers["etag"] == tag[2:]
    whole = client.get(path, headers={"range": "bytes=0-1", "if-range": tag})
    assert (whole.status_code, whole.text) == (200, CONTENT)
    if path != PATHS[0]:
        assert client.get(path, headers={"if-none-match": tag}).status_code == 304


# --- files that a form does not send --------------------------------------------------------------


def part(name: str, filename: str, content: str = "") -> str:
    disposition = f'form-data; name="{name}"; filename="{filename}"'
    return f"--x\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n"


class Letter(BaseModel):
    files: list[UploadFile] = []


@pytest.mark.parametrize("path", ["/default", "/annotated", "/model"])
@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (part("files", ""), []),
        (part("files", "") * 2, []),
        (part("files", "") + part("files", "a", "hello"), ["a"]),
        (part("files", "a", "hello") + part("files", "b"), ["a", "b"]),
        ("", []),
    ],
)
def test_an_empty_file_field_is_no_file(path: str, parts: str, names: list[str]) -> None:
    app = FastAPI()

    @app.post("/default")
    async def default(files: list[UploadFile] = []) -> list[str | None]:  # noqa: B006
        return [file.filename for file in files]

    @app.post("/annotated")
    def annotated(files: Annotated[list[UploadFile], File()] = []) -> list[str | None]:  # noqa: B006
        return [file.filename for file in files]

    @app.post("/model")
    async def model(letter: Annotated[Letter, Form()]) -> list[str | None]:
        return [file.filename for file in letter.files]

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = TestClient(app).post(path, content=parts + "--x--\r\n", headers=headers)
    assert (answer.status_code, answer.json()) == (200, names)
