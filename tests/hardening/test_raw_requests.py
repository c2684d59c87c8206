"""No raw request has an outcome that RFC 9110 or RFC 9112 forbids, on our two servers."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.hardening.granian_hidden import HIDDEN
from tests.hardening.judge import Verdict, find_faults, is_accepted, judge_all
from tests.hardening.raw.case import MUST, SHOULD, Case, get, lines
from tests.hardening.raw.table import CASES

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_the_table_is_large_and_its_names_are_unique() -> None:
    assert sum(case.level == MUST for case in CASES) >= 400
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert all(case.rule[0].isdigit() for case in CASES)


def test_pronghorn_run_breaks_no_must(of_run: list[Verdict]) -> None:
    assert [str(verdict) for verdict in of_run if verdict.is_failure] == []


def test_what_pronghorn_run_does_not_do_although_it_should(of_run: list[Verdict]) -> None:
    """llhttp reads RTSP and ICE as HTTP/1.0, and the parser does not say which it was."""
    lenient = [verdict.case.name for verdict in of_run if verdict.faults]
    assert [name for name in lenient if "RTSP" not in name and "ICE" not in name] == []


def test_granian_breaks_no_must_that_its_scope_shows(of_granian: list[Verdict]) -> None:
    hidden = {name for names in HIDDEN.values() for name in names}
    assert [
        str(verdict)
        for verdict in of_granian
        if verdict.is_failure and verdict.case.name not in hidden
    ] == []


def test_the_page_lists_what_granian_hides() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [sentence for sentence in HIDDEN if sentence not in text] == []
    names = {case.name for case in CASES}
    assert [name for hidden in HIDDEN.values() for name in hidden if name not in names] == []


# --- the judge itself -------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
AFTER = b'HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{"status":"after"}'
BAD = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


async def judge_against(answers: list[bytes], case: Case) -> Verdict:
    """Return the verdict on a server that answers each segment with the next of some bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(1 << 16)
            writer.write(answer)
        if answers[-1] is not BAD:
            await reader.read()
        writer.close()
        await writer.wait_closed()
        is_over.set()

    is_over = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        verdict = (await judge_all(port, [case], patience=0.3))[0]
        await is_over.wait()
    return verdict


@pytest.mark.parametrize(
    ("answers", "accepts", "outcome"),
    [
        ([OK, AFTER], ("200 open",), "200 open"),
        ([OK, OK + AFTER], ("200 open",), "200 200 open"),
        ([OK + OK, AFTER], ("200 open",), "200 200 open"),
        ([OK + BAD, BAD], ("200 open",), "200 400 400 closed"),
        ([BAD], ("400 closed",), "400 closed"),
        ([BAD, b""], ("400 closed",), "400 open"),
        ([OK, AFTER], ("400 closed",), "200 open"),
        ([b"", b""], ("200 open",), "hangs"),
        (
            [OK.replace(b"200", b"500"), AFTER],
            ("200 open",),
            "500 open 500 for what the client sent",
        ),
        ([OK.replace(b"OK\r\n", b"OK\r\nconnection: close\r\n"), b""], ("200 closed",), "200 open"),
    ],
)
def test_the_judge_sees_what_becomes_of_a_request(
    answers: list[bytes], accepts: tuple[str, ...], outcome: str
) -> None:
    case = Case("one", (get(),), "9112", accepts)
    verdict = asyncio.run(judge_against(answers, case))
    assert str(verdict.outcome) == outcome
    assert verdict.is_failure is (outcome not in accepts)


def test_a_body_behind_head_is_a_fault() -> None:
    case = Case("head", (lines("HEAD / HTTP/1.1"),), "9110", ("200 open",), heads=("HEAD",))
    verdict = asyncio.run(judge_against([OK, AFTER], case))
    assert verdict.is_failure
    assert "not a response" in str(verdict)


def test_a_should_is_reported_and_is_no_failure() -> None:
    case = Case("one", (get(),), "9112", ("400 closed",), SHOULD)
    verdict = asyncio.run(judge_against([OK, AFTER], case))
    assert find_faults(case, verdict.outcome)
    assert not verdict.is_failure
    assert not is_accepted(verdict.outcome, "400 closed")
