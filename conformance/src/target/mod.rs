//! Targets: the servers that scenarios are run against.

mod docker;
mod embedded;
mod unavailable;

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use spikelet::Server;

use docker::Containers;
pub use docker::DEFAULT_IMAGE;
pub use embedded::{recorded_namespaces, recorded_ttl_namespaces, recorded_udf_directory};
pub use unavailable::Unavailable;

/// How many nodes a cluster has.
const NODES: usize = 3;

/// Where to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSpec {
    /// A server of ours, in this process.
    Embedded,
    /// Three nodes of a server of ours that form a cluster, in this process.
    EmbeddedCluster,
    /// A container of the real server.
    Docker {
        /// The image to run.
        image: String,
    },
    /// Three containers of the real server that form a cluster.
    DockerCluster {
        /// The image to run.
        image: String,
    },
    /// Any server that runs already, as `HOST:PORT`.
    Address(String),
}

/// A server to run against. Dropping it stops what was started for it.
#[derive(Debug)]
pub struct Target {
    name: String,
    hosts: String,
    keeps: Keeps,
}

/// What lives as long as a target.
#[derive(Debug)]
enum Keeps {
    Server(#[expect(dead_code, reason = "dropped with the target")] Box<Server>),
    Containers(#[expect(dead_code, reason = "dropped with the target")] Containers),
    Nothing,
}

impl TargetSpec {
    /// Starts what there is to start.
    ///
    /// # Errors
    /// When there is no engine for containers, or the server does not come up.
    pub async fn start(&self) -> Result<Target, Unavailable> {
        let (hosts, keeps) = match self {
            Self::Embedded => start_embedded(recorded_namespaces())?,
            Self::EmbeddedCluster => start_embedded(recorded_namespaces().nodes(NODES).replication_factor(2))?,
            Self::Docker { image } => {
                let containers = Containers::start(image, 1).await?;
                (containers.hosts(), Keeps::Containers(containers))
            }
            Self::DockerCluster { image } => {
                let containers = Containers::start(image, NODES).await?;
                (containers.hosts(), Keeps::Containers(containers))
            }
            Self::Address(address) => (address.clone(), Keeps::Nothing),
        };
        Ok(Target {
            name: self.to_string(),
            hosts,
            keeps,
        })
    }

    /// The image of the containers, for targets that have any.
    #[must_use]
    pub fn with_image(self, image: &str) -> Self {
        let image = image.to_owned();
        match self {
            Self::Docker { .. } => Self::Docker { image },
            Self::DockerCluster { .. } => Self::DockerCluster { image },
            other => other,
        }
    }
}

impl Target {
    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where clients connect: `HOST:PORT`, separated by commas.
    #[must_use]
    pub fn hosts(&self) -> &str {
        &self.hosts
    }

    /// Whether it was started for this run, and so was empty before it.
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        !matches!(self.keeps, Keeps::Nothing)
    }

    /// The address of its first host.
    ///
    /// # Errors
    /// When its name cannot be resolved.
    pub async fn addr(&self) -> std::io::Result<SocketAddr> {
        let host = self.hosts.split(',').next().unwrap_or_default();
        let unknown = || std::io::Error::new(std::io::ErrorKind::NotFound, format!("{host} has no address"));
        tokio::net::lookup_host(host).await?.next().ok_or_else(unknown)
    }
}

fn start_embedded(builder: spikelet::Builder) -> Result<(String, Keeps), Unavailable> {
    let server = builder.start().map_err(|error| Unavailable(error.to_string()))?;
    Ok((server.hosts(), Keeps::Server(Box::new(server))))
}

impl FromStr for TargetSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let image = || DEFAULT_IMAGE.to_owned();
        match text {
            "embedded" => Ok(Self::Embedded),
            "embedded-cluster" => Ok(Self::EmbeddedCluster),
            "docker" => Ok(Self::Docker { image: image() }),
            "docker-cluster" => Ok(Self::DockerCluster { image: image() }),
            address if address.contains(':') => Ok(Self::Address(address.to_owned())),
            _ => Err("a target is `embedded`, `embedded-cluster`, `docker`, `docker-cluster` or HOST:PORT".to_owned()),
        }
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::EmbeddedCluster => f.write_str("embedded-cluster"),
            Self::Docker { image } => write!(f, "docker {image}"),
            Self::DockerCluster { image } => write!(f, "docker-cluster {image}"),
            Self::Address(address) => f.write_str(address),
        }
    }
}
