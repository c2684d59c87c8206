"""Do what the commands of `pronghorn db` ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from pronghorn.exceptions import SetupError
from pronghorn.sql.database import Database
from pronghorn.sql.migrations.connection import (
    LOCK_TIMEOUT,
    connect,
    limits_everywhere,
    transaction_around,
)
from pronghorn.sql.migrations.differences import drop_empty, list_differences
from pronghorn.sql.migrations.environment import CONNECTION
from pronghorn.sql.migrations.failures import (
    MigrationError,
    explain_failure,
    explain_reading,
    is_lock_timeout,
)
from pronghorn.sql.migrations.folder import Folder, Style
from pronghorn.sql.migrations.locks import describe_oldest_transaction, migrate_alone
from pronghorn.sql.migrations.state import (
    State,
    count,
    find_lower,
    label_of,
    name_of,
    read_state,
    select_pending,
    state_at,
)

ATTEMPTS = 3
"""Number of attempts at a migration that does not get its locks."""

ResultT = TypeVar("ResultT")
#: `alembic.context` and `alembic.op` are of the process, so one command runs at a time.
_one_command = asyncio.Lock()


class Migrations:
    """The migrations of a database.

    Args:
        database: The database.
        lock_timeout: Seconds that a statement waits for a lock; 0 for no limit.
        attempts: How often a migration is tried that does not get its locks.
        say: Called with each line that the user should see.
    """

    def __init__(
        self,
        database: Database,
        *,
        lock_timeout: float = LOCK_TIMEOUT,
        attempts: int = ATTEMPTS,
        say: Callable[[str], None] = print,
    ) -> None:
        self.database = database
        self.folder = Folder(database)
        self._lock_timeout = lock_timeout
        self._attempts = attempts
        self._say = say

    async def read_state(self) -> State:
        """Return where the database is. Nothing is written, not even an empty file of SQLite."""
        scripts = self.folder.read()
        if self._has_no_file():
            return state_at((), scripts)
        return await self._read(lambda config: read_state(config, scripts))

    async def upgrade(self, to: str = "head") -> list[Script]:
        """Apply the pending migrations up to a revision, each in its own transaction.

        Args:
            to: A revision, the beginning of one, `"head"`, or `"+1"` for the next one.

        Returns:
            The migrations that this call has applied.
        """
        scripts = self.folder.read()
        applied = []
        async with migrate_alone(self.database, self._say):
            for script in await self._list_pending(scripts, to):
                if await self._step(_upgrade_once(script, scripts), label_of(script)):
                    self._say(f"applied {name_of(script)}")
                    applied.append(script)
        return applied

    async def downgrade(self, to: str) -> list[Script]:
        """Take migrations back down to a revision.

        Args:
            to: A revision, the beginning of one, `"base"` for an empty database, or `"-1"` for
                the one before.

        Returns:
            The migrations that this call has taken back.
        """
        scripts = self.folder.read()
        async with migrate_alone(self.database, self._say):
            before = await self._read(lambda config: read_state(config, scripts))
            target = find_lower(scripts, before, to)

            def downgrade(config: Config) -> bool:
                command.downgrade(config, target)
                return True

            await self._step(downgrade, f"The downgrade to {target}")
            after = await self._read(lambda config: read_state(config, scripts))
        left = {script.revision for script in after.applied}
        taken = [script for script in before.applied if script.revision not in left]
        for script in taken:
            self._say(f"took back {name_of(script)}")
        return taken

    async def create_revision(self, message: str, *, empty: bool = False) -> Path | None:
        """Write a migration with what the models have and the database lacks.

        Args:
            message: What it is about; a part of its file name.
            empty: Write one without content, for changes of data.

        Returns:
            The new file; None if nothing differs.
        """
        if not empty:
            self._require_models()
        self.folder.create()
        state = None if empty else await self.read_state()
        if state and state.pending:
            raise MigrationError(
                f"The database lacks {count(state.pending)}, so nothing can be compared with it",
                "First: pronghorn db upgrade",
            )

        def create(config: Config) -> Any:
            return command.revision(
                config,
                message,
                autogenerate=not empty,
                process_revision_directives=None if empty else drop_empty,
            )

        self.folder.read()
        created = create(self.folder.config) if empty else await self._read(create)
        return Path(created.path) if created else None

    def merge(self, message: str) -> Path:
        """Write a migration that joins the ends of several branches."""
        self.folder.create()
        try:
            created: Any = command.merge(self.folder.config, "heads", message)
        except Exception as error:
            raise explain_reading(error, self.folder.path) from error
        return Path(created.path)

    async def compare(self) -> list[str]:
        """Return what a new migration would do, as lines of Alembic's operations.

        The database has to be at the newest revision.
        """
        self._require_models()
        return await self._read(list_differences)

    async def find_problem(self) -> MigrationError | None:
        """Return what has to be done before the program fits the database; None if nothing."""
        state = await self.read_state()
        if state.pending:
            listed = "".join(f"{name_of(script)}\n" for script in state.pending)
            return MigrationError(
                f"The database {self.database.name} lacks {count(state.pending)}",
                f"{listed}To apply: pronghorn db upgrade",
            )
        if self.database.metadata is None and self.folder.uses_own_models():
            return None
        lines = "\n".join(await self.compare())
        if not lines:
            return None
        return MigrationError(
            f"The models of {self.database.name} differ from its tables",
            f"{lines}\nTo write a migration: pronghorn db revision -m 'what changed'",
        )

    async def stamp(self, to: str) -> None:
        """Note that the database has all migrations up to a revision, without running them."""
        self.folder.read()

        def stamp(config: Config) -> bool:
            command.stamp(config, to)
            return True

        async with migrate_alone(self.database, self._say):
            await self._step(stamp, f"Noting {to}")

    async def print_sql(self, to: str = "head") -> None:
        """Print the SQL of the pending migrations, or of a range `FROM:TO`, without running it."""
        scripts = self.folder.read()
        if ":" not in to:
            state = await self.read_state()
            if not select_pending(scripts, state.pending, to):
                return
            to = f"{state.current[0] if state.current else 'base'}:{to}"
        try:
            command.upgrade(self.folder.config, to, sql=True)
        except Exception as error:
            raise explain_reading(error, self.folder.path) from error

    def _require_models(self) -> None:
        if self.database.metadata is None and self.folder.uses_own_models():
            raise MigrationError(
                f"The database {self.database.name} does not know the models",
                "Write Database(url, metadata=Base.metadata), and import the models where it is,\n"
                "or write the migration yourself: pronghorn db revision --empty",
            )

    def _has_no_file(self) -> bool:
        url = self.database.engine.url
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return False
        return not url.database.startswith("file:") and not Path(url.database).exists()

    async def _list_pending(self, scripts: ScriptDirectory, to: str) -> list[Script]:
        state = await self._read(lambda config: read_state(config, scripts))
        try:
            return select_pending(scripts, state.pending, to)
        except Exception as error:
            raise explain_reading(error, self.folder.path) from error

    async def _read(self, function: Callable[[Config], ResultT]) -> ResultT:
        try:
            return await self._call(function, reads=True)
        except SetupError:
            raise
        except Exception as error:
            raise explain_reading(error, self.folder.path) from error

    async def _step(self, function: Callable[[Config], bool], label: str) -> bool:
        """Run what changes the database, again while a lock is not available.

        Returns:
            What the function returns: whether it had something to do.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._call(function)
            except (SetupError, MigrationError):
                raise
            except Exception as error:
                if isinstance(error, CommandError):
                    raise explain_reading(error, self.folder.path) from error
                if not is_lock_timeout(error):
                    raise explain_failure(error, label, self.folder.path) from error
                if attempt >= self._attempts:
                    raise await self._explain_lock(label) from error
            pause = min(attempt, self._lock_timeout)
            self._say(
                f"{label} waits for a lock that another transaction holds; "
                f"attempt {attempt + 1} of {self._attempts} follows in {pause:g} s"
            )
            await asyncio.sleep(pause)

    async def _explain_lock(self, label: str) -> MigrationError:
        oldest = await describe_oldest_transaction(self.database)
        return MigrationError(
            f"{label} did not get its locks within {self._lock_timeout:g} s, "
            f"{self._attempts} times",
            (f"{oldest}\n" if oldest else "")
            + "Nothing of it was changed. Run the command again when there is less traffic, or\n"
            "let it wait longer, during which requests queue behind it: --lock-timeout 30",
        )

    async def _call(self, function: Callable[[Config], ResultT], *, reads: bool = False) -> ResultT:
        """Call a function of Alembic's, in the way that `env.py` needs."""
        async with _one_command:
            return await self._call_alone(function, reads=reads)

    async def _call_alone(self, function: Callable[[Config], ResultT], *, reads: bool) -> ResultT:
        style, config = self.folder.style(), self.folder.config
        if style is Style.OWN_LOOP:
            async with connect(self.database, reads=True):
                pass  # A database that does not answer gets its sentence.
            with limits_everywhere(self._lock_timeout):
                return await asyncio.to_thread(function, config)
        async with connect(self.database, self._lock_timeout, reads=reads) as connection:
            if style is Style.OWN:
                with limits_everywhere(self._lock_timeout):
                    return await connection.run_sync(lambda _: function(config))
            async with nullcontext() if reads else transaction_around(connection):
                config.attributes[CONNECTION] = connection.sync_connection
                return await connection.run_sync(lambda _: function(config))


def _upgrade_once(script: Script, scripts: ScriptDirectory) -> Callable[[Config], bool]:
    """Return a function that applies one migration, unless another process has just done so."""

    def upgrade(config: Config) -> bool:
        pending = read_state(config, scripts).pending
        if script.revision not in {one.revision for one in pending}:
            return False
        command.upgrade(config, script.revision)
        return True

    return upgrade
