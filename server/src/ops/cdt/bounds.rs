//! Ranges of indexes and ranks, resolved to a start and a count.

use spikelet_wire::ResultCode;

/// Resolves an index, negative to count from the end, and a count to a range within `n` elements.
///
/// # Errors
/// `OP_NOT_APPLICABLE` if a single element is selected (`multi` is false) and the index is out of bounds.
pub(super) fn bounds(index: i64, count: u64, n: u32, multi: bool) -> Result<(u32, u32), ResultCode> {
    let len = i64::from(n);
    if index >= len {
        return if multi {
            Ok((n, 0))
        } else {
            Err(ResultCode::OP_NOT_APPLICABLE)
        };
    }
    let index = if index < 0 { index.saturating_add(len) } else { index };
    if index >= 0 {
        let count = count.min((len - index) as u64);
        return Ok((index as u32, count as u32));
    }
    if !multi {
        return Err(ResultCode::OP_NOT_APPLICABLE);
    }
    // Positions before the first element use up the count.
    let count = count.saturating_sub(index.unsigned_abs()).min(u64::from(n));
    Ok((0, count as u32))
}

/// The range of the elements outside another range, if they are one range: if the other one begins or ends with the `n` elements.
pub(super) const fn outside(start: u32, count: u32, n: u32) -> Option<(u32, u32)> {
    match (start, count) {
        (_, 0) => Some((0, n)),
        (0, count) => Some((count, n - count)),
        (start, count) if start + count >= n => Some((0, start)),
        _ => None,
    }
}

/// Resolves an index relative to `base`, and a count, to an index from 0 and a count.
pub(super) const fn relative(index: i64, count: u64, base: u32) -> (i64, u64) {
    let index = index.saturating_add(base as i64);
    if index < 0 {
        (0, count.saturating_sub(index.unsigned_abs()))
    } else {
        (index, count)
    }
}
