//! An expression as it is evaluated: operators and literals in a row, each before its operands.

use spikelet_wire::exp::{CallSystem, LoopVariable, Operator, Type};

use super::regex::Pattern;
use super::value::Value;

/// An operator or a literal, with what is written in it.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) instruction: Instruction<'a>,
    /// The index of the node behind its last operand.
    pub(super) end: usize,
}

/// What a node does.
#[derive(Debug)]
pub(super) enum Instruction<'a> {
    Literal(Value<'a>),
    /// An operator that has nothing but operands.
    Plain(Operator),
    Regex(Box<Pattern>),
    DigestModulo(i32),
    Key(Type),
    Bin(Type, &'a [u8]),
    BinType(&'a [u8]),
    /// Without a type, it can hold none.
    LoopVariable(Option<Type>, LoopVariable),
    /// Its operands are conditions and values by turns, and the default.
    Cond,
    /// By its place among the variables in scope.
    Var(usize),
    /// Its operands are the values of `count` variables, of which `first` is the place of the first, and the expression.
    Let {
        first: usize,
        count: usize,
    },
    Call(Box<Call<'a>>),
}

/// A call into the operations on lists, maps, bits or HyperLogLogs.
///
/// Its operands are the parameters that are expressions, and the bin.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) value: Type,
    /// `None` only where the bin is nil, for then the server does not look.
    pub(super) system: Option<CallSystem>,
    pub(super) modifies: bool,
    /// Whether the operation is a path expression.
    pub(super) is_path: bool,
    /// How many operators the call stands inside of.
    pub(super) depth: usize,
    /// The operation: its code, its context, its parameters.
    pub(super) pieces: Vec<Piece<'a>>,
}

/// A part of a call's operation.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// As it was written.
    Written(&'a [u8]),
    /// The value of the next operand.
    Operand,
}

impl Instruction<'_> {
    /// Bytes of memory that the real server needs for it, which count towards its limit.
    pub(super) const fn size(&self) -> usize {
        match self {
            Self::Literal(value) => value.size_as_instruction(),
            Self::Plain(_) => 8,
            Self::Regex(_) => 80,
            Self::DigestModulo(_) | Self::Key(_) => 12,
            Self::Bin(..) | Self::BinType(_) => 24,
            Self::LoopVariable(..) | Self::Var(_) => 16,
            Self::Cond => 12,
            Self::Let { .. } => 20,
            Self::Call(_) => 344,
        }
    }
}
