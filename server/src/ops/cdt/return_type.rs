//! Results: what an operation gives of the elements it selected, in the form that its return type asks for.

use spikelet_wire::cdt::ReturnType;
use spikelet_wire::msgpack::{ORDERED, Reader, Token, write};
use spikelet_wire::{ParticleType, ResultCode};

use super::normalise::append_head;
use crate::ops::Particle;

/// A result, or the code for a return type that the operation does not have.
pub(super) type Answer = Result<Option<Particle>, ResultCode>;

/// What is wanted of the selected elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReturnSpec {
    /// Nothing, where the return type is unknown.
    pub(super) kind: Option<ReturnType>,
    /// All others are selected instead.
    pub(super) inverted: bool,
    /// The operation can select several, and then gives a list.
    pub(super) multi: bool,
}

impl ReturnSpec {
    pub(super) const fn new(return_type: u64, multi: bool) -> Self {
        Self {
            kind: ReturnType::from_code(return_type),
            inverted: return_type & ReturnType::INVERTED != 0,
            multi,
        }
    }

    pub(super) const fn of(kind: ReturnType, multi: bool) -> Self {
        Self {
            kind: Some(kind),
            inverted: false,
            multi,
        }
    }

    pub(super) const fn is_reverse(&self) -> bool {
        matches!(self.kind, Some(ReturnType::ReverseIndex | ReturnType::ReverseRank))
    }

    pub(super) const fn is_index(&self) -> bool {
        matches!(self.kind, Some(ReturnType::Index | ReturnType::ReverseIndex))
    }

    pub(super) const fn is_rank(&self) -> bool {
        matches!(self.kind, Some(ReturnType::Rank | ReturnType::ReverseRank))
    }

    pub(super) const fn is_index_range(&self) -> bool {
        matches!(self.kind, Some(ReturnType::IndexRange | ReturnType::ReverseIndexRange))
    }

    pub(super) const fn is_rank_range(&self) -> bool {
        matches!(self.kind, Some(ReturnType::RankRange | ReturnType::ReverseRankRange))
    }

    pub(super) const fn is_map(&self) -> bool {
        self.map_flags().is_some()
    }

    /// Whether keys or values are wanted.
    pub(super) const fn is_elements(&self) -> bool {
        self.is_map() || matches!(self.kind, Some(ReturnType::Key | ReturnType::Value))
    }

    /// The flags of the map that is wanted, where one is.
    pub(super) const fn map_flags(&self) -> Option<u8> {
        /// The pairs stand in the order in which they were selected.
        const PRESERVE_ORDER: u8 = 8;
        match self.kind {
            Some(ReturnType::KeyValue) => Some(PRESERVE_ORDER),
            Some(ReturnType::UnorderedMap) => Some(0),
            Some(ReturnType::OrderedMap) => Some(ORDERED),
            _ => None,
        }
    }

    /// Nothing was selected; a range would begin at `index`.
    pub(super) fn nothing(&self, index: i64) -> Answer {
        use ReturnType as R;
        Ok(match self.kind {
            Some(R::None) => None,
            Some(R::IndexRange | R::ReverseIndexRange | R::RankRange | R::ReverseRankRange) => {
                Some(int_list([index, 0]))
            }
            Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => {
                Some(if self.multi { int_list([]) } else { Particle::Int(-1) })
            }
            Some(R::Count) => Some(Particle::Int(0)),
            Some(R::Exists) => Some(Particle::Bool(false)),
            Some(R::Key | R::Value) => self.multi.then(|| int_list([])),
            Some(R::KeyValue | R::UnorderedMap | R::OrderedMap) => Some(map([].into_iter(), self.map_flags())),
            None => return Err(ResultCode::OP_NOT_APPLICABLE),
        })
    }

    /// `count` of `n` elements were selected, whose indexes or ranks run from `start` on.
    pub(super) fn range(&self, start: u32, count: u32, n: u32) -> Answer {
        use ReturnType as R;
        let start = match self.kind {
            Some(R::ReverseIndexRange | R::ReverseRankRange) => n.saturating_sub(start).saturating_sub(count),
            Some(R::IndexRange | R::RankRange) => start,
            _ => return self.indexes(start, count, n),
        };
        match self.inverted {
            true => Err(ResultCode::OP_NOT_APPLICABLE),
            false => Ok(Some(int_list([i64::from(start), i64::from(count)]))),
        }
    }

    /// As [`range`](Self::range), but for return types that give a range.
    pub(super) fn indexes(&self, start: u32, count: u32, n: u32) -> Answer {
        use ReturnType as R;
        Ok(Some(match self.kind {
            Some(R::None) => return Ok(None),
            Some(R::Count) if self.inverted => int(n.saturating_sub(count)),
            Some(R::Count) => int(count),
            Some(R::Exists) => Particle::Bool((count != 0) != self.inverted),
            Some(R::Index | R::ReverseIndex | R::Rank | R::ReverseRank) => {
                let end = start.saturating_add(count);
                match (self.multi, self.inverted) {
                    (false, _) if count == 0 => Particle::Int(-1),
                    (false, _) => Particle::Int(self.directed(start, n)),
                    (true, true) => {
                        let tail = n.saturating_sub(end);
                        int_list(self.run(0, start, n).chain(self.run(end, tail, n)))
                    }
                    (true, false) => int_list(self.run(start, count, n)),
                }
            }
            _ => return Err(ResultCode::OP_NOT_APPLICABLE),
        }))
    }

    /// An index or rank of `n`, counted from the end that is wanted.
    pub(super) fn directed(&self, i: u32, n: u32) -> i64 {
        match self.is_reverse() {
            true => i64::from(n) - i64::from(i) - 1,
            false => i64::from(i),
        }
    }

    /// `count` indexes or ranks of `n` from `start` on, counted from the end that is wanted, always upwards.
    pub(super) fn run(&self, start: u32, count: u32, n: u32) -> impl Iterator<Item = i64> + use<> {
        let start = match self.is_reverse() {
            true => i64::from(n) - i64::from(start) - i64::from(count),
            false => i64::from(start),
        };
        start..start + i64::from(count)
    }

    /// Single indexes or ranks of `n`: a list, or the first of them.
    pub(super) fn each(&self, indexes: impl IntoIterator<Item = u32>, n: u32) -> Option<Particle> {
        let mut indexes = indexes.into_iter().map(|i| self.directed(i, n));
        match self.multi {
            true => Some(int_list(indexes)),
            false => indexes.next().map(Particle::Int),
        }
    }

    /// Values: a list, or the first of them.
    ///
    /// # Errors
    /// `SERVER_ERROR` when the one value has no particle type.
    pub(super) fn values<'a>(&self, values: impl IntoIterator<Item = &'a [u8]>) -> Answer {
        let mut values = values.into_iter();
        match self.multi {
            true => Ok(Some(list(values))),
            false => values.next().map_or(Ok(None), particle),
        }
    }

    /// Whether any, or how many, were selected, inversion already done; nothing for other return types.
    pub(super) fn counted(&self, count: u32) -> Option<Particle> {
        match self.kind {
            Some(ReturnType::Count) => Some(int(count)),
            Some(ReturnType::Exists) => Some(Particle::Bool(count != 0)),
            _ => None,
        }
    }
}

/// The particle of one value; nothing for nil.
///
/// # Errors
/// `SERVER_ERROR` when it is an extension, which has no particle type.
pub(crate) fn particle(value: &[u8]) -> Answer {
    let token = Reader::new(value).token().map_err(|_| ResultCode::SERVER_ERROR)?;
    Ok(Some(match token {
        Token::Nil => return Ok(None),
        Token::Bool(b) => Particle::Bool(b),
        Token::Int(n) => Particle::Int(n),
        Token::Uint(n) => Particle::Int(n as i64),
        Token::Float(n) => Particle::Float(n),
        Token::List(_) => Particle::bytes(ParticleType::LIST, value),
        Token::Map(_) => Particle::bytes(ParticleType::MAP, value),
        Token::Bytes(bytes) => bytes_particle(bytes),
        Token::Ext(..) => return Err(ResultCode::SERVER_ERROR),
    }))
}

fn bytes_particle(bytes: &[u8]) -> Particle {
    let (&particle_type, data) = bytes.split_first().unwrap_or((&ParticleType::BLOB.0, &[]));
    match ParticleType(particle_type) {
        // Without its cells: they are not kept inside of collections.
        ParticleType::GEOJSON => Particle::bytes(ParticleType::GEOJSON, &[&[0; 3], data].concat()),
        known @ (ParticleType::STRING
        | ParticleType::JAVA_BLOB
        | ParticleType::CSHARP_BLOB
        | ParticleType::PYTHON_BLOB
        | ParticleType::RUBY_BLOB
        | ParticleType::PHP_BLOB
        | ParticleType::ERLANG_BLOB
        | ParticleType::VECTOR
        | ParticleType::HLL) => Particle::bytes(known, data),
        _ => Particle::bytes(ParticleType::BLOB, data),
    }
}

pub(super) const fn int(n: u32) -> Particle {
    Particle::Int(n as i64)
}

/// A list of integers.
pub(super) fn int_list(numbers: impl IntoIterator<Item = i64>) -> Particle {
    let (mut contents, mut n) = (Vec::new(), 0);
    for number in numbers {
        write::int(&mut contents, number);
        n += 1;
    }
    list_of(&contents, n)
}

/// A list of values.
pub(super) fn list<'a>(values: impl Iterator<Item = &'a [u8]>) -> Particle {
    let (mut contents, mut n) = (Vec::new(), 0);
    for value in values {
        contents.extend_from_slice(value);
        n += 1;
    }
    list_of(&contents, n)
}

/// A list of `n` elements.
pub(super) fn list_of(contents: &[u8], n: u32) -> Particle {
    let mut out = Vec::with_capacity(contents.len() + 5);
    append_head(&mut out, false, n, 0);
    out.extend_from_slice(contents);
    Particle::bytes(ParticleType::LIST, &out)
}

/// A map of pairs, with flags.
pub(super) fn map<'a>(pairs: impl Iterator<Item = &'a [u8]>, flags: Option<u8>) -> Particle {
    let (mut contents, mut n) = (Vec::new(), 0);
    for pair in pairs {
        contents.extend_from_slice(pair);
        n += 1;
    }
    let mut out = Vec::with_capacity(contents.len() + 9);
    append_head(&mut out, true, n, flags.unwrap_or_default());
    out.extend_from_slice(&contents);
    Particle::bytes(ParticleType::MAP, &out)
}
