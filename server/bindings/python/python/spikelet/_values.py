"""Values of Aerospike that Python has no type for."""

from __future__ import annotations


class GeoJSON(str):
    """A geographic point or region, as the text of its GeoJSON.

    >>> GeoJSON('{"type": "Point", "coordinates": [13.4, 52.5]}')
    GeoJSON('{"type": "Point", "coordinates": [13.4, 52.5]}')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"GeoJSON({str.__repr__(self)})"


class HyperLogLog(bytes):
    """A HyperLogLog, as the server stores it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"HyperLogLog({bytes.__repr__(self)})"


class RawBytes(bytes):
    """Bytes of a particle type that belongs to the client library of one language, or that is unknown.

    Servers return them, but do not take them from :meth:`Server.insert`, where they are written as plain bytes.
    """

    #: The particle type.
    particle_type: int

    def __new__(cls, data: bytes, particle_type: int) -> RawBytes:
        made = super().__new__(cls, data)
        made.particle_type = particle_type
        return made

    def __repr__(self) -> str:
        return f"RawBytes({bytes.__repr__(self)}, {self.particle_type})"


class _Special:
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class CDTInfinite(_Special):
    """Greater than every value: an argument of operations, in the journal."""

    __slots__ = ()


class CDTWildcard(_Special):
    """Equal to every value: an argument of operations, in the journal."""

    __slots__ = ()
