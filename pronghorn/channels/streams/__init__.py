"""Streams that outlive their client, and go on where it left, at any process.

    streams = Streams(Channels(db), jobs, url="/answers/{id}")
    ref = await streams.start(answer, question, owner=user.id)

A generator runs as a job, and its items go into the log of a channel. It needs the extra `sql` and
that of jobs.
"""

from pronghorn.channels.streams.following import Followed
from pronghorn.channels.streams.streams import StreamRef, Streams

__all__ = ["Followed", "StreamRef", "Streams"]
