//! Keys, which identify records.

use std::fmt;
use std::sync::Arc;

use spikelet_wire::{Digest, UserKey};

/// The key of a record: namespace, set and user key, or only namespace and digest.
///
/// A clone is cheap. Two keys are equal if their namespaces and digests are, which is all that the server compares.
///
/// ```
/// use spikelet_client::Key;
///
/// let key = Key::new("test", "demo", "user1");
/// assert_eq!(key.to_string(), "test:demo:user1");
/// assert_eq!(key, Key::from_digest("test", key.digest()));
/// assert_eq!(key, Key::from(("test", "demo", "user1")));
/// ```
#[derive(Clone)]
pub struct Key {
    names: Arc<Names>,
    user_key: Option<Arc<UserKey>>,
    digest: Digest,
}

/// The names that keys of one set share.
pub(crate) struct Names {
    pub(crate) namespace: String,
    pub(crate) set: String,
}

impl Key {
    /// The key of a record. An empty set name means no set.
    pub fn new(namespace: impl Into<String>, set: impl Into<String>, user_key: impl Into<UserKey>) -> Self {
        let (namespace, set, user_key) = (namespace.into(), set.into(), user_key.into());
        let digest = Digest::of(&set, &user_key);
        Self::found(Arc::new(Names { namespace, set }), Some(user_key), digest)
    }

    /// The key of a record whose digest alone is known.
    ///
    /// A record that is created with such a key has no set.
    pub fn from_digest(namespace: impl Into<String>, digest: Digest) -> Self {
        let names = Names {
            namespace: namespace.into(),
            set: String::new(),
        };
        Self::found(Arc::new(names), None, digest)
    }

    /// The key of a record that a query found. The keys of one query share their names.
    pub(crate) fn found(names: Arc<Names>, user_key: Option<UserKey>, digest: Digest) -> Self {
        Self {
            names,
            user_key: user_key.map(Arc::new),
            digest,
        }
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.names.namespace
    }

    /// The set; empty if the record has none.
    #[must_use]
    pub fn set(&self) -> &str {
        &self.names.set
    }

    /// The user's key; `None` if it is not known.
    #[must_use]
    pub fn user_key(&self) -> Option<&UserKey> {
        self.user_key.as_deref()
    }

    /// The digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.namespace() == other.namespace()
    }
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
        self.namespace().hash(state);
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl<N: Into<String>, S: Into<String>, K: Into<UserKey>> From<(N, S, K)> for Key {
    /// Namespace, set and user key.
    fn from((namespace, set, user_key): (N, S, K)) -> Self {
        Self::new(namespace, set, user_key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.namespace(), self.set())?;
        match self.user_key() {
            Some(user_key) => user_key.fmt(f),
            None => self.digest().fmt(f),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}
