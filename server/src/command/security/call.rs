//! One request of the security protocol that is being executed.

use bytes::BytesMut;
use spikelet_wire::ResultCode;
use spikelet_wire::admin::{AdminField, AdminMessage, AdminWriter, Privilege, names, privileges};

use crate::access::{Accounts, Password, Whitelist};
use crate::clock::Now;
use crate::refusal::Denied;
use crate::state::{Security, Session, SmdItem, State};

/// A request that is being executed.
pub(super) struct Call<'a> {
    pub(super) security: &'a Security,
    pub(super) state: &'a State,
    pub(super) now: Now,
    pub(super) session: &'a mut Session,
    pub(super) message: AdminMessage<'a>,
    pub(super) out: &'a mut BytesMut,
}

impl<'a> Call<'a> {
    /// The name of the user; `None` if the field is absent.
    pub(super) fn user_if_given(&self) -> Result<Option<&'a str>, Denied> {
        text(self.message.field(AdminField::USER)).ok_or(Denied::User)
    }

    /// The name of the user.
    pub(super) fn user(&self) -> Result<&'a str, Denied> {
        self.user_if_given()?.ok_or(Denied::User)
    }

    /// The name of the role; `None` if the field is absent.
    pub(super) fn role_if_given(&self) -> Result<Option<&'a str>, Denied> {
        text(self.message.field(AdminField::ROLE)).ok_or(Denied::Role)
    }

    /// The name of the role.
    pub(super) fn role(&self) -> Result<&'a str, Denied> {
        self.role_if_given()?.ok_or(Denied::Role)
    }

    /// The new password.
    pub(super) fn password(&self) -> Result<Password, Denied> {
        let hash = self.message.field(AdminField::PASSWORD).ok_or(Denied::Password)?;
        Password::of_hash(hash).ok_or(Denied::Password)
    }

    /// The names of roles; none if the field is absent.
    pub(super) fn roles(&self) -> Result<Vec<&'a str>, Denied> {
        let Some(data) = self.message.field(AdminField::ROLES) else {
            return Ok(Vec::new());
        };
        let names = names(data).map_err(|_| Denied::Field)?;
        let names = names
            .into_iter()
            .map(|name| str::from_utf8(name).map_err(|_| Denied::Role));
        names.collect()
    }

    /// The privileges; `None` if the field is absent.
    pub(super) fn privileges(&self) -> Result<Option<Vec<Privilege>>, Denied> {
        let data = self.message.field(AdminField::PRIVILEGES);
        data.map(privileges).transpose().map_err(|_| Denied::Field)
    }

    /// The whitelist; an empty one if the field is absent.
    pub(super) fn whitelist(&self) -> Result<Whitelist, Denied> {
        let text = text(self.message.field(AdminField::WHITELIST)).ok_or(Denied::Whitelist)?;
        Whitelist::parse(text.unwrap_or_default()).ok_or(Denied::Whitelist)
    }

    /// A quota; `None` if the field is absent.
    pub(super) fn quota(&self, id: AdminField) -> Result<Option<u32>, Denied> {
        self.message.number(id).map_err(|_| Denied::Quota)
    }

    /// Whether the request names the user that makes it.
    pub(super) fn is_for_itself(&self) -> bool {
        match (self.user_if_given(), self.session.user()) {
            (Ok(Some(named)), Some(user)) => named == &**user,
            _ => false,
        }
    }

    /// Changes a user.
    pub(super) fn change_user(
        &self,
        name: &str,
        change: impl FnOnce(&mut Accounts) -> Result<(), Denied>,
    ) -> Result<(), Denied> {
        self.security.change(change)?;
        self.state.smd().record(SmdItem::User(name.to_owned()), self.now);
        Ok(())
    }

    /// Changes a role.
    pub(super) fn change_role(
        &self,
        name: &str,
        change: impl FnOnce(&mut Accounts) -> Result<(), Denied>,
    ) -> Result<(), Denied> {
        self.security.change(change)?;
        self.state.smd().record(SmdItem::Role(name.to_owned()), self.now);
        Ok(())
    }

    /// Replies that the request succeeded.
    pub(super) fn succeed(&mut self) {
        AdminWriter::reply(self.out, ResultCode::OK).finish();
    }
}

/// A field as text: `None` if it is not UTF-8.
fn text(field: Option<&[u8]>) -> Option<Option<&str>> {
    field.map(str::from_utf8).transpose().ok()
}
