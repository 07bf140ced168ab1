//! The hash of a password, which clients send in its place.

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

/// The longest password, in bytes.
pub const MAX_PASSWORD: usize = 63;

/// The cost of every hash, and how the hash begins. All clients use one cost and one salt, since the server compares hashes.
const COST: u32 = 10;
const PREFIX: &str = "$2a$10$";
const SALT: [u8; 16] = [
    0xf4, 0x6b, 0x0b, 0xbe, 0xcf, 0xfe, 0x8d, 0x1b, 0x06, 0x67, 0xd8, 0x4f, 0x6d, 0xc1, 0xd8, 0xa9,
];

const ENCODING: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// Hashes a password with bcrypt, with the salt that all clients use. This takes some 50 ms of a processor, and many times that
/// without optimization. Bytes after the first 72 do not count.
///
/// ```
/// assert_eq!(
///     spikelet_wire::admin::hash("admin"),
///     "$2a$10$7EqJtq98hPqEX7fNZaFWoO1mVO/4MLpGzsqojz6E9Gef6iXDjXdDa",
/// );
/// ```
#[must_use]
pub fn hash(password: &str) -> String {
    // bcrypt reads the password with the zero that ends it.
    let mut terminated = password.as_bytes().to_vec();
    terminated.push(0);
    terminated.truncate(72);
    let hash = bcrypt::bcrypt(COST, SALT, &terminated);
    // The last byte of the hash is left out.
    let shown = hash.get(..23).unwrap_or(&hash);
    format!("{PREFIX}{}{}", ENCODING.encode(SALT), ENCODING.encode(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with another implementation of bcrypt.
    #[test]
    fn hashes_are_those_of_the_official_clients() {
        assert_eq!(
            hash("secret"),
            "$2a$10$7EqJtq98hPqEX7fNZaFWoOu7NRZ0i7m5NbgPBEsHTCoJzZDEKQRb."
        );
        assert_eq!(hash(""), "$2a$10$7EqJtq98hPqEX7fNZaFWoOLCkFexA7A9eoJ0Ew.mTDdk.E60D.9zS");
        assert_eq!(hash(&"x".repeat(72)), hash(&"x".repeat(1000)));
    }
}
