//! Serializes types into values.

use serde_core::Serialize;
use serde_core::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};
use spikelet_wire::{Map, Value};

use crate::error::Error;

/// Serializes into a [`Value`].
pub(super) struct ValueSerializer;

/// A list under construction, and the enum variant whose content it is, if any.
pub(super) struct List {
    items: Vec<Value>,
    variant: Option<&'static str>,
}

/// A map under construction, and the enum variant whose content it is, if any.
#[derive(Default)]
pub(super) struct Entries {
    map: Vec<(Value, Value)>,
    key: Option<Value>,
    variant: Option<&'static str>,
}

impl List {
    const fn new(variant: Option<&'static str>) -> Self {
        Self {
            items: Vec::new(),
            variant,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.items.push(item.serialize(ValueSerializer)?);
        Ok(())
    }

    fn into_value(self) -> Value {
        of_variant(self.variant, Value::List(self.items))
    }
}

impl Entries {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            variant,
            ..Self::default()
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: impl Into<Value>, value: &T) -> Result<(), Error> {
        self.map.push((key.into(), value.serialize(ValueSerializer)?));
        Ok(())
    }

    fn into_value(self) -> Value {
        of_variant(self.variant, Value::Map(self.map.into_iter().collect()))
    }
}

/// Wraps the content of an enum variant into a map from the variant's name to the content.
fn of_variant(variant: Option<&'static str>, content: Value) -> Value {
    match variant {
        Some(variant) => Value::Map([(variant, content)].into_iter().collect::<Map>()),
        None => content,
    }
}

macro_rules! serialize_as {
    ($($method:ident: $from:ty),*) => {
        $(fn $method(self, value: $from) -> Result<Value, Error> {
            Ok(Value::from(value))
        })*
    };
}

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    serialize_as! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_str: &str,
        serialize_bytes: &[u8]
    }

    fn serialize_u64(self, value: u64) -> Result<Value, Error> {
        let fits = i64::try_from(value).map(Value::Int);
        fits.map_err(|_| Error::value(format!("the integer {value} is over 63 bits")))
    }

    fn serialize_char(self, value: char) -> Result<Value, Error> {
        Ok(Value::String(value.into()))
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Nil)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, Error> {
        Ok(Value::Nil)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok(of_variant(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<List, Error> {
        Ok(List::new(None))
    }

    fn serialize_tuple(self, _len: usize) -> Result<List, Error> {
        Ok(List::new(None))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<List, Error> {
        Ok(List::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<List, Error> {
        Ok(List::new(Some(variant)))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Entries, Error> {
        Ok(Entries::new(None))
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Entries, Error> {
        Ok(Entries::new(None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Entries, Error> {
        Ok(Entries::new(Some(variant)))
    }
}

macro_rules! list_impl {
    ($($of:ident :: $push:ident),*) => {
        $(impl $of for List {
            type Ok = Value;
            type Error = Error;

            fn $push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                self.push(item)
            }

            fn end(self) -> Result<Value, Error> {
                Ok(self.into_value())
            }
        })*
    };
}

list_impl!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields_impl {
    ($($of:ident),*) => {
        $(impl $of for Entries {
            type Ok = Value;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.push(name, value)
            }

            fn end(self) -> Result<Value, Error> {
                Ok(self.into_value())
            }
        })*
    };
}

fields_impl!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Entries {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key.serialize(ValueSerializer)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self
            .key
            .take()
            .ok_or_else(|| Error::value("a map's value without its key"))?;
        self.push(key, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.into_value())
    }
}
