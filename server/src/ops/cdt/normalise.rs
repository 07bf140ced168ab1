//! Values on their way from a client into a record: checked, and brought into the one form in which they are stored.
//!
//! Everything gets its shortest encoding, and maps are sorted by key even when they are flagged as unordered. What
//! a client flags as ordered must already be so: the server does not sort for it. Wildcards and infinity are refused,
//! and so are duplicate keys and keys that are no integer, text or blob.

use std::cmp::Ordering;

use spikelet_wire::ParticleType;
use spikelet_wire::msgpack::{COMPARE_ONLY, ORDERED, PERSIST_INDEX, Reader, Token, VALUE_ORDERED, write};

use crate::ops::order::{self, Kind};

/// A collection that is being copied.
struct Open<'a> {
    is_map: bool,
    flags: u8,
    /// Values still to come; a pair of a map is two.
    left: u64,
    /// Where its contents begin in the copy.
    contents: usize,
    /// The element or key before, as the client sent it.
    before: Option<&'a [u8]>,
    unsorted: bool,
}

/// Appends the one value in `source` as it is stored; nothing, when it cannot be stored.
///
/// The flag of a stored index stays on the `outermost` map, where some results depend on it. Everywhere else it has no
/// effect that could be seen, and is dropped.
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
            let done = open.pop()?;
            if done.unsorted {
                sort_map(out, done.contents)?;
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
    /// Counts a value that begins at `at`, and checks that it may stand here.
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
            // Compared as sent: only what the client sees can have been put in order by it.
            match self.before.map_or(Ordering::Less, |before| order::compare(before, at)) {
                Ordering::Less => {}
                Ordering::Equal if self.is_map => return None,
                Ordering::Equal => {}
                Ordering::Greater if self.flags & ORDERED != 0 => return None,
                Ordering::Greater => self.unsorted = true,
            }
            self.before = Some(at);
        }
        Some(())
    }
}

/// Writes the head of a collection of `n` elements, its flags among them.
fn begin<'a>(out: &mut Vec<u8>, reader: &mut Reader<'a>, is_map: bool, n: u32, outermost: bool) -> Option<Open<'a>> {
    let mut elements = n;
    let mut flags = 0;
    // An extension of 1 byte in its short form is no flags to the server, but an element.
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
    // A copy is at most as long as what it is made of, so that a count alone makes no room.
    append_head(out, is_map, elements, flags);
    Some(Open {
        is_map,
        flags,
        left: u64::from(elements) * if is_map { 2 } else { 1 },
        contents: out.len(),
        before: None,
        unsorted: false,
    })
}

/// The flags of a collection that it is stored with, of those that a client gave it.
pub(crate) const fn stored_flags(is_map: bool, flags: u8, outermost: bool) -> u8 {
    match (is_map, outermost) {
        (false, _) => flags & ORDERED,
        (true, false) => flags & (ORDERED | VALUE_ORDERED),
        (true, true) => flags & (ORDERED | VALUE_ORDERED | PERSIST_INDEX),
    }
}

/// Appends the head of a collection of `n` elements or pairs, and its flags where it has any.
pub(crate) fn append_head(out: &mut Vec<u8>, is_map: bool, n: u32, flags: u8) {
    let n = n.saturating_add(u32::from(flags != 0));
    if is_map {
        write::map(out, n);
    } else {
        write::list(out, n);
    }
    if flags != 0 {
        write::flags(out, flags);
        if is_map {
            write::nil(out);
        }
    }
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
        Token::Bytes(bytes) => write::raw(out, bytes),
        // Up to 3 bytes of this type are reserved for values that only compare.
        Token::Ext(COMPARE_ONLY, content) if (1..=3).contains(&content.len()) => return None,
        Token::Ext(ext_type, content) => write::ext(out, ext_type, content),
        Token::List(_) | Token::Map(_) => return None,
    }
    Some(())
}

/// Sorts the pairs from `contents` to the end by key; nothing, when two keys are equal.
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
