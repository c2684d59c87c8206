"""`pronghorn run` and `pronghorn dev` as processes that serve requests."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.processes import STARTED, command, free_port, served

Write = Callable[..., Path]

APP = """
import os
import sys
from {package} import FastAPI

app = FastAPI()


@app.get("/")
def about(limit: int = 1):
    return {{
        "package": FastAPI.__module__.partition(".")[0],
        "process": os.getpid(),
        "environment": os.environ.get("FASTAPI_ENV"),
        "first_path": sys.path[0],
    }}
"""


def test_run_serves_until_sigterm(write: Write) -> None:
    write("main.py", APP.format(package="pronghorn"))
    with served("run") as server:
        answer = server.get()
        assert answer["package"] == "pronghorn"
        assert answer["environment"] is None
        assert server.stop() == 0
    assert "pronghorn run\n  app      main:app\n" in server.output
    assert f"  address  http://0.0.0.0:{server.port}\n" in server.output
    assert f"  docs     http://0.0.0.0:{server.port}/docs\n" in server.output
    assert "Application shutdown complete." in server.output


def test_a_server_that_prints_much_is_not_stopped_by_its_pipe(write: Write) -> None:
    program = APP.format(package="pronghorn")
    write("main.py", program.replace("    return {", "    print('x' * 500_000)\n    return {"))
    with served("run") as server:
        assert server.get()["package"] == "pronghorn"


def test_run_with_workers_imports_the_program_in_each(write: Write) -> None:
    write("shop/__init__.py")
    write("shop/main.py", APP.format(package="pronghorn"))
    with served("run", "shop/main.py", "--workers", "2") as server:
        server.wait_for(STARTED)
        answer = server.get()
        assert answer["process"] != server.process.pid
        assert answer["first_path"] == str(Path.cwd())
        assert server.stop() == 0


@pytest.mark.parametrize("option", ["--workers=2", "--reload"])
def test_as_fastapi_reaches_the_child_processes(write: Write, option: str) -> None:
    write("main.py", APP.format(package="fastapi"))
    with served("run", "--as-fastapi", option) as server:
        answer = server.get()
        assert answer["package"] == "pronghorn"
        assert answer["process"] != server.process.pid


def test_dev_serves_this_machine_for_development(write: Write) -> None:
    write("main.py", APP.format(package="pronghorn"))
    with served("dev", "--no-reload") as server:
        assert server.get()["environment"] == "development"
    assert f"  address  http://127.0.0.1:{server.port}\n" in server.output


def test_dev_leaves_the_environment_that_is_set(write: Write) -> None:
    write("main.py", APP.format(package="pronghorn"))
    with served("dev", "--no-reload", FASTAPI_ENV="staging") as server:
        assert server.get()["environment"] == "staging"


def test_dev_reloads_after_an_edit(write: Write) -> None:
    file = write("service/main.py", APP.format(package="pronghorn"))
    with served("dev", "service/main.py") as server:
        assert server.get()["package"] == "pronghorn"
        server.wait_until_watching(file.parent)
        write("service/main.py", "from pronghorn import FastAPI\napp = FastAPI(\n")
        server.wait_for("Error: Importing module 'main' failed")
        assert "SyntaxError" in server.output
        assert "uvicorn/" not in server.output
        write(
            "service/main.py",
            """
            from pronghorn import FastAPI

            app = FastAPI()

            @app.get("/")
            def about():
                return "edited"
            """,
        )
        server.wait_for(STARTED)
        assert server.get() == "edited"
        assert server.stop() == 0


def test_dev_polls_where_the_system_has_no_watcher_left(write: Write) -> None:
    file = write("main.py", APP.format(package="pronghorn"))
    with no_watcher_left(), served("dev") as server:
        assert server.get()["package"] == "pronghorn"
        server.wait_until_watching(file.parent)
        write("main.py", APP.format(package="pronghorn").replace("return {", "return 1, {"))
        later = time.time() + 2  # polling compares whole seconds
        os.utime(file, (later, later))
        server.wait_for(STARTED)
        assert server.get()[0] == 1
    assert "polling, because the system cannot watch files: Error creating" in server.output


@contextmanager
def no_watcher_left() -> Iterator[None]:
    """Take every watcher that the system gives this user (fs.inotify.max_user_instances)."""
    inotify_init = ctypes.CDLL(None).inotify_init
    taken = []
    try:
        while (file := inotify_init()) >= 0:
            taken.append(file)
        yield
    finally:
        for file in taken:
            os.close(file)


def test_verbose_says_how_the_app_was_found(write: Write) -> None:
    file = write("main.py", APP.format(package="pronghorn"))
    with served("run", "-v") as server:
        server.stop()
    assert f"  file     {file}\n" in server.output
    assert "(first of main.py, app.py, api.py, " in server.output
    assert "(found: it is called 'app')" in server.output
    assert '[tool.pronghorn] entrypoint = "main:app"' in server.output


def test_root_path_and_public_url(write: Write) -> None:
    write(
        "main.py",
        """
        from pronghorn import FastAPI, Request

        app = FastAPI()

        @app.get("/")
        def about(request: Request):
            return request.scope["root_path"]
        """,
    )
    with served(
        "run", "--root-path", "/shop", FASTAPI_PUBLIC_URL="https://example.com/shop/"
    ) as server:
        assert server.get() == "/shop"
    assert "  address  https://example.com/shop\n" in server.output
    assert "  docs     https://example.com/shop/docs\n" in server.output


def test_a_port_in_use_is_told_before_the_program_is_imported(write: Write) -> None:
    write("main.py", "raise SystemExit('the program was imported')\n")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = command("run", "--host", "127.0.0.1", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: Port {port} on 127.0.0.1 is in use\n"
        f"  Stop the program that listens there, or use another port: --port {port + 1}\n"
    )


def test_a_failing_import_is_exit_code_1(write: Write) -> None:
    write("main.py", "1 / 0\n")
    done = command("run", "--port", str(free_port()))
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "importlib" not in done.stderr
