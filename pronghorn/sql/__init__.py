"""Databases: SQLAlchemy's sessions as dependencies, one transaction per request.

    db = Database("postgresql+asyncpg://localhost/shop")
    Session = Annotated[AsyncSession, db.session]

It needs the extra `sql`.
"""

from pronghorn.sql.database import Database as Database
from pronghorn.sql.prepared import PreparedRead as PreparedRead
