"""OpenAPI 3.1: the document's models, its generation from plans, and the pages that show it."""

from pronghorn.core.reexports import find_elsewhere

find_elsewhere(__name__)
