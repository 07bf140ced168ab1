"""The program, as a module and as a command."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

COMMAND = shutil.which("spikelet", path=str(pathlib.Path(sys.executable).parent))
PROGRAMS = [[sys.executable, "-m", "spikelet"], [COMMAND]]


@pytest.mark.parametrize("program", PROGRAMS, ids=["module", "command"])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_program_serves_until_it_is_stopped(program, stop):
    arguments = ["--listen", "127.0.0.1:0", "--namespace", "orders,default-ttl=60"]
    process = subprocess.Popen([*program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)[1])
        import aerospike

        client = aerospike.client({"hosts": [("127.0.0.1", port)]}).connect()
        client.put(("orders", "demo", 1), {"n": 1})
        client.close()
        process.send_signal(stop)
        out, error = process.communicate(timeout=30)
        assert (process.returncode, out, error) == (0, "", "")
    finally:
        process.kill()


@pytest.mark.parametrize("program", PROGRAMS, ids=["module", "command"])
def test_statuses_and_messages_are_the_programs(program):
    def ended(*arguments):
        return subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=30, check=False)

    version = ended("--version")
    assert (version.returncode, version.stdout) == (0, f"spikelet {__import__('spikelet').__version__}\n")
    wrong = ended("--listne", "x")
    assert wrong.returncode == 2 and "unexpected argument '--listne'" in wrong.stderr
    refused = ended("--listen", "192.0.2.1:3000", "--listen-beyond-loopback")
    assert refused.returncode == 1 and refused.stderr.startswith("spikelet: cannot listen on 192.0.2.1:3000")


def test_the_program_ends_with_its_parent():
    process = subprocess.Popen(
        [sys.executable, "-m", "spikelet", "--listen", "127.0.0.1:0", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ},
    )
    process.stdin.close()
    assert process.wait(30) == 0
