//! The administration of users.

use spikelet_wire::admin::AdminField;

use super::Unanswered;
use super::call::Call;
use crate::access::Verdict;
use crate::refusal::Denied;

pub(super) fn create(call: &mut Call<'_>) -> Result<(), Denied> {
    let user = call.user()?;
    let password = call.password()?;
    let roles = call.roles()?;
    call.change_user(user, |accounts| accounts.create_user(user, password, &roles))
}

pub(super) fn drop(call: &mut Call<'_>) -> Result<(), Denied> {
    let user = call.user()?;
    call.change_user(user, |accounts| accounts.drop_user(user))?;
    let nodes = call.state.cluster().nodes().len();
    (0..nodes).for_each(|node| call.state.stats(node).users.forget(user));
    Ok(())
}

pub(super) fn set_password(call: &mut Call<'_>) -> Result<(), Denied> {
    let user = call.user()?;
    let password = call.password()?;
    call.change_user(user, |accounts| accounts.set_password(user, password))
}

/// Changes the user's own password. The connection stays logged in, and the user's others do not.
pub(super) fn change_password(call: &mut Call<'_>) -> Result<(), Unanswered> {
    let name = call.user()?;
    let accounts = call.security.accounts();
    let user = accounts.user(name).ok_or(Denied::User)?;
    if !call.is_for_itself() {
        return Err(Denied::RoleViolation(crate::permission::Permission::UserAdmin).into());
    }
    if !user.password.can_be_changed() {
        return Err(Denied::ForbiddenPassword.into());
    }
    let old = call.message.field(AdminField::OLD_PASSWORD).ok_or(Denied::Password)?;
    match user.password.check(old) {
        Verdict::Right => {}
        Verdict::Wrong => return Err(Denied::Password.into()),
        Verdict::Unhashed(password) => return Err(Unanswered::Unhashed(password)),
    }
    let password = call.password()?;
    call.change_user(name, |accounts| accounts.set_password(name, password))?;
    call.security.log_in(call.session, name)?;
    call.succeed();
    Ok(())
}

pub(super) fn grant_roles(call: &mut Call<'_>) -> Result<(), Denied> {
    let user = call.user()?;
    let roles = call.roles()?;
    call.change_user(user, |accounts| accounts.grant_roles(user, &roles))
}

pub(super) fn revoke_roles(call: &mut Call<'_>) -> Result<(), Denied> {
    let user = call.user()?;
    let roles = call.roles()?;
    call.change_user(user, |accounts| accounts.revoke_roles(user, &roles))
}
