//! Converts records from and to types that implement serde's traits.

mod de;
mod ser;

use std::fmt;

use serde_core::de::DeserializeOwned;
use serde_core::{Deserialize, Serialize};
use spikelet_wire::Value;

use crate::bins::{Bins, IntoBins};
use crate::error::Error;
use crate::record::Record;

/// A value whose fields are the bins of a record.
///
/// Each field is stored in the bin of its name: numbers, booleans and text as they are, sequences as lists, structs and maps
/// as maps, bytes as blobs (see the crate `serde_bytes`; a plain `Vec<u8>` is a sequence). Writing a field that is `None`
/// deletes its bin, and a bin that does not exist is read as `None`. Enums are stored in serde's usual format: the variant's
/// name, or a map from the name to the content.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use spikelet_client::{IntoBins, Serde, bins};
///
/// #[derive(Serialize, Deserialize)]
/// struct User {
///     name: String,
///     age: u32,
/// }
///
/// # async fn example(client: spikelet_client::Client, key: spikelet_client::Key) -> Result<(), spikelet_client::Error> {
/// let alice = User { name: "Alice".into(), age: 30 };
/// client.put(&key, Serde(&alice)).await?;
/// let same: User = client.get(&key).await?.deserialize()?;
/// # Ok(())
/// # }
/// let alice = User { name: "Alice".into(), age: 30 };
/// assert_eq!(Serde(&alice).into_bins()?, bins! {"name" => "Alice", "age" => 30});
/// # Ok::<(), spikelet_client::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Serde<T>(
    /// The value.
    pub T,
);

impl<T: Serialize> IntoBins for Serde<T> {
    fn into_bins(self) -> Result<Bins, Error> {
        let Value::Map(map) = self.0.serialize(ser::ValueSerializer)? else {
            return Err(Error::value("only what has fields can be the bins of a record"));
        };
        map.into_iter()
            .map(|(name, value)| match name {
                Value::String(name) => Ok((name, value)),
                name => Err(Error::value(format!("{name} is no name of a bin"))),
            })
            .collect()
    }
}

impl Record {
    /// Converts the record into a type whose fields are its bins; see [`Serde`].
    ///
    /// # Errors
    /// Of kind [`Value`](crate::ErrorKind::Value) if a bin is missing or does not match its field.
    pub fn deserialize<T: DeserializeOwned>(self) -> Result<T, Error> {
        T::deserialize(de::bins(self.bins))
    }
}

/// Converts any type that implements serde's [`Serialize`] into a value, for a bin or an element of a list or map.
///
/// # Errors
/// Of kind [`Value`](crate::ErrorKind::Value) for an integer above [`i64::MAX`], and any error of the type itself.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    value.serialize(ser::ValueSerializer)
}

/// Converts a value into any type that implements serde's [`Deserialize`].
///
/// # Errors
/// Of kind [`Value`](crate::ErrorKind::Value) if the value does not match the type.
pub fn from_value<'de, T: Deserialize<'de>>(value: Value) -> Result<T, Error> {
    T::deserialize(de::ValueDeserializer(value))
}

impl serde_core::ser::Error for Error {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::value(what.to_string())
    }
}

impl serde_core::de::Error for Error {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::value(what.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::bins;
    use crate::key::Key;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Everything {
        flag: bool,
        number: u8,
        big: i64,
        ratio: f32,
        letter: char,
        text: String,
        some: Option<i32>,
        none: Option<i32>,
        list: Vec<u16>,
        pair: (i8, String),
        map: BTreeMap<i64, String>,
        inner: Inner,
        kinds: Vec<Kind>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Inner {
        x: f64,
        unit: (),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Plain,
        New(i32),
        Tuple(i32, i32),
        Struct { a: i32 },
    }

    fn everything() -> Everything {
        Everything {
            flag: true,
            number: 255,
            big: i64::MIN,
            ratio: 0.5,
            letter: 'ä',
            text: "text".into(),
            some: Some(-1),
            none: None,
            list: vec![1, 2],
            pair: (-1, "p".into()),
            map: BTreeMap::from([(1, "one".into()), (2, "two".into())]),
            inner: Inner { x: 1.0, unit: () },
            kinds: vec![Kind::Plain, Kind::New(1), Kind::Tuple(2, 3), Kind::Struct { a: 4 }],
        }
    }

    fn record(bins: Bins) -> Record {
        Record {
            key: Key::new("test", "demo", 1),
            bins,
            generation: 1,
            void_time: 0,
        }
    }

    #[test]
    fn everything_comes_back() {
        let mut bins = Serde(everything()).into_bins().unwrap();
        assert_eq!(bins.get("none"), Some(&Value::Nil));
        assert_eq!(
            bins["kinds"].to_string(),
            r#"["Plain", {"New": 1}, {"Tuple": [2, 3]}, {"Struct": {"a": 4}}]"#
        );
        // The server keeps no bin of the value nil.
        bins.remove("none");
        assert_eq!(record(bins).deserialize::<Everything>().unwrap(), everything());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |bins| record(bins).deserialize::<Inner>().unwrap_err().to_string();
        assert_eq!(refused(bins! {"x" => 1.0}), "missing field `unit`");
        assert_eq!(
            refused(bins! {"x" => "1", "unit" => ()}),
            r#"invalid type: string "1", expected f64"#
        );
        assert!(to_value(&u64::MAX).is_err());
        assert!(Serde(5).into_bins().is_err());
        assert!(Serde(BTreeMap::from([(1, 2)])).into_bins().is_err());
        assert!(from_value::<u8>(256.into()).is_err());
        let two: Map = [("New", 1), ("Plain", 2)].into_iter().collect();
        assert!(from_value::<Kind>(Value::Map(two)).is_err());
    }

    use spikelet_wire::Map;

    #[test]
    fn blobs_are_read_as_bytes_and_as_sequences() {
        let blob = || Value::from(&[1, 2]);
        assert_eq!(from_value::<Vec<u8>>(blob()).unwrap(), [1, 2]);
        assert_eq!(
            from_value::<HashMap<String, i64>>(Value::Map(Map::default()))
                .unwrap()
                .len(),
            0
        );
    }
}
