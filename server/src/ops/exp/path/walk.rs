//! The walk along a path, which selects or modifies the elements.

use spikelet_wire::msgpack::{ORDERED, Reader, Token, write};
use spikelet_wire::{ParticleType, ResultCode};

use super::decode::{Output, Path};
use super::step::{And, By, Step};
use super::variables::Visited;
use super::{modify, quickselect};
use crate::ops::exp::evaluate::{Evaluation, LoopVariables, Steps};
use crate::ops::exp::expression::Expression;
use crate::ops::exp::value::{Unknown, Value};
use crate::ops::{Particle, order};

/// A walk through the bytes of a collection.
pub(super) struct Walk<'w, 'a> {
    path: &'w Path<'a>,
    bytes: &'w [u8],
    /// The current offset.
    at: usize,
    out: Vec<u8>,
    /// The number of leaves in `out`.
    leaves: u32,
    steps: &'w Steps,
}

/// A collection along the path.
#[derive(Clone, Copy)]
struct Collection {
    is_map: bool,
    /// The number of elements or pairs.
    count: usize,
    flags: u8,
    level: usize,
    is_leaf_level: bool,
}

/// The offsets of an element: its start, the start of its value, which is the same in a list, and its end.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    value: usize,
    to: usize,
}

type Result<T> = std::result::Result<T, ResultCode>;

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) const fn new(path: &'w Path<'a>, bytes: &'w [u8], steps: &'w Steps) -> Self {
        Self {
            path,
            bytes,
            at: 0,
            out: Vec::new(),
            leaves: 0,
            steps,
        }
    }

    /// Walks to the end, and returns the result.
    pub(super) fn select(mut self, particle_type: ParticleType) -> Result<Particle> {
        self.level(0)?;
        let Output::Leaves { keys, values } = self.path.output else {
            return Ok(Particle::bytes(particle_type, &self.out));
        };
        let mut list = Vec::with_capacity(self.out.len() + 5);
        write::list(&mut list, self.leaves * (u32::from(keys) + u32::from(values)));
        list.extend_from_slice(&self.out);
        Ok(Particle::bytes(ParticleType::LIST, &list))
    }

    fn step(&self, level: usize) -> Result<&'w Step<'a>> {
        self.path.steps.get(level).ok_or(ResultCode::SERVER_ERROR)
    }

    const fn returns_leaves(&self) -> bool {
        matches!(self.path.output, Output::Leaves { .. })
    }

    fn slice(&self, from: usize, to: usize) -> &'w [u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    fn reader(&self) -> Reader<'w> {
        Reader::new(self.bytes.get(self.at..).unwrap_or_default())
    }

    /// Skips elements.
    fn skip(&mut self, elements: usize) -> Result<()> {
        let mut reader = self.reader();
        for _ in 0..elements {
            reader.element().map_err(|_| ResultCode::SERVER_ERROR)?;
        }
        self.at += reader.at();
        Ok(())
    }

    fn span(&mut self, is_map: bool) -> Result<Span> {
        let from = self.at;
        if is_map {
            self.skip(1)?;
        }
        let value = self.at;
        self.skip(1)?;
        Ok(Span {
            from,
            value,
            to: self.at,
        })
    }

    /// Walks through the collection that begins at the current offset.
    fn level(&mut self, level: usize) -> Result<()> {
        let from = self.at;
        let mut reader = self.reader();
        let (is_map, announced) = match reader.token().map_err(|_| ResultCode::SERVER_ERROR)? {
            Token::List(n) => (false, n as usize),
            Token::Map(n) => (true, n as usize),
            _ => return Err(ResultCode::INCOMPATIBLE_TYPE),
        };
        let flags = match reader.peek() {
            Ok(Token::Ext(flags, _)) if announced > 0 => Some(flags as u8),
            _ => None,
        };
        let values = if is_map { 2 } else { 1 };
        self.at += reader.at();
        let contents = self.at;
        self.skip(usize::from(flags.is_some()) * values)?;
        let collection = Collection {
            is_map,
            count: announced - usize::from(flags.is_some()),
            flags: flags.unwrap_or(0),
            level,
            is_leaf_level: level + 1 == self.path.steps.len(),
        };
        let returns_keys = matches!(self.path.output, Output::Leaves { keys: true, .. });
        if announced > 0 && collection.is_leaf_level && returns_keys && !is_map {
            self.refuse_unless_no_fail(ResultCode::INCOMPATIBLE_TYPE)?;
            return self.skip(collection.count);
        }
        if collection.count == 0 {
            if !self.returns_leaves() {
                self.out.extend_from_slice(self.slice(from, self.at));
            }
            return Ok(());
        }
        if !self.step(level)?.fits(is_map) {
            return Err(ResultCode::PARAMETER);
        }
        if self.returns_leaves() {
            return self.elements(collection).map(|_| ());
        }
        let begin = self.out.len();
        let modified = matches!(self.path.output, Output::Modified(_));
        let flags_and_nil = self.slice(contents, self.at);
        let left = self.elements(collection)?;
        let mut inside = self.out.split_off(begin);
        // A selection from an ordered collection has no flags.
        let kept_flags = if modified { flags_and_nil } else { &[] };
        let head = if modified {
            left + u32::from(flags.is_some())
        } else {
            left
        };
        match is_map {
            true => write::map(&mut self.out, head),
            false => write::list(&mut self.out, head),
        }
        self.out.extend_from_slice(kept_flags);
        if modified && !is_map && collection.flags & ORDERED != 0 {
            inside = modify::sorted(inside);
        }
        self.out.append(&mut inside);
        Ok(())
    }

    /// Visits the elements that the step follows. Returns the number of elements in the result.
    fn elements(&mut self, collection: Collection) -> Result<u32> {
        let step = self.step(collection.level)?;
        match step.by {
            By::Index(index) => self.single(collection, index, false),
            By::Rank(rank) => self.single(collection, rank, true),
            _ => self.each(collection, step),
        }
    }

    /// Visits one element, by index or rank.
    fn single(&mut self, collection: Collection, position: i64, by_rank: bool) -> Result<u32> {
        let Collection { is_map, count, .. } = collection;
        let mut spans = Vec::new();
        for _ in 0..count {
            spans.push(self.span(is_map)?);
        }
        let end = self.at;
        let position = if position < 0 {
            i64::try_from(count).ok().and_then(|count| position.checked_add(count))
        } else {
            Some(position)
        };
        let position = position.and_then(|position| usize::try_from(position).ok());
        let Some(position) = position.filter(|position| *position < count) else {
            return Ok(self.pass_all(&spans));
        };
        let in_order = collection.flags & ORDERED != 0 && (!is_map || !by_rank);
        let index = match in_order || (!is_map && !by_rank) {
            true => position,
            false => {
                let compared = |span: &Span| match by_rank {
                    true => self.slice(span.value, span.to),
                    false => self.slice(span.from, span.value),
                };
                quickselect::of_rank(count, position, &mut |a, b| {
                    order::compare(compared(&spans[a]), compared(&spans[b]))
                })
            }
        };
        let (before, [span, after @ ..]) = spans.split_at(index) else {
            return Err(ResultCode::SERVER_ERROR);
        };
        let mut left = self.pass_all(before);
        let visited = self.visited(collection, *span, index);
        left += match self.and(self.step(collection.level)?, &visited) {
            // An unknown condition is false here, unlike elsewhere.
            Ok(true) => self.include(collection, *span, index)?,
            _ => {
                self.at = span.to;
                self.pass(*span)
            }
        };
        left += self.pass_all(after);
        if is_map || by_rank {
            // After an element that was looked up in a map, or by rank, the server continues at the end of the whole bin.
            self.at = self.bytes.len();
        } else if self.at == span.to {
            self.at = end;
        } else if !after.is_empty() {
            // A nested collection continued at the end, so the server finds no more elements here.
            return Err(ResultCode::SERVER_ERROR);
        }
        Ok(left)
    }

    /// Visits all elements, and follows those that the step follows.
    fn each(&mut self, collection: Collection, step: &Step<'a>) -> Result<u32> {
        let keys = match step.by {
            By::KeyList(list) if collection.is_map => Some(modify::keys(list)?),
            _ => None,
        };
        let mut found_key = false;
        let mut left = 0;
        for index in 0..collection.count {
            let span = match self.span(collection.is_map) {
                Ok(span) => span,
                Err(code) => {
                    self.miss(collection, step, index)?;
                    return Err(code);
                }
            };
            let visited = self.visited(collection, span, index);
            let follows = match (&step.by, &keys) {
                _ if found_key => Ok(false),
                (By::Everything, _) => Ok(true),
                (By::Expression(expression), _) => self.is_true(expression, &visited),
                (By::Value(value), _) => Ok(order::compare(visited.value, value).is_eq()),
                (By::Key(key), _) if collection.is_map => {
                    found_key = order::compare(visited.key, key).is_eq();
                    Ok(found_key)
                }
                (_, Some(keys)) => Ok(keys.binary_search_by(|key| order::compare(key, visited.key)).is_ok()),
                // Lists have no keys.
                _ => Err(Unknown),
            };
            let follows = match follows {
                Ok(true) => self.and(step, &visited),
                follows => follows,
            };
            let follows = match follows {
                Ok(follows) => follows,
                Err(Unknown) => {
                    self.refuse_unless_no_fail(ResultCode::PARAMETER)?;
                    false
                }
            };
            left += match follows {
                true => self.include(collection, span, index)?,
                false => self.pass(span),
            };
        }
        Ok(left)
    }

    /// At the end of a truncated list, the server finds an expression unknown before it finds the list damaged.
    fn miss(&self, collection: Collection, step: &Step<'a>, index: usize) -> Result<()> {
        let nothing = Visited {
            key: &[],
            value: &[],
            index: Some(index),
        };
        match &step.by {
            By::Expression(expression) if !collection.is_map && self.is_true(expression, &nothing).is_err() => {
                self.refuse_unless_no_fail(ResultCode::PARAMETER)
            }
            _ => Ok(()),
        }
    }

    fn visited(&self, collection: Collection, span: Span, index: usize) -> Visited<'w> {
        Visited {
            key: self.slice(span.from, span.value),
            value: self.slice(span.value, span.to),
            index: (!collection.is_map).then_some(index),
        }
    }

    /// Whether an element meets the further condition of its step.
    fn and(&self, step: &Step<'a>, visited: &Visited<'w>) -> std::result::Result<bool, Unknown> {
        match &step.and {
            And::Expression(expression) => self.is_true(expression, visited),
            And::Missing | And::True => Ok(true),
        }
    }

    fn is_true(&self, expression: &Expression<'a>, visited: &Visited<'w>) -> std::result::Result<bool, Unknown> {
        let variables = visited.variables();
        match self.value(expression, &variables)? {
            Value::Bool(b) => Ok(b),
            _ => Ok(false),
        }
    }

    fn value<'v>(
        &self,
        expression: &'v Expression<'_>,
        variables: &LoopVariables<'v>,
    ) -> std::result::Result<Value<'v>, Unknown>
    where
        'w: 'v,
    {
        Evaluation::of_element(expression.program(), variables, self.steps).value()
    }

    fn refuse_unless_no_fail(&self, code: ResultCode) -> Result<()> {
        if self.path.no_fail { Ok(()) } else { Err(code) }
    }

    /// Handles an element that is not followed. Returns the number of elements that it adds to the result.
    fn pass(&mut self, span: Span) -> u32 {
        match self.path.output {
            Output::Modified(_) => {
                self.out.extend_from_slice(self.slice(span.from, span.to));
                1
            }
            Output::Tree | Output::Leaves { .. } => 0,
        }
    }

    fn pass_all(&mut self, spans: &[Span]) -> u32 {
        spans.iter().map(|span| self.pass(*span)).sum()
    }

    /// Handles an element that is followed. Returns the number of elements that it adds to the result.
    fn include(&mut self, collection: Collection, span: Span, index: usize) -> Result<u32> {
        let Collection {
            level, is_leaf_level, ..
        } = collection;
        let (key, value) = (self.slice(span.from, span.value), self.slice(span.value, span.to));
        let leads_on = matches!(Reader::new(value).token(), Ok(Token::List(_) | Token::Map(_)));
        if !is_leaf_level && leads_on {
            if !self.returns_leaves() {
                self.out.extend_from_slice(key);
            }
            self.at = span.value;
            self.level(level + 1)?;
            return Ok(1);
        }
        self.at = span.to;
        match (&self.path.output, is_leaf_level) {
            (Output::Leaves { keys, values }, true) => {
                self.leaves += 1;
                for (part, output) in [(key, *keys), (value, *values)] {
                    if output {
                        self.out.extend_from_slice(part);
                    }
                }
            }
            (Output::Leaves { .. }, false) => {}
            (Output::Modified(expression), true) => {
                let visited = self.visited(collection, span, index);
                let variables = visited.variables();
                match self.value(expression, &variables) {
                    Ok(Value::Remove) => return Ok(0),
                    Ok(new) => {
                        self.out.extend_from_slice(key);
                        return modify::append(&mut self.out, &new).map(|()| 1);
                    }
                    Err(Unknown) => self.refuse_unless_no_fail(ResultCode::SERVER_ERROR)?,
                }
                self.out.extend_from_slice(self.slice(span.from, span.to));
            }
            (Output::Tree, _) | (Output::Modified(_), false) => {
                self.out.extend_from_slice(self.slice(span.from, span.to));
            }
        }
        Ok(1)
    }
}
