"""Find PostgreSQL for the tests of databases, install it where that is allowed, and run it.

python -m tools.postgresql         # prints the folder of its programs
python -m tools.postgresql serve   # starts a temporary server, prints its URL, stops it at Ctrl-C
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Self

from tools.programs import install, may_install, one_at_a_time

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
NEEDED = ("initdb", "pg_ctl", "postgres")
ADVICE = """The tests of databases need the server of PostgreSQL, and it was not found.
Install it, on Debian or Ubuntu with

    sudo apt-get install postgresql

or name the folder of its programs: make test POSTGRESQL=/path/to/postgresql/bin"""
USER_ADVICE = """PostgreSQL does not run as root, and there is neither a user 'postgres' nor a
user 'nobody'. Run the tests as another user."""
# The main cluster of Debian's package would listen on the port of everybody's server.
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/no-main-cluster-now.conf")
# Nothing has to survive a crash of the machine; a crash of the server loses nothing.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
    "log_min_messages": "fatal",
    "unix_socket_directories": "",
}


class MissingPostgreSQLError(Exception):
    """There is no server, or it does not start; the message says what to do."""


def find_programs() -> Path | None:
    """Return the folder of the server's programs: `POSTGRESQL`, the newest known, or the PATH's."""
    chosen = os.environ.get("POSTGRESQL")
    if chosen:
        folders = [Path(chosen)]
    else:
        known = [folder for pattern in FOLDERS for folder in Path("/").glob(pattern[1:])]
        folders = sorted(known, key=_version_of, reverse=True)
        on_path = shutil.which("initdb")
        folders += [Path(on_path).resolve().parent] if on_path else []
    return next((folder for folder in folders if _is_complete(folder)), None)


def _version_of(folder: Path) -> int:
    found = re.search(r"\d+", str(folder))
    return int(found[0]) if found else 0


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NEEDED)


def prepare_programs() -> Path:
    """Return the folder of the server's programs, which apt installs if the user may do that.

    Raises:
        MissingPostgreSQLError: There is none, and it cannot be installed here.
    """
    folder = find_programs()
    chosen = os.environ.get("POSTGRESQL")
    if folder is None and chosen:
        raise MissingPostgreSQLError(
            f"POSTGRESQL={chosen} is not a folder with the programs {', '.join(NEEDED)}."
        )
    if folder is None and may_install():
        with one_at_a_time("postgresql"):
            folder = find_programs() or _install()
    if folder is None:
        raise MissingPostgreSQLError(ADVICE)
    return folder


def _install() -> Path | None:
    NO_MAIN_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n", encoding="utf-8")
    install("postgresql")
    NO_MAIN_CLUSTER.unlink()
    return find_programs()


class Server:
    """A temporary server on a free port of this machine, with a password and without fsync.

    It stops, and its files go, with `stop`, at the end of a `with` block, and when the process that
    started it ends in any way.

    Attributes:
        host: The address that it listens on.
        port: Its port, also after a restart.
        user: The name of its superuser.
        password: The password of that user.
    """

    user = "tester"

    def __init__(self, host: str = "127.0.0.1") -> None:
        """Start the server.

        Args:
            host: The address of this machine that it listens on.

        Raises:
            MissingPostgreSQLError: Its programs are missing, or it does not start.
        """
        programs = find_programs()
        if programs is None:
            raise MissingPostgreSQLError(ADVICE)
        self.host = host
        self._programs = programs
        self._owner = _find_owner()
        self._lock = threading.Lock()
        self.password = secrets.token_hex(8)
        self._folder = Path(tempfile.mkdtemp(prefix="pronghorn-postgresql-"))
        if self._owner:
            shutil.chown(self._folder, self._owner)
        self._guard = self._start_guard()
        try:
            self._initialise()
            self.port = self._start_on_free_port()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()

    def url(self, database: str = "postgres", driver: str = "") -> str:
        """Return the URL of a database, as SQLAlchemy writes it."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{self.user}:{self.password}@{self.host}:{self.port}/{database}"

    @property
    def process_id(self) -> int:
        """The number of its first process, whose children serve the connections."""
        return int(Path(self._data, "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def start(self) -> None:
        """Start the server again after `halt`, on its port."""
        self._control("start", "-o", f"-p {self.port}")

    def halt(self, mode: str = "immediate") -> None:
        """Stop the server and keep its files.

        Args:
            mode: `immediate`, as if it had crashed; `fast`, which ends all transactions; `smart`.
        """
        self._control("stop", "-m", mode)

    def restart(self, mode: str = "immediate") -> None:
        """Stop the server and start it again."""
        self.halt(mode)
        self.start()

    def stop(self) -> None:
        """Stop the server and remove its files. The second call does nothing."""
        with self._lock:
            if self._guard.stdin:
                self._guard.stdin.close()
            self._guard.wait()

    def _start_guard(self) -> subprocess.Popen[str]:
        """Start the process that stops the server as soon as this one is gone."""
        folders = self._programs, self._folder
        return subprocess.Popen(
            [sys.executable, "-m", "tools.postgresql", "guard", *map(str, folders)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, which stop the server afterwards.
        )

    def _initialise(self) -> None:
        password = self._folder / "password"
        password.write_text(self.password, encoding="utf-8")
        if self._owner:
            shutil.chown(password, self._owner)
        self._run(
            *("initdb", "-D", self._data, "-U", self.user, "-E", "UTF8", "--locale=C"),
            *("--no-sync", "--auth=password", f"--pwfile={password}"),
        )
        with Path(self._data, "postgresql.conf").open("a", encoding="utf-8") as file:
            options = {**OPTIONS, "listen_addresses": self.host}
            file.writelines(f"{name} = '{value}'\n" for name, value in options.items())
        with Path(self._data, "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write("host all all samenet password\n")

    def _start_on_free_port(self) -> int:
        """Start the server and return its port. Another process may take a port that was free."""
        for attempt in range(5):
            with socket.create_server((self.host, 0)) as probe:
                self.port = int(probe.getsockname()[1])
            try:
                self.start()
                break
            except MissingPostgreSQLError:
                if attempt == 4:
                    raise
        return self.port

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _control(self, *arguments: str) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-s", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        log = self._folder / "output"
        with log.open("w+", encoding="utf-8") as output:
            status = _run_as(self._owner, self._programs / program, arguments, output, self._folder)
            output.seek(0)
            said = output.read().strip()
        if status:
            server_log = self._folder / "log"
            if server_log.exists():
                said += "\n" + server_log.read_text(encoding="utf-8").strip()
            raise MissingPostgreSQLError(f"{self._programs / program} failed:\n{said}")


def _find_owner() -> str | None:
    """Return the user that runs the server, None for the user of this process."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise MissingPostgreSQLError(USER_ADVICE)


def _run_as(
    owner: str | None, program: Path, arguments: tuple[str, ...], output: IO[str], folder: Path
) -> int:
    """Run a program as a user, and return its status. A pipe for its output would stay open."""
    import pwd

    identity = pwd.getpwnam(owner) if owner else None
    return subprocess.run(
        [str(program), *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        user=identity and identity.pw_uid,
        group=identity and identity.pw_gid,
        extra_groups=[] if identity else None,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
    ).returncode


def guard(programs: Path, folder: Path) -> None:
    """Wait for the end of standard input, then stop the server and remove its folder."""
    sys.stdin.read()
    data = folder / "data"
    if (data / "postmaster.pid").exists():
        arguments = ("-D", str(data), "-m", "immediate", "-w", "-s", "stop")
        with Path(os.devnull).open("w", encoding="utf-8") as output:
            _run_as(_find_owner(), programs / "pg_ctl", arguments, output, folder)
    shutil.rmtree(folder, ignore_errors=True)


def serve() -> None:
    """Run a server until it is interrupted."""
    with Server() as server:
        print(server.url(), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def main(arguments: list[str]) -> None:
    """Run the command that is named, or print the folder of the programs."""
    if arguments[:1] == ["guard"]:
        guard(Path(arguments[1]), Path(arguments[2]))
        return
    print(prepare_programs(), file=sys.stderr if arguments else sys.stdout)
    if arguments[:1] == ["serve"]:
        serve()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except MissingPostgreSQLError as error:
        sys.exit(str(error))
