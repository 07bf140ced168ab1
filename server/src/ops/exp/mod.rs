//! Expressions: filters, and the operations `EXP_READ` and `EXP_MODIFY`.
//!
//! An expression is built once for a command: decoded, and its types checked; whatever is wrong with it is wrong then.
//! Evaluating it has no errors. It has a value or is unknown: what it asks of a record that has no answer (a bin that is
//! missing or of another type, a division by zero, a called operation that fails) makes it unknown, and so everything
//! that needs the answer. A filter that is unknown does not match.

mod arithmetic;
mod build;
mod call;
mod compare;
mod evaluate;
mod metadata;
mod node;
mod operation;
pub(crate) mod path;
mod regex;
mod value;

use std::borrow::Cow;

use spikelet_wire::exp::Type;
use spikelet_wire::{Digest, ParticleType, ResultCode};

use self::build::{Checked, build};
use self::evaluate::{Evaluation, Steps};
use self::node::{Instruction, Node};
use self::value::Value;
use super::Particle;
use crate::clock::Now;

pub(crate) use self::operation::{BinChange, check_modify_op, modify_op, read_op};

/// How deep the operators of an expression may nest.
///
/// The real server has no such limit and runs out of stack instead.
pub(crate) const MAX_DEPTH: usize = 256;

/// What an expression may ask of a record.
pub(crate) trait RecordView {
    /// The value of a bin.
    fn bin(&self, name: &[u8]) -> Option<&Particle>;
    /// The digest.
    fn digest(&self) -> &Digest;
    /// The name of the set; empty for none.
    fn set_name(&self) -> Cow<'_, [u8]>;
    /// The type and the bytes of the key, where it is stored with the record.
    fn key(&self) -> Option<(ParticleType, &[u8])>;
    /// When it expires, in seconds since 2010; 0 for never.
    fn void_time(&self) -> u32;
    /// When it was last written.
    fn last_update(&self) -> Now;
    /// The size of its stored form, in bytes.
    fn stored_size(&self) -> u32;
    /// Whether it is a tombstone.
    fn is_tombstone(&self) -> bool {
        false
    }
}

/// What an expression without an answer evaluates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unknown;

/// An expression, decoded and its types checked.
#[derive(Debug)]
pub(crate) struct Expression<'a> {
    /// The operators in the order in which they are written, each before its operands.
    nodes: Vec<Node<'a>>,
    /// How many variables are in scope at most.
    variables: usize,
    checked: Checked,
}

impl<'a> Expression<'a> {
    /// Decodes an expression and checks its types.
    ///
    /// # Errors
    /// `PARAMETER` (4), whatever is wrong with it.
    pub(crate) fn build(bytes: &'a [u8]) -> Result<Self, ResultCode> {
        Self::build_within(bytes, 0)
    }

    /// Decodes an expression that must be a boolean, and checks its types.
    ///
    /// # Errors
    /// `PARAMETER` (4), whatever is wrong with it.
    pub(crate) fn build_filter(bytes: &'a [u8]) -> Result<Self, ResultCode> {
        let expression = Self::build(bytes)?;
        match expression.checked.comparable() {
            Checked::Is(Type::Bool) => Ok(expression),
            _ => Err(ResultCode::PARAMETER),
        }
    }

    /// Whether it is true of a record; unknown is not.
    #[must_use]
    pub(crate) fn matches(&self, record: &dyn RecordView, now: Now) -> bool {
        matches!(
            Evaluation::of_record(self, record, now, &Steps::default()).value(),
            Ok(Value::Bool(true))
        )
    }

    /// Its value for a record: `None` is nil.
    ///
    /// # Errors
    /// When it is unknown, or no value that a bin can hold.
    pub(crate) fn evaluate(&self, record: &dyn RecordView, now: Now) -> Result<Option<Particle>, Unknown> {
        Evaluation::of_record(self, record, now, &Steps::default())
            .value()?
            .into_particle()
    }

    /// The type of its value, where that is known before it is evaluated.
    #[must_use]
    pub(crate) fn value_type(&self) -> Option<Type> {
        match self.checked.comparable() {
            Checked::Is(value_type) => Some(value_type),
            _ => None,
        }
    }

    /// Whether a secondary index can be on it: it asks for a bin or the digest, and for nothing else of the record.
    #[must_use]
    pub(crate) fn is_indexable(&self) -> bool {
        let mut asks = false;
        for node in &self.nodes {
            match &node.instruction {
                Instruction::Bin(..) | Instruction::BinType(_) | Instruction::DigestModulo(_) => asks = true,
                Instruction::Key(_) => return false,
                Instruction::Plain(operator) if metadata::is_metadata(*operator) => return false,
                _ => {}
            }
        }
        asks
    }

    /// Builds an expression that stands inside of others, so deep.
    fn build_within(bytes: &'a [u8], depth: usize) -> Result<Self, ResultCode> {
        build(bytes, depth).ok_or(ResultCode::PARAMETER)
    }
}

#[cfg(test)]
mod tests;
