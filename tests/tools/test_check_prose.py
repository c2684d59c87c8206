"""The prose check finds each offence, and nothing in prose that follows the rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_prose import check_source, main

PATH = "pronghorn/shop.py"


def messages(source: str, path: str = PATH) -> list[str]:
    """Return the line and the message of each offence."""
    return [f"{one.line}: {one.message}" for one in check_source(path, source)]


GOOD = '''
"""Read items.

- `items.py`: the items of a shop
"""

#: Seconds after which a worker is stopped; orchestrators allow 30.
LIMIT = 25


class Item:
    """An item.

    Attributes:
        name: Its name in `shop.db`.
    """

    name: str
    """Shown to customers.

    ```
    fenced
    ```
    """

    @property
    def written(self) -> bool:
        """Whether the item is in the database."""

    def embed(self) -> None:
        """Embed the item."""  # It needs 20 lines.


def is_known(name: str) -> bool:
    """Return True if an item has this name.

    Args:
        name: The name.
    """
'''


def test_prose_that_follows_the_rules_passes() -> None:
    assert messages(GOOD) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('"""Read ``items``."""', "1: code is written in single backticks"),
        ("x = 1  # as ``x``", "1: code is written in single backticks"),
        ('class A:\n    x = 1\n    """An ``x``."""', "3: code is written in single backticks"),
        (
            'def f(a):\n    """Do.\n\n    - `a`: b\n    """',
            "2: parameters are documented under Args:",
        ),
        ('"""What it does."""', '1: a docstring starts with a subject or a verb, not with "What"'),
        (
            'def f():\n    """The same again."""',
            '2: a docstring starts with a subject or a verb, not with "The"',
        ),
        ("def written(): ...", "1: written: a function is named by a verb"),
        ("async def _merged_items(): ...", "1: _merged_items: a function is named by a verb"),
        (
            "# Faster:\n# 3 microseconds less.",
            '1: a benchmark figure ("3 microseconds") belongs in docs/explain/design.md',
        ),
        (
            '"""Cache it: a tenth of\na request."""',
            '1: a benchmark figure ("a tenth of a request") belongs in docs/explain/design.md',
        ),
        (
            "x = 1  # 1.5 times faster",
            '1: a benchmark figure ("5 times faster") belongs in docs/explain/design.md',
        ),
    ],
)
def test_an_offence_is_found(source: str, message: str) -> None:
    assert messages(source) == [message]


@pytest.mark.parametrize("opening", ["Where", "Who", "Which", "How", "Likewise"])
def test_relative_clauses_do_not_open_a_docstring(opening: str) -> None:
    assert len(messages(f'"""{opening} it is."""')) == 1


def test_figures_may_stand_outside_of_the_package() -> None:
    assert messages("# It takes 3 ms.", "benchmarks/run.py") == []


def test_text_in_the_program_is_not_prose() -> None:
    assert messages('HELP = "``x``: 3 ms"') == []


def test_every_file_of_a_folder_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "wrong.py").write_text('"""What."""')
    (tmp_path / "right.py").write_text('"""Add."""')
    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "inside/wrong.py:1: a docstring starts" in printed
    assert printed.endswith("2 files checked: 1 found.\n")
    (tmp_path / "inside" / "wrong.py").unlink()
    assert main([str(tmp_path)]) == 0


def test_folders_must_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-folder"]) == 2
    assert "no-such-folder" in capsys.readouterr().err
