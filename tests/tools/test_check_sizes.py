"""The size check counts what the rules count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_sizes import check_source, main


def messages(source: str) -> list[str]:
    """Return what the check says about a source."""
    return [offence.message for offence in check_source("module.py", source)]


def test_a_file_of_400_lines_passes_and_one_of_401_does_not() -> None:
    assert messages("x = 1\n" * 400) == []
    assert messages("x = 1\n" * 401) == ["401 lines, at most 400"]


def test_a_table_of_data_counts_as_other_lines_do() -> None:
    items = "\n".join(f"    {number}: 'a'," for number in range(399))

    assert messages(f"TABLE = {{\n{items}\n}}\n") == ["401 lines, at most 400"]


def test_a_function_counts_with_its_signature_and_without_its_docstring() -> None:
    parameters = "".join(f"    parameter_{number}=None,\n" for number in range(10))
    docstring = '    """First.\n' + "    more\n" * 50 + '    """\n'
    body = "    x = 1\n" * 28

    assert messages(f"def long(\n{parameters}):\n{docstring}{body}") == []
    assert messages(f"@cache\ndef long(\n{parameters}):\n{docstring}{body}    x = 2\n") == [
        "long has 41 lines, at most 40"
    ]


def test_nesting_is_counted_in_statements() -> None:
    three = "def f():\n for a in b:\n  if a:\n   with c:\n    d()\n"

    assert messages(three) == []
    assert messages(three + "    while e:\n     g()\n") == ["f nests 4 deep, at most 3"]


def test_an_elif_does_not_nest() -> None:
    chain = "def f():\n if a:\n  b()\n" + " elif c:\n  d()\n" * 10

    assert messages(chain) == []


def test_except_and_case_count_as_their_statement() -> None:
    source = "def f():\n try:\n  a()\n except E:\n  match b:\n   case 1:\n    if c:\n     d()\n"

    assert messages(source) == []


def test_an_inner_function_starts_anew() -> None:
    source = (
        "def f():\n for a in b:\n  for c in d:\n   for e in g:\n    def inner():\n     if h: i()\n"
    )

    assert messages(source) == []


def test_the_command_names_offenders_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * 401)

    assert main([str(tmp_path)]) == 1
    assert f"{tmp_path}/long.py:1: 401 lines, at most 400" in capsys.readouterr().out


def test_the_command_passes_what_is_small(tmp_path: Path) -> None:
    (tmp_path / "short.py").write_text("x = 1\n")

    assert main([str(tmp_path)]) == 0


def test_the_command_refuses_a_folder_that_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["no-such-folder"]) == 2
    assert capsys.readouterr().err == "No such folder: no-such-folder\n"
