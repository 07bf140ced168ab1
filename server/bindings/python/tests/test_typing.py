"""The types and the examples of the package."""

import doctest
import importlib
import pathlib
import re
import subprocess
import sys

import pytest

import spikelet

README = pathlib.Path(__file__).parents[1] / "README.md"
FOLDER = pathlib.Path(spikelet.__file__).parent

USE = '''
from datetime import timedelta

import spikelet

with spikelet.Server(nodes=3, namespaces=["test", {"name": "cache", "default_ttl": timedelta(hours=1)}]) as server:
    hosts: list[tuple[str, int]] = server.hosts
    fault = server.faults.on("write", set="demo", key=1).times(2).result(18)
    fired: int = fault.fired
    record = server.record("test", "demo", 1)
    if record is not None:
        bins: dict[str, object] = record.bins
    for entry in server.journal.writes().filter(node="B1"):
        number: int = entry.number
    server.restore(server.snapshot())
    server.nodes["B1"].kill()
    records: int = server.load({"namespaces": {}}).records
'''

WRONG = '''
import spikelet

spikelet.Server(node=3)
spikelet.Server(nodes="3")
server = spikelet.Server()
server.faults.on("write", sett="demo")
server.journal.filter(keys=1)
server.clock.advance("1")
server.record("test", "demo", 1).bins
'''


def mypy(*arguments, folder):
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, check=False)
    return ended.stdout + ended.stderr


def test_mypy_accepts_the_package_and_its_use(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    assert "Success" in mypy("use.py", folder=tmp_path)
    assert "Success" in mypy("-p", "spikelet", folder=tmp_path)


def test_mypy_finds_wrong_uses(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    found = mypy("wrong.py", folder=tmp_path)
    assert [int(line) for line in re.findall(r"^wrong.py:(\d+): error", found, re.M)] == [4, 5, 7, 8, 9, 10], found


def test_everything_public_is_documented():
    for name in spikelet.__all__:
        thing = getattr(spikelet, name)
        if not isinstance(thing, type):
            continue
        if thing.__module__ != "spikelet._native":
            assert thing.__doc__, name
        for attribute, value in vars(thing).items():
            if not attribute.startswith("_") and (callable(value) or isinstance(value, property)):
                assert value.__doc__, f"{name}.{attribute}"


def test_the_stub_of_the_native_part_is_complete():
    stub = (FOLDER / "_native.pyi").read_text()
    from spikelet import _native

    for name in ["Server", "Fault", "Filter", "Snapshot", "Cancel"]:
        body = re.search(rf"^class {name}:\n(.*?)(?=^\S|\Z)", stub, re.M | re.S)[1]
        stubbed = set(re.findall(r"def ([a-z]\w*)\(", body))
        native = {attribute for attribute in vars(getattr(_native, name)) if not attribute.startswith("_")}
        assert stubbed == native, name


@pytest.mark.parametrize("module", ["spikelet", "spikelet._server", "spikelet._clock", "spikelet._faults", "spikelet._nodes", "spikelet._journal", "spikelet._values"])
def test_examples_in_docstrings(module):
    names = {**vars(spikelet), "timedelta": __import__("datetime").timedelta}
    results = doctest.testmod(importlib.import_module(module), extraglobs=names)
    assert results.attempted > 0 and results.failed == 0


def test_examples_in_the_readme(pytester):
    blocks = re.findall(r"^(?:`(\S+)`:\n\n)?```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    assert len(blocks) >= 2
    for name, code in blocks:
        assert name, f"a block has no file name: {code}"
        (pytester.path / name).write_text(code)
    result = pytester.runpytest_subprocess()
    assert result.ret == 0 and result.parseoutcomes()["passed"] >= 3
