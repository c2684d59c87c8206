"""What `pronghorn deploy` finds before it touches anything."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from pronghorn.cli import check_jobs
from tests.cli.conftest import Write
from tests.deploy.conftest import PROGRAM, PROJECT, commit
from tests.deploy.docker import Docker, run_deploy


def problems(*arguments: str) -> list[str]:
    """The problems that a deploy finds; nothing was touched then."""
    code, output = run_deploy(*arguments)
    assert code == 1, output
    assert "Nothing was deployed, and what runs was not touched" in output
    return [line.strip()[2:] for line in output.splitlines() if line.startswith("  - ")]


def changes_nothing(docker: Docker, folder: Path) -> bool:
    asked = {one.split()[0] for one in docker.commands()}
    return asked <= {"compose", "version"} and not (folder / "compose.deploy.yaml").exists()


def test_no_dockerfile(project: Path, docker: Docker) -> None:
    (project / "Dockerfile").unlink()
    found = problems("--allow-dirty")
    assert len(found) == 1
    assert found[0].startswith("there is no Dockerfile")
    assert changes_nothing(docker, project)
    assert run_deploy("--no-build", "--dry-run")[0] == 0


def test_a_dirty_tree(project: Path, docker: Docker, write: Write) -> None:
    write("new.py")
    write("bookstall.py", PROGRAM + "\n")
    [found] = problems()
    assert found == "bookstall.py and 1 more is not committed: commit it, or write --allow-dirty"
    assert changes_nothing(docker, project)
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output


def test_the_files_that_are_written_need_no_commit(
    project: Path, docker: Docker, quick: None
) -> None:
    for _ in range(2):
        code, output = run_deploy()
        assert code == 0, output
    command = ["git", "rev-parse", "--short=10", "HEAD"]
    commits = subprocess.run(command, capture_output=True, text=True, check=True)
    assert docker.serving() == [commits.stdout.strip()]


def test_a_folder_below_that_of_git(
    project: Path, docker: Docker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", "Dockerfile"):
        write(f"services/stall/{name}", (project / name).read_text())
    write("services/stall/other/stall.py", PROGRAM)
    write("services/stall/bookstall.py", PROGRAM)
    commit(project)
    write("not_ours.py")
    monkeypatch.chdir(project / "services" / "stall")
    assert run_deploy("--dry-run")[0] == 0
    write("services/stall/ours.py")
    assert problems()[0].startswith("ours.py is not committed")


def test_without_git_the_time_is_the_version(
    write: Write, workspace: Path, docker: Docker, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    write("pyproject.toml", PROJECT)
    write("bookstall.py", PROGRAM)
    write("Dockerfile", 'FROM python:3.13-slim\nUSER 10001\nCMD ["pronghorn", "run"]\n')
    monkeypatch.setenv("BOOKSTALL_SECRET_KEY", "x" * 40)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(workspace.parent))
    code, output = run_deploy()
    assert code == 0, output
    assert len(docker.serving()[0]) == len("20260102-030405")


def test_a_missing_secret(project: Path, docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOOKSTALL_SECRET_KEY")
    [found] = problems()
    assert found == (
        "the secret BOOKSTALL_SECRET_KEY has no value: set the variable, or name a file with "
        "--env-file"
    )
    assert changes_nothing(docker, project)
    assert run_deploy("fly")[0] == 0, "its secrets are set on the platform"


def test_docker_that_is_away_or_old(project: Path, docker: Docker) -> None:
    docker.want(daemon="away")
    assert problems()[0].startswith("Docker does not answer: Cannot connect to the Docker daemon")
    docker.want(version="v2.20.1")
    assert problems() == ["Docker Compose v2.20.1 is too old; 2.23.1 is the first to use"]
    docker.want(compose_version="docker: 'compose' is not a docker command")
    assert problems() == ["docker has no Compose; install the package docker-compose-plugin"]


def test_no_docker(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "git").symlink_to("/usr/bin/git")
    monkeypatch.setenv("PATH", str(folder))
    assert problems() == ["docker is not installed, or not in a folder of PATH"]


def test_an_application_without_probes(project: Path, docker: Docker, write: Write) -> None:
    write("bookstall.py", PROGRAM.replace("app.health()\n", ""))
    [found] = problems("--allow-dirty")
    assert found == (
        "the application does not answer /live and /ready, so nobody knows when it is ready: "
        "write app.health(ready=[...])"
    )


def test_probes_elsewhere(project: Path, docker: Docker, write: Write) -> None:
    text = PROGRAM.replace("app.health()", 'app.health(ready_path="/health/ready")')
    write("bookstall.py", text)
    assert problems("--allow-dirty") == [
        "the application does not answer /ready; its probes are /health/ready, /live"
    ]
    write("pyproject.toml", (project / "pyproject.toml").read_text() + 'ready = "/health/ready"\n')
    assert run_deploy("--allow-dirty", "--dry-run")[0] == 0


def test_routes_of_the_program_are_probes_too(project: Path, docker: Docker, write: Write) -> None:
    routes = "@app.get('/live')\n@app.get('/ready')\ndef probe() -> bool:\n    return True\n"
    write("bookstall.py", PROGRAM.replace("app.health()\n", routes))
    assert run_deploy("--allow-dirty", "--dry-run")[0] == 0


def test_an_application_that_cannot_be_imported(
    project: Path, docker: Docker, write: Write
) -> None:
    write("bookstall.py", "import no_such_module\n")
    [found] = problems("--allow-dirty")
    assert found.startswith("the application cannot be imported: ")
    assert "no_such_module" in found


def test_mistakes_and_unsafe_settings_as_check_finds_them(
    project: Path, docker: Docker, write: Write
) -> None:
    closed = "docs_url=None, redoc_url=None, openapi_url=None"
    write("bookstall.py", PROGRAM.replace(closed, "debug=True"))
    found = problems("--allow-dirty")
    assert any("(debug)" in one and 'allow = ["debug"]' in one for one in found)
    names = {one.rpartition('allow = ["')[2].partition('"')[0] for one in found}
    allowed = ", ".join(f'"{name}"' for name in sorted(names))
    text = PROJECT.replace('["hosts"]', f"[{allowed}, 'hosts']")
    write("pyproject.toml", text)
    assert run_deploy("--allow-dirty", "--dry-run")[0] == 0
    write("pyproject.toml", PROJECT.replace('["hosts"]', '["debugg"]'))
    assert problems("--allow-dirty")[0] == (
        "allow has the unknown name 'debugg': did you mean debug?"
    )


SETTINGS = """
from pronghorn.settings import BaseSettings, Secret, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="STALL_")

    signing_key: Secret
    city: str
    pages: int = 20


settings = Settings.load()
"""


def test_settings_that_would_have_no_value(
    project: Path, docker: Docker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STALL_CITY", "Oslo")
    write("bookstall.py", SETTINGS + PROGRAM)
    assert sorted(problems("--allow-dirty")) == [
        f"the setting {name} has no value there: name it in secrets, or in env"
        for name in ("STALL_CITY", "STALL_SIGNING_KEY")
    ]
    dockerfile = (project / "Dockerfile").read_text()
    write("Dockerfile", dockerfile.replace("USER", "ENV STALL_CITY=Oslo\nUSER"))
    text = (project / "pyproject.toml").read_text()
    write("pyproject.toml", text.replace('["BOOK', '["STALL_SIGNING_KEY", "BOOK'))
    monkeypatch.setenv("STALL_SIGNING_KEY", "sOx1nqkYb3Jr0WvZ8mTqE5cLdPfU2aHgI7yRtKw9")
    code, output = run_deploy("--allow-dirty", "--dry-run")
    assert code == 0, output


def test_all_problems_at_once(
    project: Path, docker: Docker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOKSTALL_SECRET_KEY")
    (project / "Dockerfile").unlink()
    write("bookstall.py", PROGRAM.replace("app.health()\n", ""))
    docker.want(daemon="away")
    assert len(problems()) == 5


def test_the_command_line(project: Path, docker: Docker) -> None:
    code, output = run_deploy("--help")
    assert code == 0
    for word in ("--dry-run", "rollback", "status", "logs", "env", "TARGET"):
        assert word in output
    assert run_deploy("--timeout", "0")[0] == 2
    assert run_deploy("--tag", "one two")[0] == 2
    assert run_deploy("--no-such-option")[0] == 2
    assert run_deploy("rollback", "--dry-run")[0] == 2


def test_a_dry_run_says_what_would_stop_a_deploy(
    project: Path, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = run_deploy("--dry-run")
    assert code == 0, output
    assert "This was a dry run: nothing was written, built or sent" in output
    assert "would be refused" not in output
    monkeypatch.delenv("BOOKSTALL_SECRET_KEY")
    code, output = run_deploy("kamal", "--dry-run")
    assert code == 0, output
    assert "Note: a deploy from here would be refused: no server is named" in output
    assert "the secret BOOKSTALL_SECRET_KEY has no value" in output


def test_a_dry_run_does_not_print_what_would_not_be_written(project: Path, docker: Docker) -> None:
    (project / "compose.deploy.yaml").write_text("services: {}\n")
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output
    assert "# ---- compose.deploy.yaml is yours, and would be used as it is" in output
    assert "haproxy" not in output


ENQUEUE = """
import asyncio

from bookstall import greet, jobs


async def enqueue() -> None:
    async with jobs.db.lifespan():
        await jobs.enqueue(greet)


asyncio.run(enqueue())
"""


def test_jobs_that_nobody_would_run(project: Path, docker: Docker, write: Write) -> None:
    jobs = """
    from pronghorn.jobs import Jobs
    from pronghorn.sql import Database

    jobs = Jobs(Database("sqlite:///jobs.db"))
    """
    write("bookstall.py", PROGRAM + textwrap.dedent(jobs))
    text = PROJECT.replace('["hosts"]', '["hosts", "jobs-sqlite"]')
    write("pyproject.toml", text)
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output
    assert "Note: the program has jobs, and nobody runs them there: write jobs = 1" in output
    write("pyproject.toml", text.replace("allow =", "jobs = 1\nallow ="))
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output
    assert "nobody runs them" not in output


def test_the_words_in_the_wrong_order_or_nearly_right(project: Path) -> None:
    code, output = run_deploy("kamal", "logs")
    assert code == 2
    assert "The target follows the command: pronghorn deploy logs kamal" in output
    code, output = run_deploy("stats")
    assert code == 2
    assert "Did you mean status?" in output


def test_logs_without_the_program_of_the_target(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("bin")))
    for target, program in (("kamal", "kamal"), ("compose", "docker")):
        code, output = run_deploy("logs", target)
        assert code == 1
        assert f"{program} is not installed, or not in a folder of PATH" in output


def test_logs_without_compose(project: Path, docker: Docker) -> None:
    docker.want(compose_version="docker: 'compose' is not a docker command")
    code, output = run_deploy("logs")
    assert code == 1
    assert "docker has no Compose; install the package docker-compose-plugin" in output


def test_jobs_that_wait_do_not_stop_the_deploy_that_brings_workers(
    project: Path, docker: Docker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = """
    from pronghorn.jobs import Jobs
    from pronghorn.sql import Database

    jobs = Jobs(Database("sqlite:///jobs.db"))


    @jobs.task
    async def greet() -> None: ...
    """
    write("bookstall.py", PROGRAM + textwrap.dedent(jobs))
    write("pyproject.toml", PROJECT.replace('["hosts"]', '["hosts", "jobs-sqlite"]'))
    subprocess.run([sys.executable, "-c", ENQUEUE], check=True)
    monkeypatch.setattr(check_jobs, "LONGEST_WAIT", timedelta(0))
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output


def test_a_database_that_is_away_is_said_once(
    project: Path, docker: Docker, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = """
    from pronghorn.jobs import Jobs
    from pronghorn.sql import Database

    jobs = Jobs(Database("postgresql://app:app@127.0.0.1:1/app"))
    """
    write("bookstall.py", PROGRAM + textwrap.dedent(jobs))
    code, output = run_deploy("--dry-run", "--allow-dirty")
    assert code == 0, output
    assert not caplog.records
