//! The steps of a path, each a pair of an integer and a value.

use spikelet_wire::ResultCode;
use spikelet_wire::exp::path as wire;
use spikelet_wire::msgpack::{Reader, Token};

use crate::ops::exp::expression::Expression;

/// A step.
#[derive(Debug)]
pub(super) struct Step<'a> {
    code: u64,
    pub(super) by: By<'a>,
    pub(super) and: And<'a>,
}

/// The elements that a step follows.
#[derive(Debug)]
pub(super) enum By<'a> {
    /// The element at an index. The index of a map is that in the order by key.
    Index(i64),
    /// The element whose value has a rank.
    Rank(i64),
    /// The pair with a key.
    Key(&'a [u8]),
    /// The elements that equal a value.
    Value(&'a [u8]),
    /// The pairs with any key of a list.
    KeyList(&'a [u8]),
    /// The elements for which an expression is true.
    Expression(Expression<'a>),
    /// All elements.
    Everything,
}

/// A further condition on the elements of a step.
#[derive(Debug)]
pub(super) enum And<'a> {
    /// No condition was given.
    Missing,
    /// The condition `true`.
    True,
    /// An expression.
    Expression(Expression<'a>),
}

impl<'a> Step<'a> {
    /// Reads a pair: a step, or a condition for the last one.
    pub(super) fn parse(reader: &mut Reader<'a>, steps: &mut Vec<Self>, depth: usize) -> Result<(), ResultCode> {
        let damaged = |_| ResultCode::PARAMETER;
        let code = match reader.token().map_err(damaged)? {
            Token::Int(code) => code as u64,
            Token::Uint(code) => code,
            _ => return Err(ResultCode::PARAMETER),
        };
        if code & wire::AND != 0 {
            let last = steps.last_mut().ok_or(ResultCode::PARAMETER)?;
            let is_expression = matches!(last.by, By::Expression(_) | By::Everything);
            if code != wire::AND | wire::BY_EXPRESSION || is_expression || !matches!(last.and, And::Missing) {
                return Err(ResultCode::PARAMETER);
            }
            last.and = match expression(reader, depth)? {
                Some(expression) => And::Expression(expression),
                None => And::True,
            };
            return Ok(());
        }
        let by = match code & wire::BASE_MASK {
            base @ (wire::BY_INDEX | wire::BY_RANK) => {
                let at = match reader.token().map_err(damaged)? {
                    Token::Int(at) => at,
                    Token::Uint(at) => at as i64,
                    _ => return Err(ResultCode::PARAMETER),
                };
                if base == wire::BY_INDEX {
                    By::Index(at)
                } else {
                    By::Rank(at)
                }
            }
            wire::BY_KEY => By::Key(reader.element().map_err(damaged)?),
            wire::BY_VALUE => By::Value(reader.element().map_err(damaged)?),
            wire::BY_EXPRESSION => expression(reader, depth)?.map_or(By::Everything, By::Expression),
            wire::BY_KEY_LIST => By::KeyList(reader.element().map_err(damaged)?),
            _ => return Err(ResultCode::PARAMETER),
        };
        steps.push(Self {
            code,
            by,
            and: And::Missing,
        });
        Ok(())
    }

    /// Whether the step can be applied to a list or map. Flags that create are refused for maps only.
    pub(super) const fn fits(&self, is_map: bool) -> bool {
        match is_map {
            true => matches!(self.code & 0xf0, 0 | wire::MAP),
            false => matches!(self.code & (wire::LIST | wire::MAP), 0 | wire::LIST),
        }
    }
}

/// Reads an expression. `None` for `true`.
fn expression<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Option<Expression<'a>>, ResultCode> {
    let damaged = |_| ResultCode::PARAMETER;
    let first = reader.peek().map_err(damaged)?;
    let bytes = reader.element().map_err(damaged)?;
    match first {
        Token::List(_) => Expression::build_within(bytes, depth).map(Some),
        Token::Bool(true) => Ok(None),
        _ => Err(ResultCode::PARAMETER),
    }
}
