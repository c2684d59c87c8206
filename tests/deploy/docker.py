"""What a test asks of the `docker` of `fake_docker.py`, and wants of it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pronghorn.cli.app import commands


class Docker:
    """The folder of that program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def want(self, **wanted: Any) -> None:
        """Say what goes wrong from now on; names have `_` for a space."""
        named = {name.replace("_", " "): value for name, value in wanted.items()}
        (self.folder / "wanted.json").write_text(json.dumps(named))

    def calls(self) -> list[dict[str, Any]]:
        """Every call: `argv`, `env` and `stdin`."""
        file = self.folder / "calls.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def commands(self) -> list[str]:
        """The command lines, in order."""
        return [" ".join(call["argv"]) for call in self.calls()]

    def containers(self) -> dict[str, dict[str, Any]]:
        """The containers by id."""
        file = self.folder / "state.json"
        found: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def serve(self, tag: str) -> None:
        """Have a version that serves already."""
        labels = {"pronghorn.deploy.tag": tag, "pronghorn.deploy.previous": ""}
        one = {"project": "bookstall", "service": "web", "image": f"bookstall:{tag}"}
        container = {**one, "labels": labels, "env": {}, "host": "", "port": 0, "pid": 0}
        proxy = {**container, "service": "proxy", "image": "haproxy", "labels": {}}
        containers = {"f" * 64: container, "e" * 64: proxy}
        (self.folder / "state.json").write_text(json.dumps(containers))

    def serving(self) -> list[str]:
        """The tags of the containers of `web`."""
        return [
            one["image"].rpartition(":")[2]
            for one in self.containers().values()
            if one["service"] == "web"
        ]

    def ask(self, path: str) -> dict[str, str]:
        """Send a request to the newest container of `web`."""
        ports = [one["port"] for one in self.containers().values() if one["service"] == "web"]
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[-1]}{path}", timeout=10) as answer:
            found: dict[str, str] = json.load(answer)
            return found


def run_deploy(*arguments: str) -> tuple[int, str]:
    """Return the exit code of `pronghorn deploy` and everything that it printed."""
    result = CliRunner().invoke(commands, ["deploy", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output
