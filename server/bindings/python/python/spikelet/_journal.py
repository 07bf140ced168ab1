"""The journal: the requests that a server received, with their outcomes."""

from __future__ import annotations

from collections.abc import Mapping

from . import _native
from ._clock import milliseconds
from ._errors import ArgumentTypeError, ArgumentValueError, ServerClosedError
from ._named import Named, from_milliseconds
from ._nodes import node_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta
    from typing import Any, Union

    from ._nodes import NodeId
    from ._record import Key

    Expected = Union[str, tuple[str, Key], tuple[str, Key, Union[int, str]], Mapping[str, Any]]


def _number(n: Any, name: str) -> int:
    """A number of entries."""
    if not isinstance(n, int) or isinstance(n, bool):
        raise ArgumentTypeError(f"{name}: expected an integer from 0, got {n!r}")
    if not 0 <= n < 2**63:
        raise ArgumentValueError(f"{name}: expected an integer from 0, got {n}")
    return n


class Operation(Named):
    """An operation of a request."""

    __slots__ = ("name", "bin", "value", "arguments", "text")

    #: The name, such as ``read``, ``write``, ``add``, ``touch``, ``list.append_items``, ``map.put``, ``bit_set`` or ``exp.read``.
    name: str
    #: The bin; empty for an operation on the record.
    bin: str
    #: The value to write, add, append or prepend.
    value: Any
    #: The arguments of a list, map, bit or HyperLogLog operation, in order.
    arguments: list[Any]
    #: The operation as text.
    text: str


class IndexRange(Named):
    """The range of an indexed value that a query selects."""

    __slots__ = ("bin", "first", "last")

    #: The bin; empty if the query gives the name or the expression of an index instead.
    bin: str
    #: The first value of the range.
    first: Any
    #: The last value of the range. It differs from the first only for integers.
    last: Any


class Policies(Named):
    """The policies of a request that affect what it does."""

    __slots__ = (
        "generation_equal",
        "generation_below",
        "ttl",
        "exists_action",
        "filter",
        "durable_delete",
        "background",
    )

    #: The generation that the record must have.
    generation_equal: int | None
    #: The generation that the record's must be less than.
    generation_below: int | None
    #: The requested TTL in seconds, or ``default``, ``never`` or ``unchanged``.
    ttl: int | str
    #: ``update``, ``create_only``, ``update_only``, ``replace`` or ``replace_only``.
    exists_action: str
    #: Whether there is a filter expression.
    filter: bool
    #: Whether a delete leaves a tombstone.
    durable_delete: bool
    #: Whether a query runs in the background.
    background: bool


_REQUEST = (
    "command",
    "writes",
    "namespace",
    "set",
    "key",
    "digest",
    "operations",
    "udf",
    "udf_arguments",
    "index_name",
    "index_range",
    "policies",
)


class _Request(Named):
    __slots__: tuple[str, ...] = ()

    #: The most specific command: ``touch`` rather than ``write``, for example.
    command: str
    #: Whether the request may change a record.
    writes: bool
    #: The namespace.
    namespace: str | None
    #: The set; ``None`` for no set.
    set: str | None
    #: The user key, if the client sent it. By default most clients send only the digest.
    key: Key | None
    #: The digest, 20 bytes; ``None`` for a query.
    digest: bytes | None
    #: The operations, in order.
    operations: list[Operation]
    #: The UDF, as ``module.function``.
    udf: str | None
    #: The arguments of the UDF.
    udf_arguments: list[Any]
    #: The name of the secondary index that a query gives.
    index_name: str | None
    #: The range that a query selects; ``None`` for a scan.
    index_range: IndexRange | None
    #: The policies.
    policies: Policies
    #: The result code; ``None`` while there is none, and for info commands.
    result: int | None
    #: The request and its outcome on one line.
    text: str

    def __init__(self, fields: dict[str, Any]) -> None:
        index_range = fields["index_range"]
        made = {
            "operations": [Operation(operation) for operation in fields["operations"]],
            "index_range": None if index_range is None else IndexRange(index_range),
            "policies": Policies(fields["policies"]),
        }
        super().__init__({**fields, **made})

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<spikelet.{type(self).__name__} {self.text}>"


class Row(_Request):
    """A row of a batch."""

    __slots__ = ("index", "text", "result", *_REQUEST)

    #: The index that the client gave the row, from 0.
    index: int


class Entry(_Request):
    """A request and its outcome, or a connection that a fault refused. ``str(entry)`` is one line."""

    __slots__ = (
        "number",
        "node",
        "time",
        "peer",
        "text",
        "ended",
        "result",
        "reply_generation",
        "reply_records",
        "reply_bytes",
        "fault",
        "is_shortened",
        "info",
        "rows",
        *_REQUEST,
    )

    #: The number of the request, from 1, counted over all connections.
    number: int
    #: The id of the node that received the request.
    node: str
    #: When the request arrived, by the server's clock, in UTC.
    time: datetime
    #: The address of the client.
    peer: str | None
    #: ``pending``, ``answered``, ``closed`` (without a whole reply) or ``unanswered`` (with the connection open).
    ended: str
    #: The generation in the reply, if it has one.
    reply_generation: int | None
    #: The number of records, rows or values in the reply to a query or a batch.
    reply_records: int
    #: The size of the reply in bytes.
    reply_bytes: int
    #: The id of the fault that fired on the request.
    fault: int | None
    #: Whether the request was larger than 1 MiB. The journal then keeps no operations and no rows.
    is_shortened: bool
    #: The commands of an info request, in order.
    info: list[str]
    #: The rows of a batch.
    rows: list[Row]

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.time = from_milliseconds(fields["time"])
        self.rows = [Row(row) for row in fields["rows"]]


class Journal:
    """The journal of a server, ``server.journal``: its last requests, with their outcomes. Filters narrow it to matching entries.

    A server keeps the last 1000 requests, or as many as its option ``journal`` says, but at most 64 MiB. An entry is in the journal
    before the client has the reply. Info commands and refused connections count only if the filter asks for ``info``,
    ``everything`` or ``connect``.

    >>> server = Server()
    >>> for entry in server.journal.writes().filter(set="demo"):
    ...     print(entry)
    >>> server.journal.assert_count(0)
    >>> server.close()
    """

    __slots__ = ("_server", "_parameters", "_filter")

    def __init__(self, server: _native.Server, parameters: dict[str, Any]) -> None:
        self._server = server
        self._parameters = parameters
        self._filter = _native.Filter(parameters)

    if TYPE_CHECKING:

        def filter(
            self,
            command: str | None = None,
            *,
            namespace: str | None = None,
            set: str | None = None,
            key: Key | None = None,
            digest: bytes | str | None = None,
            node: NodeId | None = None,
            result: int | str | None = None,
            since: int | None = None,
            faulted: bool | None = None,
        ) -> Journal: ...

    else:

        def filter(self, command=None, **parameters):
            """Return the journal narrowed to entries that match all of these, in addition to those given before.

            ``command``, ``namespace``, ``set``, ``key``, ``digest`` and ``node`` are those of :meth:`Faults.on`. ``result`` is a
            result code, as a number or a name such as ``"NOT_FOUND"``; ``since`` the number of the first request; ``faulted=True``
            selects requests on which a fault fired. A batch is one entry, which matches if any of its rows does.
            """
            if command is not None:
                parameters["command"] = command
            if "node" in parameters:
                parameters["node"] = node_id(parameters["node"])
            return Journal(self._server, {**self._parameters, **parameters})

    def reads(self) -> Journal:
        """Return the journal narrowed to reads of one record."""
        return self.filter("read")

    def writes(self) -> Journal:
        """Return the journal narrowed to writes of one record, which deletes are not."""
        return self.filter("write")

    def deletes(self) -> Journal:
        """Return the journal narrowed to deletes of one record."""
        return self.filter("delete")

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries that match now, oldest first."""
        return iter(self.entries())

    def entries(self, last: int | None = None) -> list[Entry]:
        """Return the matching entries, or the last few of them, oldest first."""
        limit = None if last is None else _number(last, "last")
        return [Entry(entry) for entry in self._server.entries(self._filter, limit)]

    def last(self) -> Entry | None:
        """Return the last matching entry, or ``None``."""
        entries = self.entries(1)
        return entries[0] if entries else None

    def count(self) -> int:
        """Return the number of matching entries."""
        return self._server.count_entries(self._filter)

    @property
    def dropped(self) -> int:
        """How many entries were dropped to make room for later ones."""
        return self._server.dropped_entries()

    @property
    def next_number(self) -> int:
        """The number of the next request, for ``filter(since=...)``."""
        return self._server.next_number()

    def clear(self) -> None:
        """Remove all entries, matching or not. Numbering continues."""
        self._server.clear_journal()

    def assert_count(self, n: int) -> None:
        """Raise :class:`ExpectationError` unless there are exactly ``n`` matching entries. The message shows the last entries."""
        self._server.check_count(self._filter, _number(n, "n"))

    def assert_sequence(self, expected: Iterable[Expected]) -> None:
        """Raise :class:`ExpectationError` unless the matching entries are exactly these, in this order.

        Each is the name of a command, a tuple of a command and a key, a tuple of a command, a key and a result code, or a dictionary
        of the parameters of :meth:`filter`. The message shows both sequences.
        """
        if isinstance(expected, str) or not hasattr(expected, "__iter__"):
            raise ArgumentTypeError(f"expected: expected a list of what each entry is, got {expected!r}")
        plain = [dict(item) if isinstance(item, Mapping) else item for item in expected]
        self._server.check_sequence(self._filter, plain)

    def wait_for(self, n: int = 1, *, timeout: timedelta | float = 5.0) -> list[Entry]:
        """Block until there are ``n`` matching entries, including those already there, and return them.

        ``timeout`` is a timedelta or a number of seconds, of real time. Requests that a fault delays count when they arrive; with
        ``result`` in the filter, only requests that have ended count. Raises :class:`WaitTimeoutError` when the time is over, and
        :class:`ServerClosedError` if the server is closed meanwhile. Other threads of Python run during the wait, and Ctrl-C ends it.
        """
        entries = self._server.wait_for(self._filter, _number(n, "n"), milliseconds(timeout, "timeout") / 1000, None)
        return [Entry(entry) for entry in entries or []]

    async def wait_for_async(self, n: int = 1, *, timeout: timedelta | float = 5.0) -> list[Entry]:
        """Like :meth:`wait_for`, for asyncio: the event loop runs during the wait, which a cancellation ends."""
        import asyncio

        cancel = _native.Cancel()
        n, seconds = _number(n, "n"), milliseconds(timeout, "timeout") / 1000
        loop = asyncio.get_running_loop()
        try:
            entries = await loop.run_in_executor(None, self._server.wait_for, self._filter, n, seconds, cancel)
        finally:
            cancel.cancel()
        if entries is None:
            raise ServerClosedError("the wait was cancelled")
        return [Entry(entry) for entry in entries]

    def __str__(self) -> str:
        """The matching entries, one per line."""
        return "\n".join(entry["text"] for entry in self._server.entries(self._filter, None))

    def __repr__(self) -> str:
        filtered = ", ".join(f"{name}={value!r}" for name, value in self._parameters.items())
        return f"<spikelet.Journal ({filtered}) of {self.count()} entries>"
