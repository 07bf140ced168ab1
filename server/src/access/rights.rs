//! Rights: what one user may do.

use std::net::IpAddr;
use std::sync::Arc;

use super::meter::Direction;
use super::role::Role;
use super::whitelist::Whitelist;
use crate::permission::{Permission, Permissions};

/// What one user may do, from all of the user's roles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    pub(crate) user: Arc<str>,
    /// The version of the user's password.
    pub(crate) version: u64,
    /// Permissions everywhere.
    global: Permissions,
    /// Permissions in a namespace, or in a set of it.
    scoped: Vec<Scope>,
    /// The whitelists of all roles that have one.
    whitelists: Vec<Whitelist>,
    /// Reads per second: the largest quota of a role; 0 for no limit.
    read_quota: u32,
    /// Writes per second.
    write_quota: u32,
}

#[derive(Debug, Clone)]
struct Scope {
    namespace: String,
    /// Empty for the whole namespace.
    set: String,
    permissions: Permissions,
}

impl Rights {
    pub(super) fn new<'r>(user: Arc<str>, version: u64, roles: impl Iterator<Item = &'r Role>) -> Self {
        let mut rights = Self {
            user,
            version,
            ..Self::default()
        };
        for role in roles {
            for privilege in &role.privileges {
                let permissions = Permissions::of_privilege(privilege.code);
                if privilege.namespace.is_empty() {
                    rights.global = rights.global.union(permissions);
                } else {
                    rights.scoped.push(Scope {
                        namespace: privilege.namespace.clone(),
                        set: privilege.set.clone(),
                        permissions,
                    });
                }
            }
            if !role.whitelist.is_empty() {
                rights.whitelists.push(role.whitelist.clone());
            }
            rights.read_quota = rights.read_quota.max(role.read_quota);
            rights.write_quota = rights.write_quota.max(role.write_quota);
        }
        rights
    }

    /// Checks permissions that concern no namespace, or all of them.
    ///
    /// # Errors
    /// The first permission that is missing.
    pub(crate) fn check(&self, needed: Permissions) -> Result<(), Permission> {
        needed.missing_in(self.global).map_or(Ok(()), Err)
    }

    /// Checks permissions in a set of a namespace, or in the whole namespace if the name of the set is empty. Those of several
    /// privileges add up.
    ///
    /// # Errors
    /// The first permission that is missing.
    pub(crate) fn check_in(&self, namespace: &[u8], set: &[u8], needed: Permissions) -> Result<(), Permission> {
        if self.check(needed).is_ok() {
            return Ok(());
        }
        let applies = |scope: &&Scope| {
            scope.namespace.as_bytes() == namespace && (scope.set.is_empty() || scope.set.as_bytes() == set)
        };
        let scoped = self.scoped.iter().filter(applies);
        let granted = scoped.fold(self.global, |granted, scope| granted.union(scope.permissions));
        needed.missing_in(granted).map_or(Ok(()), Err)
    }

    /// The quota, per second; 0 for no limit.
    pub(crate) const fn quota(&self, direction: Direction) -> u32 {
        match direction {
            Direction::Read => self.read_quota,
            Direction::Write => self.write_quota,
        }
    }

    /// Whether the user may come from this address: any if no role has a whitelist, otherwise one on any of the whitelists. A
    /// client without a socket comes from this machine.
    pub(crate) fn allows_from(&self, address: Option<IpAddr>) -> bool {
        let address = address.unwrap_or(IpAddr::from([127, 0, 0, 1]));
        self.whitelists.is_empty() || self.whitelists.iter().any(|whitelist| whitelist.includes(address))
    }
}

#[cfg(test)]
mod tests {
    use spikelet_wire::admin::Privilege;

    use super::*;

    fn rights(privileges: &[&str]) -> Rights {
        let role = Role {
            privileges: privileges
                .iter()
                .map(|text| text.parse::<Privilege>().unwrap())
                .collect(),
            ..Role::default()
        };
        Rights::new("app".into(), 1, std::iter::once(&role))
    }

    #[test]
    fn a_privilege_is_limited_to_its_namespace_and_set() {
        let rights = rights(&["read.test", "write.test.demo"]);
        let (read, write) = (
            Permissions::of(&[Permission::Read]),
            Permissions::of(&[Permission::Write]),
        );
        assert_eq!(rights.check_in(b"test", b"demo", read.union(write)), Ok(()));
        assert_eq!(rights.check_in(b"test", b"", read), Ok(()));
        assert_eq!(rights.check_in(b"test", b"", write), Err(Permission::Write));
        assert_eq!(rights.check_in(b"test", b"other", write), Err(Permission::Write));
        assert_eq!(rights.check_in(b"bar", b"demo", read), Err(Permission::Read));
        assert_eq!(rights.check(read), Err(Permission::Read));
    }

    #[test]
    fn whitelists_of_several_roles_add_up_and_the_largest_quota_counts() {
        let role = |whitelist: &str, read_quota| Role {
            whitelist: Whitelist::parse(whitelist).unwrap(),
            read_quota,
            ..Role::default()
        };
        let roles = [role("10.0.0.0/8", 5), role("", 0), role("127.0.0.1", 50)];
        let rights = Rights::new("app".into(), 1, roles.iter());
        assert!(rights.allows_from(Some([10, 1, 2, 3].into())) && rights.allows_from(None));
        assert!(!rights.allows_from(Some([11, 1, 2, 3].into())));
        assert_eq!((rights.read_quota, rights.write_quota), (50, 0));
    }
}
