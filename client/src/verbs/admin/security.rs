//! The administration of users and roles.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use spikelet_wire::admin::{
    AdminCommand, AdminField, AdminMessage, AdminWriter, ListTooLong, Privilege, names, numbers, privileges,
};
use spikelet_wire::{DecodeError, ResultCode};

use super::super::command::{Command, Execute};
use super::super::options::Options;
use crate::cluster::{Cluster, SecurityReply};
use crate::credentials::{check_name, hash};
use crate::error::{Cause, Error};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct User {
    /// The name.
    pub name: String,
    /// The names of the user's roles.
    pub roles: Vec<String>,
    /// What the user reads, on the node that replied.
    pub reads: UserRates,
    /// What the user writes, on the node that replied.
    pub writes: UserRates,
    /// The number of the user's connections to the node that replied.
    pub connections: u32,
}

/// The reads or the writes of a user on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UserRates {
    /// The quota in records per second; 0 for no limit.
    pub quota: u32,
    /// The commands on single records per second.
    pub single: u32,
    /// The sum of the limits of the queries that run, in records per second.
    pub limited_queries: u32,
    /// The number of queries that run without a limit.
    pub unlimited_queries: u32,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Role {
    /// The name.
    pub name: String,
    /// What the role permits.
    pub privileges: Vec<Privilege>,
    /// The addresses and networks from which its users may connect; empty for any.
    pub whitelist: Vec<String>,
    /// The most reads per second on each node; 0 for no limit.
    pub read_quota: u32,
    /// The most writes per second on each node; 0 for no limit.
    pub write_quota: u32,
}

/// A command that changes users or roles. It is sent to one node, which passes it on to the others.
#[derive(Debug, Clone)]
pub struct Security {
    request: Request,
    /// The new password of a user, which is hashed when the command is executed.
    password: Option<NewPassword>,
}

#[derive(Debug, Clone)]
enum NewPassword {
    /// Another user's, or that of a new user.
    Set(String),
    /// The client's own, which logs in with the new one from then on.
    Change(String),
}

/// A command that creates a role.
#[derive(Debug, Clone)]
pub struct CreateRole {
    name: String,
    privileges: Result<Vec<Privilege>, Arc<Error>>,
    whitelist: Vec<String>,
    quotas: (u32, u32),
}

/// A command that returns users or roles.
#[derive(Debug, Clone)]
pub struct QuerySecurity<T> {
    request: Request,
    read: fn(&AdminMessage<'_>) -> Result<T, DecodeError>,
}

/// A command that returns one user or role.
#[derive(Debug, Clone)]
pub struct QueryOne<T>(QuerySecurity<T>);

/// A request, or the error with which it fails.
#[derive(Debug, Clone)]
struct Request {
    command: AdminCommand,
    fields: Result<Vec<(AdminField, Bytes)>, Arc<Error>>,
}

impl Request {
    const fn new(command: AdminCommand) -> Self {
        Self {
            command,
            fields: Ok(Vec::new()),
        }
    }

    fn user(self, name: &str) -> Self {
        self.named("user", AdminField::USER, name)
    }

    fn role(self, name: &str) -> Self {
        self.named("role", AdminField::ROLE, name)
    }

    fn named(self, what: &str, id: AdminField, name: &str) -> Self {
        match check_name(what, name) {
            Ok(()) => self.field(id, name.as_bytes()),
            Err(error) => self.fail(error),
        }
    }

    fn field(mut self, id: AdminField, data: &[u8]) -> Self {
        if let Ok(fields) = &mut self.fields {
            fields.push((id, Bytes::copy_from_slice(data)));
        }
        self
    }

    /// Adds what a writer writes: one field.
    fn written(self, write: impl FnOnce(&mut AdminWriter<'_>) -> Result<(), ListTooLong>) -> Self {
        let mut out = BytesMut::new();
        let mut writer = AdminWriter::bare(&mut out, ResultCode::OK);
        let written = write(&mut writer);
        writer.finish();
        match (written, AdminMessage::decode(&out)) {
            (Err(error), _) => self.fail(Error::argument(error.to_string())),
            (_, Err(error)) => self.fail(Error::argument(error.to_string())),
            (Ok(()), Ok(message)) => message.fields().fold(self, |this, (id, data)| this.field(id, data)),
        }
    }

    fn roles(self, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let roles: Vec<_> = roles
            .into_iter()
            .map(|role| role.as_ref().as_bytes().to_vec())
            .collect();
        self.written(|writer| writer.names(AdminField::ROLES, &roles))
    }

    fn privileges(self, privileges: &[Privilege]) -> Self {
        match privileges.iter().find(|privilege| !privilege.is_valid()) {
            Some(wrong) => self.fail(Error::argument(format!("{wrong} is no valid privilege"))),
            None => self.written(|writer| writer.privileges(privileges.iter())),
        }
    }

    fn fail(mut self, error: Error) -> Self {
        if self.fields.is_ok() {
            self.fields = Err(Arc::new(error));
        }
        self
    }

    async fn send(self, cluster: &Cluster, options: &Options, is_query: bool) -> Result<Vec<Bytes>, Error> {
        let fields = self.fields.map_err(|error| error.duplicate())?;
        let mut frame = BytesMut::new();
        let mut message = AdminWriter::request(&mut frame, self.command);
        fields.iter().for_each(|(id, data)| message.field(*id, data));
        message.finish();
        let node = cluster.any_node(&cluster.view())?;
        let reply = SecurityReply {
            socket_timeout: options.policy.socket_timeout,
            is_query,
        };
        let mut attempts = options.attempts(!is_query);
        let bodies = cluster.send_security(&node, &frame, options.deadline(), reply, &mut attempts);
        bodies.await.map_err(|error| error.at(&node.name))
    }
}

impl Security {
    const fn new(request: Request) -> Self {
        Self {
            request,
            password: None,
        }
    }

    pub(crate) fn create_user(name: &str, password: &str, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self {
            request: Request::new(AdminCommand::CREATE_USER).user(name).roles(roles),
            password: Some(NewPassword::Set(password.to_owned())),
        }
    }

    pub(crate) fn drop_user(name: &str) -> Self {
        Self::new(Request::new(AdminCommand::DROP_USER).user(name))
    }

    pub(crate) fn set_password(user: &str, password: &str) -> Self {
        Self {
            request: Request::new(AdminCommand::SET_PASSWORD).user(user),
            password: Some(NewPassword::Set(password.to_owned())),
        }
    }

    pub(crate) fn change_password(password: &str) -> Self {
        Self {
            request: Request::new(AdminCommand::CHANGE_PASSWORD),
            password: Some(NewPassword::Change(password.to_owned())),
        }
    }

    pub(crate) fn grant_roles(user: &str, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self::new(Request::new(AdminCommand::GRANT_ROLES).user(user).roles(roles))
    }

    pub(crate) fn revoke_roles(user: &str, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self::new(Request::new(AdminCommand::REVOKE_ROLES).user(user).roles(roles))
    }

    pub(crate) fn drop_role(name: &str) -> Self {
        Self::new(Request::new(AdminCommand::DROP_ROLE).role(name))
    }

    pub(crate) fn grant_privileges(role: &str, privileges: impl IntoIterator<Item = impl ToString>) -> Self {
        Self::with_privileges(AdminCommand::GRANT_PRIVILEGES, role, privileges)
    }

    pub(crate) fn revoke_privileges(role: &str, privileges: impl IntoIterator<Item = impl ToString>) -> Self {
        Self::with_privileges(AdminCommand::REVOKE_PRIVILEGES, role, privileges)
    }

    fn with_privileges(command: AdminCommand, role: &str, privileges: impl IntoIterator<Item = impl ToString>) -> Self {
        let request = Request::new(command).role(role);
        Self::new(match parse(privileges) {
            Ok(privileges) => request.privileges(&privileges),
            Err(error) => request.fail(error.duplicate()),
        })
    }

    pub(crate) fn set_whitelist(role: &str, whitelist: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let whitelist: Vec<_> = whitelist.into_iter().map(|item| item.as_ref().to_owned()).collect();
        let request = Request::new(AdminCommand::SET_WHITELIST).role(role);
        Self::new(match whitelist.is_empty() {
            true => request,
            false => request.field(AdminField::WHITELIST, whitelist.join(",").as_bytes()),
        })
    }

    pub(crate) fn set_quotas(role: &str, read: u32, write: u32) -> Self {
        let request = Request::new(AdminCommand::SET_QUOTAS).role(role);
        Self::new(request.quotas((read, write)))
    }
}

impl Request {
    fn quotas(self, (read, write): (u32, u32)) -> Self {
        self.field(AdminField::READ_QUOTA, &read.to_be_bytes())
            .field(AdminField::WRITE_QUOTA, &write.to_be_bytes())
    }
}

impl CreateRole {
    pub(crate) fn new(name: &str, privileges: impl IntoIterator<Item = impl ToString>) -> Self {
        Self {
            name: name.to_owned(),
            privileges: parse(privileges),
            whitelist: Vec::new(),
            quotas: (0, 0),
        }
    }
}

impl<C> Command<C, CreateRole> {
    /// Limits the users of the role to these addresses and networks, such as `10.1.0.0/16`.
    pub fn whitelist(mut self, whitelist: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.verb.whitelist = whitelist.into_iter().map(|item| item.as_ref().to_owned()).collect();
        self
    }

    /// Limits the reads of each user of the role on each node, per second; 0, the default, for no limit.
    pub const fn read_quota(mut self, quota: u32) -> Self {
        self.verb.quotas.0 = quota;
        self
    }

    /// Limits the writes of each user of the role on each node, per second; 0, the default, for no limit.
    pub const fn write_quota(mut self, quota: u32) -> Self {
        self.verb.quotas.1 = quota;
        self
    }
}

impl Execute for CreateRole {
    type Output = ();

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let privileges = self.privileges.map_err(|error| error.duplicate())?;
        let mut request = Request::new(AdminCommand::CREATE_ROLE).role(&self.name);
        if !privileges.is_empty() {
            request = request.privileges(&privileges);
        }
        if !self.whitelist.is_empty() {
            request = request.field(AdminField::WHITELIST, self.whitelist.join(",").as_bytes());
        }
        // A server without quotas accepts no field for one.
        let quotas = [
            (AdminField::READ_QUOTA, self.quotas.0),
            (AdminField::WRITE_QUOTA, self.quotas.1),
        ];
        for (id, quota) in quotas.into_iter().filter(|(_, quota)| *quota != 0) {
            request = request.field(id, &quota.to_be_bytes());
        }
        request.send(cluster, &options, false).await.map(drop)
    }
}

impl Execute for Security {
    type Output = ();

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<(), Error> {
        let request = self.request;
        match self.password {
            None => request.send(cluster, &options, false).await.map(drop),
            Some(NewPassword::Set(password)) => {
                let secret = hash(password).await?;
                let request = request.field(AdminField::PASSWORD, secret.hash.as_bytes());
                request.send(cluster, &options, false).await.map(drop)
            }
            Some(NewPassword::Change(password)) => {
                let credentials = cluster.credentials.as_ref();
                let credentials = credentials.filter(|credentials| !credentials.user().is_empty());
                let credentials =
                    credentials.ok_or_else(|| Error::argument("the client has no user with a password"))?;
                let secret = hash(password).await?;
                let request = request
                    .user(credentials.user())
                    .field(AdminField::OLD_PASSWORD, credentials.password().hash.as_bytes())
                    .field(AdminField::PASSWORD, secret.hash.as_bytes());
                request.send(cluster, &options, false).await?;
                credentials.set_password(secret);
                Ok(())
            }
        }
    }
}

impl QuerySecurity<User> {
    pub(crate) fn users() -> Self {
        Self {
            request: Request::new(AdminCommand::QUERY_USERS),
            read: User::read,
        }
    }
}

impl QuerySecurity<Role> {
    pub(crate) fn roles() -> Self {
        Self {
            request: Request::new(AdminCommand::QUERY_ROLES),
            read: Role::read,
        }
    }
}

impl QueryOne<User> {
    pub(crate) fn user(name: &str) -> Self {
        let mut query = QuerySecurity::users();
        query.request = query.request.user(name);
        Self(query)
    }
}

impl QueryOne<Role> {
    pub(crate) fn role(name: &str) -> Self {
        let mut query = QuerySecurity::roles();
        query.request = query.request.role(name);
        Self(query)
    }
}

impl<T: Send> Execute for QuerySecurity<T> {
    type Output = Vec<T>;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<Vec<T>, Error> {
        let read = self.read;
        let mut found = Vec::new();
        for body in self.request.send(cluster, &options, true).await? {
            let mut rest = &body[..];
            while !rest.is_empty() {
                let (message, behind) = AdminMessage::decode_first(rest).map_err(protocol)?;
                rest = behind;
                if message.result == ResultCode::OK {
                    found.push(read(&message).map_err(protocol)?);
                }
            }
        }
        Ok(found)
    }
}

impl<T: Send> Execute for QueryOne<T> {
    type Output = T;

    async fn execute(self, cluster: &Cluster, options: Options) -> Result<T, Error> {
        let found = self.0.execute(cluster, options).await?;
        let one = found.into_iter().next();
        one.ok_or_else(|| protocol(DecodeError::new("query of one user or role without a result", 0)))
    }
}

impl User {
    fn read(message: &AdminMessage<'_>) -> Result<Self, DecodeError> {
        let rates = |id| {
            let numbers = message.field(id).map(numbers).transpose()?.unwrap_or_default();
            let number = |at| numbers.get(at).copied().unwrap_or(0);
            Ok(UserRates {
                quota: number(0),
                single: number(1),
                limited_queries: number(2),
                unlimited_queries: number(3),
            })
        };
        let roles = message.field(AdminField::ROLES).map(names).transpose()?;
        Ok(Self {
            name: text(message.field(AdminField::USER)),
            roles: roles
                .unwrap_or_default()
                .into_iter()
                .map(|role| text(Some(role)))
                .collect(),
            reads: rates(AdminField::READ_INFO)?,
            writes: rates(AdminField::WRITE_INFO)?,
            connections: message.number(AdminField::CONNECTIONS)?.unwrap_or(0),
        })
    }
}

impl Role {
    fn read(message: &AdminMessage<'_>) -> Result<Self, DecodeError> {
        let granted = message.field(AdminField::PRIVILEGES).map(privileges).transpose()?;
        let whitelist = text(message.field(AdminField::WHITELIST));
        Ok(Self {
            name: text(message.field(AdminField::ROLE)),
            privileges: granted.unwrap_or_default(),
            whitelist: whitelist
                .split(',')
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect(),
            read_quota: message.number(AdminField::READ_QUOTA)?.unwrap_or(0),
            write_quota: message.number(AdminField::WRITE_QUOTA)?.unwrap_or(0),
        })
    }
}

/// Parses privileges; one that is given as a [`Privilege`] is its own text.
fn parse(privileges: impl IntoIterator<Item = impl ToString>) -> Result<Vec<Privilege>, Arc<Error>> {
    let parsed = privileges.into_iter().map(|privilege| privilege.to_string().parse());
    parsed
        .collect::<Result<_, spikelet_wire::admin::UnknownPrivilege>>()
        .map_err(|error| Arc::new(Error::argument(error.to_string())))
}

fn text(data: Option<&[u8]>) -> String {
    String::from_utf8_lossy(data.unwrap_or_default()).into_owned()
}

fn protocol(error: DecodeError) -> Error {
    Error::new(Cause::Protocol(error))
}
