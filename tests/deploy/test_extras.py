"""A deploy notes packages that the program uses and its image may lack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Write
from tests.deploy.conftest import PROGRAM, PROJECT
from tests.deploy.docker import run_deploy

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
    """Return the notes of a deploy about packages that its image may lack."""
    _, output = run_deploy("--allow-dirty", "--dry-run")
    assert "cannot be imported" not in output, output
    return [line for line in output.splitlines() if line.startswith("Note: the program uses ")]


def test_jobs_without_their_extra_are_noted(project: Path, write: Write) -> None:
    write("bookstall.py", PROGRAM + JOBS)
    need(project, "pronghorn[standard,sql]>=0.1")
    [said] = lacking()
    assert said == (
        "Note: the program uses pronghorn.jobs, and pyproject.toml does not install what that "
        "needs, so the image will not start unless it has that anyway: write "
        "pronghorn[sql,standard,jobs] there instead of pronghorn[sql,standard]"
    )


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


def test_lists_in_another_encoding_name_nothing(project: Path, write: Write) -> None:
    need(project, "pronghorn")
    file = project / "requirements.txt"
    file.write_text("pronghorn[standard]\n", encoding="utf-16")  # As PowerShell writes it.
    assert len(lacking()) == 1
    file.write_text("pronghorn[standard]\n", encoding="utf-8-sig")
    assert lacking() == []


def test_odd_modules_stop_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lazy:
        def __getattr__(self, name: str) -> Any:
            return Lazy()

    need(project, "pronghorn[standard]")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "lazy_module", Lazy())
        code, output = run_deploy("--allow-dirty", "--dry-run")
    assert code == 0, output


def test_an_image_that_is_not_built_here_is_not_judged(project: Path, write: Write) -> None:
    write("bookstall.py", PROGRAM + JOBS)
    need(project, "pronghorn")
    _, output = run_deploy("--no-build", "--dry-run")
    assert "the program uses" not in output
