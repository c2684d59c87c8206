"""Whether a command of ours serves the program, so that its defaults apply."""

from __future__ import annotations

import os

#: The variable of the environment in which a command keeps the limits of its server.
SERVER_LIMITS = "PRONGHORN_SERVER_LIMITS"
#: The variable with the seconds for which a worker of Granian waits for its requests at shutdown.
GRANIAN_PATIENCE = "PRONGHORN_GRANIAN_PATIENCE"


def is_served_by_command() -> bool:
    """Return True under `pronghorn run` and `pronghorn dev`."""
    return bool(os.environ.get(SERVER_LIMITS))
