"""Objects with named fields, made from dictionaries of the native part."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def from_milliseconds(ms: int) -> datetime:
    """A time in milliseconds since 1970 as a datetime in UTC."""
    return _EPOCH + timedelta(milliseconds=ms)


def to_milliseconds(time: datetime) -> int:
    """A datetime with a time zone in milliseconds since 1970."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


class Named:
    """An object with the fields in ``__slots__``. Equal to another of its class with the same values."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, fields: dict[str, Any]) -> None:
        for name in type(self).__slots__:
            setattr(self, name, fields[name])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__slots__)
        return f"{type(self).__name__}({fields})"
