"""The prose of the package follows its rules; docs/explain/design.md has the benchmark figures."""

from __future__ import annotations

from tests.house.imports import FOLDER
from tools.check_prose import PENDING, check_source, is_pending


def test_the_prose_of_every_finished_module_follows_the_rules() -> None:
    root = FOLDER.parent
    files = [path.relative_to(root) for path in sorted(FOLDER.rglob("*.py"))]
    offences = [
        str(offence)
        for path in files
        if not is_pending(path, PENDING)
        for offence in check_source(str(path), (root / path).read_text("utf-8"))
    ]
    assert offences == []


def test_comments_contain_no_benchmark_figures() -> None:
    """Figures age unseen in comments; docs/explain/design.md has them with their commands."""
    offences = [
        str(offence)
        for path in sorted(FOLDER.rglob("*.py"))
        for offence in check_source(str(path), path.read_text("utf-8"))
        if "benchmark figure" in offence.message
    ]
    assert offences == []
