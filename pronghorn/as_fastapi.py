"""Make `import fastapi` import pronghorn, so that a FastAPI program runs unchanged.

Importing this module is enough. There are three ways::

    import pronghorn.as_fastapi  # before the first import of fastapi, in any module
    pronghorn run main.py --as-fastapi
    pytest -p pronghorn.as_fastapi

From then on `fastapi` and every `fastapi.x.y` *are* `pronghorn` and `pronghorn.x.y`: the
same module objects, imported once, at their first use. It makes no difference whether FastAPI is
installed. `importlib.metadata` still reports what is installed.

One attribute changes: when `fastapi` is first imported, `__version__` of the shared module
becomes the release of FastAPI whose behaviour pronghorn has, because programs compare it.
`importlib.metadata.version("pronghorn")` returns pronghorn's own version.

PYTEST_DONT_REWRITE: this module does not contain an assert statement, and pytest would otherwise
warn if the module is imported before `-p` names it.
"""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import did_you_mean, setup_error

__all__ = ["install"]

ALIAS = "fastapi"
REAL = "pronghorn"


class AliasFinder(MetaPathFinder):
    """Finds `fastapi` and its submodules as the modules of pronghorn."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of an alias; `None` for other names, and for queries about a missing one.

        Raises:
            ModuleNotFoundError: An import statement names a submodule that pronghorn lacks.
        """
        if fullname != ALIAS and not fullname.startswith(ALIAS + "."):
            return None
        real_name = REAL + fullname.removeprefix(ALIAS)
        real = _spec_of(real_name)
        if real is None:
            if _is_query():
                return None
            raise _no_such_module(fullname, real_name)
        is_package = real.submodule_search_locations is not None
        spec = ModuleSpec(
            fullname, AliasLoader(real_name), origin=real.origin, is_package=is_package
        )
        if real.submodule_search_locations is not None:
            spec.submodule_search_locations = list(real.submodule_search_locations)
        return spec


class AliasLoader(Loader):
    """Returns a module of pronghorn where the import system expects a new one."""

    def __init__(self, real_name: str) -> None:
        self.real_name = real_name
        self.real_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the real module, unless it is imported."""
        module = importlib.import_module(self.real_name)
        self.real_spec = module.__spec__
        return module

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the real module, for `python -m fastapi`."""
        real = _spec_of(self.real_name)
        loader = None if real is None else real.loader
        return loader.get_code(self.real_name) if isinstance(loader, InspectLoader) else None

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's own spec; its code has run already.

        Between `create_module` and this call, the import system writes the alias's spec into the
        module. With that spec, `importlib.reload` and `pickle` would see a module `fastapi.x`.
        """
        module.__spec__ = self.real_spec
        if "__getattr__" not in vars(module):
            find_elsewhere(self.real_name)  # Reports the nearest name for a missing one.
        version = getattr(module, "FASTAPI_VERSION", None)
        if self.real_name == REAL and version is not None:
            vars(module)["__version__"] = version


def install() -> None:
    """Install the alias, or move it to the front if another finder came before it.

    Importing the module calls this. Calling it again changes nothing.

    Raises:
        SetupError: The real FastAPI is imported already. Parts of the program then have its
            classes, so the two cannot be exchanged any more.
    """
    _refuse_after_the_real_one()
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _is_alias_finder(finder)]
    sys.meta_path.insert(0, AliasFinder())


def _refuse_after_the_real_one() -> None:
    if ALIAS in sys.modules and sys.modules[ALIAS] is None:
        del sys.modules[ALIAS]  # The import was forbidden; importing this module allows it.
    # The name of an aliased module begins with "pronghorn".
    real = [name for name in sys.modules if _top_level(name) == _own_top_level(name) == ALIAS]
    if not real:
        return
    first = min(real, key=len)
    place = getattr(sys.modules[first], "__file__", None) or "a folder of that name"
    raise setup_error(
        f"{first!r} was imported from {place} before 'pronghorn.as_fastapi'",
        "an import of fastapi stands above this one, in the program or in a plugin",
        "import pronghorn.as_fastapi  # the first import of the program\n"
        "or: pronghorn run main.py --as-fastapi\n"
        "or: pytest -p pronghorn.as_fastapi",
    )


def _top_level(name: str) -> str:
    return name.partition(".")[0]


def _own_top_level(name: str) -> str:
    """Return the package that a loaded module itself claims to belong to."""
    return _top_level(getattr(sys.modules[name], "__name__", ""))


def _is_alias_finder(finder: object) -> bool:
    """Compare by name, since reloading this module creates a new class."""
    kind = finder if isinstance(finder, type) else type(finder)
    return (kind.__module__, kind.__qualname__) == (__name__, AliasFinder.__qualname__)


def _spec_of(name: str) -> ModuleSpec | None:
    """Return the spec of a module of pronghorn, without importing the module."""
    module = sys.modules.get(name)
    return module.__spec__ if module is not None else importlib.util.find_spec(name)


def _is_query() -> bool:
    """Return True if `importlib.util.find_spec` asks, which expects `None` instead of an error."""
    frame = sys._getframe(1)
    for _ in range(3):
        if frame.f_back is None:
            return False
        frame = frame.f_back
        if frame.f_globals.get("__name__") == "importlib.util":
            return True
    return False


def _no_such_module(name: str, real_name: str) -> ModuleNotFoundError:
    parent_name, _, last = real_name.rpartition(".")
    parent = sys.modules[parent_name]
    siblings = [module.name for module in pkgutil.iter_modules(getattr(parent, "__path__", []))]
    nearest = did_you_mean(last, siblings)
    hint = f"; did you mean {name.rpartition('.')[0]}.{nearest}?" if nearest else ""
    return ModuleNotFoundError(
        f"No module named {name!r}: it stands for {real_name!r} here, which pronghorn does not "
        f"have{hint}",
        name=name,
    )


install()
