"""Records, values, fixtures and snapshots."""

import base64
import math

import pytest

import spikelet
from spikelet import GeoJSON, HyperLogLog, Server


@pytest.mark.parametrize(
    "value",
    [
        True,
        0,
        -(2**63),
        2**63 - 1,
        1.5,
        math.inf,
        "text ä",
        b"\x00\xff",
        [1, "two", [3.0, b"4", None]],
        {"a": {"b": [1]}, 2: b"", b"k": 1},
        GeoJSON('{"type": "Point", "coordinates": [1.0, 2.0]}'),
    ],
)
def test_values_come_back_as_they_went_in(server, value):
    server.insert("test", "demo", "k", {"v": value})
    found = server.record("test", "demo", "k").bins["v"]
    assert found == value and type(found) is type(value)


def test_what_python_has_more_types_for_is_converted(server):
    class Index:
        def __index__(self):
            return 7

    class Foreign:
        def dumps(self):
            return '{"type":"Point","coordinates":[1,2]}'

    Foreign.__name__ = "GeoJSON"
    server.insert("test", "demo", "k", {"t": (1, 2), "a": bytearray(b"x"), "m": memoryview(b"y"), "i": Index(), "g": Foreign()})
    bins = server.record("test", "demo", "k").bins
    assert bins == {"t": [1, 2], "a": b"x", "m": b"y", "i": 7, "g": GeoJSON(Foreign().dumps())}


def test_a_hyperloglog_of_a_fixture_stays_one(server):
    # 4 bits of index: the flags, the bits, and 16 registers of 6 bits.
    sketch = bytes([0, 4, 0]) + bytes(8) + bytes(12)
    document = {"$hll": base64.b64encode(sketch).decode()}
    server.load({"namespaces": {"test": {"records": [{"key": "k", "bins": {"h": document}}]}}})
    found = server.record("test", None, "k").bins["h"]
    assert type(found) is HyperLogLog and found == sketch
    server.insert("test", None, "copy", {"h": found})
    assert type(server.record("test", None, "copy").bins["h"]) is HyperLogLog


@pytest.mark.parametrize("key", ["text", 7, b"\x01\x02"])
def test_keys_of_every_type(server, key):
    server.insert("test", "demo", key, {"n": 1})
    record = server.record("test", "demo", key)
    assert (record.key, record.set, record.namespace, record.generation) == (key, "demo", "test", 1)
    assert len(record.digest) == 20 and record.last_update.tzinfo is not None
    assert server.record("test", "demo", "other") is None


def test_records_are_counted_and_listed(server):
    for set, key in [("a", 1), ("a", 2), ("b", 3), (None, 4)]:
        server.insert("test", set, key, {"n": key})
    server.insert("bar", "a", 5, {"n": 5})
    assert (server.count(), server.count("test"), server.count("test", "a"), server.count("test", "")) == (5, 4, 2, 1)
    assert sorted(record.key for record in server.records("test", "a")) == [1, 2]
    server.truncate()
    assert server.count() == 0


@pytest.mark.parametrize(
    ("bins", "error", "message"),
    [
        ({"n": 2**63}, spikelet.ArgumentValueError, "bin 'n': an integer of Aerospike has 64 bits"),
        ({"n": {"a": [2**63]}}, spikelet.ArgumentValueError, "64 bits"),
        ({"n": object()}, spikelet.ArgumentTypeError, "bin 'n': an object of type object is no value of Aerospike"),
        ({"n": "\ud800"}, spikelet.ArgumentValueError, "lone surrogate"),
        ({1: "n"}, spikelet.ArgumentTypeError, "the name of a bin is a string, not 1"),
        ({"a-name-of-16-byt": 1}, spikelet.RefusedError, "BIN_NAME (21)"),
        ({}, spikelet.ArgumentValueError, "a record has at least one bin"),
        ([1], spikelet.ArgumentTypeError, "expected a dictionary of values by name"),
    ],
)
def test_wrong_bins_are_refused(server, bins, error, message):
    with pytest.raises(error) as raised:
        server.insert("test", "demo", "k", bins)
    assert message in str(raised.value)
    assert server.count() == 0


def test_a_list_in_itself_is_refused(server):
    endless = []
    endless.append(endless)
    with pytest.raises(spikelet.ArgumentValueError, match="nested more than 256 deep"):
        server.insert("test", "demo", "k", {"l": endless})


def test_wrong_keys_and_namespaces_are_refused(server):
    with pytest.raises(spikelet.ArgumentTypeError, match="key: expected a key: a string, an integer or bytes, got 1.5"):
        server.record("test", "demo", 1.5)
    for use in [server.record, lambda *key: server.insert(*key, {"n": 1})]:
        with pytest.raises(spikelet.RefusedError, match="no namespace 'tset': the server has test, bar") as raised:
            use("tset", "demo", "k")
        assert raised.value.code == 20


def test_snapshots_are_restored_and_outlive_their_server():
    with Server() as first:
        first.insert("test", "demo", "a", {"n": 1})
        prepared = first.snapshot()
        assert (prepared.records, prepared.namespaces) == (1, ["test", "bar"])
        first.reset()
        assert first.count() == 0
        first.restore(prepared)
        assert first.record("test", "demo", "a").bins == {"n": 1}
    with Server() as second, Server(namespaces=["other"]) as third:
        second.restore(prepared)
        assert second.count() == 1
        with pytest.raises(spikelet.SnapshotError):
            third.restore(prepared)


def test_contents_are_saved_and_loaded(server, tmp_path):
    server.insert("test", "demo", "a", {"n": 1, "raw": b"\x01"})
    json, backup = tmp_path / "contents.json", tmp_path / "contents.asb"
    server.save_json(json)
    server.save_backup("test", backup)
    for source in [json, str(json), json.read_bytes(), backup, server.to_json().encode()]:
        with Server() as other:
            assert other.load(source).records == 1
            assert other.record("test", "demo", "a").bins == {"n": 1, "raw": b"\x01"}


def test_a_wrong_fixture_loads_nothing(server):
    records = [{"key": "a", "bins": {"n": 1}}, {"key": "b", "bins": {"a-name-of-16-byt": 1}}]
    with pytest.raises(spikelet.FixtureError):
        server.load({"namespaces": {"test": {"records": records}}})
    with pytest.raises(spikelet.FixtureError, match="line 1"):
        server.load(b"{]")
    with pytest.raises(spikelet.FixtureError, match="nowhere.json"):
        server.save_json("/does/not/exist/nowhere.json")
    assert server.count() == 0
