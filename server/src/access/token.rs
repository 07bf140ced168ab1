//! Session tokens.
//!
//! A token holds what the server must know about the session, and a code that only the server can compute. So the server keeps
//! no list of sessions, which would grow with every login.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::user::is_same;
use crate::clock::Now;

/// What a token says about its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) user: &'a str,
    /// The version of the user's password.
    pub(crate) version: u64,
    /// The epoch in which it was issued: when a test expires all sessions, another one begins.
    pub(crate) epoch: u64,
    /// The time from which it is expired.
    pub(crate) expires: Now,
}

/// The secret of a server. Two keys of SipHash, which is made to authenticate short messages, give a code of 128 bits.
#[derive(Debug, Default)]
pub(crate) struct TokenKey([RandomState; 2]);

impl TokenKey {
    const CODE: usize = 16;

    /// The bytes of a token.
    pub(crate) fn issue(&self, token: &Token<'_>) -> Vec<u8> {
        let numbers = [token.version, token.epoch, token.expires.0];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        bytes.extend_from_slice(token.user.as_bytes());
        bytes.extend_from_slice(&self.code(&bytes));
        bytes
    }

    /// Reads a token; `None` if this server has not issued it.
    pub(crate) fn read<'a>(&self, bytes: &'a [u8]) -> Option<Token<'a>> {
        let (content, code) = bytes.split_at_checked(bytes.len().checked_sub(Self::CODE)?)?;
        if !is_same(&self.code(content), code) {
            return None;
        }
        let (version, rest) = content.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (expires, user) = rest.split_first_chunk()?;
        Some(Token {
            user: str::from_utf8(user).ok()?,
            version: u64::from_be_bytes(*version),
            epoch: u64::from_be_bytes(*epoch),
            expires: Now(u64::from_be_bytes(*expires)),
        })
    }

    fn code(&self, content: &[u8]) -> [u8; Self::CODE] {
        let mut code = [0; Self::CODE];
        for (key, half) in self.0.iter().zip(code.chunks_exact_mut(8)) {
            let mut hasher = key.build_hasher();
            hasher.write(content);
            half.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_tokens_are_read() {
        let (key, other) = (TokenKey::default(), TokenKey::default());
        let token = Token {
            user: "app",
            version: 7,
            epoch: 2,
            expires: Now(86_400_000),
        };
        let bytes = key.issue(&token);
        assert_eq!(key.read(&bytes), Some(token));
        assert_eq!(other.read(&bytes), None);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(key.read(&changed), None, "byte {at}");
            assert_eq!(key.read(&bytes[..at]), None, "{at} bytes");
        }
        assert_eq!(key.read(&[&bytes[..], b"x"].concat()), None);
    }
}
