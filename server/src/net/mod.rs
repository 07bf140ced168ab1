//! Sockets and connections: bytes in, bytes out. The only place that knows tokio.
//!
//! [`Bound`] starts the thread of a server. `listener` accepts connections, `serve` takes each through its life, `connection`
//! reads its frames and writes the replies. `fault` delays, damages or cuts what a fault fires on, `task` runs the steps of
//! queries, batches and UDFs, `tls` does handshakes, `compression` decompresses requests and compresses answers, and `journal` records requests. Everything shares one [`Shared`].

mod compression;
mod connection;
mod fault;
mod in_process;
mod journal;
mod listener;
mod nodes;
mod nsup;
mod pipes;
mod reaper;
mod runtime;
mod serve;
mod shared;
mod sockets;
mod task;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls_disabled.rs"]
mod tls;

pub(crate) use in_process::{connect, connect_to, serve_stream};
pub(crate) use listener::bind;
pub(crate) use nodes::{Listeners, Nodes};
pub(crate) use runtime::{Addresses, Bound, Running};
pub(crate) use shared::Shared;
#[cfg(feature = "tls")]
pub(crate) use tls::Tls;
#[cfg(feature = "tls")]
pub use tls::{Certificate, CertificateKind, TlsError};
