//! The command-line arguments.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{ArgAction, Parser};

use super::config::ConfigOptions;
use super::security::{self, Role, User};
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::{journal, listen, namespace};
use crate::{
    Authentication, Builder, Command, ConfigFile, Edition, Fixture, FixtureError, NamespaceConfig, SecurityConfig,
    Server,
};

const EXAMPLES: &str = "\
Examples:
  spikelet
      Listens on 127.0.0.1:3000 with the namespaces test and bar.

  spikelet --listen 127.0.0.1:0 --port-file /tmp/spikelet.port --exit-with-stdin
      For use in a test: takes a free port, writes it to a file once clients can connect, and exits with the test.

  spikelet --namespace orders,default-ttl=30d,nsup-period=120s --namespace cache,default-ttl=1h
      Two namespaces whose records expire.

  spikelet --load users.json --load production.asb
      Starts with the records, secondary indexes and UDF modules of these files.

  spikelet --edition enterprise --tls-listen 127.0.0.1:4333 --tls-ca-file /tmp/ca.pem
      Accepts TLS connections beside others. Clients have to trust the certificate in /tmp/ca.pem; the TLS name is localhost.

  spikelet --listen 127.0.0.1:3000 --nodes 3 --replication-factor 2 --controls
      A cluster of three nodes on ports 3000 to 3002, which can be killed: spikelet/node/kill:id=B2.

  spikelet --edition enterprise --user app:secret:read-write --user ops:secret:sys-admin+user-admin
      Clients have to log in. There is also the user admin with the password admin.

  spikelet --config-file aerospike.conf
      The namespaces, sets, name and ports of the real server's configuration file.

Parameters of a namespace, separated by commas; all that aerospike.conf can have, of which these have an effect, and others:
  default-ttl=TIME                TTL of records that are written without one; default 0, which means forever
  nsup-period=TIME                interval at which expired records are removed; default 1s, 0 means never
  allow-ttl-without-nsup=BOOL     whether records may have a TTL if nsup-period is 0; default true
  replication-factor=N            number of copies of each record; default is that of --replication-factor
  conflict-resolution-policy=P    which record is kept after a network partition in which both sides wrote it:
                                  generation (the default) or last-update-time

Parameters of a role, separated by commas, after its privileges:
  whitelist=ADDRESS[+ADDRESS...]  addresses and networks from which its users may log in; default is any
  read-quota=N, write-quota=N     commands per second on each node; default 0, which means no limit

A privilege is user-admin, sys-admin, data-admin, udf-admin, sindex-admin or masking-admin; or read, write, read-write,
read-write-udf, truncate, read-masked or write-masked, which .NAMESPACE or .NAMESPACE.SET may follow. There is a role for each,
with its name.

A TIME is a number of seconds, or a number with a unit: 90s, 15m, 12h, 30d.

Once clients can connect, the program prints one line per node on stdout: listening on ADDRESS:PORT. The port file has one
port per line. Ctrl-C and SIGTERM stop the program.";

/// An Aerospike-compatible server for tests. Works with every Aerospike client, and keeps all data in memory.
#[derive(Debug, Parser)]
#[command(name = "spikelet", version, after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Address to listen on. Port 0 stands for a free port, and a port alone for one of 127.0.0.1. Further nodes use the ports
    /// that follow. Default: 127.0.0.1:3000, or what the configuration file says.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen::parse)]
    listen: Option<SocketAddr>,

    /// Allow listening on an address that other machines can reach. Without --security there is no authentication.
    #[arg(long)]
    pub(super) listen_beyond_loopback: bool,

    /// A namespace and its parameters. Repeat the option for several. Default: test and bar.
    #[arg(long = "namespace", value_name = "NAME[,PARAMETER=VALUE...]", value_parser = namespace::parse)]
    namespaces: Vec<NamespaceConfig>,

    /// Make clients log in. Needs --edition enterprise. At the start there is the user admin with the password admin, which
    /// manages users.
    #[arg(long)]
    security: bool,

    /// A user that logs in with a password. Repeat the option for several. Implies --security.
    #[arg(long = "user", value_name = "NAME:PASSWORD:ROLE[+ROLE...]", value_parser = security::user)]
    users: Vec<User>,

    /// A user that logs in with a password in clear text, as one that LDAP knows. Implies --security.
    #[arg(long = "external-user", value_name = "NAME:PASSWORD:ROLE[+ROLE...]", value_parser = security::user)]
    external_users: Vec<User>,

    /// A user that logs in with a certificate with this name. Implies --security.
    #[arg(long = "pki-user", value_name = "NAME:ROLE[+ROLE...]", value_parser = security::pki_user)]
    pki_users: Vec<User>,

    /// A role with privileges. Repeat the option for several. Implies --security.
    #[arg(long = "role", value_name = "NAME:PRIVILEGE[+PRIVILEGE...][,PARAMETER=VALUE...]", value_parser = security::role)]
    roles: Vec<Role>,

    /// Time to live of session tokens, 120s to 10d; default 1d.
    #[arg(long, value_name = "TIME", value_parser = security::seconds)]
    session_ttl: Option<u32>,

    /// Enable quotas of roles.
    #[arg(long)]
    enable_quotas: bool,

    /// Number of nodes, 1 to 64. Their ids are B1, B2 and so on; a single node is A1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    nodes: usize,

    /// Number of copies of each record, in namespaces without a replication-factor of their own.
    #[arg(long, value_name = "N")]
    replication_factor: Option<u32>,

    /// Racks of the nodes, in the order of the nodes. Further nodes are in rack 0, or in the `rack-id` of a namespace.
    #[arg(long, value_name = "RACK,RACK...", value_delimiter = ',')]
    racks: Vec<u32>,

    /// Start namespaces with strong-consistency without a roster, as a new real cluster does. Default: the nodes are on it.
    #[arg(long)]
    no_rosters: bool,

    /// Name of the cluster. Clients configured with another name refuse to connect.
    #[arg(long, value_name = "NAME")]
    cluster_name: Option<String>,

    /// Edition to behave as: community or enterprise.
    #[arg(long, value_name = "EDITION", default_value = "community")]
    edition: Edition,

    /// Directory that error messages of UDFs name, /opt/aerospike by default. Nothing is read from it or written to it.
    #[arg(long, value_name = "PATH")]
    work_directory: Option<String>,

    /// Let clients on this machine control the server with info commands; `spikelet/help` lists them.
    #[arg(long)]
    pub(super) controls: bool,

    /// Ask the server at this address whether it serves, and exit: with status 0 and `ok`, or with status 1 and what is wrong.
    /// Waits at most 2 seconds. A port alone is one of 127.0.0.1. Without HOST:PORT, the address at which this program would
    /// listen with these options.
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1)]
    pub(super) health: Option<Option<String>>,

    /// Print a table of supported features in Markdown, and exit.
    #[arg(long)]
    pub(super) support: bool,

    /// Print each request to stderr when it ends, and keep the last 10000 for the controls. COMMAND selects requests: any, the
    /// default, is all except info commands; everything includes them; write, read, batch and so on select one kind.
    #[arg(long, value_name = "COMMAND", num_args = 0..=1, require_equals = true)]
    journal: Option<Option<Command>>,

    /// Load a fixture before clients can connect: a JSON file, or a file or directory written by `asbackup`. Repeat the option
    /// for several.
    #[arg(long, value_name = "PATH")]
    load: Vec<PathBuf>,

    #[cfg(feature = "tls")]
    #[command(flatten)]
    pub(super) tls: Tls,

    /// Write the port of each node to this file once clients can connect. The file appears complete, never in part.
    #[arg(long, value_name = "PATH")]
    pub(super) port_file: Option<PathBuf>,

    /// Exit when stdin is closed, which happens when the parent process ends.
    #[arg(long)]
    pub(super) exit_with_stdin: bool,

    /// Log connections to stderr; -vv logs everything.
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,

    #[command(flatten)]
    pub(super) config: ConfigOptions,
}

impl Arguments {
    /// Checks combinations of arguments.
    pub(super) fn check(&self, file: Option<&ConfigFile>) -> Result<(), String> {
        let ip = self.address(file).ip();
        let is_allowed = self.listen_beyond_loopback || self.listen.is_none() && self.config.listens_where_configured();
        // That of an option is checked with the other options of TLS.
        let tls = file.and_then(|file| file.tls_listen).map(|address| address.ip());
        let is_tls_allowed = self.listen_beyond_loopback || self.config.listens_where_configured();
        let beyond = [(Some(ip), is_allowed), (tls, is_tls_allowed)];
        let beyond = beyond
            .into_iter()
            .filter_map(|(ip, is_allowed)| ip.filter(|ip| !is_allowed && !ip.is_loopback()));
        let Some(ip) = beyond.into_iter().next() else {
            return Ok(());
        };
        Err(format!(
            "other machines can reach {ip}, and there is no TLS, and without --security no authentication: listen on \
             127.0.0.1, or add --listen-beyond-loopback to allow it"
        ))
    }

    /// The address at which to ask whether the server serves.
    pub(super) fn address_to_ask(&self, file: Option<&ConfigFile>) -> String {
        let mut address = self.address(file);
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address.to_string()
    }

    /// The address of the first node.
    fn address(&self, file: Option<&ConfigFile>) -> SocketAddr {
        let configured = || file.and_then(ConfigFile::listen);
        let default = || SocketAddr::from((Ipv4Addr::LOCALHOST, 3000));
        self.listen.or_else(configured).unwrap_or_else(default)
    }

    /// Whether the ports of the configuration file are those of the one node.
    pub(super) const fn opens_other_ports(&self) -> bool {
        self.nodes == 1 && self.listen.is_none()
    }

    /// Returns the builder of the server.
    ///
    /// # Errors
    /// If a fixture cannot be read.
    pub(super) fn builder(&self, file: Option<&ConfigFile>) -> Result<Builder, FixtureError> {
        let builder = match file {
            Some(file) => Server::builder().config_file(file),
            None => Server::builder(),
        };
        let builder = builder
            .listen(self.address(file))
            .edition(self.edition)
            .controls(self.controls)
            .nodes(self.nodes)
            .racks(self.racks.iter().copied())
            .without_rosters(self.no_rosters);
        let builder = match self.replication_factor {
            Some(factor) => builder.replication_factor(factor),
            None => builder,
        };
        let builder = match &self.cluster_name {
            Some(name) => builder.cluster_name(name),
            None => builder,
        };
        let builder = match &self.work_directory {
            Some(directory) => builder.work_directory(directory),
            None => builder,
        };
        let builder = match self.journal {
            Some(command) => journal::print(builder, command),
            None => builder,
        };
        let builder = self.namespaces.iter().cloned().fold(builder, Builder::namespace);
        let builder = self.secure(builder);
        self.load
            .iter()
            .try_fold(builder, |builder, path| Ok(builder.fixture(Fixture::from_file(path)?)))
    }
}

impl Arguments {
    fn secure(&self, builder: Builder) -> Builder {
        let builder = if self.security || self.enable_quotas || self.session_ttl.is_some() {
            let default = SecurityConfig::default();
            builder.security(SecurityConfig {
                enable_quotas: self.enable_quotas,
                session_ttl: self.session_ttl.unwrap_or(default.session_ttl),
                ..default
            })
        } else {
            builder
        };
        let builder = self
            .roles
            .iter()
            .fold(builder, |builder, role| builder.add_role(role.0.clone()));
        let passwords = self
            .users
            .iter()
            .map(|user| (user, Authentication::Password as fn(String) -> _));
        let external = self.external_users.iter();
        let external = external.map(|user| (user, Authentication::External as fn(String) -> _));
        let builder = passwords.chain(external).fold(builder, |builder, (user, of)| {
            builder.add_user(&user.name, of(user.password.clone()), &user.roles)
        });
        self.pki_users.iter().fold(builder, |builder, user| {
            builder.add_user(&user.name, Authentication::Certificate, &user.roles)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_addresses_than_loopback_need_an_option() {
        let check = |arguments: &[&str]| Arguments::parse_from([&["spikelet"], arguments].concat()).check(None);
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&["--listen", "[::1]:3000"]), Ok(()));
        assert!(
            check(&["--listen", "0.0.0.0:3000"])
                .unwrap_err()
                .contains("--listen-beyond-loopback")
        );
        assert_eq!(check(&["--listen", "0.0.0.0:3000", "--listen-beyond-loopback"]), Ok(()));
    }
}
