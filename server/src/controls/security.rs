//! `spikelet/security`: users and their sessions.

use spikelet_wire::ResultCode;

use super::call::{Call, Reply, done};
use crate::handle::UserInfo;
use crate::state::ControlError;

/// `name=app,roles=read+write,connections=2;...`
pub(super) fn users(call: &Call<'_>) -> Reply {
    check(call)?;
    let show = |user: &UserInfo| {
        let (name, roles) = (escaped(&user.name), user.roles.iter().map(|role| escaped(role)));
        let roles = roles.collect::<Vec<_>>().join("+");
        format!("name={name},roles={roles},connections={}", user.connections)
    };
    let users = call.shared.users();
    Ok(users.iter().map(show).collect::<Vec<_>>().join(";"))
}

pub(super) fn expire_sessions(call: &Call<'_>) -> Reply {
    check(call)?;
    call.shared.expire_sessions();
    done()
}

pub(super) fn end_sessions(call: &Call<'_>) -> Reply {
    check(call)?;
    call.shared.end_sessions();
    done()
}

fn check(call: &Call<'_>) -> Result<(), ControlError> {
    match call.shared.state.security() {
        Some(_) => Ok(()),
        None => Err(ControlError {
            code: ResultCode::SECURITY_NOT_ENABLED,
            text: "the server has no security".to_owned(),
        }),
    }
}

/// Names may have any characters. Those that separate items are escaped as in URLs.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '%' | ';' | ',' | '+' | '=' => out.push_str(&format!("%{:02X}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out
}
