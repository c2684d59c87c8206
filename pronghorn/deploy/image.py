"""Check a Dockerfile before it is built: what it runs, as whom, and what it must not contain."""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from pronghorn.deploy.dockerfile import Instruction, Stage, read_assignments, read_stages
from pronghorn.deploy.ignored import Ignored, read_ignored

__all__ = ["check_image", "check_user_number"]

_ROOT = re.compile(r"(?:root|0+)(?::.*)?", re.IGNORECASE)
# Images whose user is not root unless a Dockerfile changes it.
_SAFE_BASES = re.compile(r"(?:cgr\.dev|dhi\.io)/|:[\w.-]*\bnonroot\b")
_SECRET_NAMES = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?)(?:_KEY)?$",
    re.IGNORECASE,
)
_LOGIN_IN_URL = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_SECRET_FILES = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "id_rsa", "id_ed25519", ".netrc",
    ".pgpass", ".npmrc", ".pypirc", "secrets.*", "credentials", "credentials.json",
)  # fmt: skip
_SECRET_FOLDERS = frozenset([".ssh", ".aws", ".gnupg", ".kamal", ".kube"])
_HARMLESS = (".env.example", ".env.sample", ".env.template", "*.example", "*.pub")
# Copied with everything else unless a `.dockerignore` leaves them out.
_NOT_FOR_IMAGES = (".env", ".git")
_EXEC_SCRIPTS = re.compile(r"(?:^|[\s;&|])exec\s")


def check_image(folder: Path, dockerfile: str, secrets: Sequence[str] = ()) -> list[str]:
    """Return what is wrong with a Dockerfile, one sentence each.

    Nothing is built. A value of a secret is never part of a sentence.

    Args:
        folder: The folder of the build, which is that of the project.
        dockerfile: The path of the Dockerfile in it.
        secrets: Names of the variables that are secrets of the program.
    """
    file = folder / dockerfile
    if not file.is_file():
        return [f"there is no {dockerfile}; `pronghorn new` writes one, in a new project"]
    try:
        stages = read_stages(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return [f"{dockerfile} cannot be read as text in UTF-8"]
    if not stages:
        return [f"{dockerfile} has no FROM, so there is nothing to build"]
    image = stages[-1]
    everything = [one for stage in stages for one in stage.instructions]
    kept = list(image.find("COPY", "ADD"))
    problems = [
        *_check_command(image),
        *_check_user(image),
        *_check_copies(everything),
        *_check_variables(everything, frozenset(secrets)),
        *_check_context(everything, kept, read_ignored(folder, dockerfile)),
    ]
    return [f"{dockerfile}{problem}" for problem in problems]


def check_user_number(folder: Path, dockerfile: str) -> list[str]:
    """Return a sentence if the user of an image has a name, which a cluster cannot judge.

    Kubernetes starts a container with `runAsNonRoot` only if its image names a number.

    Args:
        folder: The folder of the build.
        dockerfile: The path of the Dockerfile in it; `check_image` says if it cannot be read.
    """
    try:
        stages = read_stages((folder / dockerfile).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []
    user = _find_last(stages[-1], "USER") if stages else None
    name = user.text.strip("\"'") if user is not None else "root"
    if user is None or name.partition(":")[0].isdecimal() or _ROOT.fullmatch(name):
        return []
    return [
        (
            f"{dockerfile}, line {user.line}: USER {user.text} is no number, so a node cannot know "
            "that it is not root and starts no container: write a number such as 10001"
        )
    ]


def _check_command(image: Stage) -> Iterator[str]:
    """Check `CMD` and `ENTRYPOINT`: a target appends its own command to the entry point."""
    entry = _find_last(image, "ENTRYPOINT")
    command = _find_last(image, "CMD")
    if entry is not None:
        yield from _check_entry(entry)
    if command is None:
        if entry is None or not _serves(entry.words):
            yield ' has no command: write `CMD ["pronghorn", "run"]`'
        return
    place = f", line {command.line}:"
    if command.items is None and command.text.startswith("["):
        yield f"{place} the list of CMD is not JSON, so a shell reads it: write double quotes"
    elif not _serves(command.words):
        yield (
            f"{place} CMD does not run `pronghorn run`, which drains and stops without losing a "
            "request"
        )
    elif command.items is None and not _EXEC_SCRIPTS.search(f" {command.text}"):
        yield (
            f"{place} CMD is read by a shell, which keeps SIGTERM from the server: write "
            '`CMD ["pronghorn", "run"]`'
        )
    elif "--reload" in command.words:
        yield f"{place} `--reload` is for development"


def _check_entry(entry: Instruction) -> Iterator[str]:
    place = f", line {entry.line}:"
    if entry.items is None:
        yield (
            f"{place} ENTRYPOINT is read by a shell, so the image ignores every other command: "
            "write a list"
        )
    elif _serves(entry.words) or "pronghorn" in map(_name_of, entry.words):
        yield (
            f"{place} ENTRYPOINT names pronghorn, but migrations and jobs need other commands: "
            "write CMD instead"
        )


def _serves(words: Sequence[str]) -> bool:
    """Return whether a command is `pronghorn run`, also behind other programs."""
    plain = [_name_of(word) for word in " ".join(words).split()]
    return any(
        name == "pronghorn" and following == "run" for name, following in itertools.pairwise(plain)
    )


def _name_of(word: str) -> str:
    return PurePosixPath(word.strip("\"';")).name


def _find_last(image: Stage, name: str) -> Instruction | None:
    return list(image.find(name))[-1] if any(image.find(name)) else None


def _check_user(image: Stage) -> Iterator[str]:
    user = _find_last(image, "USER")
    if user is not None:
        if _ROOT.fullmatch(user.text.strip("\"'")):
            yield f", line {user.line}: the image runs as root: end with a USER such as 10001"
        return
    base = image
    while base.parent is not None:
        base = base.parent
    if not _SAFE_BASES.search(base.base):
        yield " has no USER in its last stage, so the image runs as root: write `USER 10001`"


def _check_copies(instructions: Sequence[Instruction]) -> Iterator[str]:
    """Check the names of files that are copied from the folder of the build."""
    for one in instructions:
        for source in _list_sources(one):
            if _is_secret_file(source):
                yield (
                    f", line {one.line}: {source} looks like a secret, and everybody who has the "
                    "image could read it: give it to the container as a variable"
                )


def _list_sources(one: Instruction) -> list[str]:
    """Return the paths that an instruction copies from the folder of the build."""
    if one.name not in {"COPY", "ADD"} or any(o.startswith("--from=") for o in one.options):
        return []
    return [
        word.removeprefix("./") or "."
        for word in one.words[:-1]
        if "://" not in word and "<<" not in word
    ]


def _is_secret_file(source: str) -> bool:
    path = PurePosixPath(source)
    if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in _HARMLESS):
        return False
    named = any(fnmatch.fnmatchcase(path.name, pattern) for pattern in _SECRET_FILES)
    return named or bool(_SECRET_FOLDERS & set(path.parts))


def _check_variables(instructions: Sequence[Instruction], secrets: frozenset[str]) -> Iterator[str]:
    for one in instructions:
        if one.name not in {"ARG", "ENV"}:
            continue
        for name, value in read_assignments(one):
            place = f", line {one.line}: {one.name} {name}"
            is_secret = name in secrets or bool(_SECRET_NAMES.search(name))
            if one.name == "ARG" and is_secret:
                yield (
                    f"{place} stays in the history of the image: use `RUN --mount=type=secret`, or "
                    "read it when the program starts"
                )
            elif one.name == "ENV" and value and (is_secret or _LOGIN_IN_URL.search(value)):
                yield f"{place} has a secret that everybody who has the image can read"


def _check_context(
    instructions: Sequence[Instruction], kept: Sequence[Instruction], ignored: Ignored | None
) -> Iterator[str]:
    """Check what comes with a folder that is copied as a whole.

    A stage that only builds may need `.git`, for example to find its version.

    Args:
        instructions: Those of all stages.
        kept: Those whose files are in the image.
        ignored: The patterns of `.dockerignore`; None if there is none.
    """
    for one in instructions:
        names = [name for name in _NOT_FOR_IMAGES if one in kept or name != ".git"]
        for source in _list_sources(one):
            caught = [name for name in names if _covers(source, name)]
            left = [name for name in caught if ignored is None or not ignored.leaves_out(name)]
            if left:
                found = " and ".join(left)
                yield f", line {one.line}: {source} contains {found}: name it in .dockerignore"


def _covers(source: str, name: str) -> bool:
    """Return whether copying a path of the build's folder takes a file of it along."""
    path = source.strip("/") or "."
    if path == name:
        return False  # It is copied on purpose; `_check_copies` judges that.
    return path == "." or ("/" not in path and fnmatch.fnmatchcase(name, path))
