//! The arguments of TLS.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{listen, port_file};
use crate::{AuthenticateClient, Builder, Server, TlsConfig};

/// The arguments of TLS. Without `--tls-listen` there is none.
#[derive(Debug, Args)]
pub(super) struct Tls {
    /// Address to accept TLS connections on; needs --edition enterprise. Port 0 stands for a free port. Further nodes use the
    /// ports that follow.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen::parse)]
    tls_listen: Option<SocketAddr>,

    /// TLS name of the server, which clients expect in its certificate. Default: localhost.
    #[arg(long, value_name = "NAME", requires = "tls_listen")]
    tls_name: Option<String>,

    /// Certificate chain of the server, in PEM. By default a certificate is made.
    #[arg(long, value_name = "PATH", requires_all = ["tls_listen", "tls_key"])]
    tls_cert: Option<PathBuf>,

    /// Private key of the certificate, in PEM.
    #[arg(long, value_name = "PATH", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Authorities of clients' certificates, in PEM. Clients must have a certificate then.
    #[arg(long, value_name = "PATH", requires = "tls_listen")]
    tls_ca: Option<PathBuf>,

    /// Whether clients must have certificates: false, any, or a name that their certificate must have. Repeat the option for
    /// several names. The default is any with --tls-ca, and false without.
    #[arg(long, value_name = "NAME", requires = "tls_listen")]
    tls_authenticate_client: Vec<String>,

    /// Write the certificate that clients have to trust to this file, in PEM. It is that of the authority that makes the
    /// server's certificate.
    #[arg(long, value_name = "PATH", requires = "tls_listen")]
    tls_ca_file: Option<PathBuf>,

    /// Make a certificate for a client with this name. Writes it to NAME.pem, and its private key to NAME.key, in the directory
    /// of --tls-ca-file. Repeat the option for several.
    #[arg(long, value_name = "NAME", requires = "tls_ca_file")]
    tls_client: Vec<String>,

    /// Write the TLS port of each node to this file once clients can connect.
    #[arg(long, value_name = "PATH", requires = "tls_listen")]
    tls_port_file: Option<PathBuf>,
}

impl Tls {
    /// Configures TLS, if it is asked for.
    ///
    /// # Errors
    /// If a file cannot be read, names are combined with `any` or `false`, or other machines could connect without leave.
    pub(super) fn configure(&self, builder: Builder, beyond_loopback: bool) -> Result<Builder, String> {
        let Some(listen) = self.tls_listen else {
            return Ok(builder);
        };
        if !beyond_loopback && !listen.ip().is_loopback() {
            return Err(format!(
                "other machines can reach {}: listen on 127.0.0.1, or add --listen-beyond-loopback to allow it",
                listen.ip()
            ));
        }
        let read = |path: &Option<PathBuf>| path.as_deref().map(read).transpose();
        let default = TlsConfig::default();
        Ok(builder.tls(TlsConfig {
            listen,
            name: self.tls_name.clone().unwrap_or(default.name),
            certificate: read(&self.tls_cert)?,
            key: read(&self.tls_key)?,
            ca: read(&self.tls_ca)?,
            authenticate_client: self.authenticate_client()?,
        }))
    }

    fn authenticate_client(&self) -> Result<AuthenticateClient, String> {
        let names = &self.tls_authenticate_client;
        if names.is_empty() && self.tls_ca.is_some() {
            return Ok(AuthenticateClient::Any);
        }
        AuthenticateClient::from_values(names).map_err(|error| format!("--tls-authenticate-client: {error}"))
    }

    /// Writes certificates, keys and ports for clients.
    ///
    /// # Errors
    /// If a file cannot be written, or no certificate can be made.
    pub(super) fn write_files(&self, server: &Server) -> Result<(), Box<dyn Error>> {
        if let Some(path) = &self.tls_ca_file {
            write(path, &server.ca_certificate()?)?;
            for name in &self.tls_client {
                if name.contains(['/', '\\']) {
                    return Err(format!("--tls-client: {name:?} cannot be the name of a file").into());
                }
                let client = server.client_certificate(name)?;
                write(&path.with_file_name(format!("{name}.pem")), &client.certificate)?;
                write(&path.with_file_name(format!("{name}.key")), &client.key)?;
            }
        }
        if let Some(path) = &self.tls_port_file {
            let nodes = server.nodes();
            let addresses = nodes.iter().filter_map(|node| node.tls_address);
            let ports: Vec<u16> = addresses.map(|address| address.port()).collect();
            port_file::write(path, &ports).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, content: &str) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
