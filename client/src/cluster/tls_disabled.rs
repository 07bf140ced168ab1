//! In the place of TLS, in a build without the cargo feature `tls`: there is none.

use std::io;

use super::transport::Transport;

/// Cannot be made.
#[derive(Debug, Clone)]
pub(crate) enum Tls {}

impl Tls {
    pub(super) const fn is_for_login_only(&self) -> bool {
        match *self {}
    }

    pub(super) async fn connect(&self, _stream: Transport, _name: &str) -> io::Result<Transport> {
        match *self {}
    }
}
