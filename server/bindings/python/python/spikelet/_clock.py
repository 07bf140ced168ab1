"""The clock of a server."""

from __future__ import annotations

from datetime import datetime, timedelta

from ._errors import ArgumentTypeError, ArgumentValueError
from ._named import from_milliseconds, to_milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _native


def milliseconds(time: timedelta | float, name: str) -> int:
    """A time span in milliseconds."""
    if isinstance(time, (int, float)) and not isinstance(time, bool):
        try:
            time = timedelta(seconds=time)
        except (OverflowError, ValueError):
            raise ArgumentValueError(f"{name}: {time} seconds are no time span") from None
    if not isinstance(time, timedelta):
        raise ArgumentTypeError(f"{name}: expected a timedelta or a number of seconds, got {time!r}")
    return time // timedelta(milliseconds=1)


class Clock:
    """The clock of a server, ``server.clock``. It follows the machine's clock until a test changes it.

    When a method that moves the clock returns, records have expired, and indexes and counters reflect that. Clients compute TTLs
    with their own clock, so a TTL that a client shows may be wrong afterwards.

    >>> server = Server()
    >>> server.clock.freeze()
    >>> server.clock.advance(timedelta(hours=1))
    >>> server.close()
    """

    __slots__ = ("_server",)

    def __init__(self, server: _native.Server) -> None:
        self._server = server

    def now(self) -> datetime:
        """Return the server's time in UTC, to the millisecond."""
        return from_milliseconds(self._server.now())

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._server.is_frozen()

    def freeze(self) -> None:
        """Stop the clock at the current time."""
        self._server.freeze()

    def resume(self) -> None:
        """Let a frozen clock run again, from the time it shows."""
        self._server.resume()

    def advance(self, by: timedelta | float) -> None:
        """Move the clock forward by a timedelta or a number of seconds, in whole milliseconds. A frozen clock stays frozen.

        Raises :class:`ArgumentValueError` for a negative time: :meth:`set` can move the clock back.
        """
        self._server.advance(milliseconds(by, "by"))

    def set(self, to: datetime) -> None:
        """Move the clock forward or back, to a time from the years 2010 to 2145. A frozen clock stays frozen.

        Moving the clock back does not restore records that were removed. Raises :class:`ArgumentValueError` for another year, and
        for a datetime without a time zone.
        """
        if not isinstance(to, datetime):
            raise ArgumentTypeError(f"to: expected a datetime, got {to!r}")
        if to.tzinfo is None:
            raise ArgumentValueError(f"to: {to} has no time zone: add tzinfo=timezone.utc, for example")
        self._server.set_clock(to_milliseconds(to))

    def reset(self) -> None:
        """Make the clock follow the machine's clock again."""
        self._server.reset_clock()

    def __repr__(self) -> str:
        return f"<spikelet.Clock {self.now().isoformat()}{' (frozen)' if self.is_frozen else ''}>"
