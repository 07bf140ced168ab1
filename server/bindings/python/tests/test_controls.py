"""The clock, faults, nodes and the journal, seen by the official client."""

import asyncio
import signal
import threading
import time
from datetime import datetime, timedelta, timezone

import aerospike
import pytest
from aerospike import exception as ex

import spikelet
from spikelet import Server

KEY = ("test", "demo", "user1")
ONCE = {"max_retries": 0, "total_timeout": 300}


@pytest.fixture
def client(server):
    client = aerospike.client({"hosts": server.hosts}).connect()
    yield client
    client.close()


# The clock


def test_records_expire_when_the_clock_is_moved(server, client):
    client.put(KEY, {"n": 1}, meta={"ttl": 300})
    server.clock.freeze()
    before = server.clock.now()
    server.clock.advance(timedelta(seconds=299))
    assert client.exists(KEY)[1] is not None
    server.clock.advance(2)
    assert server.clock.now() - before == timedelta(seconds=301) and server.clock.is_frozen
    assert client.exists(KEY)[1] is None and server.count() == 0
    server.clock.resume()
    assert not server.clock.is_frozen


def test_the_clock_is_set_and_reset(server):
    server.clock.freeze()
    noon = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    server.clock.set(noon)
    assert server.clock.now() == noon and "2030-01-01T10:00:00+00:00 (frozen)" in repr(server.clock)
    server.clock.reset()
    assert abs(server.clock.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda clock: clock.advance(-1), ValueError, "set() can move it back"),
        (lambda clock: clock.advance("1"), TypeError, "expected a timedelta or a number of seconds, got '1'"),
        (lambda clock: clock.advance(float("nan")), ValueError, "nan seconds are no time span"),
        (lambda clock: clock.set(datetime(2030, 1, 1)), ValueError, "has no time zone"),
        (lambda clock: clock.set(datetime(2000, 1, 1, tzinfo=timezone.utc)), ValueError, "from the years 2010 to 2145"),
        (lambda clock: clock.set(5), TypeError, "expected a datetime, got 5"),
    ],
)
def test_wrong_times_are_refused(server, use, error, message):
    with pytest.raises(error) as raised:
        use(server.clock)
    assert isinstance(raised.value, spikelet.SpikeletError) and message in str(raised.value)


# Faults


def test_a_fault_fires_as_often_as_it_may(server, client):
    with server.faults.on("write", set="demo").times(2).result(18) as fault:
        for _ in range(2):
            with pytest.raises(ex.DeviceOverload):
                client.put(KEY, {"n": 1}, policy=ONCE)
        client.put(("test", "other", 1), {"n": 1}, policy=ONCE)
        client.put(KEY, {"n": 1}, policy=ONCE)
        assert (fault.fired, fault.matched) == (2, 2)
        assert [armed.id for armed in server.faults] == [fault.id]
    assert len(server.faults) == 0


def test_a_fault_that_never_fired_fails_the_test(server):
    with pytest.raises(spikelet.ExpectationError, match=r"never fired: no request matched it \(id=1:command=write") as raised:
        with server.faults.on("write", key="user1").key_busy():
            pass
    assert isinstance(raised.value, AssertionError)
    with pytest.raises(KeyError):
        with server.faults.on("write").key_busy():
            raise KeyError("the error of the test is not hidden")


REACTIONS = {
    "result": (lambda on: on.result("DEVICE_OVERLOAD"), ex.DeviceOverload, False),
    "key_busy": (lambda on: on.key_busy(), ex.RecordBusy, False),
    "device_overload": (lambda on: on.device_overload(), ex.DeviceOverload, False),
    "delay": (lambda on: on.delay(timedelta(milliseconds=600)), ex.TimeoutError, None),
    "ignore": (lambda on: on.ignore(), ex.TimeoutError, False),
    "silence_after": (lambda on: on.silence_after(), ex.TimeoutError, True),
    "stall": (lambda on: on.stall(4), ex.TimeoutError, True),
    "cut_before": (lambda on: on.cut_before(), ex.AerospikeError, False),
    "cut_after": (lambda on: on.cut_after(), ex.AerospikeError, True),
    "truncate": (lambda on: on.truncate(4), ex.AerospikeError, True),
    "corrupt": (lambda on: on.corrupt(), ex.AerospikeError, True),
    "refuse_connections": (lambda on: on.refuse_connections(), ex.AerospikeError, False),
}


@pytest.mark.parametrize("name", REACTIONS)
def test_every_reaction(server, client, name):
    arm, error, is_executed = REACTIONS[name]
    with arm(server.faults.on("write", key=b"key")) as fault:
        with pytest.raises(error):
            client.put(("test", "demo", bytearray(b"key")), {"n": 1}, policy=ONCE)
        assert fault.fired == 1
    # A delayed command is executed later.
    if is_executed is not None:
        assert server.count() == is_executed


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda faults: faults.on("put").ignore(), ValueError, "command: expected one of any, everything, read, "),
        (lambda faults: faults.on("write", sett="demo").ignore(), TypeError, "unknown parameter of a fault 'sett': did you mean 'set'?"),
        (lambda faults: faults.on("write", key=1.5).ignore(), TypeError, "key: expected a key"),
        (lambda faults: faults.on("write", node="Z").ignore(), ValueError, "node: expected the id of a node"),
        (lambda faults: faults.on("write", digest="zz").ignore(), ValueError, "digest: expected 40 hexadecimal digits"),
        (lambda faults: faults.on("write", key=1, digest=bytes(20)).ignore(), ValueError, "only one of"),
        (lambda faults: faults.on("write").result(300), ValueError, "result: expected a result code"),
        (lambda faults: faults.on("write").result(None), TypeError, "result: expected a result code"),
        (lambda faults: faults.on("write").times(0).ignore(), ValueError, "times: expected an integer from 1, got 0"),
        (lambda faults: faults.on("write").nth("2").ignore(), TypeError, "nth: expected an integer from 1, got '2' (a string)"),
        (lambda faults: faults.on("write").probability(2).ignore(), ValueError, "probability: expected a number from 0 to 1, got 2"),
        (lambda faults: faults.on("write").truncate(-1), ValueError, "truncate: expected an integer from 0, got -1"),
        (lambda faults: faults.on("write").delay(-1), ValueError, "delay: expected an integer from 0"),
    ],
)
def test_wrong_faults_are_refused(server, use, error, message):
    with pytest.raises(error) as raised:
        use(server.faults)
    assert isinstance(raised.value, spikelet.SpikeletError) and message in str(raised.value)
    assert len(server.faults) == 0


def test_faults_by_chance_and_position(server, client):
    fault = server.faults.on("write").nth(2).cut_before()
    client.put(KEY, {"n": 1}, policy=ONCE)
    with pytest.raises(ex.AerospikeError):
        client.put(KEY, {"n": 2}, policy=ONCE)
    assert (fault.fired, fault.matched) == (1, 2)
    fault.assert_fired()
    server.faults.clear()
    fired = []
    for _ in range(2):
        chance = server.faults.on("read").probability(0.5, seed=7).key_busy()
        for _ in range(20):
            try:
                client.get(KEY, policy=ONCE)
            except ex.RecordBusy:
                pass
        fired.append(chance.fired)
        chance.remove()
    assert fired[0] == fired[1] and 0 < fired[0] < 20


# Nodes


def test_nodes_leave_and_come_back():
    with Server(nodes=3, replication_factor=2) as server:
        server.insert("test", "demo", "a", {"n": 1})
        server.nodes.kill("B2")
        assert [node.state for node in server.nodes] == ["up", "down", "up"] and len(server.hosts) == 2
        assert server.count() == 1
        server.nodes["B2"].restart()
        server.nodes.quiesce(0xB1)
        assert server.nodes[0].state == "quiesced" and server.nodes[0].is_up
        server.nodes[0].quiesce_undo()
        added = server.nodes.add()
        assert added.id == "B4" and len(server.nodes) == len(server.hosts) == 4
        server.nodes.advertise(added, "127.0.0.1:1")
        server.nodes.advertise_alternate(added, None)


def test_the_network_is_cut_and_healed():
    with Server(nodes=3, replication_factor=2) as server:
        server.nodes.partition(["B1"], [server.nodes["B2"], 0xB3])
        assert server.nodes.subclusters() == [["B1"], ["B2", "B3"]]
        server.nodes.heal()
        assert len(server.nodes.subclusters()) == 1


def test_partitions_are_unavailable_or_dead_by_the_roster():
    strong = {"name": "test", "strong_consistency": True, "replication_factor": 2}
    with Server(nodes=3, edition="enterprise", namespaces=[strong], without_rosters=True) as server:
        nodes = server.nodes
        assert nodes.roster("test") == [] and nodes.outage("B1", "test").unavailable == 4096
        nodes.set_roster("test", list(nodes))
        assert nodes.roster("test") == ["B3", "B2", "B1"] and nodes.outage("B1", "test").unavailable == 0
        nodes.kill_together(["B1", nodes["B2"]])
        nodes.restart("B1")
        nodes.restart("B2")
        assert nodes.outage("B3", "test").dead > 1000
        nodes.revive("test")
        assert repr(nodes.outage("B3", "test")) == "Outage(unavailable=0, dead=0)"
        with pytest.raises(spikelet.NodeError, match="no namespace 'bar' with strong-consistency"):
            nodes.outage("B1", "bar")


def test_slow_migrations_wait():
    with Server(nodes=2, replication_factor=2, slow_migrations=True) as server:
        server.nodes.kill("B2")
        server.nodes.restart("B2")
        first = server.nodes.migrate(10)
        assert first == 10 and server.nodes.migrate() > 0 and server.nodes.migrate() == 0


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda nodes: nodes.kill("C1"), "no node C1"),
        (lambda nodes: nodes.restart("B1"), "node B1 is up"),
        (lambda nodes: nodes["C1"], "no node C1: there are B1, B2"),
        (lambda nodes: nodes.partition(["B1"], ["B1", "B2"]), "B1 is on both sides"),
        (lambda nodes: nodes.partition("B1", "B1"), "B1 is on both sides"),
    ],
)
def test_wrong_nodes_are_refused(use, message):
    with Server(nodes=2) as server:
        with pytest.raises(spikelet.NodeError, match=message):
            use(server.nodes)


# The journal


def test_the_journal_shows_requests(server, client):
    client.put(KEY, {"n": 1}, meta={"ttl": 300})
    client.get(KEY)
    client.remove(KEY)
    journal = server.journal
    assert [entry.command for entry in journal] == ["write", "read", "delete"]
    write = journal.writes().last()
    assert (write.namespace, write.set, write.result, write.ended, write.node) == ("test", "demo", 0, "answered", "A1")
    assert write.policies.ttl == 300 and write.policies.exists_action == "update"
    assert [(op.name, op.bin, op.value) for op in write.operations] == [("write", "n", 1)]
    assert abs(write.time - datetime.now(timezone.utc)) < timedelta(seconds=60)
    assert str(write) == write.text and write.text in str(journal)
    assert journal.filter(key="user1", set="demo").count() == 3
    assert journal.filter(result="OK").filter(since=write.number + 1).count() == 2
    assert journal.filter("info").count() > 0
    journal.filter(set="demo").assert_sequence(["write", ("read", "user1"), {"command": "delete", "result": 0}])
    journal.writes().assert_count(1)
    journal.clear()
    assert journal.count() == 0 and journal.last() is None and journal.dropped == 0


def test_batches_and_queries_in_the_journal(server, client):
    client.put(KEY, {"n": 1})
    client.batch_read([KEY, ("test", "demo", "missing")])
    list(client.query("test", "demo").results())
    batch = server.journal.filter("batch").last()
    assert [(row.index, row.result) for row in batch.rows] == [(0, 0), (1, 2)]
    assert server.journal.filter("query").last().reply_records == 1


def test_failures_of_the_journal_are_readable(server, client):
    client.put(KEY, {"n": 1})
    with pytest.raises(spikelet.ExpectationError) as raised:
        server.journal.deletes().assert_count(1)
    assert "expected 1 × delete, found 0" in str(raised.value) and "write test/demo/" in str(raised.value)
    with pytest.raises(spikelet.ExpectationError) as raised:
        server.journal.assert_sequence([("write", "user1", "OK"), "read"])
    assert "! expected read\n     found nothing" in str(raised.value)
    with pytest.raises(TypeError, match="expected: expected the name of a command"):
        server.journal.assert_sequence([("write", "user1", 0, 1)])
    with pytest.raises(TypeError, match="unknown parameter of a filter 'sett': did you mean 'set'"):
        server.journal.filter(sett="demo")


def test_a_server_without_a_journal_says_so():
    with Server(journal=0) as server:
        with pytest.raises(spikelet.ArgumentValueError, match="this server keeps no journal"):
            server.journal.assert_count(0)


def test_old_entries_make_room():
    with Server(journal=2) as server:
        client = aerospike.client({"hosts": server.hosts}).connect()
        for n in range(4):
            client.put(("test", "demo", n), {"n": n})
        client.close()
        assert server.journal.count() <= 2 and server.journal.dropped >= 2


def test_a_wait_ends_when_the_request_arrives(server, client):
    thread = threading.Timer(0.1, client.put, [KEY, {"n": 1}])
    thread.start()
    assert [entry.command for entry in server.journal.writes().wait_for(1, timeout=30)] == ["write"]
    thread.join()
    with pytest.raises(spikelet.WaitTimeoutError, match="expected 2 × write within 100ms, found 1"):
        server.journal.writes().wait_for(2, timeout=timedelta(milliseconds=100))
    with pytest.raises(ValueError, match="timeout"):
        server.journal.wait_for(1, timeout=-1)
    for wrong, error in [(-1, ValueError), ("1", TypeError), (True, TypeError), (2**64, ValueError)]:
        with pytest.raises(error, match="n: expected an integer from 0"):
            server.journal.wait_for(wrong)
        with pytest.raises(error, match="n: expected an integer from 0"):
            server.journal.assert_count(wrong)
    for wrong in ["write", 3, [3]]:
        with pytest.raises(spikelet.ArgumentTypeError, match="expected: expected"):
            server.journal.assert_sequence(wrong)


def test_ctrl_c_ends_a_wait(server):
    # A process that was started in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main = threading.main_thread().ident
        threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            server.journal.wait_for(1, timeout=60)
        assert time.monotonic() - started < 30
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_event_loop_runs_during_a_wait(server, client):
    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)

        ticking = asyncio.create_task(tick())
        waiting = asyncio.create_task(server.journal.writes().wait_for_async(1, timeout=30))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(client.put, KEY, {"n": 1})
        entries = await waiting
        ticking.cancel()
        assert ticks > 3 and len(entries) == 1
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(server.journal.deletes().wait_for_async(1, timeout=60), 0.1)
        with pytest.raises(spikelet.WaitTimeoutError):
            await server.journal.deletes().wait_for_async(1, timeout=0.01)

    started = time.monotonic()
    asyncio.run(main())
    # The cancelled wait does not keep its thread for a minute.
    assert time.monotonic() - started < 30
