//! The options of the Enterprise Edition: security and TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use spikelet::{AuthenticateClient, Authentication, Builder, RoleConfig, SecurityConfig, TlsConfig, UserConfig, Value};

use crate::argument::{Argument, unknown};
use crate::error::{Error, Kind};
use crate::naming::Naming;

/// An object with these fields, of which those that are given are passed on.
fn fields<'a>(
    argument: Argument<'a>,
    expected: &str,
    known: &'static [&'static str],
    naming: Naming,
    mut take: impl FnMut(&'static str, Argument<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    let Value::Map(map) = argument.value else {
        return Err(argument.wrong_type(expected));
    };
    for (name, value) in map.iter() {
        let Value::String(given) = name else {
            return Err(Argument::new(argument.name, name).wrong_type("the name of a field"));
        };
        let what = format!("field of {}", argument.name);
        let name = naming
            .find(given, known)
            .ok_or_else(|| unknown(&what, given, known, naming))?;
        let field = Argument::new(given, value);
        if field.is_given() {
            take(name, field)?;
        }
    }
    Ok(())
}

fn texts(argument: Argument<'_>, of: &str) -> Result<Vec<String>, Error> {
    let items = argument.list(of)?.iter();
    items
        .map(|item| Argument::new(argument.name, item).text().map(str::to_owned))
        .collect()
}

fn missing(argument: Argument<'_>, what: &str, field: &str) -> Error {
    Error::new(Kind::Value, format!("{}: {what} needs a '{field}'", argument.name))
}

/// Reads `security`: true, or its parameters.
pub(crate) fn security(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    let mut config = SecurityConfig::default();
    match argument.value {
        Value::Bool(false) => return Ok(builder),
        Value::Bool(true) => {}
        _ => fields(
            argument,
            "true, or a map of parameters",
            &["enable_quotas", "session_ttl"],
            naming,
            |name, field| {
                match name {
                    "enable_quotas" => config.enable_quotas = field.flag()?,
                    _ => config.session_ttl = field.integer(120..=864_000)?,
                }
                Ok(())
            },
        )?,
    }
    Ok(builder.security(config))
}

/// Reads `users`: a list of maps with `name`, `password`, `roles` and `auth_mode`.
pub(crate) fn users(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    const EXPECTED: &str = "users, each a map of 'name', 'password' and 'roles'";
    let items = argument.list(EXPECTED)?.iter();
    items
        .map(|item| Argument::new(argument.name, item))
        .try_fold(builder, |builder, item| {
            let user = user(item, naming)?;
            Ok(builder.add_user(user.name, user.authentication, user.roles))
        })
}

fn user(argument: Argument<'_>, naming: Naming) -> Result<UserConfig, Error> {
    let (mut name, mut password, mut roles, mut mode) = (None, None, Vec::new(), "internal");
    fields(
        argument,
        "a map of 'name', 'password' and 'roles'",
        &["name", "password", "roles", "auth_mode"],
        naming,
        |field, value| {
            match field {
                "name" => name = Some(value.text()?.to_owned()),
                "password" => password = Some(value.text()?.to_owned()),
                "roles" => roles = texts(value, "names of roles")?,
                _ => match value.text()? {
                    known @ ("internal" | "external" | "pki") => mode = known,
                    _ => return Err(value.wrong_value("'internal', 'external' or 'pki'")),
                },
            }
            Ok(())
        },
    )?;
    let name = name.ok_or_else(|| missing(argument, "a user", "name"))?;
    let authentication = match (mode, password) {
        ("pki", None) => Authentication::Certificate,
        ("pki", Some(_)) => {
            let message = format!(
                "{}: the user '{name}' logs in with a certificate, and has no password",
                argument.name
            );
            return Err(Error::new(Kind::Value, message));
        }
        (_, None) => return Err(missing(argument, &format!("the user '{name}'"), "password")),
        ("external", Some(password)) => Authentication::External(password),
        (_, Some(password)) => Authentication::Password(password),
    };
    Ok(UserConfig {
        name,
        authentication,
        roles,
    })
}

/// Reads `roles`: a list of maps with `name`, `privileges`, `whitelist`, `read_quota` and `write_quota`.
pub(crate) fn roles(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    let items = argument.list("roles, each a map of 'name' and 'privileges'")?.iter();
    items
        .map(|item| Argument::new(argument.name, item))
        .try_fold(builder, |builder, item| {
            let mut role = RoleConfig::new("", [""; 0]);
            fields(
                item,
                "a map of 'name' and 'privileges'",
                &["name", "privileges", "whitelist", "read_quota", "write_quota"],
                naming,
                |field, value| {
                    match field {
                        "name" => value.text()?.clone_into(&mut role.name),
                        "privileges" => role.privileges = texts(value, "privileges, such as 'read.test'")?,
                        "whitelist" => role.whitelist = texts(value, "addresses and networks")?,
                        "read_quota" => role.read_quota = value.integer(0..=i64::from(u32::MAX))?,
                        _ => role.write_quota = value.integer(0..=i64::from(u32::MAX))?,
                    }
                    Ok(())
                },
            )?;
            match role.name.is_empty() {
                true => Err(missing(argument, "a role", "name")),
                false => Ok(builder.add_role(role)),
            }
        })
}

/// Reads `tls`: true, or a map of `host`, `port`, `name`, `certificate`, `key`, `ca` and `authenticate_client`.
pub(crate) fn tls(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    let mut config = TlsConfig::default();
    let (mut host, mut port) = (IpAddr::from(Ipv4Addr::LOCALHOST), 0);
    match argument.value {
        Value::Bool(false) => return Ok(builder),
        Value::Bool(true) => {}
        _ => fields(
            argument,
            "true, or a map of options",
            &[
                "host",
                "port",
                "name",
                "certificate",
                "key",
                "ca",
                "authenticate_client",
            ],
            naming,
            |name, field| {
                match name {
                    "host" => {
                        let parsed = field.text()?.parse();
                        host = parsed.map_err(|_| field.wrong_value("an IP address of this machine"))?;
                    }
                    "port" => port = field.integer(0..=i64::from(u16::MAX))?,
                    "name" => field.text()?.clone_into(&mut config.name),
                    "certificate" => config.certificate = Some(field.text()?.to_owned()),
                    "key" => config.key = Some(field.text()?.to_owned()),
                    "ca" => config.ca = Some(field.text()?.to_owned()),
                    _ => config.authenticate_client = authenticate_client(field)?,
                }
                Ok(())
            },
        )?,
    }
    config.listen = SocketAddr::new(host, port);
    Ok(builder.tls(config))
}

fn authenticate_client(argument: Argument<'_>) -> Result<AuthenticateClient, Error> {
    match argument.value {
        Value::Bool(false) => Ok(AuthenticateClient::False),
        Value::Bool(true) => Ok(AuthenticateClient::Any),
        Value::List(items) if !items.is_empty() => Ok(AuthenticateClient::Names(texts(argument, "names of clients")?)),
        _ => Err(argument.wrong_type("true, false, or a list of names of clients")),
    }
}
