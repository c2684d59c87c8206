"""Formatters of `logging`: a record as one line of JSON, or as a line for people."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from json.encoder import encode_basestring_ascii as quote
from typing import Any, TextIO

from pronghorn.logs.clean import (
    LONGEST_TRACEBACK,
    clean_field,
    clean_text,
    clean_value,
    escape,
)
from pronghorn.logs.context import RequestIDs, current_ids

#: The attributes of every record; all others are fields of the program, from `extra`.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
STANDARD |= {"color_message"}  # Of uvicorn, which repeats its message with colours.
#: The fields of our own lines; a field of the program with such a name gets a line at its end.
OWN = frozenset(["time", "level", "logger", "message", "error", "exception"])
#: Fields with the ids of the request, which a program may give itself.
IDS = ("request_id", "trace_id", "span_id")
TRACEBACK = "Traceback (most recent call last):"
#: The attribute of a record of the access log that has its fields, which are clean already.
ACCESS_FIELDS = "pronghorn_fields"


class _Clock:
    """Writes the time of a record in ISO 8601, UTC; most have the second of the one before."""

    def __init__(self) -> None:
        self._known = (-1, "")

    def write(self, created: float) -> str:
        second, text = self._known
        now = int(created)
        if now != second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
            self._known = (now, text)
        return f"{text}.{int((created - now) * 1000):03d}Z"


class _Structured(logging.Formatter):
    """The part of both formatters that reads records."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text for a record; one that is broken has less in it, and does not fail."""
        try:
            known: dict[str, Any] | None = getattr(record, ACCESS_FIELDS, None)
            if known is not None:
                return self.format_request(record.created, record.name, record.levelname, known)
            return self._format(record)
        except Exception:  # noqa: BLE001 - the program must not fail because it logs
            plain = logging.makeLogRecord({"name": "pronghorn", "levelname": "ERROR"})
            plain.msg = clean_value(record.msg)
            return self._format(plain)

    def format_request(self, created: float, name: str, level: str, fields: dict[str, Any]) -> str:
        """Return the line for a request, whose fields are clean."""
        raise NotImplementedError

    def _format(self, record: logging.LogRecord) -> str:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self._clock = _Clock()

    def _texts(self, record: logging.LogRecord) -> tuple[str, str]:
        """Return the message of a record, and its traceback, which is empty if it has none."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit, or that cannot be written
            message = f"{clean_value(record.msg)} (with arguments {clean_value(record.args)})"
        traceback = self._traceback(record)
        if not traceback and TRACEBACK in message:  # Granian's messages have it inside.
            message, begin, traceback = message.partition(TRACEBACK)
            traceback = begin + traceback
        return clean_text(message.rstrip("\n")), clean_text(traceback, LONGEST_TRACEBACK)

    def _traceback(self, record: logging.LogRecord) -> str:
        text = record.exc_text or ""
        if record.exc_info and record.exc_info[0] is not None and not text:
            try:
                text = self.formatException(record.exc_info)
            except Exception as error:  # noqa: BLE001 - an exception may fail to write itself
                kind = record.exc_info[0].__name__
                text = f"<{kind} whose traceback raises {type(error).__name__}>"
        return text + (f"\n{record.stack_info}" if record.stack_info else "")

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the ids of the request, and the fields of the program."""
        ids = current_ids.get() or RequestIDs("")
        found: dict[str, Any] = {name: value for name, value in ids._asdict().items() if value}
        for name, value in vars(record).items():
            if name in STANDARD:
                continue
            if name not in IDS or value is not None:
                found[f"{name}_" if name in OWN else name] = clean_field(name, value)
        return found


class JSONFormatter(_Structured):
    """Writes each record as one line of JSON, in ASCII.

    The fields are `time`, `level`, `logger`, `message`, those of the request (`request_id`,
    `trace_id`, `span_id`), those that the program passes as `extra`, and for an exception `error`
    and `exception`. Values with names such as `password` are masked, long ones are shortened, and
    what JSON does not know becomes a text.
    """

    def _format(self, record: logging.LogRecord) -> str:
        begin = (
            f'{{"time": "{self._clock.write(record.created)}", "level": {quote(record.levelname)}'
            f', "logger": {quote(clean_text(record.name))}'
        )
        message, traceback = self._texts(record)
        fields = {"message": message, **self._fields(record)}
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__qualname__
        if traceback:
            fields["exception"] = traceback
        return f"{begin}, {encode(fields)[1:]}"

    def format_request(self, created: float, name: str, level: str, fields: dict[str, Any]) -> str:
        """Return the line for a request, whose fields are clean."""
        method, path, status = fields["method"], fields["path"], fields["status"]
        return (
            f'{{"time": "{self._clock.write(created)}", "level": {quote(level)}, "logger": "{name}"'
            f', "message": {quote(f"{method} {path} {status}")}, {encode(fields)[1:]}'
        )


#: `json.dumps` asks more about its options than this costs.
encode = json.JSONEncoder().encode
COLOURS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}


class ConsoleFormatter(_Structured):
    """Writes each record as a line for people, with its fields behind the message.

    Args:
        colour: Colour the levels; by default if standard output is a terminal and the environment
            has no `NO_COLOR`.
    """

    def __init__(self, colour: bool | None = None) -> None:
        super().__init__()
        self._colour = wants_colour(sys.stdout) if colour is None else colour

    def _format(self, record: logging.LogRecord) -> str:
        message, traceback = self._texts(record)
        fields = self._fields(record)
        line = self._line(record.created, record.name, record.levelname, message, fields)
        below = traceback.split("\n") if traceback else []
        return line + "".join(f"\n  | {escape(part)}" for part in below)

    def format_request(self, created: float, name: str, level: str, fields: dict[str, Any]) -> str:
        """Return the line for a request, whose fields are clean."""
        rest = dict(fields)
        return self._line(created, name, level, _take_sentence(rest), rest)

    def _line(
        self, created: float, name: str, level: str, message: str, fields: dict[str, Any]
    ) -> str:
        shown = f"{level:<8}"
        if self._colour and level in COLOURS:
            shown = f"\x1b[{COLOURS[level]}m{shown}\x1b[0m"
        line = f"{self._clock.write(created)[11:-1]} {shown} {escape(name)}: {escape(message)}"
        return line + "".join(f" {escape(key)}={_word(value)}" for key, value in fields.items())


def _take_sentence(fields: dict[str, Any]) -> str:
    """Take what is known of a request out of its fields, and return it as a message."""
    text = f"{fields.pop('method')} {fields.pop('path')} {fields.pop('status')}"
    return f"{text} in {fields.pop('duration_ms')} ms"


def _word(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = escape(text)
    return f'"{text}"' if " " in text or not text else text


def wants_colour(stream: TextIO) -> bool:
    """Return whether to write colours: to a terminal, unless `NO_COLOR` is set."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")
