"""Faults: errors, delays and broken connections, for the requests that a test selects."""

from __future__ import annotations

from . import _native
from ._clock import milliseconds
from ._nodes import node_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from types import TracebackType
    from typing import Any

    from ._nodes import NodeId
    from ._record import Key


class Faults:
    """The faults of a server, ``server.faults``.

    Faults are evaluated in the order in which they were armed. The first one that fires decides, and later ones do not count that
    request. Only delays are different: they add up, and later faults are still evaluated.

    >>> server = Server()
    >>> busy = server.faults.on("write", set="demo").times(2).key_busy()
    >>> busy.fired
    0
    >>> server.close()
    """

    __slots__ = ("_server",)

    def __init__(self, server: _native.Server) -> None:
        self._server = server

    if TYPE_CHECKING:

        def on(
            self,
            command: str = "any",
            *,
            namespace: str | None = None,
            set: str | None = None,
            key: Key | None = None,
            digest: bytes | str | None = None,
            node: NodeId | None = None,
        ) -> FaultBuilder: ...

    else:

        def on(self, command="any", **parameters):
            """Build a fault for these requests. It is armed by a method that names a reaction, such as :meth:`FaultBuilder.ignore`.

            ``command`` is ``any`` (all except the info protocol), ``everything``, ``read``, ``exists``, ``write``, ``operate``,
            ``delete``, ``touch``, ``udf``, ``batch``, ``query``, ``info`` or ``connect`` (new connections). ``read`` and ``write``
            include the more specific ones. ``monitor``, ``verify``, ``roll-forward`` and ``roll-back`` are the requests by which
            clients monitor and end transactions. ``namespace``, ``set`` (``""`` for no set), ``key`` or ``digest``, and ``node`` select
            further.

            Raises :class:`ArgumentTypeError` and :class:`ArgumentValueError` when the fault is armed.
            """
            if "node" in parameters:
                parameters["node"] = node_id(parameters["node"])
            return FaultBuilder(self._server, {"command": command, **parameters})

    def clear(self) -> None:
        """Remove all faults. Connections that they have silenced stay silent."""
        self._server.clear_faults()

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over the faults that have not been removed, in the order in which they were armed."""
        return iter([Fault(fault) for fault in self._server.faults()])

    def __len__(self) -> int:
        return len(self._server.faults())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<spikelet.Faults {[fault.text for fault in self._server.faults()]}>"


class FaultBuilder:
    """Builds a fault. A method that names a reaction arms it, and returns the :class:`Fault`.

    Without limits, the fault fires on every request that it matches.
    """

    __slots__ = ("_server", "_parameters")

    def __init__(self, server: _native.Server, parameters: dict[str, Any]) -> None:
        self._server = server
        self._parameters = parameters

    def _with(self, **parameters: Any) -> FaultBuilder:
        return FaultBuilder(self._server, {**self._parameters, **parameters})

    def _arm(self, reaction: str, argument: Any = None) -> Fault:
        return Fault(self._server.arm(self._parameters, reaction, argument))

    def times(self, times: int) -> FaultBuilder:
        """Fire at most this many times, from 1."""
        return self._with(times=times)

    def nth(self, nth: int) -> FaultBuilder:
        """Fire from the nth matching request on, counted from 1: once, or as often as :meth:`times` allows."""
        return self._with(nth=nth)

    def probability(self, probability: float, *, seed: int = 0) -> FaultBuilder:
        """Fire on each matching request with this probability, from 0 to 1. The same seed selects the same requests in every run."""
        return self._with(probability=probability, seed=seed)

    def seed(self, seed: int) -> FaultBuilder:
        """Set the seed by which replies are corrupted, from 0; 0 by default."""
        return self._with(seed=seed)

    def result(self, code: int | str) -> Fault:
        """Reply with a result code, without executing the command: a number, or a name such as ``"KEY_BUSY"``.

        If the fault selects commands on single records, it fires on each matching row of a batch separately.
        """
        return self._arm("result", code)

    def key_busy(self) -> Fault:
        """Reply ``KEY_BUSY`` (14): too many requests wait for the same record, a hot key."""
        return self._arm("key_busy")

    def device_overload(self) -> Fault:
        """Reply ``DEVICE_OVERLOAD`` (18): the storage cannot keep up."""
        return self._arm("device_overload")

    def delay(self, time: timedelta | float) -> Fault:
        """Delay the command and everything after it on the same connection by a timedelta or a number of seconds, of real time."""
        return self._arm("delay", milliseconds(time, "time"))

    def ignore(self) -> Fault:
        """Neither execute the command nor reply. The connection stays open, but nothing after the command is served."""
        return self._arm("ignore")

    def cut_before(self) -> Fault:
        """Close the connection without executing the command."""
        return self._arm("cut_before")

    def cut_after(self) -> Fault:
        """Execute the command and close the connection without a reply. The client cannot know the outcome."""
        return self._arm("cut_after")

    def silence_after(self) -> Fault:
        """Execute the command and never reply. The connection stays open, but nothing after the command is served."""
        return self._arm("silence_after")

    def truncate(self, size: int) -> Fault:
        """Execute the command, send this many bytes of the reply, including the 8 of its header, and close the connection."""
        return self._arm("truncate", size)

    def stall(self, size: int) -> Fault:
        """Execute the command and send this many bytes of the reply. The connection stays open, but is no longer served."""
        return self._arm("stall", size)

    def corrupt(self) -> Fault:
        """Execute the command and damage the reply, so that no client can parse it."""
        return self._arm("corrupt")

    def refuse_connections(self) -> Fault:
        """Reset new connections, which ``on("connect")`` selects. A command of another kind has its connection closed."""
        return self._arm("refuse_connections")

    def __repr__(self) -> str:
        return f"<spikelet.FaultBuilder {self._parameters}, not armed>"


class Fault:
    """An armed fault.

    As a context manager it removes itself at the end, and raises :class:`ExpectationError` if it never fired, unless another
    exception is on its way.

    >>> server = Server()
    >>> with server.faults.on("write").ignore():
    ...     pass
    Traceback (most recent call last):
    ...
    spikelet._errors.ExpectationError: the fault never fired: no request matched it (id=1:command=write:reaction=ignore)
    >>> server.close()
    """

    __slots__ = ("_fault",)

    def __init__(self, fault: _native.Fault) -> None:
        self._fault = fault

    @property
    def id(self) -> int:
        """The id, which :attr:`Entry.fault` names."""
        return self._fault.id

    @property
    def fired(self) -> int:
        """On how many requests, or rows of batches, the fault has fired."""
        return self._fault.fired

    @property
    def matched(self) -> int:
        """How many requests the fault has matched, whether it fired on them or not. It stops counting when it is used up."""
        return self._fault.matched

    def remove(self) -> None:
        """Remove the fault. Connections that it has silenced stay silent."""
        self._fault.remove()

    def assert_fired(self) -> None:
        """Raise :class:`ExpectationError` if the fault never fired."""
        self._fault.check_fired()

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._fault.remove()
        if kind is None:
            self._fault.check_fired()

    def __repr__(self) -> str:
        return f"<spikelet.Fault {self._fault.text}:matched={self.matched}:fired={self.fired}>"
