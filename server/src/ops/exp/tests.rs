//! Tests of expressions, each in a few words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use spikelet_wire::exp::{Type, flags};
use spikelet_wire::msgpack::write;
use spikelet_wire::{Digest, ParticleType, ResultCode, UserKey, Value as Element};

use super::build::MAX_DEPTH;
use super::value::Unknown;
use super::*;
use crate::clock::Now;
use crate::ops::Particle;

/// A record of a few bins, written 5 seconds ago, with 100 seconds to live.
struct Record {
    digest: Digest,
    bins: BTreeMap<&'static [u8], Particle>,
}

const NOW: Now = Now(1_000_000_000);

impl RecordView for Record {
    fn bin(&self, name: &[u8]) -> Option<&Particle> {
        self.bins.get(name)
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn set_name(&self) -> Cow<'_, [u8]> {
        b"demo".into()
    }

    fn key(&self) -> Option<(ParticleType, &[u8])> {
        Some((ParticleType::STRING, b"user1"))
    }

    fn void_time(&self) -> u32 {
        NOW.seconds() + 100
    }

    fn last_update(&self) -> Now {
        Now(NOW.0 - 5000)
    }

    fn stored_size(&self) -> u32 {
        64
    }
}

fn record() -> Record {
    let bins: [(&'static [u8], Particle); 4] = [
        (b"i", Particle::Int(7)),
        (b"f", Particle::Float(1.5)),
        (b"s", Particle::bytes(ParticleType::STRING, &b"hello"[..])),
        (b"l", Particle::bytes(ParticleType::LIST, &[0x93, 1, 2, 3])),
    ];
    Record {
        digest: Digest::of("demo", &UserKey::from("user1")),
        bins: bins.into_iter().collect(),
    }
}

/// An operator and its operands, which are msgpack already.
fn op(code: u8, operands: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    write::list(&mut out, operands.len() as u32 + 1);
    write::int(&mut out, i64::from(code));
    out.extend(operands.concat());
    out
}

fn lit(value: impl Into<Element>) -> Vec<u8> {
    let mut out = Vec::new();
    value.into().pack(&mut out);
    out
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write::raw(&mut out, bytes);
    out
}

fn bin(of: Type, name: &[u8]) -> Vec<u8> {
    op(81, &[lit(i64::from(of.code())), raw(name)])
}

#[track_caller]
fn value(expression: &[u8]) -> Result<Option<Particle>, Unknown> {
    Expression::build(expression)
        .expect("a valid expression")
        .evaluate(&record(), NOW)
}

#[track_caller]
fn is(expression: &[u8], expected: impl Into<Element>) {
    let found = value(expression).expect("a known value");
    let found = found.map_or(Element::Nil, |particle| particle.to_value().expect("a readable value"));
    assert_eq!(found, expected.into());
}

#[track_caller]
fn unknown(expression: &[u8]) {
    assert_eq!(value(expression), Err(Unknown));
}

#[track_caller]
fn invalid(expression: &[u8]) {
    assert_eq!(Expression::build(expression).err(), Some(ResultCode::PARAMETER));
}

fn t() -> Vec<u8> {
    lit(true)
}

fn f() -> Vec<u8> {
    lit(false)
}

fn u() -> Vec<u8> {
    op(0, &[])
}

#[test]
fn logic_has_three_values() {
    is(&op(16, &[u(), f()]), false);
    is(&op(17, &[u(), t()]), true);
    unknown(&op(16, &[u(), t()]));
    unknown(&op(17, &[f(), u()]));
    unknown(&op(18, &[u()]));
    is(&op(19, &[t(), f(), f()]), true);
    is(&op(19, &[t(), t(), u()]), false);
    unknown(&op(19, &[t(), u(), t()]));
    invalid(&op(16, &[t()]));
    invalid(&op(18, &[lit(1)]));
}

#[test]
fn a_filter_that_is_unknown_does_not_match() {
    let filter = |bytes: &[u8]| Expression::build_filter(bytes).map(|filter| filter.matches(&record(), NOW));
    assert_eq!(filter(&op(3, &[bin(Type::Int, b"i"), lit(6)])), Ok(true));
    assert_eq!(filter(&op(3, &[bin(Type::Int, b"i"), lit(7)])), Ok(false));
    assert_eq!(filter(&op(3, &[bin(Type::Int, b"none"), lit(7)])), Ok(false));
    assert_eq!(filter(&op(2, &[bin(Type::Int, b"none"), lit(7)])), Ok(false));
    assert_eq!(filter(&u()), Ok(false));
    assert_eq!(filter(&lit(1)), Err(ResultCode::PARAMETER));
}

#[test]
fn only_values_of_the_same_type_are_compared() {
    is(&op(1, &[bin(Type::String, b"s"), lit("hello")]), true);
    is(&op(5, &[lit(vec![1_u8]), lit(vec![1_u8, 0])]), true);
    is(&op(4, &[lit(()), lit(())]), true);
    is(&op(3, &[t(), f()]), true);
    is(&op(1, &[lit(f64::NAN), lit(f64::NAN)]), false);
    is(&op(2, &[lit(f64::NAN), lit(f64::NAN)]), true);
    is(&op(1, &[bin(Type::List, b"l"), op(126, &[lit([1, 2, 3])])]), true);
    unknown(&op(1, &[bin(Type::Int, b"s"), lit(1)]));
    invalid(&op(1, &[lit(1), lit(1.0)]));
    invalid(&op(1, &[lit(1)]));
    // Lists have to be quoted.
    invalid(&op(1, &[bin(Type::List, b"l"), lit([1, 2, 3])]));
}

#[test]
fn numbers_overflow_as_on_x86_64() {
    is(&op(20, &[lit(i64::MAX), lit(1)]), i64::MIN);
    is(&op(21, &[lit(5)]), -5);
    is(&op(23, &[lit(100), lit(5), lit(2)]), 10);
    is(&op(23, &[lit(4.0)]), 0.25);
    unknown(&op(23, &[lit(1), lit(0)]));
    unknown(&op(26, &[lit(1), lit(0)]));
    is(&op(26, &[lit(-7), lit(3)]), -1);
    is(&op(30, &[lit(1e300)]), i64::MIN);
    is(&op(30, &[lit(-1.9)]), -1);
    is(&op(36, &[lit(1), lit(65)]), 2);
    is(&op(38, &[lit(-8), lit(1)]), -4);
    is(&op(40, &[lit(1), t()]), 63);
    is(&op(40, &[lit(0), t()]), -1);
    is(&op(41, &[lit(8), t()]), 60);
    is(&op(41, &[lit(-1), f()]), -1);
    is(&op(51, &[lit(1.0), bin(Type::Float, b"f")]), 1.5);
    invalid(&op(20, &[lit(1), lit(1.0)]));
    invalid(&op(20, &[]));
}

#[test]
fn operators_read_the_record() {
    is(&op(69, &[]), 100);
    is(&op(67, &[]), 5000);
    is(&op(68, &[]), Now(NOW.0 + 100_000).unix_nanoseconds());
    is(&op(70, &[]), "demo");
    is(&op(71, &[]), true);
    is(&op(72, &[]), false);
    is(&op(74, &[]), 64);
    is(&op(80, &[lit(3)]), "user1");
    unknown(&op(80, &[lit(2)]));
    is(&op(82, &[raw(b"l")]), 20);
    is(&op(82, &[raw(b"none")]), 0);
    invalid(&op(64, &[lit(0)]));
    invalid(&op(82, &[raw(b"sixteen bytes it")]));
}

#[test]
fn unknown_fits_any_type_in_cond() {
    is(&op(123, &[f(), u(), t(), lit(2), u()]), 2);
    unknown(&op(123, &[u(), lit(1), lit(2)]));
    unknown(&op(123, &[t(), u(), lit(2)]));
    is(&op(123, &[f(), lit(1), lit(3)]), 3);
    invalid(&op(123, &[f(), lit(1), lit("x")]));
    invalid(&op(123, &[f(), lit(1)]));
}

#[test]
fn variables_have_a_scope() {
    let x = || op(124, &[raw(b"x")]);
    is(&op(125, &[raw(b"x"), lit(2), op(22, &[x(), x()])]), 4);
    // Unknown only where it is used.
    is(&op(125, &[raw(b"x"), bin(Type::Int, b"none"), lit(1)]), 1);
    unknown(&op(125, &[raw(b"x"), bin(Type::Int, b"none"), x()]));
    is(&op(125, &[raw(b"x"), lit(1), raw(b"y"), x(), op(124, &[raw(b"y")])]), 1);
    invalid(&op(125, &[raw(b"x"), x(), lit(1)]));
    invalid(&op(125, &[raw(b"x"), lit(1), op(125, &[raw(b"x"), lit(1), lit(1)])]));
    invalid(&op(125, &[raw(b"1"), lit(1), lit(1)]));
    invalid(&op(16, &[op(125, &[raw(b"x"), t(), t()]), x()]));
}

#[test]
fn an_element_is_found_in_a_list() {
    is(&op(9, &[lit(2), bin(Type::List, b"l")]), true);
    is(&op(9, &[lit("2"), bin(Type::List, b"l")]), false);
    invalid(&op(9, &[lit(2), lit(2)]));
}

#[test]
fn operations_are_called() {
    // [type, system, operation, bin]; the system of a modification has an additional flag.
    let call = |of: Type, system: i64, operation: &[u8], bin: Vec<u8>| {
        op(127, &[lit(i64::from(of.code())), lit(system), operation.to_vec(), bin])
    };
    let (append, size, get) = ([0x92, 1, 9], [0x91, 16], [0x92, 17, 1]);
    is(&call(Type::Int, 0, &size, bin(Type::List, b"l")), 3);
    is(&call(Type::List, 0x40, &append, bin(Type::List, b"l")), [1, 2, 3, 9]);
    // The value of a parameter is computed.
    let computed = op(21, &[lit(3), lit(1)]);
    let get_computed = [&[0x92, 17][..], &computed].concat();
    is(&call(Type::Int, 0, &get_computed, bin(Type::List, b"l")), 3);
    unknown(&call(Type::String, 0, &get, bin(Type::List, b"l")));
    unknown(&call(Type::Int, 0, &[0x92, 17, 7], bin(Type::List, b"l")));
    // A modification of nil creates a value. A read of nil is unknown.
    is(&call(Type::List, 0x40, &append, lit(())), [9]);
    unknown(&call(Type::Nil, 0, &size, lit(())));
    invalid(&call(Type::Int, 0, &size, bin(Type::Int, b"i")));
    invalid(&call(Type::Int, 7, &size, bin(Type::List, b"l")));
    invalid(&call(Type::Int, 0, &[0x90], bin(Type::List, b"l")));
}

#[test]
fn the_steps_of_an_expression_are_limited() {
    // Each variable is a list that holds the previous variable twice.
    let appended = |name: &str| {
        let var = op(124, &[raw(name.as_bytes())]);
        let operation = [&[0x92, 2][..], &var].concat();
        op(127, &[lit(4), lit(0x40), operation, var])
    };
    let mut bindings = vec![raw(b"v0"), op(126, &[lit([1, 2, 3, 4, 5, 6, 7, 8])])];
    for i in 1..40 {
        bindings.push(raw(format!("v{i}").as_bytes()));
        bindings.push(appended(&format!("v{}", i - 1)));
    }
    bindings.push(op(124, &[raw(b"v39")]));
    unknown(&op(125, &bindings));
}

#[test]
fn regions_contain_points() {
    let geo = |text: &str| lit(Element::GeoJson(text.to_owned()));
    let point = || geo(r#"{"type":"Point","coordinates":[0.5,0.5]}"#);
    let region = || geo(r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}"#);
    is(&op(8, &[point(), region()]), true);
    is(&op(8, &[region(), point()]), true);
    is(&op(8, &[region(), region()]), false);
    invalid(&op(8, &[geo("{}"), point()]));
    // Geometries have no other order.
    invalid(&op(1, &[point(), point()]));
}

#[test]
fn hostile_bytes_are_refused() {
    let deep = |depth: usize| [[0x92, 18].repeat(depth), vec![0xc3]].concat();
    assert!(Expression::build(&deep(MAX_DEPTH)).is_ok());
    is(&deep(MAX_DEPTH), true);
    invalid(&deep(MAX_DEPTH + 1));
    invalid(&deep(1 << 20));
    for bytes in [
        &[][..],
        &[0x90],
        &[0x91, 0xc0],
        &[0x91, 10],
        &[0xdd, 0xff, 0xff, 0xff, 0xff, 16],
        &[0x92, 18],
        &[0xc3, 0xc3],
        &[0xd4, 0xff, 0x01],
        &[0xa1, 9],
        &[0xa0],
    ] {
        invalid(bytes);
    }
    // A wide expression.
    let wide = [vec![0xdd, 0, 2, 0, 1, 16], vec![0xc3; 0x20000]].concat();
    invalid(&wide);
}

#[test]
fn operations_have_flags() {
    let with = |expression: Vec<u8>, flags: u64| [vec![0x92], expression, vec![flags as u8]].concat();
    let modify = |argument: &[u8], exists| modify_op(argument, &record(), NOW, exists);
    assert_eq!(read_op(&with(lit(1), 0), &record(), NOW), Ok(Some(Particle::Int(1))));
    assert_eq!(read_op(&with(lit(()), 0), &record(), NOW), Ok(None));
    assert_eq!(
        read_op(&with(u(), 0), &record(), NOW),
        Err(ResultCode::OP_NOT_APPLICABLE)
    );
    assert_eq!(read_op(&with(u(), flags::EVAL_NO_FAIL), &record(), NOW), Ok(None));
    assert_eq!(
        read_op(&with(lit(1), flags::CREATE_ONLY), &record(), NOW),
        Err(ResultCode::PARAMETER)
    );
    assert_eq!(modify(&with(lit(1), 0), true), Ok(BinChange::Set(Particle::Int(1))));
    assert_eq!(
        modify(&with(lit(1), flags::CREATE_ONLY), true),
        Err(ResultCode::BIN_EXISTS)
    );
    assert_eq!(
        modify(&with(lit(1), flags::UPDATE_ONLY), false),
        Err(ResultCode::BIN_NOT_FOUND)
    );
    let no_fail = flags::UPDATE_ONLY | flags::POLICY_NO_FAIL;
    assert_eq!(modify(&with(lit(1), no_fail), false), Ok(BinChange::Keep));
    assert_eq!(modify(&with(lit(()), 0), true), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(modify(&with(lit(()), flags::ALLOW_DELETE), true), Ok(BinChange::Delete));
    assert_eq!(modify(&with(lit(()), flags::UPDATE_ONLY), true), Ok(BinChange::Keep));
    assert_eq!(modify(&with(u(), 0), true), Err(ResultCode::OP_NOT_APPLICABLE));
    assert_eq!(modify(&with(u(), flags::EVAL_NO_FAIL), true), Ok(BinChange::Keep));
}
