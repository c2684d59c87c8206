"""`pronghorn new`: a project that works, or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pronghorn.cli.app import commands
from pronghorn.cli.new import LONGEST_NAME
from tests.cli.processes import STARTED, Server, environment, free_port
from tests.sql.servers import fresh_database
from tools.postgresql import Server as DatabaseServer

DATABASES = ("sqlite", "postgres")


def run_new(*arguments: str) -> tuple[int, str]:
    """Return the exit code and everything that was printed."""
    result = CliRunner().invoke(commands, ["new", *arguments])
    return result.exit_code, result.output


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("database", DATABASES)
def test_every_placeholder_is_filled(workspace: Path, database: str) -> None:
    assert run_new("book-shop", "--db", database)[0] == 0
    folder = workspace / "book-shop"
    for path in folder.rglob("*"):
        assert path.is_dir() or "{{ " not in path.read_text("utf-8"), path
    assert 'name = "book-shop"' in (folder / "pyproject.toml").read_text("utf-8")
    assert "BOOK_SHOP_DATABASE_URL" in (folder / ".env.example").read_text("utf-8")
    assert "postgres:17" in (folder / "compose.yaml").read_text("utf-8") or database == "sqlite"


def test_both_projects_have_the_same_files(workspace: Path) -> None:
    for database in DATABASES:
        run_new(database, "--db", database)
    files = names_in(workspace / "sqlite")
    assert files == names_in(workspace / "postgres")
    assert {
        ".dockerignore",
        ".env.example",
        ".github/workflows/ci.yml",
        ".gitignore",
        "Dockerfile",
        "Makefile",
        "README.md",
        "app/main.py",
        "compose.yaml",
        "pyproject.toml",
    } <= files
    assert not [name for name in files if "dot-" in name or name.endswith(DATABASES)]


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("name", ["b", "a-name-as-long-as-it-can-become"[:LONGEST_NAME]])
def test_its_format_is_right_whatever_its_name(workspace: Path, name: str, database: str) -> None:
    run_new(name, "--db", database)
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "."],
            cwd=workspace / name,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("database", DATABASES)
def test_yaml_and_toml_can_be_read(workspace: Path, database: str) -> None:
    run_new("shop", "--db", database)
    compose = yaml.safe_load((workspace / "shop/compose.yaml").read_text("utf-8"))
    assert {"app", "migrate"} <= set(compose["services"])
    workflow = yaml.safe_load((workspace / "shop/.github/workflows/ci.yml").read_text("utf-8"))
    assert list(workflow["jobs"]) == ["test"]
    assert tomllib.loads((workspace / "shop/pyproject.toml").read_text("utf-8"))["project"]


def test_its_database_starts_before_there_is_a_secret(workspace: Path) -> None:
    """Compose refuses the whole file, whatever it shall start, if a variable with `:?` is unset."""
    run_new("shop", "--db", "postgres")
    text = (workspace / "shop/compose.yaml").read_text("utf-8")
    assert "SHOP_SECRET_KEY: ${SHOP_SECRET_KEY-}" in text
    assert ":?" not in text


def test_a_folder_with_files_is_left_alone(workspace: Path) -> None:
    file = workspace / "shop" / "notes.txt"
    file.parent.mkdir()
    file.write_text("mine")
    code, output = run_new("shop")
    assert code == 1
    assert "is not empty, and nothing in it was changed" in output
    assert names_in(workspace) == {"shop/notes.txt"}
    assert file.read_text() == "mine"


def test_a_file_in_its_place_is_left_alone(workspace: Path) -> None:
    (workspace / "shop").write_text("mine")
    code, output = run_new("shop")
    assert code == 1
    assert "exists and is not a folder" in output
    assert (workspace / "shop").read_text() == "mine"


def test_an_empty_folder_is_filled(workspace: Path) -> None:
    (workspace / "shop").mkdir()
    assert run_new("shop")[0] == 0
    assert (workspace / "shop/app/main.py").exists()


def test_folders_above_are_made(workspace: Path) -> None:
    assert run_new("services/shop")[0] == 0
    assert "services/shop/app/main.py" in names_in(workspace)


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Book Shop", "book-shop"),
        ("book_shop", "book-shop"),
        ("1shop", "shop"),
        ("-shop", "shop"),
        ("å", "bookshop"),
        ("x" * 60, "x" * 30),
    ],
)
def test_a_name_that_does_not_work_is_refused(workspace: Path, name: str, better: str) -> None:
    code, output = run_new("--", name)
    assert code == 2
    assert f"pronghorn new {better}" in " ".join(output.split())
    assert list(workspace.iterdir()) == []


def test_half_a_project_is_never_left(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when some files are written."""
    written = Path.write_text
    left = 5

    def write_text(self: Path, *arguments: object, **options: object) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        return written(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", write_text)
    code, output = run_new("shop")
    assert code == 1
    assert "No space left on device" in output
    assert list(workspace.iterdir()) == []


# --- the project itself ------------------------------------------------------------------------


@pytest.fixture(params=DATABASES)
def project(
    request: pytest.FixtureRequest, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A new project, with a server of PostgreSQL if it needs one."""
    assert run_new("bookshop", "--db", request.param)[0] == 0
    if request.param == "postgres":
        server: DatabaseServer = request.getfixturevalue("postgresql")
        with fresh_database(server) as name:
            monkeypatch.setenv("BOOKSHOP_DATABASE_URL", server.url(name))
            monkeypatch.setenv("BOOKSHOP_TEST_DATABASE_URL", server.url(name))
            yield workspace / "bookshop"
        return
    yield workspace / "bookshop"


def make(*targets: str, **variables: str) -> list[str]:
    """Return the command for a target, which installs nothing: this environment has all of it."""
    given = {"VENV": sys.prefix, **variables}
    assigned = [f"{name}={value}" for name, value in given.items()]
    return ["make", *assigned, "--old-file", f"{sys.prefix}/.installed", *targets]


def run_target(folder: Path, target: str, **variables: str) -> None:
    command = make(target, **variables)
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_tests_pass(project: Path) -> None:
    run_target(project, "test")


def test_its_style_and_types_are_right(workspace: Path) -> None:
    run_new("bookshop")
    run_target(workspace / "bookshop", "lint")


def test_a_new_migration_has_the_right_format(workspace: Path) -> None:
    run_new("bookshop")
    folder = workspace / "bookshop"
    run_target(folder, ".env")
    upgrade = [sys.executable, "-m", "pronghorn", "db", "upgrade"]
    subprocess.run(upgrade, cwd=folder, env=environment(), capture_output=True, check=True)
    model = folder / "app/models/item.py"
    text = model.read_text("utf-8")
    text = text.replace("import String", "import ForeignKey, String")
    parent = '    parent_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))\n'
    model.write_text(text + parent, encoding="utf-8")
    run_target(folder, "migration", MESSAGE="add a parent")
    assert len(list((folder / "migrations/versions").iterdir())) == 2
    run_target(folder, "lint")


def test_the_demo_answers(project: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        make("demo", PORT=str(port)),
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Server(process, port)
    try:
        server.wait_for(STARTED)
        assert server.get("/items") == {"items": [], "next": None, "previous": None}
        assert server.ask("/ready")[0] == 200
        assert server.ask("/docs")[0] == 200
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
