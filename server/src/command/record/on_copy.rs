//! Operations and filters on large values, which take milliseconds: a sort of a million elements takes 0.2 s.

use bytes::BytesMut;
use spikelet_wire::{Info2, OpCode, ParticleType, ResultCode};

use super::offloaded::MAX_RUNS;
use super::reply::{Metadata, Refused, Reply};
use super::request::Request;
use super::void_time::ReadTouch;
use super::{read, write};
use crate::clock::Now;
use crate::refusal::Refusal;
use crate::state::add;
use crate::store::{HeldRecord, Namespace, Record, RecordLock};

/// Up to how many bytes operations may go through, all together, to be executed at once.
const SHORT: usize = 16 * 1024;

/// A command on a copy of a record with large values.
#[derive(Debug)]
pub(in crate::command) struct CommandOnCopy {
    now: Now,
    /// The record as the command found it.
    found: Option<HeldRecord>,
    /// The reply and the effect, after it has run.
    done: Option<Done>,
    runs: u32,
    /// None for a read.
    _lock: Option<RecordLock>,
}

#[derive(Debug)]
struct Done {
    code: ResultCode,
    reply: BytesMut,
    effect: Effect,
}

/// What a command does to its record.
#[derive(Debug)]
pub(super) enum Effect {
    None,
    Touch(ReadTouch),
    Put(Record),
    /// Replaces the record by this tombstone.
    Bury(Record),
    Remove,
}

impl CommandOnCopy {
    /// Begins a command if its operations go through many bytes. A command without operations does not.
    pub(super) fn begin(now: Now, namespace: &Namespace, request: &Request<'_>) -> Result<Option<Box<Self>>, Refused> {
        let (mut passes, mut size) = (usize::from(request.fields.filter.is_some()), 0_usize);
        for op in request.message.ops() {
            if is_slow(op.code, op.particle_type) {
                passes += 1;
                size += op.value.len();
            }
        }
        let info2 = request.header.info2;
        if passes == 0 || info2.contains(Info2::DELETE) {
            return Ok(None);
        }
        let found = {
            let partition = namespace.partition(request.partition());
            let record = partition.as_ref().and_then(|partition| partition.get(&request.digest));
            size += record.map_or(0, Record::value_bytes);
            if size.saturating_mul(passes) <= SHORT {
                return Ok(None);
            }
            partition.and_then(|partition| partition.hold(&request.digest))
        };
        let lock = if info2.contains(Info2::WRITE) {
            request.check_xdr(namespace)?;
            // The caller has checked the lock. Another thread may have been quicker since.
            let lock = namespace.record_locks.lock(&request.digest);
            Some(lock.ok_or(Refusal::KeyBusy)?)
        } else {
            None
        };
        Ok(Some(Box::new(Self {
            now,
            found,
            done: None,
            runs: 0,
            _lock: lock,
        })))
    }

    pub(super) const fn needs_run(&self) -> bool {
        self.done.is_none()
    }

    pub(super) fn run(&mut self, namespace: &Namespace, request: &Request<'_>, row: Option<u32>) {
        let mut out = BytesMut::new();
        let mut reply = match row {
            Some(index) => Reply::row(&mut out, index),
            None => Reply::single(&mut out),
        };
        let found = self.found.as_deref();
        let result = if request.header.info2.contains(Info2::WRITE) {
            write::on_copy(self.now, namespace, request, found, &mut reply)
        } else {
            read::on_copy(self.now, namespace, request, found, &mut reply)
        };
        let (code, effect) = match result {
            (Ok(()), effect) => (ResultCode::OK, effect),
            (Err(refused), effect) => (reply.refuse(refused), effect),
        };
        self.done = Some(Done {
            code,
            reply: out,
            effect,
        });
        self.runs += 1;
    }

    /// # Errors
    /// The command itself, if it has to run again.
    pub(super) fn finish(
        mut self: Box<Self>,
        namespace: &Namespace,
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<ResultCode, Box<Self>> {
        let Some(done) = self.done.take() else {
            return Err(self);
        };
        match done.effect {
            Effect::None => {}
            Effect::Touch(touch) => read::apply_touch(touch, self.now, namespace, request),
            effect @ (Effect::Put(_) | Effect::Bury(_) | Effect::Remove) => {
                let mut partition = namespace.partition_or_create(request.partition());
                if !partition.is_same(&request.digest, self.found.as_ref()) {
                    self.found = partition.hold(&request.digest);
                    return if self.runs < MAX_RUNS {
                        Err(self)
                    } else {
                        Ok(reply.refuse(Refusal::KeyBusy.with(Metadata::default())))
                    };
                }
                self.found = None;
                match effect {
                    Effect::Put(record) => namespace.insert(&mut partition, request.digest, record),
                    effect => {
                        match effect {
                            Effect::Bury(tombstone) => namespace.insert(&mut partition, request.digest, tombstone),
                            _ => namespace.remove(&mut partition, &request.digest),
                        }
                        add(&request.counted.deleted_last_bin, 1);
                    }
                }
            }
        }
        reply.append(&done.reply);
        Ok(done.code)
    }
}

/// Whether an operation takes time for each byte of its values, beyond copying them.
const fn is_slow(code: OpCode, particle_type: ParticleType) -> bool {
    match code {
        OpCode::CDT_READ
        | OpCode::CDT_MODIFY
        | OpCode::BITS_READ
        | OpCode::BITS_MODIFY
        | OpCode::HLL_READ
        | OpCode::HLL_MODIFY
        | OpCode::EXP_READ
        | OpCode::EXP_MODIFY => true,
        OpCode::WRITE => matches!(
            particle_type,
            ParticleType::LIST | ParticleType::MAP | ParticleType::GEOJSON
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use spikelet_wire::cdt::CallWriter;
    use spikelet_wire::context::Context;
    use spikelet_wire::list::ListOp;
    use spikelet_wire::{
        Digest, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Message, MessageWriter, Op, Value,
    };

    use super::*;
    use crate::command::{self, Flow};
    use crate::config::Config;
    use crate::state::State;

    /// Executes an operation on the bin `l`; returns whether it was a task, its result code, generation and value.
    fn execute(state: &State, info2: Info2, op: (OpCode, ParticleType, &[u8])) -> (bool, u8, u32, Option<Value>) {
        let (mut body, mut out) = (BytesMut::new(), BytesMut::new());
        let header = Header {
            info1: Info1::READ,
            info2,
            ..Header::default()
        };
        let mut message = MessageWriter::bare(&mut body, &header);
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::DIGEST, &[7; Digest::SIZE]);
        message.op(&Op::new(op.0, b"l", op.1, op.2));
        message.finish();
        let frame = FrameHeader::new(FrameType::MESSAGE, body.len());
        let mut session = state.connect(0, None);
        let flow = command::handle(state, Now(500_000_000_000), &mut session, frame, &body, &mut out);
        let is_task = matches!(flow, Flow::Task(_));
        if let Flow::Task(task) = flow {
            task.run(state, Now(500_000_000_000), &mut out);
        }
        let message = Message::decode(&out[FrameHeader::SIZE..]).unwrap();
        let value = message.ops().next();
        let value = value.map(|op| Value::from_particle(op.particle_type, op.value).unwrap());
        let header = message.header;
        (is_task, header.result_code().0, header.generation, value)
    }

    #[test]
    fn a_value_over_the_size_limit_is_refused_at_once() {
        let state = State::new(Config::default());
        let (small, over) = (vec![7; 100], vec![7; Record::MAX_SIZE + 1]);
        let put = |data: &[u8]| execute(&state, Info2::WRITE, (OpCode::WRITE, ParticleType::BLOB, data));
        assert_eq!(put(&small), (false, 0, 1, None));
        assert_eq!(put(&over), (false, ResultCode::RECORD_TOO_BIG.0, 1, None));
        let append = execute(&state, Info2::WRITE, (OpCode::APPEND, ParticleType::BLOB, &over));
        assert_eq!(append, (false, ResultCode::RECORD_TOO_BIG.0, 1, None));
        let get = execute(&state, Info2::empty(), (OpCode::READ, ParticleType::NULL, &[]));
        assert_eq!(get, (false, 0, 1, Some(Value::Blob(small))));
    }

    #[test]
    fn operations_on_large_values_do_the_same_as_on_small_ones() {
        for (count, is_large) in [(100, false), (20_000, true)] {
            let state = State::new(Config::default());
            let (list, data) = Value::List((0..count).rev().map(Value::Int).collect()).to_particle();
            let put = execute(&state, Info2::WRITE, (OpCode::WRITE, list, &data));
            assert_eq!(put, (is_large, 0, 1, None));
            let sort = CallWriter::new(ListOp::Sort.operation())
                .int(0)
                .finish(&Context::default());
            let sort = execute(&state, Info2::WRITE, (OpCode::CDT_MODIFY, ParticleType::BLOB, &sort));
            assert_eq!((sort.0, sort.1, sort.2), (is_large, 0, 2));
            let get = CallWriter::new(ListOp::Get.operation())
                .int(1)
                .finish(&Context::default());
            let get = execute(&state, Info2::empty(), (OpCode::CDT_READ, ParticleType::BLOB, &get));
            assert_eq!(get, (is_large, 0, 2, Some(Value::Int(1))));
            let far = CallWriter::new(ListOp::Get.operation())
                .int(count)
                .finish(&Context::default());
            let far = execute(&state, Info2::empty(), (OpCode::CDT_READ, ParticleType::BLOB, &far));
            assert_eq!((far.0, far.1), (is_large, ResultCode::OP_NOT_APPLICABLE.0));
            assert_eq!(
                state.namespaces()[0]
                    .counters
                    .objects
                    .load(std::sync::atomic::Ordering::Relaxed),
                1
            );
        }
    }
}
