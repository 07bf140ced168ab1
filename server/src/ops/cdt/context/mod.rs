//! Contexts: following one to a nested collection.
//!
//! `step.rs` decodes a step, `replace.rs` puts the modified collection back in its place, and `validate.rs` checks the
//! context of a secondary index.

mod replace;
mod step;
mod validate;

use std::ops::Range;

use spikelet_wire::ResultCode;
use spikelet_wire::context::{BASE_MASK, BY_INDEX, BY_KEY, BY_RANK, BY_VALUE, CREATE_MASK, LIST, MAP};
use spikelet_wire::msgpack::Reader;

use self::step::{Step, index};
pub(crate) use self::validate::is_read_context;
use super::arguments::holds_compare_only;
use super::bounds::bounds;
use super::collection::Collection;
use super::list;
use super::map::Pairs;
use super::normalise::append_normalised;
use super::target::Target;

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// The path to a nested collection.
pub(in crate::ops::cdt) struct Path<'a> {
    /// The bin's collection; empty if there is no bin.
    root: &'a [u8],
    /// The range of the nested collection in `root`. For one that is to be created, the empty range where it is inserted.
    at: Range<usize>,
    /// The ordered lists along the path, whose element may have to move: the range of the list, and the element's index.
    ordered: Vec<(Range<usize>, u32)>,
    created: Option<Created<'a>>,
    /// Whether a value along the path held a wildcard or infinity. The server then refuses arguments that are stored.
    pub(super) holds_compare_only: bool,
}

/// The part of the path that is to be created.
struct Created<'a> {
    /// The collection that gets a new element; `None` if there is no bin.
    parent: Option<Parent<'a>>,
    /// The bytes before the new collection: keys, and the heads of the new collections around it.
    heads: Vec<u8>,
}

/// A collection that gets a new element.
struct Parent<'a> {
    at: Range<usize>,
    collection: Collection<'a>,
    /// The index of the new element, unless the collection is an ordered list.
    index: u32,
    /// The number of nils that pad a list before the new element.
    nils: u32,
}

impl<'a> Path<'a> {
    /// Follows a context from a bin's collection, which may be missing if the operation modifies.
    ///
    /// # Errors
    /// `PARAMETER` if the context is malformed; `OP_NOT_APPLICABLE` if it selects no element and creates none.
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
            holds_compare_only: false,
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

    /// The bytes of the value at the end of the path.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.root.get(self.at.clone()).unwrap_or_default()
    }

    /// The collection that an operation is applied to.
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
            Place::Present(inner) => inner,
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
            BY_INDEX => index(step, list)?,
            // In an ordered list the rank is the index, and the step can create an element.
            BY_RANK if is_ordered => index(step, list)?,
            BY_RANK => {
                let (rank, _) = bounds(step.int()?, 1, list.count, false)?;
                elements.locate_all()?;
                let ranked = list::ranked(&elements, rank, 1).items;
                Ok(ranked.first().copied().ok_or(NOT_APPLICABLE)?)
            }
            BY_VALUE => {
                self.holds_compare_only |= holds_compare_only(step.value);
                elements.locate_all()?;
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
                elements.locate(index)?;
                elements.locate(index + 1)?;
                Place::Present(Inner {
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
                self.holds_compare_only = false;
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
                self.holds_compare_only |= holds_compare_only(step.value);
                pairs.equal_value(step.value).ok_or(NOT_APPLICABLE)?
            }
            _ => return Err(NOT_APPLICABLE),
        };
        let (pair, value) = (pairs.elements().get(place), pairs.elements().value(place));
        Ok(Place::Present(Inner {
            index: place,
            offset: pairs.elements().offset(place) + pair.len() - value.len(),
            size: value.len(),
        }))
    }
}

/// The element that a step selects.
enum Place {
    Present(Inner),
    /// A new element: its index, the number of nils before it, and its offset in the contents.
    Missing {
        index: u32,
        nils: u32,
        offset: usize,
    },
}

/// An element, or the value of a pair: its index, and its range in the contents.
struct Inner {
    index: u32,
    offset: usize,
    size: usize,
}
