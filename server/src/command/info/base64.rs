//! Base64 with padding, as the info protocol carries bytes.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .enumerate()
            .fold(0u32, |group, (at, &byte)| group | u32::from(byte) << (16 - 8 * at));
        for at in 0..4 {
            let sextet = (group >> (18 - 6 * at) & 63) as usize;
            text.push(if at <= chunk.len() {
                char::from(ALPHABET[sextet])
            } else {
                '='
            });
        }
    }
    text
}

/// Decodes a text; `None` if it is not valid base64. Unused bits of the last group are ignored.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in digits.as_bytes().chunks(4) {
        let mut group = 0;
        for at in 0..4 {
            let sextet = chunk.get(at).map_or(Some(0), |digit| value(*digit))?;
            group = group << 6 | sextet;
        }
        let [_, whole @ ..] = group.to_be_bytes();
        bytes.extend_from_slice(whole.get(..chunk.len() - 1)?);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    let at = ALPHABET.iter().position(|other| *other == digit)?;
    u32::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_with_padding() {
        let bytes = [b"".as_slice(), b"f", b"fo", b"foo", b"foob", b"\xFF\xFF\xFE"];
        let texts = bytes.map(encode);
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "///+"]);
        assert_eq!(texts.map(|text| decode(&text).unwrap()), bytes);
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["Z", "Zg=", "Zg", "====", "Z===", "Zg=v", "Z\u{e9}9"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
