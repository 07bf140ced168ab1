//! The security protocol, and the checks of access control that other commands ask for.
//!
//! A request is checked in this order: its scheme, its command, whether the connection is logged in, whether the user may manage
//! users, and then its fields, in the order in which clients send them.

mod call;
mod login;
pub(super) mod permit;
mod query;
mod roles;
mod users;

use std::sync::Arc;

use bytes::BytesMut;
use spikelet_wire::admin::{AdminCommand, AdminMessage, AdminWriter, SCHEME};

use self::call::Call;
use crate::access::ClearPassword;
use crate::clock::Now;
use crate::permission::{Permission, Permissions};
use crate::refusal::Denied;
use crate::state::{Security, Session, State};

/// What comes after a request.
pub(super) enum Handled {
    /// It has its reply.
    Replied,
    /// Nothing was done, because a password must be hashed first.
    Unhashed(Arc<ClearPassword>),
}

/// Why there is no reply yet.
enum Unanswered {
    /// The request is refused.
    Denied(Denied),
    /// The password must be hashed first.
    Unhashed(Arc<ClearPassword>),
}

impl From<Denied> for Unanswered {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// Handles a request of the security protocol.
pub(super) fn handle(
    security: &Security,
    state: &State,
    now: Now,
    session: &mut Session,
    body: &[u8],
    out: &mut BytesMut,
) -> Handled {
    let at = out.len();
    match execute(security, state, now, session, body, out) {
        Ok(()) => {}
        Err(Unanswered::Unhashed(password)) => return Handled::Unhashed(password),
        Err(Unanswered::Denied(denied)) => {
            out.truncate(at);
            tracing::debug!(code = denied.result_code().0, "refused: {denied}");
            AdminWriter::reply(out, denied.result_code()).finish();
        }
    }
    Handled::Replied
}

fn execute(
    security: &Security,
    state: &State,
    now: Now,
    session: &mut Session,
    body: &[u8],
    out: &mut BytesMut,
) -> Result<(), Unanswered> {
    let message = AdminMessage::decode(body).map_err(|_| Denied::Field)?;
    if message.scheme != SCHEME {
        return Err(Denied::Scheme(message.scheme).into());
    }
    if message.command.name().is_none() {
        return Err(Denied::Command(message.command.0).into());
    }
    let mut call = Call {
        security,
        state,
        now,
        session,
        message,
        out,
    };
    match message.command {
        AdminCommand::LOGIN => return login::login(&mut call),
        AdminCommand::AUTHENTICATE => return login::authenticate(&mut call),
        _ => security.authenticate(call.session)?,
    }
    let is_own = match message.command {
        AdminCommand::CHANGE_PASSWORD => true,
        AdminCommand::QUERY_USERS => call.is_for_itself(),
        _ => false,
    };
    if !is_own && let Some(login) = &call.session.login {
        let needed = Permissions::of(&[Permission::UserAdmin]);
        login.rights.check(needed).map_err(Denied::RoleViolation)?;
    }
    match message.command {
        AdminCommand::CREATE_USER => users::create(&mut call)?,
        AdminCommand::DROP_USER => users::drop(&mut call)?,
        AdminCommand::SET_PASSWORD => users::set_password(&mut call)?,
        AdminCommand::CHANGE_PASSWORD => return users::change_password(&mut call),
        AdminCommand::GRANT_ROLES => users::grant_roles(&mut call)?,
        AdminCommand::REVOKE_ROLES => users::revoke_roles(&mut call)?,
        AdminCommand::QUERY_USERS => return Ok(query::users(&mut call)?),
        AdminCommand::CREATE_ROLE => roles::create(&mut call)?,
        AdminCommand::DROP_ROLE => roles::drop(&mut call)?,
        AdminCommand::GRANT_PRIVILEGES => roles::grant_privileges(&mut call)?,
        AdminCommand::REVOKE_PRIVILEGES => roles::revoke_privileges(&mut call)?,
        AdminCommand::SET_WHITELIST => roles::set_whitelist(&mut call)?,
        AdminCommand::SET_QUOTAS => roles::set_quotas(&mut call)?,
        AdminCommand::QUERY_ROLES => return Ok(query::roles(&mut call)?),
        AdminCommand(code) => return Err(Denied::Command(code).into()),
    }
    call.succeed();
    Ok(())
}
