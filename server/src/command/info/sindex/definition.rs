//! The definition of an index, read from the parameters of `sindex-create`.

use spikelet_wire::exp::Type;

use super::SET;
use crate::command::info::base64;
use crate::command::info::call::{Answered, Call};
use crate::command::info::error::InfoError;
use crate::ops::cdt;
use crate::ops::exp::Expression;
use crate::store::BinName;
use crate::store::sindex::{IndexType, KeyType, Source};

/// The limit of a bin name, in bytes.
const BIN: usize = BinName::MAX + 1;
/// The limit of a type name, in bytes.
const INDEX_TYPE: usize = 10;
const KEY_TYPE: usize = 12;
const CONTEXT: usize = 2048;
const EXPRESSION: usize = 16 * 1024;

/// The index that the parameters of `sindex-create` request.
pub(super) struct Requested<'c> {
    pub(super) set: Option<&'c str>,
    pub(super) source: Source,
    pub(super) index_type: IndexType,
    pub(super) key_type: KeyType,
}

impl<'c> Requested<'c> {
    /// Reads the parameters in the real server's order.
    pub(super) fn of(call: &Call<'c>) -> Result<Self, InfoError> {
        let set = call.optional("set", SET)?;
        let context = call.optional("context", CONTEXT)?.map(read_context).transpose()?;
        let index_type = match call.optional("indextype", INDEX_TYPE)? {
            None => IndexType::Default,
            Some(name) => IndexType::ALL
                .into_iter()
                .find(|index_type| index_type.name().eq_ignore_ascii_case(name))
                .ok_or(InfoError::parameter(
                    "bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'",
                ))?,
        };
        let data = call.optional("indexdata", BIN + KEY_TYPE)?;
        let (source, key_type) = match (data, call.optional("type", KEY_TYPE)?) {
            (None, None) => return Err(InfoError::parameter("both 'indexdata' and 'type' are missing")),
            (Some(_), Some(_)) => return Err(InfoError::parameter("both 'indexdata' and 'type' are specified")),
            (None, Some(name)) => {
                let key_type = key_type(name).ok_or(InfoError::parameter(
                    "bad 'type' - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'",
                ))?;
                (read_source(call, context, index_type, key_type)?, key_type)
            }
            (Some(data), None) => read_data(data, context)?,
        };
        if index_type == IndexType::MapKeys && key_type == KeyType::Geo2dSphere {
            return Err(InfoError::parameter(
                "bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'",
            ));
        }
        Ok(Self {
            set,
            source,
            index_type,
            key_type,
        })
    }
}

/// Reads `bin` or `exp`.
fn read_source(
    call: &Call<'_>,
    context: Option<Box<[u8]>>,
    index_type: IndexType,
    key_type: KeyType,
) -> Result<Source, InfoError> {
    let bin = call.optional("bin", BIN)?;
    match (bin, call.optional("exp", EXPRESSION)?) {
        (Some(_), Some(_)) => Err(InfoError::parameter("both 'bin' and 'exp' are specified")),
        (None, None) => Err(InfoError::parameter("both 'bin' and 'exp' are missing")),
        (Some(name), None) => {
            // A parameter's value contains no zeros and its length is checked: it is a valid bin name.
            let name = BinName::new(name.as_bytes()).ok_or(InfoError::parameter("'bin' value too long"))?;
            Ok(Source::Bin { name, context })
        }
        (None, Some(_)) if context.is_some() => Err(InfoError::parameter("both 'context' and 'exp' are specified")),
        (None, Some(text)) => {
            let bytes = base64::decode(text).ok_or(InfoError::parameter("bad 'exp'"))?;
            check_expression(&bytes, index_type, key_type)?;
            Ok(Source::Expression(bytes.into()))
        }
    }
}

fn check_expression(bytes: &[u8], index_type: IndexType, key_type: KeyType) -> Answered {
    let bad = || InfoError::parameter("bad 'exp'");
    let expression = Expression::build(bytes).map_err(|_| bad())?;
    if !expression.is_indexable() {
        return Err(bad());
    }
    let is = expression.value_type().ok_or_else(bad)?;
    let expected = match (index_type, key_type) {
        (IndexType::List, _) => Type::List,
        (IndexType::MapKeys | IndexType::MapValues, _) => Type::Map,
        (IndexType::Default, KeyType::Numeric) => Type::Int,
        (IndexType::Default, KeyType::String) => Type::String,
        (IndexType::Default, KeyType::Blob) => Type::Blob,
        (IndexType::Default, KeyType::Geo2dSphere) => Type::GeoJson,
    };
    if is == expected {
        Ok(())
    } else {
        let (is, expected) = (type_name(is), type_name(expected));
        let text = format!("bad 'exp' - expression type '{is}' does not match expected type '{expected}'");
        Err(InfoError::parameter(text))
    }
}

const fn type_name(of: Type) -> &'static str {
    match of {
        Type::Nil => "null",
        Type::Bool => "bool",
        Type::Int => "numeric",
        Type::String => "string",
        Type::List => "list",
        Type::Map => "map",
        Type::Blob => "blob",
        Type::Float => "float",
        Type::GeoJson => "geo2dsphere",
        Type::Hll => "hll",
    }
}

/// Reads `indexdata`: a bin name, a comma, and a type.
fn read_data(data: &str, context: Option<Box<[u8]>>) -> Result<(Source, KeyType), InfoError> {
    let (name, type_name) = data
        .split_once(',')
        .ok_or(InfoError::parameter("'indexdata' missing bin type"))?;
    if name.is_empty() {
        return Err(InfoError::parameter("'indexdata' missing bin name"));
    }
    let name = BinName::new(name.as_bytes()).ok_or(InfoError::parameter("'indexdata' bin name too long"))?;
    let key_type = key_type(type_name).ok_or(InfoError::parameter(
        "bad 'indexdata' bin type - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'",
    ))?;
    Ok((Source::Bin { name, context }, key_type))
}

fn key_type(name: &str) -> Option<KeyType> {
    let mut all = KeyType::ALL.into_iter();
    all.find(|key_type| key_type.name().eq_ignore_ascii_case(name))
}

fn read_context(text: &str) -> Result<Box<[u8]>, InfoError> {
    let bytes = base64::decode(text).ok_or(InfoError::parameter("'context' invalid base64"))?;
    if !cdt::is_read_context(&bytes) {
        return Err(InfoError::parameter("'context' invalid cdt context"));
    }
    if !cdt::is_compact(&bytes) {
        return Err(InfoError::parameter("'context' not normalized msgpack"));
    }
    Ok(bytes.into())
}
