"""The step of a build that puts the files of the documentation pages into the wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DocsAssetsHook(BuildHookInterface[Any]):
    """Download the files before a wheel, an editable wheel or an sdist is built.

    An sdist contains them, so a build from it needs no network.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Prepare the folder; hatchling then includes it (`artifacts` in pyproject.toml)."""
        load_tool(Path(self.root) / "tools" / "docs_assets.py").prepare_assets()


def load_tool(path: Path) -> ModuleType:
    """Return a module of `tools`, which is not importable in the environment of a build."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
