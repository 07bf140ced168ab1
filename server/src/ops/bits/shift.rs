//! Shifts of bits.

use super::range::{Range, byte};

/// The bits of a range that was cut at the end of the blob, after a left shift by more bits than the range has.
///
/// The server computes with the size of the whole blob for such a range. If the shift is shorter than that, and not a
/// multiple of 8, the server leaves the end of the last byte in the first byte instead of zeros.
pub(super) fn left_over(old: &[u8], range: Range, shift: usize) -> Vec<u8> {
    let assumed = 8 * old.len() - range.bit;
    let mut bits = vec![0; range.size.div_ceil(8)];
    if let (Some(first), Some(last)) = (bits.first_mut(), old.last())
        && shift < assumed
        && shift / 8 >= range.bytes().len()
        && !shift.is_multiple_of(8)
    {
        *first = (last << (shift % 8)) << range.bit;
    }
    bits
}

/// Shifts bits left, and fills with zeros.
pub(super) fn shift_left(bits: &[u8], by: usize) -> Vec<u8> {
    let (bytes, rest) = (by / 8, by % 8);
    (0..bits.len())
        .map(|i| {
            let pair = u16::from_be_bytes([byte(bits, i + bytes), byte(bits, i + bytes + 1)]);
            (pair << rest).to_be_bytes()[0]
        })
        .collect()
}

/// Shifts bits right, and fills with zeros.
pub(super) fn shift_right(bits: &[u8], by: usize) -> Vec<u8> {
    let (bytes, rest) = (by / 8, by % 8);
    let from = |i: usize| i.checked_sub(bytes).map_or(0, |i| byte(bits, i));
    let before = |i: usize| i.checked_sub(bytes + 1).map_or(0, |i| byte(bits, i));
    (0..bits.len())
        .map(|i| (u16::from_be_bytes([before(i), from(i)]) >> rest).to_be_bytes()[1])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_drop_bits_beyond_the_end() {
        assert_eq!(shift_left(&[0x81, 0x82, 0x83], 9), [0x05, 0x06, 0]);
        assert_eq!(shift_right(&[0x81, 0x82, 0x83], 9), [0, 0x40, 0xc1]);
        assert_eq!(shift_left(&[0xff], 100), [0]);
        assert_eq!(shift_right(&[0xff], 100), [0]);
        assert_eq!(shift_left(&[1, 2, 3], 8), [2, 3, 0]);
        assert_eq!(shift_right(&[1, 2, 3], 16), [0, 0, 1]);
    }
}
