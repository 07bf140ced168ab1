#!/usr/bin/env python3
"""Has nodes of a cluster of three leave and come back under the load of the official client for Python, from PyPI, and the
network between them be cut:
topology.py HOST:PORT, of a server with controls and two copies of each record"""

import sys
import threading
import time

import aerospike
from aerospike import exception as ex

NAMESPACE, SET = "test", "third-party-topology"
WRITERS, KEYS = 4, 500
# What the real cluster gives too while a node is dying, to those whose command was under way; and what the client says by
# itself of a node that it has had a hundred errors from, until it next looks at the cluster.
EXPECTED = (ex.ConnectionError, ex.TimeoutError, ex.ClusterError, ex.InvalidNodeError, ex.MaxErrorRateExceeded)


class Writer(threading.Thread):
    """Counts up the values of keys of its own, and remembers what the server said it had written."""

    def __init__(self, client, number):
        super().__init__(daemon=True)
        self.client, self.number = client, number
        self.acknowledged, self.tried = {}, {}
        self.failures, self.unexpected = 0, []
        self.ends = False

    def run(self):
        turn = 0
        while not self.ends:
            turn += 1
            key = (NAMESPACE, SET, self.number * KEYS + turn % KEYS)
            self.tried[key] = turn
            try:
                self.client.put(key, {"n": turn})
                self.acknowledged[key] = turn
            except EXPECTED:
                self.failures += 1
            except Exception as error:  # pylint: disable=broad-exception-caught
                self.unexpected.append(error)


def until(what, holds):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come about within ten seconds")


def nodes(client):
    return sorted(node["node_name"] for node in client.get_node_names())


def control(client, command, node):
    answer = client.info_single_node(f"spikelet/node/{command}", node).split("\t")[-1].strip()
    assert not answer.startswith("ERROR"), f"{command}: {answer}"


def quiet(writers):
    """Waits until half a second passes in which no write fails and some succeed."""

    def holds():
        before = [(writer.failures, dict(writer.acknowledged)) for writer in writers]
        time.sleep(0.5)
        return all(
            writer.failures == failures and dict(writer.acknowledged) != acknowledged
            for writer, (failures, acknowledged) in zip(writers, before)
        )

    until("writes that succeed again", holds)


def cut_and_heal(client):
    """Cuts the network, and writes to both sides by clients that know one of them each."""
    listed = client.info_single_node("spikelet/node", "B1").split("\t")[-1].strip()
    listed = [dict(pair.split("=") for pair in node.split(",")) for node in listed.split(";")]
    addresses = {node["id"]: node["address"].rsplit(":", 1) for node in listed}
    key, new = (NAMESPACE, SET, "cut"), (NAMESPACE, SET, "new")
    client.put(key, {"n": 0})
    control(client, "partition:a=B1;b=B2,B3", "B1")
    sides = [aerospike.client({"hosts": [(host, int(port))]}).connect() for host, port in (addresses["B1"], addresses["B2"])]
    assert [nodes(side) for side in sides] == [["B1"], ["B2", "B3"]], [nodes(side) for side in sides]
    for turn in range(3):
        sides[0].put(key, {"alone": turn})
    sides[1].put(key, {"together": 1})
    assert "alone" not in sides[1].get(key)[2] and "together" not in sides[0].get(key)[2]
    sides[1].put(new, {"n": 1})
    control(client, "heal", "B1")
    for side in sides:
        until("a cluster of three", lambda side=side: nodes(side) == ["B1", "B2", "B3"])
        assert "alone" in side.get(key)[2] and "together" not in side.get(key)[2], side.get(key)
        assert side.get(new)[2] == {"n": 1}
        side.close()


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    config = {"hosts": [(host, int(port))], "tend_interval": 250}
    client = aerospike.client(config).connect()
    assert nodes(client) == ["B1", "B2", "B3"], nodes(client)
    writers = [Writer(client, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    quiet(writers)
    # The last one is the node that the client was given to begin with.
    for gone, asked in [("B2", "B1"), ("B3", "B2"), ("B1", "B3")]:
        control(client, f"kill:id={gone}", asked)
        until(f"a cluster without {gone}", lambda gone=gone: gone not in nodes(client))
        quiet(writers)
        control(client, f"restart:id={gone}", asked)
        until("a cluster of three", lambda: nodes(client) == ["B1", "B2", "B3"])
        quiet(writers)
    for writer in writers:
        writer.ends = True
    for writer in writers:
        writer.join()
    unexpected = [error for writer in writers for error in writer.unexpected]
    assert not unexpected, f"{len(unexpected)} errors, the first of them {unexpected[0]!r}"

    for writer in writers:
        assert len(writer.acknowledged) == KEYS, f"{len(writer.acknowledged)} of {KEYS} keys written"
        for key, acknowledged in writer.acknowledged.items():
            found = client.get(key)[2]["n"]
            # A write whose answer was lost may have been applied.
            assert acknowledged <= found <= writer.tried[key], f"{key}: {found}, acknowledged {acknowledged}"
    keys = [key for writer in writers for key in writer.acknowledged]
    rows = client.batch_read(keys).batch_records
    assert [row.result for row in rows] == [0] * len(keys), "a batch does not find every record"
    found = [bins["n"] for _, _, bins in client.query(NAMESPACE, SET).results()]
    assert len(found) == WRITERS * KEYS, f"a scan finds {len(found)} records"
    failures = sum(writer.failures for writer in writers)
    cut_and_heal(client)
    client.close()
    print(f"aerospike for Python: no acknowledged write was lost with three nodes ({failures} were not acknowledged)")


if __name__ == "__main__":
    main()
