"""Forks, the end of the interpreter, and what servers leave behind."""

import os
import pathlib
import subprocess
import sys
import textwrap
import warnings

import pytest

import spikelet
from spikelet import Server

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def run(code, timeout=60):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=timeout, check=False
    )


@needs_fork
def test_a_forked_process_cannot_use_the_server_and_does_it_no_harm():
    with Server() as server:
        server.insert("test", "demo", "a", {"n": 1})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            status = 1
            try:
                try:
                    server.count()
                except spikelet.ForkedError as error:
                    right = "forked after the server started" in str(error) and "parent" in repr(server)
                    server.close()
                    with Server() as own:
                        own.insert("test", "demo", "b", {"n": 2})
                        status = 0 if right and own.count() == 1 else 2
                del server
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        import aerospike

        client = aerospike.client({"hosts": server.hosts}).connect()
        assert client.get(("test", "demo", "a"))[2] == {"n": 1}
        client.close()


@needs_fork
def test_a_process_of_multiprocessing_ends():
    ended = run(
        """
        import multiprocessing, spikelet

        def child():
            pass

        server = spikelet.Server()
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join(30)
        assert process.exitcode == 0, process.exitcode
        server.insert("test", "demo", "a", {"n": 1})
        assert server.count() == 1
        """
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import spikelet; server = spikelet.Server(nodes=3)",
        "import spikelet; spikelet.kept = [spikelet.Server() for _ in range(20)]",
        "import spikelet, sys; server = spikelet.Server(); sys.exit(0)",
        "import atexit, spikelet; server = spikelet.Server(); atexit.register(server.close)",
        # A thread that waits when the interpreter ends.
        """
        import spikelet, threading
        server = spikelet.Server()
        threading.Thread(target=server.journal.wait_for, kwargs={"timeout": 60}, daemon=True).start()
        """,
        # A cycle that only the last collection finds.
        """
        import gc, spikelet
        gc.disable()
        class Cycle: pass
        cycle = Cycle()
        cycle.itself, cycle.server = cycle, spikelet.Server()
        del cycle
        """,
    ],
)
def test_the_interpreter_ends_with_servers_running(code):
    ended = run(code)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_importing_the_package_imports_no_client_and_no_pytest():
    ended = run(
        """
        import sys, spikelet
        heavy = {"aerospike", "aerospike_py", "pytest", "asyncio", "json", "typing", "dataclasses", "inspect"} & set(sys.modules)
        print(sorted(heavy))
        """
    )
    assert ended.stdout.strip() in ("[]", "['typing']"), ended.stdout + ended.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_ten_thousand_servers_leave_nothing_behind():
    def resident():
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def left():
        return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

    for _ in range(500):
        Server().close()
    threads, before, memory = left()[0], left(), resident()
    for turn in range(10_000):
        # Half of them are closed by their last reference.
        server = Server()
        if turn % 2:
            server.close()
        del server
    assert left() == before and threads == left()[0]
    assert resident() - memory < 8 << 20, f"{(resident() - memory) >> 10} KiB more"
