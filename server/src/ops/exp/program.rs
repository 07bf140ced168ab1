//! An expression in the form in which it is evaluated: a list of instructions, each before its operands.

use spikelet_wire::exp::{CallSystem, LoopVariable, Operator, Type};

use super::regex::Pattern;
use super::value::Value;

/// An expression whose types are checked.
#[derive(Debug)]
pub(super) struct Program<'a> {
    /// The operators in the order of the encoded expression, each before its operands.
    pub(super) nodes: Vec<Node<'a>>,
    /// The largest number of variables in scope.
    pub(super) variables: usize,
    /// The type of the value.
    pub(super) checked: Checked,
}

/// An operator or a literal, with its fixed parameters.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) instruction: Instruction<'a>,
    /// The index after its last operand.
    pub(super) end: usize,
}

/// What a node does.
#[derive(Debug)]
pub(super) enum Instruction<'a> {
    Literal(Value<'a>),
    /// An operator without fixed parameters.
    Plain(Operator),
    Regex(Box<Pattern>),
    DigestModulo(i32),
    Key(Type),
    Bin(Type, &'a [u8]),
    BinType(&'a [u8]),
    /// A variable of a path expression. Without a type, its value is always unknown.
    LoopVariable(Option<Type>, LoopVariable),
    /// The operands are conditions and values in turn, and the default.
    Cond,
    /// A variable, by its position among those in scope.
    Var(usize),
    /// The operands are the values of `count` variables, whose positions start at `first`, and the expression.
    Let {
        first: usize,
        count: usize,
    },
    Call(Box<Call<'a>>),
}

/// A call into the operations on lists, maps, bits or HyperLogLogs.
///
/// The operands are the parameters that are expressions, and the bin.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) value: Type,
    /// `None` only if the bin is nil: the server does not check the system then.
    pub(super) system: Option<CallSystem>,
    pub(super) modifies: bool,
    /// Whether the operation is a path expression.
    pub(super) is_path: bool,
    /// The number of operators around the call.
    pub(super) depth: usize,
    /// The operation: code, context and parameters.
    pub(super) pieces: Vec<Piece<'a>>,
}

/// A part of a call's operation.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// Bytes as the client wrote them.
    Written(&'a [u8]),
    /// The value of the next operand.
    Operand,
}

impl Instruction<'_> {
    /// The memory that the real server needs for the instruction, in bytes, which counts towards its limit.
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

/// The type of an expression, as far as it is known before evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// The operator `unknown`: any type in `cond`, elsewhere a boolean.
    Unknown,
    /// A type.
    Is(Type),
    /// The removal of an element.
    Remove,
    /// A msgpack extension, which is not a value.
    Extension,
}

impl Checked {
    /// The type outside of `cond`.
    pub(super) fn comparable(self) -> Self {
        match self {
            Self::Unknown => Self::Is(Type::Bool),
            _ => self,
        }
    }

    pub(super) fn is(self, expected: Type) -> bool {
        self.comparable() == Self::Is(expected)
    }
}
