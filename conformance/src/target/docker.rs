//! The real server in containers, which are run by the `docker` program.
//!
//! Each node's port is published on 127.0.0.1 under the number of its `access-port`, so that a client on this machine
//! can connect to the addresses that the nodes report, on every platform that docker runs on.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use spikelet_client::Client;

use super::unavailable::Unavailable;

/// The image of the recorded server.
pub const DEFAULT_IMAGE: &str = "aerospike/aerospike-server:8.1.2.0";

/// How long containers may take to start.
const STARTUP: Duration = Duration::from_secs(60);

/// Containers that are removed when this is dropped.
#[derive(Debug)]
pub(super) struct Containers {
    /// The name of the network, and the prefix of the containers' names.
    name: String,
    ports: Vec<u16>,
    directory: PathBuf,
}

impl Containers {
    pub(super) async fn start(image: &str, nodes: usize) -> Result<Self, Unavailable> {
        let (image, engine) = (image.to_owned(), tokio::task::spawn_blocking(engine));
        engine.await.map_err(|error| Unavailable(error.to_string()))??;
        let started = tokio::task::spawn_blocking(move || Self::run(&image, nodes)).await;
        let containers = started.map_err(|error| Unavailable(error.to_string()))??;
        containers.wait(nodes).await?;
        Ok(containers)
    }

    pub(super) fn hosts(&self) -> String {
        let hosts: Vec<_> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        hosts.join(",")
    }

    fn run(image: &str, nodes: usize) -> Result<Self, Unavailable> {
        let ports = (0..nodes).map(|_| free_port()).collect::<Result<Vec<_>, _>>()?;
        let name = format!(
            "spikelet-conformance-{}-{}",
            std::process::id(),
            ports.first().unwrap_or(&0)
        );
        let directory = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&directory).map_err(|error| Unavailable(error.to_string()))?;
        // From here on, dropping `containers` cleans up.
        let containers = Self { name, ports, directory };
        docker(&["network", "create", &containers.name])?;
        for (node, port) in containers.ports.iter().enumerate() {
            let file = containers.directory.join(format!("{node}.conf"));
            let config = containers.config(node, *port);
            std::fs::write(&file, config).map_err(|error| Unavailable(error.to_string()))?;
            docker(&[
                "run",
                "--detach",
                "--name",
                &containers.node(node),
                "--network",
                &containers.name,
                "--publish",
                &format!("127.0.0.1:{port}:3000"),
                "--volume",
                &format!("{}:/etc/spikelet/aerospike.conf:ro", file.display()),
                image,
                "--config-file",
                "/etc/spikelet/aerospike.conf",
            ])?;
        }
        Ok(containers)
    }

    /// Starts all containers again, whether their servers have died or hang, and waits until all nodes serve.
    pub(super) async fn restart(&self) -> Result<(), Unavailable> {
        let nodes: Vec<_> = (0..self.ports.len()).map(|node| self.node(node)).collect();
        let count = nodes.len();
        let started = tokio::task::spawn_blocking(move || {
            let nodes = nodes.iter().map(String::as_str);
            docker(&["restart", "--time", "0"].into_iter().chain(nodes).collect::<Vec<_>>())
        });
        started.await.map_err(|error| Unavailable(error.to_string()))??;
        self.wait(count).await
    }

    fn node(&self, node: usize) -> String {
        format!("{}-{node}", self.name)
    }

    fn config(&self, node: usize, port: u16) -> String {
        // A node gets the addresses of the nodes started before it, and contacts them.
        let seeds: String = (0..node)
            .map(|seed| format!("        mesh-seed-address-port {} 3002\n", self.node(seed)))
            .collect();
        let replicas = self.ports.len().min(2);
        let namespace = |name: &str| {
            format!(
                "namespace {name} {{\n    replication-factor {replicas}\n    default-ttl 0\n    nsup-period 1\n    \
                 allow-ttl-without-nsup true\n    storage-engine memory {{\n        data-size 1G\n    }}\n}}\n"
            )
        };
        format!(
            "service {{\n    cluster-name spikelet\n    node-id a{id}\n    proto-fd-max 1024\n}}\n\
             logging {{\n    console {{\n        context any warning\n    }}\n}}\n\
             network {{\n    service {{\n        address any\n        port 3000\n        access-address 127.0.0.1\n        \
             access-port {port}\n    }}\n    heartbeat {{\n        mode mesh\n        address any\n        port 3002\n\
             {seeds}        interval 150\n        timeout 10\n    }}\n    fabric {{\n        address any\n        \
             port 3001\n    }}\n}}\n{}{}",
            namespace("test"),
            namespace("bar"),
            id = node + 1,
        )
    }

    /// Waits until all nodes have joined the cluster and no partition is migrating.
    async fn wait(&self, nodes: usize) -> Result<(), Unavailable> {
        let ready = async {
            loop {
                if self.serve(nodes).await == Some(true) {
                    return Ok(());
                }
                let network = self.name.clone();
                if let Ok(Err(stopped)) = tokio::task::spawn_blocking(move || all_run(&network)).await {
                    return Err(stopped);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(STARTUP, ready).await.unwrap_or_else(|_| {
            Err(Unavailable(format!(
                "the containers did not serve within {} seconds",
                STARTUP.as_secs()
            )))
        })
    }

    async fn serve(&self, nodes: usize) -> Option<bool> {
        let client = Client::connect(self.hosts()).await.ok()?;
        let stable = format!("cluster-stable:size={nodes};ignore-migrations=false");
        let answers = client.info_all(stable).await.ok()?;
        Some(
            answers.len() == nodes
                && answers
                    .iter()
                    .all(|(_, key)| answers.first().is_some_and(|(_, of)| of == key)),
        )
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        for node in 0..self.ports.len() {
            // Fails for a container that was never started, which does not matter.
            let _ = docker(&["rm", "--force", "--volumes", &self.node(node)]);
        }
        let _ = docker(&["network", "rm", &self.name]);
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Checks that a container engine is running.
fn engine() -> Result<(), Unavailable> {
    docker(&["info"]).map_err(|Unavailable(why)| Unavailable(format!("no docker engine runs here: {why}")))
}

/// Checks that no container of a network has stopped. The error has the last line that it printed.
fn all_run(network: &str) -> Result<(), Unavailable> {
    let network = format!("network={network}");
    let format = "{{.Names}}";
    let stopped = docker_output(&[
        "ps",
        "--all",
        "--filter",
        &network,
        "--filter",
        "status=exited",
        "--format",
        format,
    ])?;
    let stopped = String::from_utf8_lossy(&stopped.stdout).into_owned();
    let Some(container) = stopped.lines().next() else {
        return Ok(());
    };
    let printed = docker_output(&["logs", "--tail", "1", container])?;
    let printed = [printed.stdout, printed.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    Err(Unavailable(format!(
        "the container {container} has stopped: {}",
        printed.lines().last().unwrap_or("it printed nothing")
    )))
}

fn docker(arguments: &[&str]) -> Result<(), Unavailable> {
    docker_output(arguments).map(drop)
}

fn docker_output(arguments: &[&str]) -> Result<Output, Unavailable> {
    let run = Command::new("docker").args(arguments).stdin(Stdio::null()).output();
    match run {
        Ok(output) if output.status.success() => Ok(output),
        Ok(Output { stderr, .. }) => {
            let message = String::from_utf8_lossy(&stderr);
            Err(Unavailable(
                message.lines().last().unwrap_or("docker failed").trim().to_owned(),
            ))
        }
        Err(error) => Err(Unavailable(format!("docker cannot be run: {error}"))),
    }
}

fn free_port() -> Result<u16, Unavailable> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = listener
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port());
    port.map_err(|error| Unavailable(format!("no free port: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_configured_with_its_client_address_and_seeds() {
        let containers = Containers {
            name: "c".into(),
            ports: vec![4001, 4002, 4003],
            directory: PathBuf::from("/nonexistent"),
        };
        let config = containers.config(2, 4003);
        assert_eq!(config.matches('{').count(), config.matches('}').count());
        for line in [
            "    node-id a3",
            "        access-port 4003",
            "        mesh-seed-address-port c-0 3002",
            "        mesh-seed-address-port c-1 3002",
            "    replication-factor 2",
        ] {
            assert!(config.lines().any(|of| of == line), "{line:?} in\n{config}");
        }
        assert_eq!(containers.hosts(), "127.0.0.1:4001,127.0.0.1:4002,127.0.0.1:4003");
        std::mem::forget(containers);
    }
}
