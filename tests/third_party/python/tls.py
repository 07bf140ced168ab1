#!/usr/bin/env python3
"""TLS and compression with the official client for Python, from PyPI: tls.py HOST:PORT

The server must have been started with --controls, --edition enterprise and --tls-listen."""

import base64
import sys
import tempfile
from pathlib import Path

import aerospike
from aerospike import exception
from aerospike_helpers.operations import operations

host, port = sys.argv[1].rsplit(":", 1)
plain = aerospike.client({"hosts": [(host, int(port))]}).connect()


def info(command):
    """The reply of the first node, without the command and the line's end."""
    return plain.info_single_node(command, plain.get_node_names()[0]["node_name"]).strip().split("\t", 1)[1]


directory = tempfile.TemporaryDirectory()
ca = Path(directory.name) / "ca.pem"
ca.write_bytes(base64.b64decode(info("spikelet/tls/authority")))
address = info("service-tls-std").rsplit(":", 1)
needs_certificate = "service.tls-authenticate-client=any" in info("get-config:context=network")


def connect(name="localhost", policies=None, **tls):
    tls = {"enable": True, "cafile": str(ca), **tls}
    hosts = [(address[0], int(address[1]), name)]
    return aerospike.client({"hosts": hosts, "tls": tls, "policies": policies or {}}).connect()


def refused(**arguments):
    try:
        connect(**arguments)
    except exception.AerospikeError as error:
        return error
    raise AssertionError(f"connected with {arguments}")


identity = {}
if needs_certificate:
    refused()
    pair = dict(part.split("=", 1) for part in info("spikelet/tls/client:name=alice").split(";"))
    for what, name in (("certificate", "certfile"), ("key", "keyfile")):
        path = Path(directory.name) / f"alice.{what}"
        path.write_bytes(base64.b64decode(pair[what]))
        identity[name] = str(path)

nodes = len(plain.get_node_names())
for policies in ({}, {kind: {"compress": True} for kind in ("read", "write", "operate", "batch", "query", "scan")}):
    client = connect(policies=policies, **identity)
    assert len(client.get_node_names()) == nodes, client.get_node_names()
    text = "Aerospike " * 1000
    keys = [("test", "tls", n) for n in range(100)]
    for key in keys:
        client.put(key, {"text": text, "n": key[2]})
    for key in keys:
        assert client.get(key)[2] == {"text": text, "n": key[2]}
    _, _, bins = client.operate(keys[0], [operations.increment("n", 5), operations.read("n")])
    assert bins == {"n": 5}
    batch = client.batch_read(keys)
    assert all(record.record[2]["text"] == text for record in batch.batch_records)
    assert len(client.query("test", "tls").results()) == len(keys)
    client.close()

statistics = dict(pair.split("=", 1) for pair in info("namespace/test").split(";"))
assert float(statistics["query_proto_compression_ratio"]) < 0.5, statistics
assert float(statistics["record_proto_compression_ratio"]) < 0.5, statistics

for kind in ("expired", "not-yet-valid", "wrong-name", "untrusted", "garbage"):
    # Each node presents the same certificate.
    assert info(f"spikelet/tls/certificate:kind={kind}") == "ok"
    refused(**identity)
assert info("spikelet/tls/certificate:kind=valid") == "ok"
refused(name="elsewhere.example", **identity)
connect(**identity).close()
print("TLS: ok" + (", with certificates of clients" if needs_certificate else ""))
