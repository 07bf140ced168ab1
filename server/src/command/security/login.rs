//! Logins with a password or a certificate, and the authentication of further connections with a token.

use spikelet_wire::ResultCode;
use spikelet_wire::admin::{AdminField, AdminWriter};

use super::Unanswered;
use super::call::Call;
use crate::access::Verdict;
use crate::refusal::Denied;

/// Logs in, and replies with a token for further connections.
pub(super) fn login(call: &mut Call<'_>) -> Result<(), Unanswered> {
    let user = prove(call)?;
    call.security.log_in(call.session, &user)?;
    let Some(login) = &call.session.login else {
        return Err(Denied::NotAuthenticated.into());
    };
    let (token, ttl) = call.security.issue_token(login, call.now);
    let mut reply = AdminWriter::reply(call.out, ResultCode::OK);
    reply.field(AdminField::SESSION_TOKEN, &token);
    reply.number(AdminField::SESSION_TTL, ttl);
    reply.finish();
    Ok(())
}

/// Authenticates a connection with a token. Old clients, which know no tokens, send their password instead.
pub(super) fn authenticate(call: &mut Call<'_>) -> Result<(), Unanswered> {
    let Some(token) = call.message.field(AdminField::SESSION_TOKEN) else {
        let user = prove(call)?;
        call.security.log_in(call.session, &user)?;
        call.succeed();
        return Ok(());
    };
    // A client with a certificate does not name its user.
    let named = call.user_if_given()?;
    let user = call.security.user_of_token(token, call.now)?;
    if named.is_some_and(|named| named != user) {
        return Err(Denied::Credential.into());
    }
    call.security.log_in(call.session, user)?;
    call.succeed();
    Ok(())
}

/// The user that the client has proved to be.
fn prove(call: &Call<'_>) -> Result<String, Unanswered> {
    let Some(name) = call.user_if_given()? else {
        // The connection has checked the certificate.
        let names = call.session.certificate.as_ref().ok_or(Denied::User)?;
        return names.common_name.clone().ok_or_else(|| Denied::User.into());
    };
    let accounts = call.security.accounts();
    let user = accounts.user(name).ok_or(Denied::User)?;
    let clear = call.message.field(AdminField::CLEAR_PASSWORD);
    if let Some(is_right) = user.password.check_external(clear) {
        return match is_right {
            true => Ok(name.to_owned()),
            false => Err(Denied::ExternalPassword.into()),
        };
    }
    let credential = call.message.field(AdminField::CREDENTIAL).ok_or(Denied::Credential)?;
    match user.password.check(credential) {
        Verdict::Right => Ok(name.to_owned()),
        Verdict::Wrong => Err(Denied::Credential.into()),
        Verdict::Unhashed(password) => Err(Unanswered::Unhashed(password)),
    }
}
