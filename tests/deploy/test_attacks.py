"""What a deploy says and leaves behind when its surroundings are not as they should be."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import pytest

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.deploy.config import read_config
from pronghorn.deploy.plan import make_plan
from pronghorn.deploy.target import PlannedFile
from pronghorn.deploy.written import compare
from pronghorn.deploy.written import write as write_files
from tests.cli.conftest import Write
from tests.deploy.conftest import PROGRAM
from tests.deploy.docker import Docker, run_deploy

PEM = "-----BEGIN KEY-----\nab\n'\"$HOME \\ ü\n-----END KEY-----"


def start(*arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """A command of its own, whose output is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "pronghorn", "deploy", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables},
    )


# --- who reads the output -------------------------------------------------------------------------


def test_a_pipe_that_is_closed_ends_no_deploy(project: Path, docker: Docker) -> None:
    docker.want(**{"bookstall:two": "unready"})
    docker.serve("one")
    with start("--tag", "two", "--timeout", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"Checking bookstall for compose\n"
        process.stdout.close()
        error = process.communicate()[1].decode()
    assert process.returncode == 1
    assert "was not ready within 1 seconds" in error
    assert error.rstrip().endswith("the old version serves")
    assert docker.serving() == ["one"]


def test_a_terminal_that_is_closed_leaves_no_new_containers(project: Path, docker: Docker) -> None:
    docker.want(**{"bookstall:two": "unready"})
    docker.serve("one")
    first, second = os.openpty()
    command = [sys.executable, "-m", "pronghorn", "deploy", "--tag", "two", "--timeout", "60"]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        ["setsid", "--ctty", *command], stdin=second, stdout=second, stderr=second, env=variables
    )
    os.close(second)
    seen = b""
    while b"Building" not in seen:
        seen += os.read(first, 1024)
    while "two" not in docker.serving():
        time.sleep(0.02)
    os.close(first)
    assert process.wait(60) == 1
    assert docker.serving() == ["one"]


def test_what_the_output_cannot_show_is_escaped(project: Path, docker: Docker) -> None:
    docker.want(build="kein Platz übrig")
    docker.serve("one")
    with start("--tag", "two", PYTHONIOENCODING="ascii") as process:
        out, error = process.communicate()
    assert process.returncode == 1
    assert rb"kein Platz \xfcbrig" in out
    assert b"Traceback" not in error
    assert error.rstrip().endswith(b"the old version serves")


# --- git ------------------------------------------------------------------------------------------


def test_a_damaged_repository_is_not_taken_for_a_clean_one(
    project: Path, docker: Docker, quick: None, write: Write
) -> None:
    write("bookstall.py", PROGRAM + "\n")
    (project / ".git" / "index").write_bytes(b"damaged")
    code, output = run_deploy()
    assert code == 1
    assert "git does not say whether everything is committed: " in output
    assert docker.serving() == []
    assert run_deploy("--allow-dirty")[0] == 0
    [tag] = docker.serving()
    assert "-" in tag, "the commit alone is another version"


def test_a_folder_that_an_outer_repository_ignores_has_the_time_as_its_version(
    project: Path, docker: Docker, quick: None
) -> None:
    (project / ".git").rename(project / ".outer")
    outer = project.parent
    (outer / ".gitignore").write_text("*\n")
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for arguments in (["init", "-q"], [*who, "commit", "--allow-empty", "-qm", "Nothing"]):
        subprocess.run(["git", *arguments], cwd=outer, check=True)
    code, output = run_deploy()
    assert code == 0, output
    [tag] = docker.serving()
    assert tag.replace("-", "").isdigit()
    assert len(tag) == len("20260101-120000")


# --- configuration --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tool = 1", "[tool] in pyproject.toml is not a table"),
        ("[tool]\npronghorn = 'x'", "[tool.pronghorn] in pyproject.toml is not a table"),
        ("[tool.pronghorn]\ndeploy = [1]", "[tool.pronghorn.deploy] in pyproject.toml is not a"),
        ("project = 3", "[project] in pyproject.toml is not a table"),
        ('[tool.pronghorn.deploy]\nlive = "/a\\nb"', "has to be a path such as /ready"),
        ("[tool.pronghorn.deploy]\ntimeout = true", "true is no number of seconds"),
        ('[tool.pronghorn.deploy]\nenv = {A = "x\\u0000"}', "cannot have a null character"),
        ("[tool.pronghorn.deploy.compose]\nfile = '.'", "has to be a path inside the project"),
        ("[tool.pronghorn.deploy.compose]\nfile = 'a/'", "has to be a path inside the project"),
    ],
)
def test_values_of_another_kind_are_one_sentence(
    write: Write, workspace: Path, text: str, said: str
) -> None:
    write("pyproject.toml", text)
    with pytest.raises(CommandError) as caught:
        read_config(workspace)
    assert caught.value.exit_code == USAGE
    assert said in f"{caught.value.message}\n{caught.value.hint}"


@pytest.mark.parametrize(
    "form",
    [
        repr,
        ascii,
        json.dumps,
        quote,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: base64.b64encode(text.encode()).decode(),
    ],
)
@pytest.mark.parametrize("secret", [PEM, "p'a\"ss\\wo%rd", "two\nlines", "tab\tand/slash"])
def test_a_secret_is_hidden_in_the_forms_in_which_programs_print_it(
    write: Write, workspace: Path, monkeypatch: pytest.MonkeyPatch, form: object, secret: str
) -> None:
    write("main.py")
    write("pyproject.toml", '[tool.pronghorn.deploy]\nsecrets = ["ONE"]\n')
    monkeypatch.setenv("ONE", secret)
    assert callable(form)
    hidden = make_plan(workspace).hide(f"invalid value {form(secret)} of ONE")
    assert "**********" in hidden
    assert not [word for word in ("KEY", "HOME", "ass", "lines", "slash") if word in hidden]


# --- files ----------------------------------------------------------------------------------------


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").touch()
    (tmp_path / "one.yaml").symlink_to("shared.yaml")
    file = PlannedFile(PurePosixPath("one.yaml"), "a: 1\n")
    write_files(tmp_path, compare(tmp_path, [file]), force=True)
    assert (tmp_path / "one.yaml").is_symlink()
    assert (tmp_path / "shared.yaml").read_text().endswith("\na: 1\n")


def test_a_script_with_line_ends_of_windows_is_written_again(tmp_path: Path) -> None:
    script = PlannedFile(PurePosixPath("hook"), "#!/bin/sh\necho done\n")
    write_files(tmp_path, compare(tmp_path, [script]), force=False)
    path = tmp_path / "hook"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    [state] = compare(tmp_path, [script])
    assert write_files(tmp_path, [state], force=False)[0].what == "Wrote hook"
    assert subprocess.run([path], capture_output=True, check=True).stdout == b"done\n"
