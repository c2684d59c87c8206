"""Run one program on both engines and compare them, for `pronghorn diff`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pronghorn.cli.diff_compare import compare, differences
from pronghorn.cli.diff_engines import Answer, Engine
from pronghorn.cli.diff_generate import count_unsafe, generate
from pronghorn.cli.diff_report import NO_ROUTE, Report, RouteReport
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
        if job.requests and not job.unsafe:
            report.changing = count_unsafe(reference.document)
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
    documents = (reference.document, candidate.document)
    for request, answer in zip(sent, ours, strict=True):
        answers = [next(of_reference) for _ in _repeat_if_safe(request)]
        label = _label_of(request, answers[0], documents)
        route = report.routes.setdefault(label, RouteReport())
        route.add(request, compare(request, answers, answer))


def _repeat_if_safe(request: Request) -> list[Request]:
    """Return the requests with safe ones twice, to find out what varies on FastAPI itself."""
    return [request, request] if request.method in SAFE_METHODS else [request]


def _label_of(request: Request, answer: Answer, documents: Sequence[Mapping[str, Any]]) -> str:
    """Return the operation that a request asks for: its method and its documented path.

    Returns:
        The request's own path if it is not documented but has a response, as hidden routes and
        mounted files have; `NO_ROUTE` if it does not have one.
    """
    path = request.target.partition("?")[0]
    items = [pair for document in documents for pair in document.get("paths", {}).items()]
    matching = sorted(
        (pair for pair in items if _matches(pair[0], path)), key=lambda pair: pair[0] != path
    )
    method = "get" if request.method == "HEAD" else request.method.lower()
    for template, item in matching:
        if method in item or request.method.lower() in item:
            return f"{request.method} {template}"
    if answer.status in (404, 405) or _moves_slash(path, answer):
        return NO_ROUTE
    return f"{request.method} {matching[0][0] if matching else path}"


def _matches(template: str, path: str) -> bool:
    """Return True if a path is a template of the document, or the template with values."""
    pieces = [re.escape(piece) for piece in re.split(r"\{[^}]*\}", template)]
    return template == path or re.fullmatch("[^/]+".join(pieces), path) is not None


def _moves_slash(path: str, answer: Answer) -> bool:
    """Return True for the redirect to the same path with or without its last slash."""
    if answer.status != 307:
        return False
    targets = [value for name, value in answer.headers if name.lower() == "location"]
    return any(urlsplit(target).path.rstrip("/") == path.rstrip("/") for target in targets)
