//! The configuration of security.

use std::fmt;
use std::sync::Arc;

use spikelet_wire::admin::{Privilege, UnknownPrivilege};

use super::{ConfigError, SECURITY};
use crate::access::{Accounts, ClearPassword, Password, Role, Whitelist};
use crate::refusal::Denied;

/// The configuration of security: the context `security` of the real server, and the users and roles at the start.
///
/// Security belongs to the Enterprise Edition. At the start there is also the user `admin` with the password `admin` and the role
/// `user-admin`, unless [`users`](Self::users) has another user with that name; and a predefined role for each privilege.
///
/// ```
/// use spikelet::{Edition, SecurityConfig, Server};
///
/// let security = SecurityConfig { session_ttl: 600, enable_quotas: true, ..SecurityConfig::default() };
/// let server = Server::builder()
///     .edition(Edition::Enterprise)
///     .security(security)
///     .user("app", "secret", ["read-write"])
///     .start()?;
/// # Ok::<(), spikelet::StartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityConfig {
    /// Whether roles can have quotas. Off by default.
    pub enable_quotas: bool,
    /// The time to live of a session token, in seconds: 120 to 864000, 86400 by default.
    pub session_ttl: u32,
    /// How often the real server checks the users of open connections, in seconds: 10 to 86400, 300 by default. This server
    /// checks them at once.
    pub privilege_refresh_period: u32,
    /// The smoothing of rates in the real server: 2 to 20, 2 by default. It has no effect.
    pub tps_weight: u32,
    /// The users at the start.
    pub users: Vec<UserConfig>,
    /// The roles at the start.
    pub roles: Vec<RoleConfig>,
}

/// A user at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserConfig {
    /// Its name, up to 63 bytes.
    pub name: String,
    /// How it logs in.
    pub authentication: Authentication,
    /// The names of its roles.
    pub roles: Vec<String>,
}

/// How a user logs in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// With this password: mode `internal` of clients.
    Password(String),
    /// With a certificate that has the user's name: mode `pki` of clients.
    Certificate,
    /// With this password, which the client sends in clear text: mode `external` of clients. It stands for a user that the real
    /// server would look up with LDAP.
    External(String),
}

/// Does not show passwords.
impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Certificate => "Certificate",
            Self::External(_) => "External(..)",
        })
    }
}

/// A role at the start.
///
/// ```
/// use spikelet::RoleConfig;
///
/// let role = RoleConfig {
///     whitelist: vec!["127.0.0.1".to_owned(), "10.1.0.0/16".to_owned()],
///     ..RoleConfig::new("orders", ["read-write.test.orders", "read.test.customers"])
/// };
/// # drop(role);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleConfig {
    /// Its name, up to 63 bytes.
    pub name: String,
    /// Its privileges as text: `read`, `read.NAMESPACE` or `read.NAMESPACE.SET`.
    pub privileges: Vec<String>,
    /// The addresses and networks from which its users may log in; empty for any.
    pub whitelist: Vec<String>,
    /// The most reads per second on each node; 0 for no limit. Needs [`enable_quotas`](SecurityConfig::enable_quotas).
    pub read_quota: u32,
    /// The most writes per second on each node; 0 for no limit. Needs [`enable_quotas`](SecurityConfig::enable_quotas).
    pub write_quota: u32,
}

impl RoleConfig {
    /// A role with these privileges, without a whitelist and without quotas.
    #[must_use]
    pub fn new(name: impl Into<String>, privileges: impl IntoIterator<Item = impl ToString>) -> Self {
        Self {
            name: name.into(),
            privileges: privileges.into_iter().map(|privilege| privilege.to_string()).collect(),
            whitelist: Vec::new(),
            read_quota: 0,
            write_quota: 0,
        }
    }
}

impl Default for SecurityConfig {
    fn default() -> Self {
        Self {
            enable_quotas: false,
            session_ttl: 24 * 3600,
            privilege_refresh_period: 300,
            tps_weight: 2,
            users: Vec::new(),
            roles: Vec::new(),
        }
    }
}

impl SecurityConfig {
    const SESSION_TTL: (u32, u32) = (120, 10 * 24 * 3600);
    const PRIVILEGE_REFRESH_PERIOD: (u32, u32) = (10, 24 * 3600);
    const TPS_WEIGHT: (u32, u32) = (2, 20);

    /// Sets a parameter of `aerospike.conf`, whose value was checked. Those of LDAP and of logs have no effect.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let parameter = SECURITY.iter().find(|parameter| parameter.name == name);
        let Some(Ok(value)) = parameter.map(|parameter| parameter.read(value)) else {
            return;
        };
        let number = value.parse().unwrap_or_default();
        match name {
            "enable-quotas" => self.enable_quotas = value == "true",
            "privilege-refresh-period" => self.privilege_refresh_period = number,
            "session-ttl" => self.session_ttl = number,
            "tps-weight" => self.tps_weight = number,
            _ => {}
        }
    }

    pub(super) fn check(&self, has_masking: bool) -> Result<(), ConfigError> {
        if cfg!(not(feature = "security")) {
            return Err(ConfigError::SecurityFeature);
        }
        for (parameter, value, (least, most)) in [
            ("session-ttl", self.session_ttl, Self::SESSION_TTL),
            (
                "privilege-refresh-period",
                self.privilege_refresh_period,
                Self::PRIVILEGE_REFRESH_PERIOD,
            ),
            ("tps-weight", self.tps_weight, Self::TPS_WEIGHT),
        ] {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::SecurityParameter {
                    parameter,
                    value,
                    least,
                    most,
                });
            }
        }
        self.accounts(has_masking).map(drop)
    }

    /// The users and roles at the start.
    ///
    /// # Errors
    /// For names, privileges and whitelists that are invalid, and for users with roles that do not exist.
    pub(crate) fn accounts(&self, has_masking: bool) -> Result<Accounts, ConfigError> {
        let mut accounts = Accounts::new(has_masking);
        for config in &self.roles {
            let name = config.name.clone();
            let role = self.role(config)?;
            accounts
                .create_role(&config.name, role)
                .map_err(|denied| match denied {
                    Denied::RoleExists => ConfigError::RoleTwice(name),
                    Denied::Privilege => ConfigError::RolePrivileges(name),
                    _ => ConfigError::RoleName(name),
                })?;
        }
        for (at, config) in self.users.iter().enumerate() {
            let UserConfig {
                name,
                authentication,
                roles,
            } = config;
            if self.users.iter().take(at).any(|other| other.name == *name) {
                return Err(ConfigError::UserTwice(name.clone()));
            }
            let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
            if let Some(role) = roles.iter().find(|role| accounts.role(role).is_none()) {
                return Err(ConfigError::UserRole {
                    user: name.clone(),
                    role: (*role).to_owned(),
                });
            }
            let put = accounts.put_user(name, authentication.password(), &roles);
            put.map_err(|_| ConfigError::UserName(name.clone()))?;
        }
        Ok(accounts)
    }

    fn role(&self, config: &RoleConfig) -> Result<Role, ConfigError> {
        let quotas = (config.read_quota, config.write_quota);
        if quotas != (0, 0) && !self.enable_quotas {
            return Err(ConfigError::Quotas(config.name.clone()));
        }
        let whitelist = config.whitelist.join(",");
        let privileges: Result<_, UnknownPrivilege> =
            config.privileges.iter().map(|text| text.parse::<Privilege>()).collect();
        Ok(Role {
            privileges: privileges.map_err(|unknown| ConfigError::Privilege {
                role: config.name.clone(),
                unknown,
            })?,
            whitelist: Whitelist::parse(&whitelist).ok_or_else(|| ConfigError::Whitelist {
                role: config.name.clone(),
                whitelist,
            })?,
            read_quota: quotas.0,
            write_quota: quotas.1,
            is_predefined: false,
        })
    }
}

impl Authentication {
    fn password(&self) -> Password {
        match self {
            Self::Password(text) => Password::Clear(Arc::new(ClearPassword::new(text))),
            Self::Certificate => Password::Certificate,
            Self::External(text) => Password::External(text.as_str().into()),
        }
    }
}
