//! The text of a nested context, as in `sindex-list`.

use std::fmt;

use spikelet_wire::ParticleType;
use spikelet_wire::context::{BASE_MASK, BY_INDEX, BY_KEY, BY_RANK, BY_VALUE, LIST, MAP};
use spikelet_wire::msgpack::{COMPARE_ONLY, INFINITY, Reader, Token, WILDCARD};

/// A context in msgpack, displayed as `sindex-list` does.
pub(super) struct Context<'c>(pub(super) &'c [u8]);

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        let mut reader = Reader::new(self.0);
        let steps = reader.list().unwrap_or(0) / 2;
        for step in 0..steps {
            let (Ok(code), Ok(value)) = (reader.int(), reader.element()) else {
                break;
            };
            if step > 0 {
                f.write_str(", ")?;
            }
            let code = code as u64;
            let of = match code {
                code if code & LIST != 0 => "list_",
                code if code & MAP != 0 => "map_",
                _ => "",
            };
            let by = match code & BASE_MASK {
                BY_INDEX => "index",
                BY_RANK => "rank",
                BY_KEY => "key",
                BY_VALUE => "value",
                _ => "",
            };
            write!(f, "{of}{by}({})", Element(value))?;
        }
        f.write_str("]")
    }
}

/// A value in msgpack. Numbers are displayed as such, strings, blobs and collections by type and size.
pub(super) struct Element<'e>(pub(super) &'e [u8]);

impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Reader::new(self.0).token() {
            Ok(Token::Nil) => f.write_str("nil"),
            Ok(Token::Bool(b)) => write!(f, "{b}"),
            Ok(Token::Int(n)) => write!(f, "{n}"),
            Ok(Token::Uint(n)) => write!(f, "{}", n as i64),
            Ok(Token::Float(n)) => write!(f, "{n:.6}"),
            Ok(Token::Bytes([])) => f.write_str("<blob#_>"),
            Ok(Token::Bytes([particle_type, bytes @ ..])) => match ParticleType(*particle_type) {
                ParticleType::STRING => write!(f, "<string#{}>", bytes.len()),
                ParticleType::GEOJSON => write!(f, "<geojson#{}>", bytes.len()),
                ParticleType::BLOB => write!(f, "<blob#{}>", bytes.len()),
                ParticleType(other) => write!(f, "<blob{other}#{}>", bytes.len()),
            },
            Ok(Token::List(n)) => write!(f, "<list#{n}>"),
            Ok(Token::Map(n)) => write!(f, "<map#{n}>"),
            Ok(Token::Ext(COMPARE_ONLY, [WILDCARD])) => f.write_str("*"),
            Ok(Token::Ext(COMPARE_ONLY, [INFINITY])) => f.write_str("inf"),
            Ok(Token::Ext(_, bytes)) => write!(f, "<ext#{}>", bytes.len()),
            Err(_) => f.write_str("(ctx-error-display)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_displayed() {
        let context = [0x94, 0x10, 0xff, 0x22, 0xa3, 3, b'a', b'b'];
        assert_eq!(Context(&context).to_string(), "[list_index(-1), map_key(<string#2>)]");
        let values = [0x94, 0x13, 0xc0, 0x23, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0];
        assert_eq!(Context(&values).to_string(), "[list_value(nil), map_value(1.500000)]");
    }
}
