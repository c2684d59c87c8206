"""A `kamal`, an `ssh` and a `docker` that are found on the PATH, and do what a test says.

`kamal` knows which version runs on which server, prints what Kamal 2 prints, and runs the hook as
Kamal does. It is not Kamal: `test_real_kamal.py` shows what the real one says of our files.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SECONDS_TO_APPEAR = 30.0


class Programs:
    """The folder of the programs, and what they have done.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for name in ("kamal", "ssh", "docker"):
            source = (HERE / f"fake_{name}.py").read_text("utf-8")
            program = self.bin / name
            program.write_text(f"#!{sys.executable} -S\n{source}", "utf-8")
            program.chmod(0o755)
        self.write_state({"servers": {}, "containers": [], "effects": {}})

    # --- what is there --------------------------------------------------------------------------

    def read_state(self) -> dict[str, Any]:
        return json.loads((self.folder / "state.json").read_text("utf-8"))

    def write_state(self, state: dict[str, Any]) -> None:
        (self.folder / "state.json").write_text(json.dumps(state), "utf-8")

    def serve(self, version: str | None, roles: dict[str, list[str]]) -> None:
        """Let a version run for roles on servers, beside the containers of older ones."""
        state = self.read_state()
        for role, hosts in roles.items():
            for host in hosts:
                state["servers"].setdefault(host, {})[role] = version
                if version:
                    state["containers"].insert(0, [host, role, version])
        self.write_state(state)

    def let(self, command: str, **effect: Any) -> None:
        """Let a command do something else than to succeed.

        Args:
            command: Its first words, such as `app version`.
            effect: `code`, `out` and `err` that it ends with; `seconds` that it hangs; `switches`,
                servers whose version it changes before; `stops`, that it ends what runs; `after`,
                how often it succeeds first.
        """
        state = self.read_state()
        state["effects"][command] = effect
        self.write_state(state)

    # --- what has happened ----------------------------------------------------------------------

    def read_calls(self, program: str = "kamal") -> list[dict[str, Any]]:
        file = self.folder / f"{program}.jsonl"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def list_commands(self) -> list[str]:
        """Return the commands of Kamal without their options, in the order of their calls."""
        return [
            " ".join(word for word in call["argv"] if not word.startswith("-")).removesuffix(
                " config/deploy.yml"
            )
            for call in self.read_calls()
        ]

    def wait_for(self, command: str) -> None:
        """Wait until a command has been started."""
        until = time.monotonic() + SECONDS_TO_APPEAR
        while not any(one.startswith(command) for one in self.list_commands()):
            assert time.monotonic() < until, f"nobody called `kamal {command}`"
            time.sleep(0.02)

    def versions(self, role: str = "web") -> dict[str, str | None]:
        servers = self.read_state()["servers"]
        return {host: roles[role] for host, roles in servers.items() if role in roles}
