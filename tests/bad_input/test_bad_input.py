"""No request makes the application respond with 500 or affects the next request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pronghorn import FastAPI, Request, UploadFile
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse
from tests.bad_input.asking import Answer, ask_all
from tests.bad_input.attacks import JSON, MULTIPART, Attack, attacks
from tests.bad_input.program import build

#: What the program itself fails at, with any framework: each name with its reason.
FAILS_ITSELF = {
    "query /request: raw bytes": "`request.url` is text; no server lets these bytes pass",
}
HEALTHY = Attack("healthy", "/path/int/42")


@pytest.fixture(scope="module", params=["compiled", "general"])
def answers(request: pytest.FixtureRequest) -> Iterator[list[tuple[Attack, Answer]]]:
    """Every attack, each followed by a request that is right."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRONGHORN_GENERAL", str(int(request.param == "general")))
        requests = [each for attack in attacks() for each in (attack, HEALTHY)]
        yield list(zip(requests, ask_all(build("pronghorn"), requests), strict=True))


def test_every_attack_has_a_name_of_its_own() -> None:
    names = [attack.name for attack in attacks()]
    assert len(names) == len(set(names))


def test_a_wrong_request_is_never_a_server_error(answers: list[tuple[Attack, Answer]]) -> None:
    failed = {
        attack.name: (answer.status, answer.error)
        for attack, answer in answers
        if not 200 <= answer.status < 500 or answer.error
    }
    assert failed.keys() == FAILS_ITSELF.keys(), failed


def test_the_next_request_is_answered_as_ever(answers: list[tuple[Attack, Answer]]) -> None:
    healthy = [answer for attack, answer in answers if attack is HEALTHY]
    assert {(answer.status, answer.body) for answer in healthy} == {(200, b"42")}


def test_every_refusal_is_complete_json(answers: list[tuple[Attack, Answer]]) -> None:
    for attack, answer in answers:
        if attack.name in FAILS_ITSELF or answer.status in (307, 200, 201):
            continue
        assert answer.header(b"content-type") == b"application/json", attack.name
        assert answer.header(b"content-length") == b"%d" % len(answer.body), attack.name
        assert json.loads(answer.body, parse_constant=pytest.fail).keys() == {"detail"}


def test_a_refused_method_is_told_the_right_ones(answers: list[tuple[Attack, Answer]]) -> None:
    refused = [answer for _, answer in answers if answer.status == 405]
    assert refused
    for answer in refused:
        assert b"GET" in (answer.header(b"allow") or b"")


def test_no_refusal_shows_the_inside(answers: list[tuple[Attack, Answer]]) -> None:
    for attack, answer in answers:
        assert b"Traceback" not in answer.body, attack.name
        assert b".py" not in answer.body, attack.name


# --- requests that FastAPI answers with 500 -----------------------------------------------------


def errors_of(app: Any, body: bytes, path: str = "/json/numbers") -> Any:
    (answer,) = ask_all(app, [Attack("one", path, "POST", headers=JSON, body=body)])
    assert (answer.status, answer.error) == (422, None)
    return json.loads(answer.body)["detail"]


def test_an_error_repeats_nan_as_null() -> None:
    (first, second) = errors_of(build("pronghorn"), b"[NaN, 1, -Infinity]")
    assert (first["loc"], first["input"]) == (["body", 0], None)
    assert (second["loc"], second["input"]) == (["body", 2], None)


def test_an_error_repeats_a_lone_surrogate_as_an_escape() -> None:
    (answer,) = ask_all(
        build("pronghorn"),
        [Attack("one", "/json/numbers", "POST", headers=JSON, body=b'["\\ud800 \\u00e9"]')],
    )
    assert '"input":"\\ud800 é"'.encode() in answer.body


def test_what_is_nested_too_deeply_to_be_repeated_is_left_out() -> None:
    app = FastAPI()

    @app.post("/")
    async def take(value: int) -> None:
        """Never called."""

    @app.get("/")
    async def fail() -> None:
        value: Any = float("nan")
        for _ in range(5000):
            value = [value]
        error = {"type": "deep", "loc": ("body",), "msg": "Too deep", "input": value}
        raise RequestValidationError([error])

    (answer,) = ask_all(app, [Attack("one", "/")])
    assert json.loads(answer.body)["detail"] == [
        {"type": "deep", "loc": ["body"], "msg": "Too deep", "input": None}
    ]


def test_text_that_is_not_unicode_comes_back_as_it_was_sent() -> None:
    body = b'{"name":"\\ud800","price":1.0,"count":0,"when":null,"extra":{}}'
    request = Attack("one", "/json/model", "POST", headers=JSON, body=body)
    (answer,) = ask_all(build("pronghorn"), [request])
    assert (answer.status, answer.body) == (200, body)


def test_a_number_too_long_for_a_path_convertor_is_not_found() -> None:
    app = build("pronghorn")
    paths = [Attack("one", f"/path/convertor/{'9' * digits}") for digits in (4300, 4301)]
    assert [answer.status for answer in ask_all(app, paths)] == [200, 404]


def test_the_handler_of_an_error_may_read_the_uploaded_files() -> None:
    app = FastAPI()
    files: list[UploadFile] = []

    @app.exception_handler(RequestValidationError)
    async def show(request: Request, error: RequestValidationError) -> JSONResponse:
        files.append(error.body["file"])
        return JSONResponse({"content": (await files[0].read()).decode()}, 422)

    @app.post("/")
    async def take(file: UploadFile, other: UploadFile) -> None:
        """Never called."""

    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--x--'
    (answer,) = ask_all(app, [Attack("one", "/", "POST", headers=MULTIPART, body=part)])
    assert (answer.status, json.loads(answer.body)) == (422, {"content": "hello"})
    assert files[0].file.closed
