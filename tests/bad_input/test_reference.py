"""Malformed requests get the same response as on FastAPI, byte for byte."""

from __future__ import annotations

import pytest

from tests.bad_input.asking import Answer, ask_all
from tests.bad_input.attacks import Attack, attacks
from tests.bad_input.program import build


def comparable(answer: Answer) -> Answer:
    """An answer without what is meant to be different."""
    headers = [(name, value) for name, value in answer.headers if name != b"allow"]
    allowed = {method.strip() for method in (answer.header(b"allow") or b"").split(b",")}
    location = answer.header(b"location") or b""
    # HEAD is answered for every GET; a redirect may leave out the origin.
    headers += [(b"allow", b",".join(sorted(allowed - {b"HEAD"})))]
    path = location.split(b"//", 1)[-1].partition(b"/")[2] if location else b""
    headers = [(name, path if name == b"location" else value) for name, value in headers]
    # The order of headers with different names says nothing (RFC 9110, section 5.3).
    return Answer(answer.status, sorted(headers), answer.body, answer.error)


@pytest.fixture(scope="module")
def reference_answers() -> list[tuple[Attack, Answer]]:
    """What FastAPI answers to every attack."""
    requests = attacks()
    return list(zip(requests, ask_all(build("fastapi"), requests), strict=True))


@pytest.mark.parametrize("general", [False, True], ids=["compiled", "general"])
def test_the_answers_are_those_of_fastapi(
    monkeypatch: pytest.MonkeyPatch, general: bool, reference_answers: list[tuple[Attack, Answer]]
) -> None:
    monkeypatch.setenv("PRONGHORN_GENERAL", str(int(general)))
    ours = ask_all(build("pronghorn"), attacks())
    for (request, reference), answer in zip(reference_answers, ours, strict=True):
        if reference.status == 500 and answer.status < 500:
            continue  # answered here; `test_bad_input.py` says how
        if is_too_deep(request) and answer.status == 400:
            continue  # refused; test_written.py tells why
        assert comparable(answer) == comparable(reference), request.name


def test_fastapi_fails_only_at_values_that_json_cannot_represent(
    reference_answers: list[tuple[Attack, Answer]],
) -> None:
    ours = ask_all(build("pronghorn"), attacks())
    answered = [
        (request, reference.error)
        for (request, reference), answer in zip(reference_answers, ours, strict=True)
        if reference.status == 500 and answer.status < 500
    ]
    # How deep Python can follow differs between its versions, and so where FastAPI fails.
    answered = [(request, error) for request, error in answered if not is_too_deep(request)]
    assert {error for _, error in answered} == {
        "ValueError",
        "UnicodeEncodeError",
        "UnicodeDecodeError",
        "PydanticSerializationError",
    }
    assert all(is_about_numbers_or_text(request) for request, _ in answered)


def is_too_deep(request: Attack) -> bool:
    """Whether a body has more levels than pronghorn reads; Python reads 900 or not, as it is."""
    return request.body.count(b"[") + request.body.count(b"{") > 201


def is_about_numbers_or_text(request: Attack) -> bool:
    words = (
        "slash with query",
        "surrogate",
        "NaN",
        "infinity",
        "1e999",
        "huge exponent",
        "wrong",
        "5,000 digits",
    )
    return any(word in request.name for word in words)
