//! Users: their passwords and roles.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::unique;

/// A user.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) password: Password,
    pub(crate) roles: BTreeSet<Arc<str>>,
    /// Another number for every password: tokens and logins with an older one are no longer valid.
    pub(crate) version: u64,
}

impl User {
    pub(crate) fn new(password: Password, roles: BTreeSet<Arc<str>>) -> Self {
        Self {
            password,
            roles,
            version: unique(),
        }
    }
}

/// How a user proves to be that user.
#[derive(Clone)]
pub(crate) enum Password {
    /// With the hash that a client sent when it created the user.
    Hash(Box<str>),
    /// With the hash of this password, which a test gave in clear text.
    Clear(Arc<ClearPassword>),
    /// With a certificate only.
    Certificate,
    /// With this password in clear text, as one that is checked by LDAP is sent.
    External(Box<str>),
}

/// Does not show passwords.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash(_) | Self::Clear(_) => "Internal",
            Self::Certificate => "Certificate",
            Self::External(_) => "External",
        })
    }
}

/// The result of the check of a password.
#[derive(Debug)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// The password of the user must be hashed first, which takes long.
    Unhashed(Arc<ClearPassword>),
}

impl Password {
    /// The hash of `nopassword`, with which clients create a user without a password: one with a certificate.
    const NO_PASSWORD: &str = "$2a$10$7EqJtq98hPqEX7fNZaFWoOePA2sZy..tlOF99W2N0g5KZ3dLaw8WO";
    /// The longest hash, in bytes. Those of bcrypt have 60.
    const LONGEST: usize = 255;

    /// The password that a client has hashed; `None` if that cannot be a hash.
    pub(crate) fn of_hash(hash: &[u8]) -> Option<Self> {
        let hash = str::from_utf8(hash).ok()?;
        if hash.is_empty() || hash.len() > Self::LONGEST {
            return None;
        }
        Some(match hash {
            Self::NO_PASSWORD => Self::Certificate,
            hash => Self::Hash(hash.into()),
        })
    }

    /// Whether a client may change it.
    pub(crate) const fn can_be_changed(&self) -> bool {
        matches!(self, Self::Hash(_) | Self::Clear(_))
    }

    /// Checks the hash that a client sent.
    pub(crate) fn check(&self, credential: &[u8]) -> Verdict {
        let is_right = match self {
            Self::Hash(hash) => is_same(hash.as_bytes(), credential),
            Self::Clear(clear) => match clear.known_hash() {
                Some(hash) => is_same(hash.as_bytes(), credential),
                None => return Verdict::Unhashed(Arc::clone(clear)),
            },
            Self::Certificate | Self::External(_) => false,
        };
        if is_right { Verdict::Right } else { Verdict::Wrong }
    }

    /// Checks a password in clear text; `None` if the user is not an external one.
    pub(crate) fn check_external(&self, password: Option<&[u8]>) -> Option<bool> {
        match self {
            Self::External(own) => Some(password.is_some_and(|password| is_same(own.as_bytes(), password))),
            _ => None,
        }
    }
}

/// Compares in a time that does not depend on where the two differ.
pub(super) fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// A password in clear text, and its hash once somebody has logged in with it.
pub struct ClearPassword {
    text: String,
    hash: OnceLock<String>,
}

/// Does not show the password.
impl fmt::Debug for ClearPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClearPassword")
    }
}

impl ClearPassword {
    /// The password of the user `admin` at the start, and its hash.
    const DEFAULT: (&str, &str) = ("admin", "$2a$10$7EqJtq98hPqEX7fNZaFWoO1mVO/4MLpGzsqojz6E9Gef6iXDjXdDa");

    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            hash: OnceLock::new(),
        }
    }

    fn known_hash(&self) -> Option<&str> {
        let (text, hash) = Self::DEFAULT;
        if self.text == text {
            return Some(hash);
        }
        self.hash.get().map(String::as_str)
    }

    /// Hashes the password, unless that is done.
    #[cfg(feature = "security")]
    pub fn hash(&self) {
        self.hash.get_or_init(|| cache::hash(&self.text));
    }

    /// Without the feature `security` no configuration with passwords is accepted.
    #[cfg(not(feature = "security"))]
    pub const fn hash(&self) {
        let _ = &self.text;
    }
}

/// Hashes that were computed in this process: tests start many servers with the same passwords.
#[cfg(feature = "security")]
mod cache {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    static HASHES: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);
    /// The most passwords that are remembered.
    const MOST: usize = 1000;

    pub(super) fn hash(password: &str) -> String {
        let known = HASHES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hash) = known.as_ref().and_then(|known| known.get(password)) {
            return hash.clone();
        }
        drop(known);
        let hash = spikelet_wire::admin::hash(password);
        let mut known = HASHES.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if known.len() < MOST {
            known.insert(password.to_owned(), hash.clone());
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_compared_whole() {
        let password = Password::of_hash(b"$2a$10$hash").unwrap();
        assert!(matches!(password.check(b"$2a$10$hash"), Verdict::Right));
        for wrong in [&b""[..], b"$2a$10$has", b"$2a$10$hash ", b"$2a$10$hasH"] {
            assert!(matches!(password.check(wrong), Verdict::Wrong));
        }
        assert!(Password::of_hash(b"").is_none() && Password::of_hash(&[b'x'; 256]).is_none());
        assert!(!format!("{password:?}").contains("hash"));
    }

    #[test]
    fn a_user_with_a_certificate_has_no_password() {
        let password = Password::of_hash(Password::NO_PASSWORD.as_bytes()).unwrap();
        assert!(matches!(
            password.check(Password::NO_PASSWORD.as_bytes()),
            Verdict::Wrong
        ));
        assert!(!password.can_be_changed());
    }

    #[cfg(feature = "security")]
    #[test]
    fn a_clear_password_is_hashed_when_it_is_first_needed() {
        let (text, hash) = ClearPassword::DEFAULT;
        assert_eq!(spikelet_wire::admin::hash(text), hash);
        assert_eq!(spikelet_wire::admin::hash("nopassword"), Password::NO_PASSWORD);
        let password = Password::Clear(Arc::new(ClearPassword::new("secret")));
        let credential = spikelet_wire::admin::hash("secret");
        let Verdict::Unhashed(unhashed) = password.check(credential.as_bytes()) else {
            panic!("it cannot be hashed yet")
        };
        unhashed.hash();
        assert!(matches!(password.check(credential.as_bytes()), Verdict::Right));
    }
}
