//! The options of security: users and roles, by name.

use spikelet::{Authentication, Builder, Map, RoleConfig, Value};

use crate::argument::{Argument, unknown};
use crate::error::{Error, Kind};
use crate::naming::Naming;

const USER: &str = "a map with the user's 'password' and 'roles'";
const ROLE: &str = "a list of privileges, or a map with 'privileges'";

/// Adds the users of a map from names to passwords and roles.
pub(crate) fn users(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    entries(argument)?.try_fold(builder, |builder, entry| {
        let (name, value) = entry?;
        let parameters = Argument::new(name, value);
        let (mut password, mut roles) = (None, Vec::new());
        for (key, value) in map(parameters, USER)? {
            let (given, value) = parameter(parameters, key, value)?;
            match naming.find(given, &["password", "external_password", "roles"]) {
                Some("password") => password = Some(Authentication::Password(value.text()?.to_owned())),
                Some("external_password") => password = Some(Authentication::External(value.text()?.to_owned())),
                Some("roles") => roles = texts(value, "the names of roles")?,
                _ => {
                    let expected = ["password", "external_password", "roles"];
                    return Err(unknown("parameter of a user", given, &expected, naming));
                }
            }
        }
        Ok(builder.add_user(name, password.unwrap_or(Authentication::Certificate), roles))
    })
}

/// Adds the roles of a map from names to privileges, or to privileges and more.
pub(crate) fn roles(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    entries(argument)?.try_fold(builder, |builder, entry| {
        let (name, value) = entry?;
        let mut role = RoleConfig::new(name, [""; 0]);
        let parameters = Argument::new(name, value);
        if let Value::List(_) = value {
            role.privileges = texts(parameters, ROLE)?;
            return Ok(builder.add_role(role));
        }
        for (key, value) in map(parameters, ROLE)? {
            let (given, value) = parameter(parameters, key, value)?;
            match naming.find(given, &["privileges", "whitelist", "read_quota", "write_quota"]) {
                Some("privileges") => role.privileges = texts(value, "privileges")?,
                Some("whitelist") => role.whitelist = texts(value, "addresses and networks")?,
                Some("read_quota") => role.read_quota = value.integer(0..=i64::from(u32::MAX))?,
                Some("write_quota") => role.write_quota = value.integer(0..=i64::from(u32::MAX))?,
                _ => {
                    let expected = ["privileges", "whitelist", "read_quota", "write_quota"];
                    return Err(unknown("parameter of a role", given, &expected, naming));
                }
            }
        }
        Ok(builder.add_role(role))
    })
}

/// The entries of a map with names as keys.
fn entries(argument: Argument<'_>) -> Result<impl Iterator<Item = Result<(&str, &Value), Error>>, Error> {
    let map = map(argument, "a map with names as keys")?;
    Ok(map.iter().map(move |(name, value)| match name {
        Value::String(name) => Ok((name.as_str(), value)),
        other => Err(Argument::new(argument.name, other).wrong_type("a name")),
    }))
}

fn map<'a>(argument: Argument<'a>, expected: &str) -> Result<&'a Map, Error> {
    match argument.value {
        Value::Map(map) => Ok(map),
        _ => Err(argument.wrong_type(expected)),
    }
}

fn parameter<'a>(of: Argument<'a>, key: &'a Value, value: &'a Value) -> Result<(&'a str, Argument<'a>), Error> {
    match key {
        Value::String(name) => Ok((name, Argument::new(name, value))),
        key => Err(Error::new(
            Kind::Type,
            format!("{}: expected the name of a parameter, got {key:?}", of.name),
        )),
    }
}

fn texts(argument: Argument<'_>, of: &str) -> Result<Vec<String>, Error> {
    let items = argument.list(of)?.iter();
    items
        .map(|item| Argument::new(argument.name, item).text().map(str::to_owned))
        .collect()
}
