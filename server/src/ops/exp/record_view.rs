//! What an expression can read of a record.

use std::borrow::Cow;

use spikelet_wire::{Digest, ParticleType};

use crate::clock::Now;
use crate::ops::Particle;

/// A record, as an expression reads it.
pub(crate) trait RecordView {
    /// The value of a bin.
    fn bin(&self, name: &[u8]) -> Option<&Particle>;
    /// The digest.
    fn digest(&self) -> &Digest;
    /// The name of the set; empty for none.
    fn set_name(&self) -> Cow<'_, [u8]>;
    /// The type and the bytes of the key, if it is stored with the record.
    fn key(&self) -> Option<(ParticleType, &[u8])>;
    /// The void time, in seconds since 2010; 0 for a record that never expires.
    fn void_time(&self) -> u32;
    /// The last-update time.
    fn last_update(&self) -> Now;
    /// The stored size, in bytes.
    fn stored_size(&self) -> u32;
    /// Whether it is a tombstone.
    fn is_tombstone(&self) -> bool {
        false
    }
}
