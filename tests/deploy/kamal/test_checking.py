"""What is found wrong for Kamal before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Plan
from tests.deploy.kamal.conftest import HOSTS, configure
from tests.deploy.kamal.programs import Programs

MakePlan = Callable[..., Plan]


def check(plan: Plan) -> list[str]:
    return Kamal().check(plan)


def test_nothing_is_wrong(make_plan: MakePlan, programs: Programs) -> None:
    assert check(make_plan()) == []
    assert programs.list_commands() == ["version"], "nothing was touched"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"kamal": {"hosts": []}},
            'no server is named: write `hosts = ["203.0.113.10"]` in [tool.pronghorn.deploy.kamal]',
        ),
        (
            {"kamal": {"hosts": ["root@10.0.0.1"]}},
            "hosts has 'root@10.0.0.1': the user belongs into ssh_user",
        ),
        (
            {"kamal": {"hosts": ["10.0.0.1:2222"]}},
            (
                "hosts has '10.0.0.1:2222': Kamal has one port for all, `extra = { ssh = { port "
                "= 2222 } }`"
            ),
        ),
        (
            {"kamal": {"hosts": ["http://10.0.0.1"]}},
            "hosts has 'http://10.0.0.1', which is neither a name nor an address",
        ),
        (
            {"kamal": {"hosts": ["10.0.0.1", "10.0.0.1"]}},
            "hosts names 10.0.0.1 twice; for more containers of jobs, set `jobs`",
        ),
        (
            {"jobs": 0, "kamal": {"jobs_hosts": HOSTS}},
            "jobs_hosts names servers, but `jobs` is 0: write how many containers run jobs",
        ),
        (
            {"jobs": 1, "kamal": {"jobs_hosts": HOSTS}},
            "jobs_hosts names 2 servers for 1 containers of jobs",
        ),
        (
            {"kamal": {"domain": "https://shop.example.com"}},
            "domain has to be a name such as shop.example.com, not 'https://shop.example.com'",
        ),
        (
            {"image": "shop"},
            (
                "the servers cannot find the image 'shop': write the registry into it, as in "
                '`image = "registry.example.com/shop"`'
            ),
        ),
        (
            {"env": {"TEXT": "two\nlines"}},
            (
                "TEXT has several lines, which Docker's files of variables cannot hold: encode it, "
                "for example with base64"
            ),
        ),
        (
            {"kamal": {"registry_username": None}},
            (
                "registry_username is not set: Kamal logs in at registry.example.com with a user "
                "and a password"
            ),
        ),
    ],
)
def test_settings(
    make_plan: MakePlan, programs: Programs, settings: dict[str, Any], sentence: str
) -> None:
    assert sentence in check(make_plan(configure(**settings)))


@pytest.mark.parametrize("host", ["10.0.0.1", "web-1.example.com", "fd00::1"])
def test_servers_as_kamal_writes_them(make_plan: MakePlan, programs: Programs, host: str) -> None:
    assert check(make_plan(configure(kamal={"hosts": [host]}, jobs=1))) == []


def test_the_password_may_be_one_of_the_secrets(
    make_plan: MakePlan, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAMAL_REGISTRY_PASSWORD")
    assert check(make_plan()) == [
        (
            "KAMAL_REGISTRY_PASSWORD, the password at registry.example.com, is neither in the "
            "environment nor in --env-file"
        )
    ]
    assert check(make_plan(secrets={"KAMAL_REGISTRY_PASSWORD": "x"})) == []


def test_a_secret_with_several_lines(make_plan: MakePlan, programs: Programs) -> None:
    (problem,) = check(make_plan(secrets={"KEY": "-----BEGIN\nvery-secret\n"}))
    assert problem == (
        "KEY has several lines, which Docker's files of variables cannot hold: encode it, for "
        "example with base64"
    )


def test_a_variable_with_several_lines(make_plan: MakePlan, programs: Programs) -> None:
    (problem,) = check(make_plan(configure(env={"MOTD": "one\ntwo"})))
    assert problem.startswith("MOTD has several lines")


def test_another_timeout_than_the_file_says(make_plan: MakePlan, programs: Programs) -> None:
    assert check(make_plan(timeout=600.0)) == [
        (
            "Kamal waits as long as its file says: write `timeout = 600` in "
            "[tool.pronghorn.deploy] "
            "instead of --timeout"
        )
    ]


def test_programs_that_are_missing(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KAMAL_REGISTRY_PASSWORD", "x")
    assert check(make_plan()) == [
        "Kamal is not installed: `gem install kamal`, see https://kamal-deploy.org",
        "Docker is not installed here, and Kamal builds the image with it",
        "ssh is not installed here, and the hook for migrations needs it",
    ]
    assert len(check(make_plan(build=False, migrate=False))) == 1


@pytest.mark.parametrize(
    ("out", "code", "sentence"),
    [
        ("1.9.2", 0, "Kamal 1.9.2 is too old: 2.0 or newer has the proxy that is used"),
        ("", 1, "`kamal version` does not work: no such gem"),
    ],
)
def test_a_kamal_that_does_not_fit(
    make_plan: MakePlan, programs: Programs, out: str, code: int, sentence: str
) -> None:
    programs.let("version", code=code, out=out, err="no such gem")
    assert check(make_plan()) == [sentence]
