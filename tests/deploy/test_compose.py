"""The target `compose`: the old version serves until the new one is ready."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Write
from tests.deploy.conftest import SECRET, commit
from tests.deploy.docker import Docker, run_deploy


def deploy_second(docker: Docker, **wanted: Any) -> tuple[int, str]:
    """Deploy a version for which something goes wrong, while another one serves."""
    docker.serve("one")
    docker.want(**wanted)
    return run_deploy("--tag", "two", "--timeout", "1")


# --- with real servers ----------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_version_replaces_another_one_and_a_rollback_returns(
    project: Path, docker: Docker, write: Write
) -> None:
    write("pyproject.toml", (project / "pyproject.toml").read_text() + "grace = 5\n")
    commit(project)
    docker.want(real=True)
    code, output = run_deploy("compose", "--tag", "one")
    assert code == 0, output
    assert "Wrote compose.deploy.yaml" in output
    assert "Bookstall:one serves" in output
    assert docker.ask("/version") == {"tag": "one", "greeting": "hello $1"}

    code, output = run_deploy("--tag", "two")
    assert code == 0, output
    assert "Ending the old version, which finishes its requests" in output
    assert docker.serving() == ["two"]
    assert docker.ask("/version")["tag"] == "two"

    code, output = run_deploy("rollback")
    assert code == 0, output
    assert "Going back to bookstall:one" in output
    assert docker.ask("/version")["tag"] == "one"


@pytest.mark.usefixtures("quick")
def test_the_old_version_goes_on_if_the_new_one_is_never_ready(
    project: Path, docker: Docker, write: Write
) -> None:
    docker.want(real=True)
    assert run_deploy("--tag", "one")[0] == 0
    write(
        "bookstall.py",
        """
        import os

        from pronghorn import FastAPI

        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


        def refuse() -> bool:
            return os.environ["TAG"] == "one"


        app.health(ready=[refuse])
        """,
    )
    code, output = run_deploy("--tag", "two", "--allow-dirty", "--timeout", "4")
    assert code == 1
    assert "was not ready within 4 seconds: " in output
    assert output.rstrip().endswith("the old version serves")
    assert docker.serving() == ["one"]
    assert docker.ask("/version")["tag"] == "one"


@pytest.mark.usefixtures("quick")
def test_the_old_version_goes_on_if_the_new_one_does_not_start(
    project: Path, docker: Docker, write: Write
) -> None:
    docker.want(real=True)
    assert run_deploy("--tag", "one")[0] == 0
    text = (project / "bookstall.py").read_text()
    line = "if os.environ.get('TAG') == 'two':\n    raise RuntimeError('no such table: books')\n"
    write("bookstall.py", text.replace("\napp = ", f"\n{line}\napp = "))
    code, output = run_deploy("--tag", "two", "--allow-dirty", "--timeout", "20")
    assert code == 1
    assert "The last lines of web:" in output
    assert "no such table: books" in output
    assert "the new container of web ended with exit code" in output
    assert docker.ask("/version")["tag"] == "one"


# --- what goes wrong ------------------------------------------------------------------------------

ERRORS = {
    "build": (
        {"build": "ERROR: failed to resolve python:3.13-slim: dial tcp: i/o timeout"},
        "the image could not be built: ERROR: failed to resolve python:3.13-slim",
    ),
    "name taken": (
        {"up_web": "Error response from daemon: Conflict"},
        "the container of web could not be started: Error response from daemon: Conflict",
    ),
    "port taken": (
        {"up_proxy": "Bind for 0.0.0.0:8000 failed: port is already allocated"},
        "the proxy could not be started: Bind for 0.0.0.0:8000 failed",
    ),
    "unready": (
        {"bookstall:two": "unready"},
        "the new container of web was not ready within 1 seconds: urllib.error.HTTPError",
    ),
    "crash": ({"bookstall:two": "crash"}, "the new container of web ended with exit code 3"),
    "daemon": ({"daemon": "away"}, "Docker does not answer: Cannot connect to the Docker daemon"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ERRORS)
def test_a_failure_is_one_sentence_and_the_old_version_serves(
    project: Path, docker: Docker, name: str
) -> None:
    wanted, said = ERRORS[name]
    code, output = deploy_second(docker, **wanted)
    assert code == 1
    assert said in " ".join(output.split())
    assert docker.serving() == ["one"]
    old_is_named = "the old version serves" in output or "was not touched" in output
    assert old_is_named, output


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("wanted", "end"),
    [
        ({"proxy": "unready"}, "not ready within 1 seconds: urllib.error.HTTPError"),
        ({"web": "crash"}, "web ended with exit code 3; no version serves"),
        ({"up_proxy": "no such image", "loses": "proxy"}, "no such image; no version serves"),
        ({"up_web": "no space left", "loses": "web"}, "no space left; no version serves"),
    ],
    ids=["the proxy is not ready", "the old one died", "the proxy is gone", "the old one is gone"],
)
def test_only_an_old_version_that_can_be_reached_is_said_to_serve(
    project: Path, docker: Docker, wanted: dict[str, str], end: str
) -> None:
    code, output = deploy_second(docker, **wanted)
    assert code == 1
    assert "the old version serves" not in output
    assert end in " ".join(output.split())


@pytest.mark.usefixtures("quick")
def test_the_first_deploy_has_no_old_version(project: Path, docker: Docker) -> None:
    docker.want(build="no space left on device")
    code, output = run_deploy()
    assert code == 1
    assert output.rstrip().endswith("the image could not be built: no space left on device")
    assert "old version" not in output


@pytest.mark.usefixtures("quick")
def test_a_registry_that_is_away(project: Path, docker: Docker) -> None:
    docker.serve("one")
    docker.want(pull="Error response from daemon: Get https://registry.example.com/v2/: timeout")
    code, output = run_deploy("--no-build", "--tag", "two")
    assert code == 1
    assert "bookstall:two could not be got from its registry: Error response" in output
    assert docker.serving() == ["one"]
    docker.want()
    assert run_deploy("--no-build", "--tag", "two")[0] == 0
    assert not [one for one in docker.commands()[-20:] if one.startswith("build")]


@pytest.mark.usefixtures("quick")
def test_a_lost_connection_is_not_confirmed(project: Path, docker: Docker) -> None:
    code, output = deploy_second(docker, after_up_web="away")
    assert code == 3
    assert "It is not known whether the new version serves" in output
    assert "pronghorn deploy status compose" in output


@pytest.mark.usefixtures("quick")
def test_an_old_version_that_does_not_end_is_told(project: Path, docker: Docker) -> None:
    code, output = deploy_second(docker, stop="cannot stop container")
    assert code == 0
    assert "Bookstall:two serves. The old version could not be ended" in output


def test_containers_that_have_ended_do_not_come_back(
    project: Path, docker: Docker, quick: None
) -> None:
    docker.serve("one")
    assert run_deploy("--tag", "two")[0] == 0
    commands = docker.commands()
    scales = [one for one in commands if "--scale" in one]
    assert [one.split("--scale ")[1] for one in scales] == ["web=2 web"]
    assert all("--no-recreate" in one and "--no-deps" in one for one in scales)


@pytest.mark.usefixtures("quick")
def test_nothing_to_go_back_to(project: Path, docker: Docker) -> None:
    code, output = run_deploy("rollback")
    assert code == 1
    assert "The rollback failed: there is no version before: nothing runs; name one" in output
    assert run_deploy("--tag", "one")[0] == 0
    code, output = run_deploy("rollback")
    assert code == 1
    assert "what runs was the first" in output
    code, output = run_deploy("rollback", "--tag", "zero")
    assert code == 0, output
    assert docker.serving() == ["zero"]
    assert "pull bookstall:zero" in docker.commands()


@pytest.mark.usefixtures("quick")
def test_a_second_deploy_of_a_version_keeps_the_one_before(project: Path, docker: Docker) -> None:
    docker.serve("one")
    for tag in ("two", "two"):
        assert run_deploy("--tag", tag)[0] == 0
    assert run_deploy("rollback")[0] == 0
    assert docker.serving() == ["one"]


# --- interrupts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_takes_the_new_version_back(
    project: Path, docker: Docker, number: signal.Signals
) -> None:
    docker.serve("one")
    docker.want(**{"bookstall:two": "unready"})
    command = [sys.executable, "-m", "pronghorn", "deploy", "--tag", "two"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 30
    while docker.serving() != ["one", "two"] and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1, output
    assert "it was interrupted; the old version serves" in output
    assert docker.serving() == ["one"]


def test_a_closed_terminal_does_not_interrupt_nohup(project: Path, docker: Docker) -> None:
    docker.serve("one")
    docker.want(**{"bookstall:two": "unready"})
    deploy = [sys.executable, "-m", "pronghorn", "deploy", "--tag", "two", "--timeout", "5"]
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *deploy]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 30
    while docker.serving() != ["one", "two"] and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1, output
    assert "the new container of web was not ready within 5 seconds" in output


# --- the file -------------------------------------------------------------------------------------


def test_the_file_is_the_same_for_every_version(project: Path, docker: Docker) -> None:
    outputs = [run_deploy("--dry-run", "--tag", tag) for tag in ("one", "two")]
    assert outputs[0] == outputs[1]
    assert outputs[0][0] == 0
    looks = ["compose version --short", "version --format {{.Server.Version}}"]
    asked = [" ".join(call["argv"]) for call in docker.calls()]
    assert asked == looks * len(outputs), "a dry run looks, and does nothing else"
    assert not (project / "compose.deploy.yaml").exists()


def test_the_file_has_what_the_configuration_says(
    project: Path, docker: Docker, write: Write
) -> None:
    text = (project / "pyproject.toml").read_text()
    more = """
    jobs = 3
    port = 9000
    grace = 60
    [tool.pronghorn.deploy.compose]
    host_port = 80
    host_address = "127.0.0.1"
    volumes = ["data:/data", "./files:/files:ro"]
    """
    write("pyproject.toml", text + "\n".join(line.strip() for line in more.splitlines()))
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output
    document = yaml.safe_load(output[output.index("# ----") :])
    services = document["services"]
    assert set(services) == {"proxy", "web", "jobs"}
    assert services["proxy"]["ports"] == ["127.0.0.1:80:8080"]
    web = services["web"]
    assert web["command"][:3] == ["pronghorn", "run", "bookstall:app"]
    assert web["command"][web["command"].index("--port") + 1] == "9000"
    assert web["environment"] == ["GREETING=hello $$1", "BOOKSTALL_SECRET_KEY"]
    assert web["stop_grace_period"] == "60s"
    assert "http://127.0.0.1:9000/ready" in web["healthcheck"]["test"][-1]
    assert services["jobs"]["scale"] == 3
    assert "http://127.0.0.1:9001/ready" in services["jobs"]["healthcheck"]["test"][-1]
    assert document["volumes"] == {"data": {}}
    proxy = document["configs"]["proxy"]["content"]
    assert "server-template web- 20 web:9000" in proxy
    assert "http-check send meth GET uri /ready" in proxy
    assert "set-header X-Forwarded-For %[src]" in proxy


@pytest.mark.usefixtures("quick")
def test_containers_of_the_compose_file_for_development_are_not_touched(
    project: Path, docker: Docker
) -> None:
    docker.develop()
    before = docker.containers()
    for tag in ("one", "two"):
        code, output = run_deploy("--tag", tag)
        assert code == 0, output
    assert before.items() <= docker.containers().items()
    file = yaml.safe_load((project / "compose.deploy.yaml").read_text())
    assert file["name"] == "bookstall-deploy"


@pytest.mark.usefixtures("quick")
def test_jobs_are_replaced_together_with_web(project: Path, docker: Docker, write: Write) -> None:
    text = (project / "pyproject.toml").read_text()
    write("pyproject.toml", text + "jobs = 2\n")
    assert run_deploy("--tag", "one", "--allow-dirty")[0] == 0
    code, output = run_deploy("--tag", "two", "--allow-dirty")
    assert code == 0, output
    parts = sorted(one["service"] + one["image"][-4:] for one in docker.containers().values())
    assert parts == ["jobs:two", "jobs:two", "proxypine", "web:two"]
    write("pyproject.toml", text)
    assert run_deploy("--tag", "three", "--allow-dirty")[0] == 0
    assert {one["service"] for one in docker.containers().values()} == {"proxy", "web"}


# --- secrets --------------------------------------------------------------------------------------


def test_a_secret_is_in_no_file_and_on_no_command_line(
    project: Path, docker: Docker, write: Write, quick: None
) -> None:
    outputs = [run_deploy("--tag", "one")[1]]
    docker.want(build=f"the value {SECRET} is printed by a build")
    outputs += [run_deploy(*one)[1] for one in ([], ["rollback"], ["status"], ["env"], ["logs"])]
    assert not [output for output in outputs if SECRET in output]
    assert "the value ********** is printed by a build" in " ".join(outputs)
    files = [path for path in project.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert "compose.deploy.yaml" in {path.name for path in files}
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    calls = docker.calls()
    assert not [call for call in calls if SECRET in str(call["argv"]) or SECRET in call["stdin"]]
    containers = [one for one in docker.containers().values() if one["service"] == "web"]
    assert [one["env"]["BOOKSTALL_SECRET_KEY"] for one in containers] == [SECRET]


def test_only_the_commands_that_start_containers_get_secrets_from_a_file(
    project: Path, docker: Docker, write: Write, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOKSTALL_SECRET_KEY")
    write(".env.production", f"BOOKSTALL_SECRET_KEY={SECRET}\n")
    code, output = run_deploy("--env-file", ".env.production")
    assert code == 0, output
    web = next(one for one in docker.containers().values() if one["service"] == "web")
    assert web["env"]["BOOKSTALL_SECRET_KEY"] == SECRET


# --- status, logs, env ----------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_what_runs_is_shown(project: Path, docker: Docker) -> None:
    code, output = run_deploy("status")
    assert code == 1
    assert "Nothing of bookstall runs" in output
    assert run_deploy("--tag", "one")[0] == 0
    code, output = run_deploy("status")
    assert code == 0
    assert [line.split()[:3] for line in output.splitlines()[1:]] == [
        ["proxy", "healthy", "haproxy:3.2-alpine,"],
        ["web", "healthy", "bookstall:one,"],
    ]
    code, output = run_deploy("env")
    assert code == 0
    assert [line.split() for line in output.splitlines()[1:]] == [
        ["GREETING", "plain", "yes", "hello", "$1"],
        ["BOOKSTALL_SECRET_KEY", "secret", "yes"],
    ]


def test_logs_are_those_of_compose(project: Path, docker: Docker, quick: None) -> None:
    assert run_deploy("--tag", "one")[0] == 0
    assert run_deploy("logs", "--follow", "-n", "7")[0] == 0
    assert docker.commands()[-1].endswith("compose.deploy.yaml logs --tail 7 --follow")
    docker.want(logs="no such project")
    assert run_deploy("logs")[0] == 1


def test_a_file_that_was_changed_is_used_as_it_is(
    project: Path, docker: Docker, quick: None
) -> None:
    assert run_deploy("--tag", "one")[0] == 0
    file = project / "compose.deploy.yaml"
    file.write_text(file.read_text().replace("max-size: 10m", "max-size: 99m"))
    commit(project)
    code, output = run_deploy("--tag", "two")
    assert code == 0
    assert "Kept compose.deploy.yaml: you have changed it; --force replaces it" in output
    assert "99m" in file.read_text()
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text + "grace = 50\n")
    code, output = run_deploy("--tag", "three", "--allow-dirty")
    assert code == 1
    assert "compose.deploy.yaml was changed by hand, and so was the configuration" in output
    assert docker.serving() == ["two"]
    assert run_deploy("--tag", "three", "--allow-dirty", "--force")[0] == 0
    assert "99m" not in file.read_text()
    assert os.environ["BOOKSTALL_SECRET_KEY"] == SECRET
