"""Databases: SQLAlchemy's sessions as dependencies, one transaction per request.

    db = Database("postgresql+asyncpg://localhost/shop")
    Session = Annotated[AsyncSession, db.session]

It needs the extra `sql`.
"""

from pronghorn.sql.commits import after_commit as after_commit
from pronghorn.sql.commits import before_commit as before_commit
from pronghorn.sql.commits import postpone_commit as postpone_commit
from pronghorn.sql.cursors import cursor_key as cursor_key
from pronghorn.sql.database import Database as Database
from pronghorn.sql.keyset import Cursor as Cursor
from pronghorn.sql.keyset import Keyset as Keyset
from pronghorn.sql.offset import Offset as Offset
from pronghorn.sql.offset import Slice as Slice
from pronghorn.sql.pages import LINK_HEADER as LINK_HEADER
from pronghorn.sql.pages import CountedPage as CountedPage
from pronghorn.sql.pages import Page as Page
from pronghorn.sql.prepared import PreparedRead as PreparedRead
from pronghorn.sql.prepared import PreparedWrite as PreparedWrite
