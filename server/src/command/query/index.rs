//! Queries of a secondary index: what they ask for, and the way through the index.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use spikelet_wire::{Digest, FieldType, Message, ParticleType, PartitionId};

use super::fields::WantedSet;
use super::walk::Stop;
use crate::ops::cdt;
use crate::ops::geo::Geometry;
use crate::refusal::{Part, Refusal};
use crate::store::partition_group::{GROUP_SIZE, GROUPS, group_of};
use crate::store::sindex::{Definition, Entry, IndexType, KeyType, Range, Search, Source};
use crate::store::{BinName, Namespace, Record, Sindexes};

/// Longer strings and blobs cannot be asked for, in bytes.
const MAX_BYTES: usize = 2048;
/// Longer GeoJSON cannot be asked for, in bytes.
const MAX_GEOJSON: usize = 1024 * 1024;

/// What a query asks of an index, as its fields say it.
#[derive(Debug)]
pub(super) struct Wanted<'m> {
    index: Index<'m>,
    range: Range,
}

#[derive(Debug)]
enum Index<'m> {
    Named(&'m str),
    Defined {
        source: Source,
        /// None for a type that there is not.
        index_type: Option<IndexType>,
    },
    /// No index can be like that.
    Impossible,
}

impl<'m> Wanted<'m> {
    /// What a query asks of an index; none for a query without one.
    ///
    /// # Errors
    /// `PARAMETER` for fields that are wrong.
    pub(super) fn of(message: &Message<'m>) -> Result<Option<Self>, Refusal> {
        let name = message.field(FieldType::INDEX_NAME);
        let expression = message.field(FieldType::INDEX_EXPRESSION);
        let is_too_long = |name: &[u8]| name.is_empty() || name.len() > Sindexes::MAX_NAME;
        if name.is_some_and(is_too_long) || (name.is_some() && expression.is_some()) {
            return Err(Refusal::Malformed(Part::IndexRange));
        }
        // A name alone asks for nothing.
        let Some(field) = message.field(FieldType::INDEX_RANGE) else {
            return Ok(None);
        };
        let context = message.field(FieldType::INDEX_CONTEXT);
        let (bin, range) = read_range(field)?;
        // One of these says which index it is.
        let ways = [!bin.is_empty(), name.is_some(), expression.is_some()];
        if ways.into_iter().filter(|way| *way).count() != 1 || (context.is_some() && bin.is_empty()) {
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
            (Some(name), _, _) => std::str::from_utf8(name).map_or(Index::Impossible, Index::Named),
            (_, Some(expression), _) => Index::Defined {
                source: Source::Expression(expression.into()),
                index_type,
            },
            (_, _, Some(name)) => Index::Defined {
                source: Source::Bin {
                    name,
                    context: context.map(Box::from),
                },
                index_type,
            },
            (_, _, None) => Index::Impossible,
        };
        Ok(Some(Self { index, range }))
    }

    /// Finds the index.
    ///
    /// # Errors
    /// [`Refusal::IndexNotFound`], and [`Refusal::IndexNotReadable`] for one that is still being built.
    pub(super) fn find(self, namespace: &Namespace, set: WantedSet) -> Result<Arc<Search>, Refusal> {
        let sindexes = &namespace.sindexes;
        let key_type = self.range.key_type();
        let found = match self.index {
            Index::Named(name) => sindexes.by_name(name),
            Index::Defined {
                source,
                index_type: Some(index_type),
            } => {
                let of_set = |set| Definition {
                    set,
                    source: source.clone(),
                    index_type,
                    key_type,
                };
                // The index of a set comes before one of all records.
                let own = match set {
                    WantedSet::One(set) => sindexes.by_definition(&of_set(Some(set))),
                    WantedSet::Any | WantedSet::Unknown => None,
                };
                own.or_else(|| sindexes.by_definition(&of_set(None)))
            }
            Index::Defined { .. } | Index::Impossible => None,
        };
        let sindex = found.ok_or(Refusal::IndexNotFound)?;
        if !sindex.is_readable() {
            return Err(Refusal::IndexNotReadable);
        }
        Ok(Arc::new(Search::new(sindex, self.range)))
    }
}

/// The bin's name, if any, and the values of a range field: a count of 1, the name with its size, the type, and each end
/// with its size. Of strings, blobs and GeoJSON only the first end counts.
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

fn end(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = data.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*size)).ok()?)
}

/// The way of a query through an index. It can be left at every record, and goes on behind it whatever was written or
/// removed meanwhile.
///
/// Within a partition records stand in the order of their values, and at the same value in that of their digests.
#[derive(Debug, Clone)]
pub(super) struct IndexWalk {
    search: Arc<Search>,
    spans: Vec<(u64, u64)>,
    /// The partitions that are asked for: a word for each block, in it a bit for each partition.
    wanted: [u64; GROUPS],
    /// Those of them that are resumed behind an entry.
    resumed: Vec<(PartitionId, Entry)>,
    block: usize,
    span: usize,
    behind: Option<Entry>,
    bursts: Option<Bursts>,
    batch: Vec<Entry>,
}

/// How many entries are taken from the index under its lock.
const BATCH: usize = 128;
/// How many entries are looked at for them.
const LOOKS: usize = 2048;

impl IndexWalk {
    pub(super) fn new(search: Arc<Search>) -> Self {
        let definition = &search.sindex.definition;
        // An index found by its name may be of another type than the values asked for.
        let fits = search.range.key_type() == definition.key_type;
        let spans = search.range.spans().filter(|_| fits).unwrap_or_default();
        let finds_twice = search.range.is_range() && definition.index_type != IndexType::Default;
        Self {
            spans,
            wanted: [0; GROUPS],
            resumed: Vec::new(),
            block: 0,
            span: 0,
            behind: None,
            bursts: finds_twice.then(Bursts::default),
            batch: Vec::new(),
            search,
        }
    }

    /// The number of cells that cover the region of a search for points in it; `None` for other searches.
    pub(super) fn region_cells(&self) -> Option<usize> {
        match &self.search.range {
            Range::Geo(geometry) if !geometry.is_point() => Some(self.spans.len()),
            _ => None,
        }
    }

    /// Adds a partition to those it passes through, some behind a record at a value. They come in order, before the first
    /// visit.
    pub(super) fn pass_through(&mut self, stop: Stop) {
        if let Some(word) = self.wanted.get_mut(group_of(stop.partition)) {
            *word |= bit(stop.partition);
        }
        if let Some(digest) = stop.behind {
            let sort_key = self.key_type().sort_key(stop.value);
            self.resumed.push((stop.partition, Entry { sort_key, digest }));
        }
    }

    /// The first partition of those that it is at; none at its end.
    pub(super) fn partition(&self) -> Option<PartitionId> {
        let block = u16::try_from(self.block).ok()?;
        PartitionId::new(block.checked_mul(GROUP_SIZE)?)
    }

    /// Visits some records, each under the lock of its partition, with the values by which they are found; says how many
    /// entries were looked at. A visit that breaks was the last one for now.
    pub(super) fn visit(
        &mut self,
        namespace: &Namespace,
        mut visit: impl FnMut(&Digest, &Record, i64) -> ControlFlow<()>,
    ) -> usize {
        let Some((looks, span)) = self.take_batch() else {
            return 0;
        };
        let key_type = self.key_type();
        for at in 0..self.batch.len() {
            let Some(entry) = self.batch.get(at).copied() else {
                break;
            };
            if self.bursts.as_mut().is_some_and(|bursts| bursts.has(&entry.digest)) {
                continue;
            }
            let partition = namespace.partition(entry.digest.partition_id());
            if let Some(record) = partition.as_ref().and_then(|partition| partition.get(&entry.digest))
                && visit(&entry.digest, record, key_type.value(entry.sort_key)).is_break()
            {
                (self.span, self.behind) = (span, Some(entry));
                return looks;
            }
        }
        if self.span != span {
            self.forget_bursts();
        }
        looks
    }

    fn key_type(&self) -> KeyType {
        self.search.sindex.definition.key_type
    }

    /// Takes the next entries, and says how many it looked at, and in which span; none at the end. Notes that it is
    /// behind them.
    fn take_batch(&mut self) -> Option<(usize, usize)> {
        self.batch.clear();
        let mut batch = std::mem::take(&mut self.batch);
        let wanted = loop {
            match self.wanted.get(self.block) {
                None => return None,
                Some(_) if self.search.sindex.is_dropped() => {
                    self.block = GROUPS;
                    return None;
                }
                Some(wanted) if *wanted != 0 && self.span < self.spans.len() => break *wanted,
                Some(_) => {
                    (self.block, self.span, self.behind) = (self.block + 1, 0, None);
                    self.forget_bursts();
                }
            }
        };
        let resumed = self.resumed_here();
        let (first, end) = self.spans.get(self.span).copied()?;
        let from = match self.behind {
            Some(entry) => Bound::Excluded(entry),
            None => Bound::Included(start(first, resumed, wanted)),
        };
        let (mut looks, mut last) = (0, None);
        self.search.sindex.for_each_entry(self.block, from, end, |entry| {
            looks += 1;
            let partition = entry.digest.partition_id();
            let is_behind = || match resumed.binary_search_by_key(&partition, |(id, _)| *id) {
                Ok(at) => resumed.get(at).is_none_or(|(_, behind)| entry > behind),
                Err(_) => true,
            };
            if wanted & bit(partition) != 0 && (resumed.is_empty() || is_behind()) {
                batch.push(*entry);
            }
            let goes_on = batch.len() < BATCH && looks < LOOKS;
            if !goes_on {
                last = Some(*entry);
            }
            goes_on
        });
        self.batch = batch;
        let span = self.span;
        if last.is_none() {
            self.span += 1;
        }
        self.behind = last;
        Some((looks, span))
    }

    fn resumed_here(&self) -> &[(PartitionId, Entry)] {
        let from = self.resumed.partition_point(|(id, _)| group_of(*id) < self.block);
        let to = self.resumed.partition_point(|(id, _)| group_of(*id) <= self.block);
        self.resumed.get(from..to).unwrap_or_default()
    }

    fn forget_bursts(&mut self) {
        if let Some(bursts) = &mut self.bursts {
            *bursts = Bursts::default();
        }
    }
}

const fn bit(partition: PartitionId) -> u64 {
    1 << (partition.get() % GROUP_SIZE)
}

/// Where to begin in a block: at the start of the span, or, if all partitions are resumed, where the first of them is.
fn start(first: u64, resumed: &[(PartitionId, Entry)], wanted: u64) -> Entry {
    let start = Entry {
        sort_key: first,
        digest: Digest([0; Digest::SIZE]),
    };
    let earliest = resumed.iter().map(|(_, behind)| *behind).min();
    match earliest {
        Some(earliest) if resumed.len() == wanted.count_ones() as usize => earliest.max(start),
        _ => start,
    }
}

/// The records that were lately found in each partition of a block.
///
/// A record is found once for each of its values. The real server takes entries from a partition a hundred at a time,
/// and answers a record once for each hundred that it is in.
#[derive(Debug, Default, Clone)]
struct Bursts(Vec<Burst>);

#[derive(Debug, Default, Clone)]
struct Burst {
    entries: usize,
    digests: Vec<Digest>,
}

impl Bursts {
    const SIZE: usize = 100;

    /// Whether a record was found in this hundred before.
    fn has(&mut self, digest: &Digest) -> bool {
        self.0.resize(usize::from(GROUP_SIZE), Burst::default());
        let Some(burst) = self.0.get_mut(usize::from(digest.partition_id().get() % GROUP_SIZE)) else {
            return false;
        };
        let is_known = burst.digests.contains(digest);
        if !is_known {
            burst.digests.push(*digest);
        }
        burst.entries += 1;
        if burst.entries == Self::SIZE {
            *burst = Burst::default();
        }
        is_known
    }
}
