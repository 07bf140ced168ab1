//! Aerospike's dialect of msgpack, which encodes lists, maps and the arguments of operations.
//!
//! It differs from plain msgpack in three ways. Text and bytes are both byte strings whose first byte is their
//! [`ParticleType`](crate::ParticleType). The first element of a list, and the first key of a map, may be an extension
//! whose type holds the collection's [`flags`](ORDERED); it is metadata, not an element. Two extensions represent
//! values that are only used in comparisons: [`WILDCARD`] and [`INFINITY`].

use rmp::Marker;

use crate::error::{Cursor, DecodeError};

/// The extension type of values that are only used in comparisons.
pub const COMPARE_ONLY: i8 = -1;
/// The content of the extension that equals every value.
pub const WILDCARD: u8 = 0;
/// The content of the extension that is greater than every value.
pub const INFINITY: u8 = 1;

/// The flag of an ordered list, and of a map ordered by key.
pub const ORDERED: u8 = 1;
/// The flag, in addition to [`ORDERED`], of a map that is ordered by value too.
pub const VALUE_ORDERED: u8 = 2;
/// The flag of a collection whose index is persisted.
pub const PERSIST_INDEX: u8 = 0x10;

/// One token: a whole scalar, or the head of a collection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    /// Nothing.
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer that fits in a signed 64-bit integer.
    Int(i64),
    /// An integer above [`i64::MAX`].
    Uint(u64),
    /// A double, or a float converted to one.
    Float(f64),
    /// A byte string: its particle type, unless it is empty, and the rest.
    Bytes(&'a [u8]),
    /// A list with this number of elements follows.
    List(u32),
    /// A map with this number of entries follows.
    Map(u32),
    /// An extension.
    Ext(i8, &'a [u8]),
}

/// A reader of tokens.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Reader<'a> {
    /// Creates a reader at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(bytes),
        }
    }

    /// The current offset.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.cursor.at()
    }

    /// Whether all bytes have been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cursor.is_empty()
    }

    /// The remaining bytes.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.cursor.rest()
    }

    /// Reads one token.
    ///
    /// # Errors
    /// If there are no more bytes, the token is truncated, or its first byte is the one that msgpack does not use.
    pub fn token(&mut self) -> Result<Token<'a>, DecodeError> {
        const CUT: &str = "a msgpack token cut short";
        let at = self.at();
        let cursor = &mut self.cursor;
        Ok(match Marker::from_u8(cursor.u8("the end of the msgpack")?) {
            Marker::FixPos(n) => Token::Int(i64::from(n)),
            Marker::FixNeg(n) => Token::Int(i64::from(n)),
            Marker::U8 => Token::Int(i64::from(cursor.u8(CUT)?)),
            Marker::U16 => Token::Int(i64::from(cursor.u16(CUT)?)),
            Marker::U32 => Token::Int(i64::from(cursor.u32(CUT)?)),
            Marker::U64 => {
                let n = u64::from_be_bytes(cursor.array(CUT)?);
                i64::try_from(n).map_or(Token::Uint(n), Token::Int)
            }
            Marker::I8 => Token::Int(i64::from(i8::from_be_bytes(cursor.array(CUT)?))),
            Marker::I16 => Token::Int(i64::from(i16::from_be_bytes(cursor.array(CUT)?))),
            Marker::I32 => Token::Int(i64::from(i32::from_be_bytes(cursor.array(CUT)?))),
            Marker::I64 => Token::Int(i64::from_be_bytes(cursor.array(CUT)?)),
            Marker::F32 => Token::Float(f64::from(f32::from_be_bytes(cursor.array(CUT)?))),
            Marker::F64 => Token::Float(f64::from_be_bytes(cursor.array(CUT)?)),
            Marker::Null => Token::Nil,
            Marker::True => Token::Bool(true),
            Marker::False => Token::Bool(false),
            Marker::FixStr(n) => Token::Bytes(cursor.take(usize::from(n), CUT)?),
            Marker::Str8 | Marker::Bin8 => {
                let n = cursor.u8(CUT)?;
                Token::Bytes(cursor.take(usize::from(n), CUT)?)
            }
            Marker::Str16 | Marker::Bin16 => {
                let n = cursor.u16(CUT)?;
                Token::Bytes(cursor.take(usize::from(n), CUT)?)
            }
            Marker::Str32 | Marker::Bin32 => {
                let n = cursor.u32(CUT)?;
                Token::Bytes(cursor.take(n as usize, CUT)?)
            }
            Marker::FixArray(n) => Token::List(u32::from(n)),
            Marker::Array16 => Token::List(u32::from(cursor.u16(CUT)?)),
            Marker::Array32 => Token::List(cursor.u32(CUT)?),
            Marker::FixMap(n) => Token::Map(u32::from(n)),
            Marker::Map16 => Token::Map(u32::from(cursor.u16(CUT)?)),
            Marker::Map32 => Token::Map(cursor.u32(CUT)?),
            marker @ (Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32) => {
                let size = match marker {
                    Marker::FixExt1 => 1,
                    Marker::FixExt2 => 2,
                    Marker::FixExt4 => 4,
                    Marker::FixExt8 => 8,
                    Marker::FixExt16 => 16,
                    Marker::Ext8 => usize::from(cursor.u8(CUT)?),
                    Marker::Ext16 => usize::from(cursor.u16(CUT)?),
                    _ => cursor.u32(CUT)? as usize,
                };
                let [ext_type] = cursor.array(CUT)?;
                Token::Ext(i8::from_be_bytes([ext_type]), cursor.take(size, CUT)?)
            }
            Marker::Reserved => {
                return Err(DecodeError::new("the byte that msgpack leaves unused", at));
            }
        })
    }

    /// Reads one whole element, including nested ones, and returns its bytes.
    ///
    /// Nested elements do not use stack space.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub fn element(&mut self) -> Result<&'a [u8], DecodeError> {
        let (from, rest) = (self.at(), self.rest());
        let (mut size, mut left) = (0, 1_u64);
        while left > 0 {
            let (token, inside) = rest.get(size..).and_then(extent).unwrap_or((usize::MAX, 0));
            size = size.saturating_add(token);
            left = left - 1 + inside;
            if size > rest.len() {
                return Err(DecodeError::new("a msgpack element cut short", from));
            }
        }
        self.cursor.take(size, "a msgpack element cut short")
    }

    /// Reads the head of a list and returns its number of elements.
    ///
    /// # Errors
    /// As [`token`](Self::token), or if the next token has another type.
    pub fn list(&mut self) -> Result<u32, DecodeError> {
        let at = self.at();
        match self.token()? {
            Token::List(n) => Ok(n),
            _ => Err(DecodeError::new("not a list", at)),
        }
    }

    /// Reads an integer.
    ///
    /// # Errors
    /// As [`token`](Self::token), or if the next token has another type.
    pub fn int(&mut self) -> Result<i64, DecodeError> {
        let at = self.at();
        match self.token()? {
            Token::Int(n) => Ok(n),
            _ => Err(DecodeError::new("not an integer", at)),
        }
    }

    /// Returns the next token without consuming it.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub fn peek(&self) -> Result<Token<'a>, DecodeError> {
        self.clone_cursor().token()
    }

    const fn clone_cursor(&self) -> Self {
        *self
    }
}

/// The number of bytes of the first token, and the number of values nested directly in it.
///
/// [`Reader::token`] knows the sizes as well, but skipping elements is what operations on collections do most.
fn extent(bytes: &[u8]) -> Option<(usize, u64)> {
    let u8_at = |i: usize| bytes.get(i).map(|&n| usize::from(n));
    let u16_at = |i: usize| {
        bytes
            .get(i..)?
            .first_chunk()
            .map(|n| usize::from(u16::from_be_bytes(*n)))
    };
    let u32_at = |i: usize| bytes.get(i..)?.first_chunk().map(|n| u32::from_be_bytes(*n) as usize);
    Some(match *bytes.first()? {
        0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => (1, 0),
        marker @ 0xa0..=0xbf => (1 + usize::from(marker & 0x1f), 0),
        marker @ 0x80..=0x8f => (1, 2 * u64::from(marker & 0x0f)),
        marker @ 0x90..=0x9f => (1, u64::from(marker & 0x0f)),
        0xc1 => return None,
        0xcc | 0xd0 => (2, 0),
        0xcd | 0xd1 => (3, 0),
        0xca | 0xce | 0xd2 => (5, 0),
        0xcb | 0xcf | 0xd3 => (9, 0),
        0xc4 | 0xd9 => (u8_at(1)?.saturating_add(2), 0),
        0xc5 | 0xda => (u16_at(1)?.saturating_add(3), 0),
        0xc6 | 0xdb => (u32_at(1)?.saturating_add(5), 0),
        marker @ 0xd4..=0xd8 => (2 + (1 << (marker - 0xd4)), 0),
        0xc7 => (u8_at(1)?.saturating_add(3), 0),
        0xc8 => (u16_at(1)?.saturating_add(4), 0),
        0xc9 => (u32_at(1)?.saturating_add(6), 0),
        0xdc => (3, u16_at(1)? as u64),
        0xdd => (5, u32_at(1)? as u64),
        0xde => (3, 2 * u16_at(1)? as u64),
        0xdf => (5, 2 * u32_at(1)? as u64),
    })
}

/// Functions that append tokens, each in its shortest encoding.
pub mod write {
    use rmp::encode;

    use crate::particle::ParticleType;

    // Writing to a `Vec` cannot fail, so the results of `rmp` are ignored.

    /// Nothing.
    pub fn nil(out: &mut Vec<u8>) {
        let _ = encode::write_nil(out);
    }

    /// A boolean.
    pub fn bool(out: &mut Vec<u8>, value: bool) {
        let _ = encode::write_bool(out, value);
    }

    /// An integer.
    pub fn int(out: &mut Vec<u8>, value: i64) {
        let _ = encode::write_sint(out, value);
    }

    /// An unsigned integer.
    pub fn uint(out: &mut Vec<u8>, value: u64) {
        let _ = encode::write_uint(out, value);
    }

    /// A double.
    pub fn float(out: &mut Vec<u8>, value: f64) {
        let _ = encode::write_f64(out, value);
    }

    /// A byte string of a particle type.
    pub fn bytes(out: &mut Vec<u8>, particle_type: ParticleType, value: &[u8]) {
        let _ = encode::write_str_len(out, value.len() as u32 + 1);
        out.push(particle_type.0);
        out.extend_from_slice(value);
    }

    /// Text.
    pub fn string(out: &mut Vec<u8>, value: &str) {
        bytes(out, ParticleType::STRING, value.as_bytes());
    }

    /// Bytes without a leading particle type, as used for parameters such as a bin's name.
    pub fn raw(out: &mut Vec<u8>, value: &[u8]) {
        let _ = encode::write_str_len(out, value.len() as u32);
        out.extend_from_slice(value);
    }

    /// Bytes under a `bin` header, whose first byte is their particle type.
    pub fn bin(out: &mut Vec<u8>, value: &[u8]) {
        let _ = encode::write_bin_len(out, value.len() as u32);
        out.extend_from_slice(value);
    }

    /// The head of a list of `n` elements.
    pub fn list(out: &mut Vec<u8>, n: u32) {
        let _ = encode::write_array_len(out, n);
    }

    /// The head of a map of `n` entries.
    pub fn map(out: &mut Vec<u8>, n: u32) {
        let _ = encode::write_map_len(out, n);
    }

    /// An extension.
    pub fn ext(out: &mut Vec<u8>, ext_type: i8, content: &[u8]) {
        let _ = encode::write_ext_meta(out, content.len() as u32, ext_type);
        out.extend_from_slice(content);
    }

    /// The extension with a collection's flags, which precedes its elements.
    pub fn flags(out: &mut Vec<u8>, flags: u8) {
        // Always the encoding with a length byte, and length 0, as all clients and the server write it.
        out.extend_from_slice(&[0xc7, 0, flags]);
    }

    /// A value that is only used in comparisons: [`WILDCARD`](super::WILDCARD) or [`INFINITY`](super::INFINITY).
    pub fn compare_only(out: &mut Vec<u8>, what: u8) {
        out.extend_from_slice(&[0xd4, 0xff, what]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_a_token_uses_as_many_bytes_as_reading_it() {
        for marker in 0..=u8::MAX {
            for fill in [0, 1, 3] {
                let bytes = [&[marker][..], &[0, 0, 0, fill][..], &[0; 40]].concat();
                for cut in [0, 1, 2, 4, 5, 45] {
                    let bytes = &bytes[..cut];
                    let mut reader = Reader::new(bytes);
                    let read = reader.token().map(|token| match token {
                        Token::List(n) => (reader.at(), u64::from(n)),
                        Token::Map(n) => (reader.at(), 2 * u64::from(n)),
                        _ => (reader.at(), 0),
                    });
                    let passed = extent(bytes).filter(|(size, _)| *size <= bytes.len());
                    assert_eq!(passed, read.ok(), "{bytes:02x?}");
                }
            }
        }
    }

    #[test]
    fn integers_have_the_shortest_encoding_and_round_trip() {
        for n in [
            0,
            1,
            127,
            128,
            255,
            256,
            65535,
            65536,
            1 << 32,
            i64::MAX,
            -1,
            -32,
            -33,
            -129,
            -32769,
            i64::MIN,
        ] {
            let mut out = Vec::new();
            write::int(&mut out, n);
            assert_eq!(Reader::new(&out).token().unwrap(), Token::Int(n));
        }
        let mut out = Vec::new();
        write::uint(&mut out, u64::MAX);
        assert_eq!(Reader::new(&out).token().unwrap(), Token::Uint(u64::MAX));
    }

    #[test]
    fn both_headers_of_a_byte_string_are_read_alike() {
        for size in [0, 31, 255, 256, 65_535, 65_536] {
            let value = vec![7; size];
            let (mut str, mut bin) = (Vec::new(), Vec::new());
            write::raw(&mut str, &value);
            write::bin(&mut bin, &value);
            assert_ne!(str, bin);
            for packed in [str, bin] {
                assert_eq!(Reader::new(&packed).token().unwrap(), Token::Bytes(&value));
            }
        }
    }

    #[test]
    fn an_element_includes_nested_ones() {
        let bytes = [0x92, 0x82, 0x01, 0xa2, 3, b'a', 0x02, 0x90, 0xc7, 0, 1, 0x05];
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.element().unwrap(), &bytes[..11]);
        assert_eq!(reader.token().unwrap(), Token::Int(5));
        assert!(reader.is_empty());
    }

    #[test]
    fn announced_sizes_are_not_trusted() {
        for bytes in [
            &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
            &[0xdb, 0xff, 0xff, 0xff, 0xff, 1],
            &[0xc9, 0, 0, 1, 0, 0],
            &[0xc1],
            &[],
        ] {
            assert!(Reader::new(bytes).element().is_err(), "{bytes:x?}");
        }
    }
}
