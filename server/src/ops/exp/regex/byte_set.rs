//! Sets of bytes, as brackets in a pattern describe them.

use std::fmt::Write;

/// A set of bytes, with one bit for each.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Set([u128; 2]);

impl Set {
    pub(super) fn of(is_member: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        (0..=u8::MAX).filter(|b| is_member(*b)).for_each(|b| set.insert(b));
        set
    }

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 7)] |= 1 << (byte & 0x7f);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 7)] >> (byte & 0x7f) & 1 != 0
    }

    pub(super) fn insert_class(&mut self, name: &[u8], ignore_case: bool) -> Option<()> {
        let is_member: fn(u8) -> bool = match name {
            b"alpha" => |b| b.is_ascii_alphabetic(),
            b"upper" | b"lower" if ignore_case => |b| b.is_ascii_alphabetic(),
            b"upper" => |b| b.is_ascii_uppercase(),
            b"lower" => |b| b.is_ascii_lowercase(),
            b"digit" => |b| b.is_ascii_digit(),
            b"xdigit" => |b| b.is_ascii_hexdigit(),
            b"alnum" => |b| b.is_ascii_alphanumeric(),
            b"punct" => |b| b.is_ascii_punctuation(),
            b"graph" => |b| b.is_ascii_graphic(),
            b"print" => |b| b.is_ascii_graphic() || b == b' ',
            b"space" => is_space,
            b"blank" => |b| b == b' ' || b == b'\t',
            b"cntrl" => |b| b.is_ascii_control(),
            _ => return None,
        };
        (0..=u8::MAX).filter(|b| is_member(*b)).for_each(|b| self.insert(b));
        Some(())
    }

    /// The set of bytes whose uppercase form is in this set.
    pub(super) fn ignoring_case(&self) -> Self {
        Self::of(|b| self.contains(b.to_ascii_uppercase()))
    }

    pub(super) fn write(&self, out: &mut String) {
        if *self == Self::default() {
            out.push_str(r"[^\x00-\xff]");
            return;
        }
        out.push('[');
        let mut from = None;
        for byte in 0..=u8::MAX {
            let is_last = byte == u8::MAX || !self.contains(byte + 1);
            match (self.contains(byte), is_last) {
                (true, true) => {
                    let from = from.take().unwrap_or(byte);
                    // Writing into a `String` cannot fail.
                    let _ = write!(out, r"\x{from:02x}-\x{byte:02x}");
                }
                (true, false) => from = from.or(Some(byte)),
                (false, _) => {}
            }
        }
        out.push(']');
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}
