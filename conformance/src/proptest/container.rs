//! Servers in containers.

use std::io;

use tokio::runtime::Runtime;

use super::address::Address;
use super::command::Command;
use super::records::Records;
use super::response::Response;
use super::target::{Health, Target};
use crate::target::{self, TargetSpec, Unavailable};

/// A server in a container, which is started again when the server dies, and removed when this is dropped.
#[derive(Debug)]
pub struct Container {
    runtime: Runtime,
    server: target::Target,
    address: Address,
}

impl Container {
    /// Starts a container.
    ///
    /// # Errors
    /// If there is no container engine, or the server does not start.
    pub fn start(image: &str) -> Result<Self, Unavailable> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Unavailable(error.to_string()))?;
        let spec = TargetSpec::Docker {
            image: image.to_owned(),
        };
        let server = runtime.block_on(spec.start())?;
        Ok(Self {
            address: Address::new(server.hosts()),
            runtime,
            server,
        })
    }
}

impl Target for Container {
    fn name(&self) -> String {
        self.server.name().to_owned()
    }

    fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
        self.address.execute(records, command)
    }

    fn health(&mut self, error: &io::Error) -> Health {
        self.address.health(error)
    }

    fn restart(&mut self) -> Result<(), String> {
        let restarted = self.runtime.block_on(self.server.restart());
        restarted.map_err(|Unavailable(why)| why)?;
        self.address.wait()
    }
}
