"""`make bench-service`: the programs answer equally, and the arithmetic of what it reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import list_service_goals, name_service_figures
from benchmarks.processes import StartError
from benchmarks.record import ROOT
from benchmarks.service import report
from benchmarks.service.__main__ import choose, make_options, read_arguments, report_goals
from benchmarks.service.answers import check_headers, compare
from benchmarks.service.contestants import BASE, FASTIFY, OWN, SAME
from benchmarks.service.data import ORIGIN, variables
from benchmarks.service.goals import find_failures
from benchmarks.service.load import LoadError, read_output, write_script
from benchmarks.service.report import Figures, Round, Row
from benchmarks.service.requests import KINDS, LIST, MIX, SHARES, Answer, make_load, normalise
from benchmarks.tables import TABLES


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_three_programs_in_fastapis_style_answer_equally(tmp_path: Path) -> None:
    """The others need environments of their own; the command compares all of them itself."""
    url = f"sqlite:///{tmp_path}/shop.db"
    run("-m", "benchmarks.service.seed", url)
    answers = {
        name: json.loads(run("-m", "tests.benchmarks.service_answers", name, **variables(url)))
        for name in ("fastapi", "same", "own")
    }
    assert answers["same"] == answers["fastapi"]
    assert answers["own"] == answers["fastapi"]
    found, has_metrics = answers["fastapi"]
    assert has_metrics
    assert {name: answer[0] for name, answer in found.items()} == {
        "login": 200,
        "login with a wrong password": 401,
        "me": 200,
        "me without a token": 401,
        "me with a forged token": 401,
        "list after 0": 200,
        "list after 4321": 200,
        "list after 9980": 200,
        "list without a token": 401,
        "detail 1": 200,
        "detail 5": 200,
        "detail 10000": 200,
        "detail of nothing": 404,
        "create": 201,
        "create without a description": 201,
        "create with a negative price": 422,
        "create without a token": 401,
    }
    assert len(found["list after 9980"][1]) == 20


ITEM = {"id": 3, "owner_id": 1, "name": "Pen", "created_at": "2026-01-01T00:00:00Z"}


def test_what_may_differ_is_made_equal() -> None:
    def of(name: str, status: int, content: Any) -> tuple[int, Any]:
        return normalise(name, Answer(status, {}, content))

    other = {**ITEM, "created_at": "2026-01-01T00:00:00.000+00:00"}
    assert of("detail", 200, ITEM) == of("detail", 200, other)
    assert of("detail", 200, ITEM) != of("detail", 200, {**ITEM, "id": 4})
    assert of("detail", 200, ITEM) != of("detail", 200, {**ITEM, "name": "pen"})
    assert of("list", 200, [ITEM]) == of("list", 200, [other])
    assert of("list", 200, [ITEM]) != of("list", 200, [ITEM, ITEM])
    later = {**ITEM, "id": 4, "created_at": "2026-02-01T00:00:00Z"}
    assert of("create", 201, ITEM) == of("create", 201, later)
    assert of("create", 201, ITEM) != of("create", 201, {**later, "id": "4"})
    assert of("create", 201, ITEM) != of("create", 200, ITEM)
    assert of("create", 400, {"message": "no"}) == of("create", 422, {"detail": []})
    assert of("me", 401, "a") != of("me", 403, "a")
    tokens = [{"access_token": token, "expires_in": 9} for token in ("a.b.c", "d.e.f", "none")]
    assert of("login", 200, tokens[0]) == of("login", 200, tokens[1])
    assert of("login", 200, tokens[0]) != of("login", 200, tokens[2])


def test_another_answer_stops_a_contestant() -> None:
    expected = {"me": (200, {"id": 1}), "detail": (200, {"id": 2})}
    compare("Other", expected, expected)
    with pytest.raises(StartError, match=r"^Other answers 'detail' with \(404, None\), not with"):
        compare("Other", {**expected, "detail": (404, None)}, expected)


@pytest.mark.parametrize(
    ("probe", "missing", "message"),
    [
        ("me", "access-control-allow-origin", "Other answers 'me' without CORS"),
        ("me", "x-request-id", "Other answers 'me' without a request id"),
        ("list after 0", "content-encoding", "Other answers 'list after 0' not compressed"),
    ],
)
def test_missing_glue_stops_a_contestant(probe: str, missing: str, message: str) -> None:
    headers = {"access-control-allow-origin": ORIGIN, "x-request-id": "1"}
    if probe.startswith(LIST):
        headers["content-encoding"] = "gzip"
    check_headers("Other", probe, Answer(200, headers, {}))
    del headers[missing]
    check_headers("Other", probe, Answer(401, headers, {}))
    with pytest.raises(StartError, match=f"^{message}$"):
        check_headers("Other", probe, Answer(200, headers, {}))


def test_every_contestant_gets_the_same_load() -> None:
    tokens = [f"token{number}" for number in range(50)]
    for kind in KINDS:
        assert make_load(kind, tokens) == make_load(kind, tokens)
    paths = [
        (request.method, request.target.partition("?")[0].rstrip("0123456789"))
        for request in make_load(MIX, tokens)
    ]
    assert {path: paths.count(path) for path in set(paths)} == {
        ("POST", "/token"): SHARES["login"] * 50,
        ("GET", "/me"): SHARES["me"] * 50,
        ("GET", "/items"): SHARES["list"] * 50,
        ("GET", "/items/"): SHARES["detail"] * 50,
        ("POST", "/items"): SHARES["create"] * 50,
    }


def test_wrk_gets_the_requests_as_they_are() -> None:
    [request] = make_load("create", ["a.b"])[:1]
    script = write_script([request], "127.0.0.1:8000")
    text = script.partition("requests[1] = ")[2].splitlines()[0]
    assert json.loads(text).encode() == request.as_bytes("127.0.0.1:8000")
    assert "Content-Length: 81\r\n" in json.loads(text)


def test_a_load_that_was_not_answered_is_an_error() -> None:
    assert read_output("Requests/sec:   1234.5\n") == 1234.5
    for output in (
        "Non-2xx or 3xx responses: 3\nRequests/sec:   1234.5\n",
        "Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec:   1234.5\n",
        "unable to connect",
    ):
        with pytest.raises(LoadError):
            read_output(output)


def make_figures() -> Figures:
    pairs = [(100, 50), (90, 30), (80, 40)]
    return Figures(
        [
            (Round(own, 1e6 / own, 10.0, 1.0), Round(base, 1e6 / base, 10.0, 1.0))
            for own, base in pairs
        ],
        {"requests_per_second": 45.0, "p50_milliseconds": 1.5, "p99_milliseconds": 4.0},
    )


def test_a_ratio_is_the_median_over_rounds_and_not_of_medians() -> None:
    figures = make_figures()
    assert figures.median("requests_per_second") == 90
    assert figures.ratio() == 2.0
    assert figures.cpu_ratio() == pytest.approx(2.0)
    assert Row("One", {MIX: figures}).as_json() == {
        "name": "One",
        MIX: {
            "requests_per_second": 90,
            "ratio": 2.0,
            "cpu_microseconds": pytest.approx(11_111.1),
            "cpu_ratio": 2.0,
            "database_microseconds": 10.0,
            "busy": 1.0,
            "half_load": figures.steady,
        },
    }


def test_a_row_is_printed_with_its_figures_or_its_problem() -> None:
    lines = report.lines(Row("One", {MIX: make_figures()}).as_json()).splitlines()
    assert lines[0].split("  ")[0] == "One"
    assert lines[1].split() == [
        "mix",
        "90.00",
        "2.00",
        "11,111.10",
        "2.00",
        "10.00",
        "1.00",
        "1.50",
        "4.00",
    ]
    assert report.lines(Row("Two", problem="it is\nnot there").as_json()) == (
        "Two: not measured\n  it is\n  not there"
    )


def make_rows(same: float, own: float, fastify: float) -> list[dict[str, Any]]:
    ratios = {BASE.name: 1.0, SAME.name: same, OWN.name: own, FASTIFY.name: fastify}
    return [{"name": name, MIX: {"ratio": ratio}} for name, ratio in ratios.items()]


def test_goals_that_are_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_goals({"postgresql": make_rows(1.6, 5.0, 4.9), "sqlite": []}) == 0
    assert capsys.readouterr().out == "All goals are reached.\n"


def test_goals_that_are_not_reached(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*make_rows(1.59, 4.5, 6.0), {"name": "Litestar", "problem": "no\nway"}]
    assert report_goals({"sqlite": rows}) == 1
    same, own = f"  sqlite: {SAME.name} answers", f"  sqlite: {OWN.name} answers"
    assert capsys.readouterr().out.splitlines() == [
        "These goals are not reached:",
        "  sqlite: Litestar was not measured: no",
        f"{same} 1.59 times as much as FastAPI; the goal is 1.6.",
        f"{own} 4.50 times as much as FastAPI; the goal is 5.0.",
        (
            f"  sqlite: {FASTIFY.name} answers more than {OWN.name}: "
            "6.00 times as much as FastAPI, and 4.50 times."
        ),
        "On a busy machine, repeat the run before you believe it.",
    ]


def list_goals(**rows: list[dict[str, Any]]) -> list[str]:
    return list_service_goals({"service": {"databases": rows}}).splitlines()


def test_the_page_names_each_goal_and_says_whether_the_run_reaches_it() -> None:
    found = list_goals(postgresql=make_rows(1.6, 4.5, 6.0), sqlite=make_rows(1.7, 5.0, 4.9))
    assert found[0] == "This run of the shop does not reach 2 of the 6 goals of the project yet:"
    assert found[2] == "| goal of the project | PostgreSQL | SQLite |"
    assert found[4:] == [
        f"| {SAME.name}: 1.6 times the requests of FastAPI | reached: 1.60 | reached: 1.70 |",
        f"| {OWN.name}: 5.0 times the requests of FastAPI | not reached: 4.50 | reached: 5.00 |",
        f"| {OWN.name}: more requests than all others | not reached: Fastify 6.00 | reached |",
    ]
    none = list_goals(sqlite=make_rows(1.5, 4.5, 6.0))
    assert none[0] == "This run of the shop reaches none of the goals of the project yet:"
    assert list_goals(sqlite=make_rows(1.6, 5.0, 4.0))[0] == (
        "This run of the shop reaches all goals of the project:"
    )


def test_a_goal_of_a_contestant_that_was_left_out_is_not_checked() -> None:
    assert find_failures({"sqlite": make_rows(1.7, 5.0, 1.0)[:2]}) == []


def test_the_options_of_the_command() -> None:
    quick = make_options(read_arguments(["--quick"]))
    assert (quick.kinds, quick.steady_seconds) == ((MIX,), 0)
    assert make_options(read_arguments([])).kinds == KINDS
    assert make_options(read_arguments(["--kind", "me", "--rounds", "9"])).rounds == 9
    assert choose(["FASTIFY", "its own"]) == [OWN, FASTIFY]
    assert choose(["express"]) == []


def test_the_page_shows_both_databases_and_says_how_busy_the_machine_was() -> None:
    row = Row(OWN.name, {MIX: make_figures(), "me": make_figures()}).as_json()
    rows = [row, {"name": FASTIFY.name, "problem": "no Node"}]
    document = report.make_document(
        {"postgresql": rows, "sqlite": [Row(OWN.name, {MIX: make_figures()}).as_json()]},
        [0.21, 3.0],
        rounds=5,
        seconds=3,
    )
    page = TABLES["service"](document)
    columns = "its database, µs | p50 at half load, ms | p99, ms |"
    assert f"| PostgreSQL, the mix | per second | ratio | processor, µs | ratio | {columns}" in page
    assert f"| {OWN.name} | 90.0 | **2.00** | 11,111 | **2.00** | 10.0 | 1.50 | 4.00 |" in page
    assert f"| {OWN.name} | 90.0 | **2.00** | 11,111 | **2.00** | 1.50 | 4.00 |" in page
    assert "| PostgreSQL, ratios per second / of processor time | me |" in page
    assert f"| {OWN.name} | 2.00 / 2.00 |" in page
    assert "| SQLite, ratios" not in page
    assert FASTIFY.name not in page
    assert page.endswith("load average of the machine 0.2 before and 3.0 after.")
    document["conditions"]["rounds"] = 3
    assert TABLES["service"](document).endswith(
        " These figures come from a short run; a longer run on a quiet machine may differ."
    )
    document["machine"]["load_average"] = [4.4, 3.3]
    document["machine"]["cores"] = 2
    assert " from a short run on a busy machine; " in TABLES["service"](document)
    figures = dict(name_service_figures(document))
    assert figures == {"service_own_postgresql": "2.00", "service_own_sqlite": "2.00"}
