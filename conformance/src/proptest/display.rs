//! Readable forms of commands and operations, with the documented names.

use std::fmt;

use spikelet_client::{Operation, Predicate};
use spikelet_wire::bits::BitOperation;
use spikelet_wire::cdt::{self, CONTEXT, Call, ReturnType};
use spikelet_wire::context as step;
use spikelet_wire::exp::Operator;
use spikelet_wire::hll::HllOperation;
use spikelet_wire::list::ListOp;
use spikelet_wire::map::MapOp;
use spikelet_wire::message::ttl;
use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{DecodeError, FieldType, OpCode, ParticleType, Value};

use super::command::{Action, Bins, Command, Exists, Generation};

/// The maximum depth to which an expression is displayed.
const DEPTH: usize = 16;

/// Displays an operation in readable form: `list_append(1) on "list"`.
#[derive(Debug, Clone, Copy)]
pub struct DisplayOperation<'a>(pub &'a Operation);

impl fmt::Display for DisplayOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (particle_type, argument) = self.0.argument();
        let bytes = || Value::Other(particle_type, argument.to_vec());
        let value = || Value::from_particle(particle_type, &argument).unwrap_or_else(|_| bytes());
        match self.0.code() {
            OpCode::READ if self.0.bin().is_empty() => return f.write_str("read all bins"),
            OpCode::READ => f.write_str("read")?,
            OpCode::WRITE if particle_type == ParticleType::NULL => f.write_str("delete")?,
            OpCode::WRITE => write!(f, "write({})", value())?,
            OpCode::INCR => write!(f, "add({})", value())?,
            OpCode::APPEND => write!(f, "append({})", value())?,
            OpCode::PREPEND => write!(f, "prepend({})", value())?,
            OpCode::TOUCH => return f.write_str("touch"),
            OpCode::DELETE_ALL => return f.write_str("delete all bins"),
            OpCode::CDT_READ | OpCode::CDT_MODIFY => match collection(&argument) {
                Ok(call) => f.write_str(&call)?,
                Err(_) => write!(f, "cdt({})", bytes())?,
            },
            OpCode::BITS_READ | OpCode::BITS_MODIFY => match BitOperation::decode(&argument) {
                Ok(operation) => write!(f, "{} {operation:?}", operation.name())?,
                Err(_) => write!(f, "bits({})", bytes())?,
            },
            OpCode::HLL_READ | OpCode::HLL_MODIFY => match HllOperation::decode(&argument) {
                Ok(operation) => write!(f, "{} {operation:?}", operation.name())?,
                Err(_) => write!(f, "hll({})", bytes())?,
            },
            code @ (OpCode::EXP_READ | OpCode::EXP_MODIFY) => {
                let name = if code == OpCode::EXP_READ {
                    "exp_read"
                } else {
                    "exp_write"
                };
                match evaluation(&argument) {
                    Ok(evaluation) => write!(f, "{name}({evaluation})")?,
                    Err(_) => write!(f, "{name}({})", bytes())?,
                }
            }
            code => write!(f, "operation {} ({})", code.0, bytes())?,
        }
        write!(f, " on {:?}", self.0.bin())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Batch(rows) => write!(f, "batch of {}", rows.len())?,
            Action::Query(_) => f.write_str("query")?,
            Action::Find { .. } => f.write_str("find")?,
            Action::CreateIndex(number, _) => write!(f, "create index {number}")?,
            Action::DropIndex(number) => write!(f, "drop index {number}")?,
            Action::Operate(_) | Action::Delete => write!(f, "record {}", self.record)?,
        }
        match self.exists {
            Exists::Update => {}
            exists => write!(f, ", {exists:?}")?,
        }
        match self.generation {
            Generation::Any => {}
            Generation::Equal(n) => write!(f, ", generation = {n}")?,
            Generation::Less(n) => write!(f, ", generation < {n}")?,
        }
        match self.ttl {
            ttl::DEFAULT => {}
            ttl::NEVER => f.write_str(", ttl never")?,
            ttl::DONT_UPDATE => f.write_str(", ttl unchanged")?,
            seconds => write!(f, ", ttl {seconds}")?,
        }
        if self.respond_all_ops {
            f.write_str(", respond all ops")?;
        }
        if let Some(filter) = &self.filter {
            let shown = expression(&mut Reader::new(filter), DEPTH);
            write!(f, ", where {}", shown.unwrap_or_else(|_| "damaged".to_owned()))?;
        }
        if let Action::Find { predicate, index, .. } = &self.action {
            write!(f, ", {}", wanted(predicate))?;
            if let Some(number) = index {
                write!(f, " by index {number}")?;
            }
        }
        match &self.action {
            Action::DropIndex(_) => Ok(()),
            Action::CreateIndex(_, index) => match index.to_info("", "", "") {
                // The definition follows the names.
                Ok(line) => write!(
                    f,
                    ": {}",
                    line.split_once("indexname=;").map_or("", |(_, definition)| definition)
                ),
                Err(why) => write!(f, ": {why}"),
            },
            Action::Delete => f.write_str(": delete the record"),
            Action::Batch(rows) => rows.iter().try_for_each(|row| write!(f, "\n       - {row}")),
            Action::Query(Bins::All) | Action::Find { bins: Bins::All, .. } => f.write_str(": all bins"),
            Action::Query(Bins::None) | Action::Find { bins: Bins::None, .. } => f.write_str(": no bins"),
            Action::Query(Bins::Some(bins))
            | Action::Find {
                bins: Bins::Some(bins), ..
            } => write!(f, ": {bins:?}"),
            Action::Operate(operations) => {
                let shown: Vec<_> = operations.iter().map(|op| DisplayOperation(op).to_string()).collect();
                write!(f, ": {}", shown.join("; "))
            }
        }
    }
}

/// Displays the values that a predicate finds.
fn wanted(predicate: &Predicate) -> String {
    let mut shown = Vec::new();
    for (field_type, data) in predicate.fields() {
        shown.push(match field_type {
            FieldType::INDEX_RANGE => range(&data).unwrap_or_else(|| format!("{data:02x?}")),
            FieldType::INDEX_CONTEXT => format!("at {}", steps(&data).unwrap_or_else(|_| format!("{data:02x?}"))),
            FieldType::INDEX_EXPRESSION => {
                let shown = expression(&mut Reader::new(&data), DEPTH);
                format!("of {}", shown.unwrap_or_else(|_| format!("{data:02x?}")))
            }
            FieldType::INDEX_TYPE => match *data {
                [1] => "in the list",
                [2] => "in the map's keys",
                _ => "in the map's values",
            }
            .to_owned(),
            field_type => format!("{field_type:?} {data:02x?}"),
        });
    }
    shown.join(" ")
}

/// Displays an index range: the bin, its type, and both ends.
fn range(field: &[u8]) -> Option<String> {
    let (&[_, size], rest) = field.split_first_chunk()?;
    let (bin, rest) = rest.split_at_checked(usize::from(size))?;
    let (particle_type, mut rest) = rest.split_first()?;
    let mut ends = Vec::new();
    for _ in 0..2 {
        let (size, sized) = rest.split_first_chunk()?;
        let end;
        (end, rest) = sized.split_at_checked(u32::from_be_bytes(*size) as usize)?;
        let particle_type = ParticleType(*particle_type);
        ends.push(match particle_type {
            // Without the cells of a stored value.
            ParticleType::GEOJSON => String::from_utf8_lossy(end).into_owned(),
            _ => Value::from_particle(particle_type, end).ok()?.to_string(),
        });
    }
    let bin = String::from_utf8_lossy(bin);
    Some(match ends[0] == ends[1] {
        true => format!("{bin:?} = {}", ends[0]),
        false => format!("{bin:?} from {} to {}", ends[0], ends[1]),
    })
}

/// Displays the call of a list or map operation.
fn collection(argument: &[u8]) -> Result<String, DecodeError> {
    let mut call = Call::read(argument)?;
    let mut context = String::new();
    if call.code == CONTEXT {
        context = format!(" at {}", steps(call.value()?)?);
        call = call.inner()?;
    }
    let list = ListOp::from_code(call.code).map(|op| ("list", op.operation()));
    let map = MapOp::from_code(call.code).map(|op| ("map", op.operation()));
    let Some((language, op)) = list.or(map) else {
        return Err(DecodeError::new("no such operation", 0));
    };
    let mut arguments = Vec::new();
    for i in 0..call.arguments {
        let value = Value::unpack(&mut Reader::new(call.value()?))?;
        let shown = match value {
            Value::Int(flags) if i == 0 && has_return_type(&op) => return_type(flags),
            value => value.to_string(),
        };
        arguments.push(shown);
    }
    Ok(format!(
        "{language}{}({}){context}",
        snake(op.name),
        arguments.join(", ")
    ))
}

/// Whether the first parameter of an operation is a return type.
pub(super) fn has_return_type(op: &cdt::Operation) -> bool {
    let prefixes = ["GetBy", "GetAllBy", "RemoveBy", "RemoveAllBy"];
    prefixes.iter().any(|prefix| op.name.starts_with(prefix))
}

fn return_type(code: i64) -> String {
    let code = code as u64;
    let inverted = if code & ReturnType::INVERTED != 0 {
        "INVERTED "
    } else {
        ""
    };
    match ReturnType::from_code(code) {
        Some(return_type) => format!("{inverted}{return_type:?}"),
        None => code.to_string(),
    }
}

/// Converts `GetByIndex` to `_get_by_index`.
fn snake(name: &str) -> String {
    let parts = name.chars().flat_map(|c| {
        let separator = c.is_uppercase().then_some('_');
        separator.into_iter().chain(c.to_lowercase())
    });
    parts.collect()
}

fn steps(context: &[u8]) -> Result<String, DecodeError> {
    let mut reader = Reader::new(context);
    let mut shown = Vec::new();
    for _ in 0..reader.list()? / 2 {
        let code = match Value::unpack(&mut reader)? {
            Value::Int(code) => code as u64,
            _ => return Err(DecodeError::new("a step that is no integer", reader.at())),
        };
        let value = Value::unpack(&mut reader)?;
        let collection = if code & step::MAP != 0 { "map" } else { "list" };
        let by = match code & step::BASE_MASK {
            step::BY_INDEX => "index",
            step::BY_RANK => "rank",
            step::BY_KEY => "key",
            _ => "value",
        };
        let create = match code & step::CREATE_MASK {
            0 => "",
            step::CREATE_UNORDERED => " create unordered",
            step::CREATE_ORDERED => " create ordered",
            _ if collection == "map" => " create key-ordered",
            _ => " create padded",
        };
        shown.push(format!("{collection} {by} {value}{create}"));
    }
    Ok(format!("[{}]", shown.join(", ")))
}

/// Displays the argument of an `EXP_READ` or `EXP_MODIFY` operation: an expression and flags.
fn evaluation(argument: &[u8]) -> Result<String, DecodeError> {
    let mut reader = Reader::new(argument);
    reader.list()?;
    let shown = expression(&mut reader, DEPTH)?;
    Ok(match Value::unpack(&mut reader)? {
        Value::Int(0) => shown,
        flags => format!("{shown}, flags {flags}"),
    })
}

/// Displays an expression: operators and bins by name, everything else as a value.
fn expression(reader: &mut Reader<'_>, depth: usize) -> Result<String, DecodeError> {
    let at = reader.at();
    match reader.peek()? {
        Token::List(_) if depth == 0 => {
            reader.element()?;
            Ok("…".to_owned())
        }
        Token::List(_) => {
            let operands = reader.list()?.saturating_sub(1);
            let operator = match reader.token()? {
                Token::Int(code) => Operator::from_code(code as u64),
                _ => None,
            };
            let operator = operator.ok_or(DecodeError::new("no operator", at))?;
            let operands = (0..operands).map(|_| match operator {
                Operator::Quote | Operator::Call => literal(reader),
                _ => expression(reader, depth - 1),
            });
            let operands: Vec<_> = operands.collect::<Result<_, _>>()?;
            Ok(format!("{}({})", operator.name(), operands.join(", ")))
        }
        _ => literal(reader),
    }
}

fn literal(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let packed = reader.element()?;
    Ok(match Value::unpack(&mut Reader::new(packed)) {
        // The name of a bin is encoded without a leading particle type.
        Ok(Value::Other(ParticleType(first), rest)) if first.is_ascii_graphic() => {
            format!("{:?}", String::from_utf8_lossy(&[&[first], rest.as_slice()].concat()))
        }
        Ok(value) => value.to_string(),
        Err(_) => format!("{packed:02x?}"),
    })
}

#[cfg(test)]
mod tests {
    use spikelet_wire::cdt::CallWriter;
    use spikelet_wire::context::{Context, Step};
    use spikelet_wire::exp::build::int_bin;

    use super::*;

    #[test]
    fn operations_are_displayed_by_their_documented_names() {
        let context: Context = [Step::MapKey("k".into())].into_iter().collect();
        let call = CallWriter::new(ListOp::GetByIndexRange.operation());
        let argument = call.int(0x10007).int(-1).int(2).finish(&context);
        let get = Operation::raw(OpCode::CDT_READ, "b", ParticleType::BLOB, argument);
        assert_eq!(
            DisplayOperation(&get).to_string(),
            r#"list_get_by_index_range(INVERTED Value, -1, 2) at [map key "k"] on "b""#
        );
        assert_eq!(
            DisplayOperation(&Operation::add("n", 1)).to_string(),
            r#"add(1) on "n""#
        );
        let sum = int_bin("n") + 1;
        let read = Operation::raw(OpCode::EXP_READ, "r", ParticleType::BLOB, sum.to_argument(16));
        assert_eq!(
            DisplayOperation(&read).to_string(),
            r#"exp_read(add(bin(2, "n"), 1), flags 16) on "r""#
        );
    }

    #[test]
    fn commands_display_what_differs_from_the_default() {
        let mut command = Command::operate(1, vec![Operation::touch(), Operation::get("a")]);
        assert_eq!(command.to_string(), r#"record 1: touch; read on "a""#);
        command.exists = Exists::CreateOnly;
        command.filter = Some(int_bin("a").gt(0).into_bytes());
        assert_eq!(
            command.to_string(),
            r#"record 1, CreateOnly, where gt(bin(2, "a"), 0): touch; read on "a""#
        );
    }
}
