"""Prepared reads: statements that are compiled once, and whose rows become models at once.

`read.py` has the class that programs use, `reads.py` all prepared reads of a database. `fields.py`,
`columns.py` and `design.py` decide at startup how rows become models; `compiled.py` is a statement
for one dialect; `pools.py`, `running.py` and `drivers.py` send it; `errors.py` makes the errors of
drivers those of SQLAlchemy. `in_loop.py`, `quick.py` and `pace.py` read from SQLite without a
thread.
"""

from pronghorn.sql.prepared.read import PreparedRead as PreparedRead
from pronghorn.sql.prepared.reads import Reads as Reads
