"""Where nobody knows what an image installs, missing extras are a note, and stop no deploy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.deploy.extras import find_missing_extras
from pronghorn.deploy.plan import make_plan
from tests.cli.conftest import Write
from tests.deploy.conftest import PROGRAM, PROJECT
from tests.deploy.docker import Docker, run_deploy
from tests.deploy.test_extras import need
from tests.deploy.test_flow import changes_nothing

IMAGE = 'FROM python:3.13-slim\nCOPY . .\nUSER 10001\nCMD ["pronghorn", "run"]\n'
OF_NEW = (
    "FROM python:3.13-slim AS build\nRUN python -m venv /venv\nCOPY pyproject.toml ./\n"
    "RUN mkdir -p app wheels && touch app/a.py \\\n"
    "    && /venv/bin/pip install --no-cache-dir --find-links wheels .\n"
    "FROM python:3.13-slim\nRUN useradd --no-create-home --uid 10001 app\n"
    'COPY --from=build /venv /venv\nUSER 10001\nCMD ["pronghorn", "run"]\n'
)


def judge(project: Path) -> str:
    """How a deploy takes that nothing brings the server: as a problem, as a note, or not at all."""
    missing = find_missing_extras(make_plan(project), FastAPI())
    return "" if missing is None else "problem" if missing.is_certain else "note"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", "problem"),
        ("COPY . .", "RUN pip install --upgrade pip && pip install --no-cache-dir .", "problem"),
        ("COPY . .", "RUN --mount=type=cache,target=/c uv sync --locked --no-dev", "problem"),
        ("COPY . .", 'RUN ["python3", "-m", "pip", "install", "-r", "requirements.txt"]', "note"),
        ("COPY . .", "RUN uv pip install --system -r pyproject.toml", "problem"),
        ("COPY . .", "COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/", "problem"),
        ("COPY . .", "RUN apt-get update && apt-get install -y gcc", "problem"),
        ("COPY . .", "RUN pip install 'pronghorn[standard]'", ""),
        ("COPY . .", "RUN pip install pronghorn[standard]==0.1", ""),
        ("COPY . .", "ARG X=standard\nRUN pip install pronghorn[$X]", "note"),
        ("COPY . .", "ARG X=typer\nRUN pip install ${X}", "note"),
        ("COPY . .", "COPY deploy/requirements.txt .\nRUN pip install -r requirements.txt", "note"),
        ("COPY . .", "RUN pip install -r /deploy/all.txt", "note"),
        ("COPY . .", "RUN pip install ./libs/core", "note"),
        ("COPY . .", "RUN pip install our-own-base", "note"),
        ("COPY . .", "RUN pip install /wheels/*.whl", "note"),
        ("COPY . .", "RUN pip install git+https://example.com/core", "note"),
        ("COPY . .", "RUN poetry install --only main", "note"),
        ("COPY . .", "RUN ./install.sh", "note"),
        ("COPY . .", "RUN python install.py", "note"),
        ("COPY . .", "RUN <<EOF\npip install core\nEOF", "note"),
        ("COPY . .", "COPY .venv /srv/.venv", "note"),
        ("COPY . .", "COPY --from=example.com/base /venv /venv", "note"),
        ("python:3.13-slim", "example.com/our-python:3", "note"),
        ("python:3.13-slim", "python-with-all:3", "note"),
        ("FROM python:3.13-slim", "ARG B\nFROM $B", "note"),
        (IMAGE, OF_NEW, "problem"),
        (IMAGE, OF_NEW.replace("python:3.13-slim AS", "example.com/base AS"), "note"),
    ],
)
def test_what_a_dockerfile_installs(
    project: Path, write: Write, before: str, after: str, expected: str
) -> None:
    need(project, "pronghorn")
    write("Dockerfile", IMAGE.replace(before, after))
    assert judge(project) == expected


@pytest.mark.parametrize(
    ("requirement", "groups", "expected"),
    [
        ("pronghorn @ git+https://example.com/pronghorn", "", "problem"),
        ("pronghorn; python_version > '3.9'", "", "problem"),
        ("our-own-base>=2", "", "note"),
        ("bookstall[web]", "", "problem"),
        ("uvicorn", "[tool.poetry.dependencies]\npronghorn = {extras = ['standard']}", "note"),
        ("uvicorn", "[tool.uv.workspace]\nmembers = ['libs/*']", "note"),
        ("uvicorn", "[tool.uv.sources]\nuvicorn = { path = 'libs/uvicorn' }", "note"),
        ("uvicorn", "[tool.hatch.envs.image]\ndependencies = ['typer']", "note"),
        ("uvicorn", "[tool.pdm.dev-dependencies]\nimage = ['typer']", "note"),
        ("uvicorn", "[dependency-groups]\na = ['mkdocs-of-nobody']", "note"),
        ("uvicorn", "[dependency-groups]\na = [{include-group = 'b'}]\nb = ['limits']", "problem"),
    ],
)
def test_what_a_project_requires(
    project: Path, write: Write, requirement: str, groups: str, expected: str
) -> None:
    need(project, "pronghorn", requirement, groups=f"\n{groups}\n")
    assert judge(project) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "requirements.txt",
            "# ours\nuvicorn==0.53  # pinned\n-i https://example.com/i\n",
            "problem",
        ),
        (
            "requirements.txt",
            "-c most.txt\n--pre\nuvicorn==0.53 \\\n    --hash=sha256:00\nlimits --hash=sha256:0\n",
            "problem",
        ),
        ("requirements.txt", "-e .\n.[web]\n-r requirements-dev.txt\n", "note"),
        ("requirements.txt", "-e .[web]\n.\n", "problem"),
        ("requirements.txt", "-r deploy/all.txt\n", "note"),
        ("requirements.txt", "./libs/core\n", "note"),
        ("requirements.txt", "libs/core\n", "note"),
        ("requirements.txt", "https://example.com/core.whl\n", "note"),
        ("setup.py", "import setuptools\nsetuptools.setup()\n", "note"),
    ],
)
def test_what_other_files_require(
    project: Path, write: Write, name: str, text: str, expected: str
) -> None:
    need(project, "pronghorn")
    write(name, text)
    assert judge(project) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("COPY libs/core /srv/core\nWORKDIR /srv/core\nRUN pip install .", "note"),
        ("COPY . /srv\nWORKDIR /srv/libs/core\nRUN pip install .", "note"),
        ("COPY libs/core/pyproject.toml ./\nRUN uv sync", "note"),
        ("COPY libs /srv/libs\nCOPY . /srv\nWORKDIR /srv\nRUN pip install .", "problem"),
        ("COPY ./pyproject.toml ./uv.lock /srv/\nWORKDIR /srv\nRUN uv sync", "problem"),
    ],
)
def test_other_projects_in_the_folder(
    project: Path, write: Write, lines: str, expected: str
) -> None:
    need(project, "pronghorn")
    write("libs/core/pyproject.toml", '[project]\nname = "core"\n')
    write("Dockerfile", IMAGE.replace("COPY . .", lines))
    assert judge(project) == expected


def test_lists_in_another_encoding_are_unknown(project: Path, write: Write) -> None:
    need(project, "pronghorn")
    file = project / "requirements.txt"
    file.write_text("pronghorn[standard]\n", encoding="utf-16")  # As PowerShell writes it.
    assert judge(project) == "note"
    file.write_text("pronghorn[standard]\n", encoding="utf-8-sig")
    assert judge(project) == ""


def test_dynamic_requirements_are_unknown(project: Path, write: Write) -> None:
    write("requirements.txt", "pronghorn\n")
    text = PROJECT.replace('name = "bookstall"', 'name = "bookstall"\ndynamic = ["dependencies"]')
    write("pyproject.toml", text)
    assert judge(project) == "note"


def test_a_program_that_does_without_may_start(project: Path, docker: Docker, write: Write) -> None:
    need(project, "pronghorn[standard]")
    write("bookstall.py", f"from pronghorn import metrics\n{PROGRAM}")
    assert run_deploy("--allow-dirty", "--dry-run")[0] == 1
    tried = "try:\n    from pronghorn import metrics\nexcept ImportError:\n    metrics = None\n"
    write("bookstall.py", tried + PROGRAM)
    code, output = run_deploy("--allow-dirty", "--dry-run")
    assert code == 0
    assert (
        "Note: the program uses pronghorn.metrics, and pyproject.toml does not install what that "
        "needs, so the image would not start unless it has that anyway: write "
        "pronghorn[standard,metrics] there instead of pronghorn[standard]\n" in output
    )
    assert changes_nothing(docker, project)


def test_odd_modules_stop_nothing(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lazy:
        def __getattr__(self, name: str) -> Any:
            return Lazy()

    need(project, "pronghorn[standard]")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "lazy_module", Lazy())
        code, output = run_deploy("--allow-dirty", "--dry-run")
    assert code == 0, output
