#!/usr/bin/env python3
"""Scans, queries and secondary indexes through the official client for Python, from PyPI, against a server:
queries.py HOST:PORT"""

import sys
import time
import warnings

import aerospike
from aerospike import exception as ex
from aerospike import predicates
from aerospike_helpers import expressions as exp
from aerospike_helpers.operations import operations as op

NAMESPACE, SET = "test", "third-party-queries"
COUNT = 200


def equal(answered, expected):
    assert answered == expected, f"answered {answered!r}, expected {expected!r}"


def numbers(records):
    return sorted(bins["n"] for _, _, bins in records)


def wait(what):
    for _ in range(100):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about within five seconds")


def scans(client):
    query = client.query(NAMESPACE, SET)
    equal(numbers(query.results()), list(range(COUNT)))
    less = exp.LT(exp.IntBin("n"), 10).compile()
    equal(numbers(client.query(NAMESPACE, SET).results(policy={"expressions": less})), list(range(10)))

    paged = client.query(NAMESPACE, SET)
    paged.max_records = 30
    paged.paginate()
    pages = []
    while not paged.is_done():
        pages.append(numbers(paged.results()))
    equal(sorted(n for page in pages for n in page), list(range(COUNT)))
    assert all(len(page) <= 30 for page in pages), [len(page) for page in pages]


def indexes(client):
    for create, bin_name in [(client.index_integer_create, "n"), (client.index_string_create, "s")]:
        create(NAMESPACE, SET, bin_name, f"third-party-{bin_name}")
    client.index_list_create(NAMESPACE, SET, "l", aerospike.INDEX_NUMERIC, "third-party-l")
    try:
        query = client.query(NAMESPACE, SET)
        query.where(predicates.between("n", 50, 59))
        equal(numbers(query.results()), list(range(50, 60)))
        query = client.query(NAMESPACE, SET)
        query.where(predicates.equals("s", "even"))
        equal(numbers(query.results()), list(range(0, COUNT, 2)))
        query = client.query(NAMESPACE, SET)
        query.where(predicates.contains("l", aerospike.INDEX_TYPE_LIST, 7))
        equal(numbers(query.results()), [7])
        # An index keeps up with writes and deletes.
        client.put((NAMESPACE, SET, 55), {"n": 1055})
        client.remove((NAMESPACE, SET, 56))
        query = client.query(NAMESPACE, SET)
        query.where(predicates.between("n", 55, 57))
        equal(numbers(query.results()), [57])
    finally:
        for name in ("n", "s", "l"):
            client.index_remove(NAMESPACE, f"third-party-{name}")


def background(client):
    query = client.query(NAMESPACE, SET)
    query.add_ops([op.increment("n", 10_000)])
    query.execute_background()
    wait(lambda: numbers(client.query(NAMESPACE, SET).results())[0] >= 10_000)


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    host, port = sys.argv[1].rsplit(":", 1)
    client = aerospike.client({"hosts": [(host, int(port))]}).connect()
    for n in range(COUNT):
        client.put((NAMESPACE, SET, n), {"n": n, "s": "odd" if n % 2 else "even", "l": [n, n + 1000]})
    for part in (scans, indexes, background):
        part(client)
    client.truncate(NAMESPACE, SET, 0)
    wait(lambda: client.query(NAMESPACE, SET).results() == [])
    try:
        client.index_remove(NAMESPACE, "third-party-n")
    except ex.IndexNotFound:
        pass
    print("queries of aerospike for Python: all as expected")


if __name__ == "__main__":
    main()
