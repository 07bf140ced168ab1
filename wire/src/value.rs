//! Values of bins, as a client or a test sees them.

mod convert;

use std::fmt;

use crate::error::DecodeError;
use crate::msgpack::{self, Reader, Token, write};
use crate::particle::ParticleType;

/// The maximum nesting depth of lists and maps in a decoded [`Value`].
pub const MAX_DEPTH: usize = 256;

/// The value of a bin, or an element of a list or map.
///
/// ```
/// use spikelet_wire::Value;
///
/// let value = Value::from(vec![1, 2, 3]);
/// let (particle_type, data) = value.to_particle();
/// assert_eq!(Value::from_particle(particle_type, &data)?, value);
/// # Ok::<(), spikelet_wire::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// Nil. Writing it to a bin deletes the bin.
    #[default]
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// A geographic point or region, as text.
    GeoJson(String),
    /// A HyperLogLog, as the server stores it.
    Hll(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Map),
    /// A blob of an unknown type, or of a type for one client language.
    Other(ParticleType, Vec<u8>),
    /// Greater than every value; only valid as an argument of operations.
    Infinity,
    /// Equal to every value; only valid as an argument of operations.
    Wildcard,
}

/// A map. Its entries keep the order in which they were inserted or received.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The order in which the server keeps the map.
    pub order: MapOrder,
    entries: Vec<(Value, Value)>,
}

/// The order in which the server keeps a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapOrder {
    /// Unordered.
    #[default]
    Unordered,
    /// By key.
    KeyOrdered,
    /// By key, with an additional order by value.
    KeyValueOrdered,
}

impl MapOrder {
    /// The flags for the order, which precede a map's entries.
    #[must_use]
    pub const fn flags(self) -> u8 {
        match self {
            Self::Unordered => 0,
            Self::KeyOrdered => msgpack::ORDERED,
            Self::KeyValueOrdered => msgpack::ORDERED | msgpack::VALUE_ORDERED,
        }
    }

    const fn from_flags(flags: u8) -> Self {
        match flags & (msgpack::ORDERED | msgpack::VALUE_ORDERED) {
            0 => Self::Unordered,
            msgpack::ORDERED => Self::KeyOrdered,
            _ => Self::KeyValueOrdered,
        }
    }
}

impl Map {
    /// Creates an empty map with an order.
    #[must_use]
    pub const fn new(order: MapOrder) -> Self {
        Self {
            order,
            entries: Vec::new(),
        }
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: impl Into<Value>) -> Option<&Value> {
        let key = key.into();
        self.entries.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// Sets the value of a key and returns the previous one.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.entries.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.entries.push((key, value));
                None
            }
        }
    }

    /// Iterates over the entries, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Value, Value)> {
        self.entries.iter()
    }

    /// The number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the map is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl IntoIterator for Map {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a (Value, Value);
    type IntoIter = std::slice::Iter<'a, (Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let entries = pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        Self {
            order: MapOrder::Unordered,
            entries,
        }
    }
}

impl Value {
    /// The particle type of the value.
    ///
    /// [`Infinity`](Self::Infinity) and [`Wildcard`](Self::Wildcard) have none and return [`ParticleType::NULL`].
    #[must_use]
    pub const fn particle_type(&self) -> ParticleType {
        match self {
            Self::Nil | Self::Infinity | Self::Wildcard => ParticleType::NULL,
            Self::Bool(_) => ParticleType::BOOL,
            Self::Int(_) => ParticleType::INTEGER,
            Self::Float(_) => ParticleType::FLOAT,
            Self::String(_) => ParticleType::STRING,
            Self::Blob(_) => ParticleType::BLOB,
            Self::GeoJson(_) => ParticleType::GEOJSON,
            Self::Hll(_) => ParticleType::HLL,
            Self::List(_) => ParticleType::LIST,
            Self::Map(_) => ParticleType::MAP,
            Self::Other(particle_type, _) => *particle_type,
        }
    }

    /// Encodes the value as a particle: its type and its bytes.
    #[must_use]
    pub fn to_particle(&self) -> (ParticleType, Vec<u8>) {
        let data = match self {
            Self::Nil | Self::Infinity | Self::Wildcard => Vec::new(),
            Self::Bool(b) => vec![u8::from(*b)],
            Self::Int(n) => n.to_be_bytes().to_vec(),
            Self::Float(f) => f.to_be_bytes().to_vec(),
            Self::String(s) => s.as_bytes().to_vec(),
            Self::Blob(b) | Self::Hll(b) | Self::Other(_, b) => b.clone(),
            // No flags and no cells: the server computes them.
            Self::GeoJson(s) => [&[0; 3], s.as_bytes()].concat(),
            Self::List(_) | Self::Map(_) => {
                let mut data = Vec::new();
                self.pack(&mut data);
                data
            }
        };
        (self.particle_type(), data)
    }

    /// Decodes the value of a particle.
    ///
    /// Text that is not UTF-8 becomes [`Other`](Self::Other), so that no byte is lost.
    ///
    /// # Errors
    /// If the bytes are not valid for the type, or a collection is nested deeper than [`MAX_DEPTH`].
    pub fn from_particle(particle_type: ParticleType, data: &[u8]) -> Result<Self, DecodeError> {
        let text = |from: usize| String::from_utf8(data.get(from..).unwrap_or_default().to_vec());
        Ok(match particle_type {
            ParticleType::NULL => Self::Nil,
            ParticleType::BOOL => match data {
                [b] => Self::Bool(*b != 0),
                _ => return Err(DecodeError::new("a boolean that is not 1 byte", 0)),
            },
            ParticleType::INTEGER => match data.try_into() {
                Ok(n) => Self::Int(i64::from_be_bytes(n)),
                Err(_) => return Err(DecodeError::new("an integer that is not 8 bytes", 0)),
            },
            ParticleType::FLOAT => match data.try_into() {
                Ok(n) => Self::Float(f64::from_be_bytes(n)),
                Err(_) => return Err(DecodeError::new("a double that is not 8 bytes", 0)),
            },
            ParticleType::STRING => text(0).map_or_else(|e| Self::Other(particle_type, e.into_bytes()), Self::String),
            ParticleType::BLOB => Self::Blob(data.to_vec()),
            ParticleType::HLL => Self::Hll(data.to_vec()),
            ParticleType::GEOJSON => {
                let [_, high, low, ..] = *data else {
                    return Err(DecodeError::new("a GeoJSON value without its count of cells", 0));
                };
                let cells = usize::from(u16::from_be_bytes([high, low]));
                text(3 + 8 * cells).map_or_else(|_| Self::Other(particle_type, data.to_vec()), Self::GeoJson)
            }
            ParticleType::LIST | ParticleType::MAP => {
                let mut reader = Reader::new(data);
                let value = Self::unpack(&mut reader)?;
                let fits = value.particle_type() == particle_type;
                match reader.is_empty() && fits {
                    true => value,
                    false => {
                        return Err(DecodeError::new("not the announced collection", reader.at()));
                    }
                }
            }
            _ => Self::Other(particle_type, data.to_vec()),
        })
    }

    /// Appends the value as msgpack.
    pub fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Self::Nil => write::nil(out),
            Self::Bool(b) => write::bool(out, *b),
            Self::Int(n) => write::int(out, *n),
            Self::Float(f) => write::float(out, *f),
            Self::String(s) => write::string(out, s),
            Self::GeoJson(s) => write::bytes(out, ParticleType::GEOJSON, s.as_bytes()),
            Self::Blob(b) => write::bytes(out, ParticleType::BLOB, b),
            Self::Hll(b) => write::bytes(out, ParticleType::HLL, b),
            Self::Other(particle_type, b) => write::bytes(out, *particle_type, b),
            Self::List(items) => {
                write::list(out, items.len() as u32);
                items.iter().for_each(|item| item.pack(out));
            }
            Self::Map(map) => {
                let ordered = map.order != MapOrder::Unordered;
                write::map(out, map.len() as u32 + u32::from(ordered));
                if ordered {
                    write::flags(out, map.order.flags());
                    write::nil(out);
                }
                for (key, value) in map {
                    key.pack(out);
                    value.pack(out);
                }
            }
            Self::Infinity => write::compare_only(out, msgpack::INFINITY),
            Self::Wildcard => write::compare_only(out, msgpack::WILDCARD),
        }
    }

    /// Decodes one value from msgpack.
    ///
    /// # Errors
    /// If the msgpack is damaged, contains an integer above [`i64::MAX`] or an unknown extension, or is nested deeper
    /// than [`MAX_DEPTH`].
    pub fn unpack(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::unpack_within(reader, MAX_DEPTH)
    }

    fn unpack_within(reader: &mut Reader<'_>, depth: usize) -> Result<Self, DecodeError> {
        let at = reader.at();
        let deeper = || {
            depth
                .checked_sub(1)
                .ok_or(DecodeError::new("collections nested too deep", at))
        };
        Ok(match reader.token()? {
            Token::Nil => Self::Nil,
            Token::Bool(b) => Self::Bool(b),
            Token::Int(n) => Self::Int(n),
            Token::Uint(_) => return Err(DecodeError::new("an integer above 63 bits", at)),
            Token::Float(f) => Self::Float(f),
            Token::Bytes(bytes) => Self::from_msgpack_bytes(bytes),
            Token::Ext(msgpack::COMPARE_ONLY, [msgpack::INFINITY]) => Self::Infinity,
            Token::Ext(msgpack::COMPARE_ONLY, [msgpack::WILDCARD]) => Self::Wildcard,
            Token::Ext(..) => return Err(DecodeError::new("an unknown extension", at)),
            Token::List(n) => {
                let depth = deeper()?;
                let mut items = Vec::new();
                for i in 0..n {
                    if i == 0 && collection_flags(reader)?.is_some() {
                        continue;
                    }
                    items.push(Self::unpack_within(reader, depth)?);
                }
                Self::List(items)
            }
            Token::Map(n) => {
                let depth = deeper()?;
                let mut map = Map::default();
                for i in 0..n {
                    if i == 0
                        && let Some(flags) = collection_flags(reader)?
                    {
                        map.order = MapOrder::from_flags(flags);
                        reader.element()?;
                        continue;
                    }
                    let key = Self::unpack_within(reader, depth)?;
                    map.entries.push((key, Self::unpack_within(reader, depth)?));
                }
                Self::Map(map)
            }
        })
    }

    fn from_msgpack_bytes(bytes: &[u8]) -> Self {
        let Some((&particle_type, data)) = bytes.split_first() else {
            return Self::Other(ParticleType::NULL, Vec::new());
        };
        let particle_type = ParticleType(particle_type);
        let text = || String::from_utf8(data.to_vec()).map_err(|_| Self::Other(particle_type, data.to_vec()));
        match particle_type {
            ParticleType::STRING => text().map_or_else(|other| other, Self::String),
            ParticleType::GEOJSON => text().map_or_else(|other| other, Self::GeoJson),
            ParticleType::BLOB => Self::Blob(data.to_vec()),
            ParticleType::HLL => Self::Hll(data.to_vec()),
            _ => Self::Other(particle_type, data.to_vec()),
        }
    }
}

/// Decodes the flags that precede a collection's elements, if the next token is an extension with flags.
fn collection_flags(reader: &mut Reader<'_>) -> Result<Option<u8>, DecodeError> {
    match reader.peek()? {
        Token::Ext(ext_type, _) if ext_type != msgpack::COMPARE_ONLY => {
            reader.token()?;
            Ok(Some(ext_type as u8))
        }
        _ => Ok(None),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(b) => b.fmt(f),
            Self::Int(n) => n.fmt(f),
            Self::Float(n) => write!(f, "{n:?}"),
            Self::String(s) => write!(f, "{s:?}"),
            Self::GeoJson(s) => write!(f, "geo({s})"),
            Self::Blob(b) => write!(f, "blob({})", hex(b)),
            Self::Hll(b) => write!(f, "hll({})", hex(b)),
            Self::Other(particle_type, b) => write!(f, "particle {}({})", particle_type.0, hex(b)),
            Self::List(items) => f.debug_list().entries(items.iter().map(Shown)).finish(),
            Self::Map(map) => f
                .debug_map()
                .entries(map.iter().map(|(k, v)| (Shown(k), Shown(v))))
                .finish(),
            Self::Infinity => f.write_str("infinity"),
            Self::Wildcard => f.write_str("wildcard"),
        }
    }
}

/// Formats elements in `debug_list` with `Display`.
struct Shown<'a>(&'a Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An error: a value has another type than the requested one.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongType {
    /// The value, unchanged.
    pub value: Value,
    /// The requested type.
    pub requested: &'static str,
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value {} is no {}", self.value, self.requested)
    }
}

impl std::error::Error for WrongType {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_round_trips_through_a_particle() {
        let mut ordered = Map::new(MapOrder::KeyOrdered);
        ordered.insert("k", Value::from(vec![1, 2]));
        let values = [
            Value::Nil,
            true.into(),
            (-5).into(),
            1.5.into(),
            "ä".into(),
            (&[0xff, 0]).into(),
            Value::GeoJson(r#"{"type":"Point","coordinates":[1,2]}"#.into()),
            Value::Hll(vec![1; 9]),
            Value::List(vec![Value::Nil, "x".into(), Value::Map(ordered.clone()), (&[1]).into()]),
            Value::Map([(1, "a"), (2, "b")].into_iter().collect()),
            Value::Map(ordered),
            Value::Other(ParticleType::PYTHON_BLOB, vec![1]),
        ];
        for value in values {
            let (particle_type, data) = value.to_particle();
            assert_eq!(Value::from_particle(particle_type, &data).unwrap(), value);
        }
    }

    #[test]
    fn depth_is_limited() {
        let deep = |n: usize| [vec![0x91; n], vec![0x90]].concat();
        assert!(Value::from_particle(ParticleType::LIST, &deep(MAX_DEPTH - 1)).is_ok());
        assert_eq!(
            Value::from_particle(ParticleType::LIST, &deep(1 << 20))
                .unwrap_err()
                .what,
            "collections nested too deep"
        );
    }

    #[test]
    fn values_are_displayed_in_readable_form() {
        let map: Map = [("a", Value::from(1.0)), ("b", Value::from(&[1, 2]))]
            .into_iter()
            .collect();
        assert_eq!(Value::Map(map).to_string(), r#"{"a": 1.0, "b": blob(0102)}"#);
    }
}
