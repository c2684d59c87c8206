"""Starts processes of the program, from one that has imported all of it: that takes no second.

Each line that it reads is JSON: a `command` with its arguments, the `options` of the program, and
the file of the `log`. It answers with the number of the process. The process writes its exit status
beside the log. When there are no more lines, all of them are killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import dbos  # noqa: F401 - workers need it

from tests.durable.program import Program


def main() -> None:
    """Start processes until the end of the input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for them.
    children = []
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        children.append(child)
        print(child, flush=True)
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _become(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = Path(order["log"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    status = 1
    try:
        _run(Program(order["options"]), log, *order["command"])
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of it may reach the launcher's own stack
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        log.with_suffix(".status").write_text(str(status), encoding="utf-8")
        os._exit(status)


def _run(program: Program, log: Path, command: str, *numbers: int) -> None:
    if command == "work":
        asyncio.run(program.run_worker(log))
    elif command == "enqueue":
        asyncio.run(program.enqueue(*numbers))
    else:
        asyncio.run(program.enqueue_poison(*numbers))


if __name__ == "__main__":
    main()
