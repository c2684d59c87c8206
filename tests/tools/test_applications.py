"""The suites of applications: their descriptions, and the expected results of their runs."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tools import applications
from tools.applications import Suite, all_suites, complaints, read_suite, unpack
from tools.conformance.gaps import judge, read_gaps
from tools.conformance.outcomes import Outcomes, parse_junit
from tools.environment import PreparationError

DESCRIPTION = """
distribution = "shop"
version = "1.0"
sha256 = "{sha256}"
least = 1
tests = ["tests"]

[files]
"settings.json" = "tests/settings.json"

[[gap]]
file = "tests/test_shop.py"
tests = ["test_network"]
why = "Asks a server."
"""
REPORT = """<testsuites><testsuite>
  <testcase classname="tests.test_shop" name="test_sells" />
  <testcase classname="tests.test_shop" name="test_network">{network}</testcase>
  {more}
</testsuite></testsuites>"""
FAILED = '<failure message="no route to host" />'
BROKEN = f'<testcase classname="tests.test_shop" name="test_closes">{FAILED}</testcase>'


def outcomes(network: str = FAILED, more: str = "") -> Outcomes:
    return parse_junit(REPORT.format(network=network, more=more), ["tests/test_shop.py"])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """An application whose archive is downloaded already."""
    work, home = tmp_path / "work", tmp_path / "applications" / "shop"
    work.mkdir()
    home.mkdir(parents=True)
    monkeypatch.setattr(applications, "ROOT", tmp_path)
    monkeypatch.setattr(applications, "WORK", work)
    monkeypatch.setattr(applications, "APPLICATIONS", home.parent)
    content = b"def test_sells(): pass\n"
    with tarfile.open(work / "shop-1.0.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("shop-1.0/tests/test_shop.py")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    sha256 = hashlib.sha256((work / "shop-1.0.tar.gz").read_bytes()).hexdigest()
    (home / "suite.toml").write_text(DESCRIPTION.format(sha256=sha256))
    (home / "settings.json").write_text("{}")
    return read_suite(home)


def test_every_application_is_pinned_with_a_hash_and_says_what_fails() -> None:
    assert len(all_suites()) >= 3
    for suite in all_suites():
        pinned = suite.requirements.read_text().split()
        assert all("==" in line for line in pinned)
        assert any(line.startswith("fastapi==") for line in pinned)
        assert all(gap.why for gap in read_gaps(suite.settings))
        if suite.distribution:
            assert f"{suite.distribution}=={suite.version}" in pinned
            assert len(suite.sha256 or "") == 64


def test_an_archive_is_unpacked_and_completed(shop: Suite) -> None:
    folder = unpack(shop, Path("python"))

    assert (folder / "tests" / "test_shop.py").is_file()
    assert (folder / "tests" / "settings.json").read_text() == "{}"


def test_an_archive_with_another_hash_is_not_used(shop: Suite) -> None:
    other = replace(shop, sha256="0" * 64)

    with pytest.raises(FileNotFoundError, match="no-such-python"):  # It would be downloaded.
        unpack(other, Path("no-such-python"))


def test_a_description_with_an_unknown_key_is_refused(shop: Suite) -> None:
    shop.settings.write_text('least = 1\ntests = ["tests"]\nflavour = "mild"\n')

    with pytest.raises(PreparationError, match=r"suite\.toml.*flavour"):
        read_suite(shop.home)


def test_a_distribution_without_a_hash_is_refused(shop: Suite) -> None:
    shop.settings.write_text('least = 1\ntests = ["tests"]\ndistribution = "shop"\n')

    with pytest.raises(PreparationError, match="`version` and `sha256`"):
        read_suite(shop.home)


def complaints_of(shop: Suite, found: Outcomes) -> list[str]:
    return complaints(shop, found, judge(found, read_gaps(shop.settings), {}))


def test_a_run_as_described_has_nothing_to_complain_of(shop: Suite) -> None:
    assert complaints_of(shop, outcomes()) == []


def test_a_failing_test_that_is_not_listed_is_named_with_its_reason(shop: Suite) -> None:
    assert complaints_of(shop, outcomes(more=BROKEN)) == [
        "Fail, and suite.toml does not say why: 1",
        "  tests/test_shop.py::test_closes",
        "tests/test_shop.py::test_closes  no route to host",
        "tests/test_shop.py::test_network  no route to host",
    ]


def test_a_listed_test_that_passes_is_named(shop: Suite) -> None:
    assert complaints_of(shop, outcomes(network="")) == [
        "Pass, and suite.toml lists them: remove them there: 1",
        "  tests/test_shop.py::test_network",
    ]


def test_fewer_tests_than_there_were_are_noticed(shop: Suite) -> None:
    shop = replace(shop, least=2)

    assert complaints_of(shop, outcomes()) == ["1 tests passed, and suite.toml wants 2."]
