"""No WebSocket has an outcome that RFC 6455 or RFC 7692 forbids, and no attack fills memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.hardening.servers import Server, start
from tests.hardening import websocket_attacks as attacks
from tests.hardening.granian_hidden import HIDDEN_WEBSOCKETS
from tests.hardening.raw.case import MUST
from tests.hardening.websocket.case import FAILED, Case, handshake, text
from tests.hardening.websocket.table import CASES
from tests.hardening.websocket_judge import Verdict, judge_all

PROGRAM = "tests.hardening.websocket_program:app"
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
PATIENCE = 20.0
#: Seconds of the options below, and the seconds in which a client has to be gone by them.
#: The judge sends `Host: a` from this machine, whose `X-Forwarded-Proto` is trusted.
ORIGINS = [
    Case(
        f"{name}, {proto or 'no proxy'}",
        (text("hi"),) if is_allowed else (),
        "6455 10.2",
        ("text(hi) open",) if is_allowed else ("403 closed", "403 open"),
        handshake=handshake(
            *([f"Origin: {name}"] if "://" in name else []),
            *([f"X-Forwarded-Proto: {proto}"] if proto else []),
            path="/guarded/echo",
        ),
    )
    for name, proto, is_allowed in [
        ("no origin", "", True),
        ("http://a", "", True),
        ("http://b", "", False),
        ("https://a", "", False),
        ("https://a", "https", True),
        ("http://a", "https", False),
        ("http://a:8000", "", False),
    ]
]
PING, GONE = 0.5, 12.0
#: MiB that a short attack may take; it would take several times as much of a server that stores
#: what it cannot use.
MOST = 32


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """`pronghorn run` with its own limits."""
    with start("run", PROGRAM) as found:
        yield found


@pytest.fixture(scope="module")
def impatient() -> Iterator[Server]:
    """`pronghorn run` that gives its clients little time, and takes short messages only."""
    options = ["--ws-ping-interval", str(PING), "--ws-ping-timeout", str(PING)]
    with start("run", PROGRAM, [*options, "--ws-max-size", "1000"]) as found:
        yield found


@pytest.fixture(scope="module")
def verdicts(server: Server) -> list[Verdict]:
    return asyncio.run(judge_all(server.port, CASES, PATIENCE))


def test_the_table_is_large_and_its_names_are_unique() -> None:
    assert sum(case.level == MUST for case in CASES) >= 200
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert all(case.rule[0].isdigit() for case in CASES)


def test_pronghorn_run_has_no_wrong_outcome(verdicts: list[Verdict]) -> None:
    assert [str(verdict) for verdict in verdicts if verdict.faults] == []


def test_pronghorn_run_always_says_why(verdicts: list[Verdict]) -> None:
    silent = {
        str(verdict)
        for verdict in verdicts
        if str(verdict.outcome) in FAILED and str(verdict.outcome) != verdict.case.accepts[0]
    }
    assert {text for text in silent if "a program that" not in text} == set()


def test_no_case_is_an_error_of_the_server(server: Server, verdicts: list[Verdict]) -> None:
    assert verdicts
    output = server.read_output()
    # One program fails on purpose.
    assert output.count("Traceback") == output.count("RuntimeError: It fails on purpose.")


def test_granian_has_no_wrong_outcome_that_our_code_can_see() -> None:
    hidden = {name for names in HIDDEN_WEBSOCKETS.values() for name in names}
    cases = [case for case in CASES if case.name not in hidden]
    with start("granian", PROGRAM) as granian:
        origins = asyncio.run(judge_all(granian.port, ORIGINS, PATIENCE))
        verdicts = asyncio.run(judge_all(granian.port, cases, PATIENCE))
        asyncio.run(attacks.storm(granian.port, 40, seed=2))
        counts = asyncio.run(attacks.settle(granian.port, has_returned_all, GONE))
        output = granian.read_output()
    assert [str(verdict) for verdict in verdicts if verdict.is_failure] == []
    assert [str(verdict) for verdict in origins if verdict.faults] == []
    assert counts["taken"] == counts["returned"] > 0
    assert output.count("Traceback") == output.count("RuntimeError: It fails on purpose.")


def test_foreign_pages_are_refused_at_the_handshake(server: Server) -> None:
    verdicts = asyncio.run(judge_all(server.port, ORIGINS, PATIENCE))
    assert [str(verdict) for verdict in verdicts if verdict.faults] == []


def test_the_page_lists_what_granian_hides() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [sentence for sentence in HIDDEN_WEBSOCKETS if sentence not in text] == []
    names = {case.name for case in CASES}
    assert {name for hidden in HIDDEN_WEBSOCKETS.values() for name in hidden} <= names


# --- attacks ----------------------------------------------------------------------------------


def test_fragments_without_end_take_no_memory(server: Server) -> None:
    with attacks.watch(server.port, server.resident_mib) as watched:
        answer = asyncio.run(attacks.send_fragments(server.port, 200_000, size=0))
    assert answer in {b"\x81\x03", b"\x8a\x04"}  # The message, or the pong.
    assert watched.growth < MOST / 4


@pytest.mark.parametrize("path", ["/slow", "/echo"])
def test_bombs_wait_compressed(server: Server, path: str) -> None:
    with attacks.watch(server.port, server.resident_mib) as watched:
        asyncio.run(attacks.send_bombs(server.port, 4, 200, path, 1.0))
    assert watched.growth < MOST


def test_pongs_that_nobody_reads_stop_the_pings(server: Server) -> None:
    with attacks.watch(server.port, server.resident_mib) as watched:
        asyncio.run(attacks.send_pings(server.port, 4, 1.0))
    assert watched.growth < MOST / 4


def test_messages_wait_in_their_client(server: Server) -> None:
    with attacks.watch(server.port, server.resident_mib) as watched:
        asyncio.run(attacks.send_messages(server.port, 4, 1.0))
    assert watched.growth < MOST / 4


def test_a_program_waits_for_a_client_that_reads_nothing(server: Server) -> None:
    with attacks.watch(server.port, server.resident_mib) as watched:
        asyncio.run(attacks.read_nothing(server.port, 10, 1.0))
    assert watched.growth < MOST
    counts = asyncio.run(attacks.settle(server.port, has_ended_floods, GONE))
    assert counts["flood ended"] == 10


@pytest.mark.parametrize("path", ["/echo", "/floods"])
def test_silent_clients_are_let_go(impatient: Server, path: str) -> None:
    held = attacks.count_held(impatient.port, [path] * 10, GONE, impatient.open_files)
    assert asyncio.run(held) == 0
    if path == "/floods":
        counts = asyncio.run(attacks.settle(impatient.port, has_ended_floods, GONE))
        assert counts["flood ended"] == 10


def test_the_size_of_messages_is_an_option(impatient: Server) -> None:
    answer = asyncio.run(attacks.send_fragments(impatient.port, 1 << 12))
    assert answer[:1] == b"\x88"
    counts = asyncio.run(attacks.settle(impatient.port, lambda now: "code 1009" in now, GONE))
    assert counts["code 1009"] == 1


def test_vanishing_clients_leave_nothing(server: Server) -> None:
    before, files = attacks.read_counts(server.port), server.open_files()
    errors = server.read_output().count("Traceback")
    asyncio.run(attacks.storm(server.port, 200, seed=1))

    def is_settled(now: dict[str, int]) -> bool:
        return has_returned_all(now) and now["tasks"] <= before["tasks"]

    counts = asyncio.run(attacks.settle(server.port, is_settled, GONE))
    assert counts["taken"] == counts["returned"] > 100
    assert counts["tasks"] <= before["tasks"]
    assert counts["caught"] > 0
    assert server.open_files() <= files
    assert server.read_output().count("Traceback") == errors


def has_returned_all(counts: dict[str, int]) -> bool:
    return counts.get("taken") == counts.get("returned")


def has_ended_floods(counts: dict[str, int]) -> bool:
    return counts.get("flood ended") == 10
