#!/usr/bin/env python3
"""UDFs with the official client for Python, from PyPI, against a server: udfs.py HOST:PORT"""

import pathlib
import sys
import tempfile
import time

import aerospike
from aerospike import exception as ex

SET = "third-party-udfs"
SCRIPT = """
function put(rec, name, value)
    rec[name] = value
    if aerospike:exists(rec) then return aerospike:update(rec) end
    return aerospike:create(rec)
end

function add(rec, name, n)
    rec[name] = rec[name] + n
    aerospike:update(rec)
end

function fail(rec) error('on purpose') end

local function sum(a, b) return a + b end

function total(stream, at_least)
    local function is_enough(rec) return rec.n >= at_least end
    return stream : filter(is_enough) : map(function(rec) return rec.n end) : reduce(sum)
end

function parities(stream)
    local function count(counts, rec)
        local parity = rec.n % 2 == 0 and 'even' or 'odd'
        counts[parity] = (counts[parity] or 0) + 1
        return counts
    end
    return stream : aggregate(map(), count) : reduce(function(a, b) return map.merge(a, b, sum) end)
end
"""


def equal(answered, expected):
    assert answered == expected, f"answered {answered!r}, expected {expected!r}"


def aggregated(client, function, arguments):
    query = client.query("test", SET)
    query.apply("third_party", function, arguments)
    return query.results()


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    with tempfile.TemporaryDirectory() as folder:
        # The client reduces what the server gives, and needs the script as well.
        script = pathlib.Path(folder, "third_party.lua")
        script.write_text(SCRIPT)
        lua = {"user_path": folder}
        client = aerospike.client({"hosts": [(host, int(port))], "lua": lua}).connect()
        client.udf_put(str(script))
        time.sleep(0.2)
        check(client)
        client.udf_remove(script.name)
        client.close()
    print("UDFs of aerospike for Python: all as on the real server")


def check(client):
    equal(client.udf_get("third_party.lua"), SCRIPT)
    assert "third_party.lua" in [module["name"] for module in client.udf_list()]
    keys = [("test", SET, n) for n in range(100)]
    for key in keys:
        equal(client.apply(key, "third_party", "put", ["n", key[2]]), 0)
    equal(client.get(keys[7])[2], {"n": 7})
    try:
        client.apply(keys[0], "third_party", "fail", [])
    except ex.UDFError as error:
        assert error.msg.endswith("third_party.lua:13: on purpose"), error.msg
    else:
        raise AssertionError("a script that failed did not raise UDFError")
    rows = client.batch_apply(keys[:3], "third_party", "put", ["l", [1, {"a": b"\x01"}]])
    equal([row.result for row in rows.batch_records], [0, 0, 0])
    equal(client.get(keys[1])[2], {"n": 1, "l": [1, {"a": b"\x01"}]})

    equal(aggregated(client, "total", [50]), [sum(range(50, 100))])
    equal(aggregated(client, "parities", []), [{"even": 50, "odd": 50}])

    job = client.scan_apply("test", SET, "third_party", "add", ["n", 1000])
    while client.job_info(job, aerospike.JOB_SCAN)["status"] != aerospike.JOB_STATUS_COMPLETED:
        time.sleep(0.02)
    equal(aggregated(client, "total", [0]), [sum(range(1000, 1100))])


if __name__ == "__main__":
    main()
