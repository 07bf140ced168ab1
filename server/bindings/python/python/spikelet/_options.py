"""The options of a server, as the native part takes them."""

from __future__ import annotations

import os
from datetime import timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ._record import Loaded

    Fixture = "str | os.PathLike[str] | bytes | Mapping[str, Any]"


def plain(value: Any) -> Any:
    """A value without types of Python that the native part does not know: time spans are seconds, and paths are strings."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def fixture(source: Any) -> Any:
    """A fixture as a path or as the contents of a file. A dictionary is the document in JSON."""
    if isinstance(source, dict):
        import json

        return json.dumps(source, default=_json).encode()
    return plain(source)


def _json(value: Any) -> Any:
    """What JSON has no type for, in the format of fixtures."""
    if isinstance(value, (bytes, bytearray)):
        import base64

        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(f"a {type(value).__name__} is no value of a fixture")
