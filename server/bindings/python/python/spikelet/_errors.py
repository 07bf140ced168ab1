"""The exceptions."""

from __future__ import annotations


class SpikeletError(Exception):
    """The base of all exceptions of this package."""


class ArgumentTypeError(SpikeletError, TypeError):
    """There is no such option or parameter, or its value has the wrong type."""


class ArgumentValueError(SpikeletError, ValueError):
    """An option or a parameter does not take this value."""


class StartError(SpikeletError):
    """The server did not start: the address is in use, or the system has no thread or file descriptor left."""


class ServerClosedError(SpikeletError):
    """The server was closed."""


class ForkedError(SpikeletError):
    """The process was forked after the server started. Only the process that started a server has it."""


class NodeError(SpikeletError):
    """There is no such node, or its state does not allow the change."""


class FixtureError(SpikeletError):
    """A fixture was refused, or its file cannot be read or written."""


class SnapshotError(SpikeletError):
    """A snapshot does not fit the server."""


class RefusedError(SpikeletError):
    """The server refused a record."""

    #: The result code that a client would get, such as 20 for a namespace that does not exist.
    code: int

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


class ExpectationError(SpikeletError, AssertionError):
    """What a test expects of the journal or of a fault did not happen. The message shows what did."""


class WaitTimeoutError(SpikeletError, TimeoutError):
    """The expected requests did not arrive in time. The message shows those that did."""
