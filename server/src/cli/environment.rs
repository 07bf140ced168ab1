//! The environment variables of the real server's image.

use crate::{ConfigFile, ConfigFileError};

/// The variables that have an effect, with the defaults of the real server's image.
const VARIABLES: &[(&str, &str)] = &[
    ("NAMESPACE", "test"),
    ("SERVICE_ADDRESS", "any"),
    ("SERVICE_PORT", "3000"),
    ("DEFAULT_TTL", "0"),
    ("NSUP_PERIOD", "120"),
    ("REPL_FACTOR", "1"),
    ("STORAGE_GB", "4"),
];

/// Makes the configuration that the real server's image makes of these variables. Its data is in memory, and there is a port for
/// administration, 3003.
///
/// # Errors
/// If a variable has a value that the real server would refuse. The error names the parameter.
pub(super) fn config(variable: impl Fn(&str) -> Option<String>) -> Result<ConfigFile, ConfigFileError> {
    let value = |name: &str| {
        let default = VARIABLES
            .iter()
            .find(|(of, _)| *of == name)
            .map_or("", |(_, default)| default);
        // An empty variable is one that is not set, as in the shell.
        let value = variable(name).filter(|value| !value.is_empty());
        // A line has one value: nothing in a variable begins another line or stanza.
        value.map_or(default.to_owned(), |value| value.replace(char::is_whitespace, "_"))
    };
    ConfigFile::parse(&format!(
        "service {{
            cluster-name docker
        }}
        logging {{
            console {{
                context any info
            }}
        }}
        network {{
            service {{
                address {address}
                port {port}
            }}
            admin {{
                port 3003
            }}
            heartbeat {{
                mode mesh
                port 3002
            }}
            fabric {{
                port 3001
            }}
        }}
        namespace {namespace} {{
            replication-factor {replication_factor}
            default-ttl {default_ttl}
            nsup-period {nsup_period}
            storage-engine memory {{
                data-size {size}G
            }}
        }}",
        address = value("SERVICE_ADDRESS"),
        port = value("SERVICE_PORT"),
        namespace = value("NAMESPACE"),
        replication_factor = value("REPL_FACTOR"),
        default_ttl = value("DEFAULT_TTL"),
        nsup_period = value("NSUP_PERIOD"),
        size = value("STORAGE_GB"),
    ))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn with(set: &[(&str, &str)]) -> Result<ConfigFile, ConfigFileError> {
        config(|name| {
            let found = set.iter().find(|(of, _)| *of == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_defaults_are_those_of_the_image() {
        let file = with(&[]).unwrap();
        assert_eq!(file.listen(), Some(SocketAddr::from(([0, 0, 0, 0], 3000))));
        let ports = file.other_ports();
        let ports = [ports.fabric, ports.heartbeat, ports.admin].map(|address| address.map(|address| address.port()));
        assert_eq!(ports, [Some(3001), Some(3002), Some(3003)]);
    }

    #[test]
    fn variables_set_parameters_and_cannot_add_lines() {
        let file = with(&[("SERVICE_PORT", "4000"), ("DEFAULT_TTL", "30d"), ("NAMESPACE", "")]).unwrap();
        assert_eq!(file.listen().map(|address| address.port()), Some(4000));
        for (name, value, problem) in [
            ("SERVICE_PORT", "80", "port must be 1024 to 65535, not 80"),
            ("DEFAULT_TTL", "1y", "default-ttl must be a number of seconds"),
            ("NSUP_PERIOD", "0\nservice", "nsup-period must be a number of seconds"),
            ("NSUP_PERIOD", "0\n}\nservice {", "{ must be the last word"),
            ("NAMESPACE", "a {", "{ must be the last word"),
        ] {
            let error = with(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(problem), "{name}: {error}");
        }
    }
}
