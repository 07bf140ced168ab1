"""The plugin for pytest: fixtures with a server and with clients, and the journal in the reports of failing tests.

It is loaded by every run of pytest, and imports the package and the clients only when a fixture asks for them.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any

    from . import Server

#: How many of the journal's last entries a report shows.
_SHOWN = 20


class _Pool:
    """Servers that no test uses now, by their options."""

    def __init__(self) -> None:
        self.idle: dict[str, list[Server]] = {}

    def take(self, options: dict[str, Any]) -> Server:
        """A server as it starts."""
        idle = self.idle.get(repr(sorted(options.items())), [])
        while idle:
            server = idle.pop()
            # A process that pytest-forked or a test made has no server of its parent.
            if not (server.is_closed or server._server.is_forked):
                return server
        from . import Server

        return Server(**options)

    def give_back(self, options: dict[str, Any], server: Server) -> None:
        """Keeps a server for the next test, unless it cannot become as it was when it started."""
        from . import SpikeletError

        try:
            is_reusable = server._server.is_reusable()
            server.reset_all()
        except SpikeletError:
            is_reusable = False
        if is_reusable:
            self.idle.setdefault(repr(sorted(options.items())), []).append(server)
        else:
            server.close()

    def close(self) -> None:
        for servers in self.idle.values():
            for server in servers:
                server.close()
        self.idle.clear()


_POOL = pytest.StashKey[_Pool]()
_SERVERS = pytest.StashKey["list[Server]"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "spikelet(**options): the options of the server in the fixture `spikelet`, such as nodes=3; those of spikelet.Server",
    )
    config.stash[_POOL] = _Pool()


def pytest_unconfigure(config: pytest.Config) -> None:
    pool = config.stash.get(_POOL, None)
    if pool is not None:
        pool.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for server in item.stash.get(_SERVERS, []):
        text = _journal_tail(server)
        if text:
            report.sections.append((f"spikelet journal ({server!r})", text))


def _journal_tail(server: Server) -> str:
    from . import SpikeletError

    try:
        entries = server.journal.entries(_SHOWN)
        hidden = server.journal.count() - len(entries)
    except SpikeletError:
        # It is closed, or keeps no journal.
        return ""
    if not entries:
        return "no requests"
    before = [f"... {hidden} earlier entries"] if hidden > 0 else []
    return "\n".join([*before, *map(str, entries)])


def _shown(request: pytest.FixtureRequest, server: Server) -> Server:
    request.node.stash.setdefault(_SERVERS, []).append(server)
    return server


def _marked(item: Any) -> dict[str, Any]:
    """The options in the markers: those of the test win over those of its class, and these over those of its module."""
    options: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("spikelet"))):
        if mark.args:
            raise pytest.UsageError(f"the marker spikelet takes options by name, not {mark.args!r}")
        options.update(mark.kwargs)
    return options


@pytest.fixture(scope="session")
def spikelet_options() -> dict[str, Any]:
    """The options of all servers. Override it in ``conftest.py``; the marker ``spikelet`` adds to them and replaces them."""
    return {}


@pytest.fixture
def spikelet(request: pytest.FixtureRequest, spikelet_options: dict[str, Any]) -> Iterator[Server]:
    """A server for this test, as it starts: a :class:`spikelet.Server` that is reset between tests.

    ``@pytest.mark.spikelet(nodes=3)`` sets its options.
    """
    options = {**spikelet_options, **_marked(request.node)}
    pool = request.config.stash[_POOL]
    server = pool.take(options)
    yield _shown(request, server)
    pool.give_back(options, server)


@pytest.fixture(scope="session")
def spikelet_session(spikelet_options: dict[str, Any]) -> Iterator[Server]:
    """A server for all tests of the session, which is not reset: a :class:`spikelet.Server`."""
    from . import Server

    with Server(**spikelet_options) as server:
        yield server


@pytest.fixture
def aerospike_client_config() -> dict[str, Any]:
    """The configuration of clients in addition to ``hosts``. Override it, for policies for example."""
    return {}


def _imported(fixture: str, name: str, package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    return pytest.fail(f"the fixture {fixture} needs the client {package}: pip install {package}", pytrace=False)


@pytest.fixture
def aerospike_client(spikelet: Server, aerospike_client_config: dict[str, Any]) -> Iterator[Any]:
    """A client of the package ``aerospike``, connected to the server in the fixture ``spikelet``."""
    module = _imported("aerospike_client", "aerospike", "aerospike")
    client = module.client({"hosts": spikelet.hosts, **aerospike_client_config}).connect()
    yield client
    client.close()


@pytest.fixture
def aerospike_py_client(spikelet: Server, aerospike_client_config: dict[str, Any]) -> Iterator[Any]:
    """A client of the package ``aerospike-py``, connected to the server in the fixture ``spikelet``."""
    module = _imported("aerospike_py_client", "aerospike_py", "aerospike-py")
    client = module.client({"hosts": spikelet.hosts, **aerospike_client_config}).connect()
    yield client
    client.close()


@pytest.fixture
def aerospike_py_async_client(spikelet: Server, aerospike_client_config: dict[str, Any]) -> Iterator[Any]:
    """An async client of the package ``aerospike-py``, connected to the server in the fixture ``spikelet``.

    It works in the event loop of whichever plugin runs the test: the client does not belong to a loop.
    """
    module = _imported("aerospike_py_async_client", "aerospike_py", "aerospike-py")
    client = module.AsyncClient({"hosts": spikelet.hosts, **aerospike_client_config})
    _await(client.connect)
    yield client
    _await(client.close)


def _await(call: Callable[[], Any]) -> None:
    """Awaits a call in an event loop of its own, on a thread of its own, since this thread's belongs to another plugin."""
    import asyncio
    import threading

    failed: list[BaseException] = []

    async def run() -> None:
        await call()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, name="spikelet-client")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
