//! Typed expressions: literals, comparisons, conditions and variables.

use std::marker::PhantomData;

use crate::exp::{Operator, Type, flags};
use crate::msgpack::{Reader, Token, write};
use crate::value::{Map, Value};

/// An expression whose value is of type `T`.
///
/// A Rust value converts into an expression of its type where an operand is expected.
#[must_use = "an expression does nothing until it is sent"]
#[derive(Debug)]
pub struct Exp<T> {
    pub(super) bytes: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

/// The type of an expression's value: `bool`, `i64`, `f64`, `String`, `Vec<u8>`, `Vec<Value>` for a list,
/// [`Map`], [`GeoJson`], [`Hll`] and `()` for nil.
pub trait ExpType: sealed::Sealed {
    /// The type as encoded in expressions.
    const TYPE: Type;
}

/// A type whose values can be compared.
pub trait Comparable: ExpType {}

/// A geographic point or region.
#[derive(Debug)]
pub enum GeoJson {}

/// A HyperLogLog.
#[derive(Debug)]
pub enum Hll {}

/// The type of an expression that removes an element; see [`remove`].
#[derive(Debug)]
pub enum Removal {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! types {
    ($($rust:ty => $of:ident $($comparable:ident)?;)*) => {
        $(
            impl sealed::Sealed for $rust {}
            impl ExpType for $rust {
                const TYPE: Type = Type::$of;
            }
            $(impl $comparable for $rust {})?
        )*
    };
}

types! {
    () => Nil Comparable;
    bool => Bool Comparable;
    i64 => Int Comparable;
    f64 => Float Comparable;
    String => String Comparable;
    Vec<u8> => Blob Comparable;
    Vec<Value> => List Comparable;
    Map => Map Comparable;
    GeoJson => GeoJson;
    Hll => Hll;
}

impl<T> Clone for Exp<T> {
    fn clone(&self) -> Self {
        Self::from_bytes(self.bytes.clone())
    }
}

impl<T> Exp<T> {
    /// Creates an expression from its encoded bytes. They are not checked, nor is their type.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, of: PhantomData }
    }

    /// Creates an expression from an operator and its encoded operands.
    pub(super) fn operator(operator: Operator, operands: &[&[u8]]) -> Self {
        let mut bytes = Vec::with_capacity(2 + operands.iter().map(|operand| operand.len()).sum::<usize>());
        write::list(&mut bytes, operands.len() as u32 + 1);
        write::uint(&mut bytes, u64::from(operator.code()));
        operands.iter().for_each(|operand| bytes.extend_from_slice(operand));
        Self::from_bytes(bytes)
    }

    pub(super) fn unary<U>(self, operator: Operator) -> Exp<U> {
        Exp::operator(operator, &[&self.bytes])
    }

    pub(super) fn binary<U, V>(self, operator: Operator, other: impl Into<Exp<U>>) -> Exp<V> {
        Exp::operator(operator, &[&self.bytes, &other.into().bytes])
    }

    /// Applies an operator that accepts any number of operands. If `self` is already such an expression, `other`
    /// becomes another operand of it, so that long chains do not nest.
    pub(super) fn chained(self, operator: Operator, other: impl Into<Self>) -> Self {
        let mut reader = Reader::new(&self.bytes);
        match (reader.token(), reader.token()) {
            (Ok(Token::List(count)), Ok(Token::Int(code))) if code == i64::from(operator.code()) => {
                let operands = reader.rest();
                let mut bytes = Vec::with_capacity(self.bytes.len() + 16);
                write::list(&mut bytes, count + 1);
                write::uint(&mut bytes, u64::from(operator.code()));
                bytes.extend_from_slice(operands);
                bytes.extend(other.into().bytes);
                Self::from_bytes(bytes)
            }
            _ => self.binary(operator, other),
        }
    }

    /// The encoded expression.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded expression.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The argument of an `EXP_READ` or `EXP_MODIFY` operation, with [flags].
    #[must_use]
    pub fn to_argument(&self, flags: u64) -> Vec<u8> {
        let mut argument = Vec::with_capacity(self.bytes.len() + 3);
        write::list(&mut argument, 2);
        argument.extend_from_slice(&self.bytes);
        write::uint(&mut argument, flags & flags::MODIFY);
        argument
    }
}

impl<T: Comparable> Exp<T> {
    /// Whether the two are equal.
    pub fn eq(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::Eq, other)
    }

    /// Whether the two are not equal.
    pub fn ne(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::Ne, other)
    }

    /// Whether it is greater than the other.
    pub fn gt(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::Gt, other)
    }

    /// Whether it is greater than or equal to the other.
    pub fn ge(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::Ge, other)
    }

    /// Whether it is less than the other.
    pub fn lt(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::Lt, other)
    }

    /// Whether it is less than or equal to the other.
    pub fn le(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::Le, other)
    }

    /// Whether a list has an element equal to it.
    pub fn is_in(self, list: impl Into<Exp<Vec<Value>>>) -> Exp<bool> {
        self.binary(Operator::InList, list)
    }
}

impl Exp<bool> {
    /// Whether both are true.
    pub fn and(self, other: impl Into<Self>) -> Self {
        self.chained(Operator::And, other)
    }

    /// Whether at least one of the two is true.
    pub fn or(self, other: impl Into<Self>) -> Self {
        self.chained(Operator::Or, other)
    }

    /// Whether exactly one of the two is true.
    pub fn xor(self, other: impl Into<Self>) -> Self {
        self.binary(Operator::Exclusive, other)
    }

    /// Selects a value if it is true. Add conditions with [`Cond::when`], and end with [`Cond::otherwise`].
    pub fn then<T: ExpType>(self, value: impl Into<Exp<T>>) -> Cond<T> {
        Cond {
            operands: Vec::new(),
            count: 0,
            of: PhantomData,
        }
        .when(self, value)
    }
}

impl std::ops::Not for Exp<bool> {
    type Output = Self;

    fn not(self) -> Self {
        self.unary(Operator::Not)
    }
}

impl Exp<String> {
    /// Whether a POSIX regular expression matches anywhere in the text, with options from
    /// [`regex_flags`](crate::exp::regex_flags).
    pub fn matches(self, pattern: &str, options: i64) -> Exp<bool> {
        let (mut before, mut raw) = (Vec::new(), Vec::new());
        write::int(&mut before, options);
        write::raw(&mut raw, pattern.as_bytes());
        Exp::operator(Operator::CmpRegex, &[&before, &raw, &self.bytes])
    }
}

impl Exp<GeoJson> {
    /// A point or region, as GeoJSON.
    pub fn geo_json(text: &str) -> Self {
        Self::literal(&Value::GeoJson(text.to_owned()))
    }

    /// Whether one of the two is a point and the other a region that contains it.
    pub fn matches(self, other: impl Into<Self>) -> Exp<bool> {
        self.binary(Operator::CmpGeo, other)
    }
}

impl Exp<Map> {
    /// The keys of the map.
    pub fn keys(self) -> Exp<Vec<Value>> {
        self.unary(Operator::MapKeys)
    }

    /// The values of the map.
    pub fn values(self) -> Exp<Vec<Value>> {
        self.unary(Operator::MapValues)
    }
}

/// A conditional expression: the value of the first condition that is true.
///
/// ```
/// use spikelet_wire::exp::build::int_bin;
///
/// let price = int_bin("age").lt(18).then(5).when(int_bin("age").gt(65), 7).otherwise(10);
/// assert!(price.gt(6).as_bytes().len() > 10);
/// ```
#[must_use = "end it with `otherwise` or `otherwise_unknown`"]
#[derive(Debug, Clone)]
pub struct Cond<T> {
    operands: Vec<u8>,
    count: u32,
    of: PhantomData<fn() -> T>,
}

impl<T: ExpType> Cond<T> {
    /// Adds a value that is used if its condition is true.
    pub fn when(mut self, condition: impl Into<Exp<bool>>, value: impl Into<Exp<T>>) -> Self {
        self.operands.extend(condition.into().bytes);
        self.operands.extend(value.into().bytes);
        self.count += 2;
        self
    }

    /// The value if no condition is true.
    pub fn otherwise(mut self, value: impl Into<Exp<T>>) -> Exp<T> {
        self.operands.extend(value.into().bytes);
        let mut bytes = Vec::with_capacity(self.operands.len() + 6);
        write::list(&mut bytes, self.count + 2);
        write::uint(&mut bytes, u64::from(Operator::Cond.code()));
        bytes.append(&mut self.operands);
        Exp::from_bytes(bytes)
    }

    /// Unknown if no condition is true.
    pub fn otherwise_unknown(self) -> Exp<T> {
        self.otherwise(Exp::from_bytes(unknown().bytes))
    }
}

/// Neither true nor false.
pub fn unknown() -> Exp<bool> {
    Exp::operator(Operator::Unknown, &[])
}

/// Whether exactly one of several is true. The server rejects fewer than two.
///
/// ```
/// use spikelet_wire::exp::build::{exclusive, int_bin};
///
/// let one = exclusive([int_bin("a").eq(1), int_bin("b").eq(1), int_bin("c").eq(1)]);
/// ```
pub fn exclusive(conditions: impl IntoIterator<Item = Exp<bool>>) -> Exp<bool> {
    let conditions: Vec<_> = conditions.into_iter().collect();
    let operands: Vec<_> = conditions.iter().map(Exp::as_bytes).collect();
    Exp::operator(Operator::Exclusive, &operands)
}

/// Removes the element that the path expression visits.
pub fn remove() -> Exp<Removal> {
    Exp::operator(Operator::ResultRemove, &[])
}

/// Binds a value to a variable, which an expression may use several times. The value is computed once.
///
/// A name consists of letters, digits and underscores, does not begin with a digit, and is not in use by an enclosing
/// expression. The server rejects other names.
///
/// ```
/// use spikelet_wire::exp::build::{int_bin, with};
///
/// let between = with("x", int_bin("a") + int_bin("b"), |x| x.clone().gt(1).and(x.lt(9)));
/// assert!(!between.as_bytes().is_empty());
/// ```
pub fn with<T: ExpType, U>(name: &str, value: impl Into<Exp<T>>, body: impl FnOnce(Exp<T>) -> Exp<U>) -> Exp<U> {
    let mut raw = Vec::new();
    write::raw(&mut raw, name.as_bytes());
    let body = body(Exp::operator(Operator::Var, &[&raw]));
    Exp::operator(Operator::Let, &[&raw, &value.into().bytes, &body.bytes])
}

impl<T> Exp<T> {
    /// A literal of any type. A list is quoted.
    ///
    /// Rust values of a known type convert by themselves, but [`Value::Infinity`] and [`Value::Wildcard`] do not.
    pub fn literal(value: &Value) -> Self {
        let mut bytes = Vec::new();
        value.pack(&mut bytes);
        match value {
            Value::List(_) => Self::operator(Operator::Quote, &[&bytes]),
            _ => Self::from_bytes(bytes),
        }
    }
}

macro_rules! literals {
    ($($from:ty => $of:ty;)*) => {
        $(impl From<$from> for Exp<$of> {
            fn from(value: $from) -> Self {
                Self::literal(&value.into())
            }
        })*
    };
}

literals! {
    () => ();
    bool => bool;
    i64 => i64;
    i32 => i64;
    u32 => i64;
    f64 => f64;
    &str => String;
    String => String;
    &[u8] => Vec<u8>;
    Vec<u8> => Vec<u8>;
    Map => Map;
}

impl From<Vec<Value>> for Exp<Vec<Value>> {
    fn from(list: Vec<Value>) -> Self {
        Self::literal(&Value::List(list))
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Exp<Vec<Value>> {
    fn from(list: [T; N]) -> Self {
        Self::literal(&list.into())
    }
}
