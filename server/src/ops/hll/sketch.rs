//! The bytes of a HyperLogLog: a header of 11 bytes, and the packed registers.

use super::shape::{HEADER, Shape};

/// The position of the cached count.
pub(super) const COUNT: std::ops::Range<usize> = 3..HEADER;

/// A HyperLogLog, or with minhash bits a HyperMinHash, in the bytes of a bin.
///
/// The layout: flags (1 byte, 0), index bits (1), minhash bits (1), the cached count or 0 (8, little-endian), then the
/// registers, big-endian.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sketch<'a> {
    pub(super) shape: Shape,
    pub(super) bytes: &'a [u8],
}

impl<'a> Sketch<'a> {
    /// Reads a sketch whose numbers of bits are in range, and whose size fits them.
    ///
    /// A bin may hold it only if its shape [`fits`](Shape::fits) too.
    #[must_use]
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let [0, index_bits, minhash_bits, ..] = *bytes else {
            return None;
        };
        let shape = Shape::in_range(index_bits.into(), minhash_bits.into())?;
        (bytes.len() == shape.size()).then_some(Self { shape, bytes })
    }

    /// Whether a bin may hold these bytes.
    #[must_use]
    pub(crate) fn is_valid(bytes: &[u8]) -> bool {
        Sketch::new(bytes).is_some_and(|sketch| sketch.shape.fits())
    }

    /// The shape.
    #[must_use]
    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// The cached count, if nothing was added since it was computed.
    #[must_use]
    pub(crate) fn cached_count(&self) -> Option<u64> {
        let bytes = self.bytes.get(COUNT)?.try_into().ok()?;
        Some(u64::from_le_bytes(bytes)).filter(|&count| count != 0)
    }

    /// A register: the rank, and the minhash bits below it.
    pub(super) fn register(&self, i: usize) -> u64 {
        let at = Place::of(self.shape, i);
        (window(self.bytes, at.byte) << at.bit) >> (64 - self.shape.register_bits())
    }

    /// The rank of a register: one more than the most zeros at the end of an element's hash.
    pub(super) fn rank(&self, i: usize) -> u8 {
        (self.register(i) >> self.shape.minhash_bits) as u8
    }

    /// Whether anything was added. Like the server, this checks as many bytes as there are registers.
    pub(super) fn has_data(&self) -> bool {
        let registers = self.bytes.get(HEADER..).unwrap_or_default();
        registers.iter().take(self.shape.registers()).any(|&byte| byte != 0)
    }
}

/// The position of a register: its first byte, and its first bit within that byte.
pub(super) struct Place {
    pub(super) byte: usize,
    pub(super) bit: u32,
}

impl Place {
    pub(super) const fn of(shape: Shape, i: usize) -> Self {
        let bits = shape.register_bits() as usize * i;
        Self {
            byte: HEADER + bits / 8,
            bit: (bits % 8) as u32,
        }
    }
}

/// The 8 bytes at an offset, with zeros beyond the end. A register has at most 57 bits, so they hold all of it.
pub(super) fn window(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(&whole) = rest.first_chunk() {
        return u64::from_be_bytes(whole);
    }
    let mut window = [0; 8];
    for (byte, &from) in window.iter_mut().zip(rest) {
        *byte = from;
    }
    u64::from_be_bytes(window)
}
