//! Compiled regular expressions: programs for a nondeterministic finite automaton. All of its states are advanced at once, so
//! matching takes time linear in the text.

use std::collections::HashMap;

use super::byte_set::{Set, is_word};

/// The largest number of steps. A step takes 8 bytes.
const MAX_STEPS: usize = 400_000;

/// A step of a program. The end of the program is the accepting state. Distances are relative, so that parts of a program can
/// be moved and repeated.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Takes a byte of a set, given by its index.
    Take(u32),
    Assert(Assertion),
    /// Continues with the next step and with another one.
    Split(i32),
    Jump(i32),
}

/// A condition on the bytes before and after a position.
#[derive(Debug, Clone, Copy)]
pub(super) enum Assertion {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordStart,
    WordEnd,
    WordBoundary,
    NoWordBoundary,
}

impl Assertion {
    fn holds(self, text: &[u8], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| text.get(before)).copied();
        let after = text.get(at).copied();
        let [was_word, is_in_word] = [before, after].map(|byte| byte.is_some_and(is_word));
        match self {
            Self::TextStart => before.is_none(),
            Self::TextEnd => after.is_none(),
            Self::LineStart => before.is_none_or(|byte| byte == b'\n'),
            Self::LineEnd => after.is_none_or(|byte| byte == b'\n'),
            Self::WordStart => !was_word && is_in_word,
            Self::WordEnd => was_word && !is_in_word,
            Self::WordBoundary => was_word != is_in_word,
            Self::NoWordBoundary => was_word == is_in_word,
        }
    }
}

/// A compiled regular expression.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    sets: Vec<Set>,
    /// The first bytes of the matches after the start of the text. `None` if such a match can be empty.
    beginnings: Option<Set>,
}

impl Program {
    fn new(steps: Vec<Step>, sets: Vec<Set>) -> Self {
        let mut made = Self {
            steps,
            sets,
            beginnings: None,
        };
        made.beginnings = made.beginnings();
        made
    }

    /// Whether it matches anywhere in a text.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let mut threads = Threads::new(self.steps.len());
        let (mut waiting, mut then) = (Vec::new(), Vec::new());
        for at in 0..=text.len() {
            let byte = text.get(at).copied();
            let begins = at == 0
                || self
                    .beginnings
                    .is_none_or(|set| byte.is_some_and(|byte| set.contains(byte)));
            if begins && self.follow(0, text, at, &mut threads, &mut waiting) {
                return true;
            }
            let Some(byte) = byte else { break };
            for step in waiting.drain(..) {
                if self.takes(step, byte) && self.follow(step + 1, text, at + 1, &mut threads, &mut then) {
                    return true;
                }
            }
            std::mem::swap(&mut waiting, &mut then);
            if waiting.is_empty() && self.beginnings == Some(Set::default()) {
                break;
            }
        }
        false
    }

    fn takes(&self, step: usize, byte: u8) -> bool {
        matches!(self.steps[step], Step::Take(set) if self.sets[set as usize].contains(byte))
    }

    /// Adds the steps that take a byte and are reached from a step without taking one. Returns `true` if the end is reached.
    fn follow(&self, step: usize, text: &[u8], at: usize, threads: &mut Threads, waiting: &mut Vec<usize>) -> bool {
        threads.open.clear();
        threads.open.push(step);
        while let Some(step) = threads.open.pop() {
            let Some(followed) = threads.followed.get_mut(step) else {
                return true;
            };
            if std::mem::replace(followed, at + 1) == at + 1 {
                continue;
            }
            match self.steps[step] {
                Step::Take(_) => waiting.push(step),
                Step::Assert(assertion) if assertion.holds(text, at) => threads.open.push(step + 1),
                Step::Assert(_) => {}
                Step::Split(distance) => threads
                    .open
                    .extend([step + 1, step.wrapping_add_signed(distance as isize)]),
                Step::Jump(distance) => threads.open.push(step.wrapping_add_signed(distance as isize)),
            }
        }
        false
    }

    fn beginnings(&self) -> Option<Set> {
        let mut beginnings = Set::default();
        let mut followed = vec![false; self.steps.len()];
        let mut open = vec![0];
        while let Some(step) = open.pop() {
            if std::mem::replace(followed.get_mut(step)?, true) {
                continue;
            }
            match self.steps[step] {
                Step::Take(set) => beginnings.insert_all(&self.sets[set as usize]),
                Step::Assert(Assertion::TextStart) => {}
                Step::Assert(_) => open.push(step + 1),
                Step::Split(distance) => open.extend([step + 1, step.wrapping_add_signed(distance as isize)]),
                Step::Jump(distance) => open.push(step.wrapping_add_signed(distance as isize)),
            }
        }
        Some(beginnings)
    }
}

struct Threads {
    /// The position, plus 1, at which each step was last reached.
    followed: Vec<usize>,
    open: Vec<usize>,
}

impl Threads {
    fn new(steps: usize) -> Self {
        Self {
            followed: vec![0; steps],
            open: Vec::new(),
        }
    }
}

/// Writes a program.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    steps: Vec<Step>,
    sets: Vec<Set>,
    places: HashMap<Set, u32>,
    /// The open groups.
    groups: Vec<Group>,
    /// The group around all others.
    whole: Group,
}

#[derive(Debug, Default)]
struct Group {
    start: usize,
    /// Where its current branch begins.
    branch: usize,
    /// The jumps at the ends of the other branches, which lead to the end of the group.
    ends: Vec<usize>,
}

impl Assembler {
    /// The index of the next step.
    pub(super) const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether the program has its largest size.
    pub(super) const fn is_full(&self) -> bool {
        self.steps.len() >= MAX_STEPS
    }

    pub(super) fn take(&mut self, set: Set) {
        let next = self.sets.len() as u32;
        let place = *self.places.entry(set).or_insert(next);
        if place == next {
            self.sets.push(set);
        }
        self.steps.push(Step::Take(place));
    }

    pub(super) fn assert(&mut self, assertion: Assertion) {
        self.steps.push(Step::Assert(assertion));
    }

    pub(super) fn open_group(&mut self) {
        let start = self.steps.len();
        self.groups.push(Group {
            start,
            branch: start,
            ends: Vec::new(),
        });
    }

    /// Ends a group and returns its first step. `None` if no group is open.
    pub(super) fn close_group(&mut self) -> Option<usize> {
        let group = self.groups.pop()?;
        self.join(&group);
        Some(group.start)
    }

    /// Begins another branch.
    pub(super) fn alternative(&mut self) {
        let Self {
            steps, groups, whole, ..
        } = self;
        let group = groups.last_mut().unwrap_or(whole);
        let branch = distance(steps.len() - group.branch);
        steps.insert(group.branch, Step::Split(branch + 2));
        group.ends.push(steps.len());
        steps.push(Step::Jump(0));
        group.branch = steps.len();
    }

    /// Repeats the steps from an index on; without `most` there is no upper limit. `None` if the program gets too large.
    pub(super) fn repeat(&mut self, from: usize, least: usize, most: Option<usize>) -> Option<()> {
        let part = self.steps.split_off(from);
        let copies = most.unwrap_or(least + 1);
        if from + copies.checked_mul(part.len() + 1)? > MAX_STEPS {
            return None;
        }
        let size = distance(part.len());
        for _ in 0..least {
            self.steps.extend_from_slice(&part);
        }
        match most {
            Some(most) => {
                for left in (1..=most - least).rev() {
                    self.steps.push(Step::Split(distance(left) * (size + 1)));
                    self.steps.extend_from_slice(&part);
                }
            }
            None if least > 0 => self.steps.push(Step::Split(-size)),
            None => {
                self.steps.push(Step::Split(size + 2));
                self.steps.extend_from_slice(&part);
                self.steps.push(Step::Jump(-size - 1));
            }
        }
        Some(())
    }

    /// `None` if a group is still open.
    pub(super) fn finish(mut self) -> Option<Program> {
        let whole = std::mem::take(&mut self.whole);
        self.join(&whole);
        let Self {
            steps, sets, groups, ..
        } = self;
        groups.is_empty().then(|| Program::new(steps, sets))
    }

    /// Lets the branches of a group end here.
    fn join(&mut self, group: &Group) {
        for &end in &group.ends {
            self.steps[end] = Step::Jump(distance(self.steps.len() - end));
        }
    }
}

/// Programs have about [`MAX_STEPS`] at most.
const fn distance(steps: usize) -> i32 {
    steps as i32
}
