//! The head of a collection: its size, and its flags.

use spikelet_wire::msgpack::{ORDERED, PERSIST_INDEX, VALUE_ORDERED, write};

/// The flags that are stored, of those that a client gave a collection.
pub(crate) const fn stored_flags(is_map: bool, flags: u8, outermost: bool) -> u8 {
    match (is_map, outermost) {
        (false, _) => flags & ORDERED,
        (true, false) => flags & (ORDERED | VALUE_ORDERED),
        (true, true) => flags & (ORDERED | VALUE_ORDERED | PERSIST_INDEX),
    }
}

/// The flags that are stored, of those of an operation on a list. A list has the flag of a persisted index only if
/// `keeps_index`: on the bin's own list it has no observable effect.
pub(super) const fn stored_list_flags(flags: u8, keeps_index: bool) -> u8 {
    match keeps_index {
        true => flags & (ORDERED | PERSIST_INDEX),
        false => flags & ORDERED,
    }
}

/// Appends the head of a collection of `n` elements or pairs, and its flags if any are set.
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
