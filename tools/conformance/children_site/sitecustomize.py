"""Python imports this at the start of every child process: `fastapi` is pronghorn there."""

import pronghorn.as_fastapi  # noqa: F401 - the import is the effect
