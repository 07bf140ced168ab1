//! Records and their bins.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use spikelet_wire::{DecodeError, Message, Value};

use crate::bin_name::BinName;
use crate::clock;
use crate::error::Error;
use crate::key::Key;

/// The bins of a record, each name once, in the order in which they were put in or came from the server.
#[derive(Debug, Clone, Default)]
pub struct Bins(Vec<(BinName, Value)>);

impl Bins {
    /// No bins.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a bin.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(bin, _)| *bin == *name).map(|(_, value)| value)
    }

    /// Sets the value of a bin, and gives the one it had.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(bin, _)| *bin == *name) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((name.into(), value));
                None
            }
        }
    }

    /// Takes a bin out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(bin, _)| *bin == *name)?;
        Some(self.0.remove(at).1)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many bins there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no bin.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bins of an answer, whose names the server has made unique.
    pub(crate) fn from_answer(message: &Message<'_>) -> Result<Self, DecodeError> {
        let mut bins = Vec::with_capacity(message.op_count());
        for op in message.ops() {
            let value = Value::from_particle(op.particle_type, op.value)?;
            bins.push((BinName::from_answer(op.name), value));
        }
        Ok(Self(bins))
    }
}

/// Bins are equal when names and values are, in whatever order.
impl PartialEq for Bins {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl std::ops::Index<&str> for Bins {
    type Output = Value;

    /// The value of a bin, [`Value::Nil`] where there is none.
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Nil)
    }
}

impl IntoIterator for Bins {
    type Item = (String, Value);
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter(self.0.into_iter())
    }
}

/// The names and values of a record's bins, in order.
#[derive(Debug)]
pub struct IntoIter(std::vec::IntoIter<(BinName, Value)>);

impl Iterator for IntoIter {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.into(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for IntoIter {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(name, value)| (name.into(), value))
    }
}

impl ExactSizeIterator for IntoIter {}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Bins {
    /// A later value of a name replaces an earlier one.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut bins = Self::new();
        for (name, value) in pairs {
            bins.insert(name, value);
        }
        bins
    }
}

/// What can be written as the bins of a record.
pub trait IntoBins {
    /// The bins.
    ///
    /// # Errors
    /// When a value has no form as a bin.
    fn into_bins(self) -> Result<Bins, Error>;
}

impl IntoBins for Bins {
    fn into_bins(self) -> Result<Bins, Error> {
        Ok(self)
    }
}

impl IntoBins for &Bins {
    fn into_bins(self) -> Result<Bins, Error> {
        Ok(self.clone())
    }
}

impl<N: Into<String>, V: Into<Value>, const LEN: usize> IntoBins for [(N, V); LEN] {
    fn into_bins(self) -> Result<Bins, Error> {
        Ok(self.into_iter().collect())
    }
}

impl<N: Into<String>, V: Into<Value>> IntoBins for Vec<(N, V)> {
    fn into_bins(self) -> Result<Bins, Error> {
        Ok(self.into_iter().collect())
    }
}

impl<N: Into<String>, V: Into<Value>> IntoBins for HashMap<N, V> {
    fn into_bins(self) -> Result<Bins, Error> {
        Ok(self.into_iter().collect())
    }
}

impl<N: Into<String>, V: Into<Value>> IntoBins for BTreeMap<N, V> {
    fn into_bins(self) -> Result<Bins, Error> {
        Ok(self.into_iter().collect())
    }
}

/// Bins from names and values.
///
/// ```
/// use spikelet_client::{Value, bins};
///
/// let bins = bins! {"name" => "Alice", "age" => 30, "scores" => vec![1, 2, 3]};
/// assert_eq!(bins["age"], Value::Int(30));
/// ```
#[macro_export]
macro_rules! bins {
    ($($name:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut bins = $crate::Bins::new();
        $(bins.insert($name, $value);)*
        bins
    }};
}

/// A record as the server answered it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The key that was asked for.
    pub key: Key,
    /// The bins; empty where none were asked for.
    pub bins: Bins,
    /// How often the record was written since it was created, from 1; it wraps within 16 bits.
    pub generation: u32,
    /// When the record expires, in seconds since 2010-01-01T00:00:00Z; 0 for a record that never does.
    pub void_time: u32,
}

impl Record {
    /// The value of a bin, as a type of your choice.
    ///
    /// # Errors
    /// Of kind [`Value`](crate::ErrorKind::Value) when there is no such bin or its value is of another type.
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

    /// When the record expires, unless it never does.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        expires_at(self.void_time)
    }

    /// How long the record has to live by this machine's clock, unless it never expires.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        ttl(self.void_time)
    }
}

/// The results of an [`operate_ordered`](crate::Client::operate_ordered), one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedRecord {
    /// The key that was asked for.
    pub key: Key,
    /// The results in the order of the operations; a bin stands here as often as operations gave a result for it.
    pub bins: Vec<(String, Value)>,
    /// The record's generation after the operations.
    pub generation: u32,
    /// When the record expires, in seconds since 2010-01-01T00:00:00Z; 0 for a record that never does.
    pub void_time: u32,
}

impl OrderedRecord {
    /// A result by its position, from 0, as a type of your choice.
    ///
    /// Operations that give no result are not counted, unless
    /// [`respond_all_ops`](crate::Command::respond_all_ops) asks for one from each.
    ///
    /// # Errors
    /// Of kind [`Value`](crate::ErrorKind::Value) when there are not as many results or this one is of another type.
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

    /// When the record expires, unless it never does.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        expires_at(self.void_time)
    }

    /// How long the record has to live by this machine's clock, unless it never expires.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        ttl(self.void_time)
    }

    /// As a record, each bin once: with the last result that is a value.
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
            bins: Bins(bins),
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

    #[test]
    fn bins_are_a_map_that_keeps_its_order() {
        let mut bins = bins! {"b" => 1, "a" => "x", "b" => 2};
        assert_eq!(bins.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(bins, bins! {"a" => "x", "b" => 2});
        assert_ne!(bins, bins! {"a" => "x"});
        assert_eq!((bins.remove("b"), bins.len()), (Some(Value::Int(2)), 1));
        assert_eq!(bins["b"], Value::Nil);
    }

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
