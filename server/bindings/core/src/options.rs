//! The options of a server, by name.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use spikelet::{Builder, ConfigParameterError, Edition, Fixture, NamespaceConfig, SecurityConfig, Value};

use crate::argument::{Argument, unknown};
use crate::error::{Error, Kind};
use crate::naming::Naming;
use crate::security;
use crate::tls;

/// The number of requests that the journal keeps unless an option says otherwise.
const JOURNAL: usize = 1000;

const OPTIONS: &[&str] = &[
    "host",
    "port",
    "namespaces",
    "nodes",
    "replication_factor",
    "racks",
    "journal",
    "fixtures",
    "version",
    "edition",
    "cluster_name",
    "node_id",
    "slow_migrations",
    "without_rosters",
    "work_directory",
    "controls",
    "users",
    "roles",
    "enable_quotas",
    "session_ttl",
    "tls",
];
/// The options that only the Enterprise Edition has.
const ENTERPRISE: &[&str] = &["users", "roles", "tls"];

/// Returns the builder of a server with these options.
pub(crate) fn builder(options: &[(String, Value)], naming: Naming) -> Result<Builder, Error> {
    let mut builder = spikelet::Server::builder();
    let (mut host, mut port) = (IpAddr::from(Ipv4Addr::LOCALHOST), 0);
    let mut journal = JOURNAL;
    check_edition(options)?;
    check_racks(options)?;
    let mut security = None::<SecurityConfig>;
    for (given, value) in options {
        let name = naming
            .find(given, OPTIONS)
            .ok_or_else(|| unknown("option", given, OPTIONS, naming))?;
        let argument = Argument::new(given, value);
        if !argument.is_given() {
            continue;
        }
        match name {
            "host" => {
                let text = argument.text()?;
                host = text
                    .parse()
                    .map_err(|_| argument.wrong_value("an IP address of this machine"))?;
            }
            "journal" => {
                journal = match argument.value {
                    Value::Bool(true) => JOURNAL,
                    Value::Bool(false) => 0,
                    _ => argument.integer(0..=i64::MAX)?,
                }
            }
            "enable_quotas" => security.get_or_insert_default().enable_quotas = argument.flag()?,
            "session_ttl" => {
                security.get_or_insert_default().session_ttl = argument.integer(0..=i64::from(u32::MAX))?;
            }
            "port" => port = argument.integer(0..=i64::from(u16::MAX))?,
            _ => builder = set(builder, name, argument, naming)?,
        }
    }
    if let Some(security) = security {
        builder = builder.security(security);
    }
    if journal > 0 {
        builder = builder.journal(journal);
    }
    Ok(builder.listen(SocketAddr::new(host, port)))
}

fn set(builder: Builder, name: &str, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
    Ok(match name {
        "namespaces" => namespaces(argument, naming)?
            .into_iter()
            .fold(builder, Builder::namespace),
        "nodes" => builder.nodes(argument.integer(1..=64)?),
        "replication_factor" => builder.replication_factor(argument.integer(1..=256)?),
        "racks" => {
            let racks = argument.list("rack ids, one for each node")?.iter();
            let racks: Result<Vec<u32>, _> = racks
                .map(|rack| Argument::new(argument.name, rack).integer(0..=1_000_000))
                .collect();
            builder.racks(racks?)
        }
        "fixtures" => {
            let fixtures = argument.list("fixtures: paths, or the contents of files as bytes")?;
            fixtures.iter().try_fold(builder, |builder, item| {
                Ok::<_, Error>(builder.fixture(fixture(Argument::new(argument.name, item))?))
            })?
        }
        "version" => builder.version(argument.text()?),
        "edition" => builder.edition(match argument.text()? {
            "community" => Edition::Community,
            "enterprise" => Edition::Enterprise,
            _ => return Err(argument.wrong_value("'community' or 'enterprise'")),
        }),
        "cluster_name" => builder.cluster_name(argument.text()?),
        "node_id" => builder.node_id(argument.node()?.0),
        "without_rosters" => builder.without_rosters(argument.flag()?),
        "slow_migrations" => builder.slow_migrations(argument.flag()?),
        "work_directory" => builder.work_directory(argument.text()?),
        "controls" => builder.controls(argument.flag()?),
        "users" => security::users(builder, argument, naming)?,
        "roles" => security::roles(builder, argument, naming)?,
        "tls" => tls::option(builder, argument, naming)?,
        _ => return Err(unknown("option", name, OPTIONS, naming)),
    })
}

/// Refuses options of the Enterprise Edition for the Community Edition, with words for the option of the language.
fn check_edition(options: &[(String, Value)]) -> Result<(), Error> {
    let is_enterprise = options
        .iter()
        .any(|(name, value)| name == "edition" && *value == Value::from("enterprise"));
    let is_off = |value: &Value| matches!(value, Value::Nil | Value::Bool(false));
    let needs = options
        .iter()
        .find(|(name, value)| ENTERPRISE.contains(&name.as_str()) && !is_off(value));
    match needs {
        Some((name, _)) if !is_enterprise => {
            let message = format!("{name}: only the Enterprise Edition has it; set edition to 'enterprise' as well");
            Err(Error::new(Kind::Value, message))
        }
        _ => Ok(()),
    }
}

/// Refuses more racks than there are nodes, which would have no effect.
fn check_racks(options: &[(String, Value)]) -> Result<(), Error> {
    let given = |wanted: &str| options.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let nodes = match given("nodes") {
        Some(Value::Int(n)) => usize::try_from(*n).unwrap_or_default(),
        _ => 1,
    };
    match given("racks") {
        Some(Value::List(racks)) if racks.len() > nodes => {
            let message = format!("racks: there are {} rack ids for {nodes} nodes", racks.len());
            Err(Error::new(Kind::Value, message))
        }
        _ => Ok(()),
    }
}

/// A path, or the contents of a file.
pub(crate) fn fixture(argument: Argument<'_>) -> Result<Fixture, Error> {
    match argument.value {
        Value::String(path) => Ok(Fixture::from_file(path)?),
        Value::Blob(bytes) => Ok(Fixture::from_bytes(bytes)?),
        _ => Err(argument.wrong_type("a path, or the contents of a file as bytes")),
    }
}

/// A list of names and of maps with a name, or a map from names to parameters.
fn namespaces(argument: Argument<'_>, naming: Naming) -> Result<Vec<NamespaceConfig>, Error> {
    const EXPECTED: &str = "a list of names or of maps with a name, or a map from names to parameters";
    match argument.value {
        Value::List(items) if items.is_empty() => Err(argument.wrong_value("at least one namespace")),
        Value::List(items) => items.iter().map(|item| namespace(argument, item, naming)).collect(),
        Value::Map(map) if map.is_empty() => Err(argument.wrong_value("at least one namespace")),
        Value::Map(map) => map
            .iter()
            .map(|(name, parameters)| match (name, parameters) {
                (Value::String(name), Value::Nil) => Ok(NamespaceConfig::new(name)),
                (Value::String(name), Value::Map(parameters)) => parameters
                    .iter()
                    .try_fold(NamespaceConfig::new(name), |config, (key, value)| {
                        namespace_parameter(config, argument, (key, value), naming)
                    }),
                _ => Err(argument.wrong_type(EXPECTED)),
            })
            .collect(),
        _ => Err(argument.wrong_type(EXPECTED)),
    }
}

fn namespace(argument: Argument<'_>, item: &Value, naming: Naming) -> Result<NamespaceConfig, Error> {
    match item {
        Value::String(name) => Ok(NamespaceConfig::new(name)),
        Value::Map(map) => {
            let config = map.iter().try_fold(NamespaceConfig::new(""), |config, (key, value)| {
                namespace_parameter(config, argument, (key, value), naming)
            })?;
            match config.name.is_empty() {
                false => Ok(config),
                true => {
                    let name = argument.name;
                    Err(Error::new(Kind::Value, format!("{name}: a namespace needs a 'name'")))
                }
            }
        }
        item => Err(Argument::new(argument.name, item).wrong_type("the name of a namespace, or a map with its name")),
    }
}

fn namespace_parameter(
    mut config: NamespaceConfig,
    namespaces: Argument<'_>,
    (key, value): (&Value, &Value),
    naming: Naming,
) -> Result<NamespaceConfig, Error> {
    let Value::String(given) = key else {
        return Err(Argument::new(namespaces.name, key).wrong_type("the name of a parameter"));
    };
    let argument = Argument::new(given, value);
    if given == "name" {
        argument.text()?.clone_into(&mut config.name);
    } else if argument.is_given() {
        let name = aerospike_name(given);
        let text = match value {
            Value::Float(x) if x.fract() == 0.0 => format!("{x:.0}"),
            _ => argument.parameter_text()?,
        };
        config.set(&name, &text).map_err(|error| match error {
            ConfigParameterError::Unknown { .. } => {
                let known: Vec<String> = std::iter::once("name")
                    .chain(NamespaceConfig::parameter_names())
                    .map(|name| name.replace('-', "_"))
                    .collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                unknown("parameter of a namespace", given, &known, naming)
            }
            error => Error::new(Kind::Value, format!("{given}: {error}")),
        })?;
    }
    Ok(config)
}

/// Aerospike's name of a parameter, which can also be given in the style of the language: `default-ttl` for `default_ttl` and
/// for `defaultTtl`.
fn aerospike_name(given: &str) -> String {
    let mut name = String::with_capacity(given.len());
    for letter in given.chars() {
        match letter {
            '_' => name.push('-'),
            letter if letter.is_uppercase() => {
                name.push('-');
                name.extend(letter.to_lowercase());
            }
            letter => name.push(letter),
        }
    }
    name
}
