"""Kamal itself deploys over SSH to two addresses of this machine, onto a Docker that starts nothing.

So the commands are Kamal's: their order, what is uploaded, what kamal-proxy and Docker are told, what
is printed. What a real Docker and a real kamal-proxy do with them is not shown.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Outcome, Plan, Variable
from tests.deploy.proofs.ssh_server import ADDRESSES, SshServers
from tests.deploy.proofs.test_kamal import make_plan

SECRET = "postgresql://app:hunter2-$(touch stolen)@db/shop"
PASSWORD = "registry-pass-word"


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
def plan(tmp_path: Path, servers: SshServers) -> Plan:
    """A plan for both servers, whose files are written."""
    folder = tmp_path / "project"
    folder.mkdir()
    ssh = {"keys": [str(servers.folder / "key")], "keys_only": True, "port": servers.port}
    kamal = {"hosts": list(ADDRESSES), "extra": {"ssh": ssh}}
    made = make_plan(folder, jobs=2, env={"LOG_LEVEL": "info"}, timeout=5, kamal=kamal)
    return replace(made, tag="v1", secrets={"DATABASE_URL": SECRET}, timeout=5.0)


def release(plan: Plan) -> tuple[Outcome, str]:
    lines: list[str] = []
    outcome = Kamal().release(plan, lines.append)
    return outcome, "\n".join(lines)


def find(servers: SshServers, address: str, *words: str) -> list[list[str]]:
    """Return the calls of `docker` on a server that have all words."""
    calls = [call["argv"] for call in servers.read_calls(address)]
    return [argv for argv in calls if all(word in " ".join(argv) for word in words)]


def test_two_versions_and_back(plan: Plan, servers: SshServers) -> None:
    assert Kamal().check(plan) == []
    first, text = release(plan)
    assert first.state == "ready", (first, text)
    second, text = release(replace(plan, tag="v2"))
    assert second.state == "ready", (second, text)
    for address in ADDRESSES:
        assert servers.list_running(address) == ["shop-jobs-v2", "shop-web-v2"]
    status = Kamal().status(plan)
    assert {
        (part, state, detail.split(",")[0]) for part, state, detail in status
    } == {
        (f"{role} on {address}", "running", "v2")
        for role in ("web", "jobs")
        for address in ADDRESSES
    }
    back = Kamal().rollback(replace(plan, tag=""), lambda line: None)
    assert (back.state, back.old_serves) == ("ready", True), back
    for address in ADDRESSES:
        assert servers.list_running(address) == ["shop-jobs-v1", "shop-web-v1"]


def test_what_docker_and_the_proxy_are_told(plan: Plan, servers: SshServers) -> None:
    outcome, text = release(plan)
    assert outcome.state == "ready", (outcome, text)
    for address in ADDRESSES:
        (web,) = find(servers, address, "run --detach", "shop-web-v1")
        assert "--stop-timeout 35" in " ".join(web)
        assert " ".join(web).endswith("--log-format json")
        (jobs,) = find(servers, address, "run --detach", "shop-jobs-v1")
        probe = next(jobs[at + 1] for at, word in enumerate(jobs) if word == "--health-cmd")
        assert probe == (
            'python -c "import urllib.request; '
            "urllib.request.urlopen('http://127.0.0.1:9000/ready', timeout=3)\""
        )
        (proxy,) = find(servers, address, "kamal-proxy deploy", "shop-web")
        for option in (
            "--health-check-path=/ready",
            "--deploy-timeout=5s",
            "--drain-timeout=35s",
            "--buffer-responses=false",
            "--forward-headers=false",
        ):
            assert option in " ".join(proxy).replace('"', ""), option
    assert find(servers, ADDRESSES[0], "run --rm", "db upgrade")
    assert not find(servers, ADDRESSES[1], "db upgrade")


def test_where_secrets_are(plan: Plan, servers: SshServers, tmp_path: Path) -> None:
    outcome, text = release(plan)
    assert outcome.state == "ready", (outcome, text)
    line = f"DATABASE_URL={SECRET}"
    for address in ADDRESSES:
        calls = servers.read_calls(address)
        started = [call for call in calls if call["argv"][:2] == ["run", "--detach"]]
        variables = [call["variables"] for call in started if "shop-" in " ".join(call["argv"])]
        assert len(variables) == 2
        assert all(line in given.splitlines() for given in variables)
        assert not [call for call in calls if "hunter2" in " ".join(call["argv"])]
        for file in servers.path_of(address).rglob("*.env"):
            assert file.stat().st_mode & 0o077 == 0, file
    (migrated,) = [call for call in servers.read_calls(ADDRESSES[0]) if "upgrade" in call["argv"]]
    assert line in migrated["variables"].splitlines()
    assert "hunter2" not in text
    assert PASSWORD not in text
    assert not list(tmp_path.rglob("stolen"))
    written = [path for path in plan.folder.rglob("*") if path.is_file()]
    assert not [path for path in written if b"hunter2" in path.read_bytes()]


def test_a_version_that_is_never_ready(plan: Plan, servers: SshServers) -> None:
    assert release(plan)[0].state == "ready"
    (servers.path_of("127.0.0.1") / "unhealthy").write_text("v2", "utf-8")
    outcome, _ = release(replace(plan, tag="v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert "did not answer /ready with 200 within 5 seconds" in outcome.message
    for address in ADDRESSES:
        assert servers.list_running(address) == ["shop-jobs-v1", "shop-web-v1"]


def test_the_second_server_is_never_ready(plan: Plan, servers: SshServers) -> None:
    assert release(plan)[0].state == "ready"
    (servers.path_of("127.0.0.2") / "unhealthy").write_text("v2", "utf-8")
    outcome, text = release(replace(plan, tag="v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True), (outcome, text)
    assert "went back to the old version" in outcome.message
    for address in ADDRESSES:
        assert servers.list_running(address) == ["shop-jobs-v1", "shop-web-v1"]


def test_a_migration_that_fails(plan: Plan, servers: SshServers) -> None:
    assert release(plan)[0].state == "ready"
    (servers.path_of("127.0.0.1") / "broken-migration").touch()
    outcome, _ = release(replace(plan, tag="v2"))
    assert outcome == Outcome(
        "failed",
        "the migrations failed: Error: the migration 0002 failed: column price exists",
        old_serves=True,
    )
    assert servers.list_running("127.0.0.1") == ["shop-jobs-v1", "shop-web-v1"]


def test_servers_that_are_away(plan: Plan, servers: SshServers) -> None:
    servers.stop()
    outcome, _ = release(plan)
    assert outcome.state == "failed"
    assert "cannot be reached by SSH" in outcome.message
    assert outcome.message.endswith("Nothing was changed")


def test_variables_of_the_running_version(plan: Plan, servers: SshServers) -> None:
    assert release(plan)[0].state == "ready"
    assert Kamal().env(plan) == [
        Variable("LOG_LEVEL", "plain", is_set=True, value="info"),
        Variable("DATABASE_URL", "secret", is_set=True),
    ]
