//! Decoded operations on bins.

use std::fmt;

use spikelet_wire::bits::BitOperation;
use spikelet_wire::cdt::{self, Call};
use spikelet_wire::context::{Context, Step};
use spikelet_wire::hll::HllOperation;
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::msgpack::Reader;
use spikelet_wire::{Op, OpCode, ParticleType, Value};

use super::show::shown;

/// An operation of a request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Operation {
    /// The code.
    pub code: OpCode,
    /// The name, such as `read`, `write`, `add`, `append`, `touch`, `list.append_items`, `map.put`, `bit_set`, `hll_add` or
    /// `exp.read`. An unknown code is shown as `op 99`.
    pub name: String,
    /// The bin; empty for an operation on the record.
    pub bin: String,
    /// The value to write, add, append or prepend.
    pub value: Option<Value>,
    /// The path to the nested collection that a list or map operation applies to; empty for the collection in the bin.
    pub context: Context,
    /// The arguments of a list, map, bit or HyperLogLog operation, in order. Flags and return types are integers.
    pub arguments: Vec<Value>,
}

impl Operation {
    pub(super) fn of(op: &Op<'_>) -> Self {
        let mut operation = Self {
            code: op.code,
            name: String::new(),
            bin: String::from_utf8_lossy(op.name).into_owned(),
            value: None,
            context: Context::default(),
            arguments: Vec::new(),
        };
        match op.code {
            OpCode::CDT_READ | OpCode::CDT_MODIFY => operation.call(op.value, cdt_name),
            OpCode::BITS_READ | OpCode::BITS_MODIFY => {
                operation.call(op.value, |code| BitOperation::name_of(code).map(str::to_owned));
            }
            OpCode::HLL_READ | OpCode::HLL_MODIFY => {
                operation.call(op.value, |code| HllOperation::name_of(code).map(str::to_owned));
            }
            code => {
                operation.name = name(code);
                let carries = matches!(code, OpCode::WRITE | OpCode::INCR | OpCode::APPEND | OpCode::PREPEND);
                operation.value = carries.then(|| value(op));
            }
        }
        operation
    }

    /// Decodes a list, map, bit or HyperLogLog operation. If that fails, the name is that of the code.
    fn call(&mut self, bytes: &[u8], name_of: fn(u32) -> Option<String>) {
        self.name = name(self.code);
        let call = Call::read(bytes).and_then(|mut call| match call.code {
            cdt::CONTEXT => call.value().and_then(|context| {
                self.context = Context::unpack(&mut Reader::new(context)).unwrap_or_default();
                call.inner()
            }),
            _ => Ok(call),
        });
        let Ok(mut call) = call else { return };
        match name_of(call.code) {
            Some(name) => self.name = name,
            None => self.name = format!("{} {}", self.name, call.code),
        }
        for _ in 0..call.arguments {
            match Value::unpack(call.reader()) {
                Ok(argument) => self.arguments.push(argument),
                Err(_) => return,
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.bin.is_empty() {
            write!(f, " {}", self.bin)?;
        }
        self.context.steps().iter().try_for_each(|step| show_step(step, f))?;
        if let Some(value) = &self.value {
            write!(f, "={}", shown(value))?;
        }
        if !self.arguments.is_empty() {
            let arguments: Vec<String> = self.arguments.iter().map(shown).collect();
            write!(f, "({})", arguments.join(", "))?;
        }
        Ok(())
    }
}

/// Shows a step into a list in square brackets, and a step into a map in braces: `[0]`, `{"k"}`, `{rank -1}`.
fn show_step(step: &Step, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match step {
        Step::ListIndex(n) | Step::ListIndexCreate(n, _) => write!(f, "[{n}]"),
        Step::ListRank(n) => write!(f, "[rank {n}]"),
        Step::ListValue(value) => write!(f, "[value {}]", shown(value)),
        Step::MapIndex(n) => write!(f, "{{index {n}}}"),
        Step::MapRank(n) => write!(f, "{{rank {n}}}"),
        Step::MapKey(key) | Step::MapKeyCreate(key, _) => write!(f, "{{{}}}", shown(key)),
        Step::MapValue(value) => write!(f, "{{value {}}}", shown(value)),
        Step::Other(code, value) => write!(f, "<{code} {}>", shown(value)),
    }
}

fn value(op: &Op<'_>) -> Value {
    // The server accepts integers of fewer than 8 bytes.
    if op.particle_type == ParticleType::INTEGER && op.value.len() < 8 {
        return Value::Int(op.value.iter().fold(0, |n, &byte| n << 8 | i64::from(byte)));
    }
    Value::from_particle(op.particle_type, op.value)
        .unwrap_or_else(|_| Value::Other(op.particle_type, op.value.to_vec()))
}

fn name(code: OpCode) -> String {
    let name = match code {
        OpCode::READ => "read",
        OpCode::WRITE => "write",
        OpCode::INCR => "add",
        OpCode::EXP_READ => "exp.read",
        OpCode::EXP_MODIFY => "exp.write",
        OpCode::APPEND => "append",
        OpCode::PREPEND => "prepend",
        OpCode::TOUCH => "touch",
        OpCode::DELETE_ALL => "delete",
        OpCode(code) => return format!("op {code}"),
    };
    name.to_owned()
}

/// The codes of lists and maps do not overlap.
fn cdt_name(code: u32) -> Option<String> {
    if code == cdt::SELECT {
        return Some("path.select".to_owned());
    }
    let list = ListOp::from_code(code).map(|op| ("list", op.operation().name));
    let map = MapOp::from_code(code).map(|op| ("map", op.operation().name));
    let (language, name) = list.or(map)?;
    Some(format!("{language}.{}", snake(name)))
}

/// Turns `AppendItems` into `append_items`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use spikelet_wire::cdt::CallWriter;

    use super::*;

    fn text(code: OpCode, bin: &str, particle_type: ParticleType, value: &[u8]) -> String {
        Operation::of(&Op::new(code, bin.as_bytes(), particle_type, value)).to_string()
    }

    #[test]
    fn operations_have_their_names() {
        let none = ParticleType::NULL;
        assert_eq!(text(OpCode::WRITE, "a", ParticleType::STRING, b"x"), r#"write a="x""#);
        assert_eq!(text(OpCode::WRITE, "a", none, b""), "write a=nil");
        assert_eq!(text(OpCode::INCR, "n", ParticleType::INTEGER, &[1]), "add n=1");
        assert_eq!(text(OpCode::READ, "a", none, b""), "read a");
        assert_eq!(text(OpCode::TOUCH, "", none, b""), "touch");
        assert_eq!(text(OpCode(99), "a", none, b""), "op 99 a");
    }

    #[test]
    fn calls_have_the_names_of_their_language_and_their_arguments() {
        let append = CallWriter::new(ListOp::Append.operation()).value(&"x".into());
        let inner = Context::default()
            .map_key("k")
            .list_rank(-1)
            .list_index(2)
            .map_value("v");
        let blob = ParticleType::BLOB;
        for (context, shown) in [
            (Context::default(), r#"list.append l("x")"#),
            (inner, r#"list.append l{"k"}[rank -1][2]{value "v"}("x")"#),
        ] {
            let bytes = append.clone().finish(&context);
            assert_eq!(text(OpCode::CDT_MODIFY, "l", blob, &bytes), shown);
        }
        let mut not = Vec::new();
        let flags = spikelet_wire::bits::BitWriteFlags::empty();
        BitOperation::Not {
            offset: 4,
            size: 8,
            flags,
        }
        .encode(&mut not);
        assert_eq!(text(OpCode::BITS_MODIFY, "b", blob, &not), "bit_not b(4, 8, 0)");
        assert_eq!(text(OpCode::CDT_READ, "l", blob, &[0xff]), "op 3 l");
        assert_eq!(snake("GetByValueRelRankRange"), "get_by_value_rel_rank_range");
    }
}
