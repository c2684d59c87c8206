"""Build the image of `pronghorn new` without Docker, and run its commands in it.

    python -m tools.image [--db sqlite|postgres] [--keep]

The base of the Dockerfile, `python:3.13-slim`, comes from a registry that tests cannot ask. In its
place stands an image of the same name, made of Debian's packages with debootstrap; the rest is the
Dockerfile as it was written. buildah builds it and runs it, with `chroot` as the isolation: the
files are those of the image, network and processes are those of this machine. So this shows that
the Dockerfile builds and that its commands work as its user; it does not show limits of memory or
the network of containers, and the base is not the real one.

Needs root on Debian, whose packages buildah and debootstrap it installs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tools.programs import install, may_install

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "image"
BASE = "docker.io/library/python:3.13-slim"
SUITE = "trixie"  # Its Python is 3.13, as that of the base.
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "python3,python3-venv,ca-certificates,passwd"
NAME = "bookshop"
SECONDS_TO_START = 60.0
SECONDS_TO_END = 60.0
SECRET = "a-secret-of-at-least-thirty-two-characters"
ADVICE = "make image needs root on Debian, and its packages buildah and debootstrap."


class ImageError(Exception):
    """Something does not hold; the message says what."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and run the image for each database.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="make image", description="Build and run the image.")
    parser.add_argument("--db", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--keep", action="store_true", help="keep the images in build/image")
    options = parser.parse_args(arguments)
    try:
        install_programs()
        with Builder(FOLDER) as builder:
            builder.make_base()
            for database in options.db or ["sqlite", "postgres"]:
                try_database(builder, database)
            if not options.keep:
                builder.remove_images()
    except ImageError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def install_programs() -> None:
    """Install buildah and debootstrap if they are missing.

    Raises:
        ImageError: They cannot be installed here.
    """
    absent = [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]
    if not absent:
        return
    if not may_install():
        raise ImageError(ADVICE)
    install(*absent)


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def run(command: Sequence[str], *, folder: Path | None = None) -> str:
    """Run a program, and return what it prints.

    Raises:
        ImageError: It failed; the message has the last lines that it wrote.
    """
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise ImageError(f"{' '.join(command[:4])} ended with {done.returncode}:\n{last}")
    return done.stdout


class Builder:
    """buildah with a storage of its own.

    Args:
        folder: Where the storage is; removed at the end, except for Debian's files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        """Return the builder."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the containers."""
        subprocess.run(self._command("rm", "--all"), check=False, capture_output=True)

    def _command(self, *arguments: str) -> list[str]:
        root, running = self.folder / "storage", self.folder / "running"
        return [
            *("buildah", "--root", str(root), "--runroot", str(running), "--storage-driver", "vfs"),
            *arguments,
        ]

    def buildah(self, *arguments: str) -> str:
        """Run buildah, and return what it prints."""
        return run(self._command(*arguments)).strip()

    def make_base(self) -> None:
        """Make the image that stands for the base, once."""
        files = self.folder / f"{SUITE}.tar"
        if not files.exists():
            say(f"Unpacking Debian {SUITE} with its Python (once)")
            unpack_debian(files, self.folder / "rootfs")
        if BASE not in self.buildah("images", "--format", "{{.Name}}:{{.Tag}}").splitlines():
            container = self.buildah("from", "scratch")
            self.buildah("add", container, str(files), "/")
            self.buildah(
                "config",
                "--env",
                "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
                container,
            )
            self.buildah("commit", "--format", "docker", "--rm", container, BASE)

    def build(self, project: Path, tag: str) -> None:
        """Build the Dockerfile of a project; pip takes packages from where it does here."""
        settings = self.folder / "pip.conf"
        settings.write_text(read_pip_settings(), encoding="utf-8")
        self.buildah(
            *("build", "--isolation", "chroot", "--pull=never", "--format", "docker"),
            *("--volume", f"{settings}:/etc/pip.conf:ro"),
            *("--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"),
            *("--tag", tag, str(project)),
        )

    def command(self, container: str, variables: dict[str, str], *words: str) -> list[str]:
        """Return the command line that runs a command as the user of the image."""
        given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        return self._command("run", "--isolation", "chroot", *given, container, "--", *words)

    def remove_images(self) -> None:
        """Remove all images."""
        self.buildah("rm", "--all")
        self.buildah("rmi", "--all", "--force")


def unpack_debian(files: Path, folder: Path) -> None:
    """Write an archive with a minimal Debian that has Python."""
    shutil.rmtree(folder, ignore_errors=True)
    run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(folder), MIRROR])
    (folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    for name in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(folder / name, ignore_errors=True)
    draft = files.with_suffix(".draft")
    run(["tar", "--numeric-owner", "-C", str(folder), "-cf", str(draft), "."])
    draft.rename(files)
    shutil.rmtree(folder)


def read_pip_settings() -> str:
    """Return a configuration of pip with the index that is used here."""
    lines = ["[global]", "cert = /etc/ssl/certs/ca-certificates.crt", "timeout = 180"]
    for name in ("index-url", "extra-index-url", "trusted-host"):
        done = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", f"global.{name}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            lines.append(f"{name} = {done.stdout.strip()}")
    return "\n".join([*lines, ""])


def make_project(folder: Path, database: str) -> Path:
    """Write a project with a wheel of this checkout, as its `make wheels` does."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run([sys.executable, "-m", "pronghorn", "new", NAME, "--db", database], folder=folder)
    project = folder / NAME
    wheels = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(project / "wheels")]
    run([sys.executable, *wheels, str(ROOT)])
    (project / ".env").write_text(f"{NAME.upper()}_SECRET_KEY={SECRET}\n", encoding="utf-8")
    (project / ".git").mkdir()
    return project


def try_database(builder: Builder, database: str) -> None:
    """Build the image of a project with a database, and run what `pronghorn deploy` would.

    Raises:
        ImageError: Something does not hold.
    """
    say(f"\n{database}: building the image")
    tag = f"localhost/{NAME}:{database}"
    started = time.monotonic()
    builder.build(make_project(FOLDER / database, database), tag)
    say(f"  built in {time.monotonic() - started:.0f} s")
    container = builder.buildah("from", "--pull=never", tag)
    with serve_database(database) as url:
        check_image(builder, tag, container)
        variables = {f"{NAME.upper()}_DATABASE_URL": url, f"{NAME.upper()}_SECRET_KEY": SECRET}
        try_commands(builder, container, variables)


@contextmanager
def serve_database(database: str) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if database == "sqlite":
        yield f"sqlite:////data/{NAME}.db"
        return
    from tools.postgresql import Server

    with Server() as server:
        yield server.url()


def check_image(builder: Builder, tag: str, container: str) -> None:
    """Check what is in the image, and as whom it runs.

    Raises:
        ImageError: Something does not hold.
    """
    words = json.loads(builder.buildah("inspect", "--type", "image", tag))
    expect("its user is not root", str(words["OCIv1"]["config"]["User"]) == "10001")
    expect("it has no secret", SECRET not in json.dumps(words))

    def expect_inside(claim: str, script: str, expected: str) -> None:
        """Check what a script prints in the image; the comparison is made there as well.

        An exit code says it, whatever becomes of the output.
        """
        compare = f'found=$({script}); test "$found" = "$EXPECTED" || {{ echo "$found"; exit 1; }}'
        run(builder.command(container, {"EXPECTED": expected}, "sh", "-c", compare))
        say(f"  {claim}")

    expect_inside("its processes are not root's", "id -u", "10001")
    hidden = "find / -xdev \\( -name .env -o -name .git \\) 2>/dev/null || true"
    expect_inside("neither .env nor .git is in it", hidden, "")
    secret = "grep -rlF -e thirty-two-characters /srv /venv /data 2>/dev/null || true"
    expect_inside("no file of it has a secret", secret, "")
    writable = "for d in / /srv /venv /data; do touch $d/probe 2>/dev/null && echo $d; done; true"
    expect_inside("only its folder of data can be written", writable, "/data")


def expect(claim: str, holds: bool) -> None:
    """Print a claim that holds.

    Raises:
        ImageError: It does not hold.
    """
    if not holds:
        raise ImageError(f"this does not hold: {claim}")
    say(f"  {claim}")


def try_commands(builder: Builder, container: str, variables: dict[str, str]) -> None:
    """Run the migrations and the server, send requests, and stop it.

    Raises:
        ImageError: Something does not hold.
    """
    from pronghorn.deploy.config import DeployConfig
    from pronghorn.deploy.target import Plan

    port = find_port()
    plan = Plan(DeployConfig(name=NAME, image=NAME, port=port), ROOT, "1", "app.main:app")
    run(builder.command(container, variables, *plan.migrate_command))
    say(f"  `{' '.join(plan.migrate_command)}` applies the migrations")
    log = builder.folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            builder.command(container, variables, *plan.web_command),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            send_requests(server, port, log)
            stop_server(server, port)
        finally:
            end(server, port)


def send_requests(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server is ready, and use it.

    Raises:
        ImageError: It is not, or an answer is wrong.
    """
    until = time.monotonic() + SECONDS_TO_START
    while ask(port, "/ready") != 200:
        if server.poll() is not None or time.monotonic() > until:
            raise ImageError(f"the server is not ready:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)
    say("  /ready answers 200")
    expect("/live answers 200", ask(port, "/live") == 200)
    expect("an item is stored", ask(port, "/items", {"name": "Dune"}) == 201)
    expect("it can be read", ask(port, "/items") == 200)


def stop_server(server: subprocess.Popen[bytes], port: int) -> None:
    """Send SIGTERM to the process of the container, as Docker does.

    Raises:
        ImageError: It does not end as it should.
    """
    processes = find_processes(port)
    expect("the process of the server is found", bool(processes))
    started = time.monotonic()
    os.kill(processes[0], signal.SIGTERM)
    try:
        code = server.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired as error:
        raise ImageError(f"it has not ended {SECONDS_TO_END:g} s after SIGTERM") from error
    expect(f"it ends with 0 after SIGTERM, in {time.monotonic() - started:.1f} s", code == 0)


def find_processes(port: int) -> list[int]:
    """Return the processes that run `pronghorn run` on a port, the oldest first; not buildah's."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(port).encode() in words and b"python" in words[0]:
            found.append(int(entry.name))
    return sorted(found)


def end(server: subprocess.Popen[bytes], port: int) -> None:
    """End everything that still runs."""
    for process in find_processes(port):
        os.kill(process, signal.SIGKILL)
    if server.poll() is None:
        server.kill()
        server.wait()


def find_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(port: int, path: str, body: dict[str, str] | None = None) -> int:
    """Return the status of a request; 0 if there is no answer."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
