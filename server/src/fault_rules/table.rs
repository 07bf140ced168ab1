//! The rules of a server, and what they decide.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spikelet_wire::FrameHeader;

use super::reaction::Reaction;
use super::requested::{self, Requested};
use super::rule::{Counts, Plan, Rule};
use super::verdict::{Fate, Verdict};
use crate::cluster::NodeId;
use crate::selector::{Command, Subject};

/// The rules of a server, in the order in which they were armed.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Whether any rule can strike: all that is looked at where there is none.
    armed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    last_id: u64,
}

impl Table {
    /// Whether any rule can strike.
    pub(crate) fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    /// Arms a rule; gives its id and what it counts.
    pub(crate) fn arm(&self, plan: Plan, reaction: Reaction) -> (u64, Arc<Counts>) {
        let mut state = self.state();
        state.last_id += 1;
        let rule = Rule::new(state.last_id, plan, reaction);
        let armed = (rule.id, Arc::clone(&rule.counts));
        state.rules.push(rule);
        self.note(&state);
        armed
    }

    /// Takes a rule away; whether there was one.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut state = self.state();
        let before = state.rules.len();
        state.rules.retain(|rule| rule.id != id);
        self.note(&state);
        state.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.rules.clear();
        self.note(&state);
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.state().rules.clone()
    }

    /// What becomes of a frame that reached a node. It counts for the rules that are aimed at it, up to the one that
    /// decides.
    pub(crate) fn judge(&self, node: NodeId, header: FrameHeader, body: &[u8]) -> Verdict {
        requested::with(header, body, |requested| {
            self.judged(node, |rule, verdict| match requested {
                Requested::One(subject) => rule.selector().matches(subject) && strike(rule, verdict, requested),
                Requested::Batch(rows) => strike_batch(rule, verdict, requested, rows),
            })
        })
    }

    /// What becomes of a connection to a node while it is made.
    pub(crate) fn judge_connection(&self, node: NodeId) -> Verdict {
        let subject = Subject::of_kind(Command::Connect);
        self.judged(node, |rule, verdict| {
            rule.selector().matches(&subject) && strike(rule, verdict, &Requested::One(subject))
        })
    }

    /// Asks the rules in turn, until one has decided.
    fn judged(&self, node: NodeId, mut decide: impl FnMut(&mut Rule, &mut Verdict) -> bool) -> Verdict {
        let mut verdict = Verdict::default();
        let mut state = self.state();
        for rule in &mut state.rules {
            if rule.selector().matches_node(node) && !rule.is_spent() && decide(rule, &mut verdict) {
                break;
            }
        }
        self.note(&state);
        verdict
    }

    fn note(&self, state: &State) {
        let is_armed = state.rules.iter().any(|rule| !rule.is_spent());
        self.armed.store(is_armed, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has a rule strike a whole frame that it is aimed at, if its time has come; whether that decides.
fn strike(rule: &mut Rule, verdict: &mut Verdict, requested: &Requested<'_>) -> bool {
    if !rule.strikes() {
        return false;
    }
    verdict.by = Some(rule.id);
    match rule.reaction {
        Reaction::Delay(time) => {
            verdict.delay = verdict.delay.saturating_add(time);
            false
        }
        reaction => {
            verdict.fate = Fate::of(reaction, requested, &mut rule.random);
            true
        }
    }
}

/// A rule for batches strikes the whole; one for commands on records strikes the rows: with a result code each by itself,
/// in every other way the frame that they share.
fn strike_batch(rule: &mut Rule, verdict: &mut Verdict, requested: &Requested<'_>, rows: &[Subject<'_>]) -> bool {
    if rule.selector().command.includes(Command::Batch.into()) {
        let is_at = rule.selector().matches_any_target() || rows.iter().any(|row| rule.selector().matches_target(row));
        return is_at && strike(rule, verdict, requested);
    }
    for (position, row) in rows.iter().enumerate() {
        if !rule.selector().matches(row) || verdict.row(position).is_some() {
            continue;
        }
        if let Reaction::Answer(code) = rule.reaction {
            if rule.strikes() {
                verdict.by = Some(rule.id);
                verdict.rows.push((position, code));
            }
        } else if strike(rule, verdict, requested) {
            return true;
        }
    }
    false
}
