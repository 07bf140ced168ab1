//! The values that a parameter takes.

use super::value;

/// The values of a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A number of 32 bits from the first to the last, with a unit of 1024 (`k`), 1024² (`m`) or 1024³ (`g`).
    Number(i64, i64),
    /// A number of 64 bits from the first to the last, with the same units, and `t` and `p`.
    Size(u64, u64),
    /// A size that is a power of two.
    PowerOfTwo(u64, u64),
    /// A number of seconds from the first to the last, with a unit of `s`, `m`, `h` or `d`.
    Seconds(u32, u32),
    /// A number of seconds up to the last, or -1 for never.
    SecondsOrNever(u32),
    /// A percentage, or -1.
    PercentOrNever,
    /// A number of 64 bits, written in hexadecimal digits.
    Hex,
    /// A number of 32 bits of which everything after the digits is ignored.
    Leading,
    /// The same, of 64 bits.
    LeadingSize,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// None: the parameter cannot be set in this way.
    Never,
}

impl Kind {
    /// Any number of 32 bits.
    pub(super) const ANY: Self = Self::Number(i32::MIN as i64, i32::MAX as i64);
    /// A number of threads or percent and the like, from 0 to 100.
    pub(super) const PERCENT: Self = Self::Number(0, 100);
    /// Any number of 64 bits.
    pub(super) const ANY_SIZE: Self = Self::Size(0, u64::MAX);
    /// Any number of seconds.
    pub(super) const ANY_SECONDS: Self = Self::Seconds(0, u32::MAX);

    /// Reads the value of `set-config`, as the real server reads it, and returns it as `get-config` shows it; `None` if the
    /// parameter does not take it.
    pub(super) fn read_change(self, text: &str) -> Option<String> {
        match self {
            Self::Flag => matches!(text, "true" | "false").then(|| text.to_owned()),
            Self::Number(first, last) => {
                let number = value::number(text)?;
                let is_in_range = (first..=last).contains(&i64::from(number));
                // The real server keeps and shows it without a sign.
                is_in_range.then(|| (number as u32).to_string())
            }
            Self::Size(least, most) | Self::PowerOfTwo(least, most) => value::size(text)
                .filter(|size| (least..=most).contains(size))
                .map(|size| size.to_string()),
            Self::Seconds(least, most) => value::seconds(text)
                .filter(|seconds| (least..=most).contains(seconds))
                .map(|seconds| seconds.to_string()),
            Self::SecondsOrNever(most) => value::seconds(text)
                .filter(|seconds| *seconds <= most || *seconds == u32::MAX)
                .map(|seconds| seconds.to_string()),
            Self::PercentOrNever => {
                let percent: i32 = text.parse().ok()?;
                (-1..=100).contains(&percent).then(|| (percent as u32).to_string())
            }
            Self::Leading => Some((value::leading(text) as u32).to_string()),
            Self::LeadingSize => Some((value::leading(text) as u64).to_string()),
            Self::Word(words) => words.contains(&text).then(|| text.to_owned()),
            Self::Text => Some(text.to_owned()),
            Self::Hex | Self::Never => None,
        }
    }

    /// Reads the value of a configuration, and returns it as `get-config` shows it.
    ///
    /// # Errors
    /// What the value must be, to follow the parameter's name.
    pub(super) fn read(self, text: &str) -> Result<String, String> {
        if text.is_empty() {
            return Err("must have a value".to_owned());
        }
        let must_be = |what: &str| format!("must be {what}, not {text}");
        match self {
            Self::Flag => {
                let text = text.to_ascii_lowercase();
                if matches!(text.as_str(), "true" | "false") {
                    return Ok(text);
                }
                Err(must_be("true or false"))
            }
            Self::Number(first, last) => {
                let last = if last == i64::from(i32::MAX) {
                    i64::from(u32::MAX)
                } else {
                    last
                };
                unsigned(text, first.max(0) as u64, last.max(0) as u64)
            }
            Self::Size(least, most) => unsigned(text, least, most),
            Self::PowerOfTwo(least, most) => {
                let number = unsigned(text, least, most)?;
                let is_power = number.parse().is_ok_and(|number: u64| number.is_power_of_two());
                if is_power {
                    Ok(number)
                } else {
                    Err(must_be("a power of 2"))
                }
            }
            Self::Seconds(least, most) => {
                let seconds = value::exact_seconds(text).ok_or_else(|| must_be(TIME))?;
                if (least..=most).contains(&seconds) {
                    return Ok(seconds.to_string());
                }
                Err(match least {
                    0 => format!("must be at most {most} seconds, not {seconds}"),
                    _ => format!("must be {least} to {most} seconds, not {seconds}"),
                })
            }
            Self::SecondsOrNever(most) => match value::exact_seconds(text).ok_or_else(|| must_be(TIME))? {
                seconds if seconds <= most || seconds == u32::MAX => Ok(seconds.to_string()),
                seconds => Err(format!(
                    "must be at most {most} seconds, or -1 for never, not {seconds}"
                )),
            },
            Self::PercentOrNever => {
                let percent: Option<i32> = text.parse().ok().filter(|percent| (-1..=100).contains(percent));
                percent
                    .map(|percent| (percent as u32).to_string())
                    .ok_or_else(|| must_be("between 0 and 100, or -1"))
            }
            Self::Hex => {
                let digits = text.strip_prefix("0x").unwrap_or(text);
                let number = u64::from_str_radix(digits, 16).ok().filter(|number| *number != 0);
                number
                    .map(|number| format!("{number:X}"))
                    .ok_or_else(|| must_be("a hexadecimal number of 64 bits over 0"))
            }
            Self::Word(words) if words.contains(&text) => Ok(text.to_owned()),
            Self::Word(words) => Err(must_be(&words.join(" or "))),
            Self::Text => Ok(text.to_owned()),
            Self::Leading | Self::LeadingSize | Self::Never => Err("cannot be configured".to_owned()),
        }
    }
}

const TIME: &str = "a number of seconds, or a number with a unit, such as 90s, 15m, 12h or 30d";

/// Reads a number with a unit and checks its range.
fn unsigned(text: &str, first: u64, last: u64) -> Result<String, String> {
    let number = value::exact_size(text).ok_or_else(|| {
        format!("must be an unsigned number, or one with a unit of 1024 and so on (K, M, G, T, P), not {text}")
    })?;
    if (first..=last).contains(&number) {
        return Ok(number.to_string());
    }
    Err(match first {
        0 => format!("must be at most {last}, not {number}"),
        _ => format!("must be {first} to {last}, not {number}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_more_strictly_than_a_change() {
        let seconds = Kind::Seconds(0, 3600);
        assert_eq!(seconds.read("30m").as_deref(), Ok("1800"));
        assert_eq!(seconds.read_change("m").as_deref(), Some("0"));
        assert!(seconds.read("m").unwrap_err().ends_with("not m"));
        assert_eq!(
            seconds.read("2h").unwrap_err(),
            "must be at most 3600 seconds, not 7200"
        );
        assert_eq!(
            Kind::ANY.read("4G").unwrap_err(),
            "must be at most 4294967295, not 4294967296"
        );
        assert_eq!(Kind::ANY.read("4294967295").as_deref(), Ok("4294967295"));
        assert!(
            Kind::ANY
                .read("-1")
                .unwrap_err()
                .starts_with("must be an unsigned number")
        );
        assert_eq!(Kind::Size(1, u64::MAX).read("2T").as_deref(), Ok("2199023255552"));
        assert!(Kind::ANY_SIZE.read("99999999999P").is_err());
        assert_eq!(Kind::PowerOfTwo(1, 1 << 20).read("64K").as_deref(), Ok("65536"));
        assert_eq!(
            Kind::PowerOfTwo(1, 1 << 20).read("65").unwrap_err(),
            "must be a power of 2, not 65"
        );
        assert_eq!(Kind::Flag.read("TRUE").as_deref(), Ok("true"));
        assert_eq!(Kind::Flag.read("yes").unwrap_err(), "must be true or false, not yes");
        assert_eq!(Kind::PercentOrNever.read("-1").as_deref(), Ok("4294967295"));
        assert_eq!(Kind::Hex.read("a1").as_deref(), Ok("A1"));
        assert_eq!(Kind::Word(&["a", "b"]).read("c").unwrap_err(), "must be a or b, not c");
        for kind in [Kind::Flag, Kind::ANY, Kind::Text, seconds] {
            assert_eq!(kind.read("").unwrap_err(), "must have a value");
        }
    }
}
