"""The tables of jobs: one row for each job, and one for each of its steps that is done.

A row has all that is known of a job, whatever engine hands it out.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

TABLES = MetaData()
#: Times are milliseconds of the database's clock. `delivery` is what the engine hands out next, or
#: has handed out: a job that is tried again gets another one. `token` is of the run that may write
#: the outcome, and `runs` counts them all. `channel` is the queue of the engine.
JOBS = Table(
    "pronghorn_jobs",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("task", Text, nullable=False),
    Column("queue", String(100), nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("rescues", Integer, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("unique_key", String(255), unique=True),
    Column("delivery", String(100), unique=True),
    Column("token", String(36)),
    Column("node", String(36)),
    Column("error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("pronghorn_jobs_by_state", "state", "created_at"),
    Index("pronghorn_jobs_by_end", "ended_at"),
)
#: A step that is done, and its result as JSON.
STEPS = Table(
    "pronghorn_job_steps",
    TABLES,
    Column("job", String(64), primary_key=True),
    Column("step", String(255), primary_key=True),
    Column("result", Text),
)

#: A run that is over, and has not ended its job: it is tried again, or its worker was lost. The
#: last run of a job is in the row of the job.
RUNS = Table(
    "pronghorn_job_runs",
    TABLES,
    Column("job", String(64), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("node", String(36)),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("error", Text),
)
#: The states of a job that is still to be done, and of one that has ended.
OPEN = ("waiting", "scheduled", "running")
ENDED = ("done", "dead", "cancelled")
