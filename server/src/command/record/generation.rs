//! Generations: the check of the generation in a request, and the generation after a write.

use spikelet_wire::Info2;

use super::request::Request;
use crate::refusal::Refusal;
use crate::store::Record;

/// Checks the generation that a request expects, if it expects one.
///
/// # Errors
/// [`Refusal::Generation`] if the record has another generation.
pub(super) fn check(request: &Request<'_>, existing: Option<&Record>) -> Result<(), Refusal> {
    let header = &request.header;
    // A record that does not exist has generation 0.
    let generation = existing.map_or(0, |record| u32::from(record.generation));
    let is_expected = if header.info2.contains(Info2::GENERATION) {
        header.generation == generation
    } else if header.info2.contains(Info2::GENERATION_GT) {
        header.generation > generation
    } else {
        true
    };
    if is_expected {
        Ok(())
    } else {
        Err(Refusal::Generation {
            expected: header.generation,
            found: generation,
        })
    }
}

/// The generation after a write: 0 is no generation, so 65535 is followed by 1.
pub(super) fn next(existing: Option<&Record>) -> u16 {
    existing.map_or(1, |record| record.generation.checked_add(1).unwrap_or(1))
}
