"""Names that programs import from `fastapi._compat`.

The module was never public, but libraries and FastAPI's own tests use it. The names are defined in
`pronghorn.interop.compat` and in `pronghorn.fields`, which new code should use instead.
"""

from pronghorn.core.reexports import find_elsewhere

find_elsewhere(__name__)
