"""The shop as processes of its own, on the database of a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from .conftest import PASSWORD, SECRET_KEY
from .servers import ROOT, serve

ANN = {"email": "ann@example.com", "name": "Ann", "password": PASSWORD}


@contextmanager
def running_shop(
    folder: Path, *options: str
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """Start the shop with the database of a folder; yield its process and a client."""
    variables = {
        "SHOP_DATABASE_URL": f"sqlite:///{folder}/shop.db",
        "SHOP_SECRET_KEY": SECRET_KEY,
        "SHOP_PASSWORD_MEMORY_KIB": "64",
    }
    upgrade = [sys.executable, "-m", "pronghorn", "db", "upgrade", "examples/shop/main.py"]
    subprocess.run(upgrade, cwd=ROOT, env={**os.environ, **variables}, check=True)
    with serve("shop/main.py", *options, **variables) as running:
        yield running


def log_in(client: httpx.Client) -> dict[str, str]:
    """The headers of Ann's requests."""
    answer = client.post("/token", data={"username": "ann@example.com", "password": PASSWORD})
    assert answer.status_code == 200
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
