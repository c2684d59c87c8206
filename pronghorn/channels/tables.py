"""The tables of channels, beside those of the program."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table

TABLES = MetaData()

#: The last id of each channel. Its row is the lock of the channel: a transaction that has taken an
#: id holds it until the commit, so ids become visible in their order.
COUNTERS = Table(
    "pronghorn_channels",
    TABLES,
    Column("name", String(255), primary_key=True),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    #: Milliseconds of the database's clock, as all times here.
    Column("used_at", BigInteger, nullable=False),
)
ENTRIES = Table(
    "pronghorn_channel_entries",
    TABLES,
    Column("channel", String(255), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("payload", LargeBinary, nullable=False),
    Column("expires_at", BigInteger),
    Index("pronghorn_channel_entries_expires_at", "expires_at"),
)
