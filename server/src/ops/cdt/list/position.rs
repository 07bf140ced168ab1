//! Positions in a list, and the nils that pad it up to a position.

use spikelet_wire::ResultCode;

/// Resolves an index, negative to count from the end, to an index from 0. It may lie beyond the end.
pub(super) fn position(index: i64, count: u32) -> Result<u32, ResultCode> {
    let index = if index < 0 {
        index.saturating_add(i64::from(count))
    } else {
        index
    };
    // The server counts elements in 31 bits.
    match i32::try_from(index).ok().and_then(|index| u32::try_from(index).ok()) {
        Some(index) => Ok(index),
        None => Err(ResultCode::OP_NOT_APPLICABLE),
    }
}

/// `n` encoded nils.
///
/// # Errors
/// `RECORD_TOO_BIG` if no record could hold them.
pub(in crate::ops::cdt) fn nils(n: u32) -> Result<Vec<u8>, ResultCode> {
    /// The largest record, in bytes.
    const MAX_RECORD: u32 = 8 << 20;
    const NIL: u8 = 0xc0;
    match n {
        0..=MAX_RECORD => Ok(vec![NIL; n as usize]),
        _ => Err(ResultCode::RECORD_TOO_BIG),
    }
}
