//! A record as operations and expressions see it.

use std::borrow::Cow;

use spikelet_wire::{Digest, ParticleType};

use crate::clock::Now;
use crate::ops::Particle;
use crate::ops::exp::RecordView;
use crate::store::record::rounded_stored_size;
use crate::store::{Bin, BinName, Namespace, Record, SetId};

/// A record as operations and expressions see it.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) struct View<'a> {
    pub(in crate::command) now: Now,
    pub(in crate::command) namespace: &'a Namespace,
    pub(in crate::command) digest: &'a Digest,
    pub(in crate::command) set: Option<SetId>,
    pub(in crate::command) key: Option<&'a [u8]>,
    pub(in crate::command) generation: u16,
    pub(in crate::command) void_time: u32,
    pub(in crate::command) last_update: Now,
    /// The size of the stored record, if it cannot be computed from `bins`.
    pub(in crate::command) stored_size: Option<u32>,
    pub(in crate::command) bins: &'a [Bin],
}

impl<'a> View<'a> {
    pub(in crate::command) fn of(now: Now, namespace: &'a Namespace, digest: &'a Digest, record: &'a Record) -> Self {
        Self {
            now,
            namespace,
            digest,
            set: record.set,
            key: record.key.as_deref(),
            generation: record.generation,
            void_time: record.void_time,
            last_update: record.last_update,
            stored_size: None,
            bins: &record.bins,
        }
    }

    /// The same record with these bins, as its user sees them, if there are any.
    pub(in crate::command) fn showing(self, bins: Option<&'a [Bin]>) -> Self {
        match bins {
            None => self,
            // The size is that of what is stored.
            Some(bins) => Self {
                stored_size: Some(self.stored_size()),
                bins,
                ..self
            },
        }
    }

    /// The value of a bin.
    pub(in crate::command) fn bin(&self, name: &BinName) -> Option<&'a Particle> {
        self.bins.iter().find(|bin| bin.name == *name).map(|bin| &bin.value)
    }
}

impl RecordView for View<'_> {
    fn bin(&self, name: &[u8]) -> Option<&Particle> {
        self.bin(&BinName::new(name)?)
    }

    fn digest(&self) -> &Digest {
        self.digest
    }

    fn set_name(&self) -> Cow<'_, [u8]> {
        let set = self.set.and_then(|set| self.namespace.sets.get(set));
        set.map_or(Cow::Borrowed(&[]), |set| Cow::Owned(set.name.to_vec()))
    }

    fn key(&self) -> Option<(ParticleType, &[u8])> {
        let (key_type, key) = self.key?.split_first()?;
        Some((ParticleType(*key_type), key))
    }

    fn void_time(&self) -> u32 {
        self.void_time
    }

    fn last_update(&self) -> Now {
        self.last_update
    }

    fn stored_size(&self) -> u32 {
        self.stored_size.unwrap_or_else(|| {
            let set = self.set.map(|_| self.set_name().len());
            rounded_stored_size(self.void_time, set, self.key.map(<[u8]>::len), self.bins)
        })
    }
}
