"""The probes, one module each; every module has a `PROBE`."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.hardening.probe import Probe


def all_probes() -> list[Probe]:
    """Return the probe of each module of this folder, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").PROBE for name in names]
