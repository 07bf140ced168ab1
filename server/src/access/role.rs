//! Roles: privileges, and limits on where from and how fast they are used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spikelet_wire::admin::{Privilege, PrivilegeCode};

use super::whitelist::Whitelist;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Role {
    pub(crate) privileges: BTreeSet<Privilege>,
    pub(crate) whitelist: Whitelist,
    /// Reads per second; 0 for no limit.
    pub(crate) read_quota: u32,
    /// Writes per second; 0 for no limit.
    pub(crate) write_quota: u32,
    /// Whether the role is there from the start, and cannot be changed.
    pub(crate) is_predefined: bool,
}

impl Role {
    /// The roles that are there from the start: one for each privilege, with its name. Those for masked bins exist since 8.1.1.
    pub(crate) fn predefined(has_masking: bool) -> BTreeMap<Arc<str>, Self> {
        let codes = PrivilegeCode::ALL.iter().copied();
        codes
            .filter(|code| has_masking || *code < PrivilegeCode::MASKING_ADMIN)
            .filter_map(|code| {
                let role = Self {
                    privileges: BTreeSet::from([code.into()]),
                    is_predefined: true,
                    ..Self::default()
                };
                Some((code.name()?.into(), role))
            })
            .collect()
    }
}
