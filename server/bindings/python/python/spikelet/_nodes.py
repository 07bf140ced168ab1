"""Nodes and the network between them."""

from __future__ import annotations

from ._errors import NodeError
from ._named import Named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Union

    from . import _native

    NodeId = Union[str, int, "Node"]


def node_id(node: Any) -> Any:
    """The id of a node that is given as such or by its id."""
    return node.id if isinstance(node, Node) else node


def node_ids(nodes: Any) -> list[Any]:
    """The ids of nodes, or of one node."""
    return [node_id(node) for node in ([nodes] if isinstance(nodes, (str, int, Node)) else nodes)]


class Node(Named):
    """A node, as it was when it was read."""

    __slots__ = ("id", "host", "port", "state", "rack", "_server")

    #: The id in hexadecimal, such as ``B2``.
    id: str
    #: The address on which it listens.
    host: str
    #: The port on which it listens.
    port: int
    #: ``up``, ``quiesced`` (it serves, but hands its partitions over) or ``down``.
    state: str
    #: The id of its rack.
    rack: int
    _server: _native.Server

    def __init__(self, fields: dict[str, Any], server: _native.Server) -> None:
        super().__init__({**fields, "_server": server})

    @property
    def is_up(self) -> bool:
        """Whether it serves."""
        return self.state != "down"

    def kill(self) -> None:
        """Kill it: see :meth:`Nodes.kill`."""
        Nodes(self._server).kill(self)

    def restart(self) -> None:
        """Restart it: see :meth:`Nodes.restart`."""
        Nodes(self._server).restart(self)

    def quiesce(self) -> None:
        """Quiesce it: see :meth:`Nodes.quiesce`."""
        Nodes(self._server).quiesce(self)

    def quiesce_undo(self) -> None:
        """Revert :meth:`quiesce`."""
        Nodes(self._server).quiesce_undo(self)

    def __repr__(self) -> str:
        return f"<spikelet.Node {self.id} {self.host}:{self.port} {self.state}>"


class Outage(Named):
    """The numbers of partitions that cannot be used."""

    __slots__ = ("unavailable", "dead")

    #: Partitions that cannot be used while nodes of the roster are missing.
    unavailable: int
    #: Partitions of which all copies are lost, until they are revived.
    dead: int


class Nodes:
    """The nodes of a server, ``server.nodes``, and the network between them.

    A server with several nodes is a cluster in one process. After a node is killed, records with another copy are available at
    once; records without one are lost. A node is given by its id (``"B2"`` or ``0xB2``) or as a :class:`Node`. Methods raise
    :class:`NodeError` if there is no such node or its state does not allow the change.

    >>> server = Server(nodes=3, replication_factor=2)
    >>> server.nodes.kill("B2")
    >>> [node.state for node in server.nodes]
    ['up', 'down', 'up']
    >>> server.nodes.restart("B2")
    >>> server.nodes.partition(["B1"], ["B2", "B3"])
    >>> server.nodes.subclusters()
    [['B1'], ['B2', 'B3']]
    >>> server.nodes.heal()
    >>> server.close()
    """

    __slots__ = ("_server",)

    def __init__(self, server: _native.Server) -> None:
        self._server = server

    def _all(self) -> list[Node]:
        return [Node(fields, self._server) for fields in self._server.nodes()]

    def __iter__(self) -> Iterator[Node]:
        """Iterate over all nodes, including those that are down."""
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._server.nodes())

    def __getitem__(self, node: int | str) -> Node:
        """Return a node by its position or, as a string, by its id."""
        nodes = self._all()
        if isinstance(node, int):
            return nodes[node]
        for other in nodes:
            if other.id == str(node).upper():
                return other
        raise NodeError(f"no node {node}: there are {', '.join(other.id for other in nodes)}")

    def kill(self, node: NodeId) -> None:
        """Kill a node. When this returns, its socket and its connections are closed, and the others have its partitions."""
        self._server.kill(node_id(node))

    def kill_together(self, nodes: Iterable[NodeId]) -> None:
        """Kill several nodes at once, so that no copies are made in between."""
        self._server.kill_together([node_id(node) for node in nodes])

    def roster(self, namespace: str) -> list[str]:
        """Return the ids of the nodes on the roster of a namespace with ``strong_consistency``."""
        return self._server.roster(namespace)

    def set_roster(self, namespace: str, nodes: Iterable[NodeId]) -> None:
        """Set the roster of a namespace with ``strong_consistency``. Its nodes need not exist."""
        self._server.set_roster(namespace, [node_id(node) for node in nodes])

    def revive(self, namespace: str) -> None:
        """Revive the dead partitions of a namespace with ``strong_consistency``, without the records that were lost."""
        self._server.revive(namespace)

    def outage(self, node: NodeId, namespace: str) -> Outage:
        """Return the numbers of partitions of a namespace with ``strong_consistency`` that a node cannot use.

        >>> strong = {"name": "test", "strong_consistency": True, "replication_factor": 2}
        >>> server = Server(nodes=3, edition="enterprise", namespaces=[strong])
        >>> server.nodes.partition(["B1"], ["B2", "B3"])
        >>> server.nodes.outage("B1", "test")
        Outage(unavailable=4096, dead=0)
        >>> server.nodes.outage("B2", "test")
        Outage(unavailable=0, dead=0)
        >>> server.close()
        """
        unavailable, dead = self._server.outage(node_id(node), namespace)
        return Outage({"unavailable": unavailable, "dead": dead})

    def restart(self, node: NodeId) -> None:
        """Restart a killed node with the same address and id. It starts empty, and gets its copies by migration."""
        self._server.restart(node_id(node))

    def add(self) -> Node:
        """Add a node on a free port. Its id is one above the highest. A server has at most 64 nodes."""
        return self[self._server.add_node()]

    def quiesce(self, node: NodeId) -> None:
        """Quiesce a node: it hands over the partitions that it is master of, but still serves."""
        self._server.quiesce(node_id(node), True)

    def quiesce_undo(self, node: NodeId) -> None:
        """Revert :meth:`quiesce`."""
        self._server.quiesce(node_id(node), False)

    def partition(self, a: NodeId | Iterable[NodeId], b: NodeId | Iterable[NodeId]) -> None:
        """Cut the network between every node of ``a`` and every node of ``b``. Clients still reach all nodes.

        Each is one node or several. Nodes that can reach each other form a subcluster at once, which accepts writes. Further cuts can be added.
        """
        self._server.partition(node_ids(a), node_ids(b))

    def heal(self) -> None:
        """Remove all cuts of the network, and merge the subclusters."""
        self._server.heal()

    def migrate(self, partitions: int | None = None) -> int:
        """Finish the migrations of up to this many partitions, or of all, if the server has ``slow_migrations``.

        Returns the number of partitions, 0 if all were finished before.
        """
        return self._server.migrate(partitions)

    def subclusters(self) -> list[list[str]]:
        """Return the ids of the nodes that are up, grouped into subclusters: one, unless the network is cut."""
        return self._server.subclusters()

    def advertise(self, node: NodeId, address: str | None) -> None:
        """Set the address that a node announces to clients, such as ``127.0.0.1:3000``, whether it can be reached there or not.

        ``None`` restores the address on which it listens.
        """
        self._server.advertise(node_id(node), address, False)

    def advertise_alternate(self, node: NodeId, address: str | None) -> None:
        """Set the address that a node announces to clients that use alternate addresses. ``None``, the default, announces none."""
        self._server.advertise(node_id(node), address, True)

    def __repr__(self) -> str:
        return f"<spikelet.Nodes {self._all()}>"
