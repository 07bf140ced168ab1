//! Normalisation of values from a client: they are checked, and encoded in the one form in which they are stored.
//!
//! Everything gets its shortest encoding, and maps are sorted by key even if they are flagged as unordered. Collections
//! that a client flags as ordered must be in order already: the server does not sort them. Wildcards and infinity are
//! refused, and so are duplicate keys and keys that are not an integer, string or blob.

use std::cmp::Ordering;

use spikelet_wire::ParticleType;
use spikelet_wire::msgpack::{COMPARE_ONLY, ORDERED, Reader, Token, write};

use super::head::{append_head, stored_flags};
use crate::ops::order::{self, Kind};

/// A collection that is being encoded.
struct Open<'a> {
    is_map: bool,
    flags: u8,
    /// Values still to be read; a pair of a map is two.
    left: u64,
    /// The offset of its contents in the output.
    contents: usize,
    /// The previous element or key, as the client sent it.
    previous: Option<&'a [u8]>,
    unsorted: bool,
}

/// Appends the one value in `source` in its stored form, and returns its type. `None` if it cannot be stored.
///
/// The flag of a persisted index is kept on the `outermost` map, where some results depend on it. Elsewhere it has no
/// observable effect, and is dropped.
pub(crate) fn append_normalised(out: &mut Vec<u8>, source: &[u8], outermost: bool) -> Option<Kind> {
    let mut reader = Reader::new(source);
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut kind = None;
    out.reserve(source.len());
    loop {
        let at = reader.rest();
        let token = reader.token().ok()?;
        kind = kind.or_else(|| Some(Kind::of(&token)));
        if let Some(parent) = open.last_mut() {
            parent.admit(at, &token)?;
        }
        match token {
            Token::List(n) => open.push(begin(out, &mut reader, false, n, outermost && open.is_empty())?),
            Token::Map(n) => open.push(begin(out, &mut reader, true, n, outermost && open.is_empty())?),
            scalar => append_scalar(out, at.first().copied()?, &scalar)?,
        }
        while open.last().is_some_and(|innermost| innermost.left == 0) {
            let closed = open.pop()?;
            if closed.unsorted {
                sort_map(out, closed.contents)?;
            }
        }
        if open.is_empty() {
            return kind.filter(|_| reader.is_empty());
        }
    }
}

/// Whether msgpack is one value in its shortest encoding.
#[must_use]
pub(crate) fn is_compact(source: &[u8]) -> bool {
    let mut reader = Reader::new(source);
    let mut out = Vec::with_capacity(source.len());
    while !reader.is_empty() {
        let marker = reader.rest().first().copied().unwrap_or_default();
        match reader.token() {
            Ok(Token::List(n)) => write::list(&mut out, n),
            Ok(Token::Map(n)) => write::map(&mut out, n),
            Ok(Token::Ext(ext_type, content)) => write::ext(&mut out, ext_type, content),
            Ok(scalar) => {
                if append_scalar(&mut out, marker, &scalar).is_none() {
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
    out == source && Reader::new(source).element().is_ok_and(|one| one.len() == source.len())
}

/// Whether a token may be the key of a map.
#[must_use]
pub(crate) fn is_key(token: &Token<'_>) -> bool {
    match token {
        Token::Int(_) | Token::Uint(_) => true,
        Token::Bytes([first, ..]) => [ParticleType::STRING, ParticleType::BLOB].contains(&ParticleType(*first)),
        _ => false,
    }
}

impl<'a> Open<'a> {
    /// Counts a value that begins at `at`, and checks that it is allowed here.
    fn admit(&mut self, at: &'a [u8], token: &Token<'_>) -> Option<()> {
        let is_key_place = self.is_map && self.left.is_multiple_of(2);
        self.left -= 1;
        if self.is_map && !is_key_place {
            return Some(());
        }
        if self.is_map && !is_key(token) {
            return None;
        }
        if (self.is_map || self.flags & ORDERED != 0) && !self.unsorted {
            // Compared in the form that the client sent, which is the form that the client put in order.
            match self
                .previous
                .map_or(Ordering::Less, |previous| order::compare(previous, at))
            {
                Ordering::Less => {}
                Ordering::Equal if self.is_map => return None,
                Ordering::Equal => {}
                Ordering::Greater if self.flags & ORDERED != 0 => return None,
                Ordering::Greater => self.unsorted = true,
            }
            self.previous = Some(at);
        }
        Some(())
    }
}

/// Writes the head of a collection of `n` elements, including its flags.
fn begin<'a>(out: &mut Vec<u8>, reader: &mut Reader<'a>, is_map: bool, n: u32, outermost: bool) -> Option<Open<'a>> {
    let mut elements = n;
    let mut flags = 0;
    // The server takes an extension of 1 byte in its short form for an element, not for flags.
    if n > 0
        && reader.rest().first() != Some(&0xd4)
        && let Ok(Token::Ext(ext_type, _)) = reader.peek()
        && ext_type != COMPARE_ONLY
    {
        reader.token().ok()?;
        elements -= 1;
        flags = stored_flags(is_map, ext_type as u8, outermost);
        if is_map {
            reader.token().ok()?;
        }
    }
    // The output is at most as long as the input, so no space is reserved for an announced count.
    append_head(out, is_map, elements, flags);
    Some(Open {
        is_map,
        flags,
        left: u64::from(elements) * if is_map { 2 } else { 1 },
        contents: out.len(),
        previous: None,
        unsorted: false,
    })
}

fn append_scalar(out: &mut Vec<u8>, marker: u8, token: &Token<'_>) -> Option<()> {
    /// A float of 4 bytes, which stays one.
    const SINGLE: u8 = 0xca;
    match *token {
        Token::Nil => write::nil(out),
        Token::Bool(b) => write::bool(out, b),
        Token::Int(n) => write::int(out, n),
        Token::Uint(n) => write::uint(out, n),
        Token::Float(n) if marker == SINGLE => {
            out.push(SINGLE);
            out.extend_from_slice(&(n as f32).to_be_bytes());
        }
        Token::Float(n) => write::float(out, n),
        Token::Bytes(bytes) if !keeps_bin(marker, bytes.len()) => write::raw(out, bytes),
        Token::Bytes(bytes) => write::bin(out, bytes),
        // Up to 3 bytes of this type are reserved for wildcard and infinity.
        Token::Ext(COMPARE_ONLY, content) if (1..=3).contains(&content.len()) => return None,
        Token::Ext(ext_type, content) => write::ext(out, ext_type, content),
        Token::List(_) | Token::Map(_) => return None,
    }
    Some(())
}

/// Whether the server keeps a `bin` header instead of writing a `str` header: if no shorter `str` header exists.
const fn keeps_bin(marker: u8, size: usize) -> bool {
    match marker {
        0xc4 => size >= 1 << 5,
        0xc5 => size >= 1 << 8,
        0xc6 => size >= 1 << 16,
        _ => false,
    }
}

/// Sorts the pairs from the offset `contents` to the end by key. `None` if two keys are equal.
fn sort_map(out: &mut Vec<u8>, contents: usize) -> Option<()> {
    let pairs = out.get(contents..)?;
    let mut reader = Reader::new(pairs);
    let mut slices = Vec::new();
    while !reader.is_empty() {
        let rest = reader.rest();
        let size = reader.element().ok()?.len() + reader.element().ok()?.len();
        slices.push(rest.get(..size)?);
    }
    let mut sorted: Vec<u32> = (0..u32::try_from(slices.len()).ok()?).collect();
    let pair = |i: u32| slices.get(i as usize).copied().unwrap_or_default();
    order::merge_sort(&mut sorted, &mut |a, b| order::compare(pair(a), pair(b)));
    let equal = |neighbours: &[u32]| matches!(neighbours, &[a, b] if order::compare(pair(a), pair(b)).is_eq());
    if sorted.windows(2).any(equal) {
        return None;
    }
    let sorted: Vec<u8> = sorted.into_iter().flat_map(|i| pair(i).iter().copied()).collect();
    out.truncate(contents);
    out.extend_from_slice(&sorted);
    Some(())
}
