//! POSIX regular expressions, as glibc matches them in the C locale: bytes, the basic and the extended syntax, and the GNU
//! operators `\w \W \s \S \b \B \< \>`, with `\| \+ \?` in the basic syntax.
//!
//! A pattern is translated for the crate `regex`, which matches in time linear in the text. That crate has no back references:
//! a pattern with one (`\1`) is refused, where the C library accepts it.

mod byte_set;
mod translate;

use regex::bytes::{Regex, RegexBuilder};

use self::translate::Translator;

/// A regular expression.
#[derive(Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern. `None` if it is invalid, or holds a back reference.
    pub(super) fn new(pattern: &[u8], options: i64) -> Option<Self> {
        let pattern = until_zero(pattern);
        let translated = Translator::new(pattern, options).translate()?;
        let regex = RegexBuilder::new(&translated).unicode(false).build().ok()?;
        Some(Self(regex))
    }

    /// Whether the pattern matches anywhere in a text, up to the first zero byte.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.0.is_match(until_zero(text))
    }
}

/// Strings of the C library end at a zero byte.
fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use spikelet_wire::exp::regex_flags;

    use super::*;

    const BASIC: i64 = 0;
    const EXTENDED: i64 = regex_flags::EXTENDED;
    const ICASE: i64 = regex_flags::ICASE;
    const NEWLINE: i64 = regex_flags::NEWLINE;

    #[track_caller]
    fn matches(pattern: &str, options: i64, text: &str) -> bool {
        Pattern::new(pattern.as_bytes(), options)
            .expect("a valid pattern")
            .matches(text.as_bytes())
    }

    #[track_caller]
    fn refused(pattern: &str, options: i64) {
        assert!(Pattern::new(pattern.as_bytes(), options).is_none(), "{pattern}");
    }

    #[test]
    fn the_basic_syntax_escapes_its_operators() {
        assert!(matches("a+", BASIC, "a+"));
        assert!(!matches("a+b", BASIC, "aab"));
        assert!(matches(r"^a\+$", BASIC, "aa"));
        assert!(matches(r"^\(ab\)\{2\}$", BASIC, "abab"));
        assert!(matches(r"^x\|y$", BASIC, "zy"));
        assert!(matches("*a", BASIC, "*a"));
        assert!(matches("^*a", BASIC, "*a"));
        assert!(matches("a^b$c", BASIC, "a^b$c"));
        assert!(matches("^^a", BASIC, "^a"));
        assert!(matches(r"\(^a\)", BASIC, "ab"));
        refused("a**", BASIC);
        refused(r"\{1\}", BASIC);
        refused(r"a\)", BASIC);
    }

    #[test]
    fn the_extended_syntax_does_not_escape_its_operators() {
        assert!(matches("^(ab|cd)+$", EXTENDED, "abcd"));
        assert!(matches("^a{2,3}$", EXTENDED, "aaa"));
        assert!(matches("^a{,2}$", EXTENDED, ""));
        assert!(!matches("^a{2}$", EXTENDED, "aaa"));
        assert!(matches("a)", EXTENDED, "a)"));
        assert!(matches("^a+?$", EXTENDED, ""));
        assert!(matches("^(a|)$", EXTENDED, ""));
        for pattern in [
            "*a", "(*a)", "^*", "a|*b", "a{", "a{2,1}", "a{x}", "(a", "a\\", "a{40000}",
        ] {
            refused(pattern, EXTENDED);
        }
    }

    #[test]
    fn brackets_hold_sets() {
        assert!(matches("^[]a]+$", EXTENDED, "]a"));
        assert!(!matches("[^]a]", EXTENDED, "]a"));
        assert!(matches(r"^[\n]$", EXTENDED, r"\"));
        assert!(matches("^[[:digit:][:space:]_-]+$", EXTENDED, "1 _-"));
        assert!(matches("^[[.a.]-c]$", EXTENDED, "b"));
        for pattern in ["[b-a]", "[[:nope:]]", "[[=ab=]]", "[a-c-e]", "[a", "[[:alpha:]-z]"] {
            refused(pattern, EXTENDED);
        }
    }

    #[test]
    fn options_change_what_matches() {
        assert!(matches("^ABC$", EXTENDED | ICASE, "abc"));
        assert!(!matches("[^a]", EXTENDED | ICASE, "A"));
        refused("[Z-a]", EXTENDED | ICASE);
        assert!(!matches("[_-~]", EXTENDED | ICASE, "a"));
        assert!(matches("a.b", EXTENDED, "a\nb"));
        assert!(!matches("a.b", EXTENDED | NEWLINE, "a\nb"));
        assert!(!matches("a[^x]b", EXTENDED | NEWLINE, "a\nb"));
        assert!(!matches("^b$", EXTENDED, "a\nb\nc"));
        assert!(matches("^b$", EXTENDED | NEWLINE, "a\nb\nc"));
    }

    #[test]
    fn strings_end_at_a_zero_byte() {
        assert!(Pattern::new(b"^.$", EXTENDED).is_some_and(|p| p.matches(&[0xff])));
        assert!(Pattern::new(b"^a$\0junk(", EXTENDED).is_some_and(|p| p.matches(b"a\0b")));
        assert!(matches(r"\<word\>", EXTENDED, "a word."));
        assert!(!matches(r"\bor\b", EXTENDED, "a word."));
    }
}
