"""The base class of security schemes."""

from pronghorn.openapi.scheme import SecurityBase

__all__ = ["SecurityBase"]
