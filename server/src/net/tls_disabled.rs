//! In the place of TLS, in a build without the cargo feature `tls`: there is none.

use std::sync::Arc;

use super::Shared;
use super::serve::Ends;

/// Cannot be made.
#[derive(Debug)]
pub(crate) enum Tls {}

pub(super) async fn serve<S>(
    tls: Arc<Tls>,
    _shared: Arc<Shared>,
    _node: usize,
    _stream: S,
    _ends: Ends,
    _reset: impl FnOnce(&S),
) {
    match *tls {}
}
