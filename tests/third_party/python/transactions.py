#!/usr/bin/env python3
"""Commits, aborts and loses multi-record transactions with the official client for Python, from PyPI:
transactions.py HOST:PORT, of an Enterprise server with controls and a namespace with strong-consistency"""

import sys

import aerospike
from aerospike import exception as ex
from aerospike_helpers.batch import records as br
from aerospike_helpers.operations import operations

NAMESPACE, SET = "test", "third-party-transactions"
BLOCKED, EXPIRED, FORBIDDEN = 120, 122, 22

keys = [(NAMESPACE, SET, n) for n in range(3)]


def values(client):
    return [client.get(key)[2].get("n") for key in keys]


def refused(code, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except ex.AerospikeError as error:
        assert error.code == code, f"{function.__name__}: {error.code} instead of {code}"
    else:
        raise AssertionError(f"{function.__name__}: no error instead of {code}")


def begin(timeout=0):
    transaction = aerospike.Transaction()
    transaction.timeout = timeout
    return transaction, {"txn": transaction}


def control(client, command):
    [(error, answer)] = client.info_all(f"spikelet/{command}").values()
    assert error is None and "ERROR" not in answer, answer
    return answer.strip().rsplit("\t", 1)[-1]


def committed_writes_are_seen_together(client):
    transaction, policy = begin()
    client.put(keys[0], {"n": 10}, policy=policy)
    client.put(keys[1], {"n": 11}, policy=policy)
    assert client.get(keys[0], policy)[2] == {"n": 10}
    assert values(client) == [0, 1, 2]
    assert len(client.query(NAMESPACE, SET).results()) == 3
    assert client.commit(transaction) == aerospike.COMMIT_OK
    assert values(client) == [10, 11, 2]
    assert len(client.query(NAMESPACE).results()) == 3


def aborted_writes_leave_nothing(client):
    transaction, policy = begin()
    client.put(keys[0], {"n": 20}, policy=policy)
    refused(BLOCKED, client.put, keys[0], {"n": 5})
    other, its_policy = begin()
    refused(BLOCKED, client.put, keys[0], {"n": 6}, policy=its_policy)
    refused(BLOCKED, client.get, keys[0], its_policy)
    assert client.abort(other) == aerospike.ABORT_OK
    assert client.abort(transaction) == aerospike.ABORT_OK
    assert values(client) == [10, 11, 2]
    client.put(keys[0], {"n": 0})


def a_read_that_is_outdated_prevents_the_commit(client):
    transaction, policy = begin()
    client.get(keys[0], policy)
    client.put(keys[0], {"n": 30})
    client.put(keys[1], {"n": 31}, policy=policy)
    try:
        client.commit(transaction)
    except ex.TransactionFailed:
        pass
    else:
        raise AssertionError("a transaction was committed whose read is outdated")
    assert values(client) == [30, 11, 2]


def the_deadline_ends_a_transaction(client):
    transaction, policy = begin(timeout=30)
    client.put(keys[0], {"n": 40}, policy=policy)
    assert ":records=1:committed=false" in control(client, "transaction")
    control(client, "clock/advance:ms=31000")
    refused(EXPIRED, client.put, keys[1], {"n": 41}, policy=policy)
    client.put(keys[0], {"n": 42})
    client.abort(transaction)
    assert values(client) == [42, 11, 2]
    transaction, policy = begin()
    client.put(keys[0], {"n": 43}, policy=policy)
    assert control(client, "transaction/expire") == "1"
    client.put(keys[0], {"n": 44})


def deletes_batches_and_scripts_take_part(client):
    refused(FORBIDDEN, client.remove, keys[2])
    transaction, policy = begin()
    client.remove(keys[2], policy={"txn": transaction, "durable_delete": True})
    assert client.exists(keys[2])[1] is not None
    rows = br.BatchRecords([br.Write(key, [operations.write("n", 50)]) for key in keys[:2]])
    client.batch_write(rows, policy)
    assert [row.result for row in rows.batch_records] == [0, 0]
    rows = br.BatchRecords([br.Read(key, [operations.read("n")]) for key in keys[:2]])
    client.batch_write(rows, policy)
    assert [row.record[2]["n"] for row in rows.batch_records] == [50, 50]
    assert values(client)[:2] == [44, 11]
    assert client.commit(transaction) == aerospike.COMMIT_OK
    assert client.exists(keys[2])[1] is None
    assert [client.get(key)[2]["n"] for key in keys[:2]] == [50, 50]


host, port = sys.argv[1].rsplit(":", 1)
client = aerospike.client({"hosts": [(host, int(port))]}).connect()
for n, key in enumerate(keys):
    client.put(key, {"n": n})
for check in (
    committed_writes_are_seen_together,
    aborted_writes_leave_nothing,
    a_read_that_is_outdated_prevents_the_commit,
    the_deadline_ends_a_transaction,
    deletes_batches_and_scripts_take_part,
):
    check(client)
    print(f"{check.__name__}: ok")
client.close()
