//! Evaluation: a walk over the nodes; what is unknown ends it like an error.

use spikelet_wire::ParticleType;
use spikelet_wire::exp::{LoopVariable, Operator, Type};

use super::node::{Instruction, Node};
use super::value::Value;
use super::{Expression, RecordView, Unknown, compare};
use crate::clock::Now;

/// How many steps an evaluation may take, an operator or a byte that a call handles being one.
///
/// The real server has no such limit. It keeps a small hostile expression from taking forever, or all memory.
const MAX_STEPS: u64 = 1 << 30;

/// An expression being evaluated.
pub(super) struct Evaluation<'e, 'v> {
    nodes: &'v [Node<'v>],
    /// Path expressions see no record.
    pub(super) record: Option<&'v dyn RecordView>,
    pub(super) now: Now,
    variables: Vec<Result<Value<'v>, Unknown>>,
    loop_variables: &'e LoopVariables<'v>,
    steps: u64,
}

/// The values of the variables that a path expression sets.
#[derive(Debug, Default)]
pub(super) struct LoopVariables<'v>([Option<Value<'v>>; 3]);

/// The operands of a node: from the first one's index to the index behind the last one.
#[derive(Clone, Copy)]
pub(super) struct Operands {
    from: usize,
    to: usize,
}

impl<'v> Evaluation<'_, 'v> {
    pub(super) fn of_record(expression: &'v Expression<'_>, record: &'v dyn RecordView, now: Now) -> Self {
        const NONE: &LoopVariables<'static> = &LoopVariables([const { None }; 3]);
        Self {
            nodes: &expression.nodes,
            record: Some(record),
            now,
            variables: vec![Err(Unknown); expression.variables],
            loop_variables: NONE,
            steps: 0,
        }
    }

    /// The value of the whole expression.
    pub(super) fn value(mut self) -> Result<Value<'v>, Unknown> {
        self.node(0)
    }

    /// The value of the node at an index.
    pub(super) fn node(&mut self, at: usize) -> Result<Value<'v>, Unknown> {
        self.step(1)?;
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

    /// Takes note of work done.
    pub(super) fn step(&mut self, steps: usize) -> Result<(), Unknown> {
        self.steps += steps as u64;
        if self.steps > MAX_STEPS { Err(Unknown) } else { Ok(()) }
    }

    fn plain(&mut self, operator: Operator, operands: Operands) -> Result<Value<'v>, Unknown> {
        use Operator as O;
        match operator {
            O::Unknown => Err(Unknown),
            O::ResultRemove => Ok(Value::Remove),
            O::Eq | O::Ne | O::Gt | O::Ge | O::Lt | O::Le => {
                let left = self.operand(operands, 0)?;
                let right = self.operand(operands, 1)?;
                Ok(Value::Bool(compare::compare(operator, &left, &right)?))
            }
            O::CmpGeo => Err(Unknown),
            O::InList => {
                let mut element = Vec::new();
                self.operand(operands, 0)?.pack(&mut element)?;
                let list = self.operand(operands, 1)?;
                let list = list.bytes(ParticleType::LIST)?;
                self.step(list.len())?;
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

    /// Whether any operand has this value; one that has it outweighs those that are unknown.
    fn any(&mut self, operands: Operands, wanted: bool) -> Result<bool, Unknown> {
        let mut unknown = false;
        for at in self.all(operands) {
            match self.node(at) {
                Ok(value) if value.bool()? == wanted => return Ok(true),
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
