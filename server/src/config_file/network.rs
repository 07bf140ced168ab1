//! The stanza `network`: which sockets to open, and what clients are told.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::tree::Item;
use super::{ConfigFile, ConfigFileError, TlsService, address};

/// The addresses and ports of the stanza, as they are read line by line.
#[derive(Default)]
pub(super) struct Network {
    service: Socket,
    access: Socket,
    alternate: Socket,
    admin: Socket,
    fabric: Socket,
    heartbeat: Socket,
    tls: Socket,
    tls_access: Socket,
    tls_alternate: Socket,
    tls_service: TlsService,
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
            "service.tls-address" => (&mut self.tls, false),
            "service.tls-port" => (&mut self.tls, true),
            "service.tls-access-address" => (&mut self.tls_access, false),
            "service.tls-access-port" => (&mut self.tls_access, true),
            "service.tls-alternate-access-address" => (&mut self.tls_alternate, false),
            "service.tls-alternate-access-port" => (&mut self.tls_alternate, true),
            "service.tls-name" => {
                self.tls_service.name = Some(item.value().to_owned());
                return Ok(true);
            }
            "service.tls-authenticate-client" => {
                self.tls_service.authenticate_client.push(item.value().to_owned());
                return Ok(true);
            }
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
        (file.access, file.alternate) = told(self.service, self.access, self.alternate);
        file.tls_listen = self.tls.bound();
        if file.tls_listen.is_some() {
            (file.tls_access, file.tls_alternate) = told(self.tls, self.tls_access, self.tls_alternate);
        }
        file.tls_service = self.tls_service;
        (file.admin, file.fabric, file.heartbeat) = (self.admin.bound(), self.fabric.bound(), self.heartbeat.bound());
    }
}

/// The addresses that clients are told: the standard one, if it is not the one of the socket, and the alternate one.
fn told(socket: Socket, access: Socket, alternate: Socket) -> (Option<SocketAddr>, Option<SocketAddr>) {
    // As the real server does: the port of clients, unless another is given for those outside.
    let port = access.port.or(socket.port).unwrap_or_default();
    let is_told = access.address.is_some() || access.port.is_some();
    let address = access.address.or(socket.address);
    let address = address.filter(|address| is_told && !address.is_unspecified());
    (
        address.map(|address| SocketAddr::new(address, port)),
        alternate
            .address
            .map(|address| SocketAddr::new(address, alternate.port.unwrap_or(port))),
    )
}
