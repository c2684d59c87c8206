"""The prose of the package follows its rules; docs/explain/design.md has the benchmark figures."""

from __future__ import annotations

from tests.house.imports import FOLDER
from tools.check_prose import check_source


def test_the_prose_of_every_module_follows_the_rules() -> None:
    """Figures age unseen in comments, for example; the page has them with their commands."""
    offences = [
        str(offence)
        for path in sorted(FOLDER.rglob("*.py"))
        for offence in check_source(str(path.relative_to(FOLDER.parent)), path.read_text("utf-8"))
    ]
    assert offences == []
