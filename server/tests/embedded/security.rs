//! Security, in raw requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::BytesMut;
use spikelet::{
    Authentication, Command, ConfigError, Edition, ResultCode, RoleConfig, SecurityConfig, Server, StartError, journal,
};
use spikelet_wire::admin::{AdminCommand, AdminField, AdminMessage, AdminWriter, Privilege, hash, names, numbers};
use spikelet_wire::{
    Digest, FieldType, FrameHeader, FrameType, Header, Info1, Info2, Message, MessageWriter, Op, OpCode, ParticleType,
    UserKey,
};

use crate::support::InfoClient;

/// A connection that sends one request after another.
struct Connection(TcpStream);

/// The messages of a reply.
type Fields = Vec<(AdminField, Vec<u8>)>;

impl Connection {
    fn to(server: &Server) -> Self {
        Self::node(server, 0)
    }

    fn node(server: &Server, at: usize) -> Self {
        Self(TcpStream::connect(server.nodes()[at].address).unwrap())
    }

    /// A connection on which a user has logged in, and its token.
    fn logged_in(server: &Server, user: &str, password: &str) -> (Self, Vec<u8>) {
        let mut connection = Self::to(server);
        let token = connection.login(user, password).unwrap();
        (connection, token)
    }

    fn receive(&mut self) -> (FrameType, Vec<u8>) {
        let mut header = [0; FrameHeader::SIZE];
        self.0.read_exact(&mut header).unwrap();
        let header = FrameHeader::decode(header);
        let mut body = vec![0; header.size as usize];
        self.0.read_exact(&mut body).unwrap();
        (header.frame_type, body)
    }

    fn ask(&mut self, command: AdminCommand, fields: &[(AdminField, &[u8])]) -> ResultCode {
        self.ask_for(command, fields).0
    }

    /// Returns the result code and the fields of a reply of one message.
    fn ask_for(&mut self, command: AdminCommand, fields: &[(AdminField, &[u8])]) -> (ResultCode, Fields) {
        let mut request = BytesMut::new();
        let mut message = AdminWriter::request(&mut request, command);
        fields.iter().for_each(|(id, data)| message.field(*id, data));
        message.finish();
        self.0.write_all(&request).unwrap();
        let (frame_type, body) = self.receive();
        assert_eq!(frame_type, FrameType::SECURITY);
        let message = AdminMessage::decode(&body).unwrap();
        let fields = message.fields().map(|(id, data)| (id, data.to_vec()));
        (message.result, fields.collect())
    }

    /// Returns the messages of a query, over as many frames as they take.
    fn query(&mut self, command: AdminCommand, fields: &[(AdminField, &[u8])]) -> (Vec<Fields>, usize) {
        let mut request = BytesMut::new();
        let mut message = AdminWriter::request(&mut request, command);
        fields.iter().for_each(|(id, data)| message.field(*id, data));
        message.finish();
        self.0.write_all(&request).unwrap();
        let (mut found, mut frames) = (Vec::new(), 0);
        loop {
            let (_, body) = self.receive();
            frames += 1;
            let mut rest = &body[..];
            while !rest.is_empty() {
                let (message, behind) = AdminMessage::decode_first(rest).unwrap();
                rest = behind;
                match message.result {
                    ResultCode::OK => found.push(message.fields().map(|(id, data)| (id, data.to_vec())).collect()),
                    code => {
                        assert_eq!(code, ResultCode::QUERY_END);
                        return (found, frames);
                    }
                }
            }
        }
    }

    fn login(&mut self, user: &str, password: &str) -> Result<Vec<u8>, ResultCode> {
        let credential = hash(password);
        let fields = [
            (AdminField::USER, user.as_bytes()),
            (AdminField::CREDENTIAL, credential.as_bytes()),
        ];
        token(self.ask_for(AdminCommand::LOGIN, &fields))
    }

    fn authenticate(&mut self, user: &str, token: &[u8]) -> ResultCode {
        let fields = [(AdminField::USER, user.as_bytes()), (AdminField::SESSION_TOKEN, token)];
        self.ask(AdminCommand::AUTHENTICATE, &fields)
    }

    /// Sends a message on a record, and returns the result code.
    fn message(&mut self, namespace: &str, set: &str, info1: Info1, info2: Info2) -> ResultCode {
        let mut out = BytesMut::new();
        let header = Header {
            info1,
            info2,
            ..Header::default()
        };
        let mut message = MessageWriter::frame(&mut out, &header);
        message.field(FieldType::NAMESPACE, namespace.as_bytes());
        message.field(FieldType::SET, set.as_bytes());
        let digest = Digest::of(set, &UserKey::from("key"));
        message.field(FieldType::DIGEST, &digest.0);
        if info2.contains(Info2::WRITE) && !info2.contains(Info2::DELETE) {
            message.op(&Op {
                code: OpCode::WRITE,
                particle_type: ParticleType::INTEGER,
                name: b"a",
                flags: 0,
                value: &1_u64.to_be_bytes(),
            });
        }
        message.finish();
        self.0.write_all(&out).unwrap();
        let (_, body) = self.receive();
        Message::decode(&body).unwrap().header.result_code()
    }

    fn put(&mut self, namespace: &str, set: &str) -> ResultCode {
        self.message(namespace, set, Info1::empty(), Info2::WRITE)
    }

    fn get(&mut self, namespace: &str, set: &str) -> ResultCode {
        self.message(namespace, set, Info1::READ | Info1::GET_ALL, Info2::empty())
    }

    fn create_user(&mut self, name: &str, password: &str, roles: &[&str]) -> ResultCode {
        let (password, roles) = (hash(password), list(roles));
        let fields = [
            (AdminField::USER, name.as_bytes()),
            (AdminField::PASSWORD, password.as_bytes()),
            (AdminField::ROLES, &roles[..]),
        ];
        self.ask(AdminCommand::CREATE_USER, &fields)
    }
}

fn token((code, fields): (ResultCode, Fields)) -> Result<Vec<u8>, ResultCode> {
    let token = fields.into_iter().find(|(id, _)| *id == AdminField::SESSION_TOKEN);
    token.map(|(_, token)| token).ok_or(code)
}

/// A list of names, as in a field.
fn list(names: &[&str]) -> Vec<u8> {
    let mut data = vec![names.len() as u8];
    for name in names {
        data.push(name.len() as u8);
        data.extend_from_slice(name.as_bytes());
    }
    data
}

fn field(fields: &Fields, id: AdminField) -> &[u8] {
    &fields.iter().find(|(other, _)| *other == id).unwrap().1
}

fn start() -> Server {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .role("orders", ["read-write.test.orders", "read.test.customers"])
        .user("app", "secret", ["read-write"])
        .user("reader", "secret", ["read"])
        .user("orders", "secret", ["orders"]);
    server.journal(1000).start().unwrap()
}

#[test]
fn nothing_is_answered_before_a_login() {
    let server = start();
    let mut connection = Connection::to(&server);
    assert_eq!(connection.get("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    // Before the namespace is looked up.
    assert_eq!(connection.put("nope", "demo"), ResultCode::NOT_AUTHENTICATED);
    let mut info = InfoClient::to(&server);
    assert_eq!(info.request("build\nnode\n"), "ERROR:80:not authenticated\n");
    assert_eq!(info.request(""), "ERROR:80:not authenticated\n");
    assert_eq!(
        connection.ask(AdminCommand::QUERY_USERS, &[]),
        ResultCode::NOT_AUTHENTICATED
    );
    // What a test does without a client needs no login.
    server.insert("test", "demo", "key", [("a", 1)]).unwrap();
    assert_eq!(server.record("test", "demo", "key").unwrap().bins["a"], 1.into());
}

#[test]
fn a_login_gives_a_token_for_further_connections() {
    let server = start();
    let (mut first, token) = Connection::logged_in(&server, "app", "secret");
    assert_eq!(first.put("test", "demo"), ResultCode::OK);
    let mut second = Connection::to(&server);
    assert_eq!(second.authenticate("app", &token), ResultCode::OK);
    assert_eq!(second.get("test", "demo"), ResultCode::OK);

    let mut other = Connection::to(&server);
    assert_eq!(other.authenticate("reader", &token), ResultCode::INVALID_CREDENTIAL);
    assert_eq!(other.authenticate("app", &token[1..]), ResultCode::INVALID_CREDENTIAL);
    assert_eq!(other.get("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    assert_eq!(other.login("app", "wrong"), Err(ResultCode::INVALID_CREDENTIAL));
    assert_eq!(other.login("nobody", "secret"), Err(ResultCode::INVALID_USER));
    assert_eq!(other.ask(AdminCommand::LOGIN, &[]), ResultCode::INVALID_USER);
    let user = [(AdminField::USER, &b"app"[..])];
    assert_eq!(other.ask(AdminCommand::LOGIN, &user), ResultCode::INVALID_CREDENTIAL);
    // Old clients send the hash of the password on every connection.
    let credential = hash("secret");
    let fields = [
        (AdminField::USER, &b"app"[..]),
        (AdminField::CREDENTIAL, credential.as_bytes()),
    ];
    assert_eq!(other.ask(AdminCommand::AUTHENTICATE, &fields), ResultCode::OK);
    assert_eq!(other.get("test", "demo"), ResultCode::OK);
}

#[test]
fn tokens_expire_with_the_clock_and_open_connections_stay() {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .security(SecurityConfig {
            session_ttl: 600,
            ..SecurityConfig::default()
        })
        .start()
        .unwrap();
    let mut connection = Connection::to(&server);
    let credential = hash("admin");
    let fields = [
        (AdminField::USER, &b"admin"[..]),
        (AdminField::CREDENTIAL, credential.as_bytes()),
    ];
    let reply = connection.ask_for(AdminCommand::LOGIN, &fields);
    assert_eq!(field(&reply.1, AdminField::SESSION_TTL), 600_u32.to_be_bytes());
    let old = token(reply).unwrap();

    server.clock().freeze();
    server.clock().advance(Duration::from_secs(590));
    assert_eq!(Connection::to(&server).authenticate("admin", &old), ResultCode::OK);
    server.clock().advance(Duration::from_secs(11));
    assert_eq!(
        Connection::to(&server).authenticate("admin", &old),
        ResultCode::EXPIRED_SESSION
    );
    assert_eq!(connection.query(AdminCommand::QUERY_USERS, &[]).0.len(), 1);

    let new = connection.login("admin", "admin").unwrap();
    assert_eq!(Connection::to(&server).authenticate("admin", &new), ResultCode::OK);
    server.expire_sessions();
    assert_eq!(
        Connection::to(&server).authenticate("admin", &new),
        ResultCode::EXPIRED_SESSION
    );
    assert_eq!(connection.query(AdminCommand::QUERY_USERS, &[]).0.len(), 1);
    server.end_sessions();
    assert_eq!(
        connection.ask(AdminCommand::QUERY_USERS, &[]),
        ResultCode::NOT_AUTHENTICATED
    );
    connection.login("admin", "admin").unwrap();
    assert_eq!(connection.query(AdminCommand::QUERY_USERS, &[]).0.len(), 1);
}

#[test]
fn roles_permit_commands_by_namespace_and_set() {
    let server = start();
    let (mut reader, _) = Connection::logged_in(&server, "reader", "secret");
    assert_eq!(reader.get("test", "demo"), ResultCode::NOT_FOUND);
    assert_eq!(reader.put("test", "demo"), ResultCode::ROLE_VIOLATION);
    assert_eq!(
        reader.message("test", "demo", Info1::empty(), Info2::WRITE | Info2::DELETE),
        ResultCode::ROLE_VIOLATION
    );
    let (mut orders, _) = Connection::logged_in(&server, "orders", "secret");
    assert_eq!(orders.put("test", "orders"), ResultCode::OK);
    assert_eq!(orders.get("test", "customers"), ResultCode::NOT_FOUND);
    assert_eq!(orders.put("test", "customers"), ResultCode::ROLE_VIOLATION);
    assert_eq!(orders.get("bar", "orders"), ResultCode::ROLE_VIOLATION);
    assert_eq!(orders.get("nope", "orders"), ResultCode::INVALID_NAMESPACE);
    // A query of a whole namespace needs a privilege for all of it.
    let query = |connection: &mut Connection, set: &str| {
        let mut out = BytesMut::new();
        let mut message = MessageWriter::frame(
            &mut out,
            &Header {
                info1: Info1::READ,
                info3: spikelet_wire::Info3::PARTITION_DONE,
                ..Header::default()
            },
        );
        message.field(FieldType::NAMESPACE, b"test");
        message.field(FieldType::SET, set.as_bytes());
        message.field(FieldType::PARTITION_IDS, &[1, 0]);
        message.finish();
        connection.0.write_all(&out).unwrap();
        let (_, body) = connection.receive();
        let (first, _) = Message::decode_first(&body).unwrap();
        first.header.result_code()
    };
    assert_eq!(query(&mut orders, "orders"), ResultCode::OK);
    assert_eq!(query(&mut orders, ""), ResultCode::ROLE_VIOLATION);
    assert_eq!(query(&mut reader, ""), ResultCode::OK);
    let (mut admin, _) = Connection::logged_in(&server, "admin", "admin");
    assert_eq!(query(&mut admin, ""), ResultCode::ROLE_VIOLATION);
    assert_eq!(admin.get("test", "demo"), ResultCode::ROLE_VIOLATION);
    let mut nobody = Connection::to(&server);
    assert_eq!(query(&mut nobody, ""), ResultCode::NOT_AUTHENTICATED);
}

#[test]
fn info_commands_need_permissions_by_their_kind() {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .role("truncate-demo", ["truncate.test.demo"])
        .user("truncate-demo", "secret", ["truncate-demo"])
        .user("ops", "secret", ["sys-admin"])
        .user("data", "secret", ["data-admin"])
        .user("sindex", "secret", ["sindex-admin"])
        .start()
        .unwrap();
    let log_in = |user: &str| {
        let (connection, _) = Connection::logged_in(&server, user, "secret");
        InfoClient::over(connection.0)
    };
    let violation = |permission: &str| format!("ERROR:81:role violation - requires permission '{permission}'");
    let (mut ops, mut data) = (log_in("ops"), log_in("data"));
    assert_eq!(ops.command("build"), "8.1.2.0");
    assert_eq!(ops.command("set-config:context=service;ticker-interval=20"), "ok");
    assert_eq!(
        data.command("set-config:context=service;ticker-interval=20"),
        violation("set-config")
    );
    let create = "sindex-create:namespace=test;set=demo;indexname=a;bin=a;type=numeric";
    assert_eq!(ops.command(create), violation("sindex-admin"));
    assert_eq!(data.command("truncate-namespace:namespace=test"), "ok");
    assert_eq!(data.command("recluster:"), violation("service-ctrl"));
    assert_eq!(log_in("sindex").command(create), "ok");
    let mut truncate = log_in("truncate-demo");
    assert_eq!(truncate.command("truncate:namespace=test;set=demo"), "ok");
    assert_eq!(
        truncate.command("truncate:namespace=test;set=other"),
        violation("truncate")
    );
    assert_eq!(
        truncate.command("truncate-namespace:namespace=test"),
        violation("truncate")
    );
    assert_eq!(truncate.command("nope"), "ERROR:4:unrecognized command");
}

#[test]
fn changes_take_effect_on_open_connections() {
    let server = start();
    let (mut admin, _) = Connection::logged_in(&server, "admin", "admin");
    let (mut app, token) = Connection::logged_in(&server, "app", "secret");
    assert_eq!(app.put("test", "demo"), ResultCode::OK);

    let roles = list(&["read-write"]);
    let fields = [(AdminField::USER, &b"app"[..]), (AdminField::ROLES, &roles[..])];
    assert_eq!(admin.ask(AdminCommand::REVOKE_ROLES, &fields), ResultCode::OK);
    assert_eq!(app.put("test", "demo"), ResultCode::ROLE_VIOLATION);
    assert_eq!(admin.ask(AdminCommand::GRANT_ROLES, &fields), ResultCode::OK);
    assert_eq!(app.put("test", "demo"), ResultCode::OK);

    // Another password: only the connection that changed it stays logged in.
    let (mut second, _) = Connection::logged_in(&server, "app", "secret");
    let (old, new) = (hash("secret"), hash("other"));
    let change = |old: &str| {
        [
            (AdminField::USER, b"app".to_vec()),
            (AdminField::OLD_PASSWORD, old.as_bytes().to_vec()),
            (AdminField::PASSWORD, new.as_bytes().to_vec()),
        ]
    };
    let ask = |connection: &mut Connection, fields: &[(AdminField, Vec<u8>)]| {
        let fields: Vec<_> = fields.iter().map(|(id, data)| (*id, &data[..])).collect();
        connection.ask(AdminCommand::CHANGE_PASSWORD, &fields)
    };
    assert_eq!(ask(&mut app, &change("wrong")), ResultCode::INVALID_PASSWORD);
    assert_eq!(ask(&mut admin, &change(&old)), ResultCode::ROLE_VIOLATION);
    assert_eq!(ask(&mut app, &change(&old)), ResultCode::OK);
    assert_eq!(app.put("test", "demo"), ResultCode::OK);
    assert_eq!(second.put("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    assert_eq!(second.authenticate("app", &token), ResultCode::EXPIRED_SESSION);
    assert_eq!(second.login("app", "secret"), Err(ResultCode::INVALID_CREDENTIAL));
    assert!(second.login("app", "other").is_ok());

    let user = [(AdminField::USER, &b"app"[..])];
    assert_eq!(app.ask(AdminCommand::DROP_USER, &user), ResultCode::ROLE_VIOLATION);
    assert_eq!(admin.ask(AdminCommand::DROP_USER, &user), ResultCode::OK);
    assert_eq!(app.put("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    assert_eq!(second.authenticate("app", &token), ResultCode::INVALID_USER);
    // The same name is another user.
    assert_eq!(admin.create_user("app", "other", &["read-write"]), ResultCode::OK);
    assert_eq!(app.put("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    assert_eq!(second.authenticate("app", &token), ResultCode::EXPIRED_SESSION);
}

#[test]
fn many_users_come_in_several_frames() {
    let server = start();
    let (mut admin, _) = Connection::logged_in(&server, "admin", "admin");
    let password = hash("secret");
    for n in 0..1000 {
        let name = format!("user{n:04}");
        let roles = list(&["read", "write", "sys-admin"]);
        let fields = [
            (AdminField::USER, name.as_bytes()),
            (AdminField::PASSWORD, password.as_bytes()),
            (AdminField::ROLES, &roles),
        ];
        assert_eq!(admin.ask(AdminCommand::CREATE_USER, &fields), ResultCode::OK);
    }
    let (users, frames) = admin.query(AdminCommand::QUERY_USERS, &[]);
    assert_eq!(users.len(), 1004);
    assert!(frames > 3, "{frames}");
    let found: Vec<_> = users.iter().map(|user| field(user, AdminField::USER)).collect();
    assert!(found.is_sorted());
    let last = users.last().unwrap();
    assert_eq!(
        names(field(last, AdminField::ROLES)).unwrap(),
        [&b"read"[..], b"sys-admin", b"write"]
    );

    let (roles, _) = admin.query(AdminCommand::QUERY_ROLES, &[]);
    let found: Vec<_> = roles.iter().map(|role| field(role, AdminField::ROLE)).collect();
    let predefined = "data-admin masking-admin orders read read-masked read-write read-write-udf sindex-admin sys-admin \
                      truncate udf-admin user-admin write write-masked";
    assert_eq!(
        found,
        predefined.split_whitespace().map(str::as_bytes).collect::<Vec<_>>()
    );
    // One user, and one who does not exist; oneself without any role for it.
    let (one, _) = admin.query(AdminCommand::QUERY_USERS, &[(AdminField::USER, b"admin")]);
    assert_eq!(names(field(&one[0], AdminField::ROLES)).unwrap(), [&b"user-admin"[..]]);
    let nobody = [(AdminField::USER, &b"nobody"[..])];
    assert_eq!(admin.ask(AdminCommand::QUERY_USERS, &nobody), ResultCode::INVALID_USER);
    let (mut reader, _) = Connection::logged_in(&server, "reader", "secret");
    assert_eq!(
        reader
            .query(AdminCommand::QUERY_USERS, &[(AdminField::USER, b"reader")])
            .0
            .len(),
        1
    );
    assert_eq!(reader.ask(AdminCommand::QUERY_USERS, &[]), ResultCode::ROLE_VIOLATION);
}

#[test]
fn requests_are_checked_in_order() {
    let server = start();
    let mut connection = Connection::to(&server);
    let send = |connection: &mut Connection, body: &[u8]| {
        let mut out = BytesMut::new();
        spikelet_wire::frame::write(&mut out, FrameType::SECURITY, body);
        connection.0.write_all(&out).unwrap();
        let (_, body) = connection.receive();
        AdminMessage::decode(&body).unwrap().result
    };
    let message = |scheme: u8, command: u8| [&[scheme, 0, command, 0][..], &[0; 12]].concat();
    assert_eq!(send(&mut connection, &[0; 15]), ResultCode::INVALID_FIELD);
    assert_eq!(
        send(&mut connection, &message(1, 99)),
        ResultCode::SECURITY_SCHEME_NOT_SUPPORTED
    );
    assert_eq!(send(&mut connection, &message(0, 99)), ResultCode::INVALID_COMMAND);
    assert_eq!(send(&mut connection, &message(0, 1)), ResultCode::NOT_AUTHENTICATED);
    // Old clients send version 0.
    let mut old = BytesMut::from(&[0, 2, 0, 0, 0, 0, 0, 16][..]);
    old.extend_from_slice(&message(0, 20));
    connection.0.write_all(&old).unwrap();
    assert_eq!(connection.receive().1[1], ResultCode::INVALID_USER.0);

    connection.login("admin", "admin").unwrap();
    let mut ask = |command, fields: &[(AdminField, &[u8])]| connection.ask(command, fields);
    use AdminField as F;
    let (password, none, read) = (hash("x"), list(&[]), list(&["read"]));
    let p = (F::PASSWORD, password.as_bytes());
    let long = "x".repeat(64);
    let create = AdminCommand::CREATE_USER;
    assert_eq!(ask(create, &[]), ResultCode::INVALID_USER);
    assert_eq!(ask(create, &[(F::USER, long.as_bytes()), p]), ResultCode::INVALID_USER);
    assert_eq!(ask(create, &[(F::USER, b"\xff"), p]), ResultCode::INVALID_USER);
    assert_eq!(ask(create, &[(F::USER, b"new")]), ResultCode::INVALID_PASSWORD);
    assert_eq!(
        ask(create, &[(F::USER, b"app"), p, (F::ROLES, b"\x01\x03abc")]),
        ResultCode::USER_ALREADY_EXISTS
    );
    assert_eq!(
        ask(create, &[(F::USER, b"new"), p, (F::ROLES, b"\x01\x03abc")]),
        ResultCode::INVALID_ROLE
    );
    assert_eq!(
        ask(create, &[(F::USER, b"new"), p, (F::ROLES, b"\x01\x09abc")]),
        ResultCode::INVALID_FIELD
    );
    assert_eq!(ask(create, &[(F::USER, b"new"), p, (F::ROLES, &none)]), ResultCode::OK);
    let grant = AdminCommand::GRANT_ROLES;
    assert_eq!(
        ask(grant, &[(F::USER, b"nobody"), (F::ROLES, &none)]),
        ResultCode::INVALID_USER
    );
    assert_eq!(
        ask(grant, &[(F::USER, b"new"), (F::ROLES, &none)]),
        ResultCode::INVALID_ROLE
    );
    assert_eq!(
        ask(AdminCommand::SET_PASSWORD, &[(F::USER, b"nobody"), p]),
        ResultCode::INVALID_USER
    );
    assert_eq!(
        ask(AdminCommand::SET_PASSWORD, &[(F::USER, b"new")]),
        ResultCode::INVALID_PASSWORD
    );

    let role = (F::ROLE, &b"role"[..]);
    let create = AdminCommand::CREATE_ROLE;
    assert_eq!(ask(create, &[]), ResultCode::INVALID_ROLE);
    assert_eq!(
        ask(create, &[role, (F::PRIVILEGES, b"\x00")]),
        ResultCode::INVALID_PRIVILEGE
    );
    assert_eq!(
        ask(create, &[role, (F::PRIVILEGES, b"\x01\x05")]),
        ResultCode::INVALID_PRIVILEGE
    );
    assert_eq!(
        ask(create, &[role, (F::PRIVILEGES, b"\x01\x0a\x00\x01s")]),
        ResultCode::INVALID_PRIVILEGE
    );
    assert_eq!(
        ask(create, &[role, (F::WHITELIST, b"bad_IP")]),
        ResultCode::INVALID_WHITELIST
    );
    assert_eq!(
        ask(create, &[role, (F::READ_QUOTA, b"\x01")]),
        ResultCode::INVALID_QUOTA
    );
    assert_eq!(
        ask(create, &[role, (F::READ_QUOTA, &[0, 0, 0, 1])]),
        ResultCode::QUOTAS_NOT_ENABLED
    );
    assert_eq!(ask(create, &[role, (F::PRIVILEGES, b"\x01\x01")]), ResultCode::OK);
    assert_eq!(
        ask(create, &[role, (F::PRIVILEGES, b"\x01\x01")]),
        ResultCode::ROLE_ALREADY_EXISTS
    );
    assert_eq!(ask(AdminCommand::SET_QUOTAS, &[role]), ResultCode::QUOTAS_NOT_ENABLED);
    assert_eq!(
        ask(AdminCommand::DROP_ROLE, &[(F::ROLE, b"read")]),
        ResultCode::INVALID_ROLE
    );
    assert_eq!(
        ask(AdminCommand::REVOKE_ROLES, &[(F::USER, b"new"), (F::ROLES, &read)]),
        ResultCode::OK
    );
}

#[test]
fn a_whitelist_is_checked_at_the_login_and_later() {
    let role = |name: &str, whitelist: &str| RoleConfig {
        whitelist: vec![whitelist.to_owned()],
        ..RoleConfig::new(name, ["read"])
    };
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .add_role(role("local", "127.0.0.0/8"))
        .add_role(role("elsewhere", "123.4.5.6"))
        .user("local", "secret", ["local", "read"])
        .user("elsewhere", "secret", ["elsewhere", "read"])
        .start()
        .unwrap();
    let (mut local, token) = Connection::logged_in(&server, "local", "secret");
    assert_eq!(
        Connection::to(&server).login("elsewhere", "secret"),
        Err(ResultCode::NOT_WHITELISTED)
    );
    assert_eq!(local.get("test", "demo"), ResultCode::NOT_FOUND);

    let (mut admin, _) = Connection::logged_in(&server, "admin", "admin");
    let fields = [
        (AdminField::ROLE, &b"local"[..]),
        (AdminField::WHITELIST, b"10.0.0.0/8"),
    ];
    assert_eq!(admin.ask(AdminCommand::SET_WHITELIST, &fields), ResultCode::OK);
    let (roles, _) = admin.query(AdminCommand::QUERY_ROLES, &fields[..1]);
    assert_eq!(field(&roles[0], AdminField::WHITELIST), b"10.0.0.0/8");
    assert_eq!(local.get("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    assert_eq!(local.authenticate("local", &token), ResultCode::NOT_WHITELISTED);
    assert_eq!(admin.ask(AdminCommand::SET_WHITELIST, &fields[..1]), ResultCode::OK);
    assert_eq!(local.authenticate("local", &token), ResultCode::OK);
}

#[test]
fn quotas_limit_reads_and_writes_on_the_clock() {
    let role = RoleConfig {
        read_quota: 3,
        write_quota: 5,
        ..RoleConfig::new("slow", ["read-write"])
    };
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .security(SecurityConfig {
            enable_quotas: true,
            ..SecurityConfig::default()
        })
        .add_role(role)
        .user("app", "secret", ["slow"])
        .start()
        .unwrap();
    server.clock().freeze();
    let (mut app, _) = Connection::logged_in(&server, "app", "secret");
    let until_refused = |mut command: Box<dyn FnMut() -> ResultCode>| {
        (0..100).take_while(|_| command() != ResultCode::QUOTA_EXCEEDED).count()
    };
    let mut second = Connection::logged_in(&server, "app", "secret").0;
    assert_eq!(until_refused(Box::new(move || second.get("test", "demo"))), 3);
    assert_eq!(app.get("test", "demo"), ResultCode::QUOTA_EXCEEDED);
    let mut writes = Connection::logged_in(&server, "app", "secret").0;
    assert_eq!(until_refused(Box::new(move || writes.put("test", "demo"))), 5);
    server.clock().advance(Duration::from_secs(1));
    assert_eq!(app.get("test", "demo"), ResultCode::OK);

    let (mut admin, _) = Connection::logged_in(&server, "admin", "admin");
    let (users, _) = admin.query(AdminCommand::QUERY_USERS, &[(AdminField::USER, b"app")]);
    // The quota, the rate in the second before, and nothing of queries.
    assert_eq!(numbers(field(&users[0], AdminField::READ_INFO)).unwrap(), [3, 3, 0, 0]);
    assert_eq!(numbers(field(&users[0], AdminField::WRITE_INFO)).unwrap(), [5, 5, 0, 0]);
    let quotas = [
        (AdminField::ROLE, &b"slow"[..]),
        (AdminField::READ_QUOTA, &0_u32.to_be_bytes()),
    ];
    assert_eq!(admin.ask(AdminCommand::SET_QUOTAS, &quotas), ResultCode::OK);
    assert!((0..100).all(|_| app.get("test", "demo") == ResultCode::OK));
    let (roles, _) = admin.query(AdminCommand::QUERY_ROLES, &quotas[..1]);
    assert_eq!(field(&roles[0], AdminField::READ_QUOTA), [0; 4]);
    assert_eq!(field(&roles[0], AdminField::WRITE_QUOTA), 5_u32.to_be_bytes());
}

#[test]
fn external_users_send_their_password_in_clear_text() {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .add_user("ldap", Authentication::External("secret".to_owned()), ["read"])
        .add_user("pki", Authentication::Certificate, ["read"])
        .start()
        .unwrap();
    let mut connection = Connection::to(&server);
    let credential = hash("secret");
    let fields = |user: &'static str, clear: &'static str| {
        [
            (AdminField::USER, user.as_bytes()),
            (AdminField::CREDENTIAL, b"ignored"),
            (AdminField::CLEAR_PASSWORD, clear.as_bytes()),
        ]
    };
    assert!(token(connection.ask_for(AdminCommand::LOGIN, &fields("ldap", "secret"))).is_ok());
    assert_eq!(
        connection.ask(AdminCommand::LOGIN, &fields("ldap", "wrong")),
        ResultCode::LDAP_AUTHENTICATION
    );
    assert_eq!(connection.login("ldap", "secret"), Err(ResultCode::LDAP_AUTHENTICATION));
    assert_eq!(
        connection.login("pki", "nopassword"),
        Err(ResultCode::INVALID_CREDENTIAL)
    );
    connection.login("admin", "admin").unwrap();
    let password = |user: &'static str| {
        [
            (AdminField::USER, user.as_bytes()),
            (AdminField::PASSWORD, credential.as_bytes()),
        ]
    };
    let set = AdminCommand::SET_PASSWORD;
    assert_eq!(connection.ask(set, &password("pki")), ResultCode::FORBIDDEN_PASSWORD);
    assert_eq!(connection.ask(set, &password("ldap")), ResultCode::FORBIDDEN_PASSWORD);
    // A client creates a user with a certificate by this password.
    assert_eq!(connection.create_user("pki2", "nopassword", &["read"]), ResultCode::OK);
    assert_eq!(
        connection.login("pki2", "nopassword"),
        Err(ResultCode::INVALID_CREDENTIAL)
    );
}

#[test]
fn nodes_agree_and_count_their_own_connections() {
    let builder = Server::builder().edition(Edition::Enterprise).nodes(3);
    let server = builder.user("app", "secret", ["read-write"]).start().unwrap();
    let mut connections: Vec<_> = (0..3).map(|at| Connection::node(&server, at)).collect();
    let token = connections[0].login("app", "secret").unwrap();
    for connection in &mut connections[1..] {
        assert_eq!(connection.authenticate("app", &token), ResultCode::OK);
    }
    let app = |server: &Server| server.users().into_iter().find(|user| user.name == "app").unwrap();
    assert_eq!(app(&server).connections, 3);
    let mut admin = Connection::node(&server, 2);
    admin.login("admin", "admin").unwrap();
    let user = [(AdminField::USER, &b"app"[..])];
    let (users, _) = admin.query(AdminCommand::QUERY_USERS, &user);
    assert_eq!(field(&users[0], AdminField::CONNECTIONS), 1_u32.to_be_bytes());
    drop(connections.pop());
    let is_closed = (0..10_000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        app(&server).connections == 2
    });
    assert!(is_closed);
    assert_eq!(admin.ask(AdminCommand::DROP_USER, &user), ResultCode::OK);
    assert_eq!(connections[0].put("test", "demo"), ResultCode::NOT_AUTHENTICATED);
    assert_eq!(server.users().len(), 1);
}

#[test]
fn users_are_part_of_snapshots_and_of_subclusters() {
    let server = Server::builder()
        .edition(Edition::Enterprise)
        .security(SecurityConfig::default())
        .nodes(2)
        .start()
        .unwrap();
    let (mut first, mut second) = (Connection::node(&server, 0), Connection::node(&server, 1));
    first.login("admin", "admin").unwrap();
    second.login("admin", "admin").unwrap();
    let empty = server.snapshot();
    let names = || server.users().into_iter().map(|user| user.name).collect::<Vec<_>>();

    server.clock().freeze();
    let nodes = server.nodes();
    server.partition(&[nodes[0].id], &[nodes[1].id]).unwrap();
    assert_eq!(first.create_user("left", "x", &["read"]), ResultCode::OK);
    server.clock().advance(Duration::from_millis(5));
    assert_eq!(second.create_user("right", "x", &["read"]), ResultCode::OK);
    let left = [(AdminField::USER, &b"left"[..])];
    assert_eq!(second.ask(AdminCommand::QUERY_USERS, &left), ResultCode::INVALID_USER);
    assert_eq!(first.query(AdminCommand::QUERY_USERS, &left).0.len(), 1);
    server.heal();
    assert_eq!(names(), ["admin", "left", "right"]);
    assert_eq!(second.query(AdminCommand::QUERY_USERS, &left).0.len(), 1);

    let full = server.snapshot();
    server.restore(&empty).unwrap();
    assert_eq!(names(), ["admin"]);
    server.restore(&full).unwrap();
    assert_eq!(names(), ["admin", "left", "right"]);
    server.reset();
    assert_eq!(names(), ["admin"]);
    // The users of the start are the same as before.
    assert_eq!(first.query(AdminCommand::QUERY_USERS, &[]).0.len(), 1);
}

#[test]
fn the_journal_knows_the_user_and_no_password() {
    let server = start();
    let (mut app, _) = Connection::logged_in(&server, "app", "secret");
    assert_eq!(app.put("test", "demo"), ResultCode::OK);
    let (mut admin, _) = Connection::logged_in(&server, "admin", "admin");
    assert_eq!(admin.create_user("new", "secret", &["read"]), ResultCode::OK);
    assert_eq!(admin.put("test", "demo"), ResultCode::ROLE_VIOLATION);

    let entry = server.journal().writes().user("app").last().unwrap();
    assert_eq!(entry.user.as_deref(), Some("app"));
    assert!(entry.to_string().contains(" app write test/demo/"), "{entry}");
    server
        .journal()
        .user("admin")
        .outcome(ResultCode::ROLE_VIOLATION)
        .assert_count(1);
    server.journal().user("nobody").assert_count(0);
    // Logins and the administration of users are asked for.
    server.journal().assert_count(2);
    let security = server.journal().command(Command::Security).iter();
    let shown: Vec<String> = security
        .map(|entry: journal::Entry| entry.security.unwrap().to_string())
        .collect();
    assert_eq!(shown, ["login app", "login admin", "create-user new roles read"]);
}

#[test]
fn faults_apply_to_logins_and_to_users() {
    let server = start();
    server
        .faults()
        .on(Command::Security)
        .times(1)
        .answer(ResultCode::SERVER_ERROR);
    let mut connection = Connection::to(&server);
    assert_eq!(connection.login("app", "secret"), Err(ResultCode::SERVER_ERROR));
    connection.login("app", "secret").unwrap();
    server
        .faults()
        .on(Command::Write)
        .user("app")
        .answer(ResultCode::DEVICE_OVERLOAD);
    assert_eq!(connection.put("test", "demo"), ResultCode::DEVICE_OVERLOAD);
    connection.login("orders", "secret").unwrap();
    assert_eq!(connection.put("test", "orders"), ResultCode::OK);
    // A login that never ends.
    server.faults().on(Command::Security).ignore();
    let mut silent = Connection::to(&server);
    silent.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut login = BytesMut::new();
    AdminWriter::request(&mut login, AdminCommand::LOGIN).finish();
    silent.0.write_all(&login).unwrap();
    assert!(silent.0.read(&mut [0; 24]).is_err());
}

#[test]
fn controls_need_no_login() {
    let builder = Server::builder().edition(Edition::Enterprise).controls(true);
    let server = builder.user("app", "a;b", ["read", "write"]).start().unwrap();
    let mut info = InfoClient::to(&server);
    let users = "name=admin,roles=user-admin,connections=0;name=app,roles=read+write,connections=0";
    assert_eq!(info.command("spikelet/security/users"), users);
    assert_eq!(info.command("spikelet/clock/advance:ms=1000"), "ok");
    assert_eq!(info.request("spikelet/reset\nbuild\n"), "ERROR:80:not authenticated\n");
    let (connection, token) = Connection::logged_in(&server, "app", "a;b");
    assert_eq!(info.command("spikelet/security/expire-sessions"), "ok");
    assert_eq!(
        Connection::to(&server).authenticate("app", &token),
        ResultCode::EXPIRED_SESSION
    );
    assert_eq!(info.command("spikelet/security/end-sessions"), "ok");
    let mut logged_out = InfoClient::over(connection.0);
    assert_eq!(logged_out.request("build\n"), "ERROR:80:not authenticated\n");
    let open = Server::builder().controls(true).start().unwrap();
    let error = "ERROR:52:the server has no security";
    assert_eq!(InfoClient::to(&open).command("spikelet/security/users"), error);
}

#[test]
fn the_configuration_is_shown_and_changed() {
    let builder = Server::builder().edition(Edition::Enterprise);
    let server = builder.user("ops", "secret", ["sys-admin"]).start().unwrap();
    let (connection, _) = Connection::logged_in(&server, "ops", "secret");
    let mut info = InfoClient::over(connection.0);
    let shown = "enable-quotas=false;privilege-refresh-period=300;session-ttl=86400;tps-weight=2";
    assert_eq!(info.command("get-config:context=security"), shown);
    assert_eq!(info.command("set-config:context=security;session-ttl=1h"), "ok");
    let invalid = "ERROR:4:invalid set-config parameter";
    for parameter in [
        "session-ttl=119",
        "session-ttl=11d",
        "tps-weight=1",
        "enable-quotas=true",
        "nope=1",
    ] {
        assert_eq!(
            info.command(&format!("set-config:context=security;{parameter}")),
            invalid,
            "{parameter}"
        );
    }
    assert!(info.command("get-config:context=security").contains("session-ttl=3600"));
    let open = Server::builder().edition(Edition::Enterprise).start().unwrap();
    assert_eq!(InfoClient::to(&open).command("get-config:context=security"), "");
}

/// The reply to a login: security is not supported in the Community Edition, and not enabled without its configuration.
#[test]
fn without_security_a_login_is_refused_and_everything_permitted() {
    for (edition, code) in [
        (Edition::Community, ResultCode::SECURITY_NOT_SUPPORTED),
        (Edition::Enterprise, ResultCode::SECURITY_NOT_ENABLED),
    ] {
        let server = Server::builder().edition(edition).start().unwrap();
        let mut connection = Connection::to(&server);
        assert_eq!(connection.login("admin", "admin"), Err(code));
        assert_eq!(connection.put("test", "demo"), ResultCode::OK);
        assert!(server.users().is_empty());
        server.expire_sessions();
    }
}

#[test]
fn a_wrong_configuration_says_what_is_wrong() {
    let error = |builder: spikelet::Builder| match builder.start_in_process().unwrap_err() {
        StartError::Config(error) => error,
        other => panic!("{other}"),
    };
    let enterprise = || Server::builder().edition(Edition::Enterprise);
    assert_eq!(
        error(Server::builder().user("app", "x", ["read"])),
        ConfigError::SecurityEdition
    );
    let shown = |builder| error(builder).to_string();
    assert_eq!(
        shown(enterprise().user("app", "x", ["reader"])),
        "the user app has the role \"reader\", which does not exist"
    );
    assert!(shown(enterprise().user("", "x", ["read"])).starts_with("\"\" is no name for a user"));
    assert_eq!(
        shown(enterprise().user("a", "x", ["read"]).user("a", "y", ["read"])),
        "the user a is there twice"
    );
    assert!(shown(enterprise().role("a", ["reading"])).starts_with("the role a: 'reading' is no privilege"));
    assert_eq!(
        shown(enterprise().role("read", ["read"])),
        "the role read is there twice, or is predefined"
    );
    let role = RoleConfig {
        whitelist: vec!["x".to_owned()],
        ..RoleConfig::new("a", [Privilege::try_from("read.test").unwrap()])
    };
    assert!(shown(enterprise().add_role(role.clone())).starts_with("the whitelist \"x\" of the role a is invalid"));
    let role = RoleConfig {
        whitelist: Vec::new(),
        read_quota: 1,
        ..role
    };
    assert!(shown(enterprise().add_role(role)).contains("enable-quotas"));
    let security = SecurityConfig {
        session_ttl: 60,
        ..SecurityConfig::default()
    };
    assert_eq!(
        shown(enterprise().security(security)),
        "session-ttl of security is 120 to 864000, not 60"
    );
    // Another user in place of the one at the start.
    let server = enterprise().user("admin", "secret", ["user-admin"]).start().unwrap();
    assert_eq!(
        Connection::to(&server).login("admin", "admin"),
        Err(ResultCode::INVALID_CREDENTIAL)
    );
    assert!(Connection::to(&server).login("admin", "secret").is_ok());
}

/// Wrong logins cost no memory and little time: the server compares hashes.
#[test]
fn many_wrong_logins_are_refused() {
    let server = start();
    let mut request = BytesMut::new();
    for n in 0..1000_u32 {
        let mut login = AdminWriter::request(&mut request, AdminCommand::LOGIN);
        login.field(AdminField::USER, if n % 2 == 0 { b"admin" } else { b"nobody" });
        login.field(AdminField::CREDENTIAL, &n.to_be_bytes());
        login.finish();
    }
    let connection = Connection::to(&server);
    let (mut reading, mut writing) = (connection.0.try_clone().unwrap(), connection.0);
    const ROUNDS: usize = 20;
    let writer = std::thread::spawn(move || (0..ROUNDS).for_each(|_| writing.write_all(&request).unwrap()));
    let mut answer = [0; 24];
    for n in 0..ROUNDS * 1000 {
        reading.read_exact(&mut answer).unwrap();
        let expected = if n % 2 == 0 {
            ResultCode::INVALID_CREDENTIAL
        } else {
            ResultCode::INVALID_USER
        };
        assert_eq!(answer[9], expected.0);
    }
    writer.join().unwrap();
    assert!(server.users().iter().all(|user| user.connections == 0));
}
