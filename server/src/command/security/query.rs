//! Queries of users and roles. The reply is one message for each, in frames of limited size, and one that ends them.

use std::sync::Arc;

use spikelet_wire::admin::{AdminField, AdminWriter};
use spikelet_wire::frame::OpenFrame;
use spikelet_wire::{FrameType, ResultCode};

use super::call::Call;
use crate::access::{Direction, Role, User};
use crate::refusal::Denied;

/// The size at which a frame ends, in bytes. Clients read a frame into one buffer.
const FRAME: usize = 16 * 1024;

/// Returns one user, or all.
pub(super) fn users(call: &mut Call<'_>) -> Result<(), Denied> {
    let accounts = call.security.accounts();
    match call.user_if_given()? {
        Some(name) => {
            let user = accounts.user(name).ok_or(Denied::User)?;
            blocks(call, std::iter::once((name, user)), write_user)
        }
        None => blocks(call, accounts.users().map(|(name, user)| (&**name, user)), write_user),
    }
}

/// Returns one role, or all.
pub(super) fn roles(call: &mut Call<'_>) -> Result<(), Denied> {
    let accounts = call.security.accounts();
    match call.role_if_given()? {
        Some(name) => {
            let role = accounts.role(name).ok_or(Denied::Role)?;
            blocks(call, std::iter::once((name, role)), write_role)
        }
        None => blocks(call, accounts.roles().map(|(name, role)| (&**name, role)), write_role),
    }
}

/// Writes a message for each item, and the one that ends them.
fn blocks<'i, T: 'i>(
    call: &mut Call<'_>,
    items: impl Iterator<Item = (&'i str, &'i T)>,
    write: impl Fn(&mut Call<'_>, &str, &T) -> Result<(), Denied>,
) -> Result<(), Denied> {
    let mut frame = OpenFrame::begin(call.out);
    for (name, item) in items {
        if frame.body_size(call.out) > FRAME {
            frame.finish(FrameType::SECURITY, call.out);
            frame = OpenFrame::begin(call.out);
        }
        write(call, name, item)?;
    }
    AdminWriter::bare(call.out, ResultCode::QUERY_END).finish();
    frame.finish(FrameType::SECURITY, call.out);
    Ok(())
}

fn write_user(call: &mut Call<'_>, name: &str, user: &User) -> Result<(), Denied> {
    let usage = call.session.stats.users.find(name);
    let rights = call.security.accounts().rights(name).unwrap_or_default();
    let info = |direction| {
        let rates = usage.as_ref().map(|usage| usage.meter(direction).rates(call.now));
        let rates = rates.unwrap_or_default();
        [rights.quota(direction), rates.single, rates.limited, rates.limitless]
    };
    let (reads, writes) = (info(Direction::Read), info(Direction::Write));
    let mut message = AdminWriter::bare(call.out, ResultCode::OK);
    message.field(AdminField::USER, name.as_bytes());
    let roles: Vec<&str> = user.roles.iter().map(|role: &Arc<str>| &**role).collect();
    // A user has no more roles than fit.
    message.names(AdminField::ROLES, &roles).map_err(|_| Denied::Role)?;
    message.numbers(AdminField::READ_INFO, &reads);
    message.numbers(AdminField::WRITE_INFO, &writes);
    message.number(AdminField::CONNECTIONS, usage.map_or(0, |usage| usage.connections()));
    message.finish();
    Ok(())
}

fn write_role(call: &mut Call<'_>, name: &str, role: &Role) -> Result<(), Denied> {
    let mut message = AdminWriter::bare(call.out, ResultCode::OK);
    message.field(AdminField::ROLE, name.as_bytes());
    // A role has no more privileges than fit.
    message
        .privileges(role.privileges.iter())
        .map_err(|_| Denied::Privilege)?;
    if !role.whitelist.is_empty() {
        message.field(AdminField::WHITELIST, role.whitelist.text().as_bytes());
    }
    if call.security.settings().enable_quotas {
        message.number(AdminField::READ_QUOTA, role.read_quota);
        message.number(AdminField::WRITE_QUOTA, role.write_quota);
    }
    message.finish();
    Ok(())
}
