"""The plugin for pytest, in sessions of its own."""

import sys

import pytest

CLIENT = ("test", "demo", "k")


def test_a_test_of_three_lines(pytester):
    pytester.makepyfile(
        """
        def test_a_user_is_stored(aerospike_client):
            aerospike_client.put(("test", "users", "alice"), {"age": 30})
            assert aerospike_client.get(("test", "users", "alice"))[2] == {"age": 30}
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_every_test_gets_the_server_as_it_starts(pytester):
    pytester.makepyfile(
        """
        import pytest
        from datetime import datetime, timedelta, timezone

        SEEN = []

        @pytest.mark.spikelet(nodes=2, replication_factor=2)
        @pytest.mark.parametrize("turn", range(4))
        def test_everything_is_back(spikelet, turn):
            SEEN.append(spikelet.hosts)
            assert spikelet.count() == 0 and len(spikelet.faults) == 0 and spikelet.journal.count() == 0
            assert not spikelet.clock.is_frozen
            assert abs(spikelet.clock.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)
            assert [node.state for node in spikelet.nodes] == ["up", "up"]
            assert len(spikelet.nodes.subclusters()) == 1
            spikelet.insert("test", "demo", "k", {"n": 1})
            spikelet.faults.on("any").ignore()
            spikelet.clock.freeze()
            spikelet.clock.advance(timedelta(days=400))
            if turn == 0:
                spikelet.nodes.kill("B1")
            if turn == 1:
                spikelet.nodes.partition(["B1"], ["B2"])
            if turn == 2:
                # A node that was added cannot be removed: the next test gets another server.
                spikelet.nodes.add()

        def test_servers_are_used_again():
            assert SEEN[0] == SEEN[1] == SEEN[2] != SEEN[3]

        def test_a_closed_server_is_replaced(spikelet):
            spikelet.close()

        def test_after_a_closed_server(spikelet):
            assert spikelet.count() == 0
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=7)


def test_a_delayed_command_is_not_executed_in_the_next_test(pytester):
    pytester.makepyfile(
        """
        import aerospike, pytest, time

        def test_delayed(spikelet, aerospike_client):
            spikelet.faults.on("write").delay(0.4)
            with pytest.raises(aerospike.exception.TimeoutError):
                aerospike_client.put(("test", "demo", 1), {"n": 1}, policy={"total_timeout": 50, "max_retries": 0})

        def test_next(spikelet):
            time.sleep(0.6)
            assert spikelet.count() == 0
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_markers_and_options(pytester):
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def spikelet_options():
            return {"cluster_name": "ours", "nodes": 2}
        """
    )
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.spikelet(namespaces=["orders", {"name": "cache", "default_ttl": 60}])

        def test_module(spikelet):
            spikelet.insert("orders", None, 1, {"n": 1})
            assert len(spikelet.nodes) == 2

        @pytest.mark.spikelet(nodes=3)
        def test_marked(spikelet, spikelet_session):
            assert len(spikelet.nodes) == 3 and spikelet.port != spikelet_session.port
            assert spikelet.count("cache") == 0

        @pytest.mark.spikelet(node=3)
        def test_misspelled(spikelet):
            pass

        @pytest.mark.spikelet(3)
        def test_without_a_name(spikelet):
            pass
        """
    )
    result = pytester.runpytest_subprocess("--strict-markers")
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*unknown option 'node': did you mean 'nodes'?*", "*the marker spikelet takes options by name*"])


def test_a_failing_test_shows_the_journal(pytester):
    pytester.makepyfile(
        """
        def test_fails(spikelet, aerospike_client):
            for n in range(30):
                aerospike_client.put(("test", "users", n), {"age": 30})
            assert spikelet.count() == 31

        def test_passes(spikelet, aerospike_client):
            aerospike_client.put(("test", "passing", "alice"), {"age": 30})
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*spikelet journal (<spikelet.Server 127.0.0.1:*", "... 10 earlier entries", "*write test/users/*-> OK, generation 1"])
    result.stdout.no_fnmatch_line("*passing*")


@pytest.mark.parametrize("client", ["aerospike", "aerospike_py"])
def test_a_missing_client_is_an_error_with_words(pytester, client):
    fixture = {"aerospike": "aerospike_client", "aerospike_py": "aerospike_py_client"}[client]
    pytester.makeconftest(f"import sys; sys.modules[{client!r}] = None")
    pytester.makepyfile(f"def test_client({fixture}): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*the fixture {fixture} needs the client {client.replace('_', '-')}: pip install *"])


def test_clients_sync_and_async_with_pytest_asyncio(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def aerospike_client_config():
            return {"cluster_name": "ours"}

        @pytest.mark.spikelet(cluster_name="ours")
        def test_sync(spikelet, aerospike_py_client):
            aerospike_py_client.put(("test", "users", "alice"), {"age": 30})
            assert spikelet.record("test", "users", "alice").bins == {"age": 30}

        @pytest.mark.asyncio
        @pytest.mark.parametrize("turn", range(3))
        @pytest.mark.spikelet(cluster_name="ours")
        async def test_async(spikelet, aerospike_py_async_client, turn):
            await aerospike_py_async_client.put(("test", "users", "alice"), {"age": turn})
            await spikelet.journal.writes().wait_for_async(1)
            assert (await aerospike_py_async_client.get(("test", "users", "alice"))).bins == {"age": turn}
        """
    )
    pytester.runpytest_subprocess("-p", "asyncio").assert_outcomes(passed=4)


def test_workers_of_xdist_have_servers_of_their_own(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(20))
        def test_alone(spikelet, aerospike_client, turn):
            assert spikelet.count() == 0
            aerospike_client.put(("test", "demo", turn), {"n": turn})
            assert spikelet.count() == 1
        """
    )
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=20)


def test_the_plugin_imports_nothing_before_a_fixture_asks(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            assert "spikelet.pytest_plugin" in sys.modules
            assert not {"aerospike", "aerospike_py"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
