#!/usr/bin/env python3
"""Faults as the official client for Python, from PyPI, sees them, armed through it: faults.py HOST:PORT

The server must have been started with --controls."""

import sys
import time
from contextlib import contextmanager

import aerospike
from aerospike import exception as ex
from aerospike_helpers.batch import records as br
from aerospike_helpers.operations import operations as op

SET = "third-party-faults"
ONCE = {"max_retries": 0, "socket_timeout": 300, "total_timeout": 300}
TWICE = {"max_retries": 1, "socket_timeout": 300, "total_timeout": 5000}

# What a write that is struck looks like: its error, whether it is in doubt, whether it was applied; and whether the client
# tries it again.
REACTIONS = {
    "result=18": (ex.DeviceOverload, False, False, True),
    "result=14": (ex.RecordBusy, False, False, False),
    "result=8": (ex.ServerFull, False, False, False),
    "reaction=ignore": (ex.TimeoutError, True, False, True),
    "reaction=silence-after": (ex.TimeoutError, True, True, True),
    "reaction=stall;bytes=0": (ex.TimeoutError, True, True, True),
    "reaction=stall;bytes=29": (ex.TimeoutError, True, True, True),
    "reaction=cut-before": (ex.ConnectionError, True, False, True),
    "reaction=cut-after": (ex.ConnectionError, True, True, True),
    "reaction=truncate;bytes=29": (ex.ConnectionError, True, True, True),
    "reaction=corrupt;seed=1": (ex.ClientError, True, True, False),
}


def equal(answered, expected):
    assert answered == expected, f"answered {answered!r}, expected {expected!r}"


class Faults:
    def __init__(self, client):
        self.client = client

    def control(self, command):
        answer = self.client.info_random_node(f"spikelet/fault/{command}").split("\t", 1)[1].strip()
        assert not answer.startswith("ERROR"), answer
        return answer

    @contextmanager
    def armed(self, parameters):
        """Arms a fault, gives what tells how often it fired, and expects at the end that it did."""
        armed = self.control(f"add:{parameters}")

        def fired():
            listed = [fault for fault in self.control("list").split(";") if fault.startswith(f"{armed}:")]
            return int(listed[0].rsplit("=", 1)[1])

        yield fired
        assert fired() > 0, f"{parameters} did not fire"
        equal(self.control(f"remove:{armed}"), "ok")


def failure(error, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error as raised:
        return raised
    raise AssertionError(f"{call.__name__} did not raise {error.__name__}")


def is_written(client, key):
    try:
        client.get(key)
    except ex.RecordNotFound:
        return False
    return True


def writes(client, faults):
    for number, (reaction, (error, in_doubt, applied, is_retried)) in enumerate(REACTIONS.items()):
        key = ("test", SET, number)
        with faults.armed(f"command=write;namespace=test;set={SET};int-key={number};times=1;{reaction}"):
            raised = failure(error, client.put, key, {"a": 1}, policy=ONCE)
        equal((reaction, raised.in_doubt, is_written(client, key)), (reaction, in_doubt, applied))

        before = client.get(key)[1]["gen"] if applied else 0
        with faults.armed(f"command=write;set={SET};times=1;{reaction}"):
            if is_retried:
                client.put(key, {"a": 2}, policy=TWICE)
                equal((reaction, client.get(key)[1]["gen"]), (reaction, before + 1 + applied))
            else:
                equal((reaction, failure(error, client.put, key, {"a": 2}, policy=TWICE).code), (reaction, error.code))


def reads(client, faults):
    key = ("test", SET, "read")
    client.put(key, {"a": 1})
    for reaction, (error, _, _, is_retried) in REACTIONS.items():
        with faults.armed(f"command=read;set={SET};key=read;times=1;{reaction}"):
            equal(failure(error, client.get, key, policy=ONCE).in_doubt, False)
        with faults.armed(f"command=read;set={SET};key=read;nth=2;{reaction}"):
            equal(client.get(key, policy=ONCE)[2], {"a": 1})
            if is_retried:
                equal(client.get(key, policy=TWICE)[2], {"a": 1})
            else:
                failure(error, client.get, key, policy=TWICE)


def an_increment_in_doubt_that_is_sent_again(client, faults):
    key = ("test", SET, "counter")
    client.put(key, {"n": 0})
    with faults.armed(f"command=operate;set={SET};key=counter;times=1;reaction=cut-after"):
        client.operate(key, [op.increment("n", 1), op.read("n")], policy=TWICE)
    equal(client.get(key)[2], {"n": 2})


def delays(client, faults):
    key = ("test", SET, "late")
    with faults.armed(f"command=write;set={SET};key=late;times=1;delay-ms=600"):
        raised = failure(ex.TimeoutError, client.put, key, {"a": 1}, policy=ONCE)
        equal((raised.in_doubt, is_written(client, key)), (True, False))
        while not is_written(client, key):
            time.sleep(0.02)
    started = time.monotonic()
    with faults.armed(f"command=read;set={SET};key=late;times=1;delay-ms=100"):
        equal(client.get(key, policy={"total_timeout": 5000})[2], {"a": 1})
    assert time.monotonic() - started >= 0.1


def batches(client, faults):
    keys = [("test", SET, f"row {n}") for n in range(4)]
    rows = br.BatchRecords([br.Write(key, [op.write("n", 1)]) for key in keys])
    with faults.armed(f"command=write;set={SET};key=row 2;times=1;result=18"):
        equal([row.result for row in client.batch_write(rows, {"max_retries": 0}).batch_records], [0, 0, 18, 0])
    equal([is_written(client, key) for key in keys], [True, True, False, True])
    with faults.armed(f"command=batch;set={SET};times=1;reaction=cut-after"):
        records = client.batch_write(rows, ONCE).batch_records
    equal({(row.result, row.in_doubt) for row in records}, {(ex.NoResponse.code, True)})
    assert all(is_written(client, key) for key in keys)


def queries(client, faults):
    with faults.armed("command=query;namespace=test;times=1;result=22"):
        failure(ex.ForbiddenError, client.query("test", SET).results, {"max_retries": 0})
    expected = len(client.query("test", SET).results())
    with faults.armed("command=query;namespace=test;times=1;reaction=truncate;bytes=100"):
        equal(len(client.query("test", SET).results({"max_retries": 5})), expected)


def connections(client, config, faults):
    client.get(("test", SET, "read"))
    with faults.armed("command=connect;reaction=refuse-connections") as fired:
        failure(ex.ConnectionError, aerospike.client, config)
        client.get(("test", SET, "read"))
        assert fired() > 0
    with faults.armed("command=connect;times=1;delay-ms=100") as fired:
        assert aerospike.client(config).connect().is_connected()
        equal(fired(), 1)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    config = {"hosts": [(host, int(port))]}
    client = aerospike.client(config).connect()
    client.truncate("test", SET, 0)
    faults = Faults(client)
    writes(client, faults)
    reads(client, faults)
    an_increment_in_doubt_that_is_sent_again(client, faults)
    delays(client, faults)
    batches(client, faults)
    queries(client, faults)
    connections(client, config, faults)
    equal(faults.control("list"), "")
    client.close()
    print("faults, seen by aerospike for Python: each as the failure it names")


if __name__ == "__main__":
    main()
