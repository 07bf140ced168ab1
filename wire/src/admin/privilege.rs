//! Privileges: what a role permits, and where.

use std::fmt;
use std::str::FromStr;

/// The code of a privilege: what it permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrivilegeCode(pub u8);

macro_rules! privilege_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl PrivilegeCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// All privileges, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name, which is also that of the predefined role with this privilege; `None` for an unknown code.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

privilege_codes! {
    /// Users and roles may be managed.
    USER_ADMIN = 0, "user-admin";
    /// The server may be configured.
    SYS_ADMIN = 1, "sys-admin";
    /// UDF modules and secondary indexes may be managed, queries aborted and sets truncated.
    DATA_ADMIN = 2, "data-admin";
    /// UDF modules may be managed.
    UDF_ADMIN = 3, "udf-admin";
    /// Secondary indexes may be managed.
    SINDEX_ADMIN = 4, "sindex-admin";
    /// Records may be read.
    READ = 10, "read";
    /// Records may be read and written.
    READ_WRITE = 11, "read-write";
    /// Records may be read and written, also by UDFs.
    READ_WRITE_UDF = 12, "read-write-udf";
    /// Records may be written.
    WRITE = 13, "write";
    /// Sets and namespaces may be truncated.
    TRUNCATE = 14, "truncate";
    /// Masking rules may be managed.
    MASKING_ADMIN = 15, "masking-admin";
    /// Masked bins may be read as they are.
    READ_MASKED = 16, "read-masked";
    /// Masked bins may be written.
    WRITE_MASKED = 17, "write-masked";
}

impl PrivilegeCode {
    /// Whether the privilege has the names of a namespace and a set on the wire, which may be empty.
    #[must_use]
    pub const fn has_scope(self) -> bool {
        self.0 >= Self::READ.0
    }

    /// Whether the privilege may be limited to a namespace or a set.
    #[must_use]
    pub const fn can_be_limited(self) -> bool {
        self.has_scope() && self.0 != Self::MASKING_ADMIN.0
    }
}

impl fmt::Display for PrivilegeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "privilege {}", self.0),
        }
    }
}

/// A privilege, and the namespace and the set to which it is limited.
///
/// As text it is the name, the namespace and the set, with dots between them.
///
/// ```
/// use spikelet_wire::admin::{Privilege, PrivilegeCode};
///
/// let privilege = Privilege::new(PrivilegeCode::READ).namespace("test").set("demo");
/// assert_eq!("read.test.demo".parse(), Ok(privilege.clone()));
/// assert_eq!(privilege.to_string(), "read.test.demo");
/// assert_eq!("sys-admin".parse(), Ok(Privilege::from(PrivilegeCode::SYS_ADMIN)));
/// assert!("reading".parse::<Privilege>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Privilege {
    /// What it permits.
    pub code: PrivilegeCode,
    /// The only namespace in which it permits that; empty for all namespaces.
    pub namespace: String,
    /// The only set in which it permits that; empty for all sets of the namespace.
    pub set: String,
}

impl Privilege {
    /// A privilege without limits.
    #[must_use]
    pub const fn new(code: PrivilegeCode) -> Self {
        Self {
            code,
            namespace: String::new(),
            set: String::new(),
        }
    }

    /// Limits the privilege to a namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Limits the privilege to a set of its namespace.
    #[must_use]
    pub fn set(mut self, set: impl Into<String>) -> Self {
        self.set = set.into();
        self
    }

    /// Whether a server accepts the privilege: its code is known, a set has a namespace, and what cannot be limited is not.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.code.name().is_some()
            && (self.set.is_empty() || !self.namespace.is_empty())
            && (self.namespace.is_empty() || self.code.can_be_limited())
    }
}

impl From<PrivilegeCode> for Privilege {
    fn from(code: PrivilegeCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        let scope = [&self.namespace, &self.set];
        scope
            .into_iter()
            .filter(|name| !name.is_empty())
            .try_for_each(|name| write!(f, ".{name}"))
    }
}

/// The text is no privilege.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPrivilege(pub String);

impl fmt::Display for UnknownPrivilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = PrivilegeCode::ALL.iter().filter_map(|code| code.name()).collect();
        write!(
            f,
            "'{}' is no privilege: expected one of {}, and for those on records .NAMESPACE or .NAMESPACE.SET after it",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for UnknownPrivilege {}

impl FromStr for Privilege {
    type Err = UnknownPrivilege;

    fn from_str(text: &str) -> Result<Self, UnknownPrivilege> {
        let mut parts = text.splitn(3, '.');
        let name = parts.next().unwrap_or_default();
        let code = PrivilegeCode::ALL.iter().find(|code| code.name() == Some(name));
        let scope: Vec<_> = parts.collect();
        let unknown = || UnknownPrivilege(text.to_owned());
        if scope.contains(&"") {
            return Err(unknown());
        }
        let privilege = Self::new(*code.ok_or_else(unknown)?)
            .namespace(*scope.first().unwrap_or(&""))
            .set(*scope.get(1).unwrap_or(&""));
        if privilege.is_valid() {
            Ok(privilege)
        } else {
            Err(unknown())
        }
    }
}

impl TryFrom<&str> for Privilege {
    type Error = UnknownPrivilege;

    fn try_from(text: &str) -> Result<Self, UnknownPrivilege> {
        text.parse()
    }
}

impl TryFrom<String> for Privilege {
    type Error = UnknownPrivilege;

    fn try_from(text: String) -> Result<Self, UnknownPrivilege> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_privileges_on_records_can_be_limited() {
        for text in [
            "sys-admin.test",
            "masking-admin.test",
            "read.",
            "read..demo",
            "read.test.",
            "Read",
        ] {
            let error = text.parse::<Privilege>().unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("'{text}' is no privilege")),
                "{error}"
            );
        }
        // The name of a set may have dots.
        assert_eq!("write.test.a.b".parse::<Privilege>().unwrap().set, "a.b");
        assert!(!Privilege::new(PrivilegeCode::READ).set("demo").is_valid());
        assert!(!Privilege::new(PrivilegeCode(5)).is_valid());
    }
}
