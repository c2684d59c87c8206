"""Open WebSockets as a client that may break the rules, and judge what the server does.

The judge does not wait for silence. Where a connection should stay open, it sends a message, or a
ping: the answer shows that the connection is open, and that all before it was answered.
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.hardening.raw.case import MUST
from tests.hardening.websocket.case import (
    ACCEPT,
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Case,
    frame,
    handshake,
    text,
)

AT_ONCE = 12
LIMIT = 4 << 20
PAUSE = 0.005
AFTER = b"is it open?"
NAMES = {TEXT: "text", BINARY: "binary", PONG: "pong", CLOSE: "close", PING: "ping"}


class ProtocolFaultError(Exception):
    """The server breaks the protocol itself."""


@dataclass
class Outcome:
    """What became of a connection.

    Attributes:
        status: The status of a handshake that was refused.
        messages: The messages that came, as texts.
        pongs: The pongs that came.
        close: The close frame that came.
        end: "open", "closed" or "hangs".
        problem: What was wrong with an answer, if something was.
        deflates: Whether compression was agreed.
    """

    status: str = ""
    messages: list[str] = field(default_factory=list)
    pongs: list[str] = field(default_factory=list)
    close: str = ""
    end: str = "hangs"
    problem: str = ""
    deflates: bool = False

    def __str__(self) -> str:
        parts = [self.status, *self.messages, *self.pongs, self.close, self.end]
        return " ".join(filter(None, parts))


@dataclass
class Verdict:
    """A case, what became of it, and what is wrong with that; nothing if it is right."""

    case: Case
    outcome: Outcome
    faults: list[str]

    @property
    def is_failure(self) -> bool:
        """Whether a MUST of the RFC is broken."""
        return bool(self.faults) and self.case.level == MUST

    def __str__(self) -> str:
        accepted = " or ".join(shorten(each) for each in self.case.accepts)
        return (
            f"{self.case.name} [{self.case.level}]: {shorten(str(self.outcome))}; "
            f"accepted: {accepted}; {self.case.rule}; {'; '.join(self.faults)}"
        )


def shorten(outcome: str) -> str:
    """Return an outcome that fits on a line."""
    return outcome if len(outcome) < 120 else f"{outcome[:80]} ... {outcome[-30:]}"


async def judge_all(port: int, cases: Iterable[Case], patience: float) -> list[Verdict]:
    """Return the verdicts of cases, several of which run at a time.

    Args:
        port: Where the server listens, on 127.0.0.1.
        cases: The connections.
        patience: The seconds to wait for an answer that should come.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def judge(case: Case) -> Verdict:
        async with places:
            outcome = await observe(port, case, patience)
        return Verdict(case, outcome, list(find_faults(case, outcome)))

    return await asyncio.gather(*map(judge, cases))


def find_faults(case: Case, outcome: Outcome) -> Iterable[str]:
    """Yield what is wrong with an outcome, as texts."""
    if case.deflates and not outcome.deflates and not outcome.status and not outcome.problem:
        return  # The extension may be declined, and then the frames mean something else.
    if str(outcome) not in case.accepts:
        yield "not an accepted outcome"
    if case.deflates is False and outcome.deflates:
        yield "it accepted the extension"
    if outcome.problem:
        yield outcome.problem
    if outcome.status.startswith("5") and outcome.status not in {"501", "505"}:
        yield f"{outcome.status} for what the client sent"


async def observe(port: int, case: Case, patience: float) -> Outcome:
    """Open a connection, send what a case says, and return what became of it."""
    outcome = Outcome()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
    try:
        async with asyncio.timeout(patience):
            await converse(Client(reader, writer, outcome), case)
    except TimeoutError:
        outcome.end = "hangs"
    except ProtocolFaultError as error:
        outcome.problem = str(error)
    except (OSError, asyncio.IncompleteReadError) as error:
        outcome.end = "closed"
        if getattr(error, "partial", b""):
            outcome.problem = "it broke off within a frame"
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return outcome


async def converse(client: Client, case: Case) -> None:
    """Do what a case says."""
    client.writer.write(case.handshake or handshake())
    if not case.waits:
        client.writer.write(b"".join(case.data))
    if not await client.open():
        return
    sending = asyncio.create_task(send(client.writer, case))
    try:
        while not await client.take_frame():
            pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def send(writer: asyncio.StreamWriter, case: Case) -> None:
    """Send the segments of a case, and the question whether the connection is open."""
    with suppress(OSError):
        for segment in case.data if case.waits else ():
            writer.write(segment)
            await writer.drain()
            if len(case.data) > 1:
                await asyncio.sleep(PAUSE)
        if any(each.endswith("open") for each in case.accepts):
            writer.write(frame(PING, AFTER) if case.asks == "ping" else text(AFTER))
            await writer.drain()


class Client:
    """The reading side of a connection.

    Args:
        reader: Where it reads.
        writer: Where it writes.
        outcome: What it fills.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, outcome: Outcome
    ) -> None:
        self._reader = reader
        self.writer = writer
        self._outcome = outcome
        self._unpacker = zlib.decompressobj(-15)
        self._resets = False
        self._fragments: tuple[int, int, bytes] | None = None

    async def open(self) -> bool:
        """Read the answer to the handshake; return whether it is a WebSocket now."""
        raw = await self._reader.readuntil(b"\r\n\r\n")
        first, *fields = raw.decode("latin-1").strip().split("\r\n")
        named = [line.partition(":") for line in fields]
        headers = {name.lower(): value.strip() for name, _, value in named}
        status = first.split()[1]
        if status != "101":
            self._outcome.status = status
            length = int(headers.get("content-length", 0))
            await self._reader.readexactly(length)
            is_last = headers.get("connection", "").lower() == "close"
            self._outcome.end = "open" if not is_last else "closed"
            if is_last and await self._reader.read():
                raise ProtocolFaultError("it sent more behind its last answer")
            return False
        if headers.get("sec-websocket-accept") != ACCEPT:
            raise ProtocolFaultError(f"accept is {headers.get('sec-websocket-accept')}")
        extensions = headers.get("sec-websocket-extensions", "")
        self._outcome.deflates = "permessage-deflate" in extensions
        self._resets = "server_no_context_takeover" in extensions
        return True

    async def take_frame(self) -> bool:
        """Read one frame; return whether all is known."""
        try:
            head = await self._reader.readexactly(2)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            self._outcome.end = "closed"
            return True
        fin, reserved, opcode = head[0] >> 7, head[0] >> 4 & 7, head[0] & 15
        if self._outcome.close and opcode not in {PING, PONG}:
            raise ProtocolFaultError("it sent a frame behind its close frame")
        if head[1] & 0x80:
            raise ProtocolFaultError("it sent a masked frame")
        length = head[1] & 127
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        payload = await self._reader.readexactly(length)
        if opcode >= CLOSE:
            return self._take_control(opcode, payload)
        return self._take_data(opcode, payload, bool(fin), reserved)

    def _take_control(self, opcode: int, payload: bytes) -> bool:
        if opcode == CLOSE:
            code = struct.unpack("!H", payload[:2])[0] if payload else ""
            payload[2:].decode()
            self._outcome.close = f"close({code})"
            return False
        if opcode == PONG:
            if payload == AFTER:
                self._outcome.end = "open"
                return True
            self._outcome.pongs.append(show("pong", payload))
        return False

    def _take_data(self, opcode: int, payload: bytes, fin: bool, reserved: int) -> bool:
        if self._fragments is not None:
            opcode, reserved, before = self._fragments
            payload = before + payload
        self._fragments = None if fin else (opcode, reserved, payload)
        if not fin:
            return False
        if reserved & 4:
            payload = self._unpacker.decompress(payload + b"\x00\x00\xff\xff")
            if self._resets:
                self._unpacker = zlib.decompressobj(-15)
        if payload == AFTER:
            self._outcome.end = "open"
            return True
        self._outcome.messages.append(show(NAMES[opcode], payload))
        return False


def show(name: str, payload: bytes) -> str:
    """Return a frame as the outcomes of the table write it."""
    if len(payload) > 40:
        return f"{name}[{len(payload)}]"
    return f"{name}({payload.decode('latin-1').encode('unicode_escape').decode()})"
