//! Truncation: all records of a namespace or a set that were last written before a time, gone at once.

use super::call::{Answered, Call, InfoError};
use crate::clock::Now;

/// The longest time, in bytes.
const LONGEST_TIME: usize = 24;

pub(super) fn truncate(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace_name()?;
    let set = call.required("set", 64)?;
    apply(call, namespace, Some(set))
}

pub(super) fn truncate_namespace(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace_name()?;
    // Whoever names a set did not mean all of them.
    if call.has("set") {
        return Err(InfoError::parameter("unexpected set name"));
    }
    apply(call, namespace, None)
}

/// What is not there, on this node, is truncated with success: the real server tells all nodes, and waits for none.
fn apply(call: &mut Call<'_>, namespace: &str, set: Option<&str>) -> Answered {
    let before = match call.optional("lut", LONGEST_TIME)? {
        None => call.now,
        Some(text) => match Now::from_unix_nanoseconds(number(text)) {
            Now(0) => return Err(InfoError::parameter("would truncate to 0")),
            before if before > call.now => return Err(InfoError::parameter("would truncate in the future")),
            before => before,
        },
    };
    if let Ok(namespace) = call.namespace(namespace) {
        match set.map(|set| namespace.sets.find(set.as_bytes())) {
            None => namespace.truncate(None, before),
            Some(Some(set)) => namespace.truncate(Some(set), before),
            Some(None) => {}
        }
        for id in namespace.partition_ids() {
            namespace.sweep_truncated(id);
        }
    }
    call.say("ok");
    Ok(())
}

/// Reads a number as C writes it: decimal, `0x` hexadecimal, or octal behind a 0. Anything behind its digits is ignored.
pub(super) fn number(text: &str) -> u64 {
    let (digits, radix) = match text.strip_prefix('0') {
        Some(rest) => match rest.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => (hexadecimal, 16),
            None => (rest, 8),
        },
        None => (text, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    match digits.get(..end) {
        None | Some("") => 0,
        Some(digits) => u64::from_str_radix(digits, radix).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_c() {
        let read = ["0", "12", "0x1F", "017", "12ns", "", "x", "99999999999999999999"].map(number);
        assert_eq!(read, [0, 12, 31, 15, 12, 0, 0, u64::MAX]);
    }
}
