//! Tests of scripts. Their subjects are values, records, modules and limits.

mod limits;
mod modules;
mod records;
mod values;

use std::time::Duration;

use spikelet_wire::{Digest, ParticleType, ResultCode, Value};

use super::{Answer, Call, Modules, Returned, Subject, Work};
use crate::clock::Now;
use crate::ops::Particle;
use crate::store::{Bin, BinName};

const NOW: Now = Now(1_000_000);

fn bin(name: &str, value: Particle) -> Bin {
    Bin {
        name: BinName::new(name.as_bytes()).unwrap(),
        value,
    }
}

fn particle(value: impl Into<Value>) -> Particle {
    let (particle_type, data) = value.into().to_particle();
    Particle::from_wire(particle_type, &data).unwrap()
}

fn subject(bins: Vec<Bin>) -> Subject {
    Subject {
        digest: Digest([7; 20]),
        now: NOW,
        exists: !bins.is_empty(),
        can_be_made: true,
        is_read_only: false,
        set: Some(b"demo"[..].into()),
        key: Some(b"\x03user"[..].into()),
        generation: 3,
        void_time: 1_100,
        last_update: Now(999_000),
        stored_size: 64,
        bins: bins.into(),
    }
}

/// Registers a script and calls its function `f`.
fn call(script: &str, subject: Subject, arguments: &[Value], limit: Duration) -> (Answer, Work) {
    let modules = Modules::new("/opt/aerospike");
    modules.put("m.lua", script.as_bytes()).unwrap();
    let mut packed = Vec::new();
    Value::from(arguments.to_vec()).pack(&mut packed);
    let call = Call {
        module: b"m",
        function: b"f",
        arguments: &packed,
        limit,
    };
    let (answer, work) = modules.apply(NOW, &call, Work::new(subject, None));
    (answer, work.unwrap())
}

fn work(script: &str, subject: Subject, arguments: &[Value]) -> (Answer, Work) {
    call(script, subject, arguments, Duration::from_secs(10))
}

/// Calls a function with this body, with a record and arguments, and returns its result.
fn value(body: &str, arguments: &[Value]) -> Value {
    let script = format!("function f(rec, a, b)\n{body}\nend");
    let bins = vec![bin("n", Particle::Int(1)), bin("l", particle(vec![1, 2, 3]))];
    match work(&script, subject(bins), arguments).0 {
        Answer::Success(returned) => Value::from_particle(returned.particle_type, &returned.data).unwrap(),
        Answer::Failure(text) => panic!("{}", String::from_utf8_lossy(&text)),
    }
}

/// Calls a function that fails, and returns the message. Its body begins on line 2.
fn failure(body: &str) -> String {
    let script = format!("function f(rec, a, b)\n{body}\nend");
    match work(&script, subject(vec![bin("n", Particle::Int(1))]), &[]).0 {
        Answer::Failure(text) => String::from_utf8(text).unwrap(),
        Answer::Success(returned) => panic!("{returned:?}"),
    }
}

fn list(values: &[i64]) -> Value {
    Value::from(values.to_vec())
}
