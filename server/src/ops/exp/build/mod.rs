//! Building an expression: decoding the bytes, and checking the types.

mod call;

use spikelet_wire::exp::{Form, LoopVariable, Operand, Operator, Type, Yield};
use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{DecodeError, ParticleType};

use super::program::{Checked, Instruction, Node, Program};
use super::regex::Pattern;
use super::value::{Data, Value};
use crate::ops::geo::Geometry;

/// The limit for nested operators of an expression.
///
/// The real server has no such limit, and overflows its stack instead.
pub(crate) const MAX_DEPTH: usize = 256;
/// The memory from which on the real server refuses an expression, in bytes of its own representation.
const MAX_SIZE: usize = 1 << 20;
/// The memory that the real server needs for each case of a `cond`, in bytes, in addition to the operator.
const CASE_SIZE: usize = 8;
/// The name of a bin is shorter than this, in bytes.
const BIN_NAME_SIZE: usize = 16;
/// The expression is not valid.
struct Invalid;

impl From<DecodeError> for Invalid {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

type Result<T> = std::result::Result<T, Invalid>;

fn check(valid: bool) -> Result<()> {
    match valid {
        true => Ok(()),
        false => Err(Invalid),
    }
}

/// Builds an expression that is nested at a depth. `None` if it is not valid.
pub(super) fn build(bytes: &[u8], depth: usize) -> Option<Program<'_>> {
    let mut builder = Builder {
        reader: Reader::new(bytes),
        // Usually enough, in one allocation: an operator rarely takes fewer than 4 bytes.
        nodes: Vec::with_capacity(bytes.len().min(64) / 4 + 1),
        size: 0,
        depth,
        scope: Vec::new(),
        variables: 0,
    };
    let checked = builder.expression().ok()?;
    // Extensions such as infinity can be compared with, but not be the value of an expression.
    (builder.reader.is_empty() && checked != Checked::Extension).then_some(Program {
        nodes: builder.nodes,
        variables: builder.variables,
        checked,
    })
}

struct Builder<'a> {
    reader: Reader<'a>,
    nodes: Vec<Node<'a>>,
    size: usize,
    depth: usize,
    /// The variables in scope, the innermost last.
    scope: Vec<Variable<'a>>,
    /// The largest number of variables in scope.
    variables: usize,
}

struct Variable<'a> {
    name: &'a [u8],
    /// `None` while its own value is being built.
    checked: Option<Checked>,
}

impl<'a> Builder<'a> {
    fn expression(&mut self) -> Result<Checked> {
        let from = self.reader;
        let count = match self.reader.token()? {
            Token::List(count) => count,
            token => return self.literal(token, from),
        };
        check(self.depth < MAX_DEPTH)?;
        self.depth += 1;
        let operands = (count as usize).checked_sub(1).ok_or(Invalid)?;
        let code = u64::try_from(self.reader.int()?).map_err(|_| Invalid)?;
        let operator = Operator::from_code(code).ok_or(Invalid)?;
        let checked = match operator.form() {
            Form::Exactly(expected) => {
                check(operands == expected.len())?;
                self.plain(operator, expected.iter().copied())
            }
            Form::AtLeast(least, expected) => {
                check(operands >= least)?;
                self.plain(operator, std::iter::repeat_n(expected, operands))
            }
            Form::Own => self.own(operator, operands),
        }?;
        self.depth -= 1;
        Ok(checked)
    }

    /// Builds a literal that begins at `from`, whose first token was read.
    fn literal(&mut self, token: Token<'a>, mut from: Reader<'a>) -> Result<Checked> {
        let mut written = || {
            let written = from.element()?;
            self.reader = from;
            Ok::<_, Invalid>(written)
        };
        let (value, checked) = match token {
            Token::Nil => (Value::Nil, Checked::Is(Type::Nil)),
            Token::Bool(b) => (Value::Bool(b), Checked::Is(Type::Bool)),
            Token::Int(n) => (Value::Int(n), Checked::Is(Type::Int)),
            // The server converts an unsigned integer to a signed one.
            Token::Uint(n) => (Value::Int(n as i64), Checked::Is(Type::Int)),
            Token::Float(n) => (Value::Float(n), Checked::Is(Type::Float)),
            Token::Bytes([particle_type, bytes @ ..]) => {
                let particle_type = ParticleType(*particle_type);
                let checked = match particle_type {
                    ParticleType::STRING => Type::String,
                    ParticleType::BLOB => Type::Blob,
                    ParticleType::HLL => Type::Hll,
                    ParticleType::GEOJSON => Type::GeoJson,
                    _ => return Err(Invalid),
                };
                let value = match checked {
                    Type::GeoJson => {
                        check(Geometry::parse(bytes).is_some())?;
                        Value::GeoJson(Data::Borrowed(bytes))
                    }
                    _ => Value::borrowed(particle_type, bytes),
                };
                (value, Checked::Is(checked))
            }
            Token::Bytes([]) => return Err(Invalid),
            Token::Map(_) => (Value::borrowed(ParticleType::MAP, written()?), Checked::Is(Type::Map)),
            Token::Ext(..) => (Value::Extension(Data::Borrowed(written()?)), Checked::Extension),
            Token::List(_) => return Err(Invalid),
        };
        self.leaf(Instruction::Literal(value))?;
        Ok(checked)
    }

    /// Adds a node. Its operands follow.
    fn open(&mut self, instruction: Instruction<'a>) -> Result<usize> {
        self.size += instruction.size();
        check(self.size < MAX_SIZE)?;
        self.nodes.push(Node { instruction, end: 0 });
        Ok(self.nodes.len() - 1)
    }

    /// Ends a node after its operands.
    fn close(&mut self, at: usize) {
        self.nodes[at].end = self.nodes.len();
    }

    fn leaf(&mut self, instruction: Instruction<'a>) -> Result<()> {
        let at = self.open(instruction)?;
        self.close(at);
        Ok(())
    }

    fn plain(&mut self, operator: Operator, expected: impl Iterator<Item = Operand>) -> Result<Checked> {
        let at = self.open(Instruction::Plain(operator))?;
        let mut common: Option<Checked> = None;
        for operand in expected {
            let checked = self.expression()?.comparable();
            check(match operand {
                Operand::Any => true,
                Operand::Of(expected) => checked.is(expected),
                Operand::Number => checked.is(Type::Int) || checked.is(Type::Float),
                Operand::Comparable => !checked.is(Type::GeoJson) && !checked.is(Type::Hll),
            })?;
            if matches!(operand, Operand::Number | Operand::Comparable) {
                check(*common.get_or_insert(checked) == checked)?;
            }
        }
        self.close(at);
        Ok(match (operator, operator.yields()) {
            (Operator::Unknown, _) => Checked::Unknown,
            (_, Yield::Is(of)) => Checked::Is(of),
            (_, Yield::Operands) => common.ok_or(Invalid)?,
            (_, Yield::Own) => Checked::Remove,
        })
    }

    fn own(&mut self, operator: Operator, operands: usize) -> Result<Checked> {
        match operator {
            Operator::CmpRegex => self.regex(operands),
            Operator::DigestModulo => self.digest_modulo(operands),
            Operator::Key => self.key(operands),
            Operator::Bin => self.bin(operands),
            Operator::BinType => self.bin_type(operands),
            Operator::VarBuiltin => self.loop_variable(operands),
            Operator::Cond => self.cond(operands),
            Operator::Var => self.var(operands),
            Operator::Let => self.bindings(operands),
            Operator::Quote => self.quote(operands),
            Operator::Call => self.call(operands),
            _ => Err(Invalid),
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        match self.reader.token()? {
            Token::Bytes(bytes) => Ok(bytes),
            _ => Err(Invalid),
        }
    }

    /// Reads an integer. A negative one is converted to the unsigned integer with the same bits.
    fn uint(&mut self) -> Result<u64> {
        match self.reader.token()? {
            Token::Int(n) => Ok(n as u64),
            Token::Uint(n) => Ok(n),
            _ => Err(Invalid),
        }
    }

    fn regex(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 3)?;
        let options = self.uint()? as i64;
        let pattern = Pattern::new(self.bytes()?, options).ok_or(Invalid)?;
        let at = self.open(Instruction::Regex(Box::new(pattern)))?;
        check(self.expression()?.is(Type::String))?;
        self.close(at);
        Ok(Checked::Is(Type::Bool))
    }

    fn digest_modulo(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 1)?;
        let modulo = self.uint()? as i32;
        check(modulo != 0)?;
        self.leaf(Instruction::DigestModulo(modulo))?;
        Ok(Checked::Is(Type::Int))
    }

    fn key(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 1)?;
        let of = self.uint()?;
        let of = Type::from_code(of).filter(|of| matches!(of, Type::Int | Type::String | Type::Blob));
        let of = of.ok_or(Invalid)?;
        self.leaf(Instruction::Key(of))?;
        Ok(Checked::Is(of))
    }

    fn bin(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 2)?;
        let of = Type::from_code(self.uint()?).ok_or(Invalid)?;
        let name = self.bin_name()?;
        self.leaf(Instruction::Bin(of, name))?;
        Ok(Checked::Is(of))
    }

    fn bin_type(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 1)?;
        let name = self.bin_name()?;
        self.leaf(Instruction::BinType(name))?;
        Ok(Checked::Is(Type::Int))
    }

    fn bin_name(&mut self) -> Result<&'a [u8]> {
        let name = self.bytes()?;
        check(name.len() < BIN_NAME_SIZE && !name.contains(&0))?;
        Ok(name)
    }

    fn loop_variable(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 2)?;
        let code = self.uint()?;
        // The server accepts two codes after the last type: one that no value has, and the removal.
        let (of, checked) = match (Type::from_code(code), code) {
            (Some(of), _) => (Some(of), Checked::Is(of)),
            (None, 10) => (None, Checked::Unknown),
            (None, 11) => (None, Checked::Remove),
            _ => return Err(Invalid),
        };
        let variable = LoopVariable::from_code(self.uint()?).ok_or(Invalid)?;
        check(variable != LoopVariable::Index || of == Some(Type::Int))?;
        self.leaf(Instruction::LoopVariable(of, variable))?;
        Ok(checked)
    }

    fn cond(&mut self, operands: usize) -> Result<Checked> {
        check(operands >= 3 && operands % 2 == 1)?;
        let at = self.open(Instruction::Cond)?;
        self.size += operands.div_ceil(2) * CASE_SIZE;
        let mut common = None;
        for i in 0..operands {
            let checked = self.expression()?;
            let is_condition = i % 2 == 0 && i != operands - 1;
            if is_condition {
                check(checked.is(Type::Bool))?;
            } else if checked != Checked::Unknown {
                check(*common.get_or_insert(checked) == checked)?;
            }
        }
        self.close(at);
        let checked = common.unwrap_or(Checked::Is(Type::Bool));
        check(checked != Checked::Extension)?;
        Ok(checked)
    }

    fn var(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 1)?;
        let name = self.bytes()?;
        let place = self.scope.iter().position(|variable| variable.name == name);
        let place = place.ok_or(Invalid)?;
        let checked = self.scope[place].checked.ok_or(Invalid)?;
        check(checked != Checked::Extension)?;
        self.leaf(Instruction::Var(place))?;
        Ok(checked.comparable())
    }

    fn bindings(&mut self, operands: usize) -> Result<Checked> {
        check(operands >= 3 && operands % 2 == 1)?;
        let (first, count) = (self.scope.len(), operands / 2);
        let at = self.open(Instruction::Let { first, count })?;
        for _ in 0..count {
            let name = self.bytes()?;
            check(is_variable_name(name) && self.scope.iter().all(|variable| variable.name != name))?;
            self.scope.push(Variable { name, checked: None });
            self.variables = self.variables.max(self.scope.len());
            let checked = self.expression()?;
            if let Some(variable) = self.scope.last_mut() {
                variable.checked = Some(checked);
            }
        }
        let checked = self.expression()?;
        self.scope.truncate(first);
        self.close(at);
        Ok(checked)
    }

    fn quote(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 1 && matches!(self.reader.peek()?, Token::List(_)))?;
        let list = self.reader.element()?;
        self.leaf(Instruction::Literal(Value::borrowed(ParticleType::LIST, list)))?;
        Ok(Checked::Is(Type::List))
    }
}

fn is_variable_name(name: &[u8]) -> bool {
    let [first, rest @ ..] = name else { return false };
    (first.is_ascii_alphabetic() || *first == b'_') && rest.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}
