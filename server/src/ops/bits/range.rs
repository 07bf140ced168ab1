//! Ranges of bits within a blob, and the check of an operation's offset and size.

use spikelet_wire::ResultCode;

/// A range of bits: `size` bits, starting at bit `bit` of byte `byte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// The first byte.
    pub(super) byte: usize,
    /// The first bit within the first byte, 0 to 7.
    pub(super) bit: usize,
    /// The number of bits, at least 1.
    pub(super) size: usize,
}

impl Range {
    /// Checks an offset and a size, in bits, against the size of a blob, in bytes. With `partial`, bits beyond the end are cut
    /// off.
    ///
    /// # Errors
    /// `OP_NOT_APPLICABLE` if the range is not within the blob; `PARAMETER` if a negative offset lies before the start.
    pub(super) fn check(blob_size: usize, offset: i64, size: i64, partial: bool) -> Result<Self, Failure> {
        let refused = Failure::Refused(ResultCode::OP_NOT_APPLICABLE);
        let bits = 8 * blob_size;
        let from = start(bits, offset)?;
        let size = usize::try_from(size).map_err(|_| refused)?;
        let size = match bits.checked_sub(from) {
            None | Some(0) => return Err(refused),
            Some(left) if size <= left => size,
            Some(left) if partial => left,
            Some(_) => return Err(refused),
        };
        Ok(Self {
            byte: from / 8,
            bit: from % 8,
            size,
        })
    }

    /// The bytes that the range overlaps.
    pub(super) fn bytes(self) -> std::ops::Range<usize> {
        self.byte..self.byte + (self.bit + self.size).div_ceil(8)
    }

    /// The bits, from the highest bit of the first byte. Zeros pad the last byte.
    pub(super) fn get(self, blob: &[u8]) -> Vec<u8> {
        let touched = blob.get(self.bytes()).unwrap_or_default();
        let mut bits: Vec<u8> = (0..self.size.div_ceil(8))
            .map(|i| {
                let pair = u16::from_be_bytes([byte(touched, i), byte(touched, i + 1)]);
                (pair << self.bit).to_be_bytes()[0]
            })
            .collect();
        mask_end(&mut bits, self.size);
        bits
    }

    /// Sets the bits of the range to those of `bits`. All other bits are unchanged.
    pub(super) fn put(self, blob: &mut [u8], bits: &[u8]) {
        let touched = blob.get_mut(self.bytes()).unwrap_or_default();
        let last = touched.len().saturating_sub(1);
        let after = 8 * touched.len() - self.bit - self.size;
        for (i, target) in touched.iter_mut().enumerate() {
            let before = if i == 0 { 0 } else { byte(bits, i - 1) };
            let pair = u16::from_be_bytes([before, byte(bits, i)]);
            let shifted = (pair >> self.bit).to_be_bytes()[1];
            let mut keep = 0;
            if i == 0 {
                keep |= !(0xff_u8 >> self.bit);
            }
            if i == last {
                keep |= !(0xff_u8 << after);
            }
            *target = (*target & keep) | (shifted & !keep);
        }
    }

    /// Whether bit `i` of the range is 1.
    pub(super) fn is_set(self, blob: &[u8], i: usize) -> bool {
        let at = self.bit + i;
        byte(blob, self.byte + at / 8) & (0x80 >> (at % 8)) != 0
    }
}

/// Clears the bits of the last byte after the first `size` bits.
fn mask_end(bits: &mut [u8], size: usize) {
    if let Some(last) = bits.last_mut()
        && !size.is_multiple_of(8)
    {
        *last &= !(0xff_u8 >> (size % 8));
    }
}

/// A byte; 0 beyond the end.
pub(super) fn byte(bytes: &[u8], i: usize) -> u8 {
    bytes.get(i).copied().unwrap_or_default()
}

/// The position of an offset. A negative offset counts from the end, and must not lie before the start.
pub(super) fn start(size: usize, offset: i64) -> Result<usize, Failure> {
    let distance = offset.unsigned_abs() as usize;
    match offset < 0 {
        true => size
            .checked_sub(distance)
            .ok_or(Failure::Invalid(ResultCode::PARAMETER)),
        false => Ok(distance),
    }
}

/// Why an operation is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It cannot be applied to this blob. `NO_FAIL` turns this into a success.
    Refused(ResultCode),
    /// It is invalid. An error even with `NO_FAIL`.
    Invalid(ResultCode),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bits_of_the_range_change() {
        for (byte, bit, size) in [
            (0, 0, 8),
            (0, 3, 2),
            (0, 7, 1),
            (1, 5, 9),
            (0, 1, 31),
            (2, 4, 12),
            (3, 0, 8),
        ] {
            let range = Range { byte, bit, size };
            for fill in [0x00, 0xff] {
                let mut blob = [fill; 4];
                let bits = [!fill; 4];
                range.put(&mut blob, &bits);
                for at in 0..32 {
                    let within = (8 * byte + bit..8 * byte + bit + size).contains(&at);
                    let set = blob[at / 8] & (0x80 >> (at % 8)) != 0;
                    assert_eq!(set, within == (fill == 0), "{range:?} {at}");
                }
                let got = range.get(&blob);
                assert_eq!(got.len(), size.div_ceil(8));
                assert!((0..8 * got.len()).all(|i| (got[i / 8] & (0x80 >> (i % 8)) != 0) == (fill == 0 && i < size)));
            }
        }
    }
}
