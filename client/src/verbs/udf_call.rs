//! Calls of user-defined functions (UDFs): the function and its arguments.

use spikelet_wire::msgpack::write;
use spikelet_wire::{FieldType, MessageWriter, Value};

/// A call of a UDF.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UdfCall {
    module: String,
    function: String,
    /// Encoded in msgpack.
    arguments: Vec<u8>,
}

impl UdfCall {
    pub(crate) fn new(module: &str, function: &str, arguments: impl IntoArguments) -> Self {
        let values = arguments.into_arguments();
        let mut arguments = Vec::new();
        write::list(&mut arguments, values.len() as u32);
        values.iter().for_each(|value| value.pack(&mut arguments));
        Self {
            module: module.to_owned(),
            function: function.to_owned(),
            arguments,
        }
    }

    /// The fields that carry the call.
    pub(crate) fn fields(&self) -> [(FieldType, &[u8]); 3] {
        [
            (FieldType::UDF_FILENAME, self.module.as_bytes()),
            (FieldType::UDF_FUNCTION, self.function.as_bytes()),
            (FieldType::UDF_ARGLIST, &self.arguments),
        ]
    }

    pub(crate) fn write_to(&self, message: &mut MessageWriter<'_>) {
        for (field_type, data) in self.fields() {
            message.field(field_type, data);
        }
    }
}

/// Types that can be the arguments of a UDF: a tuple of values of any types, or several values of one type.
///
/// The UDF receives them after its first argument, which is the record or the stream.
///
/// ```
/// use spikelet_client::{IntoArguments as _, Value};
///
/// assert_eq!(().into_arguments(), []);
/// assert_eq!((1, "x").into_arguments(), [Value::from(1), Value::from("x")]);
/// assert_eq!([1, 2].into_arguments(), [Value::from(1), Value::from(2)]);
/// ```
pub trait IntoArguments {
    /// Converts into the arguments, in order.
    fn into_arguments(self) -> Vec<Value>;
}

impl<V: Into<Value>> IntoArguments for Vec<V> {
    fn into_arguments(self) -> Vec<Value> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<V: Into<Value>, const LEN: usize> IntoArguments for [V; LEN] {
    fn into_arguments(self) -> Vec<Value> {
        self.into_iter().map(Into::into).collect()
    }
}

impl IntoArguments for () {
    fn into_arguments(self) -> Vec<Value> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($($name:ident $value:ident),+) => {
        impl<$($name: Into<Value>),+> IntoArguments for ($($name,)+) {
            fn into_arguments(self) -> Vec<Value> {
                let ($($value,)+) = self;
                vec![$($value.into()),+]
            }
        }
    };
}

tuples!(A a);
tuples!(A a, B b);
tuples!(A a, B b, C c);
tuples!(A a, B b, C c, D d);
tuples!(A a, B b, C c, D d, E e);
tuples!(A a, B b, C c, D d, E e, F f);
