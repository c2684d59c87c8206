"""What is found wrong in a Dockerfile before it is built."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pronghorn.cli.app import commands
from pronghorn.deploy.image import check_image

GOOD = """\
# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install -r requirements.txt

FROM python:3.13-slim
COPY --from=build /venv /venv
COPY shop shop
USER 10001
ENV PATH=/venv/bin:$PATH
CMD ["pronghorn", "run", "shop/main.py"]
"""


def check(folder: Path, text: str = GOOD, ignored: str | None = None, *secrets: str) -> list[str]:
    """Return what is wrong with a Dockerfile and its `.dockerignore`."""
    (folder / "Dockerfile").write_text(text, "utf-8")
    if ignored is not None:
        (folder / ".dockerignore").write_text(ignored, "utf-8")
    return check_image(folder, "Dockerfile", secrets)


def change(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_one(tmp_path: Path) -> None:
    assert check(tmp_path) == []


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_that_of_new_projects(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(commands, ["new", "book-shop", "--db", database]).exit_code == 0
    secrets = ["BOOK_SHOP_DATABASE_URL", "BOOK_SHOP_SECRET_KEY"]
    assert check_image(tmp_path / "book-shop", "Dockerfile", secrets) == []


def test_that_of_the_page_about_containers(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/how-to/containers.md"
    block = page.read_text("utf-8").split("```dockerfile\n")[1].split("```")[0]
    assert check(tmp_path, block) == []


def test_there_is_none(tmp_path: Path) -> None:
    assert check_image(tmp_path, "docker/Dockerfile") == [
        "there is no docker/Dockerfile; `pronghorn new` writes one, in a new project"
    ]


@pytest.mark.parametrize("text", ["", "# FROM python\n", 'CMD ["pronghorn", "run"]\n'])
def test_there_is_nothing_to_build(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, text) == ["Dockerfile has no FROM, so there is nothing to build"]


def test_it_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM python\xff\n")
    assert check_image(tmp_path, "Dockerfile") == ["Dockerfile cannot be read as text in UTF-8"]


COMMAND = 'CMD ["pronghorn", "run", "shop/main.py"]'


@pytest.mark.parametrize(
    "command",
    [
        'CMD ["pronghorn", "run"]',
        'CMD ["/venv/bin/pronghorn", "run", "shop/main.py", "--workers", "2"]',
        'CMD ["python", "-m", "pronghorn", "run"]',
        'CMD ["opentelemetry-instrument", "pronghorn", "run"]',
        "CMD exec pronghorn run --port $PORT",
        'CMD ["sh", "-c", "exec pronghorn run --port $PORT"]',
        'ENTRYPOINT ["tini", "--"]\nCMD ["pronghorn", "run"]',
        'ENTRYPOINT ["./entrypoint.sh"]\nCMD ["pronghorn", "run"]',
        'cmd [ \\\n  "pronghorn", \\\n  # the port comes from PORT\n  "run" \\\n]',
    ],
)
def test_commands_that_serve(tmp_path: Path, command: str) -> None:
    assert check(tmp_path, change(COMMAND, command)) == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("", 'Dockerfile has no command: write `CMD ["pronghorn", "run"]`'),
        (
            'CMD ["uvicorn", "shop.main:app"]',
            (
                "Dockerfile, line 12: CMD does not run `pronghorn run`, which drains and "
                "stops without losing "
                "a request"
            ),
        ),
        (
            'CMD ["pronghorn", "dev"]',
            (
                "Dockerfile, line 12: CMD does not run `pronghorn run`, which drains and "
                "stops without losing "
                "a request"
            ),
        ),
        (
            "CMD pronghorn run shop/main.py",
            (
                "Dockerfile, line 12: CMD is read by a shell, which keeps SIGTERM from the "
                "server: write "
                '`CMD ["pronghorn", "run"]`'
            ),
        ),
        (
            "CMD ['pronghorn', 'run']",
            (
                "Dockerfile, line 12: the list of CMD is not JSON, so a shell reads it: write "
                "double quotes"
            ),
        ),
        (
            'CMD ["pronghorn", "run", "--reload"]',
            "Dockerfile, line 12: `--reload` is for development",
        ),
        (
            'ENTRYPOINT ["pronghorn", "run"]',
            (
                "Dockerfile, line 12: ENTRYPOINT names pronghorn, but migrations and jobs "
                "need other "
                "commands: write CMD instead"
            ),
        ),
        (
            'ENTRYPOINT ["pronghorn"]\nCMD ["pronghorn", "run"]',
            (
                "Dockerfile, line 12: ENTRYPOINT names pronghorn, but migrations and jobs "
                "need other "
                "commands: write CMD instead"
            ),
        ),
        (
            'ENTRYPOINT ./start.sh\nCMD ["pronghorn", "run"]',
            (
                "Dockerfile, line 12: ENTRYPOINT is read by a shell, so the image ignores "
                "every other "
                "command: write a list"
            ),
        ),
    ],
)
def test_commands_that_do_not_fit(tmp_path: Path, command: str, problem: str) -> None:
    assert check(tmp_path, change(COMMAND, command)) == [problem]


def test_the_command_of_an_earlier_stage_counts(tmp_path: Path) -> None:
    stages = (
        'FROM python:3.13 AS base\nUSER app\nCMD ["pronghorn", "run"]\nFROM Base AS web\nEXPOSE '
        "80\n"
    )
    assert check(tmp_path, stages) == []
    assert len(check(tmp_path, stages.replace("FROM Base", "FROM python:3.13"))) == 2


@pytest.mark.parametrize("user", ["10001", "app", "app:app", "${WHO:-app}", '"app"'])
def test_users(tmp_path: Path, user: str) -> None:
    assert check(tmp_path, change("USER 10001", f"USER {user}")) == []


@pytest.mark.parametrize("user", ["root", "0", "0:0", "ROOT", "root:app", "$WHO"])
def test_users_that_are_root(tmp_path: Path, user: str) -> None:
    text = change("USER 10001", f"ARG WHO=root\nUSER {user}")
    (problem,) = check(tmp_path, text)
    assert problem == "Dockerfile, line 11: the image runs as root: end with a USER such as 10001"


def test_no_user(tmp_path: Path) -> None:
    assert check(tmp_path, change("USER 10001\n", "")) == [
        "Dockerfile has no USER in its last stage, so the image runs as root: write `USER 10001`"
    ]


def test_the_last_user_counts(tmp_path: Path) -> None:
    assert len(check(tmp_path, change(COMMAND, f"USER root\n{COMMAND}"))) == 1
    assert check(tmp_path, change("USER 10001", "USER root\nRUN x\nUSER 10001")) == []


@pytest.mark.parametrize(
    "base", ["gcr.io/distroless/python3-debian12:nonroot", "cgr.dev/chainguard/python:latest"]
)
def test_images_whose_user_is_not_root(tmp_path: Path, base: str) -> None:
    assert check(tmp_path, f'FROM {base}\nCMD ["pronghorn", "run"]\n') == []


@pytest.mark.parametrize(
    "copy",
    [
        "COPY .env .",
        "COPY ./.env.production /srv/",
        "ADD server.pem key.pem /etc/",
        'COPY [".env", "/srv/"]',
        "COPY --chown=app:app config/.env .",
        "COPY .kamal .",
        "COPY .ssh/id_rsa /root/.ssh/",
        "COPY .aws/config /root/.aws/",
        "COPY secrets.toml .",
    ],
)
def test_secrets_that_are_copied(tmp_path: Path, copy: str) -> None:
    problems = check(tmp_path, change("COPY shop shop", copy))
    assert problems
    for problem in problems:
        assert problem.startswith("Dockerfile, line 9: ")
        assert "looks like a secret" in problem


@pytest.mark.parametrize(
    "copy",
    [
        "COPY .env.example .",
        "COPY key.pub .",
        "COPY --from=build /app/.env .",
        "COPY environment.py .",
        "ADD https://example.com/ca.pem /etc/",
        "COPY <<EOF /srv/.note\nFROM nothing\nUSER root\nEOF",
    ],
)
def test_files_that_are_no_secrets(tmp_path: Path, copy: str) -> None:
    assert check(tmp_path, change("COPY shop shop", copy)) == []


@pytest.mark.parametrize(
    "line",
    [
        "ARG GITHUB_TOKEN",
        "ARG DB_PASSWORD=x",
        "ARG API_KEY",
        "ARG DATABASE_URL",
        "arg AWS_SECRET_ACCESS_KEY",
    ],
)
def test_secrets_as_arguments(tmp_path: Path, line: str) -> None:
    (problem,) = check(tmp_path, change("COPY shop shop", line), None, "DATABASE_URL")
    assert problem == (
        f"Dockerfile, line 9: ARG {line.split()[1].split('=', maxsplit=1)[0]} stays in the "
        f"history of the image: use "
        "`RUN --mount=type=secret`, or read it when the program starts"
    )


@pytest.mark.parametrize(
    "line",
    [
        "ENV SECRET_KEY=hunter2",
        "ENV SECRET_KEY hunter2",
        'ENV A=1 SECRET_KEY="hunter2 x"',
        "ENV A=1 \\\n    SECRET_KEY=hunter2",
        "ENV SECRET_KEY=postgresql://app:hunter2@db/shop",
    ],
)
def test_secrets_as_variables(tmp_path: Path, line: str) -> None:
    (problem,) = check(tmp_path, change("COPY shop shop", line), None, "DATABASE_URL")
    assert problem == (
        "Dockerfile, line 9: ENV SECRET_KEY has a secret that everybody who has the image can read"
    )


def test_a_login_in_an_address(tmp_path: Path) -> None:
    line = "ENV INDEX=https://me:hunter2@pypi.example.com/simple"
    (problem,) = check(tmp_path, change("COPY shop shop", line))
    assert problem.startswith("Dockerfile, line 9: ENV INDEX has a secret")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "line",
    [
        "ENV SECRET_KEY=",
        "ENV SECRET_KEY_FILE=/run/secrets/key",
        "ENV TOKEN_URL=https://example.com/token",
        "ENV DATABASE_URL=",
        "ENV TOKENIZERS_PARALLELISM=false",
        "ARG PYTHON_VERSION=3.13",
        "RUN --mount=type=secret,id=GITHUB_TOKEN pip install x",
        "LABEL PASSWORD=none",
    ],
)
def test_variables_that_are_no_secrets(tmp_path: Path, line: str) -> None:
    assert check(tmp_path, change("COPY shop shop", line), None, "DATABASE_URL") == []


ALL = change("COPY shop shop", "COPY . .")


def test_everything_is_copied_and_nothing_left_out(tmp_path: Path) -> None:
    assert check(tmp_path, ALL) == [
        "Dockerfile, line 9: . contains .env and .git: name it in .dockerignore"
    ]


@pytest.mark.parametrize(
    "ignored",
    [
        ".env\n.git\n",
        "# secrets\n.env*\n.git*\n",
        "**/.env\n**/.git\n",
        "*\n!shop\n",
        "/.env/\n./.git\n",
        ".*\n",
        "!.env\n.env\n.git/\n",
        ".[eg]*\n",
    ],
)
def test_what_is_left_out(tmp_path: Path, ignored: str) -> None:
    assert check(tmp_path, ALL, ignored) == []


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("", ".env and .git"),
        (".git\n", ".env"),
        (".env\n", ".git"),
        ("*\n!.env\n", ".env"),
        (".env\n.git/config\n", ".git"),
        ("*/.env\n.git\n", ".env"),
        (".env.*\n.git\n", ".env"),
    ],
)
def test_what_is_not_left_out(tmp_path: Path, ignored: str, left: str) -> None:
    assert check(tmp_path, ALL, ignored) == [
        f"Dockerfile, line 9: . contains {left}: name it in .dockerignore"
    ]


@pytest.mark.parametrize("source", ["./", "*", ".", "--chown=app ."])
def test_ways_to_copy_everything(tmp_path: Path, source: str) -> None:
    assert len(check(tmp_path, change("COPY shop shop", f"COPY {source} ."))) == 1


def test_the_ignored_files_of_one_dockerfile_win(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.dockerignore").write_text(".env\n.git\n", "utf-8")
    assert check(tmp_path, ALL, "") == []


def test_a_stage_that_only_builds_may_have_git(tmp_path: Path) -> None:
    text = change("COPY requirements.txt .", "COPY . .")
    assert check(tmp_path, text) == [
        "Dockerfile, line 4: . contains .env: name it in .dockerignore"
    ]
    assert check(tmp_path, text, ".env\n") == []


def test_everything_at_once(tmp_path: Path) -> None:
    text = 'FROM python\nARG TOKEN\nCOPY . .\nCOPY .env .\nCMD ["uvicorn", "x:app"]\n'
    assert len(check(tmp_path, text)) == 5


def test_another_escape(tmp_path: Path) -> None:
    text = '# escape=`\nFROM python\nUSER app\nCMD [ `\n "pronghorn", "run"]\n'
    assert check(tmp_path, text) == []


def test_windows_lines_and_a_mark(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert check_image(tmp_path, "Dockerfile") == []
