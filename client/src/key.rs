//! Keys: which record a command is about.

use std::fmt;
use std::sync::Arc;

use spikelet_wire::{Digest, UserKey};

/// A record's key: namespace, set and the user's key, or a digest where that is all that is known.
///
/// It is cheap to clone. Two keys are equal when namespace and digest are: the server knows no more.
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
pub struct Key(Arc<Inner>);

struct Inner {
    namespace: Arc<str>,
    set: Arc<str>,
    user_key: Option<UserKey>,
    digest: Digest,
}

impl Key {
    /// The key of a record; the empty set name stands for no set.
    pub fn new(namespace: impl Into<String>, set: impl Into<String>, user_key: impl Into<UserKey>) -> Self {
        let (set, user_key) = (set.into(), user_key.into());
        Self(Arc::new(Inner {
            namespace: namespace.into().into(),
            digest: Digest::of(&set, &user_key),
            set: set.into(),
            user_key: Some(user_key),
        }))
    }

    /// The key of a record of which only the digest is known.
    ///
    /// A record that is created through it has no set.
    pub fn from_digest(namespace: impl Into<String>, digest: Digest) -> Self {
        Self(Arc::new(Inner {
            namespace: namespace.into().into(),
            set: "".into(),
            user_key: None,
            digest,
        }))
    }

    /// The key of a record that was found; records that were found together share the names.
    pub(crate) fn found(namespace: Arc<str>, set: Arc<str>, user_key: Option<UserKey>, digest: Digest) -> Self {
        Self(Arc::new(Inner {
            namespace,
            set,
            user_key,
            digest,
        }))
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The set; empty where the record is in none.
    #[must_use]
    pub fn set(&self) -> &str {
        &self.0.set
    }

    /// The user's key, where it is known.
    #[must_use]
    pub fn user_key(&self) -> Option<&UserKey> {
        self.0.user_key.as_ref()
    }

    /// The digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest && self.0.namespace == other.0.namespace
    }
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
        self.0.namespace.hash(state);
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
