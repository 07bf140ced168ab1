//! Conversions between Rust types and values.

use std::collections::{BTreeMap, HashMap};

use super::{Map, MapOrder, Value, WrongType};

macro_rules! value_from {
    ($($from:ty => |$value:ident| $convert:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $convert
            }
        })*
    };
}

value_from! {
    bool => |v| Self::Bool(v);
    i64 => |v| Self::Int(v);
    i32 => |v| Self::Int(i64::from(v));
    i16 => |v| Self::Int(i64::from(v));
    i8 => |v| Self::Int(i64::from(v));
    u32 => |v| Self::Int(i64::from(v));
    u16 => |v| Self::Int(i64::from(v));
    u8 => |v| Self::Int(i64::from(v));
    f64 => |v| Self::Float(v);
    f32 => |v| Self::Float(f64::from(v));
    String => |v| Self::String(v);
    &str => |v| Self::String(v.to_owned());
    &String => |v| Self::String(v.clone());
    Vec<u8> => |v| Self::Blob(v);
    &[u8] => |v| Self::Blob(v.to_vec());
    Map => |v| Self::Map(v);
    () => |_v| Self::Nil;
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}

macro_rules! list_from {
    ($($item:ty),*) => {
        $(impl From<Vec<$item>> for Value {
            fn from(items: Vec<$item>) -> Self {
                Self::List(items.into_iter().map(Into::into).collect())
            }
        })*
    };
}

// `Vec<u8>` is a blob, so the conversion into a list is implemented for each other element type.
list_from!(Value, i64, i32, u32, bool, f64, String, &str, Vec<Value>, Map);

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<Value>, V: Into<Value>> From<HashMap<K, V>> for Value {
    fn from(map: HashMap<K, V>) -> Self {
        Self::Map(map.into_iter().collect())
    }
}

impl<K: Into<Value>, V: Into<Value>> From<BTreeMap<K, V>> for Value {
    fn from(map: BTreeMap<K, V>) -> Self {
        Self::Map(Map {
            order: MapOrder::KeyOrdered,
            ..map.into_iter().collect()
        })
    }
}

macro_rules! value_into {
    ($($into:ty: $($pattern:pat => $result:expr),+;)*) => {
        $(impl TryFrom<Value> for $into {
            type Error = WrongType;

            fn try_from(value: Value) -> Result<Self, WrongType> {
                match value {
                    $($pattern => Ok($result),)+
                    value => Err(WrongType { value, requested: stringify!($into) }),
                }
            }
        })*
    };
}

value_into! {
    bool: Value::Bool(b) => b;
    i64: Value::Int(n) => n;
    f64: Value::Float(n) => n;
    String: Value::String(s) => s, Value::GeoJson(s) => s;
    Vec<u8>: Value::Blob(b) => b, Value::Hll(b) => b, Value::Other(_, b) => b;
    Vec<Value>: Value::List(items) => items;
    Map: Value::Map(map) => map;
}

macro_rules! list_into {
    ($($item:ty),*) => {
        $(impl TryFrom<Value> for Vec<$item> {
            type Error = WrongType;

            fn try_from(value: Value) -> Result<Self, WrongType> {
                Vec::<Value>::try_from(value)?.into_iter().map(TryInto::try_into).collect()
            }
        })*
    };
}

// `Vec<u8>` is a blob, so the conversion from a list is implemented for each other element type.
list_into!(bool, i64, f64, String, Vec<u8>, Vec<Value>, Vec<i64>, Vec<String>, Map);

macro_rules! map_into {
    ($($into:ident where $($bound:path),+;)*) => {
        $(impl<K, V> TryFrom<Value> for $into<K, V>
        where
            K: TryFrom<Value> $(+ $bound)+,
            V: TryFrom<Value>,
            WrongType: From<K::Error> + From<V::Error>,
        {
            type Error = WrongType;

            fn try_from(value: Value) -> Result<Self, WrongType> {
                let pairs = Map::try_from(value)?.into_iter();
                pairs.map(|(key, value)| Ok((key.try_into()?, value.try_into()?))).collect()
            }
        })*
    };
}

map_into! {
    HashMap where Eq, std::hash::Hash;
    BTreeMap where Ord;
}

// A conversion into `Value` always succeeds.
impl From<std::convert::Infallible> for WrongType {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_maps_are_taken_apart() {
        let list = Value::from(vec![1, 2]);
        assert_eq!(Vec::<i64>::try_from(list.clone()), Ok(vec![1, 2]));
        let wrong = Vec::<String>::try_from(list).unwrap_err();
        assert_eq!(wrong.to_string(), "the value 1 is no String");
        let map = Value::Map([("a", 1), ("b", 2)].into_iter().collect());
        let taken: BTreeMap<String, i64> = map.clone().try_into().unwrap();
        assert_eq!(
            taken.into_iter().collect::<Vec<_>>(),
            [("a".into(), 1), ("b".into(), 2)]
        );
        let values: HashMap<String, Value> = map.clone().try_into().unwrap();
        assert_eq!(values["a"], Value::Int(1));
        assert!(HashMap::<i64, i64>::try_from(map).is_err());
    }
}
