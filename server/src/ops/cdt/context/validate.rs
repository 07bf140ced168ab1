//! Validation of the context of a secondary index.

use spikelet_wire::context::{BASE_MASK, BY_KEY, BY_VALUE, LIST, MAP};
use spikelet_wire::msgpack::{Reader, Token};

/// Whether bytes are a context that creates nothing, as the context of a secondary index must be.
#[must_use]
pub(crate) fn is_read_context(context: &[u8]) -> bool {
    let mut reader = Reader::new(context);
    let Ok(n @ 1..) = reader.list() else {
        return false;
    };
    let mut step = || {
        let code = match reader.token() {
            Ok(Token::Int(code)) => code as u8,
            Ok(Token::Uint(code)) => code as u8,
            _ => return false,
        };
        // Refuses a key in a list, and every flag that creates.
        let reads = u64::from(code) <= MAP | BY_VALUE
            && u64::from(code) & BASE_MASK <= BY_VALUE
            && u64::from(code) != LIST | BY_KEY;
        reads && reader.element().is_ok()
    };
    n % 2 == 0 && (0..n / 2).all(|_| step())
}
