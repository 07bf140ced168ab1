//! The values of parameters, read as the real server reads them.

/// Reads a number of 32 bits, with a unit of 1024, 1024² or 1024³. No digits are 0, and what is over 32 bits wraps.
pub(super) fn number(text: &str) -> Option<i32> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (number, unit) = split(digits);
    let number = digits_of(number) as i32;
    let number = match unit {
        "" => number,
        "k" | "K" => number.wrapping_mul(1 << 10),
        "m" | "M" => number.wrapping_mul(1 << 20),
        "g" | "G" => number.wrapping_mul(1 << 30),
        _ => return None,
    };
    Some(if is_negative { number.wrapping_neg() } else { number })
}

/// Reads a size in bytes, with a unit of 1024, 1024² and so on, up to 1024⁵.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text);
    let unit = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        "p" | "P" => 50,
        _ => return None,
    };
    Some(digits_of(number).wrapping_mul(1 << unit))
}

/// Reads a time in seconds, with a unit of s, m, h or d. A unit alone is 0, and -1 the longest time.
pub(super) fn seconds(text: &str) -> Option<u32> {
    if text == "-1" {
        return Some(u32::MAX);
    }
    let (number, unit) = split(text);
    let unit = match unit {
        "" | "s" | "S" => 1,
        "m" | "M" => 60,
        "h" | "H" => 3600,
        "d" | "D" => 24 * 3600,
        _ => return None,
    };
    u32::try_from(digits_of(number).wrapping_mul(unit)).ok()
}

/// Reads a size as [`size`] does, but not one without digits or over 64 bits.
pub(super) fn exact_size(text: &str) -> Option<u64> {
    let (digits, unit) = split(text);
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(size(&format!("1{unit}"))?)
}

/// Reads a time as [`seconds`] does, but not one without digits.
pub(super) fn exact_seconds(text: &str) -> Option<u32> {
    if text == "-1" {
        return Some(u32::MAX);
    }
    let (digits, unit) = split(text);
    let number: u32 = digits.parse().ok()?;
    number.checked_mul(seconds(&format!("1{unit}"))?)
}

/// Reads the number that a text starts with, as `atoi` does: 0 if there is none.
pub(super) fn leading(text: &str) -> i64 {
    let text = text.trim_start();
    let (is_negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let number = i64::try_from(digits_of(split(digits).0)).unwrap_or(i64::MAX);
    if is_negative { -number } else { number }
}

/// The digits that a text starts with, and what follows them.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The value of digits, modulo 2^64.
fn digits_of(digits: &str) -> u64 {
    let digits = digits.bytes().map(|digit| u64::from(digit - b'0'));
    digits.fold(0, |number: u64, digit| number.wrapping_mul(10).wrapping_add(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = ["120", "2m", "1H", "30d", "d", "3x", "-1", "49711d", "99999999999"].map(seconds);
        let expected = [
            Some(120),
            Some(120),
            Some(3600),
            Some(2_592_000),
            Some(0),
            None,
            Some(u32::MAX),
            None,
            None,
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn numbers_have_units_and_wrap() {
        let read = ["", "10", "-10", "2k", "3g", "4294967297", "1d", "true"].map(number);
        let expected = [
            Some(0),
            Some(10),
            Some(-10),
            Some(2048),
            Some(-1_073_741_824),
            Some(1),
            None,
            None,
        ];
        assert_eq!(read, expected);
        assert_eq!(["1t", "8M", "-1"].map(size), [Some(1 << 40), Some(8 << 20), None]);
        assert_eq!(["10", "1d", "abc", "-3x"].map(leading), [10, 1, 0, -3]);
    }
}
