#!/usr/bin/env python3
"""Operations on lists, maps, bits and HyperLogLogs, and expressions, through the official client for Python, from PyPI,
against a server: operations.py HOST:PORT"""

import sys
import warnings

import aerospike
from aerospike import exception as ex
from aerospike_helpers import cdt_ctx
from aerospike_helpers import expressions as exp
from aerospike_helpers.operations import bitwise_operations as bits
from aerospike_helpers.operations import expression_operations as eo
from aerospike_helpers.operations import hll_operations as hll
from aerospike_helpers.operations import list_operations as lists
from aerospike_helpers.operations import map_operations as maps
from aerospike_helpers.operations import operations as op

KEY = ("test", "third-party-operations", "one")


def equal(answered, expected):
    assert answered == expected, f"answered {answered!r}, expected {expected!r}"


def raises(error, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error:
        return
    raise AssertionError(f"{call.__name__} did not raise {error.__name__}")


def results(client, *operations):
    return [value for _, value in client.operate_ordered(KEY, list(operations))[2]]


def list_operations(client):
    client.put(KEY, {"l": [5, 1, 3]})
    equal(results(client, lists.list_append("l", 4)), [4])
    equal(results(client, lists.list_get_by_rank("l", 0, aerospike.LIST_RETURN_VALUE)), [1])
    equal(results(client, lists.list_get_by_rank_range("l", -2, aerospike.LIST_RETURN_VALUE, 2)), [[4, 5]])
    inverted = lists.list_get_by_value_range("l", aerospike.LIST_RETURN_COUNT, 2, 5, inverted=True)
    equal(results(client, inverted), [2])
    equal(results(client, lists.list_sort("l"), op.read("l"))[-1], [1, 3, 4, 5])
    unique = {"write_flags": aerospike.LIST_WRITE_ADD_UNIQUE}
    raises(ex.AerospikeError, client.operate, KEY, [lists.list_append("l", 4, unique)])
    no_fail = {"write_flags": aerospike.LIST_WRITE_ADD_UNIQUE | aerospike.LIST_WRITE_NO_FAIL}
    equal(results(client, lists.list_append("l", 4, no_fail)), [4])
    equal(results(client, lists.list_pop("l", -1), lists.list_size("l")), [5, 3])


def map_operations(client):
    ordered = {"map_order": aerospike.MAP_KEY_ORDERED}
    client.put(KEY, {"m": {}})
    equal(results(client, maps.map_put_items("m", {"b": 2, "a": 3, "c": 1}, ordered)), [3])
    equal(results(client, maps.map_get_by_index("m", 0, aerospike.MAP_RETURN_KEY)), ["a"])
    equal(results(client, maps.map_get_by_rank("m", 0, aerospike.MAP_RETURN_KEY)), ["c"])
    by_range = maps.map_get_by_key_range("m", "a", "c", aerospike.MAP_RETURN_KEY)
    equal(results(client, by_range), [["a", "b"]])
    equal(results(client, maps.map_increment("m", "a", 10)), [13])
    context = [cdt_ctx.cdt_ctx_map_key_create("deep", aerospike.MAP_KEY_ORDERED)]
    equal(results(client, maps.map_put("m", "x", [1], ordered, ctx=context)), [1])
    deeper = [cdt_ctx.cdt_ctx_map_key("deep"), cdt_ctx.cdt_ctx_map_key("x")]
    equal(results(client, lists.list_append("m", 2, ctx=deeper)), [2])
    equal(results(client, maps.map_remove_by_key("m", "deep", aerospike.MAP_RETURN_VALUE)), [{"x": [1, 2]}])


def bit_operations(client):
    client.put(KEY, {"b": bytearray([0b1000_0001, 0])})
    equal(results(client, bits.bit_count("b", 0, 16)), [2])
    equal(results(client, bits.bit_lshift("b", 0, 8, 1), op.read("b"))[-1], bytes([0b10, 0]))
    equal(results(client, bits.bit_get_int("b", 0, 8, False)), [2])
    equal(results(client, bits.bit_lscan("b", 0, 16, True)), [6])
    overflow = bits.bit_add("b", 0, 8, 255, False, aerospike.BIT_OVERFLOW_FAIL)
    raises(ex.OpNotApplicable, client.operate, KEY, [overflow])


def hll_operations(client):
    client.operate(KEY, [hll.hll_init("h", 10)])
    equal(results(client, hll.hll_add("h", ["a", "b", "a"])), [2])
    equal(results(client, hll.hll_get_count("h"), hll.hll_describe("h")), [2, [10, 0]])
    raises(ex.AerospikeError, client.operate, KEY, [hll.hll_get_count("l")])


def expressions(client):
    client.put(KEY, {"n": 7, "s": "seven", "l": [1, 2, 3]})
    true = exp.And(exp.GE(exp.IntBin("n"), 7), exp.CmpRegex(0, "^sev", exp.StrBin("s"))).compile()
    equal(client.get(KEY, policy={"expressions": true})[2]["n"], 7)
    false = exp.Eq(exp.ListSize(None, exp.ListBin("l")), 4).compile()
    raises(ex.FilteredOut, client.get, KEY, policy={"expressions": false})
    value = exp.Let(exp.Def("x", exp.Add(exp.IntBin("n"), 1)), exp.Mul(exp.Var("x"), 2)).compile()
    equal(results(client, eo.expression_read("out", value)), [16])
    equal(results(client, eo.expression_write("w", value), op.read("w"))[-1], 16)
    unknown = exp.Add(exp.IntBin("none"), 1).compile()
    raises(ex.OpNotApplicable, client.operate, KEY, [eo.expression_read("out", unknown)])
    quiet = eo.expression_read("out", unknown, aerospike.EXP_READ_EVAL_NO_FAIL)
    equal(results(client, quiet), [None])


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    host, port = sys.argv[1].rsplit(":", 1)
    client = aerospike.client({"hosts": [(host, int(port))]}).connect()
    for part in (list_operations, map_operations, bit_operations, hll_operations, expressions):
        part(client)
    client.remove(KEY)
    print("operations of aerospike for Python: all as expected")


if __name__ == "__main__":
    main()
