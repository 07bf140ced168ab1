//! The rules of a server, and what they decide.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spikelet_wire::FrameHeader;

use super::reaction::Reaction;
use super::requested::{self, Requested};
use super::rule::{Counts, Plan, Rule};
use super::verdict::{Action, Verdict};
use crate::cluster::NodeId;
use crate::selector::{Command, Subject};

/// The rules of a server, in the order in which they were armed.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Whether any rule can fire. While it is false, a request costs one load.
    armed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    last_id: u64,
}

impl Table {
    /// Whether any rule can fire.
    pub(crate) fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    /// Arms a rule, and returns its id and its counts.
    pub(crate) fn arm(&self, plan: Plan, reaction: Reaction) -> (u64, Arc<Counts>) {
        let mut state = self.state();
        state.last_id += 1;
        let rule = Rule::new(state.last_id, plan, reaction);
        let armed = (rule.id, Arc::clone(&rule.counts));
        state.rules.push(rule);
        self.update_armed(&state);
        armed
    }

    /// Removes a rule, and returns whether there was one.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut state = self.state();
        let before = state.rules.len();
        state.rules.retain(|rule| rule.id != id);
        self.update_armed(&state);
        state.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.rules.clear();
        self.update_armed(&state);
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.state().rules.clone()
    }

    /// Decides what happens to a frame of a user that reached a node. The frame counts for every rule that matches it, up to and
    /// including the one that decides.
    pub(crate) fn evaluate(&self, node: NodeId, user: Option<&str>, header: FrameHeader, body: &[u8]) -> Verdict {
        requested::with(header, body, |requested| {
            self.evaluate_rules(node, user, |rule, verdict| match requested {
                Requested::One(subject) => rule.selector().matches(subject) && fire(rule, verdict, requested),
                Requested::Batch(rows) => fire_on_batch(rule, verdict, requested, rows),
            })
        })
    }

    /// Decides what happens to a new connection to a node.
    pub(crate) fn evaluate_connection(&self, node: NodeId) -> Verdict {
        let subject = Subject::of_kind(Command::Connect);
        self.evaluate_rules(node, None, |rule, verdict| {
            rule.selector().matches(&subject) && fire(rule, verdict, &Requested::One(subject))
        })
    }

    /// Evaluates the rules in order until one decides.
    fn evaluate_rules(
        &self,
        node: NodeId,
        user: Option<&str>,
        mut decide: impl FnMut(&mut Rule, &mut Verdict) -> bool,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        let mut state = self.state();
        for rule in &mut state.rules {
            let selector = rule.selector();
            let matches = selector.matches_node(node) && selector.matches_user(user);
            if matches && !rule.is_spent() && decide(rule, &mut verdict) {
                break;
            }
        }
        self.update_armed(&state);
        verdict
    }

    fn update_armed(&self, state: &State) {
        let is_armed = state.rules.iter().any(|rule| !rule.is_spent());
        self.armed.store(is_armed, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evaluates a rule for a whole frame that it matches. Returns whether the rule decides, so that no later one is evaluated.
fn fire(rule: &mut Rule, verdict: &mut Verdict, requested: &Requested<'_>) -> bool {
    if !rule.fires() {
        return false;
    }
    verdict.by = Some(rule.id);
    match rule.reaction {
        Reaction::Delay(time) => {
            verdict.delay = verdict.delay.saturating_add(time);
            false
        }
        reaction => {
            verdict.action = Action::of(reaction, requested, &mut rule.random);
            true
        }
    }
}

/// Evaluates a rule for a batch. A rule for batches applies to the whole frame. A rule for commands on records applies to
/// the rows: a result code to each matching row, every other reaction to the frame that they share.
fn fire_on_batch(rule: &mut Rule, verdict: &mut Verdict, requested: &Requested<'_>, rows: &[Subject<'_>]) -> bool {
    if rule.selector().command.includes(Command::Batch.into()) {
        let is_at = rule.selector().matches_any_target() || rows.iter().any(|row| rule.selector().matches_target(row));
        return is_at && fire(rule, verdict, requested);
    }
    for (position, row) in rows.iter().enumerate() {
        if !rule.selector().matches(row) || verdict.row(position).is_some() {
            continue;
        }
        if let Reaction::Answer(code) = rule.reaction {
            if rule.fires() {
                verdict.by = Some(rule.id);
                verdict.rows.push((position, code));
            }
        } else if fire(rule, verdict, requested) {
            return true;
        }
    }
    false
}
