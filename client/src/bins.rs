//! The bins of a record.

use std::collections::{BTreeMap, HashMap};

use spikelet_wire::Value;

use crate::bin_name::BinName;
use crate::error::Error;

/// The bins of a record: unique names and their values, in insertion order or in the order of the reply.
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

    /// Sets the value of a bin, and returns its previous value.
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

    /// Removes a bin, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(bin, _)| *bin == *name)?;
        Some(self.0.remove(at).1)
    }

    /// Iterates over names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The number of bins.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bins.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bins whose names are known to be unique.
    pub(crate) const fn from_unique(bins: Vec<(BinName, Value)>) -> Self {
        Self(bins)
    }
}

/// Bins are equal when their names and values are, in any order.
impl PartialEq for Bins {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl std::ops::Index<&str> for Bins {
    type Output = Value;

    /// The value of a bin; [`Value::Nil`] if there is no such bin.
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

/// An iterator over the names and values of [`Bins`], in order.
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
    /// A later value replaces an earlier one of the same name.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut bins = Self::new();
        for (name, value) in pairs {
            bins.insert(name, value);
        }
        bins
    }
}

/// Types that can be written as the bins of a record.
pub trait IntoBins {
    /// Converts into bins.
    ///
    /// # Errors
    /// If a value cannot be stored in a bin.
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

/// Creates [`Bins`] from names and values.
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
}
