//! What operations are carried out on: bins, and values within expressions.

use spikelet_wire::exp::CallSystem;
use spikelet_wire::exp::build::{Exp, ExpType, GeoJson, Hll};
use spikelet_wire::{Map, OpCode, ParticleType, Value};

use crate::operation::Operation;

/// What an operation of a language is carried out on: the name of a bin, or an expression.
///
/// It is implemented in this crate alone.
pub trait Target<L: Language>: sealed::Sealed + Sized {
    /// How the arguments are told.
    type Kind: Kind;
    /// What a reading operation gives whose value is always of one type.
    type Reads<T: ExpType>;
    /// What a reading operation gives whose value may be of any type.
    type Selects;
    /// What an operation gives that modifies.
    type Modifies;

    #[doc(hidden)]
    fn reads<T: ExpType>(self, call: Vec<u8>) -> Self::Reads<T>;
    #[doc(hidden)]
    fn selects(self, call: Vec<u8>) -> Self::Selects;
    #[doc(hidden)]
    fn modifies(self, call: Vec<u8>) -> Self::Modifies;
}

/// A language of operations.
///
/// It is implemented in this crate alone.
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

/// How arguments are told: as values, or as expressions.
///
/// It is implemented in this crate alone.
pub trait Kind: sealed::Sealed {
    #[doc(hidden)]
    fn pack(value: &Value) -> Vec<u8>;
}

/// Arguments are values.
#[derive(Debug)]
pub enum InCommand {}

/// Arguments are values or expressions.
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

/// What an operation reads within an expression, whose type depends on the data: say which one you expect.
///
/// It is unknown where the value turns out to be of another type.
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
#[must_use = "say of what type the value is"]
pub struct Untyped {
    on: Vec<u8>,
    call: Vec<u8>,
    system: CallSystem,
}

impl Untyped {
    /// As a value of a type.
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
    /// As a boolean.
    bool -> bool;
    /// As an integer.
    int -> i64;
    /// As a double.
    float -> f64;
    /// As text.
    string -> String;
    /// As bytes.
    blob -> Vec<u8>;
    /// As a list.
    list -> Vec<Value>;
    /// As a map.
    map -> Map;
    /// As a geographic point or region.
    geo -> GeoJson;
    /// As a HyperLogLog.
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
