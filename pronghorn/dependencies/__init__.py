"""The dependency graph, under the import paths that FastAPI programs use."""

from pronghorn.core.reexports import find_elsewhere

find_elsewhere(__name__)
