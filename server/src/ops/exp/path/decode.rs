//! Decoding of a path expression's call.

use spikelet_wire::ResultCode;
use spikelet_wire::exp::path as wire;
use spikelet_wire::msgpack::{Reader, Token};

use super::step::Step;
use crate::ops::exp::build::MAX_DEPTH;
use crate::ops::exp::expression::Expression;

const KEYS_AND_VALUES: i64 = wire::KEYS | wire::VALUES;

/// A decoded call: `[0xfe, [step, ...], flags]`, or with flags that modify `[0xfe, [step, ...], flags, expression]`.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) steps: Vec<Step<'a>>,
    pub(super) output: Output<'a>,
    pub(super) no_fail: bool,
}

/// The result of a path expression.
#[derive(Debug)]
pub(super) enum Output<'a> {
    /// The selected elements, in copies of the collections around them.
    Tree,
    /// A list of the leaves: keys, values or both.
    Leaves { keys: bool, values: bool },
    /// The collection, in which the value of an expression replaces each leaf.
    Modified(Expression<'a>),
}

impl<'a> Path<'a> {
    /// Decodes a call, whose expressions are nested at a depth.
    ///
    /// # Errors
    /// `PARAMETER` (4) if it is malformed, or an expression is not valid.
    pub(super) fn parse(argument: &'a [u8], depth: usize) -> Result<Self, ResultCode> {
        let damaged = |_| ResultCode::PARAMETER;
        let mut reader = Reader::new(argument);
        let arguments = reader.list().map_err(damaged)?;
        reader.int().map_err(damaged)?;
        let pairs = reader.list().map_err(damaged)? as usize;
        if pairs == 0 || pairs % 2 == 1 || pairs / 2 > wire::MAX_STEPS {
            return Err(ResultCode::PARAMETER);
        }
        // An expression is evaluated inside as many nested walks as there are steps.
        let depth = depth + pairs / 2;
        if depth >= MAX_DEPTH {
            return Err(ResultCode::PARAMETER);
        }
        let mut steps: Vec<Step<'a>> = Vec::new();
        for _ in 0..pairs / 2 {
            Step::parse(&mut reader, &mut steps, depth)?;
        }
        let flags = match reader.token().map_err(damaged)? {
            Token::Int(flags) => flags,
            Token::Uint(flags) => flags as i64,
            _ => return Err(ResultCode::PARAMETER),
        };
        let leaves = |keys, values| (Some(Output::Leaves { keys, values }), 3);
        let (output, expected) = match flags & wire::RESULT_MASK {
            wire::TREE => (Some(Output::Tree), 3),
            wire::VALUES => leaves(false, true),
            wire::KEYS => leaves(true, false),
            KEYS_AND_VALUES => leaves(true, true),
            wire::MODIFY => (None, 4),
            _ => return Err(ResultCode::PARAMETER),
        };
        if arguments != expected {
            return Err(ResultCode::PARAMETER);
        }
        let output = match output {
            Some(output) => output,
            None => {
                let bytes = reader.element().map_err(damaged)?;
                Output::Modified(Expression::build_within(bytes, depth)?)
            }
        };
        Ok(Self {
            steps,
            output,
            no_fail: flags & wire::NO_FAIL != 0,
        })
    }
}
