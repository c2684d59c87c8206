"""Run one program on both engines and compare them, for `pronghorn diff`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pronghorn.cli.diff_compare import compare, differences
from pronghorn.cli.diff_data import report_data
from pronghorn.cli.diff_engines import Answer, Engine
from pronghorn.cli.diff_generate import generate
from pronghorn.cli.diff_labels import label_of
from pronghorn.cli.diff_left_out import (
    list_undocumented,
    list_ungenerated,
    list_unrecorded,
)
from pronghorn.cli.diff_login import log_in, parse_login
from pronghorn.cli.diff_print import print_report
from pronghorn.cli.diff_progress import Ask, asking
from pronghorn.cli.diff_report import LeftOut, Report, RouteReport
from pronghorn.cli.diff_requests import SAFE_METHODS, Request, parse_header, read_har
from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["Job", "run"]


@dataclass(frozen=True)
class Job:
    """The options of the command."""

    path: Path | None = None
    app: str | None = None
    entrypoint: str | None = None
    factory: bool = False
    har: Path | None = None
    requests: int = 100
    seed: int = 0
    unsafe: bool = False
    headers: Sequence[str] = ()
    login: str | None = None
    timeout: float = 10.0


@dataclass(frozen=True)
class _Asked:
    """The requests that the user wants.

    Attributes:
        recorded: Those of a HAR file; None to generate them.
        headers: Headers for each of them.
        login: The request that logs in, or None.
    """

    recorded: list[Request] | None
    headers: list[tuple[str, str]]
    login: Request | None


def run(job: Job, *, as_json: bool = False) -> int:
    """Compare and print.

    Args:
        job: The options of the comparison.
        as_json: Print the report as JSON.

    Returns:
        The exit code: 0 if nothing differs, 1 if something does.

    Raises:
        CommandError: With exit code 2; the program does not run on FastAPI, FastAPI is not
            installed, the login fails there, or the command line is wrong.
    """
    asked = _Asked(
        read_har(job.har) if job.har is not None else None,
        [parse_header(text) for text in job.headers],
        parse_login(job.login) if job.login else None,
    )
    report = Report()
    with ExitStack() as stack:
        reference = stack.enter_context(Engine("fastapi", _for_worker(job)))
        if reference.failure is not None:
            raise _refusal(reference.failure)
        candidate = stack.enter_context(Engine("pronghorn", _for_worker(job)))
        if candidate.failure is not None:
            report.failure = _text_of(candidate.failure)
        else:
            _compare_all(job, asked, (reference, candidate), report)
    if as_json:
        print(json.dumps(report_data(report), indent=2))
    else:
        print_report(report)
    return int(report.differs)


def _for_worker(job: Job) -> dict[str, Any]:
    return {
        "path": str(job.path) if job.path is not None else None,
        "app": job.app,
        "entrypoint": job.entrypoint,
        "factory": job.factory,
        "timeout": job.timeout,
    }


def _refusal(failure: CommandError) -> CommandError:
    return CommandError(failure.message, failure.hint, detail=failure.detail, exit_code=USAGE)


def _text_of(failure: CommandError) -> str:
    return f"{failure.detail}\n{failure.message}".strip()


def _compare_all(job: Job, asked: _Asked, engines: tuple[Engine, Engine], report: Report) -> None:
    reference, candidate = engines
    report.documents = list(differences(reference.document, candidate.document, ""))
    wanted = asked.recorded
    if wanted is None:
        wanted = generate(reference.document, job.requests, job.seed, unsafe=job.unsafe)
    sent = [item for item in wanted if job.unsafe or item.method in SAFE_METHODS]
    sent = [item.with_headers(asked.headers) for item in sent]
    with asking() as ask:
        try:
            repeated = [again for item in sent for again in _repeat_if_safe(item)]
            theirs = _ask_as_user(ask, reference, asked.login, repeated)
        except CommandError as error:
            raise _refusal(error) from error
        try:
            ours = _ask_as_user(ask, candidate, asked.login, sent)
        except CommandError as error:
            report.failure = _text_of(error)
            return
    _add_answers(report, sent, iter(theirs), ours, (reference.document, candidate.document))
    report.left_out = list(_list_left_out(job, asked, candidate, report))


def _ask_as_user(
    ask: Ask, engine: Engine, login: Request | None, requests: Sequence[Request]
) -> list[Answer]:
    """Return the answers to requests that are sent after the login, if there is one."""
    if login is None or not requests:
        return ask(engine, requests)
    headers = log_in(engine, login)
    return ask(engine, [request.with_headers(headers) for request in requests])


def _add_answers(
    report: Report,
    sent: Sequence[Request],
    theirs: Iterator[Answer],
    ours: Sequence[Answer],
    documents: Sequence[Mapping[str, Any]],
) -> None:
    for request, answer in zip(sent, ours, strict=True):
        answers = [next(theirs) for _ in _repeat_if_safe(request)]
        label = label_of(request, answers[0], documents)
        route = report.routes.setdefault(label, RouteReport())
        status = 0 if answers[0].error else answers[0].status
        route.add(request, status, compare(request, answers, answer))


def _list_left_out(job: Job, asked: _Asked, candidate: Engine, report: Report) -> Iterator[LeftOut]:
    document, labels = candidate.document, report.routes.keys()
    if asked.recorded is not None:
        yield from list_unrecorded(document, asked.recorded, labels, unsafe=job.unsafe)
    elif job.requests:
        yield from list_ungenerated(document, job.requests, unsafe=job.unsafe)
    if asked.recorded is not None or job.requests:
        yield from list_undocumented(candidate.undocumented, labels)


def _repeat_if_safe(request: Request) -> list[Request]:
    """Return the requests with safe ones twice, to find out what varies on FastAPI itself."""
    return [request, request] if request.method in SAFE_METHODS else [request]
