"""The program with every kind of parameter, on the framework that `HARDENING_FRAMEWORK` names."""

from __future__ import annotations

import os

from pydantic import BaseModel

from tests.bad_input.program import build


class Refused(BaseModel):
    """What every refusal says that is not about a parameter."""

    detail: str


#: FastAPI's documents leave these out: a body that cannot be read, a scheme of security, and a
#: path that a convertor of Starlette does not take.
REFUSED = {status: {"model": Refused} for status in (400, 401, 403, 404)}
app = build(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"), responses=REFUSED)
