//! Arguments of security: users and roles.

use crate::RoleConfig;

/// A user with its password and its roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    /// Empty for a user with a certificate.
    pub(super) password: String,
    pub(super) roles: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role(pub(super) RoleConfig);

/// Parses a time in seconds, minutes, hours or days.
pub(super) fn seconds(text: &str) -> Result<u32, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 24 * 3600)];
    let unit = units
        .iter()
        .find_map(|(unit, size)| Some((text.strip_suffix(*unit)?, *size)));
    let (number, size) = unit.unwrap_or((text, 1));
    let seconds = number.parse().ok().and_then(|number: u32| number.checked_mul(size));
    seconds
        .ok_or_else(|| "expected a number of seconds, or a number with a unit, such as 90s, 15m, 12h or 30d".to_owned())
}

/// Parses `name:password:role+role`. The password may contain colons.
pub(super) fn user(text: &str) -> Result<User, String> {
    let (name, rest) = text.split_once(':').ok_or(USER)?;
    let (password, roles) = rest.rsplit_once(':').ok_or(USER)?;
    Ok(User {
        name: name.to_owned(),
        password: password.to_owned(),
        roles: words(roles),
    })
}

/// Parses `name:role+role`.
pub(super) fn pki_user(text: &str) -> Result<User, String> {
    let (name, roles) = text.rsplit_once(':').ok_or("expected NAME:ROLE[+ROLE...]")?;
    Ok(User {
        name: name.to_owned(),
        password: String::new(),
        roles: words(roles),
    })
}

/// Parses `name:privilege+privilege,parameter=value,...`.
pub(super) fn role(text: &str) -> Result<Role, String> {
    let mut parts = text.split(',');
    let (name, privileges) = parts
        .next()
        .and_then(|first| first.split_once(':'))
        .ok_or("expected NAME:PRIVILEGE[+PRIVILEGE...][,PARAMETER=VALUE...]")?;
    let mut role = RoleConfig::new(name, words(privileges));
    for part in parts {
        let (parameter, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is not of the form parameter=value"))?;
        let number = || {
            let wrong = |_| format!("{parameter}={value}: {value:?} is not a number of commands per second");
            value.parse().map_err(wrong)
        };
        match parameter {
            "whitelist" => role.whitelist = words(value),
            "read-quota" => role.read_quota = number()?,
            "write-quota" => role.write_quota = number()?,
            _ => {
                return Err(format!(
                    "unknown parameter {parameter:?}, expected one of whitelist, read-quota, write-quota"
                ));
            }
        }
    }
    Ok(Role(role))
}

const USER: &str = "expected NAME:PASSWORD:ROLE[+ROLE...]";

/// Words with plus signs between them; none for an empty text.
fn words(text: &str) -> Vec<String> {
    match text {
        "" => Vec::new(),
        text => text.split('+').map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_contain_colons() {
        let parsed = user("app:se:cr:et:read-write+orders").unwrap();
        assert_eq!((parsed.name.as_str(), parsed.password.as_str()), ("app", "se:cr:et"));
        assert_eq!(parsed.roles, ["read-write", "orders"]);
        assert!(user("app::").unwrap().roles.is_empty());
        assert_eq!(user("app:secret").unwrap_err(), USER);
        assert_eq!(pki_user("app:read").unwrap().roles, ["read"]);
    }

    #[test]
    fn times_have_units() {
        assert_eq!(["90", "2m", "1d"].map(seconds), [Ok(90), Ok(120), Ok(86_400)]);
        assert!(
            ["", "m", "1w", "99999999d"]
                .into_iter()
                .all(|text| seconds(text).is_err())
        );
    }

    #[test]
    fn a_role_has_parameters() {
        let parsed = role("orders:read.test+write.test.orders,whitelist=127.0.0.1+10.0.0.0/8,read-quota=100").unwrap();
        let expected = RoleConfig {
            whitelist: vec!["127.0.0.1".to_owned(), "10.0.0.0/8".to_owned()],
            read_quota: 100,
            ..RoleConfig::new("orders", ["read.test", "write.test.orders"])
        };
        assert_eq!(parsed, Role(expected));
        assert!(role("orders").unwrap_err().contains("PRIVILEGE"));
        assert!(
            role("a:read,quota=1")
                .unwrap_err()
                .contains("unknown parameter \"quota\"")
        );
        assert!(role("a:read,read-quota=x").unwrap_err().starts_with("read-quota=x"));
    }
}
