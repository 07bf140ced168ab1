//! Calls of list and map operations.
//!
//! The value of a [`CDT_READ`](crate::OpCode::CDT_READ) or [`CDT_MODIFY`](crate::OpCode::CDT_MODIFY) operation is a
//! list in msgpack: the operation's code, then its arguments. For an operation on a nested collection, the call is
//! wrapped in a list with its [context](crate::context): `[0xff, context, [code, arguments…]]`.

use crate::error::DecodeError;
use crate::msgpack::{Reader, Token, write};

/// The code of a path expression call.
pub const SELECT: u32 = 0xfe;
/// The code of a call with a context.
pub const CONTEXT: u32 = 0xff;

/// One operation: a code and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The code that calls it.
    pub code: u8,
    /// Its documented name.
    pub name: &'static str,
    /// Whether it modifies the collection.
    pub modifies: bool,
    /// The required parameters.
    pub required: &'static [Parameter],
    /// The optional parameters.
    pub optional: &'static [Parameter],
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// A position, from 0; a negative one counts from the end.
    Index,
    /// A number of elements.
    Count,
    /// Flags, or a return type with its flags.
    Flags,
    /// A value to compare with.
    Value,
    /// A value to store, which can hold neither wildcard nor infinity.
    Stored,
}

/// What an operation returns for the elements that it selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum ReturnType {
    /// Nothing.
    None = 0,
    /// Their indexes, from the beginning.
    Index = 1,
    /// Their indexes, from the end.
    ReverseIndex = 2,
    /// Their ranks, from the least.
    Rank = 3,
    /// Their ranks, from the greatest.
    ReverseRank = 4,
    /// Their number.
    Count = 5,
    /// Their keys.
    Key = 6,
    /// Their values.
    Value = 7,
    /// Keys and values, in the order in which they were selected.
    KeyValue = 8,
    /// The index of the first of them, and their number.
    IndexRange = 9,
    /// The same with the index from the end.
    ReverseIndexRange = 10,
    /// The rank of the first of them, and their number.
    RankRange = 11,
    /// The same with the rank from the greatest.
    ReverseRankRange = 12,
    /// Whether there are any.
    Exists = 13,
    /// Keys and values, as an unordered map.
    UnorderedMap = 16,
    /// Keys and values, as a map ordered by key.
    OrderedMap = 17,
}

impl ReturnType {
    /// A flag next to the return type: selects all other elements.
    pub const INVERTED: u64 = 0x10000;
    /// The bits that hold the return type.
    pub const MASK: u64 = 0xffff;

    /// The return type with a code. Flags in the code are ignored.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        Some(match code & Self::MASK {
            0 => Self::None,
            1 => Self::Index,
            2 => Self::ReverseIndex,
            3 => Self::Rank,
            4 => Self::ReverseRank,
            5 => Self::Count,
            6 => Self::Key,
            7 => Self::Value,
            8 => Self::KeyValue,
            9 => Self::IndexRange,
            10 => Self::ReverseIndexRange,
            11 => Self::RankRange,
            12 => Self::ReverseRankRange,
            13 => Self::Exists,
            16 => Self::UnorderedMap,
            17 => Self::OrderedMap,
            _ => return None,
        })
    }
}

/// Defines an operation language: the code, name and parameters of each operation. Parameters after the semicolon are
/// optional.
macro_rules! operations {
    (
        $(#[$meta:meta])* $language:ident:
        $($(#[doc = $doc:literal])+ $name:ident = $code:literal, $kind:ident
            ($($required:ident),* $(; $($optional:ident),+)?);)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $language {
            $($(#[doc = $doc])+ $name = $code,)*
        }

        impl $language {
            /// Every operation of the language, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The operation with a code.
            #[must_use]
            pub const fn from_code(code: u32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The operation's code, name and parameters.
            #[must_use]
            pub const fn operation(self) -> $crate::cdt::Operation {
                use $crate::cdt::Parameter::*;
                match self {
                    $(Self::$name => $crate::cdt::Operation {
                        code: $code,
                        name: stringify!($name),
                        modifies: $crate::cdt::operations!(@$kind),
                        required: &[$($required),*],
                        optional: &[$($($optional),+)?],
                    },)*
                }
            }
        }
    };
    (@read) => { false };
    (@modify) => { true };
}
pub(crate) use operations;

/// A received call. Its arguments are decoded one by one.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The operation's code.
    pub code: u32,
    /// The number of arguments.
    pub arguments: u32,
    reader: Reader<'a>,
}

impl<'a> Call<'a> {
    /// Decodes the head of a call.
    ///
    /// # Errors
    /// If the bytes are not a list that begins with an integer.
    pub fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        // Old clients send the code as 2 bytes, followed by the list of arguments or nothing. No list begins with a 0.
        if let [0, code, rest @ ..] = bytes {
            let mut reader = Reader::new(rest);
            let arguments = if rest.is_empty() { 0 } else { reader.list()? };
            let code = u32::from(*code);
            return Ok(Self {
                code,
                arguments,
                reader,
            });
        }
        let mut reader = Reader::new(bytes);
        Self::read_list(&mut reader)
    }

    /// Decodes the head of the inner call, which is the last argument of a call with a context.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn inner(mut self) -> Result<Self, DecodeError> {
        Self::read_list(&mut self.reader)
    }

    fn read_list(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let n = reader.list()?;
        let arguments = n.checked_sub(1).ok_or(DecodeError::new("a call without a code", at))?;
        let code = int(reader)? as u32;
        Ok(Self {
            code,
            arguments,
            reader: *reader,
        })
    }

    /// Whether the number of arguments fits the operation.
    ///
    /// An operation without parameters accepts any number.
    #[must_use]
    pub const fn fits(&self, operation: &Operation) -> bool {
        let (least, n) = (operation.required.len(), self.arguments as usize);
        let most = least + operation.optional.len();
        most == 0 || (n >= least && n <= most)
    }

    /// Decodes an index.
    ///
    /// # Errors
    /// If the next argument is not an integer.
    pub fn index(&mut self) -> Result<i64, DecodeError> {
        int(&mut self.reader)
    }

    /// Decodes flags or a count.
    ///
    /// # Errors
    /// If the next argument is not an integer.
    pub fn unsigned(&mut self) -> Result<u64, DecodeError> {
        Ok(int(&mut self.reader)? as u64)
    }

    /// The bytes of the next argument, of any type.
    ///
    /// # Errors
    /// If the argument is damaged.
    pub fn value(&mut self) -> Result<&'a [u8], DecodeError> {
        self.reader.element()
    }

    /// The reader of the remaining arguments.
    pub const fn reader(&mut self) -> &mut Reader<'a> {
        &mut self.reader
    }
}

/// Decodes an integer; one above [`i64::MAX`] wraps around, as in the server.
fn int(reader: &mut Reader<'_>) -> Result<i64, DecodeError> {
    let at = reader.at();
    match reader.token()? {
        Token::Int(n) => Ok(n),
        Token::Uint(n) => Ok(n as i64),
        _ => Err(DecodeError::new("not an integer", at)),
    }
}

/// Builds a call from its arguments and encodes it.
#[derive(Debug, Clone)]
pub struct CallWriter {
    code: u8,
    arguments: Vec<u8>,
    n: u32,
}

impl CallWriter {
    /// Starts a call without arguments.
    #[must_use]
    pub const fn new(operation: Operation) -> Self {
        Self::of(operation.code)
    }

    /// Starts a call of the operation with a code, without arguments.
    #[must_use]
    pub const fn of(code: u8) -> Self {
        Self {
            code,
            arguments: Vec::new(),
            n: 0,
        }
    }

    /// Adds an index, a count or flags.
    #[must_use]
    pub fn int(mut self, n: i64) -> Self {
        write::int(&mut self.arguments, n);
        self.n += 1;
        self
    }

    /// Adds a value.
    #[must_use]
    pub fn value(mut self, value: &crate::value::Value) -> Self {
        value.pack(&mut self.arguments);
        self.n += 1;
        self
    }

    /// Adds an argument that is already encoded as msgpack.
    #[must_use]
    pub fn packed(mut self, argument: &[u8]) -> Self {
        self.arguments.extend_from_slice(argument);
        self.n += 1;
        self
    }

    /// The bytes of the call on the collection that `context` selects.
    #[must_use]
    pub fn finish(self, context: &crate::context::Context) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.arguments.len() + 8);
        if !context.is_empty() {
            write::list(&mut out, 3);
            write::uint(&mut out, u64::from(CONTEXT));
            context.pack(&mut out);
        }
        write::list(&mut out, self.n + 1);
        write::uint(&mut out, u64::from(self.code));
        out.extend_from_slice(&self.arguments);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Step};
    use crate::list::ListOp;
    use crate::map::MapOp;

    #[test]
    fn a_call_round_trips() {
        let call = CallWriter::new(ListOp::Set.operation()).int(-1).value(&"x".into());
        let bytes = call.finish(&Context::default());
        let mut call = Call::read(&bytes).unwrap();
        assert_eq!((call.code, call.arguments), (9, 2));
        assert!(call.fits(&ListOp::Set.operation()));
        assert!(!call.fits(&ListOp::Get.operation()));
        assert_eq!(call.index(), Ok(-1));
        assert_eq!(call.value(), Ok(&[0xa2, 3, b'x'][..]));
    }

    #[test]
    fn a_context_wraps_the_call() {
        let context = Context::default().then(Step::MapKey("k".into()));
        let bytes = CallWriter::new(MapOp::Size.operation()).finish(&context);
        assert_eq!(bytes, [0x93, 0xcc, 0xff, 0x92, 0x22, 0xa2, 3, b'k', 0x91, 0x60]);
        let mut call = Call::read(&bytes).unwrap();
        assert_eq!(call.code, CONTEXT);
        assert_eq!(call.value(), Ok(&[0x92, 0x22, 0xa2, 3, b'k'][..]));
        assert_eq!(call.inner().unwrap().code, 96);
    }

    #[test]
    fn the_old_form_decodes() {
        let mut call = Call::read(&[0, 17, 0x91, 3]).unwrap();
        assert_eq!((call.code, call.index()), (17, Ok(3)));
        assert_eq!(Call::read(&[0, 16]).unwrap().arguments, 0);
        assert!(Call::read(&[]).is_err());
        assert!(Call::read(&[0x90]).is_err());
    }

    #[test]
    fn operations_are_found_by_their_codes() {
        for &op in ListOp::ALL {
            assert_eq!(ListOp::from_code(u32::from(op.operation().code)), Some(op));
        }
        for &op in MapOp::ALL {
            assert_eq!(MapOp::from_code(u32::from(op.operation().code)), Some(op));
        }
    }
}
