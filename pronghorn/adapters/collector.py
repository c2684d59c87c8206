"""What Python's garbage collector need not look at in a serving process."""

from __future__ import annotations

import gc


def pass_over_startup() -> None:
    """Have the garbage collector ignore, from now on, all objects that exist now.

    After its startup a program keeps nearly everything it has made: modules, models, routes. A
    full collection goes through all of it and finds nothing, and requests that wait for their
    bodies make full collections frequent. Measured on Granian with 64 connections: 24.2 against
    21.5 microseconds for a request with a body. What is made later is collected as before;
    `gc.unfreeze()` takes this back.
    """
    gc.collect()  # what startup has thrown away is not to stay
    gc.freeze()
