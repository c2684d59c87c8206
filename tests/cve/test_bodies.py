"""Vulnerabilities in reading bodies: each named after the first report of its class."""

from __future__ import annotations

import gzip
import logging
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from pronghorn import APIRouter, FastAPI, File, Form, Request, UploadFile
from tests.cve.asking import Answer, ask

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
MIB = 1024 * 1024


class Login(BaseModel):
    name: str = ""


class Dated(BaseModel):
    day: date | None = None
    when: datetime | None = None
    lasting: timedelta | None = None
    number: int = 0


@pytest.fixture
def app() -> FastAPI:
    app, router = FastAPI(), APIRouter(prefix="/nested")

    async def read_form(request: Request) -> dict[str, Any]:
        async with request.form() as form:
            return {key: getattr(one, "filename", one) for key, one in form.multi_items()}

    def read_fields(name: Annotated[str, Form()] = "") -> dict[str, Any]:
        return {"name": name}

    async def read_model(login: Annotated[Login, Form()]) -> dict[str, Any]:
        return login.model_dump()

    async def read_file(file: Annotated[UploadFile, File()]) -> dict[str, Any]:
        return {"filename": file.filename, "size": file.size}

    for owner in (app, router):
        owner.post("/request")(read_form)
        owner.post("/fields")(read_fields)
        owner.post("/model")(read_model)
        owner.post("/file")(read_file)

    @app.post("/json")
    async def read_json(item: dict[str, Any]) -> dict[str, Any]:
        return item

    @app.post("/dated")
    async def read_dated(dated: Dated) -> Dated:
        return dated

    @app.post("/any")
    async def read_any(value: Annotated[Any, None] = None) -> None: ...

    app.include_router(router)
    mounted = FastAPI()
    mounted.post("/fields")(read_fields)
    app.mount("/mounted", mounted)
    return app


FORMS = ("/request", "/fields", "/model", "/nested/fields", "/mounted/fields")


def post(app: Any, path: str, content_type: str, body: bytes) -> Answer:
    return ask(app, path, method="POST", headers=[("content-type", content_type)], body=body)


def part(disposition: str, content: bytes = b"1", headers: bytes = b"") -> bytes:
    head = b"--x\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n"
    return head + headers + b"\r\n" + content + b"\r\n"


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--x--\r\n"


@dataclass(frozen=True)
class Refused:
    """A form that has to be refused, whatever the route reads of it.

    Attributes:
        report: The first report of its class.
        make: Makes the body; at import it would stay in memory.
        content_type: The content type.
    """

    report: str
    make: Callable[[], bytes]
    content_type: str = MULTIPART


REFUSED = [
    Refused("CVE-2023-30798 fields", lambda: whole(part('name="a"') * 1001)),
    Refused("CVE-2023-30798 files", lambda: whole(part('name="a"; filename="b"') * 1001)),
    Refused("CVE-2024-47874 field", lambda: whole(part('name="a"', b"a" * (MIB + 1)))),
    Refused(
        "CVE-2024-47874 name without file",
        lambda: whole(part('name="a"', b"a" * (MIB + 1), b"Content-Type: text/plain\r\n")),
    ),
    Refused("CVE-2026-54283 fields", lambda: b"a=1&" * 1001, URLENCODED),
    Refused("CVE-2026-54283 field", lambda: b"a=" + b"a" * (MIB + 1), URLENCODED),
    Refused("CVE-2026-54283 name", lambda: b"a" * (MIB + 1) + b"=1", URLENCODED),
    Refused("CVE-2026-42561 headers", lambda: whole(part('name="a"', b"", b"x: 1\r\n" * 100_000))),
    Refused("CVE-2026-42561 header", lambda: whole(part('name="a"', b"", b"x: " + b"1" * MIB))),
    Refused(
        "CVE-2026-42561 boundary",
        lambda: b"--" + b"x" * MIB + b"--",
        "multipart/form-data; boundary=" + "x" * MIB,
    ),
    Refused("CVE-2024-53981 no boundary", lambda: whole(part('name="a"')), "multipart/form-data"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.report)
def test_forms_beyond_the_limits(app: FastAPI, refused: Refused) -> None:
    body = refused.make()
    for path in FORMS:
        assert post(app, path, refused.content_type, body).status == 400, path


def test_forms_within_the_limits(app: FastAPI) -> None:
    """The limits hold honest clients up nowhere."""
    for body, kind in (
        (whole(part('name="name"', b"a" * MIB)), MULTIPART),
        (b"name=" + b"a" * 1_000_000, URLENCODED),
        (b"&".join(b"name=1" for _ in range(1000)), URLENCODED),
        (whole(part('name="name"') * 1000), MULTIPART),
    ):
        for path in FORMS:
            assert post(app, path, kind, body).status == 200, path


def test_cve_2024_53981_junk_after_the_end(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """The parser once wrote a line to the log for each byte outside the boundaries."""
    form, junk = whole(part('name="name"')), b"\r\n" * MIB
    with caplog.at_level(logging.DEBUG):
        for path in FORMS:
            for body in (form + junk, junk + form):
                assert post(app, path, MULTIPART, body).status in {200, 400}
    assert len(caplog.records) < 100


@pytest.mark.parametrize("count", [2, 100_000])
def test_cve_2026_53538_a_semicolon_separates_nothing(app: FastAPI, count: int) -> None:
    """A proxy that reads `&` alone sees one field, so the program must, too; in linear time."""
    body = b"name=1" + b";name=2" * (count - 1)
    for path in FORMS:
        answer = post(app, path, URLENCODED, body)
        expected = body.removeprefix(b"name=").decode()
        assert answer.body == b'{"name":"' + expected.encode() + b'"}', path


EVIL_TYPES = [
    *(f'{URLENCODED}; !="' + "\\" * 8000, 'multipart/form-data; boundary="' + '\\"' * 4000),
    *(f"{URLENCODED}; a=" + ";" * 8000, "application/json; " + 'a="\\' * 2000),
    *("application/json;" + " " * 16_000 + "x", "application/" + "a+" * 8000 + "json "),
    *(";" * 16_000, "a/" * 8000, '"' * 16_000, "multipart/form-data" + "; boundary=x" * 2000),
]


@pytest.mark.parametrize("content_type", EVIL_TYPES, ids=lambda value: value[:40])
def test_cve_2024_24762_a_content_type_is_read_in_linear_time(
    app: FastAPI, content_type: str
) -> None:
    """The expression that read it took minutes; the timeout of a test is less."""
    for path in (*FORMS, "/json", "/any", "/file"):
        assert post(app, path, content_type, b"{}").status in {200, 400, 422}, path


FILENAMES = ["../../outside", "/tmp/outside", "..\\outside", "C:\\outside", "a/../../outside"]


@pytest.mark.parametrize("filename", FILENAMES)
def test_ghsa_wp53_j4wj_2cfg_no_file_has_the_name_that_the_client_sends(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filename: str
) -> None:
    """A file beyond the memory goes to the disk, under a name of the system and in its folder."""
    inside = tmp_path / "inside" / "temporary"
    inside.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(inside))
    monkeypatch.chdir(inside)
    escaped = filename.replace("\\", "\\\\")
    body = whole(part(f'name="file"; filename="{escaped}"', b"a" * (2 * MIB)))
    answer = post(app, "/file", MULTIPART, body)
    assert answer.status == 200
    assert b'"size":2097152' in answer.body
    assert [file.name for file in tmp_path.rglob("*outside*")] == []
    assert not Path("/tmp/outside").exists()


def test_python_multipart_0_0_30_an_extended_filename_overrides_nothing(app: FastAPI) -> None:
    """A filter before the server reads `filename`, so the program must not see another name."""
    disposition = 'name="file"; filename="a.txt"; filename*=UTF-8\'\'evil.html'
    answer = post(app, "/file", MULTIPART, whole(part(disposition)))
    assert (answer.status, answer.body) == (200, b'{"filename":"a.txt","size":1}')


def test_cve_2025_54121_a_large_upload_goes_to_the_disk_in_a_thread(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    rollover = tempfile.SpooledTemporaryFile.rollover

    def note(file: Any) -> None:
        threads.append(threading.current_thread())
        rollover(file)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", note)
    body = whole(part('name="file"; filename="a"', b"a" * (2 * MIB)))
    for path in ("/file", "/nested/file", "/request"):
        assert post(app, path, MULTIPART, body).status == 200
    assert len(threads) == 3
    assert threading.main_thread() not in threads


NOT_JSON = [
    *("text/plain", "text/plain;charset=UTF-8", "text/plain; application/json", URLENCODED),
    *("multipart/form-data", "text/json-seq", "application/jsonp", "text/plain+json", ""),
    *("application/json-evil", "application", "application/x-json", "x-application/json"),
]


@pytest.mark.parametrize("content_type", NOT_JSON)
def test_cve_2021_32677_only_json_is_read_as_json(app: FastAPI, content_type: str) -> None:
    """Other sites may send these types without asking, with the cookies of the user."""
    sent = [("content-type", content_type)] if content_type else []
    for path in ("/json", "/dated"):
        answer = ask(app, path, method="POST", headers=sent, body=b'{"number": 1}')
        assert answer.status == 422, path
    for allowed in ("application/json", "application/problem+json; charset=utf-8"):
        assert post(app, "/json", allowed, b"{}").status == 200


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "gzip, gzip"])
def test_cve_2025_69223_a_compressed_body_is_not_expanded(app: FastAPI, coding: str) -> None:
    bomb = gzip.compress(b'{"a":"' + b" " * (4 * MIB) + b'"}')
    sent = [("content-type", "application/json"), ("content-encoding", coding)]
    for path in ("/json", "/dated"):
        assert ask(app, path, method="POST", headers=sent, body=bomb).status in {400, 415, 422}


INFINITE = ["infinity", "-infinity", "inf", "1e999", "nan", "9" * 5000]


@pytest.mark.parametrize("value", INFINITE, ids=lambda value: value[:10])
@pytest.mark.parametrize("field", ["day", "when", "lasting", "number"])
def test_cve_2021_29510_infinite_dates(app: FastAPI, field: str, value: str) -> None:
    """Validation once looped for ever over these."""
    body = f'{{"{field}": "{value}"}}'.encode()
    assert post(app, "/dated", "application/json", body).status == 422


@pytest.mark.parametrize("pair", ["[]", ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [1000, 200_000])
def test_cve_2024_27454_nesting(app: FastAPI, pair: Any, depth: int) -> None:
    """A parser or a validator that recurses ends the process, or fails with a 500."""
    body = (pair[0] * depth + "1" + pair[1] * depth).encode()
    for path in ("/json", "/dated"):
        assert post(app, path, "application/json", body).status in {200, 400, 422}
