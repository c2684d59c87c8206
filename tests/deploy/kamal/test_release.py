"""Hand over to Kamal: the order of the steps, every way to fail, and where secrets go."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.kamal import release as release_module
from pronghorn.deploy.target import Outcome, Plan
from tests.deploy.kamal.conftest import HOSTS, PASSWORD, SECRET, configure
from tests.deploy.kamal.programs import Programs

MakePlan = Callable[..., Plan]
ROLES = {"web": HOSTS, "jobs": HOSTS}
UNHEALTHY = (
    "  ERROR (SSHKit::Command::Failed): Exception while executing on host 10.0.0.1: docker "
    "exit status: 1\n"
    "docker stdout: Nothing written\n"
    "docker stderr: Error: target failed to become healthy within configured timeout (180s)"
)
AWAY = (
    "  ERROR (Net::SSH::ConnectionTimeout): Exception while executing on host 10.0.0.2: "
    "Net::SSH::ConnectionTimeout"
)


def release(plan: Plan) -> tuple[Outcome, list[str]]:
    """Release, and return the outcome and the lines for the user."""
    lines: list[str] = []
    return Kamal().release(plan, lines.append), lines


def test_the_steps(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    outcome, lines = release(make_plan())
    assert outcome == Outcome("ready", "abc1234 serves on 10.0.0.1 and 10.0.0.2", old_serves=False)
    assert programs.list_commands() == [
        "config",
        "app version",
        "app version",
        "registry login",
        "build push",
        "deploy",
    ]
    assert programs.versions() == programs.versions("jobs") == dict.fromkeys(HOSTS, "abc1234")
    assert "  Finished all in 12.3 seconds" in lines


def test_the_first_deployment(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve(None, ROLES)
    assert release(make_plan())[0].state == "ready"


def test_an_image_that_is_built_already(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    assert release(make_plan(build=False))[0].state == "ready"
    assert "build push" not in programs.list_commands()
    assert "registry login" not in programs.list_commands()


def test_secrets_go_by_the_environment(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    plan = make_plan()
    _, lines = release(plan)
    calls = programs.read_calls()
    for call in calls:
        assert call["env"]["DATABASE_URL"] == SECRET
        assert call["env"]["KAMAL_REGISTRY_PASSWORD"] == PASSWORD
        assert call["stdin"] == ""
        assert call["folder"] == str(plan.folder)
        assert "--config-file config/deploy.yml" in " ".join(call["argv"])
    (ssh,) = programs.read_calls("ssh")
    words = [
        word for call in (*calls, ssh, *programs.read_calls("docker")) for word in call["argv"]
    ]
    assert not [word for word in [*words, *lines] if SECRET in word or PASSWORD in word]
    files = [path for path in plan.folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not [path for path in files if SECRET in path.read_text("utf-8")]


def test_the_hook_migrates_before_the_new_version_serves(
    make_plan: MakePlan, programs: Programs
) -> None:
    programs.serve("old", ROLES)
    release(make_plan())
    inspect, create, run = programs.read_calls("docker")
    assert inspect["argv"] == ["network", "inspect", "kamal"]
    assert create["argv"] == ["network", "create", "kamal"]
    assert run["argv"] == [
        *("run", "--rm", "--network", "kamal", "--env-file", "/dev/stdin"),
        *("registry.example.com/shop:abc1234", "pronghorn", "db", "upgrade", "shop.main:app"),
    ]
    assert run["variables"] == f"LOG_LEVEL=info\nDATABASE_URL={SECRET}\n"
    (ssh,) = programs.read_calls("ssh")
    assert "root@10.0.0.1" in ssh["argv"]


def error_of(text: str, **more: Any) -> dict[str, Any]:
    """Let a command of Kamal end with a text on its standard error."""
    return {"code": 1, "err": text, **more}


#: What breaks, how the deploy ends, and the last command; `old` serves before, and afterwards.
FAILURES: dict[str, tuple[dict[str, dict[str, Any]], Outcome, str]] = {
    "Kamal refuses the file": (
        {"config": error_of("  ERROR (Kamal::ConfigurationError): unknown key: sevice")},
        Outcome(
            "failed",
            "Kamal refuses config/deploy.yml: ERROR (Kamal::ConfigurationError): unknown key: "
            "sevice",
        ),
        "config",
    ),
    "a server is away": (
        {"app version": error_of(AWAY)},
        Outcome("failed", "the server 10.0.0.2 cannot be reached by SSH. Nothing was changed"),
        "app version",
    ),
    "the password is wrong": (
        {"registry login": error_of("docker stderr: Error response from daemon: unauthorized")},
        Outcome(
            "failed",
            "the image was not built and sent: the registry registry.example.com does not accept "
            "the user and the password",
            old_serves=True,
        ),
        "registry login",
    ),
    "the registry is away": (
        {"registry login": error_of("docker stderr: dial tcp: lookup registry: no such host")},
        Outcome(
            "failed",
            "the image was not built and sent: the registry registry.example.com cannot be reached",
            old_serves=True,
        ),
        "registry login",
    ),
    "the image cannot be built": (
        {"build push": error_of("docker stderr: ERROR: failed to solve: exit code: 2")},
        Outcome(
            "failed",
            "the image was not built and sent: ERROR: failed to solve: exit code: 2",
            old_serves=True,
        ),
        "build push",
    ),
    "the disk is full": (
        {"build push": error_of("write /x: no space left on device")},
        Outcome(
            "failed",
            "the image was not built and sent: a disk is full, here or on a server",
            old_serves=True,
        ),
        "build push",
    ),
    "another deployment": (
        {"deploy": error_of("  ERROR (Kamal::Cli::LockError): Deploy lock found. Run 'kamal'")},
        Outcome(
            "failed",
            "another deployment has Kamal's lock; `kamal lock status` says whose, and `kamal lock "
            "release` removes one that was left behind",
            old_serves=True,
        ),
        "app version",
    ),
    "never ready": (
        {"deploy": error_of(UNHEALTHY)},
        Outcome(
            "failed",
            "the new version on 10.0.0.1 did not answer /ready with 200 within 180 seconds; `kamal "
            "app logs` and `kamal proxy logs` say more",
            old_serves=True,
        ),
        "app version",
    ),
    "the connection is lost": (
        {"deploy": error_of(AWAY), "app version": error_of(AWAY, after=2)},
        Outcome(
            "unknown",
            "the server 10.0.0.2 cannot be reached by SSH. What runs now is not known: the server "
            "10.0.0.2 cannot be reached by SSH",
        ),
        "app version",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_one_sentence_and_nothing_has_changed(
    make_plan: MakePlan, programs: Programs, name: str
) -> None:
    effects, expected, last = FAILURES[name]
    programs.serve("old", ROLES)
    for command, effect in effects.items():
        programs.let(command, **effect)
    assert release(make_plan())[0] == expected
    assert programs.list_commands()[-1] == last
    assert programs.versions() == programs.versions("jobs") == dict.fromkeys(HOSTS, "old")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("broken-migration", "Error: the migration 0002 failed: column price exists"),
        ("no-ssh", "ssh: connect to host 10.0.0.1 port 22: Connection refused"),
    ],
)
def test_migrations_that_fail(
    make_plan: MakePlan, programs: Programs, broken: str, reason: str
) -> None:
    programs.serve("old", ROLES)
    (programs.folder / broken).touch()
    message = f"the migrations failed: {reason}"
    assert release(make_plan())[0] == Outcome("failed", message, old_serves=True)
    assert programs.versions() == dict.fromkeys(HOSTS, "old")


def test_a_failure_after_every_server_has_switched(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    text = "Hook `post-deploy` failed:\npost-deploy stderr: no webhook"
    programs.let("deploy", code=1, err=text, switches=HOSTS)
    assert release(make_plan())[0] == Outcome(
        "ready",
        "abc1234 serves everywhere, but Kamal failed later: the hook post-deploy failed: no "
        "webhook",
        old_serves=False,
    )


def test_an_old_version_that_was_stopped_is_not_said_to_serve(
    make_plan: MakePlan, programs: Programs
) -> None:
    programs.serve("old", ROLES)
    programs.let("deploy", stops=True, **error_of(UNHEALTHY))
    outcome, _ = release(make_plan())
    assert (outcome.state, outcome.old_serves) == ("failed", False)


def test_an_old_version_that_has_ended_meanwhile(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let("deploy", code=1, err=UNHEALTHY, ends=True)
    outcome, _ = release(make_plan())
    assert (outcome.state, outcome.old_serves) == ("failed", False)


def test_the_first_version_is_never_ready(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve(None, ROLES)
    programs.let("deploy", code=1, err=UNHEALTHY)
    outcome, _ = release(make_plan())
    assert (outcome.state, outcome.old_serves) == ("failed", None)


def test_servers_that_have_switched_go_back(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let("deploy", code=1, err=UNHEALTHY.replace("0.1:", "0.2:"), switches=["10.0.0.1"])
    outcome, lines = release(make_plan())
    assert outcome == Outcome(
        "failed",
        "the new version on 10.0.0.2 did not answer /ready with 200 within 180 seconds; `kamal app "
        "logs` and `kamal proxy logs` say more. 10.0.0.1 went back to the old version",
        old_serves=True,
    )
    assert "Back to old on 10.0.0.1" in lines
    assert programs.versions() == programs.versions("jobs") == dict.fromkeys(HOSTS, "old")
    assert len(programs.read_calls("ssh")) == 0, "a rollback changes no table"


def test_a_new_server_does_not_keep_the_others_from_going_back(
    make_plan: MakePlan, programs: Programs
) -> None:
    programs.serve("old", {"web": HOSTS[:1], "jobs": HOSTS[:1]})
    programs.serve(None, {"web": HOSTS[1:], "jobs": HOSTS[1:]})
    third = "10.0.0.3"
    programs.serve("old", {"web": [third]})
    programs.let("deploy", code=1, err=UNHEALTHY, switches=HOSTS)
    outcome, _ = release(make_plan(configure(kamal={"hosts": [*HOSTS, third]})))
    assert programs.versions() == {HOSTS[0]: "old", HOSTS[1]: "abc1234", third: "old"}
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert outcome.message.endswith(
        "10.0.0.1 went back to the old version; the new version stays on 10.0.0.2, with no other "
        "one to go back to"
    )


def test_a_server_that_cannot_go_back(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let("deploy", code=1, err=UNHEALTHY, switches=["10.0.0.1"])
    programs.let("rollback", code=1, err=AWAY)
    outcome, _ = release(make_plan())
    assert (outcome.state, outcome.old_serves) == ("unknown", None)
    assert outcome.message.endswith(
        "10.0.0.1 could not go back to old: the server 10.0.0.2 cannot be reached by SSH"
    )


def test_the_same_version_again(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("abc1234", ROLES)
    assert release(make_plan())[0].state == "ready"


def test_kamal_hangs(
    make_plan: MakePlan, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.serve("old", ROLES)
    programs.let("deploy", seconds=300)
    monkeypatch.setattr(release_module, "SECONDS_BESIDE", 0.5)
    plan = make_plan(configure(timeout=0.2, grace=1), timeout=0.2)
    outcome, _ = release(plan)
    assert outcome.state == "unknown"
    assert outcome.message.startswith("Kamal had not finished after ")
    assert "kamal lock release" in outcome.message


@contextmanager
def interrupted_at(programs: Programs, command: str) -> Iterator[None]:
    """Press Ctrl+C as soon as a command runs."""

    def press() -> None:
        programs.wait_for(command)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_an_interrupt_while_servers_switch(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let("deploy", seconds=300)
    plan = make_plan()
    with interrupted_at(programs, "deploy"):
        outcome, _ = release(plan)
    assert outcome.state == "unknown"
    assert outcome.message.startswith("Kamal was interrupted; `kamal lock status`")


def test_an_interrupt_while_the_image_is_built(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let("build push", seconds=300)
    plan = make_plan()
    with interrupted_at(programs, "build push"):
        outcome, _ = release(plan)
    assert outcome == Outcome("failed", "interrupted before anything was changed", old_serves=True)


def test_no_message_has_a_secret(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let(
        "build push", code=1, out=f"got {PASSWORD}", err=f"cannot read {SECRET} {PASSWORD}"
    )
    outcome, lines = release(make_plan())
    assert outcome.message == "the image was not built and sent: cannot read ********** **********"
    assert "got **********" in lines


def test_the_colours_of_kamal_are_left_out(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    programs.let("build push", code=1, out="\x1b[0;35mBuild\x1b[0m", err="\x1b[31mno space\x1b[0m")
    outcome, lines = release(make_plan())
    assert outcome.message == "the image was not built and sent: no space"
    assert "Build" in lines


def test_a_project_without_git_has_a_version(make_plan: MakePlan, programs: Programs) -> None:
    programs.serve("old", ROLES)
    release(make_plan())
    assert all("--version=abc1234" in call["argv"] for call in programs.read_calls())
