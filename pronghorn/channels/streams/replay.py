"""Turn the records of a stream into the events that one client has to see."""

from __future__ import annotations

import json

from pronghorn.channels.streams.positions import Position
from pronghorn.channels.streams.records import END, FAILED, RESET, Record, State
from pronghorn.sse import ServerSentEvent

__all__ = ["Replay"]

#: Milliseconds after which a client comes back whose connection is lost.
RETRY = 1000
_UNKNOWN_FAILURE = "The stream failed"


class Replay:
    """The events of a stream behind a place.

    An item is sent once, whatever the log repeats: it has a number in its run. Records of runs
    before the current one are passed over.

    Args:
        position: The place that the client has reached.
        run: The current run of the producer.

    Attributes:
        cursor: The id in the log behind which to read.
        is_over: True once the last event was returned.
    """

    def __init__(self, position: Position, run: int) -> None:
        knows_run = position.run <= run and not position.is_end
        self.cursor = position.cursor if knows_run else 0
        self.is_over = False
        self._run = position.run if knows_run else 0
        self._number = position.number if knows_run else 0
        #: The client has something that a new run makes void.
        self._has_shown = not knows_run or position.number > 0
        self._is_first = True
        self._current = run

    def open(self) -> list[ServerSentEvent]:
        """Return the events to send before any record is read."""
        return self._enter(self._current) if self._current > self._run else []

    def translate(self, id: int, record: Record) -> list[ServerSentEvent]:
        """Return the events of a record.

        Args:
            id: The id of its entry in the log.
            record: The record.
        """
        events: list[ServerSentEvent] = []
        if record.run >= self._run:
            events += self._enter(record.run) if record.run > self._run else []
            events += self._show_items(id, record)
            if record.state is not None:
                events.append(self.end(record.state, record.detail))
        self.cursor = id
        return events

    def end(self, state: State, detail: str | None = None) -> ServerSentEvent:
        """Return the last event.

        Args:
            state: How the stream has ended.
            detail: Why it has failed, as far as clients may know.
        """
        self.is_over = True
        position = Position(self._run, 0, 0, is_end=True)
        if state == "failed":
            return self._event(position, FAILED, _write(detail=detail or _UNKNOWN_FAILURE))
        return self._event(position, END, _write(state=state))

    def _enter(self, run: int) -> list[ServerSentEvent]:
        has_shown, self._has_shown = self._has_shown, False
        self._run, self._number = run, 0
        return [self._reset("restarted")] if has_shown else []

    def _show_items(self, id: int, record: Record) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        if record.first > self._number + 1:
            events.append(self._reset("trimmed"))
            self._number = record.first - 1
        last = len(record.items) - 1
        for index, (name, data) in enumerate(record.items):
            if record.first + index <= self._number:
                continue
            self._number = record.first + index
            self._has_shown = True
            # A client that has only a part of a group reads the group again.
            cursor = id if index == last else self.cursor
            events.append(self._event(Position(self._run, self._number, cursor), name, data))
        return events

    def _reset(self, reason: str) -> ServerSentEvent:
        return self._event(Position(self._run, 0, self.cursor), RESET, _write(reason=reason))

    def _event(self, position: Position, name: str, data: str) -> ServerSentEvent:
        retry = RETRY if self._is_first else None
        self._is_first = False
        return ServerSentEvent(raw_data=data, event=name or None, id=str(position), retry=retry)


def _write(**values: str) -> str:
    return json.dumps(values, separators=(",", ":"))
