//! Requests of the security protocol, without their secrets.

use std::fmt;

use bytes::{Bytes, BytesMut};
use spikelet_wire::FrameHeader;
use spikelet_wire::admin::{AdminField, AdminMessage, AdminWriter, names, privileges};

/// A request of the security protocol. The journal keeps no passwords and no tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SecurityRequest {
    /// The command in lower case: `login`, `authenticate`, `create-user` and so on, or its number if it is unknown.
    pub command: String,
    /// The user that the request names.
    pub user: Option<String>,
    /// The role that the request names.
    pub role: Option<String>,
    /// The roles that are granted to a user or revoked.
    pub roles: Vec<String>,
    /// The privileges that are granted to a role or revoked.
    pub privileges: Vec<String>,
}

impl SecurityRequest {
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let message = AdminMessage::decode(body).ok()?;
        let field = |id| message.field(id);
        let roles = field(AdminField::ROLES).and_then(|data| names(data).ok());
        let privileges = field(AdminField::PRIVILEGES).and_then(|data| privileges(data).ok());
        Some(Self {
            command: match message.command.name() {
                Some(name) => name.to_ascii_lowercase().replace('_', "-"),
                None => message.command.0.to_string(),
            },
            user: field(AdminField::USER).map(text),
            role: field(AdminField::ROLE).map(text),
            roles: roles.unwrap_or_default().into_iter().map(text).collect(),
            privileges: privileges.unwrap_or_default().iter().map(ToString::to_string).collect(),
        })
    }
}

/// `create-user app roles read, write`
impl fmt::Display for SecurityRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command)?;
        for name in [&self.user, &self.role].into_iter().flatten() {
            write!(f, " {name}")?;
        }
        for (what, items) in [("roles", &self.roles), ("privileges", &self.privileges)] {
            if !items.is_empty() {
                write!(f, " {what} {}", items.join(", "))?;
            }
        }
        Ok(())
    }
}

/// The body of a request, without the fields that hold passwords or tokens. A body that cannot be decoded is not kept.
pub(super) fn without_secrets(body: &[u8]) -> Bytes {
    let Ok(message) = AdminMessage::decode(body) else {
        return Bytes::new();
    };
    let mut kept = BytesMut::new();
    let mut writer = AdminWriter::request(&mut kept, message.command);
    for (id, data) in message.fields() {
        let is_open = matches!(
            id,
            AdminField::USER | AdminField::ROLE | AdminField::ROLES | AdminField::PRIVILEGES
        );
        // No valid field is larger.
        if is_open && data.len() <= usize::from(u16::MAX) {
            writer.field(id, data);
        }
    }
    writer.finish();
    kept.freeze().slice(FrameHeader::SIZE..)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use spikelet_wire::admin::AdminCommand;

    use super::*;

    #[test]
    fn it_keeps_no_secrets() {
        let mut body = BytesMut::new();
        let mut request = AdminWriter::request(&mut body, AdminCommand::CREATE_USER);
        request.field(AdminField::USER, b"app");
        request.field(AdminField::PASSWORD, b"$2a$10$hash");
        request.names(AdminField::ROLES, &["read", "write"]).unwrap();
        request.finish();
        let kept = without_secrets(&body[FrameHeader::SIZE..]);
        assert!(!kept.windows(4).any(|bytes| bytes == b"hash"));
        let request = SecurityRequest::of(&kept).unwrap();
        assert_eq!(request.to_string(), "create-user app roles read, write");
        assert!(without_secrets(b"damaged").is_empty());
    }
}
