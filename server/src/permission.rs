//! Permissions: what a user may do, in the real server's names.

use std::fmt;

use spikelet_wire::admin::PrivilegeCode;

macro_rules! permissions {
    ($($name:ident = $text:literal,)*) => {
        /// A permission that a command can need.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub(crate) enum Permission {
            $($name,)*
        }

        impl Permission {
            const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the errors of info commands.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

permissions! {
    // Commands on records.
    Read = "read",
    Query = "query",
    Write = "write",
    Delete = "delete",
    UdfApply = "udf-apply",
    UdfQuery = "udf-query",
    OpsQuery = "ops-query",
    MaskingAdmin = "masking-admin",
    ReadMasked = "read-masked",
    WriteMasked = "write-masked",
    // Metadata of records.
    UdfAdmin = "udf-admin",
    SindexAdmin = "sindex-admin",
    QueryAdmin = "query-admin",
    Truncate = "truncate",
    EvictAdmin = "evict-admin",
    RecordInfo = "record-info",
    // The server.
    SetConfig = "set-config",
    LoggingCtrl = "logging-ctrl",
    ServiceCtrl = "service-ctrl",
    XdrSetFilter = "xdr-set-filter",
    // Users and roles.
    UserAdmin = "user-admin",
}

use Permission::*;

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Permissions(u32);

impl Permissions {
    /// These permissions.
    pub(crate) const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < permissions.len() {
            bits |= 1 << permissions[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// What a privilege permits. An unknown one permits nothing.
    ///
    /// The real server's table is not public. This one follows the groups in its header `security.h`: those of
    /// metadata belong to `data-admin`, those of the server to `sys-admin`.
    pub(crate) const fn of_privilege(code: PrivilegeCode) -> Self {
        match code {
            PrivilegeCode::USER_ADMIN => Self::of(&[UserAdmin]),
            PrivilegeCode::SYS_ADMIN => Self::of(&[SetConfig, LoggingCtrl, ServiceCtrl, XdrSetFilter]),
            PrivilegeCode::DATA_ADMIN => {
                Self::of(&[UdfAdmin, SindexAdmin, QueryAdmin, Truncate, EvictAdmin, RecordInfo])
            }
            PrivilegeCode::UDF_ADMIN => Self::of(&[UdfAdmin]),
            PrivilegeCode::SINDEX_ADMIN => Self::of(&[SindexAdmin]),
            PrivilegeCode::READ => Self::of(&[Read, Query]),
            PrivilegeCode::READ_WRITE => Self::of(&[Read, Query, Write, Delete, OpsQuery]),
            PrivilegeCode::READ_WRITE_UDF => Self::of(&[Read, Query, Write, Delete, OpsQuery, UdfApply, UdfQuery]),
            PrivilegeCode::WRITE => Self::of(&[Write, Delete, OpsQuery]),
            PrivilegeCode::TRUNCATE => Self::of(&[Truncate]),
            PrivilegeCode::MASKING_ADMIN => Self::of(&[MaskingAdmin]),
            PrivilegeCode::READ_MASKED => Self::of(&[ReadMasked]),
            PrivilegeCode::WRITE_MASKED => Self::of(&[WriteMasked]),
            _ => Self(0),
        }
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The first of these permissions that `granted` does not have.
    pub(crate) fn missing_in(self, granted: Self) -> Option<Permission> {
        let missing = self.0 & !granted.0;
        Permission::ALL
            .iter()
            .copied()
            .find(|permission| missing & (1 << *permission as u8) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_privilege_permits_what_its_name_says() {
        let of = Permissions::of_privilege;
        let needed = Permissions::of(&[Write, Read]);
        assert_eq!(needed.missing_in(of(PrivilegeCode::READ_WRITE)), None);
        assert_eq!(needed.missing_in(of(PrivilegeCode::READ)), Some(Write));
        assert_eq!(needed.missing_in(of(PrivilegeCode::WRITE)), Some(Read));
        assert_eq!(
            needed.missing_in(of(PrivilegeCode::READ).union(of(PrivilegeCode::WRITE))),
            None
        );
        assert_eq!(
            Permissions::of(&[UdfApply]).missing_in(of(PrivilegeCode::READ_WRITE)),
            Some(UdfApply)
        );
        assert_eq!(of(PrivilegeCode(5)), Permissions::default());
    }

    /// No privilege is forgotten, and no permission is out of reach.
    #[test]
    fn every_privilege_permits_something_and_every_permission_is_granted_by_one() {
        let granted = PrivilegeCode::ALL.iter().map(|code| Permissions::of_privilege(*code));
        assert!(granted.clone().all(|permissions| permissions != Permissions::default()));
        let all = granted.fold(Permissions::default(), Permissions::union);
        assert_eq!(Permissions::of(Permission::ALL).missing_in(all), None);
    }
}
