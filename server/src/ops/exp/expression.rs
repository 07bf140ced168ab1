//! An expression, decoded and its types checked.

use spikelet_wire::ResultCode;
use spikelet_wire::exp::Type;

use super::build::build;
use super::evaluate::{Evaluation, Steps};
use super::metadata;
use super::program::{Checked, Instruction, Program};
use super::record_view::RecordView;
use super::value::{Unknown, Value};
use crate::clock::Now;
use crate::ops::Particle;

/// An expression, decoded and its types checked.
#[derive(Debug)]
pub(crate) struct Expression<'a>(Program<'a>);

impl<'a> Expression<'a> {
    /// Decodes an expression and checks its types.
    ///
    /// # Errors
    /// `PARAMETER` (4) for every error.
    pub(crate) fn build(bytes: &'a [u8]) -> Result<Self, ResultCode> {
        Self::build_within(bytes, 0)
    }

    /// Decodes a boolean expression, and checks its types.
    ///
    /// # Errors
    /// `PARAMETER` (4) for every error.
    pub(crate) fn build_filter(bytes: &'a [u8]) -> Result<Self, ResultCode> {
        let expression = Self::build(bytes)?;
        match expression.0.checked.comparable() {
            Checked::Is(Type::Bool) => Ok(expression),
            _ => Err(ResultCode::PARAMETER),
        }
    }

    /// Whether the expression is true for a record. An unknown value is not true.
    #[must_use]
    pub(crate) fn matches(&self, record: &dyn RecordView, now: Now) -> bool {
        matches!(
            Evaluation::of_record(&self.0, record, now, &Steps::default()).value(),
            Ok(Value::Bool(true))
        )
    }

    /// The value of the expression for a record. `None` is nil.
    ///
    /// # Errors
    /// If the value is unknown, or a bin cannot hold it.
    pub(crate) fn evaluate(&self, record: &dyn RecordView, now: Now) -> Result<Option<Particle>, Unknown> {
        Evaluation::of_record(&self.0, record, now, &Steps::default())
            .value()?
            .into_particle()
    }

    /// The type of the value, if it is known without a record.
    #[must_use]
    pub(crate) fn value_type(&self) -> Option<Type> {
        match self.0.checked.comparable() {
            Checked::Is(value_type) => Some(value_type),
            _ => None,
        }
    }

    /// Whether a secondary index can be built on the expression: it reads a bin or the digest, and nothing else of a record.
    #[must_use]
    pub(crate) fn is_indexable(&self) -> bool {
        let mut reads = false;
        for node in &self.0.nodes {
            match &node.instruction {
                Instruction::Bin(..) | Instruction::BinType(_) | Instruction::DigestModulo(_) => reads = true,
                Instruction::Key(_) => return false,
                Instruction::Plain(operator) if metadata::is_metadata(*operator) => return false,
                _ => {}
            }
        }
        reads
    }

    /// The bins that it reads, with the types of their values.
    pub(crate) fn bins(&self) -> impl Iterator<Item = (&'a [u8], Type)> {
        let nodes = self.0.nodes.iter();
        nodes.filter_map(|node| match &node.instruction {
            Instruction::Bin(of, name) => Some((*name, *of)),
            _ => None,
        })
    }

    /// The expression in the form in which it is evaluated.
    pub(super) const fn program(&self) -> &Program<'a> {
        &self.0
    }

    /// Builds an expression that is nested in others, at a depth.
    pub(super) fn build_within(bytes: &'a [u8], depth: usize) -> Result<Self, ResultCode> {
        build(bytes, depth).map(Self).ok_or(ResultCode::PARAMETER)
    }
}
