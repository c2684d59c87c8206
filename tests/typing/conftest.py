"""The results of all checkers and editors, each taken once for a run of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.typing.checkers import (
    CHECKERS,
    FRAMEWORKS,
    Errors,
    copy_programs,
    run_strict_pyright,
)
from tests.typing.editing import Editor, Jedi, Pyright, start_pyright

#: The errors by framework and checker.
Results = dict[tuple[str, str], Errors]
#: The editors by their name, each for every framework.
Editors = dict[str, dict[str, Editor]]


@pytest.fixture(scope="session")
def results() -> Results:
    """The errors that each checker reports for the programs on each framework."""
    folders = {framework: copy_programs(framework) for framework in FRAMEWORKS}
    runs = {
        (framework, name): check for framework in FRAMEWORKS for name, check in CHECKERS.items()
    }
    runs["pronghorn", "pyright strict"] = run_strict_pyright
    with ThreadPoolExecutor(2) as pool:
        running = {key: pool.submit(check, folders[key[0]]) for key, check in runs.items()}
    return {key: future.result() for key, future in running.items()}


@pytest.fixture(scope="session")
def editors() -> Iterator[Editors]:
    """Jedi and pyright for programs on each framework."""
    with start_pyright() as server:
        yield {
            "jedi": {framework: Jedi(framework) for framework in FRAMEWORKS},
            "pyright": {framework: Pyright(framework, server) for framework in FRAMEWORKS},
        }
