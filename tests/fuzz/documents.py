"""Invent requests from the OpenAPI documents of two programs, and judge the responses by them.

The programs are `examples/shop`, as a registered user and without one, and the program with every
kind of parameter. Schemathesis fails for a status, a content type or a body that the document does
not describe, and for every 5xx.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode

from benchmarks.hardening.servers import start
from tests.fuzz.__main__ import BUILD, ROOT

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
#: No program documents the limits of its server on the sizes of heads (414, 431).
OPTIONS = ("--max-request-line", "0", "--max-header-size", "0", "--max-header-count", "0")
ACCOUNT = {"email": "ann@example.com", "name": "Ann", "password": "correct horse battery"}


@contextmanager
def every_parameter() -> Iterator[tuple[str, list[str]]]:
    """Serve the program with every kind of parameter; yield its URL, and options."""
    with start("run", "tests.fuzz.documented_program:app", OPTIONS) as server:
        yield server.url, []


@contextmanager
def shop() -> Iterator[tuple[str, list[str]]]:
    """Serve the shop with a database of its own; yield its URL, and options."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "examples"))),
            "SHOP_DATABASE_URL": f"sqlite:///{folder}/shop.db",
            "SHOP_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv",
            "SHOP_PASSWORD_ROUNDS": "1",
            "SHOP_PASSWORD_MEMORY_KIB": "8",
        }
        command = [sys.executable, "-m", "pronghorn", "db", "upgrade", "examples/shop/main.py"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True)
        with start("run", "shop.main:app", OPTIONS, environment=variables) as server:
            send(f"{server.url}/users", json.dumps(ACCOUNT), "application/json")
            form = urlencode({"username": ACCOUNT["email"], "password": ACCOUNT["password"]})
            found = send(f"{server.url}/token", form, "application/x-www-form-urlencoded")
            token = f"Authorization: Bearer {found['access_token']}"
            # The stream of an order is open until the order has its final state.
            yield server.url, ["--header", token, "--exclude-path-regex", "/events$"]


def send(url: str, body: str, kind: str) -> Mapping[str, str]:
    """Send a body by POST; return the JSON of the response."""
    request = urllib.request.Request(url, body.encode(), {"Content-Type": kind})
    with urllib.request.urlopen(request) as response:
        found: Mapping[str, str] = json.load(response)
    return found


PROGRAMS = {"every kind of parameter": every_parameter, "shop": shop}


def judge(name: str, seconds: int) -> bool:
    """Send invented requests to a program; return True if nothing was wrong."""
    with PROGRAMS[name]() as (url, options):
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"]
        command += ["--checks", ",".join(CHECKS), f"--max-time={seconds}", "--no-color"]
        command += ["--phases=examples,coverage,fuzzing", "--warnings=off", *options]
        # Where it runs, it keeps what it has found.
        BUILD.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}:\n{done.stdout}{done.stderr}")
        return False
    return True


def main() -> int:
    """Judge the programs. Returns the exit status: 1 if something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.documents")
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    passed = [judge(name, max(5, seconds // len(PROGRAMS))) for name in PROGRAMS]
    if all(passed):
        print(f"All responses of {len(PROGRAMS)} programs are as their documents say.")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
