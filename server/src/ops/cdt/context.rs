//! Contexts: finding the collection that an operation is meant for, and putting it back in its place.

use std::ops::Range;

use spikelet_wire::ResultCode;
use spikelet_wire::context::{
    BASE_MASK, BY_INDEX, BY_KEY, BY_RANK, BY_VALUE, CREATE_MASK, CREATE_ORDERED, CREATE_PADDED_OR_KEY_ORDERED,
    CREATE_PERSIST_INDEX, LIST, MAP, created_map_flags,
};
use spikelet_wire::msgpack::{ORDERED, Reader, Token};

use super::Target;
use super::arguments::only_compares;
use super::collection::{Collection, Edit};
use super::list;
use super::map::Pairs;
use super::normalise::{append_head, append_normalised, stored_flags};
use super::select::bounds;
use crate::ops::order::Equal;

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// The way to a collection inside of a bin's.
pub(super) struct Path<'a> {
    /// The bin's collection; nothing where there is none.
    root: &'a [u8],
    /// Where the collection is; where it is to be created, where its new parts go.
    at: Range<usize>,
    /// The ordered lists on the way, whose element may have to move: where they are, and which element it is.
    ordered: Vec<(Range<usize>, u32)>,
    created: Option<Created<'a>>,
    /// A value on the way held a wildcard or infinity. After that the server stores no argument any more.
    pub(super) only_compares: bool,
}

/// What is created on the way.
struct Created<'a> {
    /// The collection that gets a new element; nothing where the bin has none.
    parent: Option<Parent<'a>>,
    /// What stands before the collection: keys, and the heads of the collections around it.
    heads: Vec<u8>,
}

struct Parent<'a> {
    at: Range<usize>,
    collection: Collection<'a>,
    /// Which element the new one will be; an ordered list finds the place itself.
    index: u32,
    /// How many nils fill a list up before it.
    nils: u32,
}

/// One step of a context: what it is by, and with what.
struct Step<'a> {
    code: u64,
    value: &'a [u8],
}

impl<'a> Path<'a> {
    /// Follows a context from a bin's collection, which may be missing where the operation modifies.
    ///
    /// # Errors
    /// `PARAMETER` when it is no context; `OP_NOT_APPLICABLE` when it leads nowhere, and nothing may be created there.
    pub(super) fn follow(root: Option<&'a [u8]>, context: &'a [u8], modify: bool) -> Result<Self, ResultCode> {
        let mut reader = Reader::new(context);
        let n = reader.list().map_err(|_| ResultCode::PARAMETER)?;
        if n == 0 || n % 2 == 1 {
            return Err(ResultCode::PARAMETER);
        }
        let mut path = Self {
            root: root.unwrap_or_default(),
            at: 0..root.map_or(0, <[u8]>::len),
            ordered: Vec::new(),
            created: None,
            only_compares: false,
        };
        for i in 0..n / 2 {
            let step = Step::read(&mut reader)?;
            if root.is_some() && path.created.is_none() {
                path.step(&step, modify)?;
            } else {
                if i == 0 && step.code & CREATE_MASK == 0 {
                    return Err(NOT_APPLICABLE);
                }
                let created = path.created.get_or_insert_with(|| Created {
                    parent: None,
                    heads: Vec::new(),
                });
                step.create(&mut created.heads, i == 0)?;
            }
        }
        match path.created.is_some() && !modify {
            true => Err(NOT_APPLICABLE),
            false => Ok(path),
        }
    }

    /// The bytes of the collection, or of whatever else is there.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.root.get(self.at.clone()).unwrap_or_default()
    }

    /// What an operation is applied to.
    pub(super) fn target(&self) -> Option<Target<'a>> {
        match self.created {
            Some(_) => Some(Target::Created {
                in_bin: !self.root.is_empty(),
            }),
            None => Collection::parse(self.bytes()).map(Target::Present),
        }
    }

    fn step(&mut self, step: &Step<'a>, modify: bool) -> Result<(), ResultCode> {
        let bytes = self.bytes();
        let collection = Collection::parse(bytes).ok_or(NOT_APPLICABLE)?;
        let contents = self.at.start + bytes.len() - collection.contents.len();
        let place = match collection.is_map {
            true if step.code & LIST != 0 => return Err(NOT_APPLICABLE),
            false if step.code & MAP != 0 => return Err(NOT_APPLICABLE),
            true => self.step_map(step, &collection)?,
            false => self.step_list(step, &collection)?,
        };
        let inner = match place {
            Place::There(inner) => inner,
            Place::Missing { index, nils, offset } => {
                let mut heads = Vec::new();
                if collection.is_map {
                    append_normalised(&mut heads, step.value, false).ok_or(NOT_APPLICABLE)?;
                }
                let parent = Parent {
                    at: self.at.clone(),
                    collection,
                    index,
                    nils,
                };
                self.created = Some(Created {
                    parent: Some(parent),
                    heads,
                });
                self.at = contents + offset..contents + offset;
                return Ok(());
            }
        };
        if modify && collection.is_ordered_list() && collection.count > 1 {
            self.ordered.push((self.at.clone(), inner.index));
        }
        self.at = contents + inner.offset..contents + inner.offset + inner.size;
        Ok(())
    }

    fn step_list(&mut self, step: &Step<'a>, list: &Collection<'a>) -> Result<Place, ResultCode> {
        let mut elements = list.elements();
        let is_ordered = list.is_ordered_list();
        let index = match step.code & BASE_MASK {
            BY_INDEX => self::index(step, list)?,
            // In an ordered list the rank is the index, and an element can be created at it.
            BY_RANK if is_ordered => self::index(step, list)?,
            BY_RANK => {
                let (rank, _) = bounds(step.int()?, 1, list.count, false)?;
                elements.know_all()?;
                let ranked = list::ranked(&elements, rank, 1).items;
                Ok(ranked.first().copied().ok_or(NOT_APPLICABLE)?)
            }
            BY_VALUE => {
                self.only_compares |= only_compares(step.value);
                elements.know_all()?;
                let index = match is_ordered {
                    true => list::least_equal(&elements, step.value),
                    false => list::equal_index(&elements, step.value),
                };
                Ok(index.ok_or(NOT_APPLICABLE)?)
            }
            _ => return Err(NOT_APPLICABLE),
        };
        Ok(match index {
            Ok(index) => {
                elements.know(index)?;
                elements.know(index + 1)?;
                Place::There(Inner {
                    index,
                    offset: elements.offset(index),
                    size: elements.get(index).len(),
                })
            }
            Err(nils) => Place::Missing {
                index: list.count,
                nils,
                offset: list.contents.len(),
            },
        })
    }

    fn step_map(&mut self, step: &Step<'a>, map: &Collection<'a>) -> Result<Place, ResultCode> {
        let pairs = Pairs::of(map)?;
        let place = match step.code & BASE_MASK {
            BY_INDEX => pairs.place(bounds(step.int()?, 1, map.count, false)?.0),
            BY_RANK => {
                let (rank, _) = bounds(step.int()?, 1, map.count, false)?;
                pairs.ranked(rank, 1).first().copied().ok_or(NOT_APPLICABLE)?
            }
            BY_KEY => {
                self.only_compares = false;
                let mut key = Vec::new();
                append_normalised(&mut key, step.value, false).ok_or(NOT_APPLICABLE)?;
                match pairs.find(&key) {
                    Some(place) => place,
                    None if step.creates() => {
                        let index = pairs.place_for(&key);
                        return Ok(Place::Missing {
                            index,
                            nils: 0,
                            offset: pairs.elements().offset(index),
                        });
                    }
                    None => return Err(NOT_APPLICABLE),
                }
            }
            BY_VALUE => {
                self.only_compares |= only_compares(step.value);
                pairs.equal_value(step.value).ok_or(NOT_APPLICABLE)?
            }
            _ => return Err(NOT_APPLICABLE),
        };
        let (pair, value) = (pairs.elements().get(place), pairs.elements().value(place));
        Ok(Place::There(Inner {
            index: place,
            offset: pairs.elements().offset(place) + pair.len() - value.len(),
            size: value.len(),
        }))
    }

    /// The bin's collection with an edit made to the one that the path leads to.
    ///
    /// # Errors
    /// `PARAMETER` when the collection is damaged; `RECORD_TOO_BIG` when more nils would be filled in than a record can
    /// hold.
    pub(super) fn replace(&self, edit: &Edit<'_>) -> Result<Vec<u8>, ResultCode> {
        let outside = |at: &Range<usize>| {
            let before = self.root.get(..at.start).unwrap_or_default();
            (before, self.root.get(at.end..).unwrap_or_default())
        };
        let mut at = self.at.clone();
        if self.created.is_none() && self.ordered.is_empty() {
            let (before, after) = outside(&at);
            return Ok(edit.encode(before, after));
        }
        let heads = self.created.as_ref().map_or(&[][..], |created| &created.heads);
        let mut new = edit.encode(heads, &[]);
        if let Some(parent) = self.created.as_ref().and_then(|created| created.parent.as_ref()) {
            new = parent.with(&new)?;
            at = parent.at.clone();
        }
        for (list, index) in self.ordered.iter().rev() {
            new = self.moved(list, *index, &at, &new)?;
            at = list.clone();
        }
        let (before, after) = outside(&at);
        Ok([before, &new, after].concat())
    }

    /// An ordered list whose element at `index` has `new` in the place of what is at `at`.
    fn moved(&self, list: &Range<usize>, index: u32, at: &Range<usize>, new: &[u8]) -> Result<Vec<u8>, ResultCode> {
        let bytes = self.root.get(list.clone()).unwrap_or_default();
        let collection = Collection::parse(bytes).ok_or(ResultCode::PARAMETER)?;
        let mut elements = collection.elements();
        elements.know_all()?;
        let start = list.start + bytes.len() - collection.contents.len() + elements.offset(index);
        let end = start + elements.get(index).len();
        let part = |range: Range<usize>| self.root.get(range).unwrap_or_default();
        let element = [part(start..at.start), new, part(at.end..end)].concat();
        let rank = list::find(&elements, &element, Equal::First).rank;
        let mut out = Vec::with_capacity(bytes.len() + new.len());
        append_head(&mut out, false, collection.count, collection.flags);
        let pieces: [&[u8]; 5] = if rank < index {
            let shifted = elements.range(rank, index - rank);
            [elements.before(rank), &element, shifted, elements.from(index + 1), &[]]
        } else if rank > index + 1 {
            let shifted = elements.range(index + 1, rank - index - 1);
            [elements.before(index), shifted, &element, elements.from(rank), &[]]
        } else {
            [elements.before(index), &element, elements.from(index + 1), &[], &[]]
        };
        out.extend(pieces.into_iter().flatten());
        Ok(out)
    }
}

impl Parent<'_> {
    /// The collection with a new element.
    fn with(&self, element: &[u8]) -> Result<Vec<u8>, ResultCode> {
        let collection = &self.collection;
        let mut elements = collection.elements();
        elements.know_all()?;
        let index = match collection.is_ordered_list() {
            true => list::find(&elements, element, Equal::First).rank,
            false => self.index,
        };
        let count = collection
            .count
            .checked_add(1 + self.nils)
            .ok_or(ResultCode::PARAMETER)?;
        let mut out = Vec::with_capacity(collection.contents.len() + element.len() + 16);
        append_head(&mut out, collection.is_map, count, collection.flags);
        out.extend_from_slice(elements.before(index));
        out.extend_from_slice(&list::nils(self.nils)?);
        out.extend_from_slice(element);
        out.extend_from_slice(elements.from(index));
        Ok(out)
    }
}

/// Whether bytes are a context that reads, as one that an index keeps has to be.
#[must_use]
pub(crate) fn is_read_context(context: &[u8]) -> bool {
    let mut reader = Reader::new(context);
    let Ok(n @ 1..) = reader.list() else {
        return false;
    };
    let mut step = || {
        let code = match reader.token() {
            Ok(Token::Int(code)) => code as u8,
            Ok(Token::Uint(code)) => code as u8,
            _ => return false,
        };
        // Of a map there is no key in a list, nor a way to create anything.
        let reads = u64::from(code) <= MAP | BY_VALUE
            && u64::from(code) & BASE_MASK <= BY_VALUE
            && u64::from(code) != LIST | BY_KEY;
        reads && reader.element().is_ok()
    };
    n % 2 == 0 && (0..n / 2).all(|_| step())
}

/// Where a step leads.
enum Place {
    There(Inner),
    /// To a new element: which one it will be, how many nils come before it, and its offset into the contents.
    Missing {
        index: u32,
        nils: u32,
        offset: usize,
    },
}

/// An element, or the value of a pair: which one it is, and where in the contents.
struct Inner {
    index: u32,
    offset: usize,
    size: usize,
}

/// The index that a step leads to in a list; where that is missing and may be created, the number of nils before it.
fn index(step: &Step<'_>, list: &Collection<'_>) -> Result<Result<u32, u32>, ResultCode> {
    let index = step.int()?;
    match bounds(index, 1, list.count, false) {
        Ok((index, _)) => Ok(Ok(index)),
        Err(_) if !step.creates() => Err(NOT_APPLICABLE),
        Err(_) if index == i64::from(list.count) || (list.count == 0 && index == -1) => Ok(Err(0)),
        // Wherever it is, in an ordered list it goes where it belongs.
        Err(_) if list.is_ordered_list() => Ok(Err(0)),
        Err(_) if step.code & (CREATE_MASK | CREATE_PERSIST_INDEX) == CREATE_PADDED_OR_KEY_ORDERED => {
            let nils = u32::try_from(index)
                .ok()
                .and_then(|index| index.checked_sub(list.count));
            nils.map(Err).ok_or(NOT_APPLICABLE)
        }
        Err(_) => Err(NOT_APPLICABLE),
    }
}

impl<'a> Step<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ResultCode> {
        let code = match reader.token() {
            Ok(Token::Int(code)) => code as u64,
            Ok(Token::Uint(code)) => code,
            _ => return Err(ResultCode::PARAMETER),
        };
        let creates = code & (CREATE_MASK | CREATE_PERSIST_INDEX) != 0;
        if code & BASE_MASK > BY_VALUE || (creates && code & (LIST | MAP) == 0) {
            return Err(NOT_APPLICABLE);
        }
        let value = reader.element().map_err(|_| NOT_APPLICABLE)?;
        Ok(Self { code, value })
    }

    const fn creates(&self) -> bool {
        self.code & CREATE_MASK != 0
    }

    fn int(&self) -> Result<i64, ResultCode> {
        match Reader::new(self.value).token() {
            Ok(Token::Int(n)) => Ok(n),
            Ok(Token::Uint(n)) => Ok(n as i64),
            _ => Err(NOT_APPLICABLE),
        }
    }

    /// Appends the head of a collection that has nothing but the element that the step leads to, and what comes before
    /// that.
    fn create(&self, out: &mut Vec<u8>, outermost: bool) -> Result<(), ResultCode> {
        const KIND: u64 = LIST | MAP | BASE_MASK;
        if !outermost && self.code & CREATE_PERSIST_INDEX != 0 {
            return Err(NOT_APPLICABLE);
        }
        match self.code & KIND {
            kind if kind == MAP | BY_KEY => {
                let flags = created_map_flags(self.code) | persist_flag(self.code);
                append_head(out, true, 1, stored_flags(true, flags, outermost));
                append_normalised(out, self.value, false).ok_or(NOT_APPLICABLE)?;
            }
            kind if kind == LIST | BY_INDEX => {
                let index = match self.int()? {
                    -1 => 0,
                    index => u32::try_from(index).map_err(|_| NOT_APPLICABLE)?,
                };
                match self.code & CREATE_MASK {
                    CREATE_ORDERED => append_head(out, false, 1, ORDERED),
                    CREATE_PADDED_OR_KEY_ORDERED => {
                        let count = index.checked_add(1).ok_or(NOT_APPLICABLE)?;
                        let nils = list::nils(index)?;
                        append_head(out, false, count, 0);
                        out.extend_from_slice(&nils);
                    }
                    _ if index > 0 && self.code & CREATE_PERSIST_INDEX == 0 => return Err(NOT_APPLICABLE),
                    _ => append_head(out, false, 1, 0),
                }
            }
            _ => return Err(NOT_APPLICABLE),
        }
        Ok(())
    }
}

const fn persist_flag(code: u64) -> u8 {
    match code & CREATE_PERSIST_INDEX {
        0 => 0,
        _ => spikelet_wire::msgpack::PERSIST_INDEX,
    }
}
