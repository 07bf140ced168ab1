//! Security: the accounts of a server, and what they say about a session.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::session::{Login, Session};
use crate::access::{Accounts, Token, TokenKey, unique};
use crate::clock::Now;
use crate::config::SecurityConfig;
use crate::refusal::Denied;

/// The accounts of a server or a subcluster. It exists only if security is configured.
#[derive(Debug)]
pub(crate) struct Security {
    common: Arc<CommonSecurity>,
    accounts: RwLock<Arc<Accounts>>,
    /// Another number after every change of the accounts.
    generation: AtomicU64,
}

/// What all subclusters share.
#[derive(Debug)]
pub(super) struct CommonSecurity {
    initial: Arc<Accounts>,
    key: TokenKey,
    settings: SecuritySettings,
    /// The epoch of new tokens. Those of an earlier one are expired.
    epoch: AtomicU64,
    /// Logins of an earlier epoch no longer count.
    ended: AtomicU64,
}

/// The parameters of `context=security`.
#[derive(Debug)]
pub(crate) struct SecuritySettings {
    pub(crate) enable_quotas: bool,
    /// In seconds.
    pub(crate) session_ttl: AtomicU32,
    /// In seconds.
    pub(crate) privilege_refresh_period: AtomicU32,
    pub(crate) tps_weight: AtomicU32,
}

impl CommonSecurity {
    pub(super) fn new(config: &SecurityConfig, initial: Accounts) -> Self {
        Self {
            initial: Arc::new(initial),
            key: TokenKey::default(),
            settings: SecuritySettings {
                enable_quotas: config.enable_quotas,
                session_ttl: config.session_ttl.into(),
                privilege_refresh_period: config.privilege_refresh_period.into(),
                tps_weight: config.tps_weight.into(),
            },
            epoch: AtomicU64::new(0),
            ended: AtomicU64::new(0),
        }
    }
}

impl Security {
    pub(super) fn new(common: Arc<CommonSecurity>) -> Self {
        Self {
            accounts: RwLock::new(Arc::clone(&common.initial)),
            generation: AtomicU64::new(unique()),
            common,
        }
    }

    pub(crate) fn settings(&self) -> &SecuritySettings {
        &self.common.settings
    }

    /// The accounts at this moment.
    pub(crate) fn accounts(&self) -> Arc<Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the accounts; all sessions see it with their next command.
    ///
    /// # Errors
    /// The error of the change; nothing changes then.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Accounts) -> Result<T, Denied>) -> Result<T, Denied> {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        // A change that fails checks first, and leaves them as they are.
        let changed = change(Arc::make_mut(&mut accounts))?;
        self.generation.store(unique(), Ordering::Release);
        Ok(changed)
    }

    fn set(&self, accounts: Arc<Accounts>) {
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = accounts;
        self.generation.store(unique(), Ordering::Release);
    }

    /// Replaces the accounts by those of a snapshot. One of a server without security leaves those of the start.
    pub(super) fn restore(&self, accounts: Option<&Arc<Accounts>>) {
        self.set(Arc::clone(accounts.unwrap_or(&self.common.initial)));
    }

    /// Issues a token for a user.
    pub(crate) fn issue_token(&self, login: &Login, now: Now) -> (Vec<u8>, u32) {
        let ttl = self.common.settings.session_ttl.load(Ordering::Relaxed);
        let token = self.common.key.issue(&Token {
            user: &login.rights.user,
            version: login.rights.version,
            epoch: self.common.epoch.load(Ordering::Relaxed),
            expires: Now(now.0.saturating_add(u64::from(ttl) * 1000)),
        });
        (token, ttl)
    }

    /// The user of a token.
    ///
    /// # Errors
    /// [`Denied::Credential`] if this server has not issued it, [`Denied::ExpiredSession`] if it is expired, or the password was
    /// changed since, and [`Denied::User`] if the user was removed.
    pub(crate) fn user_of_token<'a>(&self, token: &'a [u8], now: Now) -> Result<&'a str, Denied> {
        let token = self.common.key.read(token).ok_or(Denied::Credential)?;
        let accounts = self.accounts();
        let user = accounts.user(token.user).ok_or(Denied::User)?;
        let is_of_epoch = token.epoch == self.common.epoch.load(Ordering::Relaxed);
        if now >= token.expires || !is_of_epoch || token.version != user.version {
            return Err(Denied::ExpiredSession);
        }
        Ok(token.user)
    }

    /// Logs a session in, whatever its user has proved.
    ///
    /// # Errors
    /// [`Denied::User`] for an unknown user, and [`Denied::NotWhitelisted`] if it may not come from the client's address.
    pub(crate) fn log_in(&self, session: &mut Session, user: &str) -> Result<(), Denied> {
        // Read first: a change in between is seen with the next command.
        let generation = self.generation.load(Ordering::Acquire);
        let epoch = self.common.epoch.load(Ordering::Relaxed);
        let rights = self.accounts().rights(user).ok_or(Denied::User)?;
        if !rights.allows_from(session.peer.map(|peer| peer.ip())) {
            return Err(Denied::NotWhitelisted);
        }
        session.set_login(Some((Arc::new(rights), generation, epoch)));
        Ok(())
    }

    /// Checks that a session is logged in, with the rights that its user has now.
    ///
    /// # Errors
    /// [`Denied::NotAuthenticated`] if it is not, or not any more: because the user was removed, has another password, or may no
    /// longer come from the client's address, or because a test ended all sessions.
    pub(crate) fn authenticate(&self, session: &mut Session) -> Result<(), Denied> {
        match &session.login {
            Some(login) if login.generation == self.generation.load(Ordering::Acquire) => Ok(()),
            Some(_) => self.refresh(session),
            None if session.is_own => Ok(()),
            None => Err(Denied::NotAuthenticated),
        }
    }

    #[cold]
    fn refresh(&self, session: &mut Session) -> Result<(), Denied> {
        let Some(login) = session.login.clone() else {
            return Err(Denied::NotAuthenticated);
        };
        let generation = self.generation.load(Ordering::Acquire);
        let rights = self.accounts().rights(&login.rights.user).filter(|rights| {
            rights.version == login.rights.version
                && login.epoch >= self.common.ended.load(Ordering::Relaxed)
                && rights.allows_from(session.peer.map(|peer| peer.ip()))
        });
        match rights {
            Some(rights) => {
                session.set_login(Some((Arc::new(rights), generation, login.epoch)));
                Ok(())
            }
            None => {
                session.set_login(None);
                Err(Denied::NotAuthenticated)
            }
        }
    }

    /// Lets all session tokens expire. Open connections stay logged in.
    pub(crate) fn expire_tokens(&self) {
        self.common.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets all session tokens expire, and open connections count as not logged in.
    pub(crate) fn end_sessions(&self) {
        let before = self.common.epoch.fetch_add(1, Ordering::Relaxed);
        self.common.ended.fetch_max(before + 1, Ordering::Relaxed);
        self.generation.store(unique(), Ordering::Release);
    }
}
