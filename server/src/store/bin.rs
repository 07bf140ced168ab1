//! Bins: the names and values of a record.

use std::fmt;

use crate::ops::Particle;

/// A bin: a name and a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// Its name.
    pub name: BinName,
    /// Its value.
    pub value: Particle,
}

/// The name of a bin: up to 15 bytes, none of them 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BinName([u8; Self::MAX + 1]);

impl BinName {
    /// The maximum length of a name, in bytes.
    pub const MAX: usize = 15;

    /// The name; `None` if the server refuses it. The empty name is valid.
    #[must_use]
    pub fn new(name: &[u8]) -> Option<Self> {
        if name.len() > Self::MAX || name.contains(&0) {
            return None;
        }
        // Bytes, not text: the server checks only the length, and that there is no 0. The last byte holds the length, so that
        // names are compared as arrays of 16 bytes.
        let mut bytes = [0; Self::MAX + 1];
        bytes[..name.len()].copy_from_slice(name);
        bytes[Self::MAX] = name.len() as u8;
        Some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0[..usize::from(self.0[Self::MAX])]
    }
}

impl fmt::Display for BinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.as_bytes()).fmt(f)
    }
}

impl fmt::Debug for BinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The bins of a record while a command changes them, with a log to undo the changes.
///
/// A command that fails must leave the record as it was. Most commands change one or two bins of many, so an undo log costs less
/// than a copy of the record.
#[derive(Debug, Default)]
pub(crate) struct Bins {
    bins: Vec<Bin>,
    undo: Vec<Undo>,
}

#[derive(Debug)]
enum Undo {
    Pushed,
    Replaced(usize, Particle),
    Removed(usize, Bin),
    Cleared(Vec<Bin>),
}

impl Bins {
    /// Takes the bins of a record.
    #[must_use]
    pub(crate) fn new(bins: Box<[Bin]>) -> Self {
        Self {
            bins: bins.into_vec(),
            undo: Vec::new(),
        }
    }

    /// No bins, with room for about so many.
    #[must_use]
    pub(crate) fn with_room(bins: usize) -> Self {
        // A peer can announce any number, and a vector can still grow.
        const MAX_ROOM: usize = 16;
        Self {
            bins: Vec::with_capacity(bins.min(MAX_ROOM)),
            undo: Vec::new(),
        }
    }

    /// The current bins.
    #[must_use]
    pub(crate) fn as_slice(&self) -> &[Bin] {
        &self.bins
    }

    /// The value of a bin.
    #[must_use]
    pub(crate) fn get(&self, name: &BinName) -> Option<&Particle> {
        self.position(name).map(|at| &self.bins[at].value)
    }

    /// Sets the value of a bin. A new bin is added at the end.
    pub(crate) fn set(&mut self, name: BinName, value: Particle) {
        match self.position(&name) {
            Some(at) => {
                let old = std::mem::replace(&mut self.bins[at].value, value);
                self.undo.push(Undo::Replaced(at, old));
            }
            None => {
                self.bins.push(Bin { name, value });
                self.undo.push(Undo::Pushed);
            }
        }
    }

    /// Changes, creates or removes a bin: `None` stands for a bin that does not exist. An error changes nothing.
    ///
    /// # Errors
    /// The errors of `change`.
    pub(crate) fn modify<T, E>(
        &mut self,
        name: BinName,
        change: impl FnOnce(&mut Option<Particle>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut value = self.get(&name).cloned();
        let result = change(&mut value)?;
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(&name),
        }
        Ok(result)
    }

    /// Removes a bin. As in the real server the last bin takes its position, and reads return the bins in this order.
    pub(crate) fn remove(&mut self, name: &BinName) {
        if let Some(at) = self.position(name) {
            let bin = self.bins.swap_remove(at);
            self.undo.push(Undo::Removed(at, bin));
        }
    }

    /// Removes all bins.
    pub(crate) fn clear(&mut self) {
        self.undo.push(Undo::Cleared(std::mem::take(&mut self.bins)));
    }

    /// Keeps the changes, and returns the bins.
    #[must_use]
    pub(crate) fn commit(self) -> Box<[Bin]> {
        self.bins.into_boxed_slice()
    }

    /// Undoes the changes, and returns the bins.
    #[must_use]
    pub(crate) fn roll_back(mut self) -> Box<[Bin]> {
        for undo in self.undo.into_iter().rev() {
            match undo {
                Undo::Pushed => drop(self.bins.pop()),
                Undo::Replaced(at, value) => self.bins[at].value = value,
                Undo::Removed(at, bin) => {
                    self.bins.push(bin);
                    let last = self.bins.len() - 1;
                    self.bins.swap(at, last);
                }
                Undo::Cleared(bins) => self.bins = bins,
            }
        }
        self.bins.into_boxed_slice()
    }

    fn position(&self, name: &BinName) -> Option<usize> {
        self.bins.iter().position(|bin| bin.name == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> BinName {
        BinName::new(name.as_bytes()).unwrap()
    }

    fn bins() -> Box<[Bin]> {
        ["a", "b", "c"]
            .map(|n| Bin {
                name: name(n),
                value: Particle::Int(1),
            })
            .into()
    }

    #[test]
    fn names_are_up_to_15_bytes_without_zeros() {
        assert_eq!(name("fifteen bytes!!").as_bytes(), b"fifteen bytes!!");
        assert!(BinName::new(b"sixteen bytes!!!").is_none());
        assert!(BinName::new(b"a\0b").is_none());
        assert_eq!(name("").as_bytes(), b"");
    }

    #[test]
    fn a_removed_bin_is_replaced_by_the_last() {
        let mut work = Bins::new(bins());
        work.remove(&name("a"));
        work.set(name("d"), Particle::Int(2));
        let order: Vec<_> = work.commit().iter().map(|bin| bin.name.to_string()).collect();
        assert_eq!(order, ["c", "b", "d"]);
    }

    #[test]
    fn every_change_is_undone() {
        let mut work = Bins::new(bins());
        work.remove(&name("a"));
        work.set(name("b"), Particle::Bool(true));
        work.set(name("d"), Particle::Int(2));
        work.remove(&name("d"));
        work.remove(&name("b"));
        work.clear();
        work.set(name("e"), Particle::Int(3));
        assert_eq!(work.roll_back(), bins());
    }
}
