//! A rule: what it is aimed at, when it strikes, and how.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use spikelet_wire::{Digest, UserKey};

use super::handle::FaultHandle;
use super::random::SplitMix64;
use super::reaction::Reaction;
use super::subject::Subject;
use super::table::Table;
use crate::cluster::NodeId;
use crate::command::Command;

/// What a rule is, before it is armed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) aim: Aim,
    /// The first command that can be struck of those it is aimed at, from 1.
    pub(crate) nth: Option<u64>,
    pub(crate) probability: Option<f64>,
    pub(crate) times: Option<u64>,
    pub(crate) seed: u64,
}

/// What a rule is aimed at; all of it must fit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aim {
    pub(crate) command: Command,
    pub(crate) namespace: Option<String>,
    pub(crate) set: Option<String>,
    pub(crate) key: Option<UserKey>,
    pub(crate) node: Option<NodeId>,
}

impl Aim {
    pub(super) fn is_at_node(&self, node: NodeId) -> bool {
        self.node.is_none_or(|wanted| wanted == node)
    }

    /// Whether it is aimed at this, whatever the node.
    pub(super) fn is_at(&self, subject: &Subject<'_>) -> bool {
        self.command.includes(subject.kind) && self.is_at_place(subject)
    }

    /// Whether it is aimed at this record or these records, whatever is done to them.
    pub(super) fn is_at_place(&self, subject: &Subject<'_>) -> bool {
        let is = |wanted: &Option<String>, found: Option<&[u8]>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| found.unwrap_or_default() == wanted.as_bytes())
        };
        is(&self.namespace, subject.namespace)
            && match &self.key {
                None => is(&self.set, subject.set),
                Some(key) => self.is_at_key(key, subject),
            }
    }

    /// Whether it is at any place, even one that is not named.
    pub(super) const fn is_everywhere(&self) -> bool {
        self.namespace.is_none() && self.set.is_none() && self.key.is_none()
    }

    /// The digest decides: clients send it with every record, but set and key only where they are needed.
    fn is_at_key(&self, key: &UserKey, subject: &Subject<'_>) -> bool {
        let set = match &self.set {
            Some(set) => Some(set.as_str()),
            None => std::str::from_utf8(subject.set.unwrap_or_default()).ok(),
        };
        subject.digest.is_some() && set.map(|set| Digest::of(set, key)) == subject.digest
    }
}

/// A rule that is armed, or was.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(super) id: u64,
    pub(super) plan: Plan,
    pub(super) reaction: Reaction,
    /// How many commands came that it is aimed at, and how many of them it struck.
    pub(super) counts: Arc<Counts>,
    pub(super) random: SplitMix64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) matched: AtomicU64,
    pub(super) fired: AtomicU64,
}

impl Rule {
    pub(super) fn new(id: u64, plan: Plan, reaction: Reaction) -> Self {
        Self {
            id,
            random: SplitMix64::new(plan.seed),
            plan,
            reaction,
            counts: Arc::default(),
        }
    }

    pub(super) const fn aim(&self) -> &Aim {
        &self.plan.aim
    }

    pub(super) fn handle(&self, table: &Arc<Table>) -> FaultHandle {
        FaultHandle::new(Arc::clone(table), self.id, Arc::clone(&self.counts))
    }

    /// Whether it strikes the next command that it is aimed at.
    pub(super) fn strikes(&mut self) -> bool {
        if self.is_spent() {
            return false;
        }
        let matched = self.counts.matched.fetch_add(1, Ordering::Relaxed) + 1;
        let strikes = matched >= self.plan.nth.unwrap_or(1)
            && self
                .plan
                .probability
                .is_none_or(|probability| self.random.chance(probability));
        if strikes {
            self.counts.fired.fetch_add(1, Ordering::Relaxed);
        }
        strikes
    }

    /// Whether it will never strike again.
    pub(super) fn is_spent(&self) -> bool {
        self.budget()
            .is_some_and(|budget| self.counts.fired.load(Ordering::Relaxed) >= budget)
    }

    fn budget(&self) -> Option<u64> {
        self.plan.times.or(self.plan.nth.map(|_| 1))
    }
}

/// As the parameters of the control that arms it, with a colon between them, and behind them what it counted.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { aim, .. } = &self.plan;
        let key = match &aim.key {
            Some(UserKey::Int(_)) => "int-key",
            _ => "key",
        };
        let uses_seed = self.plan.probability.is_some() || self.reaction == Reaction::Corrupt;
        let items = [
            ("namespace", aim.namespace.clone()),
            ("set", aim.set.clone()),
            (key, text(&aim.key)),
            ("node", text(&aim.node)),
            ("nth", text(&self.plan.nth)),
            ("probability", text(&self.plan.probability)),
            ("seed", uses_seed.then(|| self.plan.seed.to_string())),
            ("times", text(&self.plan.times)),
        ];
        write!(f, "id={}:command={}", self.id, aim.command)?;
        for (name, value) in items {
            value.map_or(Ok(()), |value| write!(f, ":{name}={value}"))?;
        }
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (matched, fired) = (count(&self.counts.matched), count(&self.counts.fired));
        write!(f, ":{}:matched={matched}:fired={fired}", self.reaction)
    }
}

fn text(value: &Option<impl ToString>) -> Option<String> {
    value.as_ref().map(ToString::to_string)
}
