//! POSIX regular expressions, as the C library of the real server's machine takes them in the C locale: bytes, the basic
//! and the extended syntax, and the GNU operators `\w \W \s \S \b \B \< \>`, with `\| \+ \?` in the basic syntax.
//!
//! A pattern is rewritten for the crate `regex`, which matches in time linear in the text. That crate has no back
//! references: a pattern with one (`\1`) is refused here, where the C library takes it.

use std::fmt::Write;

use regex::bytes::{Regex, RegexBuilder};
use spikelet_wire::exp::regex_flags;

/// How often a repetition may be repeated in a row: `a***`.
const MAX_REPETITIONS_IN_A_ROW: usize = 32;
/// The C library's limit of a repetition's count.
const MAX_COUNT: u32 = 0x7fff;
/// The C library's limit of a name in brackets.
const MAX_NAME: usize = 31;

/// A regular expression.
#[derive(Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// `None` when it is not valid, or has a back reference.
    pub(super) fn new(pattern: &[u8], options: i64) -> Option<Self> {
        let pattern = until_zero(pattern);
        let translated = Translator::new(pattern, options).translate()?;
        let regex = RegexBuilder::new(&translated).unicode(false).build().ok()?;
        Some(Self(regex))
    }

    /// Whether it matches anywhere in a text, of which it sees what stands before the first zero byte.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.0.is_match(until_zero(text))
    }
}

/// The C library sees strings that end at a zero byte.
fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

enum Token {
    Byte(u8),
    Set(Set),
    Open,
    Close,
    Alternative,
    /// A repetition, the character that it is where there is nothing to repeat, and whether it is `\+` or `\?`.
    Repeat(&'static str, u8),
    /// A repetition with counts, which follow.
    Interval,
    Bracket,
    /// An assertion, after which nothing can be repeated.
    Assertion(&'static str),
}

struct Translator<'a> {
    pattern: &'a [u8],
    at: usize,
    extended: bool,
    ignore_case: bool,
    newline: bool,
    out: String,
    /// Where the open groups begin in `out`.
    groups: Vec<usize>,
    /// Where that begins in `out` which a repetition would repeat.
    atom: Option<usize>,
    repetitions: usize,
    /// Whether `^` is an anchor here in the basic syntax.
    caret_anchors: bool,
}

impl<'a> Translator<'a> {
    fn new(pattern: &'a [u8], options: i64) -> Self {
        Self {
            pattern,
            at: 0,
            extended: options & regex_flags::EXTENDED != 0,
            ignore_case: options & regex_flags::ICASE != 0,
            newline: options & regex_flags::NEWLINE != 0,
            out: String::new(),
            groups: Vec::new(),
            atom: None,
            repetitions: 0,
            caret_anchors: true,
        }
    }

    fn translate(mut self) -> Option<String> {
        while self.at < self.pattern.len() {
            match self.token()? {
                Token::Byte(byte) => self.byte(byte),
                Token::Set(set) => self.set(&set),
                Token::Bracket => {
                    let set = self.bracket()?;
                    self.set(&set);
                }
                Token::Open => {
                    self.groups.push(self.out.len());
                    self.out.push_str("(?:");
                    self.begin();
                }
                Token::Close => match self.groups.pop() {
                    Some(from) => {
                        self.out.push(')');
                        self.end(from);
                    }
                    None if self.extended => self.byte(b')'),
                    None => return None,
                },
                Token::Alternative => {
                    self.out.push('|');
                    self.begin();
                }
                Token::Assertion(assertion) => {
                    self.out.push_str(assertion);
                    self.begin();
                    self.caret_anchors = false;
                }
                Token::Repeat(operator, literal) => match self.atom {
                    Some(from) if self.extended || self.repetitions == 0 || literal != b'*' => {
                        self.repeat(from, operator)?;
                    }
                    None if !self.extended => self.byte(literal),
                    _ => return None,
                },
                Token::Interval => {
                    let from = self.atom.filter(|_| self.extended || self.repetitions == 0)?;
                    let counts = self.interval()?;
                    self.repeat(from, &counts)?;
                }
            }
        }
        self.groups.is_empty().then_some(self.out)
    }

    /// Begins where there is nothing to repeat.
    const fn begin(&mut self) {
        self.atom = None;
        self.caret_anchors = true;
    }

    /// Ends what a repetition would repeat.
    const fn end(&mut self, from: usize) {
        self.atom = Some(from);
        self.repetitions = 0;
        self.caret_anchors = false;
    }

    fn byte(&mut self, byte: u8) {
        let mut set = Set::default();
        set.insert(if self.ignore_case {
            byte.to_ascii_uppercase()
        } else {
            byte
        });
        self.set(&set);
    }

    fn set(&mut self, set: &Set) {
        let from = self.out.len();
        match self.ignore_case {
            true => set.ignoring_case().write(&mut self.out),
            false => set.write(&mut self.out),
        }
        self.end(from);
    }

    fn repeat(&mut self, from: usize, operator: &str) -> Option<()> {
        self.repetitions += 1;
        self.out.insert_str(from, "(?:");
        self.out.push(')');
        self.out.push_str(operator);
        (self.repetitions <= MAX_REPETITIONS_IN_A_ROW).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.pattern.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn rest(&self) -> &'a [u8] {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    fn token(&mut self) -> Option<Token> {
        let basic = !self.extended;
        Some(match self.next()? {
            b'\\' => return self.escaped(),
            b'[' => Token::Bracket,
            b'*' => Token::Repeat("*", b'*'),
            b'.' => Token::Set(Set::of(|b| b != b'\n' || !self.newline)),
            b'^' if self.extended || self.caret_anchors => self.line_start(),
            b'$' if self.extended || self.is_end_of_branch() => self.line_end(),
            byte if basic => Token::Byte(byte),
            b'(' => Token::Open,
            b')' => Token::Close,
            b'|' => Token::Alternative,
            b'+' => Token::Repeat("+", b'+'),
            b'?' => Token::Repeat("?", b'?'),
            b'{' => Token::Interval,
            byte => Token::Byte(byte),
        })
    }

    fn escaped(&mut self) -> Option<Token> {
        let basic = !self.extended;
        Some(match self.next()? {
            b'(' if basic => Token::Open,
            b')' if basic => Token::Close,
            b'{' if basic => Token::Interval,
            b'|' if basic => Token::Alternative,
            b'+' if basic => Token::Repeat("+", b'+'),
            b'?' if basic => Token::Repeat("?", b'?'),
            b'1'..=b'9' => return None,
            b'w' => Token::Set(Set::of(is_word)),
            b'W' => Token::Set(Set::of(|b| !is_word(b))),
            b's' => Token::Set(Set::of(is_space)),
            b'S' => Token::Set(Set::of(|b| !is_space(b))),
            b'b' => Token::Assertion(r"\b"),
            b'B' => Token::Assertion(r"\B"),
            b'<' => Token::Assertion(r"\b{start}"),
            b'>' => Token::Assertion(r"\b{end}"),
            b'`' => Token::Assertion(r"\A"),
            b'\'' => Token::Assertion(r"\z"),
            byte => Token::Byte(byte),
        })
    }

    const fn line_start(&self) -> Token {
        Token::Assertion(if self.newline { "(?m:^)" } else { r"\A" })
    }

    const fn line_end(&self) -> Token {
        Token::Assertion(if self.newline { "(?m:$)" } else { r"\z" })
    }

    /// Whether `$` is an anchor in the basic syntax: only at the end of a branch.
    fn is_end_of_branch(&self) -> bool {
        matches!(self.rest(), [] | [b'\\', b'|' | b')', ..])
    }

    /// The counts of a repetition, behind their opening brace.
    fn interval(&mut self) -> Option<String> {
        let least = self.count()?;
        let (least, most) = match self.next()? {
            b',' => {
                let most = self.count()?;
                self.close_interval()?;
                (least.unwrap_or(0), most)
            }
            _ => {
                self.at -= 1;
                self.close_interval()?;
                (least?, least)
            }
        };
        match most {
            Some(most) => (least <= most).then(|| format!("{{{least},{most}}}")),
            None => Some(format!("{{{least},}}")),
        }
    }

    /// A count, if one stands here; `None` when it is too large.
    fn count(&mut self) -> Option<Option<u32>> {
        let mut count: Option<u32> = None;
        while let Some(digit @ b'0'..=b'9') = self.rest().first() {
            self.at += 1;
            let larger = count.unwrap_or(0) * 10 + u32::from(digit - b'0');
            count = Some(larger).filter(|count| *count <= MAX_COUNT);
            count?;
        }
        Some(count)
    }

    fn close_interval(&mut self) -> Option<()> {
        if !self.extended {
            (self.next()? == b'\\').then_some(())?;
        }
        (self.next()? == b'}').then_some(())
    }

    /// A set in brackets, behind the opening one.
    fn bracket(&mut self) -> Option<Set> {
        let negated = self.rest().first() == Some(&b'^');
        self.at += usize::from(negated);
        let mut set = Set::default();
        let mut first = true;
        loop {
            match self.rest() {
                [b']', ..] if !first => break,
                // A hyphen stands for itself at the start and at the end, and nowhere else.
                [b'-', next, ..] if !first && *next != b']' => return None,
                _ => {}
            }
            let from = self.bracket_element(&mut set)?;
            first = false;
            match self.rest() {
                [b'-', next, ..] if *next != b']' => {
                    self.at += 1;
                    let to = self.bracket_element(&mut set)??;
                    let from = from?;
                    (from <= to).then_some(())?;
                    (from..=to).for_each(|byte| set.insert(byte));
                }
                _ => {
                    if let Some(byte) = from {
                        set.insert(byte);
                    }
                }
            }
        }
        self.at += 1;
        if negated {
            return Some(Set::of(|b| !set.contains(b) && (b != b'\n' || !self.newline)));
        }
        Some(set)
    }

    /// One element in brackets: a byte, which can begin or end a range, or a class, which goes into the set at once.
    fn bracket_element(&mut self, set: &mut Set) -> Option<Option<u8>> {
        // The C library ignores case by taking capitals for all letters, before it looks at ranges.
        let capital = |byte: u8, ignore_case| if ignore_case { byte.to_ascii_uppercase() } else { byte };
        let byte = self.next()?;
        let kind = match (byte, self.rest().first()) {
            (b'[', Some(kind @ (b':' | b'=' | b'.'))) => *kind,
            _ => return Some(Some(capital(byte, self.ignore_case))),
        };
        self.at += 1;
        let rest = self.rest();
        let size = rest.windows(2).take(MAX_NAME + 1).position(|end| end == [kind, b']'])?;
        let name = rest.get(..size)?;
        self.at += size + 2;
        match (kind, name) {
            (b':', _) => {
                set.insert_class(name, self.ignore_case)?;
                Some(None)
            }
            (b'=', [byte]) => {
                set.insert(capital(*byte, self.ignore_case));
                Some(None)
            }
            (b'.', [byte]) => Some(Some(capital(*byte, self.ignore_case))),
            _ => None,
        }
    }
}

/// A set of bytes: a bit for each.
#[derive(Clone, Copy, Default, PartialEq)]
struct Set([u128; 2]);

impl Set {
    fn of(is_member: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        (0..=u8::MAX).filter(|b| is_member(*b)).for_each(|b| set.insert(b));
        set
    }

    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 7)] |= 1 << (byte & 0x7f);
    }

    fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 7)] >> (byte & 0x7f) & 1 != 0
    }

    fn insert_class(&mut self, name: &[u8], ignore_case: bool) -> Option<()> {
        let is_member: fn(u8) -> bool = match name {
            b"alpha" => |b| b.is_ascii_alphabetic(),
            b"upper" | b"lower" if ignore_case => |b| b.is_ascii_alphabetic(),
            b"upper" => |b| b.is_ascii_uppercase(),
            b"lower" => |b| b.is_ascii_lowercase(),
            b"digit" => |b| b.is_ascii_digit(),
            b"xdigit" => |b| b.is_ascii_hexdigit(),
            b"alnum" => |b| b.is_ascii_alphanumeric(),
            b"punct" => |b| b.is_ascii_punctuation(),
            b"graph" => |b| b.is_ascii_graphic(),
            b"print" => |b| b.is_ascii_graphic() || b == b' ',
            b"space" => is_space,
            b"blank" => |b| b == b' ' || b == b'\t',
            b"cntrl" => |b| b.is_ascii_control(),
            _ => return None,
        };
        (0..=u8::MAX).filter(|b| is_member(*b)).for_each(|b| self.insert(b));
        Some(())
    }

    /// What it holds when texts are read in capitals.
    fn ignoring_case(&self) -> Self {
        Self::of(|b| self.contains(b.to_ascii_uppercase()))
    }

    fn write(&self, out: &mut String) {
        if *self == Self::default() {
            out.push_str(r"[^\x00-\xff]");
            return;
        }
        out.push('[');
        let mut from = None;
        for byte in 0..=u8::MAX {
            let is_last = byte == u8::MAX || !self.contains(byte + 1);
            match (self.contains(byte), is_last) {
                (true, true) => {
                    let from = from.take().unwrap_or(byte);
                    // Writing into a `String` cannot fail.
                    let _ = write!(out, r"\x{from:02x}-\x{byte:02x}");
                }
                (true, false) => from = from.or(Some(byte)),
                (false, _) => {}
            }
        }
        out.push(']');
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

#[cfg(test)]
mod tests {
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
    fn the_extended_syntax_does_not() {
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
    fn texts_are_bytes_that_end_at_zero() {
        assert!(Pattern::new(b"^.$", EXTENDED).is_some_and(|p| p.matches(&[0xff])));
        assert!(Pattern::new(b"^a$\0junk(", EXTENDED).is_some_and(|p| p.matches(b"a\0b")));
        assert!(matches(r"\<word\>", EXTENDED, "a word."));
        assert!(!matches(r"\bor\b", EXTENDED, "a word."));
    }
}
