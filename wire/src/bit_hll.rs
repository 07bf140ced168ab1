//! Calls of bit and HyperLogLog operations. Both are encoded as a list of a code and parameters.

use crate::error::DecodeError;
use crate::msgpack::{Reader, Token, write};
use crate::particle::ParticleType;

/// A parameter of an operation.
pub(crate) trait Parameter<'a>: Sized {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;
    fn encode(&self, out: &mut Vec<u8>);
}

/// A 64-bit integer. The server does not distinguish a large unsigned one from a negative one.
impl Parameter<'_> for i64 {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.token()? {
            Token::Int(n) => Ok(n),
            Token::Uint(n) => Ok(n as Self),
            _ => Err(DecodeError::new("not an integer", at)),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write::int(out, *self);
    }
}

/// An optional integer; `None` is encoded as -1.
impl Parameter<'_> for Option<i64> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Some(i64::decode(reader)?).filter(|&n| n != -1))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write::int(out, self.unwrap_or(-1));
    }
}

impl Parameter<'_> for bool {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.token()? {
            Token::Bool(value) => Ok(value),
            _ => Err(DecodeError::new("not a boolean", at)),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write::bool(out, *self);
    }
}

/// Bytes with any particle type.
impl<'a> Parameter<'a> for &'a [u8] {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const WHAT: &str = "not bytes with a particle type";
        let at = reader.at();
        match reader.token()? {
            Token::Bytes([_, bytes @ ..]) => Ok(bytes),
            _ => Err(DecodeError::new(WHAT, at)),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write::bytes(out, ParticleType::BLOB, self);
    }
}

/// Implements [`Parameter`] for flags. Unknown flags are kept, so that the server can reject them.
macro_rules! flags_parameter {
    ($($flags:ty),*) => {
        $(impl $crate::bit_hll::Parameter<'_> for $flags {
            fn decode(reader: &mut $crate::msgpack::Reader<'_>) -> Result<Self, $crate::error::DecodeError> {
                Ok(Self::from_bits_retain(i64::decode(reader)? as u64))
            }

            fn encode(&self, out: &mut Vec<u8>) {
                $crate::msgpack::write::uint(out, self.bits());
            }
        })*
    };
}

/// Defines an operation language: the code, name and parameters of each operation. Parameters after the semicolon are
/// optional.
macro_rules! operations {
    (
        $(#[$doc:meta])*
        $language:ident as $op:ident {
            $(
                $(#[$operation_doc:meta])*
                $code:literal $name:literal $operation:ident {
                    $($(#[$needed_doc:meta])* $needed:ident: $needed_type:ty),*;
                    $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ty),*
                }
            )*
        }
    ) => {
        $(#[$doc])*
        pub enum $language<'a> {
            $(
                $(#[$operation_doc])*
                $operation {
                    $($(#[$needed_doc])* $needed: $needed_type,)*
                    $($(#[$optional_doc])* $optional: $optional_type,)*
                },
            )*
        }

        /// The kind of an operation, without its parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $op {
            $(
                $(#[$operation_doc])*
                $operation = $code,
            )*
        }

        impl $op {
            /// Every operation of the language, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$operation),*];

            /// The operation's code.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// Whether the operation only reads.
            #[must_use]
            pub const fn is_read(self) -> bool {
                $language::reads(self.code() as u32)
            }
        }

        impl<'a> $language<'a> {
            /// The operation's code.
            #[must_use]
            pub const fn code(&self) -> u32 {
                match self {
                    $(Self::$operation { .. } => $code,)*
                }
            }

            /// The operation's name, as in the server's log and metrics.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$operation { .. } => $name,)*
                }
            }

            /// The name of the operation with a code, if there is one.
            #[must_use]
            pub const fn name_of(code: u32) -> Option<&'static str> {
                match code {
                    $($code => Some($name),)*
                    _ => None,
                }
            }

            /// Whether the operation only reads.
            #[must_use]
            pub const fn is_read(&self) -> bool {
                Self::reads(self.code())
            }

            /// Whether the operation with a code only reads.
            #[must_use]
            pub const fn reads(code: u32) -> bool {
                code >= $crate::bit_hll::FIRST_READ
            }

            /// Appends the operation in the form of a bin operation's argument: its code and all of its parameters.
            pub fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$operation { $($needed,)* $($optional,)* } => {
                        const PARAMETERS: &[&str] = &[$(stringify!($needed),)* $(stringify!($optional),)*];
                        $crate::msgpack::write::list(out, 1 + PARAMETERS.len() as u32);
                        $crate::msgpack::write::int(out, $code);
                        $($crate::bit_hll::Parameter::encode($needed, out);)*
                        $($crate::bit_hll::Parameter::encode($optional, out);)*
                    })*
                }
            }

            /// The code of the operation in an argument. The parameters are not checked.
            ///
            /// # Errors
            /// If there is no such operation.
            pub fn code_of(argument: &[u8]) -> Result<u32, $crate::error::DecodeError> {
                let (_, code, _) = $crate::bit_hll::head(argument)?;
                match code {
                    $($code)|* => Ok(code),
                    _ => Err($crate::error::DecodeError::new("no such operation", 0)),
                }
            }

            /// Decodes the argument of a bin operation. Bytes after the last parameter are ignored, as the server
            /// does.
            ///
            /// # Errors
            /// If there is no such operation, or it has too few or too many parameters, or one of another type.
            pub fn decode(argument: &'a [u8]) -> Result<Self, $crate::error::DecodeError> {
                let (mut reader, code, parameters) = $crate::bit_hll::head(argument)?;
                let at = reader.at();
                match code {
                    $($code => {
                        const NEEDED: &[&str] = &[$(stringify!($needed)),*];
                        const OPTIONAL: &[&str] = &[$(stringify!($optional)),*];
                        let Some(mut _left) = parameters.checked_sub(NEEDED.len()) else {
                            return Err($crate::error::DecodeError::new("too few parameters", at));
                        };
                        if _left > OPTIONAL.len() {
                            return Err($crate::error::DecodeError::new("too many parameters", at));
                        }
                        $(let $needed = $crate::bit_hll::Parameter::decode(&mut reader)?;)*
                        $(let $optional = match _left {
                            0 => Default::default(),
                            _ => {
                                _left -= 1;
                                $crate::bit_hll::Parameter::decode(&mut reader)?
                            }
                        };)*
                        Ok(Self::$operation { $($needed,)* $($optional,)* })
                    })*
                    _ => Err($crate::error::DecodeError::new("no such operation", at)),
                }
            }
        }
    };
}

/// Decodes the head of an argument: the operation's code and the number of parameters that follow in the reader.
pub(crate) fn head(argument: &[u8]) -> Result<(Reader<'_>, u32, usize), DecodeError> {
    let mut reader = Reader::new(argument);
    let parameters = reader
        .list()?
        .checked_sub(1)
        .ok_or(DecodeError::new("no operation", 0))?;
    // The server uses 32 bits of the code.
    let code = i64::decode(&mut reader)? as u32;
    Ok((reader, code, parameters as usize))
}

/// Operations with this code or a higher one only read.
pub(crate) const FIRST_READ: u32 = 50;

pub(crate) use {flags_parameter, operations};
