"""The page "Write Operations" of aerospike-py's documentation, as it stands, and the same with the official client."""

import os
import pathlib
import socket
import subprocess
import sys

import aerospike
import pytest
from aerospike import exception as ex
from aerospike_helpers.batch import records as batch
from aerospike_helpers.operations import operations as op

import spikelet

RUNNER = pathlib.Path(__file__).parents[4] / "tests/third_party/python/write_guide.py"
KEY = ("test", "demo", "user1")


def test_the_page_runs_as_it_stands_with_aerospike_py_sync_and_async():
    # The page connects to this port.
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 3000)) != 0, "port 3000, to which the page connects, is in use"
    with spikelet.Server(port=3000):
        ended = subprocess.run([sys.executable, str(RUNNER)], capture_output=True, text=True, timeout=120, env={**os.environ}, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("0 not as expected") == 2


@pytest.fixture
def client(spikelet):
    client = aerospike.client({"hosts": spikelet.hosts}).connect()
    client.put(KEY, {"name": "Alice", "age": 30, "val": 1})
    yield client
    client.close()


def test_write(spikelet, client):
    client.put(KEY, {"str_bin": "hello", "int_bin": 42, "float_bin": 3.14, "list_bin": [1, 2, 3], "map_bin": {"nested": "dict"}})
    client.put(KEY, {"val": 1}, meta={"ttl": 300})
    assert 298 <= spikelet.record(*KEY).ttl <= 300
    with pytest.raises(ex.RecordExistsError):
        client.put(KEY, {"val": 1}, policy={"exists": aerospike.POLICY_EXISTS_CREATE})


def test_update(spikelet, client):
    client.increment(KEY, "age", 1)
    client.increment(KEY, "score", 0.5)
    client.append(KEY, "name", " Smith")
    client.prepend(KEY, "greeting", "Hello, ")
    assert spikelet.record(*KEY).bins == {"name": "Alice Smith", "age": 31, "val": 1, "score": 0.5, "greeting": "Hello, "}


def test_delete(spikelet, client):
    client.remove(KEY)
    with pytest.raises(ex.RecordNotFound):
        client.remove(KEY, meta={"gen": 5}, policy={"gen": aerospike.POLICY_GEN_EQ})
    with pytest.raises(ex.RecordNotFound):
        client.remove_bin(KEY, ["temp_bin", "debug_bin"])
    assert spikelet.record(*KEY) is None


def test_touch(spikelet, client):
    client.touch(KEY, 600)
    assert 598 <= spikelet.record(*KEY).ttl <= 600


def test_operate(client):
    operations = [op.write("name", "Bob"), op.increment("counter", 1), op.read("counter")]
    assert client.operate(KEY, operations)[2] == {"counter": 1}
    ordered = client.operate_ordered(KEY, operations)[2]
    assert ("counter", 2) in ordered


def test_batch(spikelet, client):
    keys = [("test", "demo", f"batch{n}") for n in range(3)]
    results = client.batch_operate(keys, [op.increment("views", 1)])
    assert isinstance(results, batch.BatchRecords) and results.result == 0
    assert spikelet.count("test", "demo") == 4
    client.batch_remove(keys)
    assert spikelet.count("test", "demo") == 1


def test_optimistic_locking(client):
    _, meta, bins = client.get(KEY)
    client.put(KEY, {"val": bins["val"] + 1}, meta={"gen": meta["gen"]}, policy={"gen": aerospike.POLICY_GEN_EQ})
    with pytest.raises(ex.RecordGenerationError):
        client.put(KEY, {"val": 9}, meta={"gen": meta["gen"]}, policy={"gen": aerospike.POLICY_GEN_EQ})
