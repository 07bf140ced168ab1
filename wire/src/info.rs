//! The info protocol: a request has a name on each line, a response has `name<TAB>value` lines.

use bytes::{BufMut, BytesMut};

/// The requested names in the body of a frame, without line ends.
pub fn names(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|&byte| byte == b'\n').filter(|name| !name.is_empty())
}

/// Appends a line of a response.
pub fn write_answer(out: &mut BytesMut, name: &[u8], value: &[u8]) {
    out.put_slice(name);
    out.put_u8(b'\t');
    out.put_slice(value);
    out.put_u8(b'\n');
}

/// The names and values of a response. A line without a tab has an empty value.
pub fn answers(body: &str) -> impl Iterator<Item = (&str, &str)> {
    body.lines().map(|line| line.split_once('\t').unwrap_or((line, "")))
}

/// The `key=value` pairs after a command's colon, separated by semicolons.
pub fn parameters(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_round_trip() {
        let mut out = BytesMut::new();
        write_answer(&mut out, b"node", b"A1");
        write_answer(&mut out, b"services", b"");
        let text = std::str::from_utf8(&out).unwrap();
        assert_eq!(text, "node\tA1\nservices\t\n");
        assert_eq!(answers(text).collect::<Vec<_>>(), [("node", "A1"), ("services", "")]);
        assert_eq!(
            names(b"node\n\nbuild").collect::<Vec<_>>(),
            [b"node".as_slice(), b"build"]
        );
        assert_eq!(
            parameters("a=b;c;;d=e=f").collect::<Vec<_>>(),
            [("a", "b"), ("c", ""), ("d", "e=f")]
        );
    }
}
