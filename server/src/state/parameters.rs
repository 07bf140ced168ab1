//! Parameters that the configuration or `set-config` has set and that have no effect in this server: they are remembered for
//! `get-config`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::Config;

/// What a parameter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// The server, `context=service`.
    Service,
    /// The network, `context=network`.
    Network,
    /// A namespace, by its place in the configuration.
    Namespace(usize),
    /// The levels of the log.
    Log,
}

/// The changed parameters, by their names in `get-config`.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Mutex<ParametersSnapshot>);

/// A copy of them at one moment.
pub(crate) type ParametersSnapshot = BTreeMap<(Scope, &'static str), String>;

impl Parameters {
    /// Those that a configuration sets.
    pub(super) fn of(config: &Config) -> Self {
        let namespaces = config.namespaces.iter().enumerate();
        let namespaces = namespaces.map(|(at, namespace)| (Scope::Namespace(at), &namespace.parameters));
        let server = [(Scope::Service, &config.service), (Scope::Network, &config.network)];
        let all = server.into_iter().chain(namespaces);
        let values = all.flat_map(|(scope, values)| {
            values
                .iter()
                .map(move |(name, value)| ((scope, name), value.to_owned()))
        });
        Self(Mutex::new(values.collect()))
    }

    /// The value of a parameter, if it was changed.
    pub(crate) fn get(&self, scope: Scope, name: &'static str) -> Option<String> {
        self.lock().get(&(scope, name)).cloned()
    }

    /// The value of a parameter that is a number, if it was changed.
    pub(crate) fn number(&self, scope: Scope, name: &'static str) -> Option<u64> {
        self.get(scope, name)?.parse().ok()
    }

    /// Changes a parameter.
    pub(crate) fn set(&self, scope: Scope, name: &'static str, value: String) {
        self.lock().insert((scope, name), value);
    }

    pub(crate) fn save(&self) -> ParametersSnapshot {
        self.lock().clone()
    }

    pub(crate) fn restore(&self, snapshot: &ParametersSnapshot) {
        self.lock().clone_from(snapshot);
    }

    fn lock(&self) -> MutexGuard<'_, ParametersSnapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
