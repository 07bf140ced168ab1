//! TLS: where clients connect, and their certificates.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use spikelet::{AuthenticateClient, Builder, CertificateKind, TlsConfig, Value};

use crate::argument::{Argument, unknown};
use crate::error::Error;
use crate::naming::Naming;
use crate::plain::Plain;
use crate::server::Server;

/// # TLS
///
/// Errors are [`Kind::Closed`](crate::Kind::Closed), [`Kind::Forked`](crate::Kind::Forked), and
/// [`Kind::Value`](crate::Kind::Value) for a server without TLS.
impl Server {
    /// Returns the hosts and TLS ports of the nodes that are up, each with the TLS name. Without TLS there are none.
    ///
    /// # Errors
    /// See above.
    pub fn tls_hosts(&self) -> Result<Vec<(String, u16, String)>, Error> {
        self.with(|server| {
            let name = server.tls_name().unwrap_or_default();
            let up = server.nodes().into_iter().filter(spikelet::Node::is_up);
            let addresses = up.filter_map(|node| node.tls_address);
            Ok(addresses
                .map(|address| (address.ip().to_string(), address.port(), name.clone()))
                .collect())
        })
    }

    /// Returns the certificate of the authority of the certificates that the server makes, in PEM.
    ///
    /// # Errors
    /// See above.
    pub fn ca_certificate(&self) -> Result<String, Error> {
        self.with(|server| Ok(server.ca_certificate()?))
    }

    /// Makes a certificate for a client with this common name: an object with `certificate` and `key`, in PEM.
    ///
    /// # Errors
    /// See above, and [`Kind::Value`](crate::Kind::Value) if no certificate can have the name.
    pub fn client_certificate(&self, name: &str) -> Result<Plain, Error> {
        self.with(|server| {
            let made = server.client_certificate(name)?;
            Ok(Plain::Named(vec![
                ("certificate", made.certificate.into()),
                ("key", made.key.into()),
            ]))
        })
    }

    /// Sets the certificate that the server presents on new connections.
    ///
    /// # Errors
    /// See above, and [`Kind::Type`](crate::Kind::Type) and [`Kind::Value`](crate::Kind::Value) for the kind.
    pub fn present_certificate(&self, kind: &Value) -> Result<(), Error> {
        let argument = Argument::new("kind", kind);
        let given = argument.text()?;
        let named = CertificateKind::NAMES.into_iter().find(|(_, name)| *name == given);
        let (kind, _) = named.ok_or_else(|| {
            let names = CertificateKind::NAMES.map(|(_, name)| name).join(", ");
            argument.wrong_value(&format!("one of {names}"))
        })?;
        self.with(|server| Ok(server.present_certificate(kind)?))
    }
}

/// Reads `tls`: true, or a map of `host`, `port`, `name`, `certificate`, `key`, `ca` and `authenticate_client`.
pub(crate) fn option(builder: Builder, argument: Argument<'_>, naming: Naming) -> Result<Builder, Error> {
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
