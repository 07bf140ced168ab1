#!/usr/bin/env python3
"""The official client for Python, from PyPI, against a server: official.py HOST:PORT"""

import sys
import warnings

import aerospike
from aerospike import exception as ex
from aerospike_helpers.batch import records as br
from aerospike_helpers.operations import operations as op

SET = "third-party-python"


def raises(error, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error:
        return
    raise AssertionError(f"{call.__name__} did not raise {error.__name__}")


def equal(answered, expected):
    assert answered == expected, f"answered {answered!r}, expected {expected!r}"


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    host, port = sys.argv[1].rsplit(":", 1)
    client = aerospike.client({"hosts": [(host, int(port))]}).connect()
    assert client.is_connected()
    key, keys = ("test", SET, "one"), [("test", SET, n) for n in range(3)]
    for known in [key, *keys]:
        try:
            client.remove(known)
        except ex.RecordNotFound:
            pass

    bins = {"i": 42, "f": 3.5, "s": "text", "b": True, "raw": b"\x00\xff", "l": [1, "two", [3]], "m": {"a": {"b": 1}}}
    client.put(key, bins)
    _, meta, got = client.get(key)
    equal(got, bins)
    equal(meta["gen"], 1)
    equal(client.select(key, ["i", "none"])[2], {"i": 42})
    equal(client.exists(key)[1]["gen"], 1)
    raises(ex.RecordNotFound, client.get, ("test", SET, "missing"))

    create_only = {"exists": aerospike.POLICY_EXISTS_CREATE}
    raises(ex.RecordExistsError, client.put, key, {"i": 1}, policy=create_only)
    raises(ex.RecordNotFound, client.put, ("test", SET, "missing"), {"i": 1}, policy={"exists": aerospike.POLICY_EXISTS_UPDATE})

    equal_generation = {"gen": aerospike.POLICY_GEN_EQ}
    raises(ex.RecordGenerationError, client.put, key, {"i": 1}, meta={"gen": 9}, policy=equal_generation)
    client.put(key, {"i": 43}, meta={"gen": 1}, policy=equal_generation)
    equal(client.get(key)[1]["gen"], 2)

    client.put(key, {"i": 44}, meta={"ttl": 1000})
    assert 990 <= client.get(key)[1]["ttl"] <= 1000, client.get(key)[1]
    client.touch(key, 2000)
    assert 1990 <= client.get(key)[1]["ttl"] <= 2000, client.get(key)[1]
    client.put(key, {"i": 45}, meta={"ttl": aerospike.TTL_NEVER_EXPIRE})
    equal(client.get(key)[1]["ttl"], aerospike.TTL_NEVER_EXPIRE)

    client.increment(key, "i", 5)
    client.append(key, "s", "!")
    client.prepend(key, "s", "¡")
    _, _, got = client.operate(key, [op.increment("i", 1), op.append("s", "?"), op.read("i"), op.read("s")])
    equal(got, {"i": 51, "s": "¡text!?"})
    _, _, ordered = client.operate_ordered(key, [op.write("i", 1), op.read("i"), op.increment("i", 1), op.read("i")])
    equal([pair for pair in ordered if pair[1] is not None], [("i", 1), ("i", 2)])
    client.remove_bin(key, ["f", "l"])
    equal(sorted(client.get(key)[2]), ["b", "i", "m", "raw", "s"])

    writes = br.BatchRecords([br.Write(k, [op.write("n", k[2]), op.increment("views", 1)]) for k in keys])
    equal([row.result for row in client.batch_write(writes).batch_records], [0, 0, 0])
    rows = client.batch_read([*keys, ("test", SET, "missing")]).batch_records
    equal([row.result for row in rows], [0, 0, 0, 2])
    equal([row.record[2]["n"] for row in rows[:3]], [0, 1, 2])
    rows = client.batch_operate(keys, [op.increment("views", 1), op.read("views")]).batch_records
    equal([row.record[2]["views"] for row in rows], [2, 2, 2])
    equal([row.result for row in client.batch_remove(keys).batch_records], [0, 0, 0])
    equal([row.result for row in client.batch_read(keys).batch_records], [2, 2, 2])

    client.remove(key)
    raises(ex.RecordNotFound, client.remove, key)
    assert client.info_single_node("build", next(iter(client.get_node_names()))["node_name"]), "no answer to info"
    client.close()
    print("aerospike for Python: all as on the real server")


if __name__ == "__main__":
    main()
