"""Programs of others: what they say, how they end, and that they end with us."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pronghorn.deploy.tool import INTERRUPTED, NOT_FOUND, find, run, stream


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_what_it_writes_is_read_line_by_line() -> None:
    lines: list[str] = []
    text = "import sys; print('one'); print('two'); print('three', file=sys.stderr); sys.exit(4)"
    done = run(python(text), say=lines.append)
    assert (done.code, done.ok, done.out, done.err) == (4, False, "one\ntwo", "three")
    assert sorted(lines) == ["one", "three", "two"]
    assert done.reason == "three"


def test_a_silent_failure_has_a_reason_too() -> None:
    assert run(python("raise SystemExit(7)")).reason.endswith("ended with exit code 7")


def test_a_program_that_is_not_there() -> None:
    done = run(["no-such-program-here"])
    assert done.code == NOT_FOUND
    assert done.reason == "no-such-program-here is not installed, or not in a folder of PATH"
    assert find("no-such-program-here") is None
    assert stream(["no-such-program-here"]) == NOT_FOUND


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    file = tmp_path / "tool"
    file.write_text("text")
    assert run([str(file)]).reason.endswith("could not be started: Permission denied")


def test_variables_and_input_are_not_on_the_command_line() -> None:
    text = "import os, sys; print(os.environ['A'] + sys.stdin.read())"
    assert run(python(text), env={"A": "x"}, input="y").out == "xy"


def test_input_that_nobody_reads_is_no_error() -> None:
    assert run(python("pass"), input="x" * 1_000_000).ok


def test_a_program_that_hangs_is_ended() -> None:
    begun = time.monotonic()
    done = run(python("import time; print('begun', flush=True); time.sleep(60)"), timeout=1)
    assert done.timed_out
    assert done.out == "begun"
    assert time.monotonic() - begun < 30


def test_a_child_that_keeps_the_output_open_does_not_hold_us() -> None:
    child = "[sys.executable, '-c', 'import time; time.sleep(8)']"
    text = f"import subprocess, sys; subprocess.Popen({child})"
    begun = time.monotonic()
    assert run(python(text)).ok
    assert time.monotonic() - begun < 7


PARENT = """
import sys
from pronghorn.deploy.tool import run, stream
child = [sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(60)"]
try:
    if sys.argv[1] == "stream":
        print(stream(child))
    else:
        run(child, say=lambda line: print(line, flush=True))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(("how", "said"), [("run", "interrupted"), ("stream", str(INTERRUPTED))])
def test_an_interrupt_ends_both(how: str, said: str) -> None:
    command = [sys.executable, "-c", PARENT, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "begun\n"
        parent.send_signal(signal.SIGINT)
        # Its end is also the end of its child, which has the same output.
        assert parent.stdout.read() == f"{said}\n"
    assert parent.returncode == 0
