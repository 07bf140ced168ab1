"""These tests run with the installed wheel, not with the sources beside them: see .ci/python."""

from __future__ import annotations

import pathlib

import pytest

import spikelet as package

pytest_plugins = ["pytester"]


def pytest_configure() -> None:
    sources = pathlib.Path(__file__).parents[1]
    if sources in pathlib.Path(package.__file__).parents:
        raise pytest.UsageError(f"spikelet is imported from {package.__file__}, not from an installed wheel")


@pytest.fixture
def server():
    with package.Server() as server:
        yield server
