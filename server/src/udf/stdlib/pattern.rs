//! Lua's patterns. Matching counts its steps, and ends when the time limit of the script is reached.

mod class;
pub(super) mod plain;

use std::fmt;
use std::ops::Range;

use self::class::is_of_class;

/// The maximum number of captures in a pattern.
const MAX_CAPTURES: usize = 32;
/// The maximum depth of recursion: the rest of a pattern after a capture or a repetition is matched one level deeper.
const MAX_DEPTH: usize = 200;
/// The number of steps between two reports of the work.
const STEPS: usize = 1000;
/// The character that starts a class.
pub(super) const ESCAPE: u8 = b'%';

/// An error in a pattern or in its use, with Lua's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternError {
    TooComplex,
    TooManyCaptures,
    EndsWithEscape,
    OpenSet,
    NoBalance,
    NoFrontier,
    NotOpened,
    Unfinished,
    NoCapture(usize),
    InvalidReplacement,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooComplex => "pattern too complex",
            Self::TooManyCaptures => "too many captures",
            Self::EndsWithEscape => "malformed pattern (ends with '%')",
            Self::OpenSet => "malformed pattern (missing ']')",
            Self::NoBalance => "malformed pattern (missing arguments to '%b')",
            Self::NoFrontier => "missing '[' after '%f' in pattern",
            Self::NotOpened => "invalid pattern capture",
            Self::Unfinished => "unfinished capture",
            Self::NoCapture(index) => return write!(f, "invalid capture index %{index}"),
            Self::InvalidReplacement => "invalid use of '%' in replacement string",
        })
    }
}

impl std::error::Error for PatternError {}

/// Counts the steps of a match, and creates its errors.
pub(super) trait Payer {
    type Error;

    /// Counts steps. An error ends the match.
    fn spend(&self, steps: usize) -> Result<(), Self::Error>;

    fn error(&self, error: PatternError) -> Self::Error;
}

/// The match of a pattern with a subject.
pub(super) struct Matcher<'a, P> {
    subject: &'a [u8],
    pattern: &'a [u8],
    payer: P,
    steps: usize,
    depth: usize,
    captures: [Capture; MAX_CAPTURES],
    count: usize,
}

#[derive(Debug, Clone, Copy)]
struct Capture {
    start: usize,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Open,
    At(usize),
    /// A position capture, which has no text.
    Position,
}

/// The value of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Captured {
    Text(Range<usize>),
    /// A position, starting at 1.
    Position(usize),
}

impl<'a, P: Payer> Matcher<'a, P> {
    /// The pattern without its anchor, if it has one.
    pub(super) const fn new(subject: &'a [u8], pattern: &'a [u8], payer: P) -> Self {
        Self {
            subject,
            pattern,
            payer,
            steps: 0,
            depth: 0,
            captures: [Capture {
                start: 0,
                end: End::Open,
            }; MAX_CAPTURES],
            count: 0,
        }
    }

    /// The end of a match that begins at `start`.
    pub(super) fn match_at(&mut self, start: usize) -> Result<Option<usize>, P::Error> {
        (self.depth, self.count) = (0, 0);
        self.match_rest(start, 0)
    }

    /// The number of captures. A pattern without captures has one, the whole match.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// The value of a capture of the last match, starting at 0. Without captures, the first one is the whole match.
    pub(super) fn capture(&self, number: usize, whole: &Range<usize>) -> Result<Captured, P::Error> {
        match self.taken().get(number) {
            None if number == 0 => Ok(Captured::Text(whole.clone())),
            None => Err(self.payer.error(PatternError::NoCapture(number + 1))),
            Some(capture) => match capture.end {
                End::Open => Err(self.payer.error(PatternError::Unfinished)),
                End::Position => Ok(Captured::Position(capture.start + 1)),
                End::At(end) => Ok(Captured::Text(capture.start..end)),
            },
        }
    }

    pub(super) const fn payer(&self) -> &P {
        &self.payer
    }

    fn taken(&self) -> &[Capture] {
        self.captures.get(..self.count).unwrap_or_default()
    }

    fn refuse<T>(&self, error: PatternError) -> Result<T, P::Error> {
        Err(self.payer.error(error))
    }

    fn step(&mut self, steps: usize) -> Result<(), P::Error> {
        self.steps += steps;
        if self.steps < STEPS {
            return Ok(());
        }
        self.payer.spend(std::mem::take(&mut self.steps))
    }

    fn pattern_byte(&self, at: usize) -> Option<u8> {
        self.pattern.get(at).copied()
    }

    fn match_rest(&mut self, at: usize, item: usize) -> Result<Option<usize>, P::Error> {
        if self.depth == MAX_DEPTH {
            return self.refuse(PatternError::TooComplex);
        }
        self.depth += 1;
        let end = self.match_items(at, item);
        self.depth -= 1;
        end
    }

    /// Matches the pattern from `item` on with the subject from `at` on, item by item.
    fn match_items(&mut self, mut at: usize, mut item: usize) -> Result<Option<usize>, P::Error> {
        loop {
            self.step(1)?;
            let next = self.pattern_byte(item + 1);
            match (self.pattern_byte(item), next) {
                (None, _) => return Ok(Some(at)),
                (Some(b'('), Some(b')')) => return self.open_capture(at, item + 2, End::Position),
                (Some(b'('), _) => return self.open_capture(at, item + 1, End::Open),
                (Some(b')'), _) => return self.close_capture(at, item + 1),
                (Some(b'$'), None) => return Ok((at == self.subject.len()).then_some(at)),
                (Some(ESCAPE), Some(b'b')) => match self.match_balance(at, item + 2)? {
                    Some(end) => (at, item) = (end, item + 4),
                    None => return Ok(None),
                },
                (Some(ESCAPE), Some(b'f')) => match self.match_frontier(at, item + 2)? {
                    Some(end) => item = end,
                    None => return Ok(None),
                },
                (Some(ESCAPE), Some(digit @ b'0'..=b'9')) => match self.match_capture(at, digit)? {
                    Some(end) => (at, item) = (end, item + 2),
                    None => return Ok(None),
                },
                _ => {
                    let end = self.item_end(item)?;
                    let repetition = self.pattern_byte(end);
                    if !self.match_one(at, item..end)? {
                        match repetition {
                            // An optional item that does not match is no recursion, since there may be many of them.
                            Some(b'*' | b'-' | b'?') => item = end + 1,
                            _ => return Ok(None),
                        }
                        continue;
                    }
                    match repetition {
                        Some(b'*') => return self.match_most(at, item..end, 0),
                        Some(b'+') => return self.match_most(at, item..end, 1),
                        Some(b'-') => return self.match_fewest(at, item..end),
                        Some(b'?') => {
                            let matched = self.match_rest(at + 1, end + 1)?;
                            if matched.is_some() {
                                return Ok(matched);
                            }
                            item = end + 1;
                        }
                        _ => (at, item) = (at + 1, end),
                    }
                }
            }
        }
    }

    fn open_capture(&mut self, at: usize, item: usize, end: End) -> Result<Option<usize>, P::Error> {
        let Some(capture) = self.captures.get_mut(self.count) else {
            return self.refuse(PatternError::TooManyCaptures);
        };
        *capture = Capture { start: at, end };
        self.count += 1;
        let matched = self.match_rest(at, item)?;
        if matched.is_none() {
            self.count -= 1;
        }
        Ok(matched)
    }

    fn close_capture(&mut self, at: usize, item: usize) -> Result<Option<usize>, P::Error> {
        let open = self
            .taken()
            .iter()
            .rposition(|capture| matches!(capture.end, End::Open));
        let Some(number) = open else {
            return self.refuse(PatternError::NotOpened);
        };
        self.set_end(number, End::At(at));
        let matched = self.match_rest(at, item)?;
        if matched.is_none() {
            self.set_end(number, End::Open);
        }
        Ok(matched)
    }

    fn set_end(&mut self, number: usize, end: End) {
        if let Some(capture) = self.captures.get_mut(number) {
            capture.end = end;
        }
    }

    /// Matches as many as possible, then fewer until the rest matches.
    fn match_most(&mut self, at: usize, item: Range<usize>, fewest: usize) -> Result<Option<usize>, P::Error> {
        let rest = item.end + 1;
        let mut end = at;
        while self.match_one(end, item.clone())? {
            end += 1;
        }
        for end in (at + fewest..=end).rev() {
            let matched = self.match_rest(end, rest)?;
            if matched.is_some() {
                return Ok(matched);
            }
        }
        Ok(None)
    }

    /// Matches as few as possible, then more until the rest matches.
    fn match_fewest(&mut self, mut at: usize, item: Range<usize>) -> Result<Option<usize>, P::Error> {
        loop {
            let matched = self.match_rest(at, item.end + 1)?;
            if matched.is_some() || !self.match_one(at, item.clone())? {
                return Ok(matched);
            }
            at += 1;
        }
    }

    /// Matches a balanced pair of characters and the text between them.
    fn match_balance(&mut self, at: usize, item: usize) -> Result<Option<usize>, P::Error> {
        let (Some(open), Some(close)) = (self.pattern_byte(item), self.pattern_byte(item + 1)) else {
            return self.refuse(PatternError::NoBalance);
        };
        if self.subject.get(at) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1_usize;
        for (end, &byte) in self.subject.iter().enumerate().skip(at + 1) {
            self.step(1)?;
            // If both characters are the same, it closes.
            if byte == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(end + 1));
                }
            } else if byte == open {
                depth += 1;
            }
        }
        Ok(None)
    }

    /// Matches the frontier of a set, and returns the end of the set.
    fn match_frontier(&mut self, at: usize, item: usize) -> Result<Option<usize>, P::Error> {
        if self.pattern_byte(item) != Some(b'[') {
            return self.refuse(PatternError::NoFrontier);
        }
        let end = self.item_end(item)?;
        // The characters before and after the subject are zeros.
        let zero_or = |byte: Option<&u8>| byte.copied().unwrap_or_default();
        let before = zero_or(at.checked_sub(1).and_then(|at| self.subject.get(at)));
        let here = zero_or(self.subject.get(at));
        let matches = !self.is_in_set(before, item..end)? && self.is_in_set(here, item..end)?;
        Ok(matches.then_some(end))
    }

    /// Matches the text of a capture again. A position capture never matches.
    fn match_capture(&mut self, at: usize, digit: u8) -> Result<Option<usize>, P::Error> {
        let number = usize::from(digit - b'0');
        let capture = number.checked_sub(1).and_then(|at| self.taken().get(at));
        let range = match capture.map(|capture| (capture.start, capture.end)) {
            None | Some((_, End::Open)) => return self.refuse(PatternError::NoCapture(number)),
            Some((_, End::Position)) => return Ok(None),
            Some((start, End::At(end))) => start..end,
        };
        self.step(range.len())?;
        let text = self.subject.get(range).unwrap_or_default();
        let here = self.subject.get(at..).unwrap_or_default();
        Ok(here.starts_with(text).then_some(at + text.len()))
    }

    /// The end of an item that matches one character.
    fn item_end(&mut self, item: usize) -> Result<usize, P::Error> {
        match self.pattern_byte(item) {
            Some(ESCAPE) if self.pattern_byte(item + 1).is_none() => self.refuse(PatternError::EndsWithEscape),
            Some(ESCAPE) => Ok(item + 2),
            Some(b'[') => self.set_end_from(item + 1),
            _ => Ok(item + 1),
        }
    }

    fn set_end_from(&mut self, start: usize) -> Result<usize, P::Error> {
        let mut at = start + usize::from(self.pattern_byte(start) == Some(b'^'));
        // The first character belongs to the set, even if it is a closing bracket.
        loop {
            match self.pattern_byte(at) {
                None => return self.refuse(PatternError::OpenSet),
                Some(ESCAPE) => at += 2,
                Some(_) => at += 1,
            }
            self.step(1)?;
            if self.pattern_byte(at) == Some(b']') {
                return Ok(at + 1);
            }
        }
    }

    /// Whether an item matches the character at `at`.
    fn match_one(&mut self, at: usize, item: Range<usize>) -> Result<bool, P::Error> {
        self.step(1)?;
        let Some(&byte) = self.subject.get(at) else {
            return Ok(false);
        };
        match self.pattern_byte(item.start) {
            Some(b'.') => Ok(true),
            Some(ESCAPE) => Ok(self.is_of_class_at(byte, item.start + 1)),
            Some(b'[') => self.is_in_set(byte, item),
            literal => Ok(literal == Some(byte)),
        }
    }

    fn is_of_class_at(&self, byte: u8, at: usize) -> bool {
        self.pattern_byte(at).is_some_and(|class| is_of_class(byte, class))
    }

    /// Whether a character is in the set `set`, which includes its brackets.
    fn is_in_set(&mut self, byte: u8, set: Range<usize>) -> Result<bool, P::Error> {
        self.step(set.len())?;
        let end = set.end - 1;
        let is_negated = self.pattern_byte(set.start + 1) == Some(b'^');
        let mut at = set.start + 1 + usize::from(is_negated);
        while at < end {
            let first = self.pattern_byte(at).unwrap_or_default();
            let is_range = self.pattern_byte(at + 1) == Some(b'-') && at + 2 < end;
            let (is_in, next) = if first == ESCAPE {
                (self.is_of_class_at(byte, at + 1), at + 2)
            } else if is_range {
                let last = self.pattern_byte(at + 2).unwrap_or_default();
                ((first..=last).contains(&byte), at + 3)
            } else {
                (first == byte, at + 1)
            };
            if is_in {
                return Ok(!is_negated);
            }
            at = next;
        }
        Ok(is_negated)
    }
}
