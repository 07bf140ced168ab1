//! Accounts: the users and roles of a server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spikelet_wire::admin::{MAX_ENTRIES, MAX_NAME};

use super::rights::Rights;
use super::role::Role;
use super::user::{Password, User};
use crate::refusal::Denied;

/// The users and roles of a server. All nodes of a cluster have the same.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    pub(super) users: BTreeMap<Arc<str>, User>,
    pub(super) roles: BTreeMap<Arc<str>, Role>,
}

/// The user that is there from the start, and its role.
const ADMIN: (&str, &str) = ("admin", "user-admin");

impl Accounts {
    /// The predefined roles, and the user `admin` with the password `admin` and the role `user-admin`.
    pub(crate) fn new(has_masking: bool) -> Self {
        let (admin, role) = ADMIN;
        let password = Password::Clear(Arc::new(super::ClearPassword::new(admin)));
        Self {
            users: BTreeMap::from([(admin.into(), User::new(password, BTreeSet::from([role.into()])))]),
            roles: Role::predefined(has_masking),
        }
    }

    /// The users, in the order of their names.
    pub(crate) fn users(&self) -> impl Iterator<Item = (&Arc<str>, &User)> {
        self.users.iter()
    }

    /// The roles, in the order of their names.
    pub(crate) fn roles(&self) -> impl Iterator<Item = (&Arc<str>, &Role)> {
        self.roles.iter()
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    /// What a user may do; `None` without such a user.
    pub(crate) fn rights(&self, name: &str) -> Option<Rights> {
        let (name, user) = self.users.get_key_value(name)?;
        let roles = user.roles.iter().filter_map(|role| self.roles.get(role));
        Some(Rights::new(Arc::clone(name), user.version, roles))
    }

    /// Creates a user, which must not exist.
    ///
    /// # Errors
    /// For an invalid name, a user that exists, and roles that do not.
    pub(crate) fn create_user(&mut self, name: &str, password: Password, roles: &[&str]) -> Result<(), Denied> {
        if !is_name(name) {
            return Err(Denied::User);
        }
        if self.users.contains_key(name) {
            return Err(Denied::UserExists);
        }
        let roles = self.roles_of(roles)?;
        self.users.insert(name.into(), User::new(password, roles));
        Ok(())
    }

    /// Creates a user, or replaces the one with that name.
    ///
    /// # Errors
    /// For an invalid name, and for roles that do not exist.
    pub(crate) fn put_user(&mut self, name: &str, password: Password, roles: &[&str]) -> Result<(), Denied> {
        if !is_name(name) {
            return Err(Denied::User);
        }
        let roles = self.roles_of(roles)?;
        self.users.insert(name.into(), User::new(password, roles));
        Ok(())
    }

    /// Creates a role, which must not exist.
    ///
    /// # Errors
    /// For an invalid name, a role that exists, and privileges that are invalid or too many.
    pub(crate) fn create_role(&mut self, name: &str, role: Role) -> Result<(), Denied> {
        if !is_name(name) {
            return Err(Denied::Role);
        }
        if self.roles.contains_key(name) {
            return Err(Denied::RoleExists);
        }
        let are_valid = role.privileges.iter().all(|privilege| privilege.is_valid());
        if !are_valid || role.privileges.len() > MAX_ENTRIES {
            return Err(Denied::Privilege);
        }
        self.roles.insert(name.into(), role);
        Ok(())
    }

    /// The roles with these names, which must exist.
    pub(super) fn roles_of(&self, names: &[&str]) -> Result<BTreeSet<Arc<str>>, Denied> {
        let find = |name: &&str| self.roles.get_key_value(*name).map(|(name, _)| Arc::clone(name));
        names.iter().map(find).collect::<Option<_>>().ok_or(Denied::Role)
    }

    /// Takes over a user from another subcluster, or its absence. Roles that exist no more are removed from it.
    pub(crate) fn merge_user(&mut self, name: &str, other: &Self) {
        match other.users.get_key_value(name) {
            Some((name, user)) => drop(self.users.insert(Arc::clone(name), user.clone())),
            None => drop(self.users.remove(name)),
        }
    }

    /// Takes over a role from another subcluster, or its absence.
    pub(crate) fn merge_role(&mut self, name: &str, other: &Self) {
        match other.roles.get_key_value(name) {
            Some((name, role)) => drop(self.roles.insert(Arc::clone(name), role.clone())),
            None => drop(self.roles.remove(name)),
        }
    }

    /// Removes from all users the roles that do not exist.
    pub(crate) fn drop_unknown_roles(&mut self) {
        for user in self.users.values_mut() {
            user.roles.retain(|role| self.roles.contains_key(role));
        }
    }
}

/// Whether a user or a role may have this name: 1 to 63 bytes without control characters.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && !name.contains(char::is_control)
}
