"""An image without packages that the program uses is refused before it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Write
from tests.deploy.conftest import PROGRAM, PROJECT
from tests.deploy.docker import Docker, run_deploy
from tests.deploy.test_flow import changes_nothing

JOBS = """
from pronghorn.jobs import Jobs
from pronghorn.sql import Database

jobs = Jobs(Database("sqlite+aiosqlite:///:memory:"))
"""
TELEMETRY = PROGRAM.replace("docs_url=None", 'telemetry={"tracing": True}, docs_url=None')


def need(project: Path, *requirements: str, groups: str = "") -> None:
    """Write what the project requires."""
    listed = ", ".join(f'"{one}"' for one in requirements)
    text = PROJECT.replace('name = "bookstall"', f'name = "bookstall"\ndependencies = [{listed}]')
    (project / "pyproject.toml").write_text(text + groups)


def lacking() -> list[str]:
    """What a deploy says about packages that the image would not have."""
    _, output = run_deploy("--allow-dirty", "--dry-run")
    assert "cannot be imported" not in output, output
    return [line for line in output.splitlines() if "the program uses " in line]


def test_jobs_without_their_extra_are_refused(project: Path, docker: Docker, write: Write) -> None:
    write("bookstall.py", PROGRAM + JOBS)
    need(project, "pronghorn[standard,sql]>=0.1")
    code, output = run_deploy("--allow-dirty")
    assert code == 1
    assert (
        "the program uses pronghorn.jobs, and pyproject.toml does not install what that needs, so "
        "the image would not start: write pronghorn[sql,standard,jobs] there instead of "
        "pronghorn[sql,standard]" in output
    )
    assert changes_nothing(docker, project)


@pytest.mark.parametrize(
    ("program", "requirements", "right"),
    [
        (PROGRAM, ["pronghorn"], "pronghorn[standard]"),
        (
            f"from pronghorn.limits import RateLimit\n{PROGRAM}",
            ["pronghorn[standard]"],
            "pronghorn[standard,limits]",
        ),
        (
            f"from pronghorn import metrics\n{PROGRAM}",
            ["Pronghorn [Standard] >= 0.1"],
            "pronghorn[standard,metrics]",
        ),
        (TELEMETRY, ["pronghorn[standard]"], "pronghorn[standard,opentelemetry]"),
        (PROGRAM + JOBS, ["pronghorn"], "pronghorn[standard,jobs]"),
    ],
)
def test_other_extras_too(
    project: Path, write: Write, program: str, requirements: list[str], right: str
) -> None:
    write("bookstall.py", program)
    need(project, *requirements)
    [said] = lacking()
    assert f"write {right} there" in said


@pytest.mark.parametrize(
    ("requirements", "groups"),
    [
        ([], ""),
        (["uvicorn", "pronghorn[standard,jobs]>=0.1"], ""),
        (["pronghorn", "typer", "dbos==3.4", "SQLAlchemy"], ""),
        (["pronghorn[standard]", "dbos", "alembic"], ""),  # Alembic brings SQLAlchemy.
        (["pronghorn[standard]"], "\n[dependency-groups]\nimage = ['pronghorn[jobs]']\n"),
    ],
    ids=["unknown", "extra", "packages", "brought", "group"],
)
def test_what_is_installed_in_another_way_is_no_problem(
    project: Path, write: Write, requirements: list[str], groups: str
) -> None:
    write("bookstall.py", PROGRAM + JOBS)
    need(project, *requirements, groups=groups)
    assert lacking() == []


def test_other_files_may_install_it(project: Path, write: Write) -> None:
    write("bookstall.py", PROGRAM + JOBS)
    write("requirements.txt", "# all\npronghorn==0.1  # ours\ntyper>=1\n")
    [said] = lacking()
    assert "requirements.txt does not install" in said
    image = (project / "Dockerfile").read_text()
    write("Dockerfile", image.replace("USER", "RUN pip install 'pronghorn[jobs]'\nUSER"))
    assert lacking() == []


def test_odd_lists_of_requirements_name_nothing(project: Path, write: Write) -> None:
    odd = "optional-dependencies = [1]\ndependencies = 'pronghorn'\n"
    text = PROJECT.replace('name = "bookstall"', f'name = "bookstall"\n{odd}')
    write(
        "pyproject.toml", f"{text}\n[dependency-groups]\na = 1\nb = [{{ include-group = 'a' }}]\n"
    )
    assert lacking() == []


def test_an_image_that_is_not_built_here_is_not_judged(project: Path, write: Write) -> None:
    write("bookstall.py", PROGRAM + JOBS)
    need(project, "pronghorn")
    _, output = run_deploy("--no-build", "--dry-run")
    assert "the program uses" not in output
