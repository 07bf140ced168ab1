"""An Aerospike-compatible server that starts inside a test in under a millisecond.

>>> import spikelet
>>> with spikelet.Server() as server:
...     server.insert("test", "users", "alice", {"age": 30})
...     server.record("test", "users", "alice").bins
{'age': 30}

Every client for Aerospike connects to ``server.hosts``. The server runs in the process, on a thread of its own, and keeps all data
in memory. The package has a plugin for pytest, with the fixtures ``spikelet``, ``aerospike_client`` and others.
"""

from ._clock import Clock
from ._errors import (
    ArgumentTypeError,
    ArgumentValueError,
    ExpectationError,
    FixtureError,
    ForkedError,
    NodeError,
    RefusedError,
    ServerClosedError,
    SnapshotError,
    SpikeletError,
    StartError,
    WaitTimeoutError,
)
from ._faults import Fault, FaultBuilder, Faults
from ._journal import Entry, IndexRange, Journal, Operation, Policies, Row
from ._native import Snapshot, __version__
from ._nodes import Node, Nodes, Outage
from ._record import Loaded, Record
from ._server import Server
from ._values import CDTInfinite, CDTWildcard, GeoJSON, HyperLogLog, RawBytes

__all__ = [
    "ArgumentTypeError",
    "ArgumentValueError",
    "CDTInfinite",
    "CDTWildcard",
    "Clock",
    "Entry",
    "ExpectationError",
    "Fault",
    "FaultBuilder",
    "Faults",
    "FixtureError",
    "ForkedError",
    "GeoJSON",
    "HyperLogLog",
    "IndexRange",
    "Journal",
    "Loaded",
    "Node",
    "NodeError",
    "Nodes",
    "Operation",
    "Outage",
    "Policies",
    "RawBytes",
    "Record",
    "RefusedError",
    "Row",
    "Server",
    "ServerClosedError",
    "Snapshot",
    "SnapshotError",
    "SpikeletError",
    "StartError",
    "WaitTimeoutError",
    "__version__",
]
