"""Measures the package, and shows the figures beside their goals: figures.py [WHEEL]"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

TESTS = """
import pytest

@pytest.mark.parametrize("turn", range({count}))
def test_one(turn{fixtures}):
    pass
"""

CONFTEST = """
import collections, pathlib, statistics

TIMES = collections.Counter()

def pytest_runtest_logreport(report):
    if report.when != "call":
        TIMES[report.nodeid] += report.duration

def pytest_sessionfinish():
    pathlib.Path("times").write_text(f"{min(TIMES.values())} {statistics.median(TIMES.values())}")
"""


def best(call, repeat):
    """The shortest time of several, in milliseconds."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times) * 1000


def process(*arguments, folder=None):
    subprocess.run([sys.executable, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL)


def per_test(*fixtures):
    """The median and the shortest time that fixtures take to set up and tear down."""
    with tempfile.TemporaryDirectory() as folder:
        names = "".join(f", {name}" for name in fixtures)
        pathlib.Path(folder, "test_bench.py").write_text(TESTS.format(count=500, fixtures=names))
        pathlib.Path(folder, "conftest.py").write_text(CONFTEST)
        process("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_bench.py", folder=folder)
        shortest, median = [float(time) * 1000 for time in pathlib.Path(folder, "times").read_text().split()]
        return f"{median:.2f} ms (at best {shortest:.2f})"


def imported():
    return best(lambda: process("-c", "import spikelet"), 20) - best(lambda: process("-c", "pass"), 20)


def servers(count):
    import spikelet

    for _ in range(500):
        spikelet.Server().close()

    def state():
        resident = int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")), resident

    before, started = state(), time.perf_counter()
    for _ in range(count):
        spikelet.Server().close()
    ms = (time.perf_counter() - started) * 1000 / count
    threads, files, resident = (after - start for after, start in zip(state(), before))
    return ms, f"{threads} threads, {files} files, {resident >> 10} KiB"


def reset():
    import spikelet

    with spikelet.Server() as server:

        def one():
            server.insert("test", "demo", 1, {"n": 1})
            server.reset_all()

        return best(one, 200)


def main():
    rows = []
    if len(sys.argv) > 1:
        rows.append(("wheel", f"{os.path.getsize(sys.argv[1]) / 1e6:.2f} MB", "under 6 MB"))
    rows.append(("import spikelet", f"{imported():.1f} ms", "under 20 ms"))
    rows.append(("fixture spikelet, for each test", per_test("spikelet"), ""))
    rows.append(("fixture aerospike_client, for each test", per_test("spikelet", "aerospike_client"), "under 5 ms"))
    rows.append(("reset between tests", f"{reset() * 1000:.0f} µs", "microseconds"))
    ms, left = servers(10_000)
    rows.append(("start and close of a server", f"{ms:.2f} ms", "under 1 ms"))
    rows.append(("left behind by 10,000 servers", left, "nothing"))
    for name, figure, goal in rows:
        print(f"{name:42} {figure:32} {goal}")


if __name__ == "__main__":
    main()
