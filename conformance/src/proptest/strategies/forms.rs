//! Strategies for msgpack that is not in its shortest form.
//!
//! Clients encode the same value in different forms: an integer in more bytes than it needs, a string under a `bin`
//! header, a list with a 32-bit count. The server keeps some forms as they are, and shortens others.

use proptest::collection::vec;
use proptest::prelude::*;
use spikelet_client::Operation;
use spikelet_wire::cdt::CONTEXT;
use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{DecodeError, OpCode, ParticleType, Value};

use super::collections::{lists, maps};
use super::values::{list, map, mostly, value};

/// The integer headers, and the sizes of their integers in bytes.
const UNSIGNED: [(u8, usize); 4] = [(0xcc, 1), (0xcd, 2), (0xce, 4), (0xcf, 8)];
const SIGNED: [(u8, usize); 4] = [(0xd0, 1), (0xd1, 2), (0xd2, 4), (0xd3, 8)];
/// The headers of byte strings: text first, then `bin`.
const BYTES: [(u8, usize); 6] = [(0xd9, 1), (0xda, 2), (0xdb, 4), (0xc4, 1), (0xc5, 2), (0xc6, 4)];
const LISTS: [(u8, usize); 2] = [(0xdc, 2), (0xdd, 4)];
const MAPS: [(u8, usize); 2] = [(0xde, 2), (0xdf, 4)];
const EXTENSIONS: [(u8, usize); 3] = [(0xc7, 1), (0xc8, 2), (0xc9, 4)];

/// An operation on a list or map, or a write of one, with values in any form.
pub fn forms() -> impl Strategy<Value = Operation> {
    // Values around the sizes from which the server keeps a header as it is.
    let long = prop_oneof![Just(31_usize), Just(32), Just(255), Just(256)];
    let long = (long, any::<bool>()).prop_map(|(size, text)| match text {
        true => Value::from("x".repeat(size)),
        false => Value::Blob(vec![7; size]),
    });
    let items = vec(prop_oneof![3 => value(), 1 => long], 0..4).prop_map(Value::List);
    let written = prop_oneof![(mostly("list"), prop_oneof![list(), items]), (mostly("map"), map()),];
    let written = written.prop_map(|(bin, value)| Operation::write(bin, value));
    let operation = prop_oneof![1 => written.boxed(), 2 => lists().boxed(), 2 => maps().boxed()];
    (operation, vec(any::<u8>(), 1..16)).prop_map(|(operation, choices)| in_other_forms(&operation, &choices))
}

/// The operation with its values in the chosen forms; 0 is the shortest.
fn in_other_forms(operation: &Operation, choices: &[u8]) -> Operation {
    let (particle_type, argument) = operation.argument();
    let mut writer = Writer {
        out: Vec::new(),
        choices: choices.iter().copied().cycle(),
    };
    let mut reader = Reader::new(&argument);
    let written = match operation.code() {
        OpCode::WRITE if matches!(particle_type, ParticleType::LIST | ParticleType::MAP) => writer.value(&mut reader),
        OpCode::CDT_READ | OpCode::CDT_MODIFY => writer.call(&mut reader),
        _ => return operation.clone(),
    };
    match written {
        Ok(()) => Operation::raw(operation.code(), operation.bin(), particle_type, writer.out),
        Err(_) => operation.clone(),
    }
}

struct Writer<'c> {
    out: Vec<u8>,
    choices: std::iter::Cycle<std::iter::Copied<std::slice::Iter<'c, u8>>>,
}

impl Writer<'_> {
    /// Writes an operation: its code and the codes of its context in the shortest form, all values in any form.
    fn call(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let n = reader.list()?;
        self.short_list(n);
        let code = reader.element()?;
        self.out.extend_from_slice(code);
        if Reader::new(code).int()? != i64::from(CONTEXT) {
            return (1..n).try_for_each(|_| self.value(reader));
        }
        let steps = reader.list()?;
        self.short_list(steps);
        for _ in 0..steps / 2 {
            self.out.extend_from_slice(reader.element()?);
            self.value(reader)?;
        }
        self.call(reader)
    }

    fn short_list(&mut self, n: u32) {
        // No operation has more arguments, and no context of the strategies more steps.
        self.out.push(0x90 | (n as u8 & 0x0f));
    }

    fn value(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let before = reader.rest();
        match reader.token()? {
            Token::Int(n) => {
                let all = SIGNED.iter().chain(if n < 0 { &[][..] } else { &UNSIGNED[..] });
                let fits = |marker: u8, size: usize| {
                    let bits = 8 * size as u32 - u32::from(marker >= 0xd0);
                    let magnitude = if n < 0 { !n } else { n };
                    magnitude.unsigned_abs().checked_shr(bits).unwrap_or(0) == 0
                };
                let wide: Vec<_> = all.copied().filter(|(marker, size)| fits(*marker, *size)).collect();
                match self.choose(&wide) {
                    Some((marker, size)) => {
                        self.out.push(marker);
                        self.out.extend_from_slice(&n.to_be_bytes()[8 - size..]);
                    }
                    None => self.copy(before, reader),
                }
            }
            Token::Bytes(bytes) => match self.choose(&fitting(&BYTES, bytes.len())) {
                Some(header) => {
                    self.head(header, bytes.len());
                    self.out.extend_from_slice(bytes);
                }
                None => self.copy(before, reader),
            },
            Token::Ext(kind, content) => match self.choose(&fitting(&EXTENSIONS, content.len())) {
                Some(header) => {
                    self.head(header, content.len());
                    self.out.push(kind as u8);
                    self.out.extend_from_slice(content);
                }
                None => self.copy(before, reader),
            },
            Token::List(n) => {
                match self.choose(&fitting(&LISTS, n as usize)) {
                    Some(header) => self.head(header, n as usize),
                    None => self.copy(before, reader),
                }
                for _ in 0..n {
                    self.value(reader)?;
                }
            }
            Token::Map(n) => {
                match self.choose(&fitting(&MAPS, n as usize)) {
                    Some(header) => self.head(header, n as usize),
                    None => self.copy(before, reader),
                }
                for _ in 0..2 * u64::from(n) {
                    self.value(reader)?;
                }
            }
            Token::Nil | Token::Bool(_) | Token::Uint(_) | Token::Float(_) => self.copy(before, reader),
        }
        Ok(())
    }

    /// One of the headers, or none for the shortest form.
    fn choose(&mut self, headers: &[(u8, usize)]) -> Option<(u8, usize)> {
        let choice = usize::from(self.choices.next().unwrap_or_default()) % (headers.len() + 2);
        headers.get(choice.checked_sub(2)?).copied()
    }

    fn head(&mut self, (marker, size): (u8, usize), n: usize) {
        self.out.push(marker);
        self.out.extend_from_slice(&(n as u64).to_be_bytes()[8 - size..]);
    }

    /// Copies what was read since `before`.
    fn copy(&mut self, before: &[u8], reader: &Reader<'_>) {
        let read = before.len() - reader.rest().len();
        self.out.extend_from_slice(&before[..read]);
    }
}

/// The headers whose count has enough bytes.
fn fitting(headers: &[(u8, usize)], n: usize) -> Vec<(u8, usize)> {
    let fits = |size: usize| size >= 8 || (n as u64) >> (8 * size) == 0;
    headers.iter().copied().filter(|(_, size)| fits(*size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_other_forms_are_the_same_values() {
        let value = Value::List(vec![
            1.into(),
            (-1).into(),
            i64::MIN.into(),
            i64::MAX.into(),
            200.into(),
            "text".into(),
            Value::Blob(vec![1, 2]),
            Value::Map([("k", 300)].into_iter().collect()),
            Value::Nil,
            Value::Float(0.5),
        ]);
        let (particle_type, shortest) = value.to_particle();
        let mut seen = std::collections::BTreeSet::new();
        for choice in 0..=40 {
            let operation = in_other_forms(&Operation::write("b", value.clone()), &[choice]);
            let (_, bytes) = operation.argument();
            assert_eq!(
                Value::from_particle(particle_type, &bytes).unwrap(),
                value,
                "{bytes:02x?}"
            );
            seen.insert(bytes.into_owned());
        }
        assert!(seen.contains(&shortest.to_vec()) && seen.len() > 8, "{}", seen.len());
    }

    #[test]
    fn operations_in_other_forms_have_the_same_arguments() {
        use spikelet_wire::cdt::CallWriter;
        use spikelet_wire::context::Context;
        use spikelet_wire::map::MapOp;

        let call = CallWriter::new(MapOp::Put.operation()).value(&"k".into()).int(5);
        let argument = call.finish(&Context::new().map_key("a").list_index(-1));
        let put = Operation::raw(OpCode::CDT_MODIFY, "m", ParticleType::BLOB, argument.clone());
        for choice in 0..=40 {
            let operation = in_other_forms(&put, &[choice]);
            let (_, other) = operation.argument();
            let unpack = |bytes: &[u8]| Value::unpack(&mut Reader::new(bytes)).unwrap();
            assert_eq!(unpack(&other), unpack(&argument));
        }
    }
}
