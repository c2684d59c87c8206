"""The page of the jobs of a program: how many wait, the last ones, and buttons for them.

The page knows nothing of jobs but what a `JobSource` tells it in words.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pronghorn.devtools.answers import HEADERS, answer_html, answer_text, write_document
from pronghorn.devtools.markup import Markup, tag
from pronghorn.devtools.scripts import FILTER_SCRIPT

__all__ = ["ACTIONS", "JobLine", "JobOverview", "JobSource", "JobsPage"]

#: What a button does, by the name in its form.
ACTIONS = {"retry": "Retry", "cancel": "Cancel"}
#: Bytes of a form of this page, at most.
LONGEST_FORM = 2048
SHOWN = 50
_TITLES = ("Id", "Task", "Queue", "State", "Attempt", "Stored", "When", "Arguments", "Failure", "")
_STATES = {"dead": "bad", "running": "good", "waiting": "warn"}
#: Forms of this page go to this page, and to no other.
_POLICY = HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")


@dataclass(frozen=True)
class JobLine:
    """A job, in words.

    Attributes:
        id: Its id.
        task: The name of its task.
        queue: Its queue.
        state: Its state.
        attempt: The number of its attempt.
        attempts: Each attempt, in a line.
        stored: How long ago it was stored.
        when: How long ago it ended or began, or in which time it is tried again.
        arguments: Its arguments, without secrets.
        failure: Its last failure; empty if there is none.
        actions: What can be done with it, of `ACTIONS`.
    """

    id: str
    task: str
    queue: str
    state: str
    attempt: str
    attempts: Sequence[str]
    stored: str
    when: str
    arguments: str
    failure: str
    actions: Sequence[str]


@dataclass(frozen=True)
class JobOverview:
    """The jobs of a program, in words.

    Attributes:
        counts: The number of jobs, by queue and state.
        jobs: The last ones, the newest first.
        workers: The processes that run them, in a sentence.
        is_worked_on: False if no process runs them.
    """

    counts: Mapping[str, Mapping[str, int]]
    jobs: Sequence[JobLine]
    workers: str
    is_worked_on: bool


class JobSource(Protocol):
    """The jobs that a page shows.

    A method raises `LookupError`, with a sentence, for what cannot be read or done.
    """

    name: str

    async def read(self, limit: int) -> JobOverview:
        """Return what there is to show, with so many jobs at most."""

    async def act(self, action: str, job_id: str) -> None:
        """Do what a button says."""


class JobsPage:
    """The page below `/_pronghorn/jobs`.

    Args:
        sources: The jobs of the program, one for each database that has some.
    """

    def __init__(self, sources: Sequence[JobSource]) -> None:
        self._sources = sources
        #: In each form of the page. Another site cannot read it, so it cannot send the form.
        self._token = secrets.token_urlsafe(24)

    async def answer(self, request: Request, base: str) -> Response:
        """Return the answer to a request for the page, or of one of its buttons.

        Args:
            request: The request, whose client may see the pages.
            base: Relative address of the overview.
        """
        if request.method in {"GET", "HEAD"}:
            return self._show(await self._read(), base)
        if request.method != "POST":
            return answer_text("Method Not Allowed\n", 405, Allow="GET, HEAD, POST")
        form = await _read_form(request)
        if form is None or not hmac.compare_digest(
            form.get("token", "").encode(), self._token.encode()
        ):
            return answer_text("The form is not one of this page: load the page again.\n", 403)
        number, action = form.get("source", ""), form.get("action", "")
        source = self._find(number)
        if source is None or action not in ACTIONS:
            return answer_text("The page has no such button: load it again.\n", 400)
        try:
            await source.act(action, form.get("id", ""))
        except LookupError as error:
            return self._show(await self._read(), base, _sentence(error), 409)
        # A reload of the page then does not send the form again.
        return RedirectResponse(f"{base}/jobs", 303, HEADERS)

    def _find(self, number: str) -> JobSource | None:
        named = {str(index): source for index, source in enumerate(self._sources)}
        return named.get(number)

    async def _read(self) -> list[JobOverview | str]:
        """Return the jobs of each source, or why they cannot be read."""
        found: list[JobOverview | str] = []
        for source in self._sources:
            try:
                found.append(await source.read(SHOWN))
            except LookupError as error:
                found.append(_sentence(error))
        return found

    def _show(
        self, found: list[JobOverview | str], base: str, problem: str = "", status: int = 200
    ) -> Response:
        body: list[Markup] = [tag("p", problem, class_="bad", role="alert")] if problem else []
        for number, overview in enumerate(found):
            if len(found) > 1:
                body.append(tag("h2", f"In the database {self._sources[number].name}"))
            if isinstance(overview, str):
                body.append(tag("p", overview, class_="bad"))
                continue
            body += _describe(overview, number, self._token)
        links = tag(
            "nav", tag("a", "All routes", href=base), tag("a", "Again", href=f"{base}/jobs")
        )
        text = write_document(
            "Jobs", tag("header", tag("h1", "Jobs"), links), *body, script=FILTER_SCRIPT
        )
        return answer_html(text, status, **{"Content-Security-Policy": _POLICY})


def _sentence(error: LookupError) -> str:
    return str(error.args[0]) if error.args else str(error)


async def _read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of a form; None for anything else, and for what another site sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    site = request.headers.get("sec-fetch-site", "same-origin")
    if kind != "application/x-www-form-urlencoded" or site != "same-origin":
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    return dict(parse_qsl(body.decode("latin-1"), max_num_fields=10))


def _describe(overview: JobOverview, number: int, token: str) -> list[Markup]:
    kind = None if overview.is_worked_on else "warn"
    shown = [tag("p", overview.workers, class_=kind)]
    if not overview.jobs:
        return [*shown, tag("p", "No job is stored.", class_="quiet")]
    lines = [_line(job, number, token) for job in overview.jobs]
    return [
        *shown,
        _counts(overview.counts, number),
        tag("h2", f"Last jobs ({len(lines)} of at most {SHOWN})"),
        _table(f"jobs-{number}", _TITLES, lines),
    ]


def _counts(counts: Mapping[str, Mapping[str, int]], number: int) -> Markup:
    states = list(dict.fromkeys(state for numbers in counts.values() for state in numbers))
    rows = [
        tag(
            "tr",
            tag("td", queue),
            *(tag("td", str(numbers.get(state, 0)), class_="number") for state in states),
        )
        for queue, numbers in counts.items()
    ]
    return _table(f"counts-{number}", ("Queue", *states), rows, numbers_from=1)


def _table(
    name: str, titles: Sequence[str], rows: Sequence[Markup], *, numbers_from: int | None = None
) -> Markup:
    columns = [
        tag(
            "th",
            title,
            class_="number" if numbers_from is not None and index >= numbers_from else None,
        )
        for index, title in enumerate(titles)
    ]
    head = tag("thead", tag("tr", *columns))
    return tag("div", tag("table", head, tag("tbody", *rows), id=name), class_="scroll")


def _line(job: JobLine, number: int, token: str) -> Markup:
    return tag(
        "tr",
        tag("td", tag("code", job.id)),
        tag("td", job.task),
        tag("td", job.queue),
        tag("td", job.state, class_=_STATES.get(job.state)),
        tag("td", _attempts(job), class_="number"),
        tag("td", job.stored),
        tag("td", job.when),
        tag("td", tag("code", job.arguments), class_="path"),
        tag("td", job.failure, class_="path"),
        tag("td", *(_button(action, job, number, token) for action in job.actions)),
    )


def _attempts(job: JobLine) -> Markup | str:
    """Return the number of the attempt, and all attempts where there were several."""
    if len(job.attempts) < 2:
        return job.attempt
    lines = [tag("li", line) for line in job.attempts]
    return tag("details", tag("summary", job.attempt), tag("ul", *lines))


def _button(action: str, job: JobLine, number: int, token: str) -> Markup:
    fields = {"token": token, "source": str(number), "id": job.id, "action": action}
    hidden = [tag("input", type="hidden", name=name, value=text) for name, text in fields.items()]
    label = f"{ACTIONS[action]} the job {job.id}"
    button = tag("button", ACTIONS[action], type="submit", aria_label=label)
    return tag("form", *hidden, button, method="post")
