"""Servers on addresses of this machine, with SSH and a `docker` that starts nothing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tools.programs import PROGRAMS

HERE = Path(__file__).parent
ADDRESSES = ("127.0.0.1", "127.0.0.2")
SECONDS_TO_START = 20.0
CONFIGURATION = """\
Port {port}
{listen}
HostKey {folder}/host-key
AuthorizedKeysFile {folder}/key.pub
PidFile {folder}/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand {folder}/enter
"""
ENTER = """\
#!/bin/sh
set -- $SSH_CONNECTION
export SERVER_FOLDER={folder}/servers/$3 PATH={folder}/bin:$PATH HOME={folder}/servers/$3
cd "$SERVER_FOLDER" && exec sh -c "$SSH_ORIGINAL_COMMAND"
"""
CLIENT = """\
#!/bin/sh
exec /usr/bin/ssh -F none -i {folder}/key -o UserKnownHostsFile={folder}/known "$@"
"""


class SshServers:
    """Two servers behind one sshd, each with a folder of its own.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        sshd = PROGRAMS["sshd"].prepare()
        self.folder = folder
        self.port = _find_port()
        self._write_files()
        self._process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")])
        _wait_for(self.port)

    def _write_files(self) -> None:
        folder = self.folder
        (folder / "bin").mkdir(parents=True)
        for address in ADDRESSES:
            (folder / "servers" / address).mkdir(parents=True)
        Path("/run/sshd").mkdir(exist_ok=True)
        listen = "\n".join(f"ListenAddress {address}" for address in ADDRESSES)
        values = {"folder": folder, "port": self.port, "listen": listen}
        docker = (HERE / "server_docker.py").read_text("utf-8")
        _write_program(folder / "bin/docker", f"#!{sys.executable} -S\n{docker}")
        _write_program(folder / "bin/ssh", CLIENT.format(**values))
        _write_program(folder / "enter", ENTER.format(**values))
        (folder / "config").write_text(CONFIGURATION.format(**values), "utf-8")
        for name in ("key", "host-key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def path_of(self, address: str) -> Path:
        return self.folder / "servers" / address

    def read_calls(self, address: str) -> list[dict[str, Any]]:
        """Return how `docker` was called on a server, in the order of the calls."""
        file = self.path_of(address) / "docker.jsonl"
        return (
            [json.loads(line) for line in file.read_text("utf-8").splitlines()]
            if file.exists()
            else []
        )

    def list_running(self, address: str) -> list[str]:
        """Return the names of the containers that run, but for the proxy's."""
        file = self.path_of(address) / "containers.json"
        containers = json.loads(file.read_text("utf-8")) if file.exists() else []
        names = [one["name"] for one in containers if one["status"] == "running"]
        return sorted(name for name in names if name != "kamal-proxy")


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def _find_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until, "sshd does not listen"
            time.sleep(0.05)
        else:
            return
