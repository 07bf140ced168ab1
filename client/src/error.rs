//! Errors: why a command failed, and whether a write may have been applied nevertheless.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use spikelet_wire::value::WrongType;
use spikelet_wire::{DecodeError, ResultCode};

use crate::key::Key;

/// The error of a command that failed.
///
/// It is opaque; its methods tell what kind of failure it is.
///
/// ```no_run
/// # async fn example(client: spikelet_client::Client, key: spikelet_client::Key) -> Result<(), spikelet_client::Error> {
/// use spikelet_client::bins;
///
/// match client.put(&key, bins! {"val" => 1}).create_only().await {
///     Err(error) if error.is_record_exists() => println!("someone was here before"),
///     Err(error) if error.in_doubt() => println!("perhaps written, perhaps not: {error}"),
///     result => result?,
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    cause: Cause,
    in_doubt: bool,
    node: Option<Arc<str>>,
}

/// The kind of failure of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server replied with a result code other than OK.
    Server,
    /// The client stopped waiting.
    Timeout,
    /// A connection could not be opened, or broke.
    Connection,
    /// The client could not decode the reply.
    Protocol,
    /// No node of the cluster can be reached, or the cluster is not the expected one.
    Cluster,
    /// The command has an invalid argument and was not sent.
    Argument,
    /// A value is missing or not of the requested type.
    Value,
    /// The transaction takes no such command, or it was aborted because what it has read could not be verified.
    Transaction,
}

#[derive(Debug)]
pub(crate) enum Cause {
    Server(ResultCode),
    Info(ResultCode, String),
    Timeout,
    Connection(io::Error),
    Protocol(DecodeError),
    Cluster(String),
    Argument(String),
    WrongType(WrongType),
    Value(String),
    Transaction(String),
    /// The records that could not be verified, and why the first of them could not.
    Unverified(Arc<[Key]>, Box<Error>),
}

impl Error {
    pub(crate) fn new(cause: Cause) -> Self {
        Self(Box::new(Inner {
            cause,
            in_doubt: false,
            node: None,
        }))
    }

    pub(crate) fn argument(what: impl Into<String>) -> Self {
        Self::new(Cause::Argument(what.into()))
    }

    pub(crate) fn cluster(what: impl Into<String>) -> Self {
        Self::new(Cause::Cluster(what.into()))
    }

    pub(crate) fn value(what: impl Into<String>) -> Self {
        Self::new(Cause::Value(what.into()))
    }

    pub(crate) fn transaction(what: String) -> Self {
        Self::new(Cause::Transaction(what))
    }

    #[must_use]
    pub(crate) fn at(mut self, node: &Arc<str>) -> Self {
        self.0.node = Some(node.clone());
        self
    }

    #[must_use]
    pub(crate) fn with_doubt(mut self, in_doubt: bool) -> Self {
        self.0.in_doubt = in_doubt;
        self
    }

    /// The same failure, for another row of a batch.
    pub(crate) fn duplicate(&self) -> Self {
        let cause = match &self.0.cause {
            Cause::Server(code) => Cause::Server(*code),
            Cause::Info(code, text) => Cause::Info(*code, text.clone()),
            Cause::Timeout => Cause::Timeout,
            Cause::Connection(error) => Cause::Connection(io::Error::new(error.kind(), error.to_string())),
            Cause::Protocol(error) => Cause::Protocol(*error),
            Cause::Cluster(what) => Cause::Cluster(what.clone()),
            Cause::Argument(what) => Cause::Argument(what.clone()),
            Cause::WrongType(wrong) => Cause::WrongType(wrong.clone()),
            Cause::Value(what) => Cause::Value(what.clone()),
            Cause::Transaction(what) => Cause::Transaction(what.clone()),
            Cause::Unverified(keys, first) => Cause::Unverified(keys.clone(), Box::new(first.duplicate())),
        };
        Self(Box::new(Inner {
            cause,
            in_doubt: self.0.in_doubt,
            node: self.0.node.clone(),
        }))
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self.0.cause {
            Cause::Server(_) | Cause::Info(..) => ErrorKind::Server,
            Cause::Timeout => ErrorKind::Timeout,
            Cause::Connection(_) => ErrorKind::Connection,
            Cause::Protocol(_) => ErrorKind::Protocol,
            Cause::Cluster(_) => ErrorKind::Cluster,
            Cause::Argument(_) => ErrorKind::Argument,
            Cause::WrongType(_) | Cause::Value(_) => ErrorKind::Value,
            Cause::Transaction(_) | Cause::Unverified(..) => ErrorKind::Transaction,
        }
    }

    /// The server's result code; `None` if the server sent none.
    #[must_use]
    pub fn result_code(&self) -> Option<ResultCode> {
        match &self.0.cause {
            Cause::Server(code) | Cause::Info(code, _) => Some(*code),
            Cause::Unverified(_, first) => first.result_code(),
            _ => None,
        }
    }

    /// The records because of which a [commit](crate::Transaction::commit) failed and the transaction was aborted; empty for
    /// every other error.
    ///
    /// The transaction has read them, and they were written since, or another transaction has locked them, or it could not be
    /// found out. [`result_code`](Self::result_code) is that of the first of them.
    #[must_use]
    pub fn unverified_keys(&self) -> &[Key] {
        match &self.0.cause {
            Cause::Unverified(keys, _) => keys,
            _ => &[],
        }
    }

    /// Whether a write may have been applied although it failed.
    ///
    /// It is false for reads, and for writes that certainly were not applied because they were not sent completely or the
    /// server refused them. For a [commit](crate::Transaction::commit), it is whether the transaction may be committed.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.0.in_doubt
    }

    /// The name of the node to which the command was sent last.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// Whether the command timed out, at the client or at the server ([`ResultCode::TIMEOUT`]).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout || self.is(ResultCode::TIMEOUT)
    }

    /// Whether there is no such record ([`ResultCode::NOT_FOUND`]).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is(ResultCode::NOT_FOUND)
    }

    /// Whether the record exists although it was to be created ([`ResultCode::RECORD_EXISTS`]).
    #[must_use]
    pub fn is_record_exists(&self) -> bool {
        self.is(ResultCode::RECORD_EXISTS)
    }

    /// Whether the record's generation was not the expected one ([`ResultCode::GENERATION`]).
    #[must_use]
    pub fn is_generation(&self) -> bool {
        self.is(ResultCode::GENERATION)
    }

    /// Whether the filter expression was not true ([`ResultCode::FILTERED_OUT`]).
    #[must_use]
    pub fn is_filtered_out(&self) -> bool {
        self.is(ResultCode::FILTERED_OUT)
    }

    fn is(&self, code: ResultCode) -> bool {
        self.result_code() == Some(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Server(code) => code.fmt(f)?,
            Cause::Info(code, text) => write!(f, "the server refused ({}): {text}", code.0)?,
            Cause::Timeout => f.write_str("the time for the command ran out")?,
            Cause::Connection(_) => f.write_str("the connection failed")?,
            Cause::Protocol(_) => f.write_str("the reply cannot be decoded")?,
            Cause::Cluster(what) | Cause::Argument(what) | Cause::Value(what) | Cause::Transaction(what) => {
                f.write_str(what)?;
            }
            Cause::Unverified(keys, first) => {
                f.write_str("the transaction was aborted: ")?;
                match &**keys {
                    [key] => write!(f, "{key} could not be verified: {first}")?,
                    keys => write!(f, "{} records could not be verified, one of them: {first}", keys.len())?,
                }
            }
            Cause::WrongType(wrong) => wrong.fmt(f)?,
        }
        if let Some(node) = self.node() {
            write!(f, " [node {node}]")?;
        }
        if self.in_doubt() {
            f.write_str(" [the write may have been applied]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("cause", &self.0.cause)
            .field("in_doubt", &self.0.in_doubt)
            .field("node", &self.0.node)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Connection(error) => Some(error),
            Cause::Protocol(error) => Some(error),
            Cause::Unverified(_, first) => Some(first),
            _ => None,
        }
    }
}

impl From<WrongType> for Error {
    fn from(wrong: WrongType) -> Self {
        Self::new(Cause::WrongType(wrong))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::new(Cause::Protocol(error))
    }
}

impl From<ResultCode> for Error {
    fn from(code: ResultCode) -> Self {
        Self::new(Cause::Server(code))
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Converts the error "not found" into `None`.
///
/// ```no_run
/// # async fn example(client: spikelet_client::Client, key: spikelet_client::Key) -> Result<(), spikelet_client::Error> {
/// use spikelet_client::OptionalExt as _;
///
/// if let Some(record) = client.get(&key).await.optional()? {
///     println!("{record:?}");
/// }
/// # Ok(())
/// # }
/// ```
pub trait OptionalExt<T> {
    /// Converts an error that is ["not found"](Error::is_not_found) into `Ok(None)`.
    ///
    /// # Errors
    /// Every other error is returned unchanged.
    fn optional(self) -> Result<Option<T>, Error>;
}

impl<T> OptionalExt<T> for Result<T, Error> {
    fn optional(self) -> Result<Option<T>, Error> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_well() {
        let error = Error::new(Cause::Server(ResultCode::NOT_FOUND)).at(&Arc::from("A1"));
        assert_eq!(error.to_string(), "NOT_FOUND (2): There is no such record. [node A1]");
        assert!(error.is_not_found() && !error.in_doubt() && error.node() == Some("A1"));

        let error = Error::new(Cause::Timeout).with_doubt(true);
        assert_eq!(
            error.to_string(),
            "the time for the command ran out [the write may have been applied]"
        );
        assert!(error.is_timeout() && error.result_code().is_none());
        assert!(Error::new(Cause::Server(ResultCode::TIMEOUT)).is_timeout());
    }

    #[test]
    fn only_not_found_is_optional() {
        let not_found: Result<(), _> = Err(Error::new(Cause::Server(ResultCode::NOT_FOUND)));
        assert!(not_found.optional().unwrap().is_none());
        let refused: Result<(), _> = Err(Error::new(Cause::Server(ResultCode::PARAMETER)));
        assert_eq!(
            refused.optional().unwrap_err().result_code(),
            Some(ResultCode::PARAMETER)
        );
    }
}
