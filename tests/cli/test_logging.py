"""What the program logs, and what tracebacks show, under `dev` and `run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.processes import STARTED, served

Write = Callable[..., Path]

SERVERS = pytest.mark.parametrize("server", ["uvicorn", "granian"])
UP = {"uvicorn": "Uvicorn running on", "granian": "Started worker"}
STYLE = {"uvicorn": "INFO:     ", "granian": "[INFO] "}

APP = """
import asyncio
import json
import logging
import os
from contextlib import asynccontextmanager

import anyio
from pronghorn import FastAPI

{configuration}
logging.info("at import")


@asynccontextmanager
async def lifespan(app):
    if "FAIL" in os.environ:
        raise LookupError("no database")
    yield


app = FastAPI(lifespan=lifespan)
log = logging.getLogger("shop")


@app.get("/")
def about() -> str:
    log.info("answered %s", "about")
    log.debug("in detail")
    return "ok"


@app.get("/fail")
def fail() -> None:
    try:
        json.loads("x")
    except ValueError as error:
        raise LookupError("no title") from error


@app.get("/group")
async def fail_together() -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(divide)


async def divide() -> float:
    return 1 / 0


@app.get("/logged")
def log_error() -> str:
    try:
        return str(1 / 0)
    except ZeroDivisionError:
        log.exception("could not divide")
        return "ok"


@app.get("/task")
async def fail_in_task() -> str:
    asyncio.get_running_loop().call_soon(json.loads, "x")
    return "ok"
"""


def printed(write: Write, *arguments: str, paths: list[str], server: str, **how: str) -> str:
    """What a server prints that has answered these paths."""
    write("main.py", APP.replace("{configuration}", how.pop("configuration", "")))
    command, *options = arguments
    with served(command, *options, "--server", server, started=UP[server], **how) as running:
        running.get()
        for path in paths:
            running.ask(path)
        running.stop()
    return running.output


BASIC_CONFIG = "logging.basicConfig(level=logging.INFO, format='own %(message)s')"

ADD_HANDLER = """
handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter("own %(message)s"))
logging.getLogger().addHandler(handler)
logging.getLogger().setLevel("INFO")
"""

DICT_CONFIG = """
import logging.config
logging.config.dictConfig({
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "own %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "INFO", "handlers": ["console"]},
})
"""


@SERVERS
@pytest.mark.parametrize("options", [[], ["--no-reload"], ["--no-page"]], ids=" ".join)
def test_the_programs_messages_appear_under_dev(
    write: Write, server: str, options: list[str]
) -> None:
    output = printed(write, "dev", *options, paths=[], server=server)
    assert output.count(f"{STYLE[server]}at import\n") == 1
    assert output.count(f"{STYLE[server]}answered about\n") == 1
    assert "in detail" not in output


@SERVERS
@pytest.mark.parametrize(
    "configuration",
    [BASIC_CONFIG, ADD_HANDLER, DICT_CONFIG],
    ids=["basicConfig", "addHandler", "dictConfig"],
)
def test_a_program_that_configures_logging_itself(
    write: Write, server: str, configuration: str
) -> None:
    output = printed(
        write, "dev", "--no-reload", paths=[], server=server, configuration=configuration
    )
    # The command imports the program; Granian's worker does so again.
    assert output.count("own at import\n") == (1 if server == "uvicorn" else 2)
    assert output.count("own answered about\n") == 1
    assert output.count("answered about") == 1


SERVERS_LOGGERS = """
import logging.config
logging.config.dictConfig({
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "own %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {
        name: {"handlers": [], "propagate": True, "level": "INFO"}
        for name in ("uvicorn", "uvicorn.access", "uvicorn.error")
    },
})
"""


@pytest.mark.parametrize(
    "command",
    [["run"], ["run", "--workers", "2"], ["dev"], ["dev", "--no-reload"], ["dev", "--no-page"]],
    ids=" ".join,
)
def test_a_program_that_configures_the_loggers_of_uvicorn(write: Write, command: list[str]) -> None:
    output = printed(
        write, *command, paths=["/fail"], server="uvicorn", configuration=SERVERS_LOGGERS
    )
    assert "own uvicorn.error Application startup complete.\n" in output
    assert "own uvicorn.access 127.0.0.1:" in output
    assert "own uvicorn.error Exception in ASGI application\n" in output
    assert "INFO:     127.0.0.1:" not in output
    assert "INFO:     Application startup" not in output


@SERVERS
def test_changed_files_are_not_logged_by_the_watcher(write: Write, server: str) -> None:
    write("main.py", APP.replace("{configuration}", BASIC_CONFIG))
    started = STARTED if server == "uvicorn" else UP[server]
    with served("dev", "--server", server, started=started) as running:
        running.wait_until_watching(Path.cwd())
        write("notes.txt", "not a module\n")
        write("main.py", APP.replace("{configuration}", BASIC_CONFIG) + "\n")
        running.wait_for(started)
        running.stop()
    assert "change detected" not in running.output
    assert "changes detected" not in running.output


def test_the_level_that_a_program_gives_the_access_log(write: Write) -> None:
    configuration = "logging.getLogger('uvicorn.access').setLevel('WARNING')"
    output = printed(write, "run", paths=[], server="uvicorn", configuration=configuration)
    assert "INFO:     Application startup complete.\n" in output
    assert "GET /" not in output


def test_a_handler_of_the_program_gets_what_it_gets_without_us(write: Write) -> None:
    configuration = "logging.getLogger().addHandler(logging.StreamHandler())"
    output = printed(
        write, "dev", "--no-reload", paths=[], server="uvicorn", configuration=configuration
    )
    assert "answered about" not in output  # The level of the root logger is Python's: WARNING.


@SERVERS
def test_the_level_of_dev(write: Write, server: str) -> None:
    output = printed(write, "dev", "--log-level", "debug", paths=[], server=server)
    assert "in detail\n" in output


@SERVERS
def test_run_leaves_logging_to_the_program(write: Write, server: str) -> None:
    output = printed(write, "run", paths=["/fail"], server=server)
    assert "answered about" not in output
    assert "at import" not in output
    assert "--full-traceback" not in output
    assert "/starlette/" in output


DICT = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "file %(name)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "stream": "ext://sys.stdout",
        }
    },
    "root": {"level": "INFO", "handlers": ["console"]},
}

INI = """
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = line
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
formatter = line
args = (sys.stdout,)
[formatter_line]
format = file %(name)s %(message)s
"""


@SERVERS
@pytest.mark.parametrize("command", ["run", "dev"])
@pytest.mark.parametrize("kind", ["json", "yaml", "ini"])
def test_log_config(write: Write, server: str, command: str, kind: str) -> None:
    write(f"log.{kind}", INI if kind == "ini" else json.dumps(DICT))
    output = printed(
        write, command, "--no-reload", "--log-config", f"log.{kind}", paths=[], server=server
    )
    assert output.count("file shop answered about\n") == 1
    if server == "granian":
        assert "file granian.access [" in output
        assert "[INFO] Started worker" not in output


@SERVERS
def test_tracebacks_under_dev_show_the_program(write: Write, server: str) -> None:
    output = printed(write, "dev", paths=["/fail", "/group", "/logged", "/task"], server=server)
    main = Path.cwd() / "main.py"
    assert f'  File "{main}", line ' in output
    assert "site-packages" not in output
    assert "The above exception was the direct cause of the following exception:" in output
    assert "LookupError: no title\n… " in output
    assert "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n" in output
    assert ", in divide\n" in output
    assert "could not divide\nTraceback (most recent call last):\n" in output
    assert "Exception in callback " in output
    assert output.count("--full-traceback shows them") == 3
    assert "\x1b[" not in output


@SERVERS
def test_full_tracebacks_under_dev(write: Write, server: str) -> None:
    output = printed(write, "dev", "--full-traceback", paths=["/fail"], server=server)
    assert "--full-traceback" not in output
    assert "/json/decoder.py" in output
    assert "/starlette/" in output


@pytest.mark.parametrize("command", ["dev", "run"])
@SERVERS
def test_a_lifespan_that_fails(write: Write, command: str, server: str) -> None:
    write("main.py", APP.replace("{configuration}", ""))
    started = "LookupError: no database"
    with served(command, "--no-reload", "--server", server, started=started, FAIL="1") as running:
        pass
    assert ", in lifespan\n" in running.output
    assert ("/starlette/" in running.output) == (command == "run")
