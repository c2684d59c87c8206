"""The part of `fastapi._compat` about types; see `pronghorn.interop.homes`."""

from pronghorn.core.reexports import find_elsewhere

find_elsewhere(__name__)
