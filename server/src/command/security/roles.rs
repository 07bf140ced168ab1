//! The administration of roles.

use spikelet_wire::admin::AdminField;

use super::call::Call;
use crate::access::Role;
use crate::refusal::Denied;

pub(super) fn create(call: &mut Call<'_>) -> Result<(), Denied> {
    let name = call.role()?;
    let privileges = call.privileges()?;
    // Clients leave the field out if there are none.
    if privileges.as_ref().is_some_and(Vec::is_empty) {
        return Err(Denied::Privilege);
    }
    let whitelist = call.whitelist()?;
    let quotas = quotas(call)?;
    if quotas != (None, None) && !call.security.settings().enable_quotas {
        return Err(Denied::QuotasNotEnabled);
    }
    let role = Role {
        privileges: privileges.unwrap_or_default().into_iter().collect(),
        whitelist,
        read_quota: quotas.0.unwrap_or(0),
        write_quota: quotas.1.unwrap_or(0),
        is_predefined: false,
    };
    call.change_role(name, |accounts| accounts.create_role(name, role))
}

pub(super) fn drop(call: &mut Call<'_>) -> Result<(), Denied> {
    let name = call.role()?;
    call.change_role(name, |accounts| accounts.drop_role(name))
}

pub(super) fn grant_privileges(call: &mut Call<'_>) -> Result<(), Denied> {
    let name = call.role()?;
    let privileges = call.privileges()?.unwrap_or_default();
    call.change_role(name, |accounts| accounts.grant_privileges(name, &privileges))
}

pub(super) fn revoke_privileges(call: &mut Call<'_>) -> Result<(), Denied> {
    let name = call.role()?;
    let privileges = call.privileges()?.unwrap_or_default();
    call.change_role(name, |accounts| accounts.revoke_privileges(name, &privileges))
}

/// Sets the whitelist, or removes it if there is none in the request.
pub(super) fn set_whitelist(call: &mut Call<'_>) -> Result<(), Denied> {
    let name = call.role()?;
    let whitelist = call.whitelist()?;
    call.change_role(name, |accounts| accounts.set_whitelist(name, whitelist))
}

pub(super) fn set_quotas(call: &mut Call<'_>) -> Result<(), Denied> {
    let name = call.role()?;
    if !call.security.settings().enable_quotas {
        return Err(Denied::QuotasNotEnabled);
    }
    let (read, write) = quotas(call)?;
    call.change_role(name, |accounts| accounts.set_quotas(name, read, write))
}

fn quotas(call: &Call<'_>) -> Result<(Option<u32>, Option<u32>), Denied> {
    Ok((
        call.quota(AdminField::READ_QUOTA)?,
        call.quota(AdminField::WRITE_QUOTA)?,
    ))
}
