"""Records."""

from __future__ import annotations

from ._named import Named, from_milliseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Union

    Key = Union[str, int, bytes]


class Record(Named):
    """A record in a server."""

    __slots__ = ("namespace", "set", "key", "digest", "generation", "ttl", "last_update", "bins")

    #: The namespace.
    namespace: str
    #: The set; ``None`` for no set.
    set: str | None
    #: The user key, if a client sent it with a write.
    key: Key | None
    #: The digest, 20 bytes.
    digest: bytes
    #: The number of writes, from 1 to 65535, after which it starts again at 1.
    generation: int
    #: The remaining TTL in seconds, by the server's clock; ``None`` if the record never expires.
    ttl: int | None
    #: When the record was last written, in UTC.
    last_update: datetime
    #: The bins by name.
    bins: dict[str, Any]

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.last_update = from_milliseconds(fields["last_update"])


class Loaded(Named):
    """How much of a fixture was loaded."""

    __slots__ = ("records", "expired", "indexes", "modules")

    #: The number of records.
    records: int
    #: The number of records that were left out, because they have expired.
    expired: int
    #: The number of secondary indexes.
    indexes: int
    #: The number of UDF modules.
    modules: int
