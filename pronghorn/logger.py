"""The logger of the framework."""

import logging

from pronghorn.core.reexports import find_elsewhere

logger = logging.getLogger("pronghorn")
"""Silent until the program configures logging."""


find_elsewhere(__name__)
