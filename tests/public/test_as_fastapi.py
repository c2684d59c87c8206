"""The alias `fastapi`: each test runs a program, since imports belong to a process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import pronghorn

PROJECT = Path(pronghorn.__file__).parent.parent

NOT_INSTALLED = """
import sys


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "fastapi":
            raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")


sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture(params=["installed", "not installed"])
def prelude(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Code to start a program with; FastAPI is installed in it, or it is not."""
    if request.param == "not installed":
        return NOT_INSTALLED
    install_fastapi(tmp_path)
    return ""


def install_fastapi(folder: Path) -> None:
    """Put another package of that name on the path, as installing FastAPI does."""
    for package in ("fastapi", "fastapi/security"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("")
    (folder / "fastapi" / "routing.py").write_text("")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(PROJECT)])}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def check(folder: Path, code: str) -> str:
    """Run a program that must succeed, with warnings as errors, and return what it prints."""
    done = run(folder, "-W", "error", "-c", textwrap.dedent(code))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_form_of_import_gives_pronghorns_own_modules(tmp_path: Path, prelude: str) -> None:
    check(
        tmp_path,
        prelude
        + textwrap.dedent("""
        import pronghorn.as_fastapi
        import fastapi
        import fastapi.openapi.models as models
        import fastapi.security
        from fastapi import exceptions
        from fastapi.exceptions import HTTPException
        from fastapi.security.base import SecurityBase

        import pronghorn.openapi.models
        import pronghorn.security.base

        assert fastapi is pronghorn
        assert models is pronghorn.openapi.models
        assert fastapi.security is pronghorn.security
        assert exceptions is pronghorn.exceptions
        assert HTTPException is pronghorn.exceptions.HTTPException
        assert SecurityBase is pronghorn.security.base.SecurityBase
        """),
    )


def test_the_public_modules_are_shared(tmp_path: Path, prelude: str) -> None:
    check(
        tmp_path,
        prelude
        + textwrap.dedent("""
        import importlib
        import pronghorn.as_fastapi

        for name in ("applications", "routing", "params", "middleware.cors", "openapi.utils"):
            alias = importlib.import_module("fastapi." + name)
            assert alias is importlib.import_module("pronghorn." + name), name
        """),
    )


def test_a_module_keeps_its_name_and_spec(tmp_path: Path, prelude: str) -> None:
    check(
        tmp_path,
        prelude
        + textwrap.dedent("""
        import pronghorn.exceptions
        before = dict(vars(pronghorn.exceptions))

        import pronghorn.as_fastapi
        import fastapi.exceptions
        import fastapi.openapi.models

        for name in ("__name__", "__spec__", "__loader__", "__package__", "__file__"):
            assert getattr(fastapi.exceptions, name) is before[name], name
        assert fastapi.__spec__.name == "pronghorn"
        assert fastapi.openapi.models.__spec__.name == "pronghorn.openapi.models"
        """),
    )


def test_a_module_is_run_once(tmp_path: Path, prelude: str) -> None:
    check(
        tmp_path,
        prelude
        + textwrap.dedent("""
        import pronghorn.as_fastapi
        import sys
        import fastapi.exceptions
        del sys.modules["fastapi.exceptions"]
        first = fastapi.exceptions.HTTPException
        import fastapi.exceptions
        from pronghorn.exceptions import HTTPException
        assert first is HTTPException is fastapi.exceptions.HTTPException
        """),
    )


def test_threads_that_import_at_the_same_time_get_the_same_module(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import importlib
        from concurrent.futures import ThreadPoolExecutor
        from threading import Barrier

        together = Barrier(8)

        def import_one(number):
            together.wait()
            prefix = "fastapi" if number % 2 else "pronghorn"
            return importlib.import_module(prefix + ".openapi.models")

        with ThreadPoolExecutor(8) as pool:
            modules = set(pool.map(import_one, range(8)))
        assert len(modules) == 1
        assert modules.pop().__spec__.name == "pronghorn.openapi.models"
        """,
    )


def test_reload_runs_the_module_again_in_place(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import importlib
        import fastapi.types

        vars(fastapi.types)["mark"] = 1
        again = importlib.reload(fastapi.types)
        assert again is fastapi.types and again.mark == 1
        assert again.__spec__.name == "pronghorn.types"
        """,
    )


def test_pkgutil_sees_the_modules_of_pronghorn(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import pkgutil
        import fastapi

        names = {module.name for module in pkgutil.iter_modules(fastapi.__path__, "fastapi.")}
        assert {"fastapi.exceptions", "fastapi.openapi"} <= names
        found = pkgutil.resolve_name("fastapi.exceptions:HTTPException")
        assert found.__module__ == "pronghorn.exceptions"
        """,
    )


def test_metadata_of_what_is_installed_stays_true(tmp_path: Path) -> None:
    info = tmp_path / "fastapi-0.1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.1.2\n")
    out = check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import fastapi
        from importlib.metadata import version
        print(version("fastapi"))
        """,
    )
    assert out == "0.1.2\n"


def test_the_version_is_the_one_that_fastapi_programs_compare(tmp_path: Path) -> None:
    out = check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import fastapi
        print(fastapi.__version__)
        """,
    )
    assert out == f"{pronghorn.FASTAPI_VERSION}\n"


def test_a_query_finds_what_exists_and_nothing_else(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import sys
        from importlib.util import find_spec

        assert find_spec("fastapi").name == "fastapi"
        assert "fastapi" not in sys.modules
        assert find_spec("fastapi.exceptions").origin.endswith("exceptions.py")
        assert "fastapi.exceptions" not in sys.modules
        assert find_spec("fastapi.exceptionss") is None
        """,
    )


def test_a_module_that_pronghorn_lacks_is_named_with_the_nearest(
    tmp_path: Path, prelude: str
) -> None:
    out = check(
        tmp_path,
        prelude
        + textwrap.dedent("""
        import pronghorn.as_fastapi
        try:
            import fastapi.openapi.model
        except ModuleNotFoundError as error:
            print(error.name)
            print(error)
        """),
    )
    name, message = out.splitlines()
    assert name == "fastapi.openapi.model"
    assert message == (
        "No module named 'fastapi.openapi.model': it stands for 'pronghorn.openapi.model' here, "
        "which pronghorn does not have; did you mean fastapi.openapi.models?"
    )


def test_other_packages_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fastapi_users.py").write_text("answer = 42\n")
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import fastapi_users
        assert fastapi_users.answer == 42
        assert fastapi_users.__spec__.name == "fastapi_users"
        """,
    )


@pytest.mark.parametrize("first_import", ["import fastapi", "import fastapi.routing"])
def test_the_real_one_imported_before_is_refused(tmp_path: Path, first_import: str) -> None:
    install_fastapi(tmp_path)
    done = run(tmp_path, "-c", f"{first_import}\nimport pronghorn.as_fastapi")
    assert done.returncode == 1
    real = tmp_path / "fastapi" / "__init__.py"
    assert done.stderr.endswith(
        "pronghorn.exceptions.SetupError: "
        f"'fastapi' was imported from {real} before 'pronghorn.as_fastapi'\n"
        "  probably: an import of fastapi stands above this one, in the program or in a plugin\n"
        "  write:    import pronghorn.as_fastapi  # the first import of the program\n"
        "            or: pronghorn run main.py --as-fastapi\n"
        "            or: pytest -p pronghorn.as_fastapi\n"
    )


def test_a_forbidden_import_is_allowed_again(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        import sys
        sys.modules["fastapi"] = None
        import pronghorn.as_fastapi
        import fastapi
        assert fastapi is pronghorn
        """,
    )


def test_installing_again_changes_nothing(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import importlib
        import sys
        import fastapi.exceptions

        count = len(sys.meta_path)
        pronghorn.as_fastapi.install()
        importlib.reload(pronghorn.as_fastapi)
        assert len(sys.meta_path) == count
        assert type(sys.meta_path[0]).__module__ == "pronghorn.as_fastapi"
        """,
    )


def test_installing_again_goes_back_to_the_first_place(tmp_path: Path) -> None:
    install_fastapi(tmp_path)
    check(
        tmp_path,
        """
        import pronghorn.as_fastapi
        import sys
        from importlib.machinery import PathFinder

        sys.meta_path.insert(0, PathFinder)
        pronghorn.as_fastapi.install()
        import fastapi
        assert fastapi is pronghorn
        """,
    )


@pytest.mark.parametrize("installed", [True, False])
def test_pytest_runs_a_fastapi_suite_on_pronghorn(tmp_path: Path, installed: bool) -> None:
    if installed:
        install_fastapi(tmp_path)
    (tmp_path / "conftest.py").write_text("import pronghorn.as_fastapi\nimport fastapi.types\n")
    (tmp_path / "test_app.py").write_text(
        "from fastapi.exceptions import HTTPException\n"
        "\n"
        "def test_alias():\n"
        "    assert HTTPException.__module__ == 'pronghorn.exceptions'\n"
        "\n"
        "def test_rewriting_of_assertions():\n"
        "    value = HTTPException(404).status_code\n"
        "    assert value == 405\n"
    )
    options = ("-p", "pronghorn.as_fastapi", "-p", "no:cacheprovider", "-W", "error", "-q")
    done = run(tmp_path, "-m", "pytest", *options)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "assert 404 == 405" in done.stdout
