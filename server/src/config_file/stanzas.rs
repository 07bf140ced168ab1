//! What the stanzas mean.

use std::collections::BTreeSet;

use super::network::Network;
use super::tree::Item;
use super::{ConfigFile, ConfigFileError, Stanza, obsolete};
use crate::config::{
    ConfigParameterError, NETWORK, NamespaceConfig, Parameter, SERVICE, SET, SetConfig, is_cluster_name,
};
use crate::config_parameters::{GEO2DSPHERE_WITHIN, INDEX_TYPES, NAMESPACE, SECURITY, STORAGE_ENGINE, TLS, XDR};

/// The contexts and levels of the log.
const LOG_LEVELS: &[&str] = &["critical", "warning", "info", "debug", "detail"];

/// Reads the stanzas of a file.
pub(super) fn read(items: Vec<Item>) -> Result<ConfigFile, ConfigFileError> {
    let mut reader = Reader::default();
    for item in &items {
        match item.name.as_str() {
            "service" => reader.service(item)?,
            "logging" => reader.logging(item)?,
            "network" => reader.network(item)?,
            "namespace" => reader.namespace(item)?,
            "mod-lua" => reader.mod_lua(item)?,
            "security" => {
                reader.enterprise_only(item);
                let read = reader.stanza(item, "security", SECURITY);
                reader.file.security = reader.deferred(read);
            }
            "xdr" => {
                reader.enterprise_only(item);
                let read = reader.stanza(item, "xdr", XDR);
                if reader.deferred(read).is_some() {
                    reader.ignore("xdr");
                }
            }
            _ => return Err(unknown(item, "", STANZAS.iter().copied())),
        }
    }
    reader.finish()
}

const STANZAS: &[&str] = &[
    "service",
    "logging",
    "network",
    "namespace",
    "mod-lua",
    "security",
    "xdr",
];

#[derive(Default)]
struct Reader {
    file: ConfigFile,
    sockets: Network,
    ignored: BTreeSet<String>,
}

impl Reader {
    fn finish(mut self) -> Result<ConfigFile, ConfigFileError> {
        if self.file.cluster_name.is_empty() && self.file.enterprise_only.is_none() {
            return Err(ConfigFileError::new(
                "must configure 'cluster-name' in the stanza 'service'",
            ));
        }
        if self.file.namespaces.is_empty() {
            return Err(ConfigFileError::new("must configure at least one namespace"));
        }
        self.sockets.finish(&mut self.file);
        if self.file.listen.is_none() && self.file.enterprise_only.is_none() {
            return Err(ConfigFileError::new(
                "no service ports configured: 'port' is missing in the stanza 'service' of 'network'",
            ));
        }
        self.file.ignored = self.ignored.into_iter().collect();
        Ok(self.file)
    }

    fn ignore(&mut self, name: &str) {
        self.ignored.insert(name.to_owned());
    }

    /// Notes that only the Enterprise Edition takes a line.
    fn enterprise_only(&mut self, item: &Item) {
        self.file
            .enterprise_only
            .get_or_insert_with(|| item.error(format!("'{}' is enterprise-only", item.name)));
    }

    /// Keeps what is wrong in a stanza that only the Enterprise Edition reads.
    fn deferred<T>(&mut self, read: Result<T, ConfigFileError>) -> Option<T> {
        read.map_err(|error| self.file.in_enterprise_only.get_or_insert(error))
            .ok()
    }

    fn service(&mut self, stanza: &Item) -> Result<(), ConfigFileError> {
        for item in lines(stanza)? {
            let parameter = find(item, "service", "", &[SERVICE])?;
            if parameter.is_enterprise {
                self.enterprise_only(item);
            }
            // Without a value it is true.
            let is_alone = parameter.name == "run-as-daemon" && item.values.is_empty();
            let value = if is_alone {
                "true".to_owned()
            } else {
                value(item, parameter)?
            };
            match parameter.name {
                "cluster-name" if !is_cluster_name(&value) => {
                    return Err(item.error("cluster-name must be 1 to 63 bytes without spaces or semicolons"));
                }
                "cluster-name" => self.file.cluster_name = value,
                "node-id" => self.file.node_id = u64::from_str_radix(&value, 16).ok(),
                "work-directory" => self.file.work_directory = Some(value),
                name => {
                    self.file.service.set(name, value);
                    if !parameter.has_effect {
                        self.ignore(&format!("service.{name}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn logging(&mut self, stanza: &Item) -> Result<(), ConfigFileError> {
        for sink in lines(stanza)? {
            let known: &[&'static str] = match sink.name.as_str() {
                "console" => &["context"],
                "file" if sink.values.is_empty() => return Err(sink.error("file must have the path of a file")),
                "file" => &["context"],
                "syslog" => &["context", "facility", "path", "tag"],
                _ => return Err(unknown(sink, "logging", ["console", "file", "syslog"].into_iter())),
            };
            for item in lines(sink)? {
                if !known.contains(&item.name.as_str()) {
                    return Err(unknown(item, "logging", known.iter().copied()));
                }
                if item.name == "context" {
                    let level = item.values.get(1).map_or("", String::as_str).to_ascii_lowercase();
                    if !LOG_LEVELS.contains(&level.as_str()) {
                        return Err(item.error(format!(
                            "can't add logging context {}: it is a context and a level, such as 'any info', and the levels are {}",
                            item.values.join(" "),
                            LOG_LEVELS.join(", ")
                        )));
                    }
                }
            }
            if sink.name != "console" {
                self.ignore(&format!("logging.{}", sink.name));
            }
        }
        Ok(())
    }

    fn network(&mut self, stanza: &Item) -> Result<(), ConfigFileError> {
        for part in lines(stanza)? {
            match part.name.as_str() {
                name @ ("service" | "admin" | "heartbeat" | "fabric") => self.network_part(part, name)?,
                // The real server ignores it since 8.1.1.
                "info" => {
                    lines(part)?;
                    self.ignore("network.info");
                }
                "tls" => {
                    self.enterprise_only(part);
                    let read = self.stanza(part, "network.tls", TLS);
                    let read = self.deferred(read);
                    // The cipher suites and versions are those of rustls.
                    for (name, _) in read.iter().flat_map(|stanza| &stanza.parameters) {
                        if matches!(*name, "cipher-suite" | "protocols") {
                            self.ignore(&format!("network.tls.{name}"));
                        }
                    }
                    self.file.tls.extend(read);
                }
                _ => {
                    let known = ["service", "admin", "heartbeat", "fabric", "info", "tls"];
                    return Err(unknown(part, "network", known.into_iter()));
                }
            }
        }
        Ok(())
    }

    fn network_part(&mut self, part: &Item, stanza: &str) -> Result<(), ConfigFileError> {
        for item in lines(part)? {
            let parameter = find(item, &format!("network.{stanza}"), stanza, &[NETWORK])?;
            if parameter.is_enterprise {
                self.enterprise_only(item);
            }
            let value = value(item, parameter)?;
            let has_effect = self.sockets.take(parameter.name, item)?;
            if !has_effect {
                self.ignore(&format!("network.{}", parameter.name));
            }
            self.file.network.set(parameter.name, value);
        }
        Ok(())
    }

    fn mod_lua(&mut self, stanza: &Item) -> Result<(), ConfigFileError> {
        for item in lines(stanza)? {
            match (item.name.as_str(), item.value()) {
                ("cache-enabled", "true" | "false") => {}
                ("cache-enabled", other) => {
                    return Err(item.error(format!("cache-enabled must be true or false, not {other}")));
                }
                ("user-path", "") => return Err(item.error("user-path must have a value specified")),
                ("user-path", _) => {}
                _ => return Err(unknown(item, "mod-lua", ["cache-enabled", "user-path"].into_iter())),
            }
            self.ignore(&format!("mod-lua.{}", item.name));
        }
        Ok(())
    }

    fn namespace(&mut self, stanza: &Item) -> Result<(), ConfigFileError> {
        if stanza.values.len() > 1 {
            return Err(stanza.error("namespace has more values than it takes: its name has no spaces"));
        }
        // The real server's defaults, which are not those of `NamespaceConfig::new`.
        let mut namespace = NamespaceConfig {
            nsup_period: 0,
            allow_ttl_without_nsup: false,
            replication_factor: 2,
            ..NamespaceConfig::new(stanza.value())
        };
        let mut has_storage = false;
        for item in lines(stanza)? {
            match item.name.as_str() {
                "set" => self.set(&mut namespace, item)?,
                "storage-engine" if has_storage => {
                    return Err(item.error(format!(
                        "{{{}}} can only configure one 'storage-engine'",
                        namespace.name
                    )));
                }
                "storage-engine" => {
                    has_storage = true;
                    self.part_of_namespace(&mut namespace, item, STORAGE_ENGINE)?;
                    check_storage(item, &namespace)?;
                }
                "geo2dsphere-within" => self.part_of_namespace(&mut namespace, item, GEO2DSPHERE_WITHIN)?,
                "index-type" | "sindex-type" => {
                    self.enterprise_only(item);
                    self.part_of_namespace(&mut namespace, item, INDEX_TYPES)?;
                }
                _ => self.parameter_of_namespace(&mut namespace, item, "", &[NAMESPACE])?,
            }
        }
        let refused = |problem: String| Err(stanza.error(problem));
        if !has_storage {
            return refused(format!("{{{}}} must configure 'storage-engine'", namespace.name));
        }
        if namespace.default_ttl != 0 && namespace.nsup_period == 0 && !namespace.allow_ttl_without_nsup {
            return refused(format!(
                "{{{}}} must configure non-zero 'nsup-period' or 'allow-ttl-without-nsup' true if 'default-ttl' is non-zero",
                namespace.name
            ));
        }
        // The edition is checked later, when it is known.
        if let Err(error) = namespace.check(crate::version::Edition::Enterprise) {
            return refused(error.to_string());
        }
        if self.file.namespaces.iter().any(|other| other.name == namespace.name) {
            return refused(format!("the namespace {} is there twice", namespace.name));
        }
        self.file.namespaces.push(namespace);
        Ok(())
    }

    /// A stanza of a namespace whose first word has a value itself: `storage-engine memory {`.
    fn part_of_namespace(
        &mut self,
        namespace: &mut NamespaceConfig,
        part: &Item,
        table: &'static [Parameter],
    ) -> Result<(), ConfigFileError> {
        let names_itself = part.name != "geo2dsphere-within";
        if names_itself {
            self.parameter_of_namespace(namespace, part, "", &[table])?;
        }
        if part.name != "index-type" && part.name != "sindex-type" || part.stanza.is_some() {
            let tables: &'static [&'static [Parameter]] = match part.name.as_str() {
                "storage-engine" => &[STORAGE_ENGINE],
                "geo2dsphere-within" => &[GEO2DSPHERE_WITHIN],
                _ => &[INDEX_TYPES],
            };
            for item in lines(part)? {
                self.parameter_of_namespace(namespace, item, &part.name, tables)?;
            }
        }
        Ok(())
    }

    fn parameter_of_namespace(
        &mut self,
        namespace: &mut NamespaceConfig,
        item: &Item,
        prefix: &str,
        tables: &[&'static [Parameter]],
    ) -> Result<(), ConfigFileError> {
        let stanza = if prefix.is_empty() { "namespace" } else { prefix };
        let parameter = find(item, stanza, prefix, tables)?;
        if parameter.is_enterprise || item.name == "storage-engine" && item.value() == "pmem" {
            self.enterprise_only(item);
        }
        let value = value(item, parameter)?;
        let is_default = parameter.name == "storage-engine" && value == "memory";
        if !parameter.has_effect && !is_default {
            self.ignore(&format!("namespace.{}", parameter.name));
        }
        namespace.store(parameter, value);
        Ok(())
    }

    fn set(&mut self, namespace: &mut NamespaceConfig, stanza: &Item) -> Result<(), ConfigFileError> {
        if stanza.values.len() > 1 {
            return Err(stanza.error("set has more values than it takes: its name has no spaces"));
        }
        let mut set = SetConfig::new(stanza.value());
        for item in lines(stanza)? {
            let parameter = find(item, "set", "", &[SET])?;
            let value = value(item, parameter)?;
            if !parameter.has_effect {
                self.ignore(&format!("namespace.set.{}", parameter.name));
            }
            set.parameters.set(parameter.name, value);
        }
        set.check().map_err(|error| stanza.error(error.to_string()))?;
        if namespace.sets.iter().any(|other| other.name == set.name) {
            return Err(stanza.error(format!("the set {} is there twice", set.name)));
        }
        namespace.sets.push(set);
        Ok(())
    }

    /// A stanza of the Enterprise Edition, and those within it.
    fn stanza(&mut self, stanza: &Item, context: &str, table: &'static [Parameter]) -> Result<Stanza, ConfigFileError> {
        let mut read = Stanza {
            name: stanza.value().to_owned(),
            line: stanza.number,
            parameters: Vec::new(),
        };
        let mut open = vec![(String::new(), lines(stanza)?)];
        while let Some((prefix, items)) = open.pop() {
            for item in items {
                let path = if prefix.is_empty() {
                    item.name.clone()
                } else {
                    format!("{prefix}.{}", item.name)
                };
                let begins = format!("{path}.");
                if table.iter().any(|parameter| parameter.name.starts_with(&begins)) {
                    open.push((path, lines(item)?));
                    continue;
                }
                let parameter = find(item, context, &prefix, &[table])?;
                value(item, parameter)?;
                read.parameters.push((parameter.name, item.values.clone()));
            }
        }
        Ok(read)
    }
}

/// The lines of a stanza.
fn lines(stanza: &Item) -> Result<&[Item], ConfigFileError> {
    stanza.stanza.as_deref().ok_or_else(|| {
        stanza.error(format!(
            "'{}' is a stanza: it must end with {{, and a line with }} must follow",
            stanza.name
        ))
    })
}

/// Finds the parameter of a line, within the stanza of a prefix.
fn find(
    item: &Item,
    stanza: &str,
    prefix: &str,
    tables: &[&'static [Parameter]],
) -> Result<&'static Parameter, ConfigFileError> {
    let own = |name: &'static str| match prefix {
        "" => Some(name),
        _ => name.strip_prefix(prefix)?.strip_prefix('.'),
    };
    let all = || {
        tables
            .iter()
            .copied()
            .flatten()
            .filter(|parameter| parameter.is_configurable())
    };
    let found = all().find(|parameter| own(parameter.name) == Some(item.name.as_str()));
    let found = found.ok_or_else(|| unknown(item, stanza, all().filter_map(|parameter| own(parameter.name))))?;
    let begins_stanza = ["storage-engine", "index-type", "sindex-type"].contains(&found.name);
    if item.stanza.is_some() && !begins_stanza {
        return Err(item.error(format!("'{}' is a parameter and not a stanza", item.name)));
    }
    Ok(found)
}

/// Reads the value of a line, as `get-config` shows it. Values beyond those that the parameter takes are refused.
fn value(item: &Item, parameter: &Parameter) -> Result<String, ConfigFileError> {
    let most = if parameter.is_text() { 3 } else { 1 };
    if item.values.len() > most {
        return Err(item.error(format!("{} has more values than it takes", item.name)));
    }
    match parameter.read(item.value()) {
        // The name as it is in the line, which is not that of `get-config`.
        Err(ConfigParameterError::Value { problem, .. }) => Err(item.error(format!("{} {problem}", item.name))),
        Err(error) => Err(item.error(error.to_string())),
        Ok(_) if item.values.len() > 1 => Ok(item.values.join(" ")),
        Ok(value) => Ok(value),
    }
}

/// The name of a line is unknown: it is obsolete, or it is like another, or neither.
fn unknown(item: &Item, stanza: &str, known: impl Iterator<Item = &'static str>) -> ConfigFileError {
    if let Some(advice) = obsolete::advice(stanza, &item.name) {
        return item.error(format!("'{}' is obsolete - {advice}", item.name));
    }
    let like = match ConfigParameterError::unknown(&item.name, known) {
        ConfigParameterError::Unknown { like: Some(like), .. } => format!(" - is it '{like}'?"),
        _ => String::new(),
    };
    let place = match stanza {
        "" => "at the top of the file".to_owned(),
        _ => format!("in the stanza '{stanza}'"),
    };
    item.error(format!("unknown config parameter name '{}' {place}{like}", item.name))
}

/// What the real server checks at the end of the stanza `storage-engine`.
fn check_storage(item: &Item, namespace: &NamespaceConfig) -> Result<(), ConfigFileError> {
    let set = |name: &str| namespace.parameters.get(&format!("storage-engine.{name}"));
    let backed = set("file").is_some() || set("device").is_some();
    let name = &namespace.name;
    let problem = match item.value() {
        "memory" if !backed && set("data-size").is_none() => {
            format!("{{{name}}} must configure 'data-size' if not using storage backing")
        }
        "memory" if backed && set("data-size").is_some() => {
            format!("{{{name}}} can't configure 'data-size' if using storage backing")
        }
        "device" if !backed => format!("{{{name}}} has no devices or files"),
        "pmem" if set("file").is_none() => format!("{{{name}}} has no files"),
        _ if set("file").is_some() && set("filesize").is_none() => {
            format!("{{{name}}} must configure 'filesize' if using storage files")
        }
        _ => return Ok(()),
    };
    Err(item.error(problem))
}
