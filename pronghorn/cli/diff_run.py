"""Run one program on both engines and compare them, for `pronghorn diff`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pronghorn.cli.diff_compare import compare, differences
from pronghorn.cli.diff_engines import Engine
from pronghorn.cli.diff_generate import generate
from pronghorn.cli.diff_report import Report, RouteReport
from pronghorn.cli.diff_requests import SAFE_METHODS, Request, parse_header, read_har
from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["Job", "run"]


@dataclass(frozen=True)
class Job:
    """The options of the command."""

    path: Path | None = None
    app: str | None = None
    entrypoint: str | None = None
    har: Path | None = None
    requests: int = 100
    seed: int = 0
    unsafe: bool = False
    headers: Sequence[str] = ()
    timeout: float = 10.0


def run(job: Job) -> int:
    """Compare and print.

    Returns:
        The exit code: 0 if nothing differs, 1 if something does.

    Raises:
        CommandError: With exit code 2; the program does not run on FastAPI, FastAPI is not
            installed, or the command line is wrong.
    """
    headers = [parse_header(text) for text in job.headers]
    recorded = read_har(job.har) if job.har is not None else None
    with ExitStack() as stack:
        reference = stack.enter_context(Engine("fastapi", _for_worker(job)))
        if reference.failure is not None:
            raise _refusal(reference.failure)
        candidate = stack.enter_context(Engine("pronghorn", _for_worker(job)))
        report = Report()
        if candidate.failure is not None:
            report.failure = f"{candidate.failure.detail}\n{candidate.failure.message}".strip()
        else:
            _compare_all(job, recorded, headers, (reference, candidate), report)
    report.print()
    return int(report.differs)


def _for_worker(job: Job) -> dict[str, Any]:
    return {
        "path": str(job.path) if job.path is not None else None,
        "app": job.app,
        "entrypoint": job.entrypoint,
        "timeout": job.timeout,
    }


def _refusal(failure: CommandError) -> CommandError:
    return CommandError(failure.message, failure.hint, detail=failure.detail, exit_code=USAGE)


def _compare_all(
    job: Job,
    recorded: list[Request] | None,
    headers: Sequence[tuple[str, str]],
    engines: tuple[Engine, Engine],
    report: Report,
) -> None:
    reference, candidate = engines
    report.documents = list(differences(reference.document, candidate.document, ""))
    wanted = recorded
    if wanted is None:
        wanted = generate(reference.document, job.requests, job.seed, unsafe=job.unsafe)
    sent = [item for item in wanted if job.unsafe or item.method in SAFE_METHODS]
    report.skipped = len(wanted) - len(sent)
    sent = [item.with_headers(headers) for item in sent]
    try:
        theirs = reference.ask([again for item in sent for again in _repeat_if_safe(item)])
    except CommandError as error:
        raise _refusal(error) from error
    try:
        ours = candidate.ask(sent)
    except CommandError as error:
        report.failure = f"{error.detail}\n{error.message}".strip()
        return
    of_reference = iter(theirs)
    for request, answer in zip(sent, ours, strict=True):
        answers = [next(of_reference) for _ in _repeat_if_safe(request)]
        label = f"{request.method} {_route_of(request, reference.document)}"
        route = report.routes.setdefault(label, RouteReport())
        route.add(request, compare(request, answers, answer))


def _repeat_if_safe(request: Request) -> list[Request]:
    """Return the requests with safe ones twice, to find out what varies on FastAPI itself."""
    return [request, request] if request.method in SAFE_METHODS else [request]


def _route_of(request: Request, document: Mapping[str, Any]) -> str:
    """Return the documented path of a request, or its own path if none matches."""
    path = request.target.partition("?")[0]
    if path in document.get("paths", {}):
        return path
    for template in document.get("paths", {}):
        pieces = [re.escape(piece) for piece in re.split(r"\{[^}]*\}", template)]
        if re.fullmatch("[^/]+".join(pieces), path):
            return str(template)
    return path
