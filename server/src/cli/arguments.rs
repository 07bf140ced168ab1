//! The arguments of the program.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{ArgAction, Parser};
use spikelet::{Builder, Command, Fixture, FixtureError, NamespaceConfig, Server};

use super::{journal, namespace};

const EXAMPLES: &str = "\
Examples:
  spikelet
      Listens on 127.0.0.1:3000 with the namespaces test and bar.

  spikelet --listen 127.0.0.1:0 --port-file /tmp/spikelet.port --exit-with-stdin
      For a test: a free port, written to a file once clients can connect, and an end with the test's own.

  spikelet --namespace orders,default-ttl=30d,nsup-period=120s --namespace cache,default-ttl=1h
      Namespaces of their own, whose records expire.

  spikelet --load users.json --load production.asb
      Begins with the records, indexes and modules of these files; a directory of asbackup has several.

  spikelet --listen 127.0.0.1:3000 --nodes 3 --replication-factor 2 --controls
      A cluster of three, on the ports 3000 to 3002, whose nodes can be killed: spikelet/node/kill:id=B2.

Parameters of a namespace, separated by commas:
  default-ttl=TIME                how long records live that are written without a TTL; 0, the default, is forever
  nsup-period=TIME                how often expired records are removed; 1s by default, 0 is never
  allow-ttl-without-nsup=BOOL     whether records may have a TTL where nsup-period is 0; true by default
  replication-factor=N            how many nodes keep a copy of a record; that of --replication-factor by default
  conflict-resolution-policy=P    generation (the default) or last-update-time: what is kept where both sides of a cut
                                  network wrote

A TIME is a number of seconds, or one with a unit: 90s, 15m, 12h, 30d.

When clients can connect, the program prints one line on stdout: listening on ADDRESS:PORT. With several nodes there is one
such line for each, and one port in each line of the port file.
Ctrl-C and SIGTERM stop it.";

/// An Aerospike-compatible server for tests: real clients connect to it, and it keeps everything in memory.
#[derive(Debug, Parser)]
#[command(name = "spikelet", version, after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Where to listen; port 0 is a free one. Nodes behind the first take the ports behind it.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)))]
    listen: SocketAddr,

    /// Allows to listen on an address that other machines can reach. There is no authentication and no TLS.
    #[arg(long)]
    listen_beyond_loopback: bool,

    /// A namespace and its parameters; give it once for each. Without any: test and bar.
    #[arg(long = "namespace", value_name = "NAME[,PARAMETER=VALUE...]", value_parser = namespace::parse)]
    namespaces: Vec<NamespaceConfig>,

    /// How many nodes there are; their ids are B1, B2 and so on, or A1 for one.
    #[arg(long, value_name = "N", default_value_t = 1)]
    nodes: usize,

    /// How many nodes keep a copy of a record, in namespaces that do not say it themselves.
    #[arg(long, value_name = "N", default_value_t = 1)]
    replication_factor: u32,

    /// The name of the cluster, which clients can insist on.
    #[arg(long, value_name = "NAME")]
    cluster_name: Option<String>,

    /// The directory that the errors of UDFs name, /opt/aerospike by default; nothing is read from it or written to it.
    #[arg(long, value_name = "PATH")]
    work_directory: Option<String>,

    /// Lets clients on this machine control the server through the info protocol; `spikelet/help` lists how.
    #[arg(long)]
    controls: bool,

    /// Prints what the server supports, as a table in Markdown, and ends.
    #[arg(long)]
    pub(super) support: bool,

    /// Prints what is asked to stderr, a line each once it is over, and keeps the last 10000 for the controls; one COMMAND, such as write,
    /// or everything, info commands included. Without it: any, which is all but info commands, by which clients tend their
    /// clusters.
    #[arg(long, value_name = "COMMAND", num_args = 0..=1, require_equals = true)]
    journal: Option<Option<Command>>,

    /// Loads a fixture before clients can connect: JSON, or what `asbackup` wrote, a file or a directory; give it once for each.
    #[arg(long, value_name = "PATH")]
    load: Vec<PathBuf>,

    /// Writes the port of each node to this file once clients can connect; the file is there whole or not at all.
    #[arg(long, value_name = "PATH")]
    pub(super) port_file: Option<PathBuf>,

    /// Stops when stdin ends, as it does when the process that started this one ends.
    #[arg(long)]
    pub(super) exit_with_stdin: bool,

    /// Logs to stderr: connections; given twice, everything.
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

impl Arguments {
    /// Checks what concerns several arguments.
    pub(super) fn check(&self) -> Result<(), String> {
        let ip = self.listen.ip();
        if ip.is_loopback() || self.listen_beyond_loopback {
            return Ok(());
        }
        Err(format!(
            "{ip} can be reached from other machines, and there is no authentication: add --listen-beyond-loopback if \
             that is meant, or listen on 127.0.0.1"
        ))
    }

    /// The server that is asked for.
    ///
    /// # Errors
    /// For a file that is no fixture.
    pub(super) fn builder(&self) -> Result<Builder, FixtureError> {
        let builder = Server::builder()
            .listen(self.listen)
            .controls(self.controls)
            .nodes(self.nodes)
            .replication_factor(self.replication_factor);
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
        self.load
            .iter()
            .try_fold(builder, |builder, path| Ok(builder.fixture(Fixture::from_file(path)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on_unasked() {
        let check = |arguments: &[&str]| Arguments::parse_from([&["spikelet"], arguments].concat()).check();
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
