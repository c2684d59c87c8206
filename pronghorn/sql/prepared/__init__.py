"""Prepared statements: they are compiled once, and their rows become models at once.

`statement.py`, `read.py` and `write.py` have the classes that programs use, `statements.py` all
prepared statements of a database. `fields.py`, `columns.py`, `returning.py` and `design.py` decide
at startup how rows become models; `compiled.py` and `changes.py` are a statement for one dialect;
`pools.py`, `running.py` and `drivers.py` send it; `errors.py` makes the errors of
drivers those of SQLAlchemy. `in_loop.py`, `quick.py` and `pace.py` read from SQLite without a
thread.
"""

from pronghorn.sql.prepared.read import PreparedRead as PreparedRead
from pronghorn.sql.prepared.statements import Statements as Statements
from pronghorn.sql.prepared.write import PreparedWrite as PreparedWrite
