//! The stanza `network`: which sockets to open, and what clients are told.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::tree::Item;
use super::{ConfigFile, ConfigFileError, address};

/// The addresses and ports of the stanza, as they are read line by line.
#[derive(Default)]
pub(super) struct Network {
    service: Socket,
    access: Socket,
    alternate: Socket,
    admin: Socket,
    fabric: Socket,
    heartbeat: Socket,
}

#[derive(Default, Clone, Copy)]
struct Socket {
    address: Option<IpAddr>,
    port: Option<u16>,
}

impl Socket {
    fn bound(self) -> Option<SocketAddr> {
        let address = self.address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        Some(SocketAddr::new(address, self.port?))
    }
}

impl Network {
    /// Takes a line that has an address or a port. Of several addresses the first counts. Returns whether the line has an
    /// effect.
    pub(super) fn take(&mut self, name: &str, item: &Item) -> Result<bool, ConfigFileError> {
        let (socket, is_port) = match name {
            "service.address" => (&mut self.service, false),
            "service.port" => (&mut self.service, true),
            "service.access-address" => (&mut self.access, false),
            "service.access-port" => (&mut self.access, true),
            "service.alternate-access-address" => (&mut self.alternate, false),
            "service.alternate-access-port" => (&mut self.alternate, true),
            "admin.address" => (&mut self.admin, false),
            "admin.port" => (&mut self.admin, true),
            "fabric.address" => (&mut self.fabric, false),
            "fabric.port" => (&mut self.fabric, true),
            "heartbeat.address" => (&mut self.heartbeat, false),
            "heartbeat.port" => (&mut self.heartbeat, true),
            _ => return Ok(false),
        };
        if is_port {
            socket.port = item.value().parse().ok();
        } else if socket.address.is_some() {
            return Ok(false);
        } else {
            let address = address::read(item.value());
            socket.address = Some(address.map_err(|problem| item.error(format!("{} {problem}", item.name)))?);
        }
        Ok(true)
    }

    /// Hands the sockets over.
    pub(super) fn finish(self, file: &mut ConfigFile) {
        file.listen = self.service.bound();
        let port = self.service.port.unwrap_or_default();
        // As the real server does: the port of clients, unless another is given for those outside.
        let access_port = self.access.port.unwrap_or(port);
        let told = |socket: Socket, port| Some(SocketAddr::new(socket.address?, socket.port.unwrap_or(port)));
        let is_told = self.access.address.is_some() || self.access.port.is_some();
        let address = self.access.address.or(self.service.address);
        let access = address.filter(|address| is_told && !address.is_unspecified());
        file.access = access.map(|address| SocketAddr::new(address, access_port));
        file.alternate = told(self.alternate, access_port);
        (file.admin, file.fabric, file.heartbeat) = (self.admin.bound(), self.fabric.bound(), self.heartbeat.bound());
    }
}
