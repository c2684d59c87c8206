"""Kamal itself deploys over SSH to addresses of this machine, onto a Docker that starts nothing.

So the commands are Kamal's: their order, what is uploaded, what kamal-proxy and Docker are told,
what is printed. What a real Docker and a real kamal-proxy do with them is not shown.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Outcome, Plan, Variable
from tests.deploy.proofs.ssh_server import ADDRESSES, SshServers
from tests.deploy.proofs.test_kamal import make_plan

SECRET = "postgresql://app:hunter2-$(touch stolen)@db/shop"
PASSWORD = "registry-pass-word"
FIRST, SECOND = ADDRESSES
MakePlan = Callable[[Sequence[str]], Plan]

# A deployment is some hundred connections.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServers]:
    made = SshServers(tmp_path / "ssh")
    scripts = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", f"{made.folder / 'bin'}:{scripts}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SERVER_FOLDER", str(tmp_path))
    monkeypatch.setenv("KAMAL_REGISTRY_PASSWORD", PASSWORD)
    yield made
    made.stop()


@pytest.fixture
def plan_for(tmp_path: Path, servers: SshServers) -> MakePlan:
    """Return a function that makes a plan for servers, whose files are written."""

    def make(hosts: Sequence[str]) -> Plan:
        folder = tmp_path / "project"
        folder.mkdir()
        ssh = {"keys": [str(servers.folder / "key")], "keys_only": True, "port": servers.port}
        kamal = {"hosts": list(hosts), "extra": {"ssh": ssh}}
        env = {"LOG_LEVEL": "info"}
        made = make_plan(folder, jobs=len(hosts), env=env, timeout=5, kamal=kamal)
        return replace(made, tag="v1", secrets={"DATABASE_URL": SECRET}, timeout=5.0)

    return make


def release(plan: Plan) -> tuple[Outcome, str]:
    lines: list[str] = []
    outcome = Kamal().release(plan, lines.append)
    return outcome, "\n".join(lines)


def find(servers: SshServers, address: str, *words: str) -> list[str]:
    """Return the calls of `docker` on a server that have all words."""
    calls = [" ".join(call["argv"]) for call in servers.read_calls(address)]
    return [call for call in calls if all(word in call for word in words)]


def test_two_versions_and_back(plan_for: MakePlan, servers: SshServers) -> None:
    plan = plan_for([FIRST])
    assert Kamal().check(plan) == []
    first, text = release(plan)
    assert first.state == "ready", (first, text)
    check_commands(servers)
    check_secrets(servers, plan, text)
    second, text = release(replace(plan, tag="v2"))
    assert second.state == "ready", (second, text)
    assert servers.list_running(FIRST) == ["shop-jobs-v2", "shop-web-v2"]
    assert sorted(Kamal().status(plan)) == [
        (f"jobs on {FIRST}", "running", "v2, Up 3 minutes"),
        (f"web on {FIRST}", "running", "v2, Up 3 minutes"),
    ]
    assert Kamal().env(plan) == [
        Variable("LOG_LEVEL", "plain", is_set=True, value="info"),
        Variable("DATABASE_URL", "secret", is_set=True),
    ]
    back = Kamal().rollback(replace(plan, tag=""), lambda line: None)
    assert (back.state, back.old_serves) == ("ready", True), back
    assert servers.list_running(FIRST) == ["shop-jobs-v1", "shop-web-v1"]
    assert len(find(servers, FIRST, "run --rm", "db upgrade")) == 2, "a rollback changes no table"


def check_commands(servers: SshServers) -> None:
    """Check what Docker and kamal-proxy are told."""
    (web,) = find(servers, FIRST, "run --detach", "shop-web-v1")
    assert "--stop-timeout 35" in web
    assert web.endswith("--log-format json")
    (jobs,) = find(servers, FIRST, "run --detach", "shop-jobs-v1")
    assert (
        '--health-cmd python -c "import urllib.request; '
        "urllib.request.urlopen('http://127.0.0.1:9000/ready', timeout=3)\" --health-interval 5s"
    ) in jobs
    (proxy,) = find(servers, FIRST, "kamal-proxy deploy", "shop-web")
    for option in (
        "--health-check-path=/ready",
        "--deploy-timeout=5s",
        "--drain-timeout=35s",
        "--buffer-responses=false",
        "--forward-headers=false",
    ):
        assert option in proxy, proxy


def check_secrets(servers: SshServers, plan: Plan, text: str) -> None:
    """Check that secrets arrive, and where they are not."""
    line = f"DATABASE_URL={SECRET}"
    calls = servers.read_calls(FIRST)
    given = [
        call["variables"]
        for call in calls
        if call["argv"][0] == "run" and "kamal-proxy" not in call["argv"]
    ]
    assert len(given) == 3, "the migration, the application and the jobs"
    assert all(line in variables.splitlines() for variables in given)
    assert not find(servers, FIRST, "hunter2")
    for file in servers.path_of(FIRST).rglob("*.env"):
        assert file.stat().st_mode & 0o077 == 0, file
    assert "hunter2" not in text
    assert PASSWORD not in text
    assert not list(servers.folder.parent.rglob("stolen"))
    written = [path for path in plan.folder.rglob("*") if path.is_file()]
    assert not [path for path in written if b"hunter2" in path.read_bytes()]


def test_deployments_that_fail(plan_for: MakePlan, servers: SshServers) -> None:
    plan = plan_for([FIRST])
    assert release(plan)[0].state == "ready"
    broken = servers.path_of(FIRST) / "broken-migration"
    broken.touch()
    assert release(replace(plan, tag="v2"))[0] == Outcome(
        "failed",
        "the migrations failed: Error: the migration 0002 failed: column price exists",
        old_serves=True,
    )
    broken.unlink()
    (servers.path_of(FIRST) / "unhealthy").write_text("v3", "utf-8")
    outcome, _ = release(replace(plan, tag="v3"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert "did not answer /ready with 200 within 5 seconds" in outcome.message
    assert servers.list_running(FIRST) == ["shop-jobs-v1", "shop-web-v1"]
    servers.stop()
    assert release(replace(plan, tag="v4"))[0] == Outcome(
        "failed", f"the server {FIRST} cannot be reached by SSH. Nothing was changed"
    )


def test_the_second_server_is_never_ready(plan_for: MakePlan, servers: SshServers) -> None:
    plan = plan_for(ADDRESSES)
    assert release(plan)[0].state == "ready"
    (servers.path_of(SECOND) / "unhealthy").write_text("v2", "utf-8")
    outcome, text = release(replace(plan, tag="v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True), (outcome, text)
    assert outcome.message.endswith(f"{FIRST} went back to the old version")
    for address in ADDRESSES:
        assert servers.list_running(address) == ["shop-jobs-v1", "shop-web-v1"]
