"""Channels as a program declares them: a name, the type of the messages, and how long they stay."""

from __future__ import annotations

import hashlib
from string import Formatter
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from pronghorn.channels.log import Limits
from pronghorn.channels.presence import CHANGES_OF, Change
from pronghorn.core.durations import Duration, seconds
from pronghorn.core.numbers import MOST, is_whole, show
from pronghorn.core.setup_errors import SetupError, did_you_mean, setup_error

M = TypeVar("M")
#: The length of a name that ends with its hash; one that is shorter is stored as it is.
_LONGEST = 200


class Channel(Generic[M]):
    """A kind of channel: call it with the values of its parameters to get one.

        room = Channel("room:{room_id}", Message)
        await channels.publish(room(room_id=7), Message(text="Hello"))

    Args:
        name: The name, with a parameter in braces for each value that tells channels apart. A
            value cannot contain the rest of another name, since its special characters are encoded.
        model: The type of the messages: a Pydantic model, or anything else that Pydantic knows.
        keep: The number of messages that stay readable, at least; up to a tenth more may stay.
            None for all.
        ttl: How long a message stays readable. None for ever.

    Raises:
        SetupError: The name or a limit cannot be used.

    Attributes:
        pattern: The name that was given.
        parameters: The names of its parameters, in their order.
        model: The type that was given.
        limits: What the log keeps.
    """

    def __init__(
        self,
        name: str,
        model: type[M],
        *,
        keep: int | None = 1000,
        ttl: Duration | None = "24h",
    ) -> None:
        self.pattern = name
        self.parameters = _read_parameters(name)
        self.model = model
        self.limits = Limits(keep, None if ttl is None else seconds(ttl, name="The option ttl"))
        if keep is not None and not (is_whole(keep) and 1 <= keep <= MOST):
            raise setup_error(
                f"The channel {name!r} has keep={show(keep)}",
                "it was to keep every message, or only the last one",
                "keep=None, or keep=1",
            )
        self._adapter: TypeAdapter[M] | None = None
        self._presence: Channel[Change] | None = None

    def __call__(self, *values: Any, **named: Any) -> BoundChannel[M]:
        """Return the channel with these values of its parameters.

        Args:
            *values: Values in the order of the parameters.
            **named: Values by name.

        Raises:
            SetupError: A value is missing, or there is one too many.
        """
        found = dict(zip(self.parameters, values, strict=False)) | named
        if len(values) + len(named) != len(found) or set(found) != set(self.parameters):
            raise self._call_error(values, named)
        return BoundChannel(self, _fill(self.pattern, found))

    def _call_error(self, values: tuple[Any, ...], named: dict[str, Any]) -> SetupError:
        wrong = next((name for name in named if name not in self.parameters), None)
        guess = None if wrong is None else did_you_mean(wrong, self.parameters)
        given = ", ".join(
            [*map(repr, values), *(f"{key}={value!r}" for key, value in named.items())]
        )
        return setup_error(
            f"The channel {self.pattern!r} was called with ({given})",
            guess or "its parameters are " + (", ".join(self.parameters) or "none"),
            f"({', '.join(f'{name}=...' for name in self.parameters)})",
        )

    @property
    def presence(self) -> Channel[Change]:
        """The channel with the same parameters that tells who comes and who leaves."""
        if self._presence is None:
            other: Channel[Change] = Channel("changes", Change)
            other.pattern = CHANGES_OF + self.pattern
            other.parameters, other.limits = self.parameters, self.limits
            self._presence = other
        return self._presence

    @property
    def adapter(self) -> TypeAdapter[M]:
        """The validator of the messages; made at the first use, when late names are defined."""
        if self._adapter is None:
            self._adapter = TypeAdapter(self.model)
        return self._adapter

    def __repr__(self) -> str:
        return f"Channel({self.pattern!r})"


class BoundChannel(Generic[M]):
    """One channel.

    Args:
        channel: Its kind.
        name: Its name, with the values of the parameters.
    """

    __slots__ = ("channel", "name")

    def __init__(self, channel: Channel[M], name: str) -> None:
        self.channel = channel
        self.name = name

    @property
    def presence(self) -> BoundChannel[Change]:
        """The channel that tells who comes and who leaves."""
        return BoundChannel(self.channel.presence, CHANGES_OF + self.name)

    def encode(self, message: M) -> bytes:
        """Return a message as JSON.

        Raises:
            pydantic.ValidationError: It is no message of this channel.
        """
        adapter = self.channel.adapter
        return adapter.dump_json(adapter.validate_python(message), by_alias=True)

    def decode(self, payload: bytes) -> M:
        """Return the message that JSON stands for.

        Raises:
            pydantic.ValidationError: It is no message of this channel.
        """
        return self.channel.adapter.validate_json(payload)

    def __repr__(self) -> str:
        return f"<channel {self.name!r}>"


#: What names one channel: a channel with its values, or one that has no parameters.
AnyChannel = Channel[M] | BoundChannel[M]


def bind(channel: AnyChannel[M]) -> BoundChannel[M]:
    """Return one channel.

    Args:
        channel: A channel with its values, or one without parameters.

    Raises:
        SetupError: It is something else, or its values are missing.
    """
    if isinstance(channel, BoundChannel):
        return channel
    if isinstance(channel, Channel):
        return channel()
    raise no_channel(channel)


def no_channel(found: Any) -> SetupError:
    """Return the error about something else where a channel belongs.

    Args:
        found: What was there.
    """
    return setup_error(
        f"{found!r} is no channel",
        "the name of a channel stands where the channel itself was meant",
        'room = Channel("room:{room_id}", Message) once, and room(room_id=7) here',
    )


def _read_parameters(name: str) -> tuple[str, ...]:
    try:
        parts = list(Formatter().parse(name))
    except ValueError:
        parts = [(name, "", "", None)]
    names = [field for _, field, _, _ in parts if field is not None]
    plain = all(not spec and not conversion for _, _, spec, conversion in parts)
    is_good = plain and all(each.isidentifier() for each in names)
    if not name or not is_good or len(set(names)) < len(names) or "/" in name:
        raise setup_error(
            f"{name!r} is no name of a channel",
            "a parameter in braces needs a name of its own, and a slash is not allowed",
            'Channel("room:{room_id}", Message)',
        )
    return tuple(names)


def _fill(pattern: str, values: dict[str, Any]) -> str:
    """Return a name; what a value contains cannot look like a part of the pattern.

    Only a name with a hash has the length `_LONGEST`, so that no value can imitate one.
    """
    texts = {
        name: quote(_as_text(value), safe="@", errors="surrogatepass")
        for name, value in values.items()
    }
    filled = pattern.format_map(texts)
    if len(filled) < _LONGEST:
        return filled
    return f"{filled[: _LONGEST - 65]}~{hashlib.sha256(filled.encode()).hexdigest()}"


def _as_text(value: Any) -> str:
    if value is None or value == "":
        raise setup_error(
            f"The value of a parameter of a channel is {value!r}",
            "the value was not known yet",
            "room(room_id=7)",
        )
    return str(getattr(value, "value", value))
