//! Deserializes types from values.

use serde_core::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer, UnitDeserializer};
use serde_core::de::{self, IntoDeserializer, Visitor};
use serde_core::forward_to_deserialize_any;
use spikelet_wire::Value;

use crate::bins::Bins;
use crate::error::Error;

/// Deserializes from a [`Value`].
pub(super) struct ValueDeserializer(pub(super) Value);

/// Deserializes from the bins of a record.
pub(super) fn bins<'de>(bins: Bins) -> impl de::Deserializer<'de, Error = Error> {
    MapDeserializer::new(bins.into_iter().map(|(name, value)| (name, ValueDeserializer(value))))
}

impl IntoDeserializer<'_, Error> for ValueDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for ValueDeserializer {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(b) => visitor.visit_bool(b),
            Value::Int(n) => visitor.visit_i64(n),
            Value::Float(n) => visitor.visit_f64(n),
            Value::String(s) | Value::GeoJson(s) => visitor.visit_string(s),
            Value::Blob(b) | Value::Hll(b) | Value::Other(_, b) => visitor.visit_byte_buf(b),
            Value::List(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(ValueDeserializer));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Value::Map(map) => {
                let pairs = map.into_iter();
                let mut pairs = MapDeserializer::new(pairs.map(|(k, v)| (ValueDeserializer(k), ValueDeserializer(v))));
                let value = visitor.visit_map(&mut pairs)?;
                pairs.end().map(|()| value)
            }
            // Nil, and values that are never stored in a record.
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Nil => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A blob is also accepted as a sequence of numbers.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Blob(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A variant is its name, or a map from its name to its content.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (variant, content) = match self.0 {
            Value::String(variant) => (variant, None),
            Value::Map(map) if map.len() == 1 => match map.into_iter().next() {
                Some((Value::String(variant), content)) => (variant, Some(content)),
                _ => return Err(Error::value("an enum's variant is named by text")),
            },
            value => return Err(Error::value(format!("{value} is no variant of an enum"))),
        };
        visitor.visit_enum(Variant { variant, content })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Variant {
    variant: String,
    content: Option<Value>,
}

struct Content(Option<Value>);

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content), Error> {
        let variant: StringDeserializer<Error> = self.variant.into_deserializer();
        Ok((seed.deserialize(variant)?, Content(self.content)))
    }
}

impl<'de> de::VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None | Some(Value::Nil) => Ok(()),
            Some(content) => Err(Error::value(format!("{content} where a variant has no content"))),
        }
    }

    fn newtype_variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        match self.0 {
            Some(content) => seed.deserialize(ValueDeserializer(content)),
            None => seed.deserialize(UnitDeserializer::new()),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_any(ValueDeserializer(self.0.unwrap_or_default()), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_any(ValueDeserializer(self.0.unwrap_or_default()), visitor)
    }
}
