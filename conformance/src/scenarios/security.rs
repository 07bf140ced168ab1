//! Security: users, roles, privileges, whitelists, and what they permit.
//!
//! These scenarios need a cluster of the Enterprise Edition with security, and a user that may administer users and access data.
//! They were written from the documentation and from the official clients' tests, and were not compared with a real server yet.

use std::time::Duration;

use spikelet_client::{Client, Error, Key, Privilege, PrivilegeCode, ResultCode, bins};
use tokio::time::{Instant, sleep};

use crate::assertions::{expect_eq, expect_refused, expect_true};
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    needs Security;
    user_created_and_dropped,
    user_exists,
    unknown_names_refused,
    wrong_password_refused,
    role_limits_a_user_to_a_set,
    roles_granted_and_revoked,
    privileges_granted_and_revoked,
    predefined_roles_listed,
    password_changed,
    whitelist_checked_at_the_login,
    users_may_not_administer,
    batch_rows_refused_one_by_one,
];

/// How long a cluster may need until a change of users and roles is known to all nodes.
const SETTLES: Duration = Duration::from_secs(10);

/// The names of the scenario's own user and role, which do not exist.
async fn names(t: &Context) -> Result<(String, String), NotPassed> {
    let name = format!("conformance-{:x}", t.unique_number());
    for dropped in [t.client().drop_user(&name).await, t.client().drop_role(&name).await] {
        match dropped.as_ref().map_err(Error::result_code) {
            Ok(()) | Err(Some(ResultCode::INVALID_USER | ResultCode::INVALID_ROLE)) => {}
            Err(_) => dropped?,
        }
    }
    Ok((name.clone(), name))
}

/// Repeats a command until its answer is one that is expected, or the time is over, and returns the last answer.
macro_rules! settled {
    ($ask:expr, $is_expected:expr) => {{
        let end = Instant::now() + SETTLES;
        loop {
            let answer = $ask;
            if is(&answer, $is_expected) || Instant::now() >= end {
                break answer;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }};
}

fn is<T>(answer: &Result<T, Error>, expected: impl FnOnce(&Result<T, Error>) -> bool) -> bool {
    expected(answer)
}

/// Repeats a command until it is refused with this code.
macro_rules! refused {
    ($ask:expr, $code:ident) => {
        settled!($ask, |answer| answer
            .as_ref()
            .is_err_and(|error| error.result_code() == Some(ResultCode::$code)))
    };
}

/// Repeats a command until it succeeds.
macro_rules! done {
    ($ask:expr) => {
        settled!($ask, Result::is_ok)
    };
}

/// Logs in as a user, once all nodes know it.
async fn login(t: &Context, user: &str, password: &str) -> Result<Client, Error> {
    done!(t.connect_as(user, password).await)
}

fn privilege(code: PrivilegeCode) -> Privilege {
    Privilege::new(code).namespace(Context::NAMESPACE)
}

async fn user_created_and_dropped(t: &mut Context) -> Outcome {
    let (user, _) = names(t).await?;
    t.client().create_user(&user, "secret", ["read", "write"]).await?;
    let found = done!(t.client().query_user(&user).await)?;
    t.transcribe_text("query_user", found.roles.join(","));
    expect_eq!(found.roles, ["read", "write"]);
    let all = t.client().query_users().await?;
    expect_true!(all.iter().any(|other| other.name == user), "{user} is not listed");
    t.client().drop_user(&user).await?;
    let gone = refused!(t.client().query_user(&user).await, INVALID_USER);
    expect_refused!(gone, INVALID_USER);
    Ok(())
}

async fn user_exists(t: &mut Context) -> Outcome {
    let (name, _) = names(t).await?;
    t.client().create_user(&name, "secret", ["read"]).await?;
    done!(t.client().query_user(&name).await)?;
    expect_refused!(ask!(t, create_user(&name, "other", ["read"])), USER_ALREADY_EXISTS);
    t.client().create_role(&name, [privilege(PrivilegeCode::READ)]).await?;
    done!(t.client().query_role(&name).await)?;
    let again = ask!(t, create_role(&name, [privilege(PrivilegeCode::READ)]));
    expect_refused!(again, ROLE_ALREADY_EXISTS);
    names(t).await.map(drop)
}

async fn unknown_names_refused(t: &mut Context) -> Outcome {
    let (name, _) = names(t).await?;
    expect_refused!(ask!(t, drop_user(&name)), INVALID_USER);
    expect_refused!(ask!(t, set_password(&name, "secret")), INVALID_USER);
    expect_refused!(ask!(t, grant_roles(&name, ["read"])), INVALID_USER);
    expect_refused!(ask!(t, create_user(&name, "secret", ["no-such-role"])), INVALID_ROLE);
    expect_refused!(ask!(t, drop_role(&name)), INVALID_ROLE);
    let granted = ask!(t, grant_privileges(&name, [privilege(PrivilegeCode::READ)]));
    expect_refused!(granted, INVALID_ROLE);
    expect_refused!(t.connect_as(&name, "secret").await, INVALID_USER);
    Ok(())
}

async fn wrong_password_refused(t: &mut Context) -> Outcome {
    let (user, _) = names(t).await?;
    t.client().create_user(&user, "secret", ["read"]).await?;
    login(t, &user, "secret").await?;
    let refused = t.connect_as(&user, "guess").await;
    t.transcribe_text("a wrong password", code_of(&refused));
    expect_refused!(refused, INVALID_CREDENTIAL);
    names(t).await.map(drop)
}

async fn role_limits_a_user_to_a_set(t: &mut Context) -> Outcome {
    let (user, role) = names(t).await?;
    let orders = privilege(PrivilegeCode::READ_WRITE).set(t.set());
    t.client().create_role(&role, [orders]).await?;
    done!(t.client().create_user(&user, "secret", [role.as_str()]).await)?;
    let client = login(t, &user, "secret").await?;
    let key = t.key("a");
    done!(client.put(&key, bins! {"a" => 1}).await.map(drop))?;
    let elsewhere = Key::new(Context::NAMESPACE, "elsewhere", "a");
    let put = client.put(&elsewhere, bins! {"a" => 1}).await;
    t.transcribe_text("put into another set", code_of(&put));
    expect_refused!(put, ROLE_VIOLATION);
    expect_refused!(client.truncate(Context::NAMESPACE, t.set()).await, ROLE_VIOLATION);
    names(t).await.map(drop)
}

async fn roles_granted_and_revoked(t: &mut Context) -> Outcome {
    let (user, _) = names(t).await?;
    t.client().create_user(&user, "secret", ["read"]).await?;
    done!(t.client().grant_roles(&user, ["truncate", "write"]).await)?;
    let three = settled!(t.client().query_user(&user).await, |user| user
        .as_ref()
        .is_ok_and(|user| user.roles.len() == 3));
    let three = three?.roles;
    t.transcribe_text("roles", three.join(","));
    expect_eq!(three, ["read", "truncate", "write"]);
    t.client().revoke_roles(&user, ["read", "truncate"]).await?;
    let one = settled!(t.client().query_user(&user).await, |user| user
        .as_ref()
        .is_ok_and(|user| user.roles.len() == 1));
    expect_eq!(one?.roles, ["write"]);
    names(t).await.map(drop)
}

async fn privileges_granted_and_revoked(t: &mut Context) -> Outcome {
    let (_, role) = names(t).await?;
    t.client().create_role(&role, [privilege(PrivilegeCode::READ)]).await?;
    let write = privilege(PrivilegeCode::WRITE).set(t.set());
    done!(t.client().grant_privileges(&role, [write.clone()]).await)?;
    let both = settled!(t.client().query_role(&role).await, |role| role
        .as_ref()
        .is_ok_and(|role| role.privileges.len() == 2));
    let both = both?.privileges;
    expect_true!(both.contains(&write), "{both:?}");
    t.transcribe_text("privileges", both.len().to_string());
    t.client()
        .revoke_privileges(&role, [privilege(PrivilegeCode::READ)])
        .await?;
    let one = settled!(t.client().query_role(&role).await, |role| role
        .as_ref()
        .is_ok_and(|role| role.privileges.len() == 1));
    expect_eq!(one?.privileges, [write]);
    names(t).await.map(drop)
}

async fn predefined_roles_listed(t: &mut Context) -> Outcome {
    names(t).await?;
    let roles = t.client().query_roles().await?;
    let expected = [
        "user-admin",
        "sys-admin",
        "data-admin",
        "udf-admin",
        "sindex-admin",
        "read",
        "read-write",
        "read-write-udf",
        "write",
        "truncate",
    ];
    for name in expected {
        expect_true!(roles.iter().any(|role| role.name == name), "{name} is not listed");
    }
    t.transcribe_text("predefined roles", expected.join(","));
    Ok(())
}

async fn password_changed(t: &mut Context) -> Outcome {
    let (user, _) = names(t).await?;
    t.client().create_user(&user, "first", ["read"]).await?;
    let client = login(t, &user, "first").await?;
    let changed = client.change_password("second").await;
    t.transcribe_text("change_password", code_of(&changed));
    changed?;
    login(t, &user, "second").await?;
    let old = refused!(t.connect_as(&user, "first").await, INVALID_CREDENTIAL);
    expect_refused!(old, INVALID_CREDENTIAL);
    names(t).await.map(drop)
}

async fn whitelist_checked_at_the_login(t: &mut Context) -> Outcome {
    let (user, role) = names(t).await?;
    let created = t.client().create_role(&role, [privilege(PrivilegeCode::READ)]);
    created.whitelist(["192.0.2.1", "198.51.100.0/24"]).await?;
    done!(t.client().create_user(&user, "secret", [role.as_str()]).await)?;
    let outside = refused!(t.connect_as(&user, "secret").await, NOT_WHITELISTED);
    t.transcribe_text("a login from elsewhere", code_of(&outside));
    expect_refused!(outside, NOT_WHITELISTED);
    expect_refused!(ask!(t, set_whitelist(&role, ["nonsense"])), INVALID_WHITELIST);
    t.client().set_whitelist(&role, [""; 0]).await?;
    login(t, &user, "secret").await?;
    names(t).await.map(drop)
}

async fn users_may_not_administer(t: &mut Context) -> Outcome {
    let (user, _) = names(t).await?;
    t.client().create_user(&user, "secret", ["read-write-udf"]).await?;
    let client = login(t, &user, "secret").await?;
    let created = client.create_user("another", "secret", ["read"]).await;
    t.transcribe_text("create_user", code_of(&created));
    expect_refused!(created, ROLE_VIOLATION);
    expect_refused!(client.drop_role("read-everything").await, ROLE_VIOLATION);
    expect_refused!(client.query_users().await, ROLE_VIOLATION);
    // Users may ask for themselves.
    expect_eq!(client.query_user(&user).await?.roles, ["read-write-udf"]);
    names(t).await.map(drop)
}

async fn batch_rows_refused_one_by_one(t: &mut Context) -> Outcome {
    let (user, role) = names(t).await?;
    let own = privilege(PrivilegeCode::READ).set(t.set());
    t.client().create_role(&role, [own]).await?;
    done!(t.client().create_user(&user, "secret", [role.as_str()]).await)?;
    let client = login(t, &user, "secret").await?;
    let (key, elsewhere) = (t.key("a"), Key::new(Context::NAMESPACE, "elsewhere", "a"));
    t.client().put(&key, bins! {"a" => 1}).await?;
    done!(client.get(&key).await)?;
    let rows = client.batch_read([key, elsewhere]).await?;
    let codes: Vec<_> = rows.iter().map(|row| row.result_code()).collect();
    t.transcribe_text("batch_read", format!("{codes:?}"));
    expect_eq!(codes, [Some(ResultCode::OK), Some(ResultCode::ROLE_VIOLATION)]);
    names(t).await.map(drop)
}

/// The result code of an answer, for the transcript.
fn code_of<T>(answer: &Result<T, Error>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(error) => error
            .result_code()
            .map_or_else(|| "no reply".to_owned(), |code| code.to_string()),
    }
}
