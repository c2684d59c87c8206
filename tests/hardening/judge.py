"""Send raw requests to a server, and compare what becomes of each with what the rule accepts.

The judge does not wait for silence. Where a connection should stay open, it sends another request:
its answer shows that the connection is open, and that no byte before it became a request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.hardening.raw.case import MUST, Case, lines

#: Connections at a time.
AT_ONCE = 24
#: The size above which asyncio's reader stops to wait for the end of a head.
LIMIT = 1 << 20
AFTER = lines("GET /after HTTP/1.1", "Host: a")
AFTER_BODY = b'{"status":"after"}'
#: Seconds between two segments, so that the server reads them one by one.
PAUSE = 0.01
CODES_THAT_A_CLIENT_CAUSES = {"501", "505"}


@dataclass
class Outcome:
    """What became of a raw request.

    Attributes:
        statuses: The status codes of the answers.
        end: "open", "closed" or "hangs".
        bodies: The bodies of the answers.
        problem: What was wrong with an answer, if something was.
        is_announced_end: True if the last answer says that the server closes the connection.
    """

    statuses: list[str] = field(default_factory=list)
    end: str = "hangs"
    bodies: list[bytes] = field(default_factory=list)
    problem: str = ""
    is_announced_end: bool = False

    def __str__(self) -> str:
        return " ".join([*self.statuses, self.end, *filter(None, [self.problem])])


@dataclass
class Verdict:
    """A case, what became of it, and what is wrong with that; nothing if it is right."""

    case: Case
    outcome: Outcome
    faults: list[str]

    @property
    def is_failure(self) -> bool:
        """Whether a MUST of the RFC is broken, or an answer is one that no rule accepts."""
        return bool(self.faults) and self.case.level == MUST

    def __str__(self) -> str:
        accepted = " or ".join(self.case.accepts)
        return (
            f"{self.case.name} [{self.case.level}]: {self.outcome}; accepted: {accepted}; "
            f"{self.case.rule}; {'; '.join(self.faults)}"
        )


async def judge_all(port: int, cases: Iterable[Case], patience: float) -> list[Verdict]:
    """Return the verdicts of cases, several of which run at a time.

    Args:
        port: Where the server listens, on 127.0.0.1.
        cases: The raw requests.
        patience: The seconds to wait for an answer that should come.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def judge(case: Case) -> Verdict:
        async with places:
            outcome = await observe(port, case, patience)
        return Verdict(case, outcome, find_faults(case, outcome))

    return await asyncio.gather(*map(judge, cases))


def find_faults(case: Case, outcome: Outcome) -> list[str]:
    """Return what is wrong with an outcome, as texts."""
    faults = []
    if not any(is_accepted(outcome, accepted) for accepted in case.accepts):
        faults.append("not an accepted outcome")
    if outcome.problem:
        faults.append(outcome.problem)
    if case.sees and outcome.statuses[-1:] != ["400"]:
        answer = next(
            (
                body
                for status, body in zip(outcome.statuses, outcome.bodies, strict=True)
                if status == "200"
            ),
            None,
        )
        if answer is not None:
            faults += compare(answer, case)
    return faults


def is_accepted(outcome: Outcome, accepted: str) -> bool:
    """Whether an outcome is one that a case accepts."""
    *statuses, end = accepted.split()
    if end not in {"open", "closed"}:
        statuses.append(end)
        end = outcome.end
    return statuses == outcome.statuses and end == outcome.end


def compare(answer: bytes, case: Case) -> list[str]:
    """Return in what an answer of `/echo` differs from what the program should have received."""
    expected = dict(case.sees)
    if (raw := expected.pop("raw", None)) is not None:
        return [] if answer == raw.encode() else [f"the body is {answer!r}"]
    try:
        seen: dict[str, Any] = json.loads(answer)
    except ValueError:
        return [f"the answer is {answer[:60]!r}"]
    if "method" not in seen:  # Another resource has answered.
        return []
    faults = []
    if (absent := expected.pop("absent", None)) is not None and absent in seen["names"][1:]:
        faults.append(f"the program saw the trailer {absent}")
    for name, value in expected.pop("folded", {}).items():
        found = " ".join((seen["fields"].get(name) or "").split())
        if found != value:
            faults.append(f"{name} is {seen['fields'].get(name)!r}")
    for name, value in expected.pop("fields", {}).items():
        if seen["fields"].get(name) != value:
            faults.append(f"{name} is {seen['fields'].get(name)!r}")
    faults += [
        f"{name} is {seen[name]!r}, not {value!r}"
        for name, value in expected.items()
        if seen[name] != value
    ]
    return faults


# --- one connection ---------------------------------------------------------------------------


async def observe(port: int, case: Case, patience: float) -> Outcome:
    """Send a raw request, and return what became of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
    try:
        outcome = Outcome()
        sending = asyncio.create_task(send(writer, case))
        try:
            await read_answers(reader, writer, case, outcome, patience)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return outcome
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def send(writer: asyncio.StreamWriter, case: Case) -> None:
    """Send the segments of a case."""
    for segment in case.data:
        writer.write(segment)
        await writer.drain()
        if len(case.data) > 1:
            await asyncio.sleep(PAUSE)
    if case.ends:
        writer.write_eof()


async def read_answers(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    case: Case,
    outcome: Outcome,
    patience: float,
) -> None:
    """Read the answers to a case, and find out whether the connection is open behind them."""
    asked = False
    while True:
        if not asked and is_time_to_ask(case, outcome):
            writer.write(AFTER)
            asked = True
        try:
            async with asyncio.timeout(patience):
                answer = await read_answer(reader, case, outcome)
        except TimeoutError:
            if asked:
                outcome.end = "hangs"
                return
            if any("open" in each or not is_named(each) for each in case.accepts):
                writer.write(AFTER)
                asked = True
                continue
            outcome.end = "open"
            return
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            broken = getattr(error, "partial", b"") or (
                repr(error).encode() if isinstance(error, ValueError) else b""
            )
            outcome.end = "closed"
            outcome.problem = f"it sent {broken[:60]!r} at the end" if broken else ""
            return
        status, body, is_protocol = answer
        if asked and (status, body) == ("200", AFTER_BODY):
            outcome.end = "open"
            return
        outcome.statuses.append(status)
        outcome.bodies.append(body)
        if status.startswith("5") and not is_expected(case, status):
            outcome.problem = f"{status} for what the client sent"
        if is_protocol:
            outcome.end = "open"
            return


def is_named(accepted: str) -> bool:
    """Whether an accepted outcome says what becomes of the connection."""
    return accepted.rsplit(maxsplit=1)[-1] in {"open", "closed"}


def is_expected(case: Case, status: str) -> bool:
    """Whether a 5xx is an answer that the case may have."""
    return status in CODES_THAT_A_CLIENT_CAUSES or any(status in each for each in case.accepts)


def is_time_to_ask(case: Case, outcome: Outcome) -> bool:
    """Whether enough answers have come to ask whether the connection is open.

    It is not asked after an answer that announces the end of the connection, or where only an end
    is accepted: then the end is awaited. It is asked where the answers are not accepted at all.
    """
    statuses = outcome.statuses
    if not statuses or outcome.is_announced_end:
        return False
    wanted = [(each.split()[: -1 if is_named(each) else None], each) for each in case.accepts]
    begun = [each for each, _ in wanted if each[: len(statuses)] == statuses]
    return not begun or any(
        each == statuses and not accepted.endswith("closed") for each, accepted in wanted
    )


async def read_answer(
    reader: asyncio.StreamReader, case: Case, outcome: Outcome
) -> tuple[str, bytes, bool]:
    """Return the status and the body of the next answer, and whether HTTP ends with it.

    Raises:
        asyncio.IncompleteReadError: The server has closed the connection.
        ValueError: It is not an HTTP response.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *fields = head.strip().split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not status.isdigit():
        raise ValueError(f"not a response: {head[:60]}")
    named = [line.partition(":") for line in fields]
    headers = {name.lower(): value.strip() for name, _, value in named}
    final = [each for each in outcome.statuses if each != "100"]
    method = case.heads[len(final)] if len(final) < len(case.heads) else "GET"
    if status == "101":
        return status, b"", True
    if status[0] == "1":
        return status, b"", False
    outcome.is_announced_end = "close" in headers.get("connection", "").lower()
    if "transfer-encoding" in headers and (b"HTTP/1.0" in case.data[0] or status in {"204", "304"}):
        outcome.problem = "Transfer-Encoding where it must not be"
    if method == "HEAD" or status in {"204", "304"}:
        return status, b"", False
    return status, await read_body(reader, headers), False


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """Return the body of an answer."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        return body
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()
