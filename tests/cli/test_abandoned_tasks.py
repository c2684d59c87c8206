"""Background tasks have the time of requests at shutdown; those that need more are logged."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.processes import served

Write = Callable[..., Path]
pytestmark = pytest.mark.timeout(60)

APP = """
import asyncio
import time

from pronghorn import BackgroundTasks, FastAPI
from pronghorn.responses import JSONResponse
from starlette.background import BackgroundTask

app = FastAPI()
if BEHIND_MIDDLEWARE:

    @app.middleware("http")
    async def pass_on(request, call_next):
        return await call_next(request)


async def send_mail():
    print("mail begins", flush=True)
    await asyncio.sleep(0.8)
    print("mail ends", flush=True)


async def call_partner():
    print("call begins", flush=True)
    await asyncio.sleep(60)


def write_report():
    print("report begins", flush=True)
    time.sleep(60)


async def upload():
    print("upload begins", flush=True)
    await asyncio.sleep(60)


def tidy_up():
    pass


def archive():
    pass


@app.get("/")
async def read():
    return "up"


@app.get("/mail")
async def mail(tasks: BackgroundTasks):
    tasks.add_task(send_mail)
    return "sent"


@app.get("/call")
async def call(tasks: BackgroundTasks):
    tasks.add_local(call_partner)
    tasks.add_task(tidy_up)
    return "sent"


@app.get("/report")
def report(tasks: BackgroundTasks):
    tasks.add_task(write_report)
    return "sent"


@app.get("/upload")
async def own(tasks: BackgroundTasks):
    tasks.add_task(archive)
    return JSONResponse("sent", background=BackgroundTask(upload))
"""
RUN = ["run", "--timeout-graceful-shutdown", "2", "--drain", "0"]
SERVERS = {
    "uvicorn": ([], "Application startup complete.", False),
    "uvicorn, workers": (["--workers", "1"], "Application startup complete.", False),
    "uvicorn, middleware": ([], "Application startup complete.", True),
    "granian": (["--server", "granian"], "Started worker", False),
}


@pytest.mark.parametrize("server", SERVERS)
def test_tasks_have_the_time_of_requests_at_shutdown(write: Write, server: str) -> None:
    arguments, started, has_middleware = SERVERS[server]
    write("main.py", APP.replace("BEHIND_MIDDLEWARE", str(has_middleware)))
    with served(*RUN, *arguments, started=started) as running:
        for name in ("call", "report", "upload", "mail"):
            assert running.get(f"/{name}") == "sent"
            running.wait_for(f"{name} begins")
        running.stop()
    lines = running.output.splitlines()
    assert "mail ends" in lines
    told = [line.partition("The background task ")[2] for line in lines if "abandoned" in line]
    assert sorted(told) == [
        "archive is abandoned: it has not begun",
        "call_partner is abandoned: it was interrupted",
        "tidy_up is abandoned: it has not begun",
        "upload is abandoned: it was interrupted",
        "write_report is abandoned: it was interrupted",
    ]


def test_a_second_signal_abandons_all_tasks(write: Write) -> None:
    write("main.py", APP.replace("BEHIND_MIDDLEWARE", "False"))
    arguments = ["run", "--timeout-graceful-shutdown", "60", "--drain", "0"]
    with served(*arguments) as running:
        assert running.get("/call") == "sent"
        running.wait_for("call begins")
        running.process.send_signal(signal.SIGTERM)
        running.wait_for("Shutting down")
        time.sleep(0.4)  # Two signals in a moment are one that was sent to a group.
        running.process.send_signal(signal.SIGTERM)
        running.wait_for("call_partner is abandoned: it was interrupted")
        running.wait_for("tidy_up is abandoned: it has not begun")
        assert running.process.wait() == 143
