//! Whether a session may execute a command.

use spikelet_wire::{Header, Info1, Info2};

use crate::access::Direction;
use crate::clock::Now;
use crate::command::record::request::Fields;
use crate::permission::{Permission, Permissions};
use crate::refusal::Denied;
use crate::state::{QueryQuota, Session};
use crate::store::Namespace;

/// Checks a command on one record of a session that is authenticated.
///
/// # Errors
/// [`Denied::RoleViolation`].
pub(in crate::command) fn record(
    session: &Session,
    namespace: &Namespace,
    fields: &Fields<'_>,
    header: &Header,
) -> Result<(), Denied> {
    let mut needed = match header.info2 {
        info2 if !info2.contains(Info2::WRITE) => Permissions::default(),
        info2 if info2.contains(Info2::DELETE) => Permissions::of(&[Permission::Delete]),
        _ if fields.udf => Permissions::of(&[Permission::UdfApply]),
        _ => Permissions::of(&[Permission::Write]),
    };
    if header.info1.contains(Info1::READ) {
        needed = needed.union(Permissions::of(&[Permission::Read]));
    }
    check(session, namespace, fields, needed)
}

/// Counts a command on one record, and checks the quota of the user.
///
/// # Errors
/// [`Denied::QuotaExceeded`].
pub(in crate::command) fn quota(session: &Session, now: Now, header: &Header) -> Result<(), Denied> {
    let Some(login) = &session.login else { return Ok(()) };
    // A command that does both is a write.
    let direction = match header.info2.contains(Info2::WRITE) {
        true => Direction::Write,
        false => Direction::Read,
    };
    let quota = login.rights.quota(direction);
    match login.usage.meter(direction).take(now, quota) {
        true => Ok(()),
        false => Err(Denied::QuotaExceeded(quota)),
    }
}

/// Checks a query of a session that is authenticated.
///
/// # Errors
/// [`Denied::RoleViolation`].
pub(in crate::command) fn query(
    session: &Session,
    namespace: &Namespace,
    fields: &Fields<'_>,
    header: &Header,
) -> Result<(), Denied> {
    let permission = match header.info2 {
        _ if fields.udf => Permission::UdfQuery,
        info2 if info2.contains(Info2::WRITE) => Permission::OpsQuery,
        _ => Permission::Query,
    };
    check(session, namespace, fields, Permissions::of(&[permission]))
}

/// Reserves the limit of a query, in records per second, 0 for none; `None` in a server without security.
///
/// # Errors
/// [`Denied::QuotaExceeded`].
pub(in crate::command) fn query_quota(
    session: &Session,
    direction: Direction,
    limit: u32,
) -> Result<Option<QueryQuota>, Denied> {
    let reserve = |login| QueryQuota::reserve(login, direction, limit);
    session.login.as_ref().map(reserve).transpose()
}

fn check(session: &Session, namespace: &Namespace, fields: &Fields<'_>, needed: Permissions) -> Result<(), Denied> {
    // Only the server's own sessions are authenticated without a login.
    let Some(login) = &session.login else { return Ok(()) };
    let set = fields.set.unwrap_or_default();
    let checked = login.rights.check_in(namespace.name.as_bytes(), set, needed);
    checked.map_err(Denied::RoleViolation)
}
