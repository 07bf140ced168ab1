//! Evaluation of an expression. An unknown value ends it like an error.

use std::cell::Cell;

use spikelet_wire::ParticleType;
use spikelet_wire::exp::{LoopVariable, Operator, Type};
use spikelet_wire::msgpack::{Reader, Token, write};

use super::compare;
use super::program::{Instruction, Node, Program};
use super::record_view::RecordView;
use super::value::{Unknown, Value};
use crate::clock::Now;
use crate::ops::Particle;

/// The limit of steps for the evaluation of a command's expression. An operator is one step, and so is each byte of a value
/// that it handles.
///
/// The real server has no such limit. It keeps a small hostile expression from using unlimited time or memory.
const MAX_STEPS: u64 = 1 << 24;

/// An expression being evaluated.
pub(super) struct Evaluation<'e, 'v> {
    nodes: &'v [Node<'v>],
    /// `None` inside a path expression.
    pub(super) record: Option<&'v dyn RecordView>,
    pub(super) now: Now,
    variables: Vec<Result<Value<'v>, Unknown>>,
    loop_variables: &'e LoopVariables<'v>,
    pub(super) steps: &'e Steps,
}

/// The number of steps taken.
#[derive(Debug, Default)]
pub(super) struct Steps(Cell<u64>);

impl Steps {
    /// Counts steps. Unknown if the limit is exceeded.
    pub(super) fn take(&self, steps: usize) -> Result<(), Unknown> {
        self.0.set(self.0.get().saturating_add(steps as u64));
        if self.0.get() > MAX_STEPS { Err(Unknown) } else { Ok(()) }
    }
}

/// The values of the variables that a path expression sets.
#[derive(Debug, Default)]
pub(super) struct LoopVariables<'v>([Option<Value<'v>>; 3]);

impl<'v> LoopVariables<'v> {
    pub(super) fn set(&mut self, variable: LoopVariable, value: Option<Value<'v>>) {
        self.0[variable as usize] = value;
    }
}

/// The operands of a node: the index of the first, and the index after the last.
#[derive(Clone, Copy)]
pub(super) struct Operands {
    from: usize,
    to: usize,
}

impl<'e, 'v> Evaluation<'e, 'v> {
    pub(super) fn of_record(program: &'v Program<'_>, record: &'v dyn RecordView, now: Now, steps: &'e Steps) -> Self {
        const NONE: &LoopVariables<'static> = &LoopVariables([const { None }; 3]);
        Self {
            nodes: &program.nodes,
            record: Some(record),
            now,
            variables: vec![Err(Unknown); program.variables],
            loop_variables: NONE,
            steps,
        }
    }

    /// An evaluation for an element that a path expression visits. There is no record.
    pub(super) fn of_element(
        program: &'v Program<'_>,
        loop_variables: &'e LoopVariables<'v>,
        steps: &'e Steps,
    ) -> Self {
        Self {
            nodes: &program.nodes,
            record: None,
            now: Now(0),
            variables: vec![Err(Unknown); program.variables],
            loop_variables,
            steps,
        }
    }

    /// The value of the whole expression.
    pub(super) fn value(mut self) -> Result<Value<'v>, Unknown> {
        self.node(0)
    }

    /// The value of the node at an index.
    pub(super) fn node(&mut self, at: usize) -> Result<Value<'v>, Unknown> {
        self.steps.take(1)?;
        let nodes = self.nodes;
        let node = nodes.get(at).ok_or(Unknown)?;
        let operands = Operands {
            from: at + 1,
            to: node.end,
        };
        match &node.instruction {
            Instruction::Literal(value) => Ok(value.clone()),
            Instruction::Plain(operator) => self.plain(*operator, operands),
            Instruction::Regex(pattern) => {
                let text = self.operand(operands, 0)?;
                self.steps.take(text.size())?;
                Ok(Value::Bool(pattern.matches(text.bytes(ParticleType::STRING)?)))
            }
            Instruction::DigestModulo(modulo) => self.digest_modulo(*modulo),
            Instruction::Key(of) => self.key(*of),
            Instruction::Bin(of, name) => self.bin(*of, name),
            Instruction::BinType(name) => self.bin_type(name),
            Instruction::LoopVariable(of, variable) => self.loop_variable(*of, *variable),
            Instruction::Cond => self.cond(operands),
            Instruction::Var(place) => self.variables.get(*place).cloned().ok_or(Unknown)?,
            Instruction::Let { first, count } => self.bind(*first, *count, operands),
            Instruction::Call(call) => self.call(call, operands),
        }
    }

    /// The value of an operand, from 0.
    pub(super) fn operand(&mut self, operands: Operands, index: usize) -> Result<Value<'v>, Unknown> {
        let at = self.all(operands).nth(index).ok_or(Unknown)?;
        self.node(at)
    }

    /// The indexes of all operands.
    pub(super) fn all(&self, operands: Operands) -> impl Iterator<Item = usize> + use<'v> {
        let nodes = self.nodes;
        let next = move |at: usize| (at < operands.to).then_some(at);
        std::iter::successors(next(operands.from), move |at| next(nodes.get(*at)?.end))
    }

    fn plain(&mut self, operator: Operator, operands: Operands) -> Result<Value<'v>, Unknown> {
        use Operator as O;
        match operator {
            O::Unknown => Err(Unknown),
            O::ResultRemove => Ok(Value::Remove),
            O::Eq | O::Ne | O::Gt | O::Ge | O::Lt | O::Le => {
                let left = self.operand(operands, 0)?;
                let right = self.operand(operands, 1)?;
                self.steps.take(left.size().min(right.size()))?;
                Ok(Value::Bool(compare::compare(operator, &left, &right)?))
            }
            O::CmpGeo => {
                let left = self.operand(operands, 0)?.geometry()?;
                let right = self.operand(operands, 1)?.geometry()?;
                Ok(Value::Bool(left.matches(&right)))
            }
            O::MapKeys => self.map_parts(operands, 0),
            O::MapValues => self.map_parts(operands, 1),
            O::InList => {
                let mut element = Vec::new();
                self.operand(operands, 0)?.pack(&mut element)?;
                let list = self.operand(operands, 1)?;
                let list = list.bytes(ParticleType::LIST)?;
                self.steps.take(list.len() + element.len())?;
                Ok(Value::Bool(compare::contains(list, &element)?))
            }
            O::And => self.any(operands, false).map(|any| Value::Bool(!any)),
            O::Or => self.any(operands, true).map(Value::Bool),
            O::Not => Ok(Value::Bool(!self.operand(operands, 0)?.bool()?)),
            O::Exclusive => self.exclusive(operands),
            _ if operands.from == operands.to => self.metadata(operator),
            _ => self.arithmetic(operator, operands),
        }
    }

    /// Whether any operand has this value. An operand with the value outweighs unknown ones.
    fn any(&mut self, operands: Operands, expected: bool) -> Result<bool, Unknown> {
        let mut unknown = false;
        for at in self.all(operands) {
            match self.node(at) {
                Ok(value) if value.bool()? == expected => return Ok(true),
                Ok(_) => {}
                Err(Unknown) => unknown = true,
            }
        }
        if unknown { Err(Unknown) } else { Ok(false) }
    }

    fn exclusive(&mut self, operands: Operands) -> Result<Value<'v>, Unknown> {
        let mut found = false;
        for at in self.all(operands) {
            let is_true = self.node(at)?.bool()?;
            if is_true && found {
                return Ok(Value::Bool(false));
            }
            found |= is_true;
        }
        Ok(Value::Bool(found))
    }

    /// The list of the keys (`part` 0) or values (`part` 1) of a map.
    fn map_parts(&mut self, operands: Operands, part: usize) -> Result<Value<'v>, Unknown> {
        let map = self.operand(operands, 0)?;
        let map = map.bytes(ParticleType::MAP)?;
        self.steps.take(map.len())?;
        let mut reader = Reader::new(map);
        let Ok(Token::Map(pairs)) = reader.token() else {
            return Err(Unknown);
        };
        let mut parts = Vec::new();
        for i in 0..pairs {
            let is_flags = i == 0 && matches!(reader.peek(), Ok(Token::Ext(..)));
            let mut element = || reader.element().map_err(|_| Unknown);
            let pair = [element()?, element()?];
            if !is_flags {
                parts.push(pair[part]);
            }
        }
        let mut list = Vec::with_capacity(map.len());
        write::list(&mut list, parts.len() as u32);
        list.extend(parts.concat());
        Ok(Value::from_particle(Particle::bytes(ParticleType::LIST, &list)))
    }

    fn cond(&mut self, operands: Operands) -> Result<Value<'v>, Unknown> {
        let mut at = self.all(operands);
        loop {
            let condition = at.next().ok_or(Unknown)?;
            let Some(value) = at.next() else {
                return self.node(condition);
            };
            if self.node(condition)?.bool()? {
                return self.node(value);
            }
        }
    }

    fn bind(&mut self, first: usize, count: usize, operands: Operands) -> Result<Value<'v>, Unknown> {
        let mut at = self.all(operands);
        for place in first..first + count {
            let value = self.node(at.next().ok_or(Unknown)?);
            *self.variables.get_mut(place).ok_or(Unknown)? = value;
        }
        self.node(at.next().ok_or(Unknown)?)
    }

    fn loop_variable(&self, of: Option<Type>, variable: LoopVariable) -> Result<Value<'v>, Unknown> {
        let value = self.loop_variables.0[variable as usize].as_ref().ok_or(Unknown)?;
        match of {
            Some(of) if value.is(of) => Ok(value.clone()),
            _ => Err(Unknown),
        }
    }
}
