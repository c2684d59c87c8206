"""The folder of manifests: write them as YAML, and read what people have made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pronghorn.deploy.kubernetes.kinds import APPLIED, DEPLOYED, KINDS
from pronghorn.deploy.kubernetes.manifests import Manifest, make_manifests
from pronghorn.deploy.target import Plan, PlannedFile
from pronghorn.deploy.written import compare

__all__ = ["Found", "plan_files", "read_folder"]

#: What a reader of a file wants to know, as comments at its top.
_COMMENTS = {
    "web.yaml": "A deploy adds the tag of the image, the name of the Secret and the version.",
    "jobs.yaml": "A deploy adds the tag of the image, the name of the Secret and the version.",
    "migration.yaml": "Each deploy runs it under a name of its own, before any new pod starts.",
    "autoscaler.yaml": "It needs the metrics server in the cluster.",
}
#: Files of a configuration, which may ask for fewer of them later.
_OURS = frozenset({*_COMMENTS, "service.yaml", "disruption-budget.yaml"})


class Found(NamedTuple):
    """The content of a folder.

    Attributes:
        manifests: Of all files, in the order of their names.
        unused: Files that an earlier configuration asked for.
        problems: One sentence each.
    """

    manifests: list[Manifest]
    unused: list[str]
    problems: list[str]


def plan_files(plan: Plan) -> list[PlannedFile]:
    """Return the files of the manifests, as text."""
    folder = PurePosixPath(plan.config.kubernetes.folder)
    return [
        PlannedFile(folder / name, _to_text(name, manifest))
        for name, manifest in make_manifests(plan).items()
    ]


def _to_text(name: str, manifest: Manifest) -> str:
    import yaml

    class _Plain(yaml.SafeDumper):
        """Writes each list and table in full, since people do not read anchors."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    comment = f"# {_COMMENTS[name]}\n" if name in _COMMENTS else ""
    text: str = yaml.dump(manifest, Dumper=_Plain, sort_keys=False, width=110)
    return comment + text


def read_folder(plan: Plan) -> Found:
    """Return the manifests as a deploy applies them.

    A file that people have changed counts as it is on disk, and one that they have not counts as
    it is planned, since it is written before anything is applied. Files that people have added,
    such as an Ingress, belong to the result.
    """
    planned = make_manifests(plan)
    folder = plan.folder / plan.config.kubernetes.folder
    states = {one.file.path.name: one.state for one in compare(plan.folder, plan_files(plan))}
    files = sorted(path for path in folder.glob("*.y*ml") if path.suffix in {".yaml", ".yml"})
    unused = [path.name for path in files if path.name in _OURS and path.name not in planned]
    problems: list[str] = []
    read: dict[str, list[Manifest]] = {name: [manifest] for name, manifest in planned.items()}
    for path in files:
        if path.name not in unused and states.get(path.name) not in {"same", "outdated"}:
            read[path.name] = list(_read(path, problems))
    manifests = []
    for name, documents in sorted(read.items()):
        for document in documents:
            problems += [f"{name}: {problem}" for problem in _judge(document, plan)]
            manifests.append(document)
    if not problems:
        problems += _judge_all(manifests, planned)
    return Found(manifests, unused, problems)


def _read(path: Path, problems: list[str]) -> Iterator[Manifest]:
    """Yield the documents of a file."""
    import yaml

    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        problems.append(f"{path.name} cannot be read: {' '.join(str(error).split())}")
        return
    for document in documents:
        if isinstance(document, dict):
            yield document
        elif document is not None:
            problems.append(f"{path.name} has something that is not a manifest")


def _judge(document: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    """Yield what is wrong with one manifest."""
    kind, metadata = document.get("kind"), document.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        yield "a manifest has no metadata.name"
        return
    what = f"{kind} {metadata['name']}"
    if kind == "Secret":
        yield (
            f"{what} does not belong in a file that is committed; "
            "name its variables in [tool.pronghorn.deploy] secrets"
        )
    elif kind not in APPLIED:
        yield f"a deploy does not apply {what}; use kubectl for it"
    elif document.get("apiVersion") != KINDS[str(kind)].version:
        yield (
            f"{what} has apiVersion {document.get('apiVersion')}, "
            f"and should have {KINDS[str(kind)].version}"
        )
    namespace, own = metadata.get("namespace"), plan.config.kubernetes.namespace
    if namespace is not None and namespace != own:
        yield f"{what} is in the namespace {namespace}, and the deploy goes to {own or 'another'}"


def _judge_all(manifests: Iterable[Manifest], planned: Mapping[str, Manifest]) -> Iterator[str]:
    """Yield what is missing, or there twice."""
    seen: set[tuple[str, str]] = set()
    for manifest in manifests:
        key = (manifest["kind"], manifest["metadata"]["name"])
        if key in seen:
            yield f"two files have {key[0]} {key[1]}"
        seen.add(key)
    needed = {(one["kind"], one["metadata"]["name"]) for one in planned.values()}
    for kind, name in sorted(needed - seen):
        if kind in {DEPLOYED, "Job"}:
            yield f"no file has {kind} {name}: restore it, or delete the file that lacks it"
    for kind, name in sorted(seen - needed):
        if kind == "Job":
            yield f"Job {name}: a deploy runs only the Job of the migrations"
