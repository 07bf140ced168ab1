"""Starting, using and stopping servers, and what is refused."""

import gc
import socket
import ssl
import threading
from datetime import timedelta

import pytest

import spikelet
from spikelet import Server


def connects(host, port):
    with socket.socket() as client:
        return client.connect_ex((host, port)) == 0


def test_a_server_listens_until_it_is_closed():
    with Server() as server:
        assert server.hosts == [("127.0.0.1", server.port)] and server.host == "127.0.0.1"
        assert connects(*server.hosts[0])
        address = server.hosts[0]
    assert server.is_closed and not connects(*address)
    server.close()


def test_a_server_stops_when_nothing_refers_to_it():
    server = Server()
    address = server.hosts[0]
    del server
    gc.collect()
    assert not connects(*address)


def test_several_servers_are_independent():
    with Server() as first, Server() as second:
        first.insert("test", "demo", "a", {"n": 1})
        assert first.port != second.port
        assert (first.count(), second.count()) == (1, 0)


def test_every_option_is_taken(tmp_path):
    fixture = {"namespaces": {"cache": {"records": [{"key": "from a dictionary", "bins": {"n": 1, "raw": b"\x00"}}]}}}
    path = tmp_path / "fixture.json"
    path.write_text('{"namespaces": {"test": {"records": [{"key": "from a file", "bins": {"n": 1}}]}}}')
    options = {
        "host": "127.0.0.1",
        "port": 0,
        "namespaces": ["test", {"name": "cache", "default_ttl": timedelta(hours=1), "nsup_period": 60}],
        "nodes": 3,
        "replication_factor": 2,
        "racks": [1, 2, 3],
        "journal": 10,
        "fixtures": [fixture, path, b'{"modules": {}}'],
        "version": "8.1.1.0",
        "edition": "enterprise",
        "cluster_name": "staging",
        "node_id": "C1",
        "slow_migrations": True,
        "without_rosters": False,
        "work_directory": tmp_path,
        "controls": True,
    }
    with Server(**options) as server:
        assert [(node.id, node.rack) for node in server.nodes] == [("C1", 1), ("C2", 2), ("C3", 3)]
        assert len(server.hosts) == 3
        assert server.record("test", None, "from a file").bins == {"n": 1}
        assert server.record("cache", None, "from a dictionary").bins == {"n": 1, "raw": b"\x00"}
        server.insert("cache", None, "expires", {"n": 1})
        assert 3598 <= server.record("cache", None, "expires").ttl <= 3600


def test_namespaces_can_be_a_dictionary():
    with Server(namespaces={"a": None, "b": {"default-ttl": "1m", "stop_writes_used_pct": 80}}) as server:
        server.insert("a", "s", 1, {"n": 1})
        server.insert("b", "s", 1, {"n": 1})
        assert server.record("a", "s", 1).ttl is None
        assert 58 <= server.record("b", "s", 1).ttl <= 60


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"node": 3}, TypeError, "unknown option 'node': did you mean 'nodes'?"),
        ({"colour": 3}, TypeError, "unknown option 'colour': there is nothing of a similar name"),
        ({"nodes": "3"}, TypeError, "nodes: expected an integer from 1 to 64, got '3' (a string)"),
        ({"nodes": True}, TypeError, "nodes: expected an integer from 1 to 64, got true (a boolean)"),
        ({"nodes": 65}, ValueError, "nodes: expected an integer from 1 to 64, got 65"),
        ({"nodes": 2**70}, ValueError, "64 bits"),
        ({"port": 65536}, ValueError, "port: expected an integer from 0 to 65535"),
        ({"host": "nowhere"}, ValueError, "host: expected an IP address of this machine, got 'nowhere'"),
        ({"racks": 1}, TypeError, "racks: expected a list of rack ids"),
        ({"racks": [1, 2]}, ValueError, "racks: there are 2 rack ids for 1 nodes"),
        ({"users": {}}, ValueError, "users: only the Enterprise Edition has it"),
        ({"edition": "enterprise", "users": {"a": {"pasword": "x"}}}, TypeError, "did you mean 'password'?"),
        ({"edition": "enterprise", "tls": {"prt": 1}}, TypeError, "unknown field of tls 'prt': did you mean 'port'?"),
        ({"journal": -1}, ValueError, "journal: expected an integer from 0, got -1"),
        ({"edition": "free"}, ValueError, "edition: expected 'community' or 'enterprise', got 'free'"),
        ({"node_id": 0}, ValueError, "0"),
        ({"controls": 1}, TypeError, "controls: expected true or false, got 1 (an integer)"),
        ({"namespaces": []}, ValueError, "at least one namespace"),
        ({"namespaces": ["a", "a"]}, ValueError, "namespace a"),
        ({"namespaces": [{"default_ttl": 3}]}, ValueError, "a namespace needs a 'name'"),
        ({"namespaces": [{"name": "a", "default_tll": 3}]}, TypeError, "did you mean 'default_ttl'?"),
        ({"namespaces": [{"name": "a", "colour": 3}]}, TypeError, "unknown parameter of a namespace 'colour'"),
        ({"namespaces": [{"name": "a", "default_ttl": "3x"}]}, ValueError, "default-ttl must be a number of seconds"),
        ({"namespaces": [{"name": "a", "default_ttl": timedelta(seconds=1.5)}]}, ValueError, "not 1.5"),
        ({"namespaces": [{"name": "a", "conflict_resolution_policy": "x"}]}, ValueError, "last-update-time"),
        ({"cluster_name": "a b"}, ValueError, "a b"),
        ({"version": object()}, TypeError, "version: an object of type object is no value"),
        ({"fixtures": ["/does/not/exist"]}, spikelet.FixtureError, "/does/not/exist"),
        ({"fixtures": [{"namespace": {}}]}, spikelet.FixtureError, "namespace"),
    ],
)
def test_wrong_options_are_refused_with_words(options, error, message):
    with pytest.raises(error) as raised:
        Server(**options)
    assert isinstance(raised.value, spikelet.SpikeletError)
    assert message in str(raised.value)


def test_a_port_in_use_is_refused(server):
    with pytest.raises(spikelet.StartError, match=f"cannot listen on 127.0.0.1:{server.port}"):
        Server(port=server.port)


def test_a_closed_server_refuses_every_use():
    server = Server(nodes=2)
    fault, journal, clock, nodes, snapshot = (
        server.faults.on("write").ignore(),
        server.journal,
        server.clock,
        server.nodes,
        server.snapshot(),
    )
    server.close()
    uses = [
        lambda: server.port,
        lambda: server.hosts,
        lambda: server.insert("test", "s", "k", {"a": 1}),
        lambda: server.record("test", "s", "k"),
        lambda: server.count(),
        lambda: server.restore(snapshot),
        lambda: server.reset_all(),
        lambda: server.faults.on("write").ignore(),
        lambda: journal.wait_for(),
        lambda: journal.count(),
        lambda: clock.now(),
        lambda: nodes.kill("B2"),
        lambda: list(nodes),
    ]
    for use in uses:
        with pytest.raises(spikelet.ServerClosedError, match="the server is closed"):
            use()
    assert repr(server) == "<spikelet.Server, closed>"
    # A handle of a fault outlives its server.
    assert fault.fired == 0
    fault.remove()


def test_threads_share_a_server(server):
    failures = []

    def work(number):
        try:
            for turn in range(50):
                server.insert("test", "threads", f"{number}/{turn}", {"n": turn})
                assert server.record("test", "threads", f"{number}/{turn}").bins == {"n": turn}
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures and server.count("test", "threads") == 400


def test_closing_ends_the_waits_of_other_threads():
    server = Server()
    raised = []

    def wait():
        with pytest.raises(spikelet.ServerClosedError) as error:
            server.journal.wait_for(1, timeout=60)
        raised.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    server.close()
    thread.join(10)
    assert len(raised) == 1


def test_other_threads_run_while_one_waits(server):
    done = threading.Event()

    def wait():
        with pytest.raises(spikelet.WaitTimeoutError):
            server.journal.wait_for(1, timeout=0.5)
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    turns = 0
    while not done.is_set():
        turns += 1
    thread.join()
    assert turns > 1000


def test_a_closed_server_cannot_be_entered():
    server = Server()
    server.close()
    with pytest.raises(spikelet.ServerClosedError):
        server.__enter__()


def test_tls_of_the_enterprise_edition(tmp_path):
    users = {"app": {"roles": ["read"]}}
    options = {"users": users, "tls": {"name": "db", "authenticate_client": ["app"]}, "nodes": 2}
    with Server(edition="enterprise", **options) as server:
        [(host, port, name), second] = server.tls_hosts
        assert (host, name, second[2]) == ("127.0.0.1", "db", "db")
        context = ssl.create_default_context(cadata=server.ca_certificate)
        certificate, key = server.client_certificate("app")
        (tmp_path / "app.pem").write_text(certificate + key)
        context.load_cert_chain(tmp_path / "app.pem")
        with socket.create_connection((host, port)) as connection:
            with context.wrap_socket(connection, server_hostname="db") as encrypted:
                assert encrypted.getpeercert()["subjectAltName"]
        server.present_certificate("expired")
        with socket.create_connection((host, port)) as connection, pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(connection, server_hostname="db")
        with pytest.raises(spikelet.ArgumentValueError, match="one of valid, expired"):
            server.present_certificate("old")
    with Server() as server, pytest.raises(spikelet.ArgumentValueError, match="has no TLS"):
        assert server.tls_hosts == []
        server.ca_certificate
