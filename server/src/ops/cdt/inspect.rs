//! Access to the elements of stored collections, for secondary indexes and aggregations.

use spikelet_wire::msgpack::Reader;

use super::collection::Collection;
use super::context::Path;
use super::execute::collection_bytes;
use super::result::particle;
use crate::ops::Particle;

/// The particle at a context inside a list or map. `None` if there is no value, or nil.
#[must_use]
pub(crate) fn at_context(bin: &Particle, context: &[u8]) -> Option<Particle> {
    let path = Path::follow(Some(collection_bytes(bin).ok()?), context, false).ok()?;
    particle(path.bytes()).ok().flatten()
}

/// Calls `each` with the encoded elements of a stored list, until it returns false.
pub(crate) fn each_element(list: &[u8], mut each: impl FnMut(&[u8]) -> bool) {
    let Some(collection) = Collection::parse(list).filter(|collection| !collection.is_map) else {
        return;
    };
    let mut reader = Reader::new(collection.contents);
    while let Ok(element) = reader.element() {
        if !each(element) {
            return;
        }
    }
}

/// Calls `each` with the encoded keys and values of a stored map, until it returns false.
pub(crate) fn each_pair(map: &[u8], mut each: impl FnMut(&[u8], &[u8]) -> bool) {
    let Some(collection) = Collection::parse(map).filter(|collection| collection.is_map) else {
        return;
    };
    let mut reader = Reader::new(collection.contents);
    while let (Ok(key), Ok(value)) = (reader.element(), reader.element()) {
        if !each(key, value) {
            return;
        }
    }
}
