"""Stands for `docker` in the tests: records how it was called, and runs containers as processes.

A container of `web` is a real `pronghorn run` with the command and the variables of the file,
on a free port. `FAKE_DOCKER` names a folder: `wanted.json` says what goes wrong, `calls.jsonl`
has the calls, `state.json` the containers, `images.json` the images.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

TYPE_CHECKING = False  # `typing` and others take longer to import than the rest of most calls.
if TYPE_CHECKING:
    from typing import Any

HOME = Path(os.environ["FAKE_DOCKER"])
ROOT = Path(__file__).parents[2]
DAEMON = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."


def load(name: str, default: Any) -> Any:
    file = HOME / name
    return json.loads(file.read_text()) if file.exists() else default


def save(name: str, value: Any) -> None:
    (HOME / name).write_text(json.dumps(value))


WANTED: dict[str, Any] = load("wanted.json", {})


def record(argv: list[str]) -> None:
    names = {name: value for name, value in os.environ.items() if not name.startswith("FAKE_")}
    given = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    with (HOME / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"argv": argv, "env": names, "stdin": given}) + "\n")


def fail(message: str, code: int = 1) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(code)


def may(step: str) -> None:
    """Do what the test wants of a step: fail, hang, or lose the daemon."""
    wanted = WANTED.get(step)
    if wanted == "hang":
        time.sleep(600)
    if wanted == "away":
        save("wanted.json", {**WANTED, "daemon": "away"})
        fail(DAEMON)
    if isinstance(wanted, str) and wanted:
        fail(wanted)


def option(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1] if name in argv else ""


# --- Compose --------------------------------------------------------------------------------------


def interpolate(text: str) -> str:
    """Replace `${NAME:-default}` and `$$`, as Compose does."""
    parts = []
    for index, part in enumerate(text.split("$$")):
        filled = part
        while "${" in filled:
            before, _, rest = filled.partition("${")
            name, _, after = rest.partition("}")
            variable, _, default = name.partition(":-")
            filled = before + (os.environ.get(variable) or default) + after
        parts.append(("$" if index else "") + filled)
    return "".join(parts)


def read_document(file: str) -> dict[str, Any]:
    sys.path.append(os.environ["FAKE_SITE"])  # It runs without site-packages, to start quickly.
    import yaml

    document: dict[str, Any] = yaml.safe_load(Path(file).read_text())
    return document


def read_service(file: str, name: str) -> dict[str, Any]:
    document = read_document(file)
    if name not in document["services"]:
        fail(f"no such service: {name}")
    service: dict[str, Any] = document["services"][name]
    return service


def variables_of(service: dict[str, Any]) -> dict[str, str]:
    found = {}
    for line in service.get("environment", []):
        name, given, value = line.partition("=")
        if given:
            found[name] = interpolate(value)
        elif name in os.environ:
            found[name] = os.environ[name]
    return found


def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def begin(project: str, name: str, service: dict[str, Any]) -> None:
    state = load("state.json", {})
    identifier = f"{len(load('ids.json', [])):064x}"
    save("ids.json", [*load("ids.json", []), identifier])
    variables = variables_of(service)
    container = {
        "project": project,
        "service": name,
        "image": interpolate(service["image"]),
        "labels": {key: interpolate(value) for key, value in service.get("labels", {}).items()},
        "env": variables,
        "host": "127.0.0.1",
        "port": 0,
        "pid": 0,
    }
    if name == "web" and WANTED.get("real", False):
        start_web(identifier, container, service)
    if name == "proxy" and WANTED.get("haproxy"):
        start_proxy(identifier, container)
    save("state.json", {**state, identifier: container})


def start_web(identifier: str, container: dict[str, Any], service: dict[str, Any]) -> None:
    """Run the command of the service; each container has an address, or a port, of its own."""
    command = [interpolate(part) for part in service["command"]]
    if WANTED.get("haproxy"):
        container["port"] = int(command[command.index("--port") + 1])
        container["host"] = f"127.0.1.{int(identifier, 16) + 1}"
    else:
        container["port"] = free_port()
    command[command.index("--port") + 1] = str(container["port"])
    command[command.index("--host") + 1] = container["host"]
    folder = load("images.json", {})[container["image"]]
    tag = container["labels"]["pronghorn.deploy.tag"]
    variables = {"PYTHONPATH": str(ROOT), "TAG": tag, **container["env"]}
    start(identifier, container, [sys.executable, "-m", *command], folder, variables)


def start_proxy(identifier: str, container: dict[str, Any]) -> None:
    """Run HAProxy with the configuration of the compose file, and the addresses of the test."""
    config: str = read_document(WANTED["file"])["configs"]["proxy"]["content"]
    config = config.replace("127.0.0.11:53", f"127.0.0.1:{WANTED['dns']}")
    config = config.replace("bind :8080", f"bind 127.0.0.1:{WANTED['port']}")
    (HOME / "haproxy.cfg").write_text(interpolate(config))
    container["port"] = WANTED["port"]
    command = [WANTED["haproxy"], "-f", str(HOME / "haproxy.cfg")]
    start(identifier, container, command, str(HOME), {})


def start(
    identifier: str,
    container: dict[str, Any],
    command: list[str],
    folder: str,
    variables: dict[str, str],
) -> None:
    import subprocess

    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    log = (HOME / f"{identifier}.log").open("w")
    container["pid"] = subprocess.Popen(
        command,
        cwd=folder,
        env={**kept, **variables},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    ).pid


def compose(argv: list[str]) -> None:
    project, file = option(argv, "--project-name"), option(argv, "--file")
    words = argv[argv.index("--file") + 2 :]
    if words[0] == "up":
        name = words[-1]
        if WANTED.get(f"lose {name}"):  # Compose removes a container before it makes its successor.
            state = load("state.json", {})
            save("state.json", {key: one for key, one in state.items() if one["service"] != name})
        may(f"up {name}")
        service = read_service(file, name)
        have = [one for one in load("state.json", {}).values() if one["service"] == name]
        scale = int((option(words, "--scale") or f"{name}=1").partition("=")[2])
        for _ in range(scale - len(have)):
            begin(project, name, service)
        may(f"after up {name}")
    elif words[0] == "run":
        service = read_service(file, words[-1])
        save("migrated.json", {"env": variables_of(service), "command": service["command"]})
        may("migrate")
    elif words[0] == "logs":
        print("web-1  | a line of the log", flush=True)
        may("logs")
    else:
        fail(f"unknown command: {words}")


# --- Docker ---------------------------------------------------------------------------------------


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ask_ready(host: str, port: int) -> str:
    """Return an empty text if a container is ready, else why it is not."""
    import urllib.request

    try:
        urllib.request.urlopen(f"http://{host}:{port}/ready", timeout=3).close()
    except OSError as error:
        return f"Traceback ...\nurllib.error.HTTPError: {error}"
    return ""


def state_of(container: dict[str, Any]) -> dict[str, Any]:
    wanted = WANTED.get(container["image"]) or WANTED.get(container["service"])
    if wanted == "crash" or (container["pid"] and not is_alive(container["pid"])):
        return {"Status": "restarting", "ExitCode": 3}
    problem = ask_ready(container["host"], container["port"]) if container["pid"] else ""
    if wanted == "unready":
        problem = "urllib.error.HTTPError: HTTP Error 503: Service Unavailable"
    health = {"Status": "starting" if problem else "healthy", "Log": [{"Output": problem}]}
    return {"Status": "running", "ExitCode": 0, "Health": health}


def print_containers(argv: list[str]) -> None:
    values = [argv[i + 1] for i, word in enumerate(argv) if word == "--filter"]
    wanted = dict(one.removeprefix("label=").split("=", 1) for one in values)
    for identifier, one in load("state.json", {}).items():
        if one["project"] != wanted["com.docker.compose.project"]:
            continue
        tag = wanted.get("pronghorn.deploy.tag")
        if tag not in {None, one["labels"].get("pronghorn.deploy.tag")}:
            continue
        if one["service"] == wanted["com.docker.compose.service"]:
            print(identifier)


def inspect(identifier: str) -> None:
    container = load("state.json", {}).get(identifier)
    if container is None:
        fail(f"Error: No such container: {identifier}")
    variables = [f"{name}={value}" for name, value in container["env"].items()]
    config = {"Image": container["image"], "Labels": container["labels"], "Env": variables}
    print(json.dumps({"Config": config, "State": state_of(container), "RestartCount": 0}))


def end(identifiers: list[str], number: int, *, forget: bool) -> None:
    state = load("state.json", {})
    for identifier in identifiers:
        pid = state.get(identifier, {}).get("pid")
        if pid and is_alive(pid):
            os.killpg(pid, number)
            until = time.monotonic() + 30
            while is_alive(pid) and time.monotonic() < until:
                time.sleep(0.05)
        if forget:
            state.pop(identifier, None)
    save("state.json", state)


def main(argv: list[str]) -> None:
    record(argv)
    if WANTED.get("daemon") == "away" and argv[:2] != ["compose", "version"]:
        fail(DAEMON)
    images = load("images.json", {})
    if argv[:2] == ["compose", "version"]:
        may("compose version")
        print(WANTED.get("version", "2.40.3"))
    elif argv[0] == "version":
        print("28.2.2")
    elif argv[0] == "compose":
        compose(argv)
    elif argv[0] == "build":
        print("#1 building")
        may("build")
        save("images.json", {**images, option(argv, "--tag"): os.getcwd()})
    elif argv[0] == "pull":
        may("pull")
        save("images.json", {**images, argv[-1]: os.getcwd()})
    elif argv[:2] == ["image", "inspect"]:
        raise SystemExit(0 if argv[-1] in images else 1)
    elif argv[0] == "ps":
        print_containers(argv)
    elif argv[0] == "inspect":
        inspect(argv[-1])
    elif argv[0] == "logs":
        file = HOME / f"{argv[-1]}.log"
        text = file.read_text() if file.exists() else "the last line of the program"
        print(text, file=sys.stderr)
    elif argv[0] == "stop":
        may("stop")
        end(argv[3:], signal.SIGTERM, forget=False)
    elif argv[0] == "rm":
        may("rm")
        end(argv[2:], signal.SIGKILL, forget=True)
    else:
        fail(f"unknown command: {argv}")


if __name__ == "__main__":
    main(sys.argv[1:])
