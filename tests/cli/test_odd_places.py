"""Files and folders that the system refuses, and names and texts that are unusual."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run

import pytest
from typer.testing import CliRunner, Result

from pronghorn.cli.app import commands
from tests.cli.processes import command, environment, free_port, served

Write = Callable[..., Path]

APP = "from pronghorn import FastAPI\n\napp = FastAPI()\n"
TOO_LONG = "a" * 300


def call(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


@pytest.mark.parametrize("program", ["", f"/{TOO_LONG}.py"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--log-config", TOO_LONG],
        ["run", "--uds", f"{TOO_LONG}/a.sock"],
        ["run", "--ssl-certfile", TOO_LONG, "--ssl-keyfile", TOO_LONG],
        ["run", "--env-file", TOO_LONG],
        ["dev", "--reload-dir", TOO_LONG],
        ["routes"],
    ],
    ids=lambda arguments: " ".join(arguments)[:20],
)
def test_a_name_that_the_system_refuses(write: Write, arguments: list[str], program: str) -> None:
    file = write("main.py", "raise LookupError\n")
    if not program and arguments == ["routes"]:
        program = f"{file}/{TOO_LONG}.py"
    result = call(*arguments, *([program] if program else []))
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    assert TOO_LONG in result.stderr


WITHOUT_PRIVILEGE = """
import ctypes, os, sys
if os.geteuid() == 0:  # Root may open everything, unless the kernel is told otherwise.
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-m", "pronghorn", *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["run", "--log-config", "closed/l.json"], "No file at closed/l.json for --log-config"),
        (["run", "--uds", "closed/a.sock"], "Cannot listen on closed/a.sock: Permission denied"),
        (["run", "--env-file", "closed/.env"], "No file at closed/.env for --env-file"),
        (["routes", "closed/main.py"], "Permission denied"),
        (["dev", "--reload-dir", "closed/a"], "No folder to watch at closed/a"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_folder_that_this_user_may_not_open(
    write: Write, arguments: list[str], text: str
) -> None:
    closed = write("closed/main.py", APP).parent
    write("main.py", APP)
    closed.chmod(0)
    try:
        ended = run(
            [sys.executable, "-c", WITHOUT_PRIVILEGE, *arguments],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        closed.chmod(0o700)
    assert ended.stderr.startswith("Error: ")
    assert text in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_working_directory_that_was_removed(workspace: Path) -> None:
    gone = workspace / "gone"
    gone.mkdir()
    # Python 3.13.0 itself cannot import `socket` in such a directory, so the import comes first.
    script = "import os; from pronghorn.cli import main; os.rmdir(os.getcwd()); main()"
    ended = run(
        [sys.executable, "-c", script, "routes"],
        cwd=gone,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "Error: The working directory no longer exists\n  Change to a folder that exists.\n"
    )


def test_names_of_bytes_that_are_not_characters(workspace: Path) -> None:
    folder = os.fsencode(workspace) + b"/\xff"
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder), "main.py").write_text(APP)
    watched = run(
        [sys.executable, "-m", "pronghorn", "dev"],
        cwd=folder,
        env=environment(PORT="0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert watched.stderr.startswith("Error: Cannot watch ")
    assert "--no-reload" in watched.stderr
    long = os.fsdecode(folder) + "/" + "a" * 100
    refused = call("run", "--uds", long)
    assert refused.stderr.startswith("Error: --uds ")
    assert "is longer than 107 bytes" in refused.stderr


def test_messages_keep_what_looks_like_a_name_of_an_emoji(write: Write) -> None:
    write("main.py", "raise LookupError('cache:key:1 :smile: [bold]')\n")
    assert "LookupError: cache:key:1 :smile: [bold]\n" in call("routes").stderr


def test_explain_prints_the_path_as_it_is(write: Write) -> None:
    write("main.py", APP + "\n\n@app.get('/[bold]/:key:')\ndef read(): ...\n")
    assert call("explain", "GET", "/[bold]/:key:").stdout.startswith("GET /[bold]/:key:\n")


def test_a_program_that_puts_an_object_in_its_place(write: Write) -> None:
    module = "types.SimpleNamespace(app=app, __name__='main')"
    write("main.py", f"import sys, types\n{APP}sys.modules[__name__] = {module}\n")
    assert command("routes").returncode == 0


@pytest.mark.parametrize("kind", ["main.py", "factory"])
def test_a_program_that_stops_by_an_exception_of_its_own(write: Write, kind: str) -> None:
    stop = "class Stop(BaseException): ...\n"
    if kind == "factory":
        write("main.py", f"{stop}def create_app():\n    raise Stop('now')\n")
        result = call("routes", "--factory")
    else:
        write("main.py", f"{stop}raise Stop('now')\n")
        result = call("routes")
    assert result.exit_code == 1
    assert "Stop: now\n\nError: " in result.stderr


def test_a_stop_key_is_no_error_of_the_program(write: Write) -> None:
    write("main.py", "raise KeyboardInterrupt\n")
    result = call("routes")
    assert result.exit_code == 130
    assert "Error" not in result.stderr


@pytest.mark.parametrize(
    ("host", "hint"),
    [
        ("[::1]", "  Write only the host: --host ::1\n"),
        ("http://0.0.0.0:8000/", "  Write only the host: --host 0.0.0.0 --port 8000\n"),
        ("127.0.0.1:80", "  Write only the host: --host 127.0.0.1 --port 80\n"),
        ("a b", ""),
        (TOO_LONG, None),
    ],
)
def test_a_host_that_has_no_address(write: Write, host: str, hint: str | None) -> None:
    write("main.py", "raise LookupError\n")
    result = call("run", "--host", host, "--port", "0")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: The host {host!r} has no address\n")
    if hint is not None:
        assert result.stderr.endswith("address\n" + hint)


def test_an_environment_from_a_pipe(write: Write) -> None:
    write("main.py", f"import os\n{APP}app.title = os.environ['SHOP_TITLE']\n")
    read, written = os.pipe()
    os.write(written, b"SHOP_TITLE=From a pipe\n")
    os.close(written)
    ended = run(
        [sys.executable, "-m", "pronghorn", "openapi", "--env-file", f"/dev/fd/{read}"],
        env=environment(),
        pass_fds=(read,),
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(read)
    assert '"title": "From a pipe"' in ended.stdout


@pytest.mark.parametrize("content", [b"A=\xff\n", b"A=a\0b\n", b"\0=1\n"])
def test_an_environment_that_the_system_refuses(write: Write, content: bytes) -> None:
    write("main.py", APP)
    write("odd.env").write_bytes(content)
    result = call("routes", "--env-file", "odd.env")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: Cannot read odd.env: ")


def test_an_environment_that_is_a_folder(write: Write) -> None:
    write("main.py", APP)
    write("odd/.env")
    result = call("routes", "--env-file", "odd")
    assert result.stderr == "Error: Cannot read odd: [Errno 21] Is a directory: 'odd'\n"


def test_variables_of_the_file_stand_for_options(write: Write) -> None:
    port = free_port()
    write(".env", f"PORT={port}\nFASTAPI_ENV=staging\n")
    answer = "@app.get('/')\ndef read(): return os.environ['FASTAPI_ENV']\n"
    write("main.py", f"import os\n{APP}\n\n{answer}")
    with served("dev", "--env-file", ".env", port=port) as server:
        assert server.get("/") == "staging"


def test_a_wrong_variable_of_the_file(write: Write) -> None:
    write("main.py", "raise LookupError\n")
    write(".env", "WEB_CONCURRENCY=many\n")
    ended = command("run", "--env-file", ".env")
    assert ended.stderr.startswith(
        "Error: the variable WEB_CONCURRENCY 'many' is not a number of processes\n"
    )


def test_a_factory_with_a_parameter_that_needs_its_name(write: Write) -> None:
    write("main.py", "def create_app(a, *, b): ...\n")
    assert "return create_app(..., b=...)\n" in call("routes", "--factory").stderr


@pytest.mark.parametrize("arguments", ["(", "(1/0,)", "(nothing,)"])
def test_arguments_of_a_handler_that_python_refuses(write: Write, arguments: str) -> None:
    write("main.py", "raise LookupError\n")
    write(
        "logging.ini",
        "[loggers]\nkeys=root\n[handlers]\nkeys=h\n[formatters]\nkeys=\n[logger_root]\n"
        f"handlers=h\n[handler_h]\nclass=StreamHandler\nargs={arguments}\n",
    )
    write("main.py", APP)
    result = call("run", "--port", "0", "--log-config", "logging.ini")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: --log-config logging.ini is not a configuration")
