//! The ports of the configuration file beside that for clients: `admin`, `fabric` and `heartbeat`.

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::OtherPorts;
use tokio::net::TcpStream;

/// The sockets that listen.
pub(super) struct Ports {
    admin: Option<tokio::net::TcpListener>,
    /// Nodes are in one process, so nobody has anything to say on these. Helpers of containers wait until they listen.
    silent: Vec<tokio::net::TcpListener>,
}

impl Ports {
    /// Listens. Call this within a runtime.
    ///
    /// # Errors
    /// If an address cannot be bound. The error names the port's stanza.
    pub(super) fn listen(ports: OtherPorts) -> Result<Self, Box<dyn Error>> {
        let bind = |name: &str, address: Option<SocketAddr>| {
            address.map(|address| {
                bind(address)
                    .map_err(|error| format!("cannot listen on {address} ({name} in the configuration): {error}"))
            })
        };
        Ok(Self {
            admin: bind("admin", ports.admin).transpose()?,
            silent: [bind("fabric", ports.fabric), bind("heartbeat", ports.heartbeat)]
                .into_iter()
                .flatten()
                .collect::<Result<_, _>>()?,
        })
    }

    /// Serves the ports. Connections to `admin` go to the server at this address. With `only_local`, those from other machines are
    /// closed: to the server they would look like connections from this machine, which may control it.
    pub(super) fn serve(self, mut server: SocketAddr, only_local: bool) {
        if server.ip().is_unspecified() {
            server.set_ip([127, 0, 0, 1].into());
        }
        if let Some(listener) = self.admin {
            tokio::spawn(async move {
                loop {
                    let (client, peer) = accept(&listener).await;
                    if peer.ip().to_canonical().is_loopback() || !only_local {
                        tokio::spawn(forward(client, server));
                    }
                }
            });
        }
        for listener in self.silent {
            tokio::spawn(async move {
                loop {
                    drop(accept(&listener).await);
                }
            });
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

async fn accept(listener: &tokio::net::TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Mostly out of descriptors: another connection has to end first.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

async fn forward(mut client: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        // Either side may end the connection at any time.
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    }
}
