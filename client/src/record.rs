//! Records, as the server returns them.

use std::time::{Duration, SystemTime};

use spikelet_wire::Value;

use crate::bin_name::BinName;
use crate::bins::Bins;
use crate::clock;
use crate::error::Error;
use crate::key::Key;

/// A record as the server returned it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The requested key.
    pub key: Key,
    /// The bins; empty if none were requested.
    pub bins: Bins,
    /// The number of writes since the record was created, from 1. It wraps around within 16 bits.
    pub generation: u32,
    /// When the record expires, in seconds since 2010-01-01T00:00:00Z; 0 for a record that never does.
    pub void_time: u32,
}

impl Record {
    /// The value of a bin, converted to a type.
    ///
    /// # Errors
    /// Of kind [`Value`](crate::ErrorKind::Value) if there is no such bin or its value is of another type.
    ///
    /// ```no_run
    /// # async fn example(client: spikelet_client::Client, key: spikelet_client::Key) -> Result<(), spikelet_client::Error> {
    /// let record = client.get(&key).await?;
    /// let (name, age): (String, i64) = (record.get("name")?, record.get("age")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get<T>(&self, bin: &str) -> Result<T, Error>
    where
        T: TryFrom<Value>,
        T::Error: Into<Error>,
    {
        let value = self.bins.get(bin);
        let value = value.ok_or_else(|| Error::value(format!("the record has no bin {bin:?}")))?;
        T::try_from(value.clone()).map_err(Into::into)
    }

    /// The time at which the record expires; `None` if it never does.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        expires_at(self.void_time)
    }

    /// The remaining time to live by this machine's clock; `None` if the record never expires.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        ttl(self.void_time)
    }
}

/// The results of an [`operate_ordered`](crate::Client::operate_ordered), in the order of the operations.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedRecord {
    /// The requested key.
    pub key: Key,
    /// The results in the order of the operations. A bin is listed once for each operation that returned a result for it.
    pub bins: Vec<(String, Value)>,
    /// The record's generation after the operations.
    pub generation: u32,
    /// When the record expires, in seconds since 2010-01-01T00:00:00Z; 0 for a record that never does.
    pub void_time: u32,
}

impl OrderedRecord {
    /// The result at a position, counted from 0, converted to a type.
    ///
    /// Operations without a result are not counted, unless
    /// [`respond_all_ops`](crate::Command::respond_all_ops) requests one from each.
    ///
    /// # Errors
    /// Of kind [`Value`](crate::ErrorKind::Value) if there are fewer results or this one is of another type.
    ///
    /// ```no_run
    /// # use spikelet_client::{Client, Error, Key};
    /// use spikelet_client::ops::{MapReturn, map};
    /// # use std::collections::HashMap;
    /// # async fn example(client: Client, key: Key) -> Result<(), Error> {
    /// let best = map("ages").get_by_rank_range(-3.., MapReturn::KeyValue);
    /// let record = client.operate_ordered(&key).op(map("ages").size()).op(best).await?;
    /// let (size, best): (i64, HashMap<String, i64>) = (record.result(0)?, record.result(1)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn result<T>(&self, position: usize) -> Result<T, Error>
    where
        T: TryFrom<Value>,
        T::Error: Into<Error>,
    {
        let result = self.bins.get(position);
        let (_, value) = result.ok_or_else(|| Error::value(format!("there is no result {position}")))?;
        T::try_from(value.clone()).map_err(Into::into)
    }

    /// The results of a bin, in the order of the operations.
    pub fn results(&self, bin: &str) -> impl Iterator<Item = &Value> {
        self.bins
            .iter()
            .filter_map(move |(name, value)| (name == bin).then_some(value))
    }

    /// The time at which the record expires; `None` if it never does.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        expires_at(self.void_time)
    }

    /// The remaining time to live by this machine's clock; `None` if the record never expires.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        ttl(self.void_time)
    }

    /// Converts into a record that has each bin once, with its last result other than [`Value::Nil`].
    #[must_use]
    pub fn into_record(self) -> Record {
        let mut bins: Vec<(BinName, Value)> = Vec::with_capacity(self.bins.len());
        for (name, value) in self.bins {
            match bins.iter_mut().find(|(bin, _)| *bin == *name) {
                Some((_, old)) if value != Value::Nil => *old = value,
                Some(_) => {}
                None => bins.push((name.into(), value)),
            }
        }
        Record {
            key: self.key,
            bins: Bins::from_unique(bins),
            generation: self.generation,
            void_time: self.void_time,
        }
    }
}

fn expires_at(void_time: u32) -> Option<SystemTime> {
    (void_time != 0).then(|| clock::from_void_time(void_time))
}

fn ttl(void_time: u32) -> Option<Duration> {
    let expires_at = expires_at(void_time)?;
    Some(expires_at.duration_since(clock::system_now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins;

    #[test]
    fn a_record_gives_its_bins_as_types() {
        let record = Record {
            key: Key::new("test", "demo", 1),
            bins: bins! {"age" => 30},
            generation: 1,
            void_time: 0,
        };
        assert_eq!(record.get::<i64>("age").unwrap(), 30);
        assert_eq!(record.get::<Value>("age").unwrap(), Value::Int(30));
        assert_eq!(
            record.get::<String>("age").unwrap_err().to_string(),
            "the value 30 is no String"
        );
        assert_eq!(
            record.get::<i64>("name").unwrap_err().to_string(),
            r#"the record has no bin "name""#
        );
        assert_eq!((record.ttl(), record.expires_at()), (None, None));
    }

    #[test]
    fn the_last_value_of_a_bin_is_the_records() {
        let ordered = OrderedRecord {
            key: Key::new("test", "demo", 1),
            bins: vec![
                ("a".into(), 1.into()),
                ("b".into(), Value::Nil),
                ("a".into(), 2.into()),
                ("a".into(), Value::Nil),
            ],
            generation: 1,
            void_time: 1,
        };
        assert_eq!(ordered.ttl(), Some(Duration::ZERO));
        assert_eq!(ordered.into_record().bins, bins! {"a" => 2, "b" => Value::Nil});
    }
}
