//! The client against a server with security.

use std::time::Duration;

use spikelet::{Authentication, Command, Edition, SecurityConfig, Server};
use spikelet_client::{Client, ErrorKind, Key, Privilege, PrivilegeCode, ResultCode, bins, blocking};

fn start() -> Server {
    let security = SecurityConfig {
        enable_quotas: true,
        ..SecurityConfig::default()
    };
    let builder = Server::builder()
        .edition(Edition::Enterprise)
        .security(security)
        .nodes(2);
    builder
        .user("app", "secret", ["read-write"])
        .journal(1000)
        .start()
        .unwrap()
}

async fn client(server: &Server, user: &str, password: &str) -> Client {
    Client::builder(server.hosts()).user(user, password).await.unwrap()
}

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

fn connections(server: &Server, user: &str) -> u32 {
    let users = server.users();
    users
        .iter()
        .find(|other| other.name == user)
        .map_or(0, |user| user.connections)
}

#[tokio::test]
async fn a_client_logs_in_once_per_node() {
    let server = start();
    let app = client(&server, "app", "secret").await;
    // Many connections at once.
    let puts = (0..100).map(|n| {
        let app = app.clone();
        tokio::spawn(async move { app.put(key(n), bins! {"a" => n}).await })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    assert_eq!(server.count(), 100);
    let commands: Vec<String> = server
        .journal()
        .command(Command::Security)
        .iter()
        .map(|entry| entry.security.unwrap().command)
        .collect();
    let count = |name: &str| commands.iter().filter(|command| *command == name).count();
    assert_eq!(count("login"), 2, "{commands:?}");
    assert!(count("authenticate") >= 2, "{commands:?}");
    assert!(connections(&server, "app") >= 4);
    let failed = app.create_user("other", "x", ["read"]).await.unwrap_err();
    assert_eq!(failed.result_code(), Some(ResultCode::ROLE_VIOLATION));
    let failed = app.truncate("test", "demo").await.unwrap_err();
    assert_eq!(failed.result_code(), Some(ResultCode::ROLE_VIOLATION));
}

#[tokio::test]
async fn a_wrong_login_says_why() {
    let server = start();
    let connect = |user: &str, password: &str| Client::builder(server.hosts()).user(user, password);
    let error = connect("app", "wrong").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_CREDENTIAL));
    assert!(error.to_string().contains("the login was refused"), "{error}");
    let error = connect("nobody", "secret").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_USER));
    let error = Client::connect(server.hosts()).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::NOT_AUTHENTICATED));
    assert!(error.to_string().contains("the client has no user"), "{error}");
    for (user, password) in [("", "secret"), ("app", &*"x".repeat(64))] {
        assert_eq!(connect(user, password).await.unwrap_err().kind(), ErrorKind::Argument);
    }
    assert!(!format!("{:?}", connect("app", "hidden")).contains("hidden"));
    // Without security every user is accepted; the Community Edition knows none.
    let open = Server::builder().edition(Edition::Enterprise).start().unwrap();
    let anyone = client(&open, "anyone", "x").await;
    anyone.put(key(1), bins! {"a" => 1}).await.unwrap();
    let error = anyone.query_users().await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::SECURITY_NOT_ENABLED));
    let community = Server::start().unwrap();
    let error = Client::builder(community.hosts())
        .user("app", "secret")
        .await
        .unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::SECURITY_NOT_SUPPORTED));
}

#[tokio::test]
async fn an_expired_session_is_renewed() {
    let server = start();
    let app = client(&server, "app", "secret").await;
    app.put(key(1), bins! {"a" => 1}).await.unwrap();
    // The token is refused on new connections only.
    server.expire_sessions();
    let more = (0..20).map(|n| {
        let app = app.clone();
        tokio::spawn(async move { app.put(key(n), bins! {"a" => 1}).await })
    });
    for put in more.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    // All connections are logged out: commands of every kind log in again.
    for round in 0..4 {
        server.end_sessions();
        match round {
            0 => app.put(key(1), bins! {"a" => 2}).await.unwrap(),
            1 => assert_eq!(app.batch_read([key(1), key(2)]).await.unwrap().len(), 2),
            2 => assert_eq!(app.query("test", "demo").await.unwrap().records.len(), 20),
            _ => assert_eq!(app.info("build").await.unwrap(), "8.1.2.0"),
        }
    }
    let pipelined = Client::builder(server.hosts()).user("app", "secret").pipelines(1);
    let pipelined = pipelined.await.unwrap();
    pipelined.put(key(1), bins! {"a" => 3}).await.unwrap();
    server.end_sessions();
    pipelined.put(key(1), bins! {"a" => 4}).await.unwrap();
    // The tending connections log in again as well.
    server.kill(server.nodes()[1].id).unwrap();
    for _ in 0..200 {
        if app.nodes().len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.nodes().len(), 1);
}

#[tokio::test]
async fn users_are_administered() {
    let server = start();
    let admin = client(&server, "admin", "admin").await;
    admin.create_user("new", "first", ["read"]).await.unwrap();
    let error = admin.create_user("new", "first", ["read"]).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::USER_ALREADY_EXISTS));
    admin.grant_roles("new", ["write", "sys-admin"]).await.unwrap();
    admin.revoke_roles("new", ["sys-admin"]).await.unwrap();
    let user = admin.query_user("new").await.unwrap();
    assert_eq!((user.name.as_str(), user.connections), ("new", 0));
    assert_eq!(user.roles, ["read", "write"]);

    let new = client(&server, "new", "first").await;
    new.put(key(1), bins! {"a" => 1}).await.unwrap();
    assert_eq!(new.get(key(1)).await.unwrap().get::<i64>("a").unwrap(), 1);
    // Its own password: the client goes on with the new one.
    new.change_password("second").await.unwrap();
    server.end_sessions();
    new.put(key(1), bins! {"a" => 2}).await.unwrap();
    // Another client goes on only if it is told.
    admin.set_password("new", "third").await.unwrap();
    let error = new.put(key(1), bins! {"a" => 3}).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_CREDENTIAL));
    let error = new.change_password("fourth").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_CREDENTIAL));
    let new = client(&server, "new", "third").await;
    admin.drop_user("new").await.unwrap();
    let error = new.put(key(1), bins! {"a" => 4}).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_USER));

    let error = admin.query_user("new").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_USER));
    assert!(error.node().is_some());
    admin.create_pki_user("pki", ["read"]).await.unwrap();
    let error = admin.set_password("pki", "x").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::FORBIDDEN_PASSWORD));
    let names: Vec<_> = admin
        .query_users()
        .await
        .unwrap()
        .into_iter()
        .map(|user| user.name)
        .collect();
    assert_eq!(names, ["admin", "app", "pki"]);
    for (name, roles) in [("", vec!["read"]), ("x", vec!["r"; 256])] {
        let error = admin.create_user(name, "x", roles).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
    }
}

#[tokio::test]
async fn roles_are_administered() {
    let server = start();
    let admin = client(&server, "admin", "admin").await;
    let created = admin.create_role("orders", ["read.test.orders"]);
    created
        .whitelist(["127.0.0.1", "10.0.0.0/8"])
        .read_quota(1000)
        .await
        .unwrap();
    let write = Privilege::new(PrivilegeCode::WRITE).namespace("test").set("orders");
    admin.grant_privileges("orders", [&write]).await.unwrap();
    admin
        .grant_privileges("orders", [PrivilegeCode::SYS_ADMIN])
        .await
        .unwrap();
    admin.revoke_privileges("orders", ["sys-admin"]).await.unwrap();
    admin.set_quotas("orders", 500, 600).await.unwrap();
    let role = admin.query_role("orders").await.unwrap();
    assert_eq!(role.privileges, ["read.test.orders".parse().unwrap(), write]);
    assert_eq!(role.whitelist, ["127.0.0.1", "10.0.0.0/8"]);
    assert_eq!((role.read_quota, role.write_quota), (500, 600));
    admin.set_whitelist("orders", ["123.4.5.6"]).await.unwrap();
    admin.create_user("clerk", "secret", ["orders"]).await.unwrap();
    let error = Client::builder(server.hosts())
        .user("clerk", "secret")
        .await
        .unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::NOT_WHITELISTED));
    admin.set_whitelist("orders", [""; 0]).await.unwrap();

    let clerk = client(&server, "clerk", "secret").await;
    clerk
        .put(Key::new("test", "orders", 1), bins! {"a" => 1})
        .await
        .unwrap();
    let error = clerk.put(key(1), bins! {"a" => 1}).await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::ROLE_VIOLATION));
    // A row of a batch that is not permitted fails alone.
    let rows = clerk.batch_read([Key::new("test", "orders", 1), key(1)]).await.unwrap();
    assert!(rows[0].result.is_ok());
    assert_eq!(
        rows[1].result.as_ref().unwrap_err().result_code(),
        Some(ResultCode::ROLE_VIOLATION)
    );
    let query = clerk.query("test", "orders").await.unwrap_err();
    assert_eq!(query.result_code(), Some(ResultCode::QUOTA_EXCEEDED));
    let query = clerk.query("test", "orders").records_per_second(400).await.unwrap();
    assert_eq!(query.records.len(), 1);

    admin.drop_role("orders").await.unwrap();
    assert!(admin.query_user("clerk").await.unwrap().roles.is_empty());
    let error = admin.query_role("orders").await.unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_ROLE));
    assert_eq!(admin.query_roles().await.unwrap().len(), PrivilegeCode::ALL.len());
    let error = admin.create_role("bad", ["reading"]).await.unwrap_err();
    assert!(error.to_string().contains("'reading' is no privilege"), "{error}");
    let error = admin
        .create_role("bad", ["read"])
        .whitelist(["bad_IP"])
        .await
        .unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_WHITELIST));
}

#[test]
fn the_blocking_client_logs_in_as_an_external_user() {
    let builder = Server::builder().edition(Edition::Enterprise);
    let external = Authentication::External("secret".to_owned());
    let server = builder.add_user("ldap", external, ["read-write"]).start().unwrap();
    let builder = blocking::Client::builder(server.hosts()).external_user("ldap", "secret");
    let client = builder.connect_blocking().unwrap();
    client.put(key(1), bins! {"a" => 1}).call().unwrap();
    let error = client.query_users().call().unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::ROLE_VIOLATION));
    let wrong = blocking::Client::builder(server.hosts()).external_user("ldap", "wrong");
    let error = wrong.connect_blocking().unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::LDAP_AUTHENTICATION));
    let certificate = blocking::Client::builder(server.hosts()).certificate_user();
    let error = certificate.connect_blocking().unwrap_err();
    assert_eq!(error.result_code(), Some(ResultCode::INVALID_USER));
}

#[tokio::test(start_paused = true)]
async fn a_login_that_never_ends_times_out() {
    let builder = Server::builder().edition(Edition::Enterprise);
    let server = builder.user("app", "secret", ["read"]).start_in_process().unwrap();
    server.faults().on(Command::Security).ignore();
    let connect = Client::builder(server.hosts()).connector(server.connector());
    let error = connect.user("app", "secret").await.unwrap_err();
    assert!(error.to_string().contains("no reply in time"), "{error}");
}
