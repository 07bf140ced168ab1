//! Targets: the servers under test.

mod docker;
mod embedded;
mod unavailable;

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use spikelet::Server;

use docker::Containers;
pub use docker::DEFAULT_IMAGE;
use embedded::enterprise;
pub use embedded::{recorded_namespaces, recorded_ttl_namespaces, recorded_udf_directory};
pub use unavailable::Unavailable;

/// The number of nodes in a cluster.
const NODES: usize = 3;

/// The specification of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSpec {
    /// An embedded server in this process.
    Embedded,
    /// An embedded cluster of three nodes in this process.
    EmbeddedCluster,
    /// An embedded server of the Enterprise Edition in this process. Beside the namespaces of the embedded server it has one with
    /// strong consistency.
    EmbeddedEnterprise,
    /// An embedded server of the Enterprise Edition in this process, with security.
    EmbeddedSecurity,
    /// The real server in a container.
    Docker {
        /// The image to run.
        image: String,
    },
    /// A cluster of the real server in three containers.
    DockerCluster {
        /// The image to run.
        image: String,
    },
    /// Any running server, as `HOST:PORT`.
    Address(String),
}

/// A server under test. Dropping it stops the server or containers that were started for it.
#[derive(Debug)]
pub struct Target {
    name: String,
    hosts: String,
    running: Running,
    login: Option<(String, String)>,
}

/// The server or containers that run as long as the target exists.
#[derive(Debug)]
enum Running {
    Server(#[expect(dead_code, reason = "dropped with the target")] Box<Server>),
    Containers(Containers),
    External,
}

impl TargetSpec {
    /// Starts the target.
    ///
    /// # Errors
    /// If there is no container engine, or the server does not start.
    pub async fn start(&self) -> Result<Target, Unavailable> {
        let (hosts, running) = match self {
            Self::Embedded => start_embedded(recorded_namespaces())?,
            Self::EmbeddedCluster => start_embedded(recorded_namespaces().nodes(NODES).replication_factor(2))?,
            Self::EmbeddedEnterprise => start_embedded(enterprise()?)?,
            Self::EmbeddedSecurity => start_embedded(embedded::secured().nodes(NODES))?,
            Self::Docker { image } => {
                let containers = Containers::start(image, 1).await?;
                (containers.hosts(), Running::Containers(containers))
            }
            Self::DockerCluster { image } => {
                let containers = Containers::start(image, NODES).await?;
                (containers.hosts(), Running::Containers(containers))
            }
            Self::Address(address) => (address.clone(), Running::External),
        };
        Ok(Target {
            name: self.to_string(),
            hosts,
            running,
            login: (*self == Self::EmbeddedSecurity).then(|| (embedded::USER.to_owned(), embedded::USER.to_owned())),
        })
    }

    /// Sets the container image; no effect on targets without containers.
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
    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The addresses for clients: `HOST:PORT`, separated by commas.
    #[must_use]
    pub fn hosts(&self) -> &str {
        &self.hosts
    }

    /// Logs in as a user.
    #[must_use]
    pub fn with_login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// The user and the password with which clients log in; `None` on a server without security.
    #[must_use]
    pub fn login(&self) -> Option<(&str, &str)> {
        self.login
            .as_ref()
            .map(|(user, password)| (user.as_str(), password.as_str()))
    }

    /// Whether the target was started for this run, and was therefore empty.
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        !matches!(self.running, Running::External)
    }

    /// Starts the target's containers again after their servers have died, and waits until they serve.
    ///
    /// # Errors
    /// If the target is not in containers, or does not serve in time.
    pub async fn restart(&self) -> Result<(), Unavailable> {
        match &self.running {
            Running::Containers(containers) => containers.restart().await,
            Running::Server(_) | Running::External => Err(Unavailable(format!(
                "{} cannot be restarted: it is not in a container",
                self.name
            ))),
        }
    }

    /// The address of the first host.
    ///
    /// # Errors
    /// If the host name cannot be resolved.
    pub async fn addr(&self) -> std::io::Result<SocketAddr> {
        let host = self.hosts.split(',').next().unwrap_or_default();
        let unknown = || std::io::Error::new(std::io::ErrorKind::NotFound, format!("{host} has no address"));
        tokio::net::lookup_host(host).await?.next().ok_or_else(unknown)
    }
}

fn start_embedded(builder: spikelet::Builder) -> Result<(String, Running), Unavailable> {
    let server = builder.start().map_err(|error| Unavailable(error.to_string()))?;
    Ok((server.hosts(), Running::Server(Box::new(server))))
}

impl FromStr for TargetSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let image = || DEFAULT_IMAGE.to_owned();
        match text {
            "embedded" => Ok(Self::Embedded),
            "embedded-cluster" => Ok(Self::EmbeddedCluster),
            "embedded-enterprise" => Ok(Self::EmbeddedEnterprise),
            "embedded-security" => Ok(Self::EmbeddedSecurity),
            "docker" => Ok(Self::Docker { image: image() }),
            "docker-cluster" => Ok(Self::DockerCluster { image: image() }),
            address if address.contains(':') => Ok(Self::Address(address.to_owned())),
            _ => Err(
                "a target is `embedded`, `embedded-cluster`, `embedded-enterprise`, `embedded-security`, `docker`, \
                 `docker-cluster` or HOST:PORT"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::EmbeddedCluster => f.write_str("embedded-cluster"),
            Self::EmbeddedEnterprise => f.write_str("embedded-enterprise"),
            Self::EmbeddedSecurity => f.write_str("embedded-security"),
            Self::Docker { image } => write!(f, "docker {image}"),
            Self::DockerCluster { image } => write!(f, "docker-cluster {image}"),
            Self::Address(address) => f.write_str(address),
        }
    }
}
