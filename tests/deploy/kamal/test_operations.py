"""Rollback, status, logs and variables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pronghorn.cli.errors import CommandError
from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Outcome, Plan, Variable
from tests.deploy.kamal.conftest import HOSTS, SECRET, configure
from tests.deploy.kamal.programs import Programs

MakePlan = Callable[..., Plan]
ROLES = {"web": HOSTS, "jobs": HOSTS}
AWAY = (
    "ERROR (SocketError): Exception while executing on host 10.0.0.2: getaddrinfo: Name or "
    "service not known"
)


def roll_back(plan: Plan) -> Outcome:
    return Kamal().rollback(plan, lambda line: None)


@pytest.fixture
def two_versions(programs: Programs) -> Programs:
    """Programs on whose servers `new` runs, and `old` was before."""
    programs.serve("old", ROLES)
    programs.serve("new", ROLES)
    return programs


def test_back_to_the_version_before(make_plan: MakePlan, two_versions: Programs) -> None:
    outcome = roll_back(make_plan(tag=""))
    assert outcome == Outcome("ready", "old serves again on 10.0.0.1 and 10.0.0.2", old_serves=True)
    assert two_versions.versions() == dict.fromkeys(HOSTS, "old")
    assert two_versions.read_calls("ssh") == [], "the tables stay as they are"


def test_a_version_that_failed_is_not_the_one_before(
    make_plan: MakePlan, two_versions: Programs
) -> None:
    state = two_versions.read_state()
    failed = [[host, role, "broken"] for host in HOSTS for role in ROLES]
    two_versions.write_state({**state, "containers": [*failed, *state["containers"]]})
    assert roll_back(make_plan(tag="")).state == "ready"
    assert two_versions.versions() == dict.fromkeys(HOSTS, "old")


def test_back_to_a_version_that_is_named(make_plan: MakePlan, two_versions: Programs) -> None:
    two_versions.serve("newest", ROLES)
    assert roll_back(make_plan(tag="old")).state == "ready"
    assert two_versions.versions() == dict.fromkeys(HOSTS, "old")


def test_the_version_serves_already(make_plan: MakePlan, two_versions: Programs) -> None:
    assert roll_back(make_plan(tag="new")) == Outcome("ready", "new serves already")
    assert "rollback" not in " ".join(two_versions.list_commands())


def test_there_is_no_older_version(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("new", ROLES)
    message = "the servers have no container of an older version"
    assert roll_back(make_plan(tag="")) == Outcome("failed", message, old_serves=True)


def test_nothing_runs_and_nothing_ran(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve(None, ROLES)
    message = "the servers have no container of an older version"
    assert roll_back(make_plan(tag="")) == Outcome("failed", message, old_serves=None)


def test_a_version_that_is_gone(make_plan: MakePlan, two_versions: Programs) -> None:
    outcome = roll_back(make_plan(tag="ancient"))
    assert outcome.state == "failed"
    assert outcome.message == (
        "the servers do not have a container of ancient any more: ancient does not run on 10.0.0.1 "
        "and 10.0.0.2"
    )


def test_a_rollback_without_secrets(make_plan: MakePlan, two_versions: Programs) -> None:
    outcome = roll_back(make_plan(tag="", secrets={}))
    assert outcome == Outcome(
        "failed", "the old version would start without DATABASE_URL: set them first"
    )
    assert two_versions.read_calls() == []


def test_a_rollback_of_one_server_fails(make_plan: MakePlan, two_versions: Programs) -> None:
    two_versions.let("rollback", code=1, err=AWAY)
    outcome = roll_back(make_plan(tag=""))
    assert (outcome.state, outcome.old_serves) == ("failed", None)
    assert outcome.message.startswith("the server 10.0.0.2 cannot be reached by SSH: ")


def test_status(make_plan: MakePlan, two_versions: Programs) -> None:
    assert sorted(Kamal().status(make_plan())) == [
        ("jobs on 10.0.0.1", "running", "new, Up 3 minutes"),
        ("jobs on 10.0.0.2", "running", "new, Up 3 minutes"),
        ("web on 10.0.0.1", "running", "new, Up 3 minutes"),
        ("web on 10.0.0.2", "running", "new, Up 3 minutes"),
    ]


def test_a_container_that_starts_again_and_again(make_plan: MakePlan, programs: Programs) -> None:
    table = (
        "App Host: 10.0.0.1\n"
        "CONTAINER ID   IMAGE  COMMAND   CREATED         STATUS                          "
        "PORTS   NAMES\n"
        '0123456789ab   shop   "python"  2 minutes ago   Restarting (1) 10 seconds ago       '
        "    shop-web-new\n"
    )
    programs.let("app details", code=0, out=table)
    assert Kamal().status(make_plan()) == [
        ("web on 10.0.0.1", "failing", "new, Restarting (1) 10 seconds ago")
    ]


def test_nothing_runs(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve(None, ROLES)
    assert Kamal().status(make_plan()) == []


def test_a_server_is_away(make_plan: MakePlan, two_versions: Programs) -> None:
    two_versions.let("app details", code=1, err=AWAY)
    with pytest.raises(CommandError, match=r"^the server 10\.0\.0\.2 cannot be reached by SSH$"):
        Kamal().status(make_plan())


def test_logs(
    make_plan: MakePlan, two_versions: Programs, capfd: pytest.CaptureFixture[str]
) -> None:
    assert Kamal().logs(make_plan(), follow=True, lines=7) == 0
    assert "GET /items 200" in capfd.readouterr().out
    assert two_versions.read_calls()[-1]["argv"] == [
        *(
            "app",
            "logs",
            "--lines=7",
            "--follow",
            "--version=abc1234",
            "--config-file",
            "config/deploy.yml",
        )
    ]


def test_variables_have_names_and_no_values(make_plan: MakePlan, two_versions: Programs) -> None:
    plan = make_plan(configure(secrets=["DATABASE_URL", "SECRET_KEY", "KAMAL_REGISTRY_PASSWORD"]))
    assert Kamal().env(plan) == [
        Variable("LOG_LEVEL", "plain", is_set=True, value="info"),
        Variable("DATABASE_URL", "secret", is_set=True),
        Variable("SECRET_KEY", "secret", is_set=False),
    ]
    command = two_versions.read_calls()[-1]["argv"]
    assert "--reuse" in command
    assert SECRET not in " ".join(command)
