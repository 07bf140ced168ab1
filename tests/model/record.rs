//! A model of records: bins, generation, void time, and write policies.

use std::collections::BTreeMap;

use spikelet_client::Operation;
use spikelet_conformance::known_crashes::Detector;
use spikelet_conformance::proptest::{self as wire, Action, Command, Exists, Generation, OpResult};
use spikelet_wire::bits::BitOperation;
use spikelet_wire::context::{Context, Step};
use spikelet_wire::message::ttl;
use spikelet_wire::{OpCode, ParticleType, ResultCode, Value};

use super::nested::{self, Node, follow};
use super::{ExpectedValue, bits, list, map, scalar};

/// The maximum TTL, in seconds.
const MAX_TTL: u32 = 10 * 365 * 24 * 60 * 60;

/// The records of a sequence, and the time.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The time, in seconds since 2010.
    pub now: u32,
    records: BTreeMap<u8, Record>,
}

#[derive(Debug, Clone, Default)]
struct Record {
    generation: u32,
    /// The void time, in seconds since 2010; 0 for never.
    void_time: u32,
    /// The bins, in the order in which they were first written.
    bins: Vec<(&'static str, Node)>,
}

/// A command.
#[derive(Debug, Clone)]
pub struct Request {
    /// The index of the record.
    pub record: u8,
    /// The record exists action.
    pub exists: Exists,
    /// The generation policy.
    pub generation: Generation,
    /// The TTL of a write.
    pub ttl: u32,
    /// Whether every operation gets a result.
    pub respond_all_ops: bool,
    /// The operations; `None` deletes the record.
    pub ops: Option<Vec<Op>>,
}

/// An operation.
#[derive(Debug, Clone)]
pub enum Op {
    /// Reads a bin.
    Read(&'static str),
    /// Reads all bins.
    ReadAll,
    /// Writes a bin.
    Write(&'static str, Value),
    /// Deletes a bin.
    RemoveBin(&'static str),
    /// Adds to a number.
    Add(&'static str, Value),
    /// Appends to a text or blob.
    Append(&'static str, Value),
    /// Prepends to a text or blob.
    Prepend(&'static str, Value),
    /// Increments the generation.
    Touch,
    /// Deletes all bins.
    DeleteAll,
    /// An operation on a list.
    List(&'static str, list::Call, Vec<Step>),
    /// An operation on a map.
    Map(&'static str, map::Call, Vec<Step>),
    /// An operation on bits.
    Bits(&'static str, BitOperation<'static>),
}

/// The response that the model expects.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The result code.
    pub code: ResultCode,
    /// The generation in the response.
    pub generation: u32,
    /// The void time in the response.
    pub void_time: u32,
    results: Vec<Expectation>,
}

#[derive(Debug, Clone)]
struct Expectation {
    bin: &'static str,
    value: ExpectedValue,
    /// Whether the result may be anywhere among the results, as a bin of a whole record.
    any_order: bool,
}

/// The effect of the operation at this index is unknown, because it depends on the server's internals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown(pub usize);

impl Model {
    /// Executes a command.
    ///
    /// # Errors
    /// If the model does not know the server's response.
    pub fn apply(&mut self, request: &Request) -> Result<Expected, Unknown> {
        let found = self.records.get(&request.record).cloned();
        let told = found
            .as_ref()
            .map_or((0, 0), |record| (record.generation, record.void_time));
        let fail = |code, (generation, void_time)| {
            Ok(Expected {
                code,
                generation,
                void_time,
                results: Vec::new(),
            })
        };
        let Some(ops) = &request.ops else {
            return match found {
                // Even an expired record can be deleted.
                None => fail(ResultCode::NOT_FOUND, (0, 0)),
                Some(record) if !fits(request.generation, record.generation) => fail(ResultCode::GENERATION, (0, 0)),
                Some(_) => {
                    self.records.remove(&request.record);
                    fail(ResultCode::OK, (0, 0))
                }
            };
        };
        let live = found.filter(|record| record.void_time == 0 || record.void_time >= self.now);
        if ops.iter().all(Op::reads) {
            let Some(mut record) = live else {
                return fail(ResultCode::NOT_FOUND, told);
            };
            let all = [Op::ReadAll];
            // A read of all bins has no other results.
            let reads_all = ops.iter().any(|op| matches!(op, Op::ReadAll));
            let results = record.execute(if reads_all { &all } else { ops }, request.respond_all_ops)?;
            return match results {
                Err(code) => fail(code, told),
                Ok(results) => Ok(Expected {
                    code: ResultCode::OK,
                    generation: told.0,
                    void_time: told.1,
                    results,
                }),
            };
        }
        if !request.makes_sense(ops) {
            return fail(ResultCode::PARAMETER, (0, 0));
        }
        let touches = ops.iter().any(|op| matches!(op, Op::Touch));
        let must_exist = touches || matches!(request.exists, Exists::UpdateOnly | Exists::ReplaceOnly);
        if must_exist && live.is_none() {
            return fail(ResultCode::NOT_FOUND, told);
        }
        if request.exists == Exists::CreateOnly && live.is_some() {
            return fail(ResultCode::RECORD_EXISTS, told);
        }
        let old = live.clone().unwrap_or_default();
        if !fits(request.generation, old.generation) {
            return fail(ResultCode::GENERATION, told);
        }
        let void_time = match request.ttl {
            ttl::NEVER | ttl::DEFAULT => 0,
            ttl::DONT_UPDATE => old.void_time,
            seconds if seconds > MAX_TTL => return fail(ResultCode::PARAMETER, told),
            seconds => self.now + seconds,
        };
        let replaces = matches!(request.exists, Exists::Replace | Exists::ReplaceOnly);
        let mut new = Record {
            generation: old.generation + 1,
            void_time,
            bins: if replaces { Vec::new() } else { old.bins },
        };
        let results = match new.execute(ops, request.respond_all_ops)? {
            Ok(results) => results,
            Err(code) => return fail(code, told),
        };
        let is_gone = new.bins.is_empty();
        if is_gone && (replaces || live.is_none()) {
            return fail(ResultCode::NOT_FOUND, told);
        }
        let expected = Expected {
            code: ResultCode::OK,
            generation: if is_gone { 0 } else { new.generation },
            void_time: if is_gone { 0 } else { new.void_time },
            results,
        };
        match is_gone {
            true => self.records.remove(&request.record),
            false => self.records.insert(request.record, new),
        };
        Ok(expected)
    }
}

fn fits(policy: Generation, generation: u32) -> bool {
    match policy {
        Generation::Any => true,
        Generation::Equal(expected) => generation == expected,
        Generation::Less(than) => generation < than,
    }
}

impl Record {
    fn get(&self, bin: &str) -> Option<&Node> {
        self.bins.iter().find(|(name, _)| *name == bin).map(|(_, node)| node)
    }

    fn set(&mut self, bin: &'static str, node: Option<Node>) {
        match (self.bins.iter().position(|(name, _)| *name == bin), node) {
            (Some(at), Some(node)) => self.bins[at].1 = node,
            (None, Some(node)) => self.bins.push((bin, node)),
            (Some(at), None) => drop(self.bins.remove(at)),
            (None, None) => {}
        }
    }

    fn execute(&mut self, ops: &[Op], respond_all: bool) -> Result<Result<Vec<Expectation>, ResultCode>, Unknown> {
        let mut results = Vec::new();
        for (i, op) in ops.iter().enumerate() {
            let expect = |bin, value| Expectation {
                bin,
                value,
                any_order: false,
            };
            match op {
                Op::Touch => {}
                Op::ReadAll => results.extend(self.bins.iter().map(|(bin, node)| Expectation {
                    bin,
                    value: ExpectedValue::Exactly(node.clone().into()),
                    any_order: true,
                })),
                Op::DeleteAll => {
                    self.bins.clear();
                    results.push(expect("", ExpectedValue::Exactly(Value::Nil)));
                }
                _ => match self.execute_one(op) {
                    None => return Err(Unknown(i)),
                    Some(Err(code)) => return Ok(Err(code)),
                    Some(Ok(ExpectedValue::Any)) => return Err(Unknown(i)),
                    Some(Ok(value)) => results.push(expect(op.bin(), value)),
                },
            }
        }
        if !respond_all {
            // Without the flag, nil is not a result. Which operations nevertheless return it depends on the server.
            results.retain(|result| result.value != ExpectedValue::Exactly(Value::Nil));
        }
        Ok(Ok(results))
    }

    fn execute_one(&mut self, op: &Op) -> nested::Followed<ExpectedValue> {
        const NOTHING: ExpectedValue = ExpectedValue::Exactly(Value::Nil);
        let bin = op.bin();
        let held = self.get(bin).cloned();
        let plain = held.clone().map(Value::from);
        let written = match op {
            Op::Read(_) => return Some(Ok(ExpectedValue::Exactly(plain.unwrap_or_default()))),
            Op::Write(_, value) => Ok(value.clone()),
            Op::RemoveBin(_) => {
                self.set(bin, None);
                return Some(Ok(NOTHING));
            }
            Op::Add(_, by) => scalar::add(plain.as_ref(), by),
            Op::Append(_, value) => scalar::append(plain.as_ref(), value),
            Op::Prepend(_, value) => scalar::prepend(plain.as_ref(), value),
            Op::Bits(_, op) => {
                let blob = match &plain {
                    None if op.is_read() => return Some(Ok(NOTHING)),
                    None => None,
                    Some(Value::Blob(blob)) => Some(blob.as_slice()),
                    // The server checks first that the bin exists.
                    Some(_) if !op.is_read() && bits::modify(Some(&[]), op) == Err(ResultCode::BIN_EXISTS) => {
                        return Some(Err(ResultCode::BIN_EXISTS));
                    }
                    Some(_) if !op.is_read() && bits::is_forbidden_by_existence(op) => return Some(Ok(NOTHING)),
                    Some(_) => return Some(Err(ResultCode::INCOMPATIBLE_TYPE)),
                };
                if op.is_read() {
                    return Some(bits::read(blob.unwrap_or_default(), op).map(ExpectedValue::Exactly));
                }
                match bits::modify(blob, op) {
                    Err(code) => return Some(Err(code)),
                    Ok(None) => return None,
                    Ok(Some(left)) => {
                        self.set(bin, left.map(|blob| Node::Plain(Value::Blob(blob))));
                        return Some(Ok(NOTHING));
                    }
                }
            }
            Op::List(_, call, context) => {
                return self.collection(bin, held, context, call.modifies(), &mut |node, n| {
                    on_list(node, call, n)
                });
            }
            Op::Map(_, call, context) => {
                return self.collection(bin, held, context, call.modifies(), &mut |node, n| {
                    on_map(node, call, n)
                });
            }
            Op::Touch | Op::ReadAll | Op::DeleteAll => unreachable!("carried out elsewhere"),
        };
        Some(written.map(|value| {
            self.set(bin, Some(value.into()));
            NOTHING
        }))
    }

    /// Executes an operation on a collection. The operation receives its depth, and whether the bin exists.
    fn collection(
        &mut self,
        bin: &'static str,
        mut held: Option<Node>,
        context: &[Step],
        modifies: bool,
        apply: &mut dyn FnMut(&mut Option<Node>, Place) -> nested::Followed<ExpectedValue>,
    ) -> nested::Followed<ExpectedValue> {
        if held.is_none() && !modifies {
            return Some(Ok(ExpectedValue::Exactly(Value::Nil)));
        }
        if matches!(held, Some(Node::Plain(_))) && !context.is_empty() {
            return Some(Err(ResultCode::PARAMETER));
        }
        // If the bin is missing, the first step must be one that creates it.
        if held.is_none() && context.first().is_some_and(|step| !nested::creates(step)) {
            return Some(Err(ResultCode::OP_NOT_APPLICABLE));
        }
        let place = Place {
            is_nested: !context.is_empty(),
            in_bin: held.is_some(),
        };
        let result = follow(&mut held, context, &mut |node| match node {
            None if !modifies => Some(Err(ResultCode::OP_NOT_APPLICABLE)),
            // A context must select a collection.
            Some(Node::Plain(_)) => Some(Err(ResultCode::INCOMPATIBLE_TYPE)),
            node => apply(node, place),
        })?;
        if result.is_ok() && modifies {
            self.set(bin, held);
        }
        Some(result)
    }
}

/// The location of the collection that an operation is applied to.
#[derive(Debug, Clone, Copy)]
struct Place {
    is_nested: bool,
    in_bin: bool,
}

fn on_list(node: &mut Option<Node>, call: &list::Call, place: Place) -> nested::Followed<ExpectedValue> {
    let is_new = node.is_none();
    let orders = matches!(call, list::Call::SetOrder(true)) || (is_new && call.creates() == Some(true));
    // A list inside another one is never ordered here.
    if place.is_nested && orders {
        return None;
    }
    let mut fresh = match (&*node, call.creates()) {
        (Some(Node::List(list)), _) => list.clone(),
        (None, Some(ordered)) => list::List {
            ordered,
            ..list::List::default()
        },
        (None, None) if matches!(call, list::Call::Sort(..)) => {
            // If the context creates the list, the result of sorting it is unspecified.
            return match place.is_nested && place.in_bin {
                true => None,
                false => Some(Err(ResultCode::INCOMPATIBLE_TYPE)),
            };
        }
        (None, None) => return Some(Ok(ExpectedValue::Exactly(Value::Nil))),
        _ => return Some(Err(ResultCode::INCOMPATIBLE_TYPE)),
    };
    let (outcome, known) = fresh.apply(call);
    if !known {
        return None;
    }
    // A nested collection is not created if a flag forbids the write. A bin is created in any case.
    let writes = match call {
        list::Call::SetOrder(_) => true,
        list::Call::Append(list::Items::Many(values), ..) | list::Call::Insert(_, list::Items::Many(values), _) => {
            values.is_empty()
        }
        _ => false,
    };
    let is_made = !is_new || !place.is_nested || !fresh.items.is_empty() || writes;
    if outcome.is_ok() && is_made {
        *node = Some(Node::List(fresh));
    }
    Some(outcome)
}

fn on_map(node: &mut Option<Node>, call: &map::Call, place: Place) -> nested::Followed<ExpectedValue> {
    let is_new = node.is_none();
    let mut fresh = match (&*node, call.creates()) {
        (Some(Node::Map(map)), _) => map.clone(),
        (None, Some(flags)) => map::Map {
            order: map::order_of(flags),
            ..map::Map::default()
        },
        (None, None) => return Some(Ok(ExpectedValue::Exactly(Value::Nil))),
        _ => return Some(Err(ResultCode::INCOMPATIBLE_TYPE)),
    };
    let outcome = fresh.apply(call);
    let writes = match call {
        map::Call::SetOrder(_) => true,
        map::Call::PutItems(pairs, ..) => pairs.is_empty(),
        _ => false,
    };
    let is_made = !is_new || !place.is_nested || !fresh.pairs.is_empty() || writes;
    if outcome.is_ok() && is_made {
        *node = Some(Node::Map(fresh));
    }
    Some(outcome)
}

impl Op {
    fn bin(&self) -> &'static str {
        match self {
            Self::Read(bin)
            | Self::Write(bin, _)
            | Self::RemoveBin(bin)
            | Self::Add(bin, _)
            | Self::Append(bin, _)
            | Self::Prepend(bin, _)
            | Self::List(bin, ..)
            | Self::Map(bin, ..)
            | Self::Bits(bin, _) => bin,
            Self::Touch | Self::DeleteAll | Self::ReadAll => "",
        }
    }

    const fn reads(&self) -> bool {
        match self {
            Self::Read(_) | Self::ReadAll => true,
            Self::List(_, call, _) => !call.modifies(),
            Self::Map(_, call, _) => !call.modifies(),
            Self::Bits(_, op) => op.is_read(),
            _ => false,
        }
    }

    fn operation(&self) -> Operation {
        let cdt = |(argument, modifies)| {
            let code = if modifies { OpCode::CDT_MODIFY } else { OpCode::CDT_READ };
            Operation::raw(code, self.bin(), ParticleType::BLOB, argument)
        };
        let context = |steps: &[Step]| steps.iter().cloned().collect::<Context>();
        match self {
            Self::Read(bin) => Operation::get(*bin),
            Self::ReadAll => Operation::get_all(),
            Self::Write(bin, value) => Operation::write(*bin, value.clone()),
            Self::RemoveBin(bin) => Operation::remove_bin(*bin),
            Self::Add(bin, value) => Operation::add(*bin, value.clone()),
            Self::Append(bin, value) => Operation::append(*bin, value.clone()),
            Self::Prepend(bin, value) => Operation::prepend(*bin, value.clone()),
            Self::Touch => Operation::touch(),
            Self::DeleteAll => Operation::delete(),
            Self::List(_, call, steps) => cdt(call.encode(&context(steps))),
            Self::Map(_, call, steps) => cdt(call.encode(&context(steps))),
            Self::Bits(bin, op) => {
                let mut argument = Vec::new();
                op.encode(&mut argument);
                let code = if op.is_read() {
                    OpCode::BITS_READ
                } else {
                    OpCode::BITS_MODIFY
                };
                Operation::raw(code, *bin, ParticleType::BLOB, argument)
            }
        }
    }
}

impl Request {
    /// Whether the operations can be combined in one write command.
    fn makes_sense(&self, ops: &[Op]) -> bool {
        let replaces = matches!(self.exists, Exists::Replace | Exists::ReplaceOnly);
        let changes = |op: &Op| !op.reads() && !matches!(op, Op::Write(..));
        let reads_all = ops.iter().filter(|op| matches!(op, Op::ReadAll)).count();
        let has_result = |op: &Op| match op {
            Op::ReadAll => false,
            Op::List(..) | Op::Map(..) => true,
            op => op.reads(),
        };
        let alone = reads_all == 0 || (reads_all == 1 && !self.respond_all_ops && !ops.iter().any(has_result));
        alone && !(replaces && ops.iter().any(changes))
    }

    /// Removes the operations that can cause a known crash.
    pub fn leave_out_known_crashes(&mut self, detector: &mut Detector) {
        let can_crash = |op: &Op, detector: &mut Detector| {
            let operation = op.operation();
            let (particle_type, argument) = operation.argument();
            detector.check(operation.code(), particle_type, &argument).is_some()
        };
        if let Some(ops) = &mut self.ops {
            ops.retain(|op| !can_crash(op, detector));
        }
    }

    /// The command that is sent to a server.
    #[must_use]
    pub fn command(&self) -> Command {
        Command {
            record: self.record,
            action: match &self.ops {
                Some(ops) => Action::Operate(ops.iter().map(Op::operation).collect()),
                None => Action::Delete,
            },
            exists: self.exists,
            generation: self.generation,
            ttl: self.ttl,
            respond_all_ops: self.respond_all_ops,
            filter: None,
        }
    }
}

impl Expected {
    /// Whether a server's response is the expected one.
    #[must_use]
    pub fn allows(&self, response: &wire::Response, respond_all_ops: bool) -> bool {
        let head = (response.code, response.generation, response.void_time);
        let mut results: Vec<&OpResult> = response.results.iter().collect();
        if !respond_all_ops {
            results.retain(|result| result.particle_type != ParticleType::NULL);
        }
        head == (self.code, self.generation, self.void_time)
            && results.len() == self.results.len()
            && self.results.iter().enumerate().all(|(i, expected)| {
                let fits = |result: &OpResult| result.bin == expected.bin && expected.value.allows(&result.value());
                match expected.any_order {
                    true => results.iter().any(|result| fits(result)),
                    false => fits(results[i]),
                }
            })
    }
}
