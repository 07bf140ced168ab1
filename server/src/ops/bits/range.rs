//! A run of bits within bytes.

/// A run of bits: those of `bytes` from bit `from` (of the first byte, 0 to 7) on, `size` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// The first byte that it touches.
    pub(super) byte: usize,
    /// Its first bit within that byte, 0 to 7.
    pub(super) bit: usize,
    /// Bits, at least 1.
    pub(super) size: usize,
}

impl Range {
    /// The bytes that it touches.
    pub(super) fn bytes(self) -> std::ops::Range<usize> {
        self.byte..self.byte + (self.bit + self.size).div_ceil(8)
    }

    /// Its bits, from the highest of the first byte on; zeros fill the last byte.
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

    /// Sets its bits to those of `bits`, and leaves those around it as they are.
    pub(super) fn put(self, blob: &mut [u8], bits: &[u8]) {
        let touched = blob.get_mut(self.bytes()).unwrap_or_default();
        let last = touched.len().saturating_sub(1);
        let behind = 8 * touched.len() - self.bit - self.size;
        for (i, target) in touched.iter_mut().enumerate() {
            let before = if i == 0 { 0 } else { byte(bits, i - 1) };
            let pair = u16::from_be_bytes([before, byte(bits, i)]);
            let shifted = (pair >> self.bit).to_be_bytes()[1];
            let mut keep = 0;
            if i == 0 {
                keep |= !(0xff_u8 >> self.bit);
            }
            if i == last {
                keep |= !(0xff_u8 << behind);
            }
            *target = (*target & keep) | (shifted & !keep);
        }
    }

    /// Whether its bit `i` is 1.
    pub(super) fn is_set(self, blob: &[u8], i: usize) -> bool {
        let at = self.bit + i;
        byte(blob, self.byte + at / 8) & (0x80 >> (at % 8)) != 0
    }
}

/// Shifts bits to the front; zeros follow.
pub(super) fn shift_left(bits: &[u8], by: usize) -> Vec<u8> {
    let (bytes, rest) = (by / 8, by % 8);
    (0..bits.len())
        .map(|i| {
            let pair = u16::from_be_bytes([byte(bits, i + bytes), byte(bits, i + bytes + 1)]);
            (pair << rest).to_be_bytes()[0]
        })
        .collect()
}

/// Shifts bits to the end; zeros come before.
pub(super) fn shift_right(bits: &[u8], by: usize) -> Vec<u8> {
    let (bytes, rest) = (by / 8, by % 8);
    let from = |i: usize| i.checked_sub(bytes).map_or(0, |i| byte(bits, i));
    let before = |i: usize| i.checked_sub(bytes + 1).map_or(0, |i| byte(bits, i));
    (0..bits.len())
        .map(|i| (u16::from_be_bytes([before(i), from(i)]) >> rest).to_be_bytes()[1])
        .collect()
}

/// Clears the bits of the last byte that do not belong to the first `size` bits.
fn mask_end(bits: &mut [u8], size: usize) {
    if let Some(last) = bits.last_mut()
        && !size.is_multiple_of(8)
    {
        *last &= !(0xff_u8 >> (size % 8));
    }
}

/// A byte, 0 behind the end.
fn byte(bytes: &[u8], i: usize) -> u8 {
    bytes.get(i).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_got_and_nothing_else_changes() {
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

    #[test]
    fn shifts_drop_what_leaves() {
        assert_eq!(shift_left(&[0x81, 0x82, 0x83], 9), [0x05, 0x06, 0]);
        assert_eq!(shift_right(&[0x81, 0x82, 0x83], 9), [0, 0x40, 0xc1]);
        assert_eq!(shift_left(&[0xff], 100), [0]);
        assert_eq!(shift_right(&[0xff], 100), [0]);
        assert_eq!(shift_left(&[1, 2, 3], 8), [2, 3, 0]);
        assert_eq!(shift_right(&[1, 2, 3], 16), [0, 0, 1]);
    }
}
