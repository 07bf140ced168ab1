//! TLS in the stanza `network`: the parameters of `service` that begin with `tls-`, and the stanzas `tls`.

use std::fs;
use std::path::Path;

use super::{ConfigFile, ConfigFileError, Stanza};
use crate::config::{AuthenticateClient, TlsConfig};

impl ConfigFile {
    /// Reads the certificates that the file names. Returns `None` if it has no `tls-port` for clients.
    ///
    /// # Errors
    /// If the real server would refuse it, a file cannot be read, or a parameter asks for what this server cannot do.
    pub(crate) fn tls(&self) -> Result<Option<TlsConfig>, ConfigFileError> {
        let Some(listen) = self.tls_listen else {
            return Ok(None);
        };
        let refused = |problem: String| ConfigFileError::new(format!("network.service: {problem}"));
        let name = match self.tls_service.name.as_deref() {
            None => return Err(refused("service TLS configuration requires tls-name".to_owned())),
            Some("<cluster-name>") => self.cluster_name.clone(),
            Some("<hostname>") => {
                return Err(refused(
                    "the tls-name <hostname> is not supported: write the name itself".to_owned(),
                ));
            }
            Some(name) => name.to_owned(),
        };
        let stanza = self.tls.iter().find(|stanza| stanza.name == name);
        let stanza = stanza.ok_or_else(|| refused(format!("invalid tls-name in TLS configuration: {name}")))?;
        let authenticate_client = match self.tls_service.authenticate_client.as_slice() {
            // The real server's default.
            [] => AuthenticateClient::Any,
            values => AuthenticateClient::from_values(values).map_err(|problem| refused(problem.to_owned()))?,
        };
        for unsupported in ["ca-path", "cert-blacklist", "key-file-password", "pki-user-append-ou"] {
            if stanza.value(unsupported).is_some_and(|value| value != "false") {
                return Err(stanza.error(format!(
                    "'{unsupported}' is not supported: remove it to start without it"
                )));
            }
        }
        Ok(Some(TlsConfig {
            listen,
            name,
            certificate: stanza.file("cert-file")?,
            key: stanza.file("key-file")?,
            ca: stanza.file("ca-file")?,
            authenticate_client,
        }))
    }
}

impl Stanza {
    /// The last value of a parameter.
    fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.parameters.iter().rev().filter(|(other, _)| *other == name);
        values.next()?.1.first().map(String::as_str)
    }

    /// The content of the file that a parameter names.
    fn file(&self, name: &str) -> Result<Option<String>, ConfigFileError> {
        let Some(path) = self.value(name) else {
            return Ok(None);
        };
        let content = fs::read_to_string(Path::new(path));
        let failed = |error: std::io::Error| self.error(format!("cannot read the {name} {path}: {error}"));
        content.map(Some).map_err(failed)
    }

    fn error(&self, problem: String) -> ConfigFileError {
        ConfigFileError::at(self.line, &format!("tls {} {{", self.name), problem)
    }
}
