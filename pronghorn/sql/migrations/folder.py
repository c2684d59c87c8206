"""The folder of migrations: find or create it, and make Alembic's configuration for it."""

from __future__ import annotations

import enum
from argparse import Namespace
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from pronghorn.sql.database import Database
from pronghorn.sql.migrations.environment import DATABASE
from pronghorn.sql.migrations.failures import MigrationError, explain_reading

STANDARD = Path(__file__).with_name("standard")
"""The `env.py` and the template of a project that has none."""

TEMPLATE = "script.py.mako"
FILE_NAMES = "%%(year)d-%%(month).2d-%%(day).2d_%%(rev)s_%%(slug)s"


class Style(enum.Enum):
    """The ways in which `env.py` gets its connection."""

    GIVEN = "config.attributes"
    """It takes the one of the command."""
    OWN_LOOP = "asyncio.run"
    """It connects in an event loop of its own, as Alembic's template `async` does."""
    OWN = "own"
    """It connects itself, as Alembic's template `generic` does."""


class Folder:
    """A folder of migrations.

    Attributes:
        path: The folder.
        config: Alembic's configuration, which `env.py` reads.
    """

    def __init__(self, database: Database) -> None:
        self.config = _read_configuration()
        if database.migrations is not None:
            self.path = Path(database.migrations)
        else:
            self.path = Path(self.config.get_alembic_option("script_location") or "migrations")
        self._has_env = (self.path / "env.py").is_file()
        self._set("script_location", self.path if self._has_env else STANDARD)
        if not self._has_env:
            self._set("version_locations", self.path / "versions")
            self._set("path_separator", "newline")  # No path has one.
        if not self.config.get_alembic_option("file_template"):
            self.config.set_main_option("file_template", FILE_NAMES)
        self._set("sqlalchemy.url", database.engine.url.render_as_string(hide_password=False))
        self.config.attributes[DATABASE] = database

    def _set(self, name: str, value: str | Path) -> None:
        self.config.set_main_option(name, str(value).replace("%", "%%"))

    def exists(self) -> bool:
        """Return whether the folder has been created."""
        return self._has_env or (self.path / "versions").is_dir()

    def create(self) -> None:
        """Create what a new migration needs, where it is missing."""
        (self.path / "versions").mkdir(parents=True, exist_ok=True)
        template = self.path / TEMPLATE
        if self._has_env and not template.exists():
            template.write_text((STANDARD / TEMPLATE).read_text("utf-8"), encoding="utf-8")

    def style(self) -> Style:
        """Return how `env.py` gets its connection."""
        if not self._has_env:
            return Style.GIVEN
        text = self._read_env()
        if "pronghorn.sql" in text or ("attributes" in text and "connection" in text):
            return Style.GIVEN
        return Style.OWN_LOOP if "asyncio.run" in text else Style.OWN

    def uses_own_models(self) -> bool:
        """Return whether `env.py` takes the models from the database, not from the program."""
        return not self._has_env or "pronghorn.sql" in self._read_env()

    def _read_env(self) -> str:
        return (self.path / "env.py").read_text(encoding="utf-8")

    def read(self) -> ScriptDirectory:
        """Return the migrations in the folder.

        Raises:
            MigrationError: The folder does not exist, a file in it cannot be imported, or the
                migrations do not form one line.
        """
        if not self.exists():
            raise MigrationError(
                f"There are no migrations in {self.path.absolute()}",
                "For the first one: pronghorn db revision -m 'create the tables'\n"
                "A relative folder starts at the working directory. To say where it is:\n"
                'Database(url, migrations="path/to/migrations")',
            )
        try:
            scripts = ScriptDirectory.from_config(self.config)
            heads = scripts.get_heads()
        except Exception as error:
            raise explain_reading(error, self.path) from error
        if len(heads) > 1:
            raise MigrationError(
                f"The migrations in {self.path} have {len(heads)} ends: {', '.join(heads)}",
                "Two branches of the program have each added one. To join them:\n"
                "pronghorn db revision --merge -m 'join'",
            )
        return scripts


def _read_configuration() -> Config:
    """Return the settings in `alembic.ini` and `pyproject.toml`; a project may have neither."""
    ini, toml = Path("alembic.ini"), Path("pyproject.toml")
    config = Config(
        ini if ini.is_file() else None,
        toml if toml.is_file() else None,
        cmd_opts=Namespace(quiet=True, x=None),  # Alembic would print which file it writes.
    )
    if not config.get_alembic_option("path_separator"):
        config.set_main_option("path_separator", "os")
    return config
