//! Decoding the secondary index and the range of values that a query requests.

use std::sync::Arc;

use spikelet_wire::{FieldType, Message, ParticleType};

use super::fields::SetFilter;
use crate::ops::cdt;
use crate::ops::geo::Geometry;
use crate::refusal::{Part, Refusal};
use crate::store::sindex::{Definition, IndexType, Range, Search, Source};
use crate::store::{BinName, Namespace, Sindexes};

/// The size from which strings and blobs are refused, in bytes.
const MAX_BYTES: usize = 2048;
/// The size from which GeoJSON is refused, in bytes.
const MAX_GEOJSON: usize = 1024 * 1024;

/// The secondary index and the range of values that a query requests.
#[derive(Debug)]
pub(super) struct IndexRange<'m> {
    index: RequestedIndex<'m>,
    range: Range,
}

#[derive(Debug)]
enum RequestedIndex<'m> {
    /// The index with this name.
    Name(&'m str),
    /// The index with this definition.
    Definition {
        source: Source,
        /// `None` for an unknown type.
        index_type: Option<IndexType>,
    },
    /// No index can have this name or definition.
    None,
}

impl<'m> IndexRange<'m> {
    /// Decodes the fields of a message; `None` for a query without a secondary index.
    ///
    /// # Errors
    /// `PARAMETER` for an invalid field.
    pub(super) fn decode(message: &Message<'m>) -> Result<Option<Self>, Refusal> {
        let name = message.field(FieldType::INDEX_NAME);
        let expression = message.field(FieldType::INDEX_EXPRESSION);
        let is_invalid = |name: &[u8]| name.is_empty() || name.len() > Sindexes::MAX_NAME;
        if name.is_some_and(is_invalid) || (name.is_some() && expression.is_some()) {
            return Err(Refusal::Malformed(Part::IndexRange));
        }
        // The name of an index without a range is ignored.
        let Some(field) = message.field(FieldType::INDEX_RANGE) else {
            return Ok(None);
        };
        let context = message.field(FieldType::INDEX_CONTEXT);
        let (bin, range) = read_range(field)?;
        // Exactly one of these must identify the index.
        let identified_by = [!bin.is_empty(), name.is_some(), expression.is_some()];
        if identified_by.into_iter().filter(|is_given| *is_given).count() != 1 || (context.is_some() && bin.is_empty())
        {
            return Err(Refusal::Malformed(Part::IndexRange));
        }
        let index_type = match message.field(FieldType::INDEX_TYPE) {
            None => Some(IndexType::Default),
            Some([]) => return Err(Refusal::Malformed(Part::IndexRange)),
            Some([code, ..]) => IndexType::ALL.get(usize::from(*code)).copied(),
        };
        let is_context = |context: &&[u8]| cdt::is_compact(context) && cdt::is_read_context(context);
        if expression.is_some_and(<[u8]>::is_empty) || context.is_some_and(|context| !is_context(&context)) {
            return Err(Refusal::Malformed(Part::IndexRange));
        }
        let index = match (name, expression, BinName::new(bin)) {
            (Some(name), _, _) => std::str::from_utf8(name).map_or(RequestedIndex::None, RequestedIndex::Name),
            (_, Some(expression), _) => RequestedIndex::Definition {
                source: Source::Expression(expression.into()),
                index_type,
            },
            (_, _, Some(name)) => RequestedIndex::Definition {
                source: Source::Bin {
                    name,
                    context: context.map(Box::from),
                },
                index_type,
            },
            (_, _, None) => RequestedIndex::None,
        };
        Ok(Some(Self { index, range }))
    }

    /// Finds the index of a query in a namespace, if the query has a range.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`]; [`Refusal::IndexNotReadable`] if it is still being built.
    pub(super) fn search(
        range: Option<Self>,
        namespace: &Namespace,
        set: SetFilter,
    ) -> Result<Option<Arc<Search>>, Refusal> {
        range.map(|range| range.find(namespace, set)).transpose()
    }

    fn find(self, namespace: &Namespace, set: SetFilter) -> Result<Arc<Search>, Refusal> {
        let sindexes = &namespace.sindexes;
        let key_type = self.range.key_type();
        let found = match self.index {
            RequestedIndex::Name(name) => sindexes.by_name(name),
            RequestedIndex::Definition {
                source,
                index_type: Some(index_type),
            } => {
                let with_set = |set| Definition {
                    set,
                    source: source.clone(),
                    index_type,
                    key_type,
                };
                // An index of the set is preferred to an index of all records.
                let own = match set {
                    SetFilter::One(set) => sindexes.by_definition(&with_set(Some(set))),
                    SetFilter::Any | SetFilter::Unknown => None,
                };
                own.or_else(|| sindexes.by_definition(&with_set(None)))
            }
            RequestedIndex::Definition { .. } | RequestedIndex::None => None,
        };
        let sindex = found.ok_or(Refusal::IndexNotFound)?;
        if !sindex.is_readable() {
            return Err(Refusal::IndexNotReadable);
        }
        Ok(Arc::new(Search::new(sindex, self.range)))
    }
}

/// Decodes an index range field into the name of the bin, which may be empty, and the range.
///
/// The field is a count of 1 (1), the size of the name (1) and the name, the particle type (1), and the two ends of the range,
/// each with its size (4). Of strings, blobs and GeoJSON only the first end is read.
fn read_range(field: &[u8]) -> Result<(&[u8], Range), Refusal> {
    let (&[1, name_size], rest) = field.split_first_chunk().ok_or(Refusal::Malformed(Part::IndexRange))? else {
        return Err(Refusal::Malformed(Part::IndexRange));
    };
    let (name, rest) = rest
        .split_at_checked(usize::from(name_size))
        .filter(|(name, _)| name.len() <= BinName::MAX)
        .ok_or(Refusal::Malformed(Part::IndexRange))?;
    let (particle_type, rest) = rest.split_first().ok_or(Refusal::Malformed(Part::IndexRange))?;
    let (first, rest) = end(rest).ok_or(Refusal::Malformed(Part::IndexRange))?;
    let range = match ParticleType(*particle_type) {
        ParticleType::INTEGER => {
            let int = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
            let ends = int(first).zip(end(rest).and_then(|(last, _)| int(last)));
            let ends = ends.filter(|(first, last)| first <= last);
            ends.map(|(first, last)| Range::Ints(first, last))
        }
        ParticleType::STRING if first.len() < MAX_BYTES => Some(Range::String(first.into())),
        ParticleType::BLOB if first.len() < MAX_BYTES => Some(Range::Blob(first.into())),
        ParticleType::GEOJSON if first.len() < MAX_GEOJSON => {
            let range = Geometry::parse(first).map(Range::Geo);
            range.filter(|range| range.spans().is_some())
        }
        _ => None,
    };
    Ok((name, range.ok_or(Refusal::Malformed(Part::IndexRange))?))
}

/// An end of a range, and the bytes after it.
fn end(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = data.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*size)).ok()?)
}
