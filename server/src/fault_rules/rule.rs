//! A rule: which commands it matches, which of them it fires on, and its reaction.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::random::SplitMix64;
use super::reaction::Reaction;
use crate::parameter::{ParameterError, parsed};
use crate::selector::Selector;

/// A rule before it is armed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) selector: Selector,
    /// The first matching command that the rule can fire on, counted from 1.
    pub(crate) nth: Option<u64>,
    pub(crate) probability: Option<f64>,
    pub(crate) times: Option<u64>,
    pub(crate) seed: u64,
}

impl Plan {
    /// The names of the parameters that are not those of the selector.
    pub(crate) const PARAMETERS: &[&str] = &["nth", "probability", "seed", "times"];

    /// Sets a parameter by name.
    pub(crate) fn set_parameter(&mut self, name: &str, value: &str) -> Result<(), ParameterError> {
        match name {
            "nth" => self.nth = Some(parsed("nth", value, "")?),
            "times" => self.times = Some(parsed("times", value, "")?),
            "seed" => self.seed = parsed("seed", value, "")?,
            "probability" => {
                const EXPECTED: &str = "a number from 0 to 1";
                let probability = parsed("probability", value, EXPECTED)?;
                if !(0.0..=1.0).contains(&probability) {
                    return Err(ParameterError::value("probability", value, EXPECTED));
                }
                self.probability = Some(probability);
            }
            _ => return self.selector.set_parameter(name, value),
        }
        Ok(())
    }
}

/// A rule that was armed.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(super) plan: Plan,
    pub(super) reaction: Reaction,
    pub(crate) counts: Arc<Counts>,
    pub(super) random: SplitMix64,
}

/// How many commands a rule matched, and on how many of them it fired.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) matched: AtomicU64,
    pub(crate) fired: AtomicU64,
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

    pub(super) const fn selector(&self) -> &Selector {
        &self.plan.selector
    }

    /// Counts a matching command, and returns whether the rule fires on it.
    pub(super) fn fires(&mut self) -> bool {
        if self.is_spent() {
            return false;
        }
        let matched = self.counts.matched.fetch_add(1, Ordering::Relaxed) + 1;
        let fires = matched >= self.plan.nth.unwrap_or(1)
            && self
                .plan
                .probability
                .is_none_or(|probability| self.random.chance(probability));
        if fires {
            self.counts.fired.fetch_add(1, Ordering::Relaxed);
        }
        fires
    }

    /// Whether it will never fire again.
    pub(super) fn is_spent(&self) -> bool {
        self.budget()
            .is_some_and(|budget| self.counts.fired.load(Ordering::Relaxed) >= budget)
    }

    fn budget(&self) -> Option<u64> {
        self.plan.times.or(self.plan.nth.map(|_| 1))
    }
}

/// The parameters of the control that would arm it, separated by colons, followed by the counts.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uses_seed = self.plan.probability.is_some() || self.reaction == Reaction::Corrupt;
        let items = [
            ("nth", text(&self.plan.nth)),
            ("probability", text(&self.plan.probability)),
            ("seed", uses_seed.then(|| self.plan.seed.to_string())),
            ("times", text(&self.plan.times)),
        ];
        write!(f, "id={}:{}", self.id, self.plan.selector)?;
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
