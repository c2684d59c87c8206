"""`[tool.pronghorn.deploy]`: every mistake at once, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from pronghorn.cli.errors import CommandError
from pronghorn.deploy.config import read_config
from pronghorn.deploy.plan import make_plan
from tests.cli.conftest import Write
from tests.deploy.docker import run_deploy


def mistakes(folder: Path) -> str:
    with pytest.raises(CommandError) as caught:
        read_config(folder)
    assert caught.value.exit_code == 2
    return caught.value.hint


def test_everything_has_a_default(write: Write, workspace: Path) -> None:
    write("pyproject.toml", '[project]\nname = "Book.Shop_2"\n')
    config = read_config(workspace)
    assert (config.target, config.name, config.image) == ("compose", "book-shop-2", "book-shop-2")
    assert (config.live, config.ready, config.timeout, config.grace) == ("/live", "/ready", 180, 35)


def test_a_folder_without_a_project_gives_the_name(workspace: Path) -> None:
    folder = workspace / "1 Old Shop"
    folder.mkdir()
    assert read_config(folder).name == "old-shop"


def test_all_mistakes_are_listed_with_what_was_meant(write: Write, workspace: Path) -> None:
    write(
        "pyproject.toml",
        """
        [tool.pronghorn.deploy]
        name = "Shop"
        port = "8000"
        secret = ["A"]
        ready = "ready"
        image = "shop:1"

        [tool.pronghorn.deploy.compose]
        hostport = 80
        volumes = ["data"]

        [tool.pronghorn.deploy.kubernets]
        """,
    )
    text = mistakes(workspace)
    assert "secret: there is no such setting; did you mean secrets?" in text
    assert "compose.hostport: there is no such setting; did you mean host_port?" in text
    assert "kubernets: there is no such setting; did you mean kubernetes?" in text
    assert 'port: "8000" is a text, and a whole number is needed: write port = 8000' in text
    assert "ready: 'ready' has to be a path such as /ready" in text
    assert "image: 'shop:1' has to be an image without a tag" in text
    assert "compose.volumes.0: 'data' has to be SOURCE:/TARGET" in text
    assert "name: 'Shop' has to be lower-case letters" in text


@pytest.mark.parametrize(
    ("env", "secrets", "said"),
    [
        ('{ API_KEY = "x" }', "[]", "the value of API_KEY in env looks like a secret"),
        ('{ URL = "redis://:pw@host" }', "[]", "the value of URL in env looks like a secret"),
        ('{ A = "1" }', '["A"]', "A is in env and in secrets"),
        ("{}", '["A", "A"]', "secrets has A twice"),
        ("{}", '["A B"]', "secrets.0: this is not the name of a variable"),
        ("{}", '["API_KEY=pw"]', "secrets.0: this is not the name of a variable"),
        ("{}", '["Bearer pw"]', "secrets.0: this is not the name of a variable"),
        ('["API_KEY=pw"]', "[]", 'env: "..." is a list, and a table is needed'),
        ('[["API_KEY=pw"]]', "[]", 'env: "..." is a list, and a table is needed'),
        ('"API_KEY=pw"', "[]", 'env: "..." is a text, and a table is needed'),
        ('{ URL = ["pw"] }', "[]", 'env.URL: "..." is a list, and a text is needed'),
        ("{ A = 1 }", "[]", 'is a number, and a text is needed: put quotes around it, A = "1"'),
    ],
)
def test_variables_are_checked(
    write: Write, workspace: Path, env: str, secrets: str, said: str
) -> None:
    write("pyproject.toml", f"[tool.pronghorn.deploy]\nenv = {env}\nsecrets = {secrets}\n")
    text = mistakes(workspace)
    assert said in text
    assert "pw" not in text


TEXT, NUMBER, LIST = "and a text is needed", "and a whole number is needed", "and a list is needed"
SWITCH, TABLE = "and true or false is needed", "and a table is needed"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("env.A = 1", f'env.A: 1 is a number, {TEXT}: put quotes around it, A = "1"'),
        ("env.A = true", f'env.A: true is a boolean, {TEXT}: put quotes around it, A = "true"'),
        (
            "env.A = 2026-01-02",
            (
                f"env.A: 2026-01-02 is a date or a time, {TEXT}: put quotes around it, "
                'A = "2026-01-02"'
            ),
        ),
        ('env.A = ["a"]', f'env.A: "..." is a list, {TEXT}: write one text, such as A = "..."'),
        (
            "env.API_KEY = 1234",
            f'env.API_KEY: "..." is a number, {TEXT}: put quotes around it, API_KEY = "..."',
        ),
        (
            'env = "A=1"',
            (
                f'env: "..." is a text, {TABLE}: write [tool.pronghorn.deploy.env], and lines '
                'such as A = "1" below it'
            ),
        ),
        ("name = 1", f'name: 1 is a number, {TEXT}: put quotes around it, name = "1"'),
        (
            "kubernetes.cpu = 0.5",
            f'kubernetes.cpu: 0.5 is a number, {TEXT}: put quotes around it, cpu = "0.5"',
        ),
        ('port = "8000"', f'port: "8000" is a text, {NUMBER}: write port = 8000'),
        ("port = 8000.0", f"port: 8000.0 is a number, {NUMBER}: write port = 8000"),
        ('port = "http"', f'port: "http" is a text, {NUMBER}: write a whole number'),
        ("port = true", f"port: true is a boolean, {NUMBER}: write a whole number"),
        (
            "port = 70000",
            "port: 70000 is not possible: input should be less than or equal to 65535",
        ),
        (
            'compose.host_port = "80"',
            f'compose.host_port: "80" is a text, {NUMBER}: write host_port = 80',
        ),
        ('grace = "35s"', f'grace: "35s" is a text, {NUMBER}: write grace = 35'),
        (
            'timeout = "3m"',
            'timeout: "3m" is a text, and a number of seconds is needed: write timeout = 180',
        ),
        ("timeout = true", "timeout: true is no number of seconds: write one, such as 180"),
        (
            "timeout = inf",
            "timeout: inf is not possible: input should be less than or equal to 86400",
        ),
        ('migrate = "yes"', f'migrate: "yes" is a text, {SWITCH}: write migrate = true'),
        ("migrate = 0", f"migrate: 0 is a number, {SWITCH}: write migrate = false"),
        ('migrate = "may"', f'migrate: "may" is a text, {SWITCH}: write true or false'),
        (
            'kamal.hosts = "a.example, b.example"',
            (
                f'kamal.hosts: "a.example, b.example" is a text, {LIST}: write hosts = '
                '["a.example", "b.example"]'
            ),
        ),
        (
            'kamal.hosts = """\na\nb\n"""',
            f'kamal.hosts: "a\\nb\\n" is a text, {LIST}: write hosts = ["a", "b"]',
        ),
        ('kamal.hosts = ""', f'kamal.hosts: "" is a text, {LIST}: write hosts = ["..."]'),
        (
            f'port = "{"8" * 3000}"',
            f'port: "{"8" * 78}... is a text, {NUMBER}: write a whole number',
        ),
        (
            "kamal.hosts = [10]",
            f'kamal.hosts.0: 10 is a number, {TEXT}: put quotes around it, "10"',
        ),
        (
            "kamal = true",
            (
                f"kamal: true is a boolean, {TABLE}: write [tool.pronghorn.deploy.kamal], and its "
                "settings below it"
            ),
        ),
        (
            'secrets = "postgresql://app:pw@host/shop"',
            f'secrets: "..." is a text, {LIST}: write secrets = ["..."]',
        ),
        (
            'render.region = "Frankfurt"',
            (
                "render.region: \"Frankfurt\" is not possible: input should be 'oregon', 'ohio', "
                "'virginia', 'frankfurt' or 'singapore'; write region = \"frankfurt\""
            ),
        ),
    ],
)
def test_a_value_of_the_wrong_type_says_what_to_write(
    write: Write, workspace: Path, line: str, said: str
) -> None:
    write("pyproject.toml", f"[tool.pronghorn.deploy]\n{line}\n")
    assert mistakes(workspace) == said


def test_a_broken_file_is_one_sentence(write: Write, workspace: Path) -> None:
    for text in ("[tool.pronghorn\n", f"a = {'9' * 5000}\n"):
        write("pyproject.toml", text)
        with pytest.raises(CommandError, match="Cannot read"):
            read_config(workspace)


def test_the_command_names_an_unknown_target(project: Path) -> None:
    code, output = run_deploy("kubernets")
    assert code == 2
    assert "There is no target 'kubernets'" in output
    assert "Did you mean kubernetes?" in output


@pytest.mark.parametrize("grace", [1, 10, 35, 120])
def test_requests_end_before_the_process_is_killed(
    write: Write, workspace: Path, grace: int
) -> None:
    write("main.py")
    write("pyproject.toml", f"[tool.pronghorn.deploy]\ngrace = {grace}\njobs = 1\n")
    plan = make_plan(workspace)
    web, jobs = plan.web_command, plan.jobs_command
    drain = int(web[web.index("--drain") + 1])
    requests = int(web[web.index("--timeout-graceful-shutdown") + 1])
    assert drain + requests < grace or grace == 1
    assert int(jobs[jobs.index("--grace") + 1]) < grace or grace == 1
    if grace == 35:
        assert (drain, requests) == (5, 16), "the defaults of run"


def test_factories_and_fastapi_programs_are_run_as_such(write: Write, workspace: Path) -> None:
    write("shop_app.py")
    write(
        "pyproject.toml",
        """
        [tool.pronghorn]
        entrypoint = "shop_app:create_app"
        factory = true

        [tool.pronghorn.deploy]
        as_fastapi = true
        """,
    )
    command = make_plan(workspace).web_command
    assert command[:5] == ["pronghorn", "run", "shop_app:create_app", "--factory", "--as-fastapi"]


def test_a_plan_hides_its_secrets(
    write: Write, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("main.py")
    write("pyproject.toml", '[tool.pronghorn.deploy]\nsecrets = ["ONE", "TWO"]\n')
    monkeypatch.setenv("ONE", "abcdefgh")
    monkeypatch.setenv("TWO", "abcdefgh-longer")
    plan = make_plan(workspace)
    assert "abcdefgh" not in repr(plan)
    assert plan.hide("x abcdefgh-longer y abcdefgh z") == "x ********** y ********** z"


def test_parts_of_a_secret_are_hidden_too(
    write: Write, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("main.py")
    write("pyproject.toml", '[tool.pronghorn.deploy]\nsecrets = ["URL", "PEM", "ON"]\n')
    monkeypatch.setenv("URL", "postgresql://app:p%40ssword@host/shop")
    monkeypatch.setenv("PEM", "-----BEGIN KEY-----\nMIIBVgIBADANBgkq\n-----END KEY-----")
    monkeypatch.setenv("ON", "1")
    plan = make_plan(workspace)
    assert plan.hide("for p@ssword or p%40ssword") == "for ********** or **********"
    assert plan.hide("MIIBVgIBADANBgkq 1") == "********** 1"
