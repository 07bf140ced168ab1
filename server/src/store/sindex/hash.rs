//! wyhash, final version 3: the values in string and blob indexes.
//!
//! Replies contain these values, and clients send them back to resume a query. So they must equal the real server's.

const SECRET: [u64; 4] = [
    0xa076_1d64_78bd_642f,
    0xe703_7ed1_a0b4_28db,
    0x8ebc_6af0_9c88_c6e3,
    0x5899_65cc_7537_4cc3,
];
const SEED: u64 = 0x0002_9fbb_14cc_886f;

/// The hash of some bytes, with the seed of the real server.
pub(super) fn wyhash(bytes: &[u8]) -> u64 {
    let mut seed = SEED ^ SECRET[0];
    let (a, b) = match bytes.len() {
        0 => (0, 0),
        n @ 1..4 => {
            let [first, middle, last] = [bytes[0], bytes[n >> 1], bytes[n - 1]].map(u64::from);
            ((first << 16) | (middle << 8) | last, 0)
        }
        n @ 4..=16 => {
            let step = (n >> 3) << 2;
            let pair = |at: usize, then: usize| (read32(bytes, at) << 32) | read32(bytes, then);
            (pair(0, step), pair(n - 4, n - 4 - step))
        }
        n => {
            let mut rest = bytes;
            if n > 48 {
                let (mut second, mut third) = (seed, seed);
                while rest.len() > 48 {
                    seed = mix(read64(rest, 0) ^ SECRET[1], read64(rest, 8) ^ seed);
                    second = mix(read64(rest, 16) ^ SECRET[2], read64(rest, 24) ^ second);
                    third = mix(read64(rest, 32) ^ SECRET[3], read64(rest, 40) ^ third);
                    rest = &rest[48..];
                }
                seed ^= second ^ third;
            }
            while rest.len() > 16 {
                seed = mix(read64(rest, 0) ^ SECRET[1], read64(rest, 8) ^ seed);
                rest = &rest[16..];
            }
            // The last 16 bytes, some of which may have been read already.
            (read64(bytes, n - 16), read64(bytes, n - 8))
        }
    };
    mix(SECRET[1] ^ bytes.len() as u64, mix(a ^ SECRET[1], b ^ seed))
}

const fn mix(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

fn read64(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn read32(bytes: &[u8], at: usize) -> u64 {
    let chunk = bytes[at..].first_chunk();
    chunk.map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_equal_the_real_servers() {
        // The hash of the n bytes 1, 8, 15, ...
        let expected = [
            (0, 0xda34_2175_7d70_ae2d),
            (1, 0x9c0a_ff19_1d7c_3766),
            (3, 0x4ae1_2499_eb15_1cb2),
            (7, 0xe1fa_936b_1cf8_429d),
            (8, 0xb099_b7c6_5f6e_b3e6),
            (16, 0x1a3a_95a1_0eb5_5280),
            (17, 0x1564_c21a_7f39_9b58),
            (48, 0x1aa6_4f74_436d_b852),
            (49, 0x23c8_5470_7907_f450),
            (200, 0xa70c_0401_54ea_6ae0),
        ];
        for (n, hash) in expected {
            let bytes: Vec<u8> = (0..n).map(|i: u64| (i * 7 + 1) as u8).collect();
            assert_eq!(wyhash(&bytes), hash, "{n} bytes");
        }
    }
}
