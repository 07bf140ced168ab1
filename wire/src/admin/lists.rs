//! Lists in fields: a count (1 byte), and the entries.

use bytes::{BufMut, BytesMut};

use super::privilege::{Privilege, PrivilegeCode};
use super::{ListTooLong, MAX_ENTRIES};
use crate::error::{Cursor, DecodeError};

/// Decodes a list of names, each with its size (1 byte). Bytes after the last name are ignored.
///
/// # Errors
/// If there are fewer names than announced, or one is incomplete.
pub fn names(data: &[u8]) -> Result<Vec<&[u8]>, DecodeError> {
    let mut cursor = Cursor::new(data);
    let count = cursor.u8("number of names")?;
    (0..count).map(|_| name(&mut cursor)).collect()
}

/// Decodes a list of numbers of 4 bytes. Bytes after the last number are ignored.
///
/// # Errors
/// If there are fewer numbers than announced.
pub fn numbers(data: &[u8]) -> Result<Vec<u32>, DecodeError> {
    let mut cursor = Cursor::new(data);
    let count = cursor.u8("number of numbers")?;
    (0..count).map(|_| cursor.u32("number")).collect()
}

/// Decodes a list of privileges, each with its code (1 byte) and, if that [has one](PrivilegeCode::has_scope), its scope: the names
/// of a namespace and of a set. Codes are not checked: a code below 10 has no scope, known or not.
///
/// # Errors
/// If there are fewer privileges than announced, or a name is incomplete or not UTF-8.
pub fn privileges(data: &[u8]) -> Result<Vec<Privilege>, DecodeError> {
    let mut cursor = Cursor::new(data);
    let count = cursor.u8("number of privileges")?;
    let privilege = |_| {
        let mut privilege = Privilege::new(PrivilegeCode(cursor.u8("code of a privilege")?));
        if privilege.code.has_scope() {
            privilege.namespace = text(&mut cursor)?;
            privilege.set = text(&mut cursor)?;
        }
        Ok(privilege)
    };
    (0..count).map(privilege).collect()
}

fn name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], DecodeError> {
    let size = cursor.u8("size of a name")?;
    cursor.take(usize::from(size), "name")
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, DecodeError> {
    let at = cursor.at();
    let name = str::from_utf8(name(cursor)?).map_err(|_| DecodeError::new("name that is not UTF-8", at))?;
    Ok(name.to_owned())
}

/// Begins a list.
pub(super) fn begin(entries: usize) -> Result<BytesMut, ListTooLong> {
    if entries > MAX_ENTRIES {
        return Err(ListTooLong);
    }
    let mut data = BytesMut::new();
    data.put_u8(entries as u8);
    Ok(data)
}

pub(super) fn put_name(data: &mut BytesMut, name: &[u8]) -> Result<(), ListTooLong> {
    data.put_u8(u8::try_from(name.len()).map_err(|_| ListTooLong)?);
    data.put_slice(name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_lists_are_refused() {
        for list in [&b""[..], b"\x01", b"\x01\x04rea", b"\x02\x04read"] {
            assert!(names(list).is_err(), "{list:?}");
        }
        for list in [
            &b""[..],
            b"\x01",
            b"\x01\x0a",
            b"\x01\x0a\x04tes",
            b"\x01\x0a\x04test",
            b"\x01\x0a\x01\xff\0",
        ] {
            assert!(privileges(list).is_err(), "{list:?}");
        }
        assert!(numbers(b"\x02\0\0\0\x01").is_err());
    }

    #[test]
    fn codes_from_ten_on_have_a_scope() {
        let read = Privilege::new(PrivilegeCode::READ).namespace("test").set("demo");
        let decoded = privileges(b"\x03\0\x0a\x04test\x04demo\x0f\0\0").unwrap();
        assert_eq!(
            decoded,
            [
                PrivilegeCode::USER_ADMIN.into(),
                read,
                PrivilegeCode::MASKING_ADMIN.into()
            ]
        );
    }
}
