//! What a scenario needs of a server: an edition, a namespace with strong consistency, or security.

use std::fmt;

use spikelet_client::{Client, Error, ResultCode};

use crate::context::Context;

/// What a scenario needs of a server. On a server without it, the scenario is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Needs {
    /// Nothing: it runs on every server.
    Nothing,
    /// The Community Edition.
    Community,
    /// The Enterprise Edition. The records of the scenario are in the namespace `test`.
    Enterprise,
    /// The Enterprise Edition and a namespace with `strong-consistency`, where the records of the scenario are.
    StrongConsistency,
    /// Security, and a user that may administer users and access data.
    Security,
}

/// What a server has.
#[derive(Debug, Clone)]
pub(crate) struct Offers {
    is_enterprise: bool,
    /// The first namespace with strong consistency.
    strongly_consistent: Option<String>,
    has_security: bool,
}

impl Offers {
    /// Asks a server what it has.
    pub(crate) async fn of(client: &Client) -> Result<Self, Error> {
        let is_enterprise = client.info("edition").await?.contains("Enterprise");
        let mut strongly_consistent = None;
        for namespace in client.info("namespaces").await?.split(';') {
            let command = format!("get-config:context=namespace;namespace={namespace}");
            let parameters = client.info(command).await?;
            if strongly_consistent.is_none() && parameters.split(';').any(|pair| pair == "strong-consistency=true") {
                strongly_consistent = Some(namespace.to_owned());
            }
        }
        let users = client.query_users().await;
        let has_security = !matches!(
            users.map_err(|error| error.result_code()),
            Err(Some(
                ResultCode::SECURITY_NOT_SUPPORTED | ResultCode::SECURITY_NOT_ENABLED
            ))
        );
        Ok(Self {
            is_enterprise,
            strongly_consistent,
            has_security,
        })
    }

    /// The namespace for the records of a scenario.
    ///
    /// # Errors
    /// Why the scenario is skipped.
    pub(crate) fn namespace(&self, needs: Needs) -> Result<&str, String> {
        let namespace = match needs {
            Needs::Nothing => Some(Context::NAMESPACE),
            Needs::Community => Some(Context::NAMESPACE).filter(|_| !self.is_enterprise),
            Needs::Enterprise => Some(Context::NAMESPACE).filter(|_| self.is_enterprise),
            Needs::StrongConsistency => self.strongly_consistent.as_deref().filter(|_| self.is_enterprise),
            Needs::Security => Some(Context::NAMESPACE).filter(|_| self.has_security),
        };
        namespace.ok_or_else(|| format!("it needs {needs}"))
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Community => "the Community Edition",
            Self::Enterprise => "the Enterprise Edition",
            Self::StrongConsistency => "the Enterprise Edition and a namespace with strong-consistency",
            Self::Security => "security",
        })
    }
}
