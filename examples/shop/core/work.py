"""Jobs and messages, which outlive a request and its process, as rows of the same database."""

from __future__ import annotations

from pronghorn.channels import Channels
from pronghorn.jobs import Jobs
from shop.core.database import db

jobs = Jobs(db)
"""Functions that a worker runs; `pronghorn run --jobs` has one in the process of the server."""

channels = Channels(db)
"""Messages for whoever listens, in any process; a listener that was away goes on where it was."""
