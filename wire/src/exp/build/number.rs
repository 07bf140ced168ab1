//! Arithmetic on integers and doubles, and on the bits of integers.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};

use super::expression::Exp;
use crate::exp::Operator;

macro_rules! rust_operators {
    ($($of:ty: $($trait:ident::$method:ident = $how:ident $operator:ident),+;)*) => {
        $($(impl<E: Into<Exp<$of>>> $trait<E> for Exp<$of> {
            type Output = Self;

            fn $method(self, other: E) -> Self {
                self.$how(Operator::$operator, other)
            }
        })+)*
    };
}

rust_operators! {
    i64: Add::add = chained Add, Sub::sub = binary Sub, Mul::mul = chained Mul, Div::div = binary Div,
        Rem::rem = binary Mod, BitAnd::bitand = chained IntAnd, BitOr::bitor = chained IntOr,
        BitXor::bitxor = chained IntXor, Shl::shl = binary IntLshift, Shr::shr = binary IntArshift;
    f64: Add::add = chained Add, Sub::sub = binary Sub, Mul::mul = chained Mul, Div::div = binary Div;
}

macro_rules! both {
    ($($of:ty),*) => {
        $(impl Neg for Exp<$of> {
            type Output = Self;

            fn neg(self) -> Self {
                self.unary(Operator::Sub)
            }
        }

        impl Exp<$of> {
            /// Its absolute value.
            pub fn abs(self) -> Self {
                self.unary(Operator::Abs)
            }

            /// The minimum of the two.
            pub fn min(self, other: impl Into<Self>) -> Self {
                self.chained(Operator::Min, other)
            }

            /// The maximum of the two.
            pub fn max(self, other: impl Into<Self>) -> Self {
                self.chained(Operator::Max, other)
            }
        })*
    };
}

both!(i64, f64);

impl Not for Exp<i64> {
    type Output = Self;

    fn not(self) -> Self {
        self.unary(Operator::IntNot)
    }
}

impl Exp<i64> {
    /// Converts it to a double.
    pub fn to_float(self) -> Exp<f64> {
        self.unary(Operator::ToFloat)
    }

    /// Shifts it right and fills with zeros; `>>` keeps the sign.
    pub fn shift_right_unsigned(self, by: impl Into<Self>) -> Self {
        self.binary(Operator::IntRshift, by)
    }

    /// The number of bits that are set.
    pub fn count_ones(self) -> Self {
        self.unary(Operator::IntCount)
    }

    /// The index, from the highest bit, of the first bit with a value; -1 for none.
    pub fn first_bit(self, value: bool) -> Self {
        self.binary(Operator::IntLscan, value)
    }

    /// The index, from the highest bit, of the last bit with a value; -1 for none.
    pub fn last_bit(self, value: bool) -> Self {
        self.binary(Operator::IntRscan, value)
    }
}

impl Exp<f64> {
    /// Converts it to an integer, rounding towards zero.
    pub fn to_int(self) -> Exp<i64> {
        self.unary(Operator::ToInt)
    }

    /// Rounded down.
    pub fn floor(self) -> Self {
        self.unary(Operator::Floor)
    }

    /// Rounded up.
    pub fn ceil(self) -> Self {
        self.unary(Operator::Ceil)
    }

    /// Raises it to a power.
    pub fn pow(self, exponent: impl Into<Self>) -> Self {
        self.binary(Operator::Pow, exponent)
    }

    /// Its logarithm to a base.
    pub fn log(self, base: impl Into<Self>) -> Self {
        self.binary(Operator::Log, base)
    }
}
