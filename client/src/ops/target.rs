//! The targets of operations: bins, and values within expressions.

use spikelet_wire::exp::CallSystem;
use spikelet_wire::exp::build::{Exp, ExpType, GeoJson, Hll};
use spikelet_wire::{Map, OpCode, ParticleType, Value};

use crate::operation::Operation;

/// The target of an operation of a language: the name of a bin, or an expression.
///
/// Only this crate implements it.
pub trait Target<L: Language>: sealed::Sealed + Sized {
    /// What the arguments can be.
    type Kind: Kind;
    /// The result type of a read operation whose value is always of one type.
    type Reads<T: ExpType>;
    /// The result type of a read operation whose value can be of any type.
    type Selects;
    /// The result type of a modify operation.
    type Modifies;

    #[doc(hidden)]
    fn reads<T: ExpType>(self, call: Vec<u8>) -> Self::Reads<T>;
    #[doc(hidden)]
    fn selects(self, call: Vec<u8>) -> Self::Selects;
    #[doc(hidden)]
    fn modifies(self, call: Vec<u8>) -> Self::Modifies;
}

/// A group of operations with its own encoding: on lists and maps, on bits, or on HyperLogLogs.
///
/// Only this crate implements it.
pub trait Language: sealed::Sealed {
    #[doc(hidden)]
    const SYSTEM: CallSystem;
    #[doc(hidden)]
    const READ: OpCode;
    #[doc(hidden)]
    const MODIFY: OpCode;
    #[doc(hidden)]
    const PARTICLE: ParticleType;
}

/// Where an operation is used, which decides whether its arguments can be expressions.
///
/// Only this crate implements it.
pub trait Kind: sealed::Sealed {
    #[doc(hidden)]
    fn pack(value: &Value) -> Vec<u8>;
}

/// In a command: arguments are values.
#[derive(Debug)]
pub enum InCommand {}

/// Within an expression: arguments are values or expressions.
#[derive(Debug)]
pub enum InExpression {}

/// Operations on lists and maps.
#[derive(Debug)]
pub enum Collections {}

/// Operations on the bits of a blob.
#[derive(Debug)]
pub enum Bits {}

/// Operations on HyperLogLogs.
#[derive(Debug)]
pub enum HyperLogLogs {}

impl Kind for InCommand {
    fn pack(value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        value.pack(&mut out);
        out
    }
}

impl Kind for InExpression {
    fn pack(value: &Value) -> Vec<u8> {
        Exp::<()>::literal(value).into_bytes()
    }
}

macro_rules! languages {
    ($($language:ty: $system:ident, $read:ident, $modify:ident, on $($on:ty),+;)*) => {
        $(impl sealed::Sealed for $language {}

        impl Language for $language {
            const SYSTEM: CallSystem = CallSystem::$system;
            const READ: OpCode = OpCode::$read;
            const MODIFY: OpCode = OpCode::$modify;
            const PARTICLE: ParticleType = ParticleType::BLOB;
        }

        $(impl Target<$language> for Exp<$on> {
            type Kind = InExpression;
            type Reads<T: ExpType> = Exp<T>;
            type Selects = Untyped;
            type Modifies = Self;

            fn reads<T: ExpType>(self, call: Vec<u8>) -> Exp<T> {
                self.read(<$language>::SYSTEM, &call)
            }

            fn selects(self, call: Vec<u8>) -> Untyped {
                Untyped { on: self.into_bytes(), call, system: <$language>::SYSTEM }
            }

            fn modifies(self, call: Vec<u8>) -> Self {
                self.modified(<$language>::SYSTEM, &call)
            }
        })+)*
    };
}

languages! {
    Collections: Cdt, CDT_READ, CDT_MODIFY, on Vec<Value>, Map;
    Bits: Bits, BITS_READ, BITS_MODIFY, on Vec<u8>;
    HyperLogLogs: Hll, HLL_READ, HLL_MODIFY, on Hll;
}

macro_rules! bin_names {
    ($($name:ty),*) => {
        $(impl<L: Language> Target<L> for $name {
            type Kind = InCommand;
            type Reads<T: ExpType> = Operation;
            type Selects = Operation;
            type Modifies = Operation;

            fn reads<T: ExpType>(self, call: Vec<u8>) -> Operation {
                Operation::raw(L::READ, self, L::PARTICLE, call)
            }

            fn selects(self, call: Vec<u8>) -> Operation {
                Operation::raw(L::READ, self, L::PARTICLE, call)
            }

            fn modifies(self, call: Vec<u8>) -> Operation {
                Operation::raw(L::MODIFY, self, L::PARTICLE, call)
            }
        })*
    };
}

bin_names!(&str, &String, String);

/// The result of a read operation within an expression whose type depends on the data.
///
/// Convert it to the expected type. The expression is unknown if the value is of another type.
///
/// ```
/// use spikelet_client::exp::{Exp, list_bin};
/// use spikelet_client::ops::{ListReturn, list};
///
/// let first = || list(list_bin("l")).get_by_index(0, ListReturn::Value);
/// let filter = first().int().gt(5).or(first().string().eq("five"));
/// let typed: Exp<i64> = first().into();
/// ```
#[derive(Debug, Clone)]
#[must_use = "convert it to the expected type"]
pub struct Untyped {
    on: Vec<u8>,
    call: Vec<u8>,
    system: CallSystem,
}

impl Untyped {
    /// Converts to an expression of a type.
    pub fn of<T: ExpType>(self) -> Exp<T> {
        Exp::<()>::from_bytes(self.on).read(self.system, &self.call)
    }
}

impl<T: ExpType> From<Untyped> for Exp<T> {
    fn from(untyped: Untyped) -> Self {
        untyped.of()
    }
}

macro_rules! types {
    ($($(#[doc = $doc:literal])+ $name:ident -> $of:ty;)*) => {
        impl Untyped {
            $($(#[doc = $doc])+
            pub fn $name(self) -> Exp<$of> {
                self.of()
            })*
        }
    };
}

types! {
    /// Converts to a boolean.
    bool -> bool;
    /// Converts to an integer.
    int -> i64;
    /// Converts to a double.
    float -> f64;
    /// Converts to text.
    string -> String;
    /// Converts to bytes.
    blob -> Vec<u8>;
    /// Converts to a list.
    list -> Vec<Value>;
    /// Converts to a map.
    map -> Map;
    /// Converts to a geographic point or region.
    geo -> GeoJson;
    /// Converts to a HyperLogLog.
    hll -> Hll;
}

pub(super) mod sealed {
    use spikelet_wire::exp::build::Exp;

    pub trait Sealed {}

    impl Sealed for super::InCommand {}
    impl Sealed for super::InExpression {}
    impl Sealed for &str {}
    impl Sealed for &String {}
    impl Sealed for String {}
    impl<T> Sealed for Exp<T> {}
}
