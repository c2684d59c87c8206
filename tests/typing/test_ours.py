"""Type checkers know the types of what pronghorn has and FastAPI has not."""

from __future__ import annotations

import shutil

import pytest

from tests.typing.checkers import BUILD, CHECKERS, HERE, marked_line

pytestmark = pytest.mark.timeout(300)
OURS = HERE / "ours"


@pytest.mark.parametrize("checker", CHECKERS)
def test_good_programs_are_accepted_and_each_mistake_is_found(checker: str) -> None:
    folder = BUILD / f"ours-{checker.split(maxsplit=1)[0]}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(OURS, folder)
    for kind in ("good", "wrong"):
        folder.joinpath(kind, "__init__.py").touch()
    # Git ignores the folder, and pyrefly what Git ignores.
    folder.joinpath("pyrefly.toml").write_text("use-ignore-files = false\n", encoding="utf-8")
    wrong = {path.stem: {marked_line(path)} for path in OURS.glob("wrong/*.py")}
    assert wrong
    assert dict(CHECKERS[checker](folder)) == wrong
