"""Send a class to the replicas by a name, instead of as a copy.

Pickle sends a class as its module and qualified name if it is found there, else as a copy with all
that its methods use. The decorators replace the class under its own name, so it would be a copy:
one that cannot travel once a method uses a database or the application, and that has its own global
variables. Under a second name, each replica imports the module, and so has the class itself.

See also:
    https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled
"""

from __future__ import annotations

import re
from types import FrameType

from pronghorn.core.setup_errors import setup_error

__all__ = ["SCRIPT", "refuse_methods", "send_by_name"]

#: The name of a program that was not imported, but run.
SCRIPT = "__main__"


def send_by_name(made: type, place: str, frame: FrameType | None) -> bool:
    """Give the class that Ray deploys a name by which replicas find it.

    Args:
        made: The class, which has the names of the decorated one.
        place: The module and name of its application. Two classes may differ in it only.
        frame: The code that decorates the class.

    Returns:
        False if importing the module would not decorate the class again: the code is a function, or
        part of the script that is run, or the class or application was made by a function.
    """
    is_of_module = frame is not None and frame.f_locals is frame.f_globals
    if frame is None or not is_of_module or "<" in f"{made.__qualname__}{place}":
        return False
    module = str(frame.f_globals.get("__name__", SCRIPT))
    if module == SCRIPT:
        return False
    name = re.sub(r"\W", "_", f"_{made.__module__}.{made.__qualname__} serves {place}")
    frame.f_globals[name] = made
    made.__module__, made.__qualname__ = module, name
    return True


def refuse_methods(cls: type, methods: list[str]) -> None:
    """Raise `SetupError` if a class has methods that are routes, and replicas cannot import it."""
    if methods:
        raise setup_error(
            f"{methods[0]}() is a route and a method of {cls.__qualname__}, which replicas cannot "
            "import",
            "the class is decorated inside a function, or in the script that is run",
            "serve run shop.serving:deployment  # with the class in shop/serving.py",
        )
