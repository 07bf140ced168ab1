//! The filter expression of a command.

use spikelet_wire::exp::build::Exp;

/// A filter expression: the command is executed only if it is true for the record.
///
/// Otherwise the command fails with [`FILTERED_OUT`](spikelet_wire::ResultCode::FILTERED_OUT) (27). Build one with
/// [`exp`](crate::exp).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterExpression(Vec<u8>);

impl FilterExpression {
    /// Wraps an expression that is already encoded as the server expects it, in msgpack.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The encoded expression.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Exp<bool>> for FilterExpression {
    fn from(expression: Exp<bool>) -> Self {
        Self(expression.into_bytes())
    }
}

impl From<&Exp<bool>> for FilterExpression {
    fn from(expression: &Exp<bool>) -> Self {
        Self(expression.as_bytes().to_vec())
    }
}
