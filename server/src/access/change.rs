//! Changes of users and roles.

use std::collections::BTreeSet;
use std::sync::Arc;

use spikelet_wire::admin::{MAX_ENTRIES, Privilege};

use super::accounts::Accounts;
use super::role::Role;
use super::unique;
use super::user::{Password, User};
use super::whitelist::Whitelist;
use crate::refusal::Denied;

impl Accounts {
    /// # Errors
    /// For an unknown user.
    pub(crate) fn drop_user(&mut self, name: &str) -> Result<(), Denied> {
        self.users.remove(name).map(drop).ok_or(Denied::User)
    }

    /// Sets a new password. Tokens and logins with the old one are no longer valid.
    ///
    /// # Errors
    /// For an unknown user, and for one without a password that can be changed.
    pub(crate) fn set_password(&mut self, name: &str, password: Password) -> Result<(), Denied> {
        let user = self.user_mut(name)?;
        if !user.password.can_be_changed() {
            return Err(Denied::ForbiddenPassword);
        }
        (user.password, user.version) = (password, unique());
        Ok(())
    }

    /// Adds roles to a user.
    ///
    /// # Errors
    /// For an unknown user, for no roles, unknown ones and too many.
    pub(crate) fn grant_roles(&mut self, name: &str, roles: &[&str]) -> Result<(), Denied> {
        self.user_mut(name)?;
        let mut roles = self.some_roles(roles)?;
        let user = self.user_mut(name)?;
        roles.extend(user.roles.iter().cloned());
        if roles.len() > MAX_ENTRIES {
            return Err(Denied::Role);
        }
        user.roles = roles;
        Ok(())
    }

    /// Removes roles from a user. Those that the user does not have are ignored.
    ///
    /// # Errors
    /// For an unknown user, for no roles and unknown ones.
    pub(crate) fn revoke_roles(&mut self, name: &str, roles: &[&str]) -> Result<(), Denied> {
        self.user_mut(name)?;
        let roles = self.some_roles(roles)?;
        self.user_mut(name)?.roles.retain(|role| !roles.contains(role));
        Ok(())
    }

    /// Removes a role, also from the users that have it.
    ///
    /// # Errors
    /// For an unknown role, and for a predefined one.
    pub(crate) fn drop_role(&mut self, name: &str) -> Result<(), Denied> {
        self.role_mut(name)?;
        self.roles.remove(name);
        self.drop_unknown_roles();
        Ok(())
    }

    /// Adds privileges to a role.
    ///
    /// # Errors
    /// For an unknown or predefined role, and for privileges that are invalid, too many or none.
    pub(crate) fn grant_privileges(&mut self, name: &str, privileges: &[Privilege]) -> Result<(), Denied> {
        let role = self.role_mut(name)?;
        check(privileges)?;
        let mut all = role.privileges.clone();
        all.extend(privileges.iter().cloned());
        if all.len() > MAX_ENTRIES {
            return Err(Denied::Privilege);
        }
        role.privileges = all;
        Ok(())
    }

    /// Removes privileges from a role. Those that the role does not have are ignored.
    ///
    /// # Errors
    /// For an unknown or predefined role, and for privileges that are invalid or none.
    pub(crate) fn revoke_privileges(&mut self, name: &str, privileges: &[Privilege]) -> Result<(), Denied> {
        let role = self.role_mut(name)?;
        check(privileges)?;
        role.privileges.retain(|privilege| !privileges.contains(privilege));
        Ok(())
    }

    /// Sets the whitelist of a role; an empty one limits nothing.
    ///
    /// # Errors
    /// For an unknown or predefined role.
    pub(crate) fn set_whitelist(&mut self, name: &str, whitelist: Whitelist) -> Result<(), Denied> {
        self.role_mut(name)?.whitelist = whitelist;
        Ok(())
    }

    /// Sets the quotas of a role. One that is not given stays as it is, and so does one that a client gives as -1.
    ///
    /// # Errors
    /// For an unknown or predefined role.
    pub(crate) fn set_quotas(&mut self, name: &str, read: Option<u32>, write: Option<u32>) -> Result<(), Denied> {
        let role = self.role_mut(name)?;
        let given = |quota: Option<u32>| quota.filter(|quota| *quota != u32::MAX);
        role.read_quota = given(read).unwrap_or(role.read_quota);
        role.write_quota = given(write).unwrap_or(role.write_quota);
        Ok(())
    }

    fn user_mut(&mut self, name: &str) -> Result<&mut User, Denied> {
        self.users.get_mut(name).ok_or(Denied::User)
    }

    fn role_mut(&mut self, name: &str) -> Result<&mut Role, Denied> {
        let role = self.roles.get_mut(name).filter(|role| !role.is_predefined);
        role.ok_or(Denied::Role)
    }

    fn some_roles(&self, names: &[&str]) -> Result<BTreeSet<Arc<str>>, Denied> {
        match names {
            [] => Err(Denied::Role),
            names => self.roles_of(names),
        }
    }
}

fn check(privileges: &[Privilege]) -> Result<(), Denied> {
    match privileges.iter().all(Privilege::is_valid) && !privileges.is_empty() {
        true => Ok(()),
        false => Err(Denied::Privilege),
    }
}

#[cfg(test)]
mod tests {
    use spikelet_wire::admin::PrivilegeCode;

    use super::*;

    fn accounts() -> Accounts {
        let mut accounts = Accounts::new(true);
        let password = Password::of_hash(b"hash").unwrap();
        accounts.create_user("app", password, &["read-write", "read"]).unwrap();
        let role = Role {
            privileges: BTreeSet::from([PrivilegeCode::READ.into()]),
            ..Role::default()
        };
        accounts.create_role("reader", role).unwrap();
        accounts
    }

    fn roles(accounts: &Accounts, user: &str) -> Vec<String> {
        accounts
            .user(user)
            .unwrap()
            .roles
            .iter()
            .map(|role| role.to_string())
            .collect()
    }

    #[test]
    fn names_have_up_to_63_bytes() {
        let mut accounts = accounts();
        let password = || Password::of_hash(b"hash").unwrap();
        for name in ["", "a\nb", &"x".repeat(64)] {
            assert_eq!(accounts.create_user(name, password(), &[]), Err(Denied::User));
            assert_eq!(accounts.create_role(name, Role::default()), Err(Denied::Role));
        }
        assert_eq!(accounts.create_user(&"x".repeat(63), password(), &[]), Ok(()));
        assert_eq!(accounts.create_user("app", password(), &[]), Err(Denied::UserExists));
        assert_eq!(accounts.create_user("b", password(), &["no-role"]), Err(Denied::Role));
        assert_eq!(accounts.create_role("read", Role::default()), Err(Denied::RoleExists));
    }

    #[test]
    fn roles_are_granted_and_revoked() {
        let mut accounts = accounts();
        assert_eq!(accounts.grant_roles("nobody", &["read"]), Err(Denied::User));
        assert_eq!(accounts.grant_roles("app", &[]), Err(Denied::Role));
        assert_eq!(accounts.grant_roles("app", &["read", "no-role"]), Err(Denied::Role));
        assert_eq!(accounts.grant_roles("app", &["read", "sys-admin", "reader"]), Ok(()));
        assert_eq!(roles(&accounts, "app"), ["read", "read-write", "reader", "sys-admin"]);
        assert_eq!(accounts.revoke_roles("app", &["write", "read"]), Ok(()));
        assert_eq!(accounts.drop_role("reader"), Ok(()));
        assert_eq!(roles(&accounts, "app"), ["read-write", "sys-admin"]);
        assert_eq!(accounts.drop_role("read-write"), Err(Denied::Role));
    }

    #[test]
    fn privileges_are_granted_and_revoked() {
        let mut accounts = accounts();
        let of = |text: &str| text.parse::<Privilege>().unwrap();
        assert_eq!(accounts.grant_privileges("reader", &[]), Err(Denied::Privilege));
        assert_eq!(
            accounts.grant_privileges("reader", &[Privilege::new(PrivilegeCode(64))]),
            Err(Denied::Privilege)
        );
        assert_eq!(accounts.grant_privileges("read", &[of("write")]), Err(Denied::Role));
        assert_eq!(
            accounts.grant_privileges("reader", &[of("write.test.demo"), of("sys-admin")]),
            Ok(())
        );
        assert_eq!(
            accounts.revoke_privileges("reader", &[of("write.test"), of("read")]),
            Ok(())
        );
        let left: Vec<_> = accounts
            .role("reader")
            .unwrap()
            .privileges
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(left, ["sys-admin", "write.test.demo"]);
    }

    #[test]
    fn a_quota_of_minus_one_stays_as_it_is() {
        let mut accounts = accounts();
        assert_eq!(accounts.set_quotas("reader", Some(5), Some(6)), Ok(()));
        assert_eq!(accounts.set_quotas("reader", Some(u32::MAX), None), Ok(()));
        let role = accounts.role("reader").unwrap();
        assert_eq!((role.read_quota, role.write_quota), (5, 6));
    }

    #[test]
    fn another_password_is_another_version() {
        let mut accounts = accounts();
        let before = accounts.rights("app").unwrap().version;
        accounts
            .set_password("app", Password::of_hash(b"other").unwrap())
            .unwrap();
        assert_ne!(accounts.rights("app").unwrap().version, before);
        accounts.put_user("pki", Password::Certificate, &["read"]).unwrap();
        let other = Password::of_hash(b"other").unwrap();
        assert_eq!(
            accounts.set_password("pki", other.clone()),
            Err(Denied::ForbiddenPassword)
        );
        assert_eq!(accounts.set_password("nobody", other), Err(Denied::User));
    }
}
