"""Names that programs import from `fastapi._compat`.

It was never a public module, but libraries and FastAPI's own tests use it. The names are at home
in `pronghorn.interop.compat` and in `pronghorn.fields`, which new code should use instead.
"""

from pronghorn.core.reexports import find_elsewhere

find_elsewhere(__name__)
