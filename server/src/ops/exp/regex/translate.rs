//! Translation of POSIX patterns into those of the crate `regex`.

use spikelet_wire::exp::regex_flags;

use super::byte_set::{Set, is_space, is_word};

/// The limit for consecutive repetitions, as in `a***`.
const MAX_REPETITIONS_IN_A_ROW: usize = 32;

/// The C library's limit for the count of a repetition.
const MAX_COUNT: u32 = 0x7fff;

/// The C library's limit for a name in brackets, in bytes.
const MAX_NAME: usize = 31;

enum Token {
    Byte(u8),
    Set(Set),
    Open,
    Close,
    Alternative,
    /// A repetition, and the character that it stands for if there is nothing to repeat.
    Repeat(&'static str, u8),
    /// A repetition with counts, which are read next.
    Interval,
    Bracket,
    /// An assertion, after which nothing can be repeated.
    Assertion(&'static str),
}

pub(super) struct Translator<'a> {
    pattern: &'a [u8],
    at: usize,
    extended: bool,
    ignore_case: bool,
    newline: bool,
    out: String,
    /// The offsets of the open groups in `out`.
    groups: Vec<usize>,
    /// The offset in `out` of what a repetition would repeat.
    atom: Option<usize>,
    repetitions: usize,
    /// Whether `^` is an anchor at this point in the basic syntax.
    caret_anchors: bool,
}

impl<'a> Translator<'a> {
    pub(super) fn new(pattern: &'a [u8], options: i64) -> Self {
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

    pub(super) fn translate(mut self) -> Option<String> {
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

    /// Starts a branch, where there is nothing to repeat.
    const fn begin(&mut self) {
        self.atom = None;
        self.caret_anchors = true;
    }

    /// Ends an item that a repetition can repeat.
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

    /// Whether `$` is an anchor in the basic syntax: at the end of a branch only.
    fn is_end_of_branch(&self) -> bool {
        matches!(self.rest(), [] | [b'\\', b'|' | b')', ..])
    }

    /// Reads the counts of a repetition, after the opening brace.
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

    /// Reads an optional count. The outer `None` if it is too large.
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

    /// Reads a set in brackets, after the opening bracket.
    fn bracket(&mut self) -> Option<Set> {
        let negated = self.rest().first() == Some(&b'^');
        self.at += usize::from(negated);
        let mut set = Set::default();
        let mut first = true;
        loop {
            match self.rest() {
                [b']', ..] if !first => break,
                // A hyphen is literal only at the start and at the end.
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

    /// Reads one element in brackets: a byte, which can start or end a range, or a class, which is added to the set.
    fn bracket_element(&mut self, set: &mut Set) -> Option<Option<u8>> {
        // The C library ignores case by converting all letters to uppercase, before it evaluates ranges.
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
