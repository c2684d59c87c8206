"""The image is built and pushed by a program on the PATH, here one that records its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Outcome
from tests.deploy.kubernetes.api_server import ApiServer
from tests.deploy.kubernetes.conftest import DATABASE_URL, MakePlan
from tests.deploy.kubernetes.deploying import deploy_first, write_files

SCRIPT = """#!/bin/sh
echo "$(basename "$0") $*" >> {record}
env >> {record}.env
echo "working"
if [ "$1" = "{fails}" ]; then echo "denied: no such registry" >&2; exit 1; fi
"""


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "record"


def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Path, name: str, fails: str = ""
) -> None:
    """Put a builder on the PATH, on which no other builder is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / name
    program.write_text(SCRIPT.format(record=record, fails=fails), "utf-8")
    program.chmod(0o755)
    for tool in ("sh", "basename", "env"):
        found = next(
            Path(place, tool) for place in ("/bin", "/usr/bin") if Path(place, tool).exists()
        )
        (folder / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))


def release(make_plan: MakePlan, tag: str = "v1") -> tuple[Outcome, list[str]]:
    plan = make_plan(tag, build=True)
    write_files(plan)
    said: list[str] = []
    return Kubernetes().release(plan, said.append), said


@pytest.mark.parametrize("builder", ["docker", "podman", "buildah"])
def test_the_image_is_built_and_pushed(
    cluster: ApiServer,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record: Path,
    builder: str,
) -> None:
    install(tmp_path, monkeypatch, record, builder)
    outcome, said = release(make_plan)
    assert outcome.state == "ready"
    assert record.read_text("utf-8").splitlines() == [
        f"{builder} build --tag registry.example.com/shop:v1 --file Dockerfile .",
        f"{builder} push registry.example.com/shop:v1",
    ]
    assert said.count("working") == 2
    environment = record.with_name("record.env").read_text("utf-8")
    assert DATABASE_URL not in environment


@pytest.mark.parametrize(("step", "what"), [("build", "built"), ("push", "pushed")])
def test_an_image_that_does_not_get_to_the_registry_changes_nothing(
    cluster: ApiServer,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record: Path,
    step: str,
    what: str,
) -> None:
    deploy_first(make_plan("v1"))
    install(tmp_path, monkeypatch, record, "docker", fails=step)
    outcome, _ = release(make_plan, "v2")
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert f"could not be {what}: denied: no such registry" in outcome.message
    assert cluster.serving() == {"v1"}


def test_without_a_builder(
    cluster: ApiServer,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record: Path,
) -> None:
    install(tmp_path, monkeypatch, record, "another")
    outcome, _ = release(make_plan)
    assert outcome.state == "failed"
    assert "docker, podman or buildah" in outcome.message


def test_a_cluster_that_refuses_is_asked_before_the_build(
    cluster: ApiServer,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record: Path,
) -> None:
    install(tmp_path, monkeypatch, record, "docker")
    cluster.forbidden = {("patch", "deployments")}
    outcome, _ = release(make_plan)
    assert outcome.state == "failed"
    assert not record.exists()


@pytest.mark.parametrize(
    ("user", "is_number"),
    [("app", False), ("app:app", False), ("10001", True), ("10001:app", True), ("${U}", False)],
)
def test_a_node_has_to_know_the_number_of_the_user(
    make_plan: MakePlan, user: str, is_number: bool
) -> None:
    plan = make_plan(build=True)
    (plan.folder / "Dockerfile").write_text(f"FROM python:3.13-slim\nUSER {user}\n", "utf-8")
    sentence = (
        f"Dockerfile, line 2: USER {user} is no number, so a node cannot know that it is not root "
        "and starts no container: write a number such as 10001"
    )
    assert Kubernetes().check(plan) == ([] if is_number else [sentence])
