"""The logger of the framework."""

import logging

logger = logging.getLogger("pronghorn")
"""Silent until the program configures logging."""
