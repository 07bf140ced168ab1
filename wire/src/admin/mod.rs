//! The security protocol: logins, and the administration of users and roles.
//!
//! A message is a header of 16 bytes (scheme, result code, command, number of fields, 12 reserved bytes) and its fields. A field
//! is its size (4 bytes, with the id), its id (1 byte) and its data. A frame of a reply may hold several messages: queries of
//! users and roles return one for each, and end with one whose result code is [`QUERY_END`](crate::ResultCode::QUERY_END).
//!
//! ```
//! use bytes::BytesMut;
//! use spikelet_wire::FrameHeader;
//! use spikelet_wire::admin::{AdminCommand, AdminField, AdminMessage, AdminWriter};
//!
//! let mut request = BytesMut::new();
//! let mut message = AdminWriter::request(&mut request, AdminCommand::DROP_USER);
//! message.field(AdminField::USER, b"app");
//! message.finish();
//!
//! let message = AdminMessage::decode(&request[FrameHeader::SIZE..])?;
//! assert_eq!(message.command, AdminCommand::DROP_USER);
//! assert_eq!(message.field(AdminField::USER), Some(&b"app"[..]));
//! # Ok::<(), spikelet_wire::DecodeError>(())
//! ```

mod lists;
#[cfg(feature = "passwords")]
mod password;
mod privilege;

use bytes::{BufMut, BytesMut};

pub use self::lists::{names, numbers, privileges};
#[cfg(feature = "passwords")]
pub use self::password::{MAX_PASSWORD, hash};
pub use self::privilege::{Privilege, PrivilegeCode, UnknownPrivilege};
use crate::error::{Cursor, DecodeError};
use crate::frame::OpenFrame;
use crate::{FrameType, ResultCode};

/// Size of the header of a message, in bytes.
pub const HEADER: usize = 16;
/// The only scheme of the protocol.
pub const SCHEME: u8 = 0;
/// The longest name of a user or a role, in bytes.
pub const MAX_NAME: usize = 63;
/// The most entries of a list in a field: its count is one byte.
pub const MAX_ENTRIES: usize = 255;

/// A command of the security protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdminCommand(pub u8);

/// The id of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdminField(pub u8);

macro_rules! codes {
    ($type:ident; $($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl $type {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// All codes that have a name.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its documented name, if the code has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! { AdminCommand;
    /// Authenticates a connection with a session token; by old clients, with a password.
    AUTHENTICATE = 0;
    /// Creates a user.
    CREATE_USER = 1;
    /// Removes a user.
    DROP_USER = 2;
    /// Sets the password of a user, by an administrator.
    SET_PASSWORD = 3;
    /// Changes the password of the user that is logged in.
    CHANGE_PASSWORD = 4;
    /// Adds roles to a user.
    GRANT_ROLES = 5;
    /// Removes roles from a user.
    REVOKE_ROLES = 6;
    /// Returns one user, or all.
    QUERY_USERS = 9;
    /// Creates a role.
    CREATE_ROLE = 10;
    /// Removes a role.
    DROP_ROLE = 11;
    /// Adds privileges to a role.
    GRANT_PRIVILEGES = 12;
    /// Removes privileges from a role.
    REVOKE_PRIVILEGES = 13;
    /// Sets or removes the whitelist of a role.
    SET_WHITELIST = 14;
    /// Sets the quotas of a role.
    SET_QUOTAS = 15;
    /// Returns one role, or all.
    QUERY_ROLES = 16;
    /// Logs in with a password, and returns a session token.
    LOGIN = 20;
}

codes! { AdminField;
    /// The name of a user.
    USER = 0;
    /// The hash of a new password.
    PASSWORD = 1;
    /// The hash of the current password.
    OLD_PASSWORD = 2;
    /// The hash of a password, in a login.
    CREDENTIAL = 3;
    /// A password in clear text, for users that are authenticated elsewhere.
    CLEAR_PASSWORD = 4;
    /// A session token.
    SESSION_TOKEN = 5;
    /// The time to live of a session token, in seconds (4 bytes).
    SESSION_TTL = 6;
    /// The names of roles: a [list](names).
    ROLES = 10;
    /// The name of a role.
    ROLE = 11;
    /// [Privileges](privileges).
    PRIVILEGES = 12;
    /// Addresses and networks, separated by commas.
    WHITELIST = 13;
    /// The most reads per second (4 bytes); 0 for no limit.
    READ_QUOTA = 14;
    /// The most writes per second (4 bytes); 0 for no limit.
    WRITE_QUOTA = 15;
    /// Rates of reads: a [list](numbers) of the quota, single reads per second, records per second of queries with a limit, and
    /// the number of queries without one.
    READ_INFO = 16;
    /// The same for writes.
    WRITE_INFO = 17;
    /// The number of open connections of a user (4 bytes).
    CONNECTIONS = 18;
}

/// A message of the security protocol.
#[derive(Debug, Clone, Copy)]
pub struct AdminMessage<'a> {
    /// The scheme, always [`SCHEME`].
    pub scheme: u8,
    /// The result code of a reply; 0 in a request.
    pub result: ResultCode,
    /// The command of a request; 0 in a reply.
    pub command: AdminCommand,
    /// Checked when the message is decoded.
    fields: &'a [u8],
}

impl<'a> AdminMessage<'a> {
    /// Decodes the message of a request, and all its fields. Bytes after the last field are ignored.
    ///
    /// # Errors
    /// If the header or a field is incomplete, or a field has no id.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode_first(body).map(|(message, _)| message)
    }

    /// Decodes the first message of a reply, and returns the bytes after it.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_first(body: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut cursor = Cursor::new(body);
        let [scheme, result, command, count] = cursor.array("header of a security message")?;
        cursor.take(HEADER - 4, "header of a security message")?;
        let start = cursor.at();
        for _ in 0..count {
            next_field(&mut cursor)?;
        }
        let message = Self {
            scheme,
            result: ResultCode(result),
            command: AdminCommand(command),
            fields: body.get(start..cursor.at()).unwrap_or_default(),
        };
        Ok((message, cursor.rest()))
    }

    /// The fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (AdminField, &'a [u8])> + use<'a> {
        let mut cursor = Cursor::new(self.fields);
        std::iter::from_fn(move || next_field(&mut cursor).ok())
    }

    /// The data of the first field with an id.
    #[must_use]
    pub fn field(&self, id: AdminField) -> Option<&'a [u8]> {
        self.fields().find(|(other, _)| *other == id).map(|(_, data)| data)
    }

    /// The number in a field of 4 bytes.
    ///
    /// # Errors
    /// If the field has another size. Its offset is that in the field.
    pub fn number(&self, id: AdminField) -> Result<Option<u32>, DecodeError> {
        let number = |data: &[u8]| data.try_into().map(u32::from_be_bytes);
        self.field(id)
            .map(number)
            .transpose()
            .map_err(|_| DecodeError::new("number of 4 bytes", 0))
    }
}

fn next_field<'a>(cursor: &mut Cursor<'a>) -> Result<(AdminField, &'a [u8]), DecodeError> {
    let at = cursor.at();
    let size = cursor.u32("size of a security field")?;
    let size = size
        .checked_sub(1)
        .ok_or(DecodeError::new("security field without an id", at))?;
    let id = AdminField(cursor.u8("id of a security field")?);
    let data = cursor.take(usize::try_from(size).unwrap_or(usize::MAX), "security field")?;
    Ok((id, data))
}

/// A list that is too long for a field: it has more than [`MAX_ENTRIES`] entries, or an entry of more than 255 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListTooLong;

impl std::fmt::Display for ListTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a list has at most {MAX_ENTRIES} entries, each of at most 255 bytes")
    }
}

impl std::error::Error for ListTooLong {}

/// Writes a message, field by field.
#[derive(Debug)]
#[must_use = "a message is complete after `finish`"]
pub struct AdminWriter<'b> {
    out: &'b mut BytesMut,
    /// Where the message starts.
    start: usize,
    /// The frame of the message, if it has one of its own.
    frame: Option<OpenFrame>,
    fields: u8,
}

impl<'b> AdminWriter<'b> {
    /// Begins a request, in a frame of its own.
    pub fn request(out: &'b mut BytesMut, command: AdminCommand) -> Self {
        let frame = OpenFrame::begin(out);
        Self::begin(out, Some(frame), ResultCode::OK, command)
    }

    /// Begins a reply, in a frame of its own.
    pub fn reply(out: &'b mut BytesMut, result: ResultCode) -> Self {
        let frame = OpenFrame::begin(out);
        Self::begin(out, Some(frame), result, AdminCommand(0))
    }

    /// Begins one of several messages of a frame, which the caller has begun.
    pub fn bare(out: &'b mut BytesMut, result: ResultCode) -> Self {
        Self::begin(out, None, result, AdminCommand(0))
    }

    fn begin(out: &'b mut BytesMut, frame: Option<OpenFrame>, result: ResultCode, command: AdminCommand) -> Self {
        let start = out.len();
        out.put_slice(&[SCHEME, result.0, command.0, 0]);
        out.put_bytes(0, HEADER - 4);
        Self {
            out,
            start,
            frame,
            fields: 0,
        }
    }

    /// Appends a field.
    pub fn field(&mut self, id: AdminField, data: &[u8]) {
        self.head(id, data.len());
        self.out.put_slice(data);
    }

    /// Appends a field with a number of 4 bytes.
    pub fn number(&mut self, id: AdminField, number: u32) {
        self.field(id, &number.to_be_bytes());
    }

    /// Appends a list of names.
    ///
    /// # Errors
    /// [`ListTooLong`]; nothing is appended then.
    pub fn names<N: AsRef<[u8]>>(&mut self, id: AdminField, names: &[N]) -> Result<(), ListTooLong> {
        let mut data = lists::begin(names.len())?;
        for name in names {
            lists::put_name(&mut data, name.as_ref())?;
        }
        self.field(id, &data);
        Ok(())
    }

    /// Appends a list of privileges.
    ///
    /// # Errors
    /// [`ListTooLong`]; nothing is appended then.
    pub fn privileges<'p>(
        &mut self,
        privileges: impl ExactSizeIterator<Item = &'p Privilege>,
    ) -> Result<(), ListTooLong> {
        let mut data = lists::begin(privileges.len())?;
        for privilege in privileges {
            data.put_u8(privilege.code.0);
            if privilege.code.has_scope() {
                lists::put_name(&mut data, privilege.namespace.as_bytes())?;
                lists::put_name(&mut data, privilege.set.as_bytes())?;
            }
        }
        self.field(AdminField::PRIVILEGES, &data);
        Ok(())
    }

    /// Appends a list of up to 255 numbers; further ones are left out.
    pub fn numbers(&mut self, id: AdminField, numbers: &[u32]) {
        let numbers = numbers.get(..MAX_ENTRIES).unwrap_or(numbers);
        self.head(id, 1 + 4 * numbers.len());
        self.out.put_u8(numbers.len() as u8);
        numbers.iter().for_each(|number| self.out.put_u32(*number));
    }

    fn head(&mut self, id: AdminField, size: usize) {
        self.out.put_u32(size as u32 + 1);
        self.out.put_u8(id.0);
        self.fields = self.fields.saturating_add(1);
    }

    /// Ends the message.
    pub fn finish(self) {
        if let Some(count) = self.out.get_mut(self.start + 3) {
            *count = self.fields;
        }
        if let Some(frame) = self.frame {
            frame.finish(FrameType::SECURITY, self.out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameHeader;

    /// The bytes that the official clients send to log in as `app`.
    #[test]
    fn a_login_is_what_clients_send() {
        let mut out = BytesMut::new();
        let mut login = AdminWriter::request(&mut out, AdminCommand::LOGIN);
        login.field(AdminField::USER, b"app");
        login.field(AdminField::CREDENTIAL, b"$2a$10$hash");
        login.finish();
        let expected =
            b"\x02\x02\0\0\0\0\0\x28\0\0\x14\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0app\0\0\0\x0c\x03$2a$10$hash";
        assert_eq!(&out[..], expected);
    }

    #[test]
    fn several_messages_share_a_frame() {
        let mut out = BytesMut::new();
        let frame = OpenFrame::begin(&mut out);
        let mut user = AdminWriter::bare(&mut out, ResultCode::OK);
        user.field(AdminField::USER, b"app");
        user.names(AdminField::ROLES, &["read", "write"]).unwrap();
        user.numbers(AdminField::READ_INFO, &[1, 2, 3, 4]);
        user.number(AdminField::CONNECTIONS, 7);
        user.finish();
        AdminWriter::bare(&mut out, ResultCode::QUERY_END).finish();
        frame.finish(FrameType::SECURITY, &mut out);

        let body = &out[FrameHeader::SIZE..];
        let (user, rest) = AdminMessage::decode_first(body).unwrap();
        assert_eq!(user.result, ResultCode::OK);
        assert_eq!(
            names(user.field(AdminField::ROLES).unwrap()).unwrap(),
            [&b"read"[..], b"write"]
        );
        assert_eq!(
            numbers(user.field(AdminField::READ_INFO).unwrap()).unwrap(),
            [1, 2, 3, 4]
        );
        assert_eq!(user.number(AdminField::CONNECTIONS), Ok(Some(7)));
        assert!(user.number(AdminField::USER).is_err());
        let (end, rest) = AdminMessage::decode_first(rest).unwrap();
        assert_eq!((end.result, rest.len()), (ResultCode::QUERY_END, 0));
    }

    #[test]
    fn an_error_names_the_problem_and_its_place() {
        let header = [0, 0, 20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let error = |fields: &[u8]| {
            AdminMessage::decode(&[&header, fields].concat())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(&[]), "size of a security field at byte 16");
        assert_eq!(error(&[0, 0, 0, 0]), "security field without an id at byte 16");
        assert_eq!(error(&[0, 0, 0, 1]), "id of a security field at byte 20");
        assert_eq!(error(&[0xff, 0xff, 0xff, 0xff, 0, b'a']), "security field at byte 21");
        let short = AdminMessage::decode(&header[..15]).unwrap_err();
        assert_eq!(short.to_string(), "header of a security message at byte 4");
    }

    #[test]
    fn a_list_that_is_too_long_is_refused() {
        let mut out = BytesMut::new();
        let mut writer = AdminWriter::request(&mut out, AdminCommand::GRANT_ROLES);
        assert_eq!(writer.names(AdminField::ROLES, &vec!["r"; 256]), Err(ListTooLong));
        assert_eq!(writer.names(AdminField::ROLES, &["r".repeat(256)]), Err(ListTooLong));
        assert_eq!(writer.names(AdminField::ROLES, &vec!["r"; 255]), Ok(()));
        writer.finish();
        let message = AdminMessage::decode(&out[FrameHeader::SIZE..]).unwrap();
        assert_eq!(names(message.field(AdminField::ROLES).unwrap()).unwrap().len(), 255);
    }
}
