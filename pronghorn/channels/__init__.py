"""Channels: messages for any number of readers, in any process, that a reader can catch up with.

    channels = Channels(db)
    room = Channel("room:{room_id}", Message)
    await channels.publish(room(room_id=7), Message(text="Hello"))

A message is an entry of a log in the database of the program, or in Redis. Wake-ups only make its
delivery quick, so nothing is lost when a process, a connection or a wake-up is.
"""

from pronghorn.channels.channel import AnyChannel, BoundChannel, Channel
from pronghorn.channels.channels import Channels, Event, Reset
from pronghorn.channels.errors import ChannelsAwayError, TooSlowError
from pronghorn.channels.feed import Feed, Subscribe
from pronghorn.channels.joining import Joined
from pronghorn.channels.log import Entry, Limits, Log, Span
from pronghorn.channels.presence import Change, Present
from pronghorn.channels.reading import START

__all__ = [
    "START",
    "AnyChannel",
    "BoundChannel",
    "Change",
    "Channel",
    "Channels",
    "ChannelsAwayError",
    "Entry",
    "Event",
    "Feed",
    "Joined",
    "Limits",
    "Log",
    "Present",
    "Reset",
    "Span",
    "Subscribe",
    "TooSlowError",
]
