//! Logins: what a new connection sends first, where the cluster has security.
//!
//! A client logs in once per node, and gets a session token. Further connections to the node authenticate with the token. A token
//! is renewed before it expires, and when the node refuses it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use spikelet_wire::admin::{AdminCommand, AdminField, AdminMessage, AdminWriter};
use spikelet_wire::{FrameType, ResultCode};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::connection::{Connection, ConnectionError};
use super::endpoint::Endpoint;
use crate::clock;

/// How long a node may take for a login or an authentication.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long before a token expires it is renewed: as other clients do, unless its time to live is short.
const RENEWAL: Duration = Duration::from_secs(60);

/// How a client proves who it is.
#[derive(Debug)]
pub(crate) struct Credentials {
    kind: CredentialKind,
    user: String,
    /// It changes when the client changes its own password.
    password: RwLock<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "security"),
    expect(dead_code, reason = "without the feature, no client has credentials")
)]
pub(crate) enum CredentialKind {
    /// The server has the hash of the password.
    Internal,
    /// The server asks another service, and needs the password in clear text.
    External,
    /// The server knows the user from the certificate of the connection.
    Certificate,
}

/// A password and its hash. `Debug` shows neither.
#[derive(Clone, Default)]
pub(crate) struct Secret {
    pub(crate) clear: String,
    pub(crate) hash: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The client's session with one node.
#[derive(Debug)]
pub(super) struct NodeSession {
    credentials: Arc<Credentials>,
    /// Locked while the client logs in, so that it does so once.
    token: Mutex<Option<Token>>,
}

#[derive(Debug, Clone)]
struct Token {
    bytes: Bytes,
    /// When it is to be renewed; `None` for never.
    renewed: Option<Instant>,
}

#[cfg(feature = "security")]
impl Credentials {
    pub(crate) const fn new(kind: CredentialKind, user: String, password: Secret) -> Self {
        Self {
            kind,
            user,
            password: RwLock::new(password),
        }
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Replaces the password, after the server did.
    pub(crate) fn set_password(&self, password: Secret) {
        *self.password.write().unwrap_or_else(PoisonError::into_inner) = password;
    }
}

impl Credentials {
    pub(crate) fn password(&self) -> Secret {
        self.password.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl NodeSession {
    pub(super) fn new(credentials: &Arc<Credentials>) -> Self {
        Self {
            credentials: Arc::clone(credentials),
            token: Mutex::default(),
        }
    }

    /// Makes the node accept commands on a new connection. The client logs in on that connection, unless there is another address
    /// for logins.
    ///
    /// # Errors
    /// [`ConnectionError::Refused`] with the node's result code.
    pub(super) async fn authenticate(
        &self,
        connection: &mut Connection,
        login: Option<&Endpoint>,
    ) -> Result<(), ConnectionError> {
        let known = self.token.lock().await.clone();
        let is_valid = |token: &Token| token.renewed.is_none_or(|renewed| clock::now() < renewed);
        let mut refused = None;
        if let Some(token) = known {
            if is_valid(&token) {
                match self.send_token(connection, &token.bytes).await {
                    Err(ConnectionError::Refused(ResultCode::EXPIRED_SESSION | ResultCode::INVALID_CREDENTIAL)) => {}
                    authenticated => return authenticated,
                }
            }
            refused = Some(token.bytes);
        }
        let mut token = self.token.lock().await;
        // Another connection may have logged in meanwhile.
        match token.as_ref().filter(|token| Some(&token.bytes) != refused.as_ref()) {
            Some(token) => self.send_token(connection, &token.bytes).await,
            None => {
                *token = None;
                let Some(login) = login else {
                    *token = self.log_in(connection).await?;
                    return Ok(());
                };
                *token = self.log_in(&mut login.open().await?).await?;
                match &*token {
                    Some(token) => self.send_token(connection, &token.bytes).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn send_token(&self, connection: &mut Connection, token: &Bytes) -> Result<(), ConnectionError> {
        let mut request = BytesMut::new();
        let mut message = AdminWriter::request(&mut request, AdminCommand::AUTHENTICATE);
        if self.credentials.kind != CredentialKind::Certificate {
            message.field(AdminField::USER, self.credentials.user.as_bytes());
        }
        message.field(AdminField::SESSION_TOKEN, token);
        message.finish();
        ask(connection, &request).await.map(drop)
    }

    /// Logs in; `None` if the node has no security.
    async fn log_in(&self, connection: &mut Connection) -> Result<Option<Token>, ConnectionError> {
        let Credentials { kind, user, .. } = &*self.credentials;
        let password = self.credentials.password();
        let mut request = BytesMut::new();
        let mut message = AdminWriter::request(&mut request, AdminCommand::LOGIN);
        if *kind != CredentialKind::Certificate {
            message.field(AdminField::USER, user.as_bytes());
            message.field(AdminField::CREDENTIAL, password.hash.as_bytes());
        }
        if *kind == CredentialKind::External {
            message.field(AdminField::CLEAR_PASSWORD, password.clear.as_bytes());
        }
        message.finish();
        let body = match ask(connection, &request).await {
            Err(ConnectionError::Refused(ResultCode::SECURITY_NOT_ENABLED)) => return Ok(None),
            body => body?,
        };
        let reply = AdminMessage::decode(&body)?;
        let token = reply.field(AdminField::SESSION_TOKEN);
        let token = token.ok_or(spikelet_wire::DecodeError::new("login without a session token", 0))?;
        let ttl = reply.number(AdminField::SESSION_TTL)?;
        let ttl = ttl.filter(|ttl| *ttl > 0).map(|ttl| Duration::from_secs(ttl.into()));
        Ok(Some(Token {
            bytes: Bytes::copy_from_slice(token),
            renewed: ttl.and_then(|ttl| clock::now().checked_add(ttl - RENEWAL.min(ttl / 2))),
        }))
    }
}

/// Sends a request, and returns the body of the reply.
async fn ask(connection: &mut Connection, request: &[u8]) -> Result<Bytes, ConnectionError> {
    connection.send(request, &mut false).await?;
    let body = connection.receive(FrameType::SECURITY, TIMEOUT).await?;
    match AdminMessage::decode(&body)?.result {
        ResultCode::OK => Ok(body),
        code => Err(ConnectionError::Refused(code)),
    }
}
