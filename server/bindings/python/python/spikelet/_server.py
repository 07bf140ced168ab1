"""A server."""

from __future__ import annotations

from . import _native, _options
from ._clock import Clock
from ._errors import ArgumentTypeError, ServerClosedError
from ._faults import Faults
from ._journal import Journal
from ._nodes import Nodes
from ._record import Loaded, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta
    from os import PathLike
    from types import TracebackType
    from typing import Any, Union

    from ._record import Key

    Namespaces = Union[Iterable[Union[str, Mapping[str, Any]]], Mapping[str, Union[Mapping[str, Any], None]]]
    Fixture = Union[str, PathLike[str], bytes, Mapping[str, Any]]


class Server:
    """A running server. It stops when it is closed, at the end of a ``with`` block, and when nothing refers to it.

    >>> import spikelet
    >>> with spikelet.Server(namespaces=["test", {"name": "cache", "default_ttl": 3600}]) as server:
    ...     len(server.hosts)
    1

    The server is in this process, on a thread of its own, and works whatever the threads of Python do. Any number of servers can run
    side by side, each on its own port. Every method can be called from any thread. A process that was forked after the server
    started cannot use it: methods raise :class:`ForkedError` there. After :meth:`close`, methods raise :class:`ServerClosedError`.

    All options are keywords:

    ``host``
        The IP address to listen on; 127.0.0.1 by default.
    ``port``
        The port of the first node; 0, the default, stands for a free one. Further nodes have the ports that follow.
    ``namespaces``
        A list of names and of dictionaries with a ``name``, or a dictionary from names to parameters; ``test`` and ``bar`` by
        default. The parameters are Aerospike's own, such as ``default_ttl``, ``nsup_period`` (a timedelta, seconds, or text such as
        ``"30d"``), ``replication_factor`` and ``conflict_resolution_policy``.
    ``nodes``
        The number of nodes, 1 to 64; 1 by default. Their ids are B1, B2 and so on; a single node is A1.
    ``replication_factor``
        The number of copies of each record, for namespaces without one of their own; 1 by default.
    ``racks``
        A list of rack ids, in the order of the nodes.
    ``journal``
        How many requests the :attr:`journal` keeps; 1000 by default, and 0 for no journal.
    ``fixtures``
        A list of fixtures to load before clients can connect: see :meth:`load`.
    ``version``, ``edition``
        What the server reports; ``"8.1.2.0"`` and ``"community"`` (or ``"enterprise"``). The server has the limits of that edition.
    ``cluster_name``, ``node_id``
        The name of the cluster; ``spikelet`` by default. The id of the first node, as an integer or in hexadecimal.
    ``slow_migrations``
        Whether migrations wait for :meth:`Nodes.migrate`; by default they finish at once.
    ``without_rosters``
        Whether namespaces with ``strong_consistency`` start without a roster; by default the server's nodes are on it.
    ``work_directory``
        The directory that error messages of UDFs name.
    ``controls``
        Whether clients on this machine can control the server with info commands.
    ``users``
        Users who can log in, with which the server has security; it needs the Enterprise Edition. A dictionary from names to
        dictionaries with a ``password`` (or an ``external_password``, which clients send in clear text) and a list of ``roles``.
    ``roles``
        Roles beside the predefined ones: a dictionary from names to lists of privileges, such as ``"read-write.test.orders"``, or to
        dictionaries with ``privileges``, ``whitelist``, ``read_quota`` and ``write_quota``.
    ``enable_quotas``, ``session_ttl``
        Whether roles can have quotas; not by default. The seconds after which a login ends; 86400 by default.
    ``tls``
        With ``edition="enterprise"``: ``True``, or a dictionary of ``host`` and ``port``, on which the server accepts TLS beside the connections without; ``name``, the TLS
        name, ``localhost`` by default; ``certificate``, ``key`` and ``ca`` as text in PEM, made at the start by default; and
        ``authenticate_client``, ``True`` or a list of names of clients. See :attr:`tls_hosts` and :meth:`client_certificate`.

    Raises :class:`ArgumentTypeError` for an unknown option and a value of the wrong type, :class:`ArgumentValueError` for a value that
    the option does not take, :class:`FixtureError` for a fixture, and :class:`StartError` if the address is in use, or the system has
    no thread or file descriptor left.
    """

    __slots__ = ("_server", "__weakref__")

    _server: _native.Server

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            host: str = "127.0.0.1",
            port: int = 0,
            namespaces: Namespaces | None = None,
            nodes: int = 1,
            replication_factor: int | None = None,
            racks: Iterable[int] | None = None,
            journal: int | bool = 1000,
            fixtures: Iterable[Fixture] | None = None,
            version: str | None = None,
            edition: str | None = None,
            cluster_name: str | None = None,
            node_id: int | str | None = None,
            slow_migrations: bool = False,
            without_rosters: bool = False,
            work_directory: str | PathLike[str] | None = None,
            controls: bool = False,
            users: Mapping[str, Mapping[str, str | list[str]]] | None = None,
            roles: Mapping[str, list[str] | Mapping[str, list[str] | int]] | None = None,
            enable_quotas: bool = False,
            session_ttl: int | None = None,
            tls: bool | Mapping[str, Any] = False,
        ) -> None: ...

    else:

        def __init__(self, **options):
            if isinstance(options.get("fixtures"), (list, tuple)):
                options["fixtures"] = [_options.fixture(item) for item in options["fixtures"]]
            self._server = _native.Server({name: _options.plain(value) for name, value in options.items()})

    def close(self) -> None:
        """Stop the server, close its connections and free its ports. Closing it again does nothing."""
        self._server.close()

    @property
    def is_closed(self) -> bool:
        """Whether the server was closed."""
        return self._server.is_closed

    def __enter__(self) -> Server:
        if self.is_closed:
            raise ServerClosedError("the server is closed")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()

    # Where it is

    @property
    def host(self) -> str:
        """The IP address of the first node."""
        return self._server.address()[0]

    @property
    def port(self) -> int:
        """The port of the first node."""
        return self._server.address()[1]

    @property
    def hosts(self) -> list[tuple[str, int]]:
        """The addresses and ports of the nodes that are up, as both clients for Python take them in their configuration."""
        return self._server.hosts()

    # TLS

    @property
    def tls_hosts(self) -> list[tuple[str, int, str]]:
        """The addresses, TLS ports and TLS names of the nodes that are up. Without the option ``tls`` there are none."""
        return self._server.tls_hosts()

    @property
    def ca_certificate(self) -> str:
        """The certificate of the authority of all certificates that the server makes, in PEM: the ``cafile`` of clients.

        Raises :class:`ArgumentValueError` for a server without TLS.
        """
        return self._server.ca_certificate()

    def client_certificate(self, name: str) -> tuple[str, str]:
        """Make a certificate for a client with this common name. Returns the certificate and its private key, in PEM.

        Raises :class:`ArgumentValueError` for a server without TLS, and for a name that no certificate can have.
        """
        made = self._server.client_certificate(name)
        return made["certificate"], made["key"]

    def present_certificate(self, kind: str) -> None:
        """Set the certificate that the server presents on new connections.

        It is ``valid``, or a faulty one: ``expired``, ``not-yet-valid``, ``wrong-name``, ``untrusted`` or ``garbage``. Raises
        :class:`ArgumentValueError` for another kind, and for a server without TLS.
        """
        self._server.present_certificate(kind)

    # What a test controls

    @property
    def clock(self) -> Clock:
        """The clock."""
        return Clock(self._server)

    @property
    def faults(self) -> Faults:
        """The faults."""
        return Faults(self._server)

    @property
    def nodes(self) -> Nodes:
        """The nodes, and the network between them."""
        return Nodes(self._server)

    @property
    def journal(self) -> Journal:
        """The journal."""
        return Journal(self._server, {})

    # Contents

    def record(self, namespace: str, set: str | None, key: Key) -> Record | None:
        """Return the record with a key, or ``None`` if there is none or it has expired. ``None`` as the set stands for no set.

        Raises :class:`RefusedError` if there is no such namespace.
        """
        fields = self._server.record(namespace, set or "", key)
        return None if fields is None else Record(fields)

    def records(self, namespace: str | None = None, set: str | None = None) -> list[Record]:
        """Return all records that have not expired, or those of a namespace or a set (``""`` for no set), by namespace.

        Raises :class:`RefusedError` if there is no such namespace.
        """
        return [Record(fields) for fields in self._server.records(namespace, set)]

    def count(self, namespace: str | None = None, set: str | None = None) -> int:
        """Return the number of records that have not expired, or of those of a namespace or a set (``""`` for no set).

        Raises :class:`RefusedError` if there is no such namespace.
        """
        return self._server.count(namespace, set)

    def insert(self, namespace: str, set: str | None, key: Key, bins: Mapping[str, Any]) -> None:
        """Write bins to a record, as a put of a client that also sends the user key. Creates the record if there is none.

        Values are ``None`` (which removes the bin), ``bool``, ``int`` of 64 bits, ``float``, ``str``, ``bytes``, lists, dictionaries,
        :class:`GeoJSON` and :class:`HyperLogLog`.

        Raises :class:`RefusedError` with the result code that a client would get, :class:`ArgumentTypeError` for another type, and
        :class:`ArgumentValueError` for an integer that is too large and for a record without bins.
        """
        if not hasattr(bins, "items"):
            raise ArgumentTypeError(f"bins: expected a dictionary of values by name, got {bins!r}")
        self._server.insert(namespace, set or "", key, dict(bins))

    def truncate(self) -> None:
        """Remove all records from all namespaces. Later writes are not affected."""
        self._server.truncate()

    def run_nsup(self) -> int:
        """Remove expired records now, and return how many there were. Commands never see them, but statistics count them."""
        return self._server.run_nsup()

    # Fixtures

    def load(self, fixture: Fixture) -> Loaded:
        """Load a fixture: the path of a JSON file, or of a file or directory written by ``asbackup``; the contents of such a file as
        bytes; or the JSON document as a dictionary.

        Records of the fixture replace records with the same digest; everything else stays. Raises :class:`FixtureError`, and loads
        nothing then.
        """
        return Loaded(self._server.load(_options.fixture(fixture)))

    def to_json(self) -> str:
        """Return the contents of the server as a fixture in JSON, without expired records."""
        return self._server.to_json()

    def save_json(self, path: str | PathLike[str]) -> None:
        """Save the contents of the server as a fixture in JSON. Raises :class:`FixtureError` if the file cannot be written."""
        self._server.save_json(_options.plain(path))

    def save_backup(self, namespace: str, path: str | PathLike[str]) -> None:
        """Save a namespace and all UDF modules as a backup, which ``asrestore`` can load into a real cluster.

        Raises :class:`FixtureError` if the file cannot be written, or the format cannot represent a record.
        """
        self._server.save_backup(namespace, _options.plain(path))

    # Snapshots

    def snapshot(self) -> _native.Snapshot:
        """Take a snapshot of the contents: records, sets, secondary indexes, UDF modules and changed settings.

        It takes microseconds, however many records there are. The clock and the statistics are not part of it.
        """
        return self._server.snapshot()

    def restore(self, snapshot: _native.Snapshot) -> None:
        """Replace the contents with those of a snapshot, which may be of another server. Connections stay open.

        Raises :class:`SnapshotError` if the snapshot has other namespaces; nothing changes then.
        """
        self._server.restore(snapshot)

    def reset(self) -> None:
        """Empty the server: no records, sets, indexes or UDF modules, and the settings with which it was started.

        The clock, the faults, the nodes and the journal do not change: see :meth:`reset_all`.
        """
        self._server.reset()

    def reset_all(self) -> None:
        """Make the server as it was when it started: empty, without faults and journal entries, with the machine's time, the network
        whole and all nodes up.

        Connections stay open; statistics, and nodes that were added, stay. Takes microseconds. Raises :class:`NodeError` if the port of
        a node that was killed is in use now.
        """
        self._server.reset_all()

    def __repr__(self) -> str:
        if self._server.is_forked:
            return "<spikelet.Server of the parent process>"
        if self._server.is_closed:
            return "<spikelet.Server, closed>"
        hosts = ",".join(f"{host}:{port}" for host, port in self._server.hosts())
        return f"<spikelet.Server {hosts}>"
