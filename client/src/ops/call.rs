//! The encoded call of an operation: its code, its arguments and its context.

use spikelet_wire::cdt::CallWriter;
use spikelet_wire::context::Context;

use super::argument::{Interval, Span};

/// A call under construction. Its last parameters can be left out.
pub(super) struct Call(CallWriter);

impl Call {
    pub(super) const fn new(code: u8) -> Self {
        Self(CallWriter::of(code))
    }

    pub(super) fn int(self, n: i64) -> Self {
        Self(self.0.int(n))
    }

    pub(super) fn arg(self, packed: Vec<u8>) -> Self {
        Self(self.0.packed(&packed))
    }

    pub(super) fn span<K>(self, span: Span<K>) -> Self {
        let call = self.arg(span.start);
        span.count.into_iter().fold(call, Self::arg)
    }

    pub(super) fn interval<K>(self, interval: Interval<K>) -> Self {
        let call = self.arg(interval.start);
        interval.end.into_iter().fold(call, Self::arg)
    }

    /// Adds flags, up to the last that is not the default.
    pub(super) fn flags<const N: usize>(self, flags: [u64; N]) -> Self {
        let n = flags.iter().rposition(|&flags| flags != 0).map_or(0, |last| last + 1);
        flags
            .into_iter()
            .take(n)
            .fold(self, |call, flags| call.int(flags as i64))
    }

    pub(super) fn finish(self, context: &Context) -> Vec<u8> {
        self.0.finish(context)
    }
}

/// The type of an argument, and how it is added to a call.
macro_rules! argument {
    (type number) => { impl $crate::ops::Argument<T::Kind, i64> };
    (type value) => { impl $crate::ops::Argument<T::Kind, $crate::ops::Any> };
    (type list) => { impl $crate::ops::Argument<T::Kind, Vec<spikelet_wire::Value>> };
    (type span) => { impl Into<$crate::ops::Span<T::Kind>> };
    (type interval) => { impl Into<$crate::ops::Interval<T::Kind>> };
    (write span $call:expr, $argument:ident) => { $call.span($argument.into()) };
    (write interval $call:expr, $argument:ident) => { $call.interval($argument.into()) };
    (write $kind:ident $call:expr, $argument:ident) => { $call.arg($argument.packed()) };
    (one $returns:ident) => { $returns };
    (many $returns:ident) => { impl Into<$crate::ops::ReturnType<$returns>> };
}

/// Defines the operations that select elements, and those that remove the elements that these select.
macro_rules! selections {
    ($on:ident, $op:ident, $returns:ident;
        $($(#[doc = $doc:literal])+ $get:ident = $get_op:ident, $remove:ident = $remove_op:ident:
            $number:ident($($argument:ident: $kind:ident),+);)*
    ) => {
        impl<T: Target<Collections>> $on<T> {
            $($(#[doc = $doc])+
            pub fn $get(
                self,
                $($argument: $crate::ops::call::argument!(type $kind),)+
                returns: $crate::ops::call::argument!($number $returns),
            ) -> T::Selects {
                let returns: $crate::ops::ReturnType<$returns> = returns.into();
                let call = Call::new($op::$get_op.operation().code).int(returns.code());
                $(let call = $crate::ops::call::argument!(write $kind call, $argument);)+
                self.select(call)
            }

            #[doc = concat!("Removes what [`", stringify!($get), "`](Self::", stringify!($get), ") selects.")]
            pub fn $remove(
                self,
                $($argument: $crate::ops::call::argument!(type $kind),)+
                returns: $crate::ops::call::argument!($number $returns),
            ) -> T::Modifies {
                let returns: $crate::ops::ReturnType<$returns> = returns.into();
                let call = Call::new($op::$remove_op.operation().code).int(returns.code());
                $(let call = $crate::ops::call::argument!(write $kind call, $argument);)+
                self.modify(call)
            })*
        }
    };
}

pub(super) use {argument, selections};
