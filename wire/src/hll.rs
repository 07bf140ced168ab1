//! HyperLogLog operations: their codes, names, parameters and flags.

use std::borrow::Cow;

use rmp::encode;

use crate::bit_hll::{Parameter, flags_parameter, operations};
use crate::error::DecodeError;
use crate::msgpack::{Reader, Token, write};
use crate::particle::ParticleType;
use crate::value::Value;

bitflags::bitflags! {
    /// When a HyperLogLog operation may write, and what it does if it cannot.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct HllWriteFlags: u64 {
        /// Only if there is no bin.
        const CREATE_ONLY = 1 << 0;
        /// Only if there is a bin.
        const UPDATE_ONLY = 1 << 1;
        /// If the flags above forbid the operation, succeed and change nothing.
        const NO_FAIL = 1 << 2;
        /// A union may have fewer index bits, or fewer minhash bits, than the bin.
        const ALLOW_FOLD = 1 << 3;
    }
}

flags_parameter!(HllWriteFlags);

operations! {
    /// A HyperLogLog operation and its parameters.
    ///
    /// ```
    /// use spikelet_wire::hll::{HllOperation, HllWriteFlags};
    ///
    /// let operation = HllOperation::Init {
    ///     index_bits: Some(12),
    ///     minhash_bits: None,
    ///     flags: HllWriteFlags::CREATE_ONLY,
    /// };
    /// let mut argument = Vec::new();
    /// operation.encode(&mut argument);
    /// assert_eq!(argument, [0x94, 0, 12, 0xff, 1]);
    /// assert_eq!(HllOperation::decode(&argument)?, operation);
    /// # Ok::<(), spikelet_wire::DecodeError>(())
    /// ```
    #[derive(Debug, Clone, PartialEq)]
    HllOperation as HllOp {
        /// Creates an empty HyperLogLog, or empties it.
        0 "hll_init" Init {
            ;
            /// Index bits, 4 to 16.
            index_bits: Option<i64>,
            /// Minhash bits, 0 or 4 to 51; together with the index bits at most 64.
            minhash_bits: Option<i64>,
            /// When the operation may write.
            flags: HllWriteFlags
        }
        /// Adds elements and returns the number of registers that changed.
        1 "hll_add" Add {
            /// The elements to add.
            elements: Elements<'a>;
            /// Index bits of a new HyperLogLog, 4 to 16.
            index_bits: Option<i64>,
            /// Minhash bits of a new HyperLogLog, 0 or 4 to 51; together with the index bits at most 64.
            minhash_bits: Option<i64>,
            /// When the operation may write.
            flags: HllWriteFlags
        }
        /// Sets the bin to its union with others.
        2 "hll_set_union" SetUnion {
            /// The others.
            others: Others<'a>;
            /// When the operation may write.
            flags: HllWriteFlags
        }
        /// Computes the count, stores it and returns it.
        3 "hll_refresh_count" RefreshCount { ; }
        /// Reduces the index bits.
        4 "hll_fold" Fold {
            /// Index bits, 4 to 16.
            index_bits: Option<i64>;
        }
        /// Returns the count.
        50 "hll_get_count" GetCount { ; }
        /// Returns the union with others.
        51 "hll_get_union" GetUnion {
            /// The others.
            others: Others<'a>;
        }
        /// Returns the count of the union with others.
        52 "hll_get_union_count" GetUnionCount {
            /// The others.
            others: Others<'a>;
        }
        /// Returns the count of the intersection with others.
        53 "hll_get_intersect_count" GetIntersectCount {
            /// The others.
            others: Others<'a>;
        }
        /// Returns the size of the intersection with others divided by the size of the union, 0 to 1.
        54 "hll_get_similarity" GetSimilarity {
            /// The others.
            others: Others<'a>;
        }
        /// Returns the index bits and minhash bits, as a list.
        55 "hll_describe" Describe { ; }
        /// Returns 1 if all elements may have been added, 0 if at least one was not.
        56 "hll_may_contain" MayContain {
            /// The elements to look for.
            elements: Elements<'a>;
        }
    }
}

/// The elements of an operation, each as msgpack in the canonical form that is hashed.
#[derive(Debug, Clone, PartialEq)]
pub struct Elements<'a>(Vec<Cow<'a, [u8]>>);

impl Elements<'_> {
    /// Iterates over the elements, each as msgpack.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl<'v> FromIterator<&'v Value> for Elements<'_> {
    fn from_iter<I: IntoIterator<Item = &'v Value>>(values: I) -> Self {
        let packed = |value: &Value| {
            let mut out = Vec::new();
            value.pack(&mut out);
            Cow::Owned(out)
        };
        Self(values.into_iter().map(packed).collect())
    }
}

impl<'a> Parameter<'a> for Elements<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let n = reader.list()?;
        if n == 0 {
            return Err(DecodeError::new("no elements", at));
        }
        (0..n).map(|_| element(reader)).collect::<Result<_, _>>().map(Self)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write::list(out, self.0.len() as u32);
        self.iter().for_each(|element| out.extend_from_slice(element));
    }
}

/// The HyperLogLogs that an operation combines with the bin's, each as its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Others<'a>(pub Vec<&'a [u8]>);

impl<'a> Parameter<'a> for Others<'a> {
    /// A single one may be sent without a list.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let n = match reader.peek()? {
            Token::List(_) => reader.list()?,
            _ => 1,
        };
        if n == 0 {
            return Err(DecodeError::new("no HyperLogLogs", at));
        }
        (0..n)
            .map(|_| Parameter::decode(reader))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        write::list(out, self.0.len() as u32);
        for other in &self.0 {
            write::bytes(out, ParticleType::HLL, other);
        }
    }
}

/// Decodes an element into the form that the server hashes: the shortest encoding.
fn element<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, DecodeError> {
    let at = reader.at();
    let packed = reader.rest();
    let token = reader.token()?;
    let packed = &packed[..reader.at() - at];
    let mut out = Vec::new();
    match token {
        Token::List(_) | Token::Map(_) => return Err(DecodeError::new("a list or map among the elements", at)),
        Token::Int(n) => write::int(&mut out, n),
        Token::Uint(n) => write::uint(&mut out, n),
        Token::Bytes(bytes) => write::raw(&mut out, bytes),
        Token::Ext(ext_type, bytes) => {
            // Writing into a `Vec` cannot fail.
            let _ = encode::write_ext_meta(&mut out, bytes.len() as u32, ext_type);
            out.extend_from_slice(bytes);
        }
        Token::Nil | Token::Bool(_) | Token::Float(_) => return Ok(packed.into()),
    }
    // The server keeps msgpack's `bin` if encoding it as a string would not make it shorter.
    let as_it_came = matches!(token, Token::Bytes(_)) && out.len() == packed.len();
    Ok(if as_it_came { packed.into() } else { out.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(packed: &[u8]) -> Vec<Vec<u8>> {
        let argument = [&[0x92, 56], packed].concat();
        match HllOperation::decode(&argument).unwrap() {
            HllOperation::MayContain { elements } => elements.iter().map(<[u8]>::to_vec).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_element_has_one_encoding() {
        let same = elements(&[0x94, 5, 0xcc, 5, 0xd1, 0, 5, 0xcf, 0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(same, vec![vec![5]; 4]);
        let same = elements(&[0x93, 0xa2, 3, b'a', 0xc4, 2, 3, b'a', 0xda, 0, 2, 3, b'a']);
        assert_eq!(same, vec![vec![0xa2, 3, b'a']; 3]);
        assert_eq!(
            elements(&[0x91, 0xca, 0, 0, 0, 0]),
            [[0xca, 0, 0, 0, 0]],
            "a float is no double"
        );
    }

    #[test]
    fn collections_are_not_elements() {
        for argument in [&[0x92, 56, 0x91, 0x90][..], &[0x92, 56, 0x91, 0x80], &[0x92, 56, 0x90]] {
            assert!(HllOperation::decode(argument).is_err(), "{argument:x?}");
        }
    }

    #[test]
    fn a_single_other_hll_needs_no_list() {
        let one = HllOperation::GetUnion {
            others: Others(vec![&[7]]),
        };
        assert_eq!(HllOperation::decode(&[0x92, 51, 0xa2, 18, 7]).unwrap(), one);
        let mut argument = Vec::new();
        one.encode(&mut argument);
        assert_eq!(argument, [0x92, 51, 0x91, 0xa2, 18, 7]);
        assert_eq!(HllOperation::decode(&argument).unwrap(), one);
    }
}
