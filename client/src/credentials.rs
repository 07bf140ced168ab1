//! What a client logs in with, and the hash of passwords.

use std::fmt;

use spikelet_wire::admin;

use crate::cluster::{CredentialKind, Credentials, Secret};
use crate::error::Error;

/// What a client logs in with. `Debug` does not show the password.
#[derive(Clone)]
pub(crate) enum Login {
    Internal(String, String),
    External(String, String),
    Certificate,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internal(user, _) => write!(f, "Internal({user:?}, ..)"),
            Self::External(user, _) => write!(f, "External({user:?}, ..)"),
            Self::Certificate => f.write_str("Certificate"),
        }
    }
}

impl Login {
    pub(crate) async fn credentials(self) -> Result<Credentials, Error> {
        let (kind, user, password) = match self {
            Self::Internal(user, password) => (CredentialKind::Internal, user, password),
            Self::External(user, password) => (CredentialKind::External, user, password),
            Self::Certificate => {
                let none = (String::new(), Secret::default());
                return Ok(Credentials::new(CredentialKind::Certificate, none.0, none.1));
            }
        };
        check_name("user", &user)?;
        Ok(Credentials::new(kind, user, hash(password).await?))
    }
}

/// Hashes a password on another thread, since that takes long.
///
/// # Errors
/// If the password is too long.
pub(crate) async fn hash(password: String) -> Result<Secret, Error> {
    if password.len() > admin::MAX_PASSWORD {
        let most = admin::MAX_PASSWORD;
        return Err(Error::argument(format!("a password has at most {most} bytes")));
    }
    let hashed = tokio::task::spawn_blocking(move || Secret {
        hash: admin::hash(&password),
        clear: password,
    });
    hashed
        .await
        .map_err(|_| Error::cluster("the runtime ended while a password was hashed"))
}

/// Checks the name of a user or a role.
///
/// # Errors
/// If it is empty or too long.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), Error> {
    match (1..=admin::MAX_NAME).contains(&name.len()) {
        true => Ok(()),
        false => Err(Error::argument(format!(
            "the name of a {what} has 1 to {} bytes, not {}",
            admin::MAX_NAME,
            name.len()
        ))),
    }
}
