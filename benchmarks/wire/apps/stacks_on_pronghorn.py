"""Run the stacks that were written for FastAPI on pronghorn."""

# isort: off
import pronghorn.as_fastapi  # noqa: F401 - from here on, `fastapi` is pronghorn
from stacks import bare, cors, every, function, function_inside, gzip

__all__ = ["bare", "cors", "every", "function", "function_inside", "gzip"]
