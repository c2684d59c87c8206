"""The base class of security schemes."""

from pronghorn.core.reexports import find_elsewhere
from pronghorn.openapi.scheme import SecurityBase

__all__ = ["SecurityBase"]


find_elsewhere(__name__)
