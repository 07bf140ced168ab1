//! The text of an expression, as in `sindex-list`.

use std::fmt;

use spikelet_wire::bits::BitOperation;
use spikelet_wire::cdt::{CONTEXT, SELECT};
use spikelet_wire::exp::{CallSystem, Operator, Type};
use spikelet_wire::hll::HllOperation;
use spikelet_wire::msgpack::{Reader, Token};
use spikelet_wire::{DecodeError, ParticleType};

use super::context_text::{Context, Element};

/// An expression in msgpack, displayed as `sindex-list` does. It must be valid.
pub(in crate::command::info) struct Expression<'e>(pub(in crate::command::info) &'e [u8]);

impl fmt::Display for Expression<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = Writer {
            reader: Reader::new(self.0),
            text: String::new(),
            variables: Vec::new(),
        };
        // An expression that can be built is complete.
        let _ = writer.expression();
        f.write_str(&writer.text)
    }
}

struct Writer<'e> {
    reader: Reader<'e>,
    text: String,
    /// The variables in scope. The real server displays their numbers.
    variables: Vec<&'e [u8]>,
}

type Result = std::result::Result<(), DecodeError>;

impl<'e> Writer<'e> {
    fn say(&mut self, text: impl fmt::Display) {
        // Writing to a string does not fail.
        let _ = fmt::Write::write_fmt(&mut self.text, format_args!("{text}"));
    }

    fn expression(&mut self) -> Result {
        let Token::List(count) = self.reader.peek()? else {
            return self.literal();
        };
        self.reader.token()?;
        let operator = u64::try_from(self.reader.int()?).ok().and_then(Operator::from_code);
        let operator = operator.ok_or(DecodeError::new("no operator", self.reader.at()))?;
        let operands = count.saturating_sub(1);
        match operator {
            Operator::Quote => return self.literal(),
            Operator::Call => return self.call(),
            Operator::Bin => {
                let of = u64::try_from(self.reader.int()?).ok().and_then(Type::from_code);
                let name = self.bytes()?;
                let of = of.map_or("", type_name);
                self.say(format_args!("{}_{of}(\"{name}\")", operator.name()));
                return Ok(());
            }
            _ => {}
        }
        self.say(format_args!("{}(", operator.name()));
        match operator {
            Operator::Key => drop(self.reader.element()?),
            Operator::DigestModulo => {
                let modulo = self.reader.int()?;
                self.say(modulo);
            }
            Operator::BinType => {
                let name = self.bytes()?;
                self.say(format_args!("\"{name}\""));
            }
            Operator::VarBuiltin => {
                self.reader.element()?;
                let variable = self.reader.int()?;
                self.say(variable);
            }
            Operator::Var => {
                let name = self.raw()?;
                let at = self.variables.iter().rposition(|variable| *variable == name);
                self.say(format_args!("\"var_{}\"", at.unwrap_or_default()));
            }
            Operator::CmpRegex => {
                let (flags, pattern) = (self.reader.int()?, self.raw()?.len());
                self.say(format_args!("<string#{pattern}>, {flags}, "));
                self.expression()?;
            }
            Operator::Let => {
                let scope = self.variables.len();
                for _ in 0..operands / 2 {
                    let name = self.raw()?;
                    self.say(format_args!("def(var_{}, ", self.variables.len()));
                    self.expression()?;
                    self.say("), ");
                    self.variables.push(name);
                }
                self.expression()?;
                self.variables.truncate(scope);
            }
            _ => {
                for operand in 0..operands {
                    if operand > 0 {
                        self.say(", ");
                    }
                    self.expression()?;
                }
            }
        }
        self.say(")");
        Ok(())
    }

    fn literal(&mut self) -> Result {
        let value = self.reader.element()?;
        match Reader::new(value).token()? {
            Token::Bytes([particle_type, bytes @ ..]) if ParticleType(*particle_type) == ParticleType::HLL => {
                self.say(format_args!("<hll#{}>", bytes.len()));
            }
            _ => self.say(Element(value)),
        }
        Ok(())
    }

    /// A call: its type, its system, its operation, and the bin.
    fn call(&mut self) -> Result {
        self.reader.element()?;
        let system = self.reader.int()? as u64;
        let (system, modifies) = (
            system & !CallSystem::MODIFY_LOCAL,
            system & CallSystem::MODIFY_LOCAL != 0,
        );
        let mut parameters = self.reader.list()?;
        let mut code = u32::try_from(self.reader.int()?).unwrap_or(u32::MAX);
        match CallSystem::from_code(system) {
            Some(CallSystem::Bits) => self.say(format_args!("{}(", bits_name(code, modifies))),
            Some(CallSystem::Hll) => self.say(format_args!("{}(", hll_name(code))),
            Some(CallSystem::Cdt) | None if code == CONTEXT => {
                let context = self.reader.element()?;
                parameters = self.reader.list()?;
                code = u32::try_from(self.reader.int()?).unwrap_or(u32::MAX);
                self.say(format_args!("{}({}, ", cdt_name(code), Context(context)));
            }
            Some(CallSystem::Cdt) | None if code == SELECT => {
                let (path, flags) = (self.reader.element()?, self.reader.int()?);
                self.say(format_args!("{}({}, {flags:#x}, ", cdt_name(code), Context(path)));
                if parameters > 3 {
                    let size = self.reader.element()?.len();
                    self.text.truncate(self.text.len() - 2);
                    self.say(format_args!(", <mod_exp/{size}>, "));
                }
                parameters = 0;
            }
            Some(CallSystem::Cdt) | None => self.say(format_args!("{}(NULL, ", cdt_name(code))),
        }
        for _ in 1..parameters {
            self.expression()?;
            self.say(", ");
        }
        self.expression()?;
        self.say(")");
        Ok(())
    }

    fn raw(&mut self) -> std::result::Result<&'e [u8], DecodeError> {
        let at = self.reader.at();
        match self.reader.token()? {
            Token::Bytes(bytes) => Ok(bytes),
            _ => Err(DecodeError::new("no name", at)),
        }
    }

    fn bytes(&mut self) -> std::result::Result<String, DecodeError> {
        self.raw().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

const fn type_name(of: Type) -> &'static str {
    match of {
        Type::Nil => "nil",
        Type::Bool => "bool",
        Type::Int => "int",
        Type::String => "str",
        Type::List => "list",
        Type::Map => "map",
        Type::Blob => "blob",
        Type::Float => "float",
        Type::GeoJson => "geojson",
        Type::Hll => "hll",
    }
}

/// The names of list and map operations in expressions. Some differ from the names of the operations.
const CDT_NAMES: &[(u32, &str)] = &[
    (1, "list_append"),
    (2, "list_append_items"),
    (3, "list_insert"),
    (4, "list_insert_items"),
    (9, "list_set"),
    (11, "list_clear"),
    (12, "list_increment"),
    (13, "list_sort"),
    (16, "list_size"),
    (19, "list_get_by_index"),
    (20, "list_get_by_value"),
    (21, "list_get_by_rank"),
    (23, "list_get_by_value_list"),
    (24, "list_get_by_index_range"),
    (25, "list_get_by_value_range"),
    (26, "list_get_by_rank_range"),
    (27, "list_get_by_rel_rank_range"),
    (32, "list_remove_by_index"),
    (34, "list_remove_by_rank"),
    (35, "list_remove_by_value"),
    (36, "list_remove_by_value_list"),
    (37, "list_remove_by_index_range"),
    (38, "list_remove_by_value_range"),
    (39, "list_remove_by_rank_range"),
    (40, "list_remove_by_rel_rank_range"),
    (67, "map_put"),
    (68, "map_put_items"),
    (73, "map_increment"),
    (75, "map_clear"),
    (76, "map_remove_by_key"),
    (77, "map_remove_by_index"),
    (78, "map_remove_by_value"),
    (79, "map_remove_by_rank"),
    (81, "map_remove_by_key_list"),
    (83, "map_remove_by_value_list"),
    (84, "map_remove_by_key_range"),
    (85, "map_remove_by_index_range"),
    (86, "map_remove_by_value_range"),
    (87, "map_remove_by_rank_range"),
    (88, "map_remove_by_rel_index_range"),
    (89, "map_remove_by_rel_rank_range"),
    (96, "map_size"),
    (97, "map_get_by_key"),
    (98, "map_get_by_index"),
    (100, "map_get_by_rank"),
    (102, "map_get_by_value"),
    (103, "map_get_by_key_range"),
    (104, "map_get_by_index_range"),
    (105, "map_get_by_value_range"),
    (106, "map_get_by_rank_range"),
    (107, "map_get_by_key_list"),
    (108, "map_get_by_value_list"),
    (109, "map_get_by_rel_index_range"),
    (110, "map_get_by_rel_rank_range"),
    (SELECT, "select"),
];

fn cdt_name(code: u32) -> &'static str {
    name(CDT_NAMES, code).unwrap_or("INVALID_CDT_OP")
}

fn hll_name(code: u32) -> &'static str {
    HllOperation::name_of(code).unwrap_or("INVALID_HLL_OP")
}

fn bits_name(code: u32, modifies: bool) -> &'static str {
    let name = BitOperation::name_of(code);
    name.filter(|_| modifies != BitOperation::reads(code))
        .unwrap_or("INVALID_BITS_OP")
}

fn name(names: &[(u32, &'static str)], code: u32) -> Option<&'static str> {
    names.iter().find(|(other, _)| *other == code).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_displayed() {
        // add(bin a, 1)
        let sum = [0x93, 20, 0x93, 81, 2, 0xa1, b'a', 1];
        assert_eq!(Expression(&sum).to_string(), "add(bin_int(\"a\"), 1)");
        // let(x = bin a, x)
        let scope = [0x94, 125, 0xa1, b'x', 0x93, 81, 2, 0xa1, b'a', 0x92, 124, 0xa1, b'x'];
        assert_eq!(
            Expression(&scope).to_string(),
            "let(def(var_0, bin_int(\"a\")), var(\"var_0\"))"
        );
        // The value of the key "k" in the map m.
        let call = [0x95, 127, 2, 0, 0x93, 97, 7, 0xa2, 3, b'k', 0x93, 81, 5, 0xa1, b'm'];
        assert_eq!(
            Expression(&call).to_string(),
            "map_get_by_key(NULL, 7, <string#1>, bin_map(\"m\"))"
        );
    }
}
