//! Refusals of access control.

use std::fmt;

use spikelet_wire::ResultCode;

use crate::permission::Permission;

/// Why access control refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    // The message of the security protocol.
    /// The scheme is unknown.
    Scheme(u8),
    /// The command is unknown.
    Command(u8),
    /// The message, or one of its fields, cannot be decoded.
    Field,

    // The login.
    /// The connection has not logged in, or no longer counts as logged in.
    NotAuthenticated,
    /// There is no such user, or its name is missing or invalid.
    User,
    /// The hash of the password is missing or wrong, or the session token is not one of this server.
    Credential,
    /// The password in clear text, of an external user, is missing or wrong.
    ExternalPassword,
    /// The session token has expired, or the password was changed after it was issued.
    ExpiredSession,
    /// The address of the client is on no whitelist of the user's roles.
    NotWhitelisted,

    // Users and roles.
    /// The user exists.
    UserExists,
    /// The new password is missing or invalid, or the old one is wrong.
    Password,
    /// The user has no password that could be changed: it has a certificate, or is an external user.
    ForbiddenPassword,
    /// There is no such role, its name is missing or invalid, or it is predefined and cannot be changed.
    Role,
    /// The role exists.
    RoleExists,
    /// A privilege is missing or invalid.
    Privilege,
    /// The whitelist is invalid.
    Whitelist,
    /// The server is configured without quotas.
    QuotasNotEnabled,
    /// The quota is no number of 4 bytes.
    Quota,

    // Commands.
    /// No role of the user permits it.
    RoleViolation(Permission),
    /// The quota of the user, per second, is used up.
    QuotaExceeded(u32),
}

impl Denied {
    /// The result code of the reply.
    pub(crate) const fn result_code(self) -> ResultCode {
        match self {
            Self::Scheme(_) => ResultCode::SECURITY_SCHEME_NOT_SUPPORTED,
            Self::Command(_) => ResultCode::INVALID_COMMAND,
            Self::Field => ResultCode::INVALID_FIELD,
            Self::NotAuthenticated => ResultCode::NOT_AUTHENTICATED,
            Self::User => ResultCode::INVALID_USER,
            Self::Credential => ResultCode::INVALID_CREDENTIAL,
            Self::ExternalPassword => ResultCode::LDAP_AUTHENTICATION,
            Self::ExpiredSession => ResultCode::EXPIRED_SESSION,
            Self::NotWhitelisted => ResultCode::NOT_WHITELISTED,
            Self::UserExists => ResultCode::USER_ALREADY_EXISTS,
            Self::Password => ResultCode::INVALID_PASSWORD,
            Self::ForbiddenPassword => ResultCode::FORBIDDEN_PASSWORD,
            Self::Role => ResultCode::INVALID_ROLE,
            Self::RoleExists => ResultCode::ROLE_ALREADY_EXISTS,
            Self::Privilege => ResultCode::INVALID_PRIVILEGE,
            Self::Whitelist => ResultCode::INVALID_WHITELIST,
            Self::QuotasNotEnabled => ResultCode::QUOTAS_NOT_ENABLED,
            Self::Quota => ResultCode::INVALID_QUOTA,
            Self::RoleViolation(_) => ResultCode::ROLE_VIOLATION,
            Self::QuotaExceeded(_) => ResultCode::QUOTA_EXCEEDED,
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) => write!(f, "scheme {scheme} of the security protocol is unknown"),
            Self::Command(code) => write!(f, "command {code} of the security protocol is unknown"),
            Self::Field => f.write_str("malformed: message of the security protocol"),
            Self::NotAuthenticated => f.write_str("the connection has not logged in"),
            Self::User => f.write_str("no such user, or no name for one"),
            Self::Credential => f.write_str("the password or the session token is wrong"),
            Self::ExternalPassword => f.write_str("the password of the external user is wrong"),
            Self::ExpiredSession => f.write_str("the session token has expired"),
            Self::NotWhitelisted => f.write_str("the client's address is on no whitelist of the user"),
            Self::UserExists => f.write_str("the user exists"),
            Self::Password => f.write_str("the old password is wrong, or the new one invalid"),
            Self::ForbiddenPassword => f.write_str("the user has no password that can be changed"),
            Self::Role => f.write_str("no such role, no name for one, or one that cannot be changed"),
            Self::RoleExists => f.write_str("the role exists"),
            Self::Privilege => f.write_str("a privilege is missing or invalid"),
            Self::Whitelist => f.write_str("the whitelist is invalid"),
            Self::QuotasNotEnabled => f.write_str("quotas need enable-quotas"),
            Self::Quota => f.write_str("the quota is invalid"),
            Self::RoleViolation(permission) => write!(f, "no role of the user permits {permission}"),
            Self::QuotaExceeded(quota) => write!(f, "the quota of {quota} per second is used up"),
        }
    }
}
