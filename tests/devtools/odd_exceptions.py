"""Exceptions whose attributes raise when they are read."""

from __future__ import annotations


class Proxy(Exception):
    """Passes attributes on to an object that it does not have yet, which has no end."""

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


class Hides(Exception):
    @property
    def __cause__(self) -> BaseException:
        raise LookupError
