//! Validation of the parameters of bit operations, as far as it needs no blob.

use spikelet_wire::bits::{BitOperation, BitWriteFlags};

/// The largest message that the server accepts, in bytes. Every blob is shorter, and no offset may be larger.
pub(super) const MAX_BYTES: i64 = 128 * 1024 * 1024;

/// The server's rules for an operation.
pub(super) trait Rules {
    /// The write flags; none for a read.
    fn flags(&self) -> BitWriteFlags;
    /// Whether the operation creates a missing bin.
    fn can_create(&self) -> bool;
    /// Whether the parameters are in range, and the flags are allowed.
    fn has_valid_parameters(&self) -> bool;
}

impl Rules for BitOperation<'_> {
    fn flags(&self) -> BitWriteFlags {
        match *self {
            Self::Resize { flags, .. }
            | Self::Insert { flags, .. }
            | Self::Remove { flags, .. }
            | Self::Set { flags, .. }
            | Self::Or { flags, .. }
            | Self::Xor { flags, .. }
            | Self::And { flags, .. }
            | Self::Not { flags, .. }
            | Self::LeftShift { flags, .. }
            | Self::RightShift { flags, .. }
            | Self::Add { flags, .. }
            | Self::Subtract { flags, .. }
            | Self::SetInt { flags, .. } => flags,
            Self::Get { .. }
            | Self::Count { .. }
            | Self::LeftScan { .. }
            | Self::RightScan { .. }
            | Self::GetInt { .. } => BitWriteFlags::empty(),
        }
    }

    fn can_create(&self) -> bool {
        matches!(self, Self::Resize { .. } | Self::Insert { .. })
    }

    fn has_valid_parameters(&self) -> bool {
        use spikelet_wire::bits::{BitIntegerFlags as Integer, BitResizeFlags as Resize};

        const BITS: i64 = 8 * MAX_BYTES;
        let offset = |n: i64| (-BITS..=BITS).contains(&n);
        let size = |n: i64| (1..=BITS).contains(&n);
        let value = |value: &[u8], size: i64| !value.is_empty() && 8 * value.len() as i64 >= size;
        let integer = |n: i64| (1..=64).contains(&n);
        let parameters = match *self {
            Self::Resize {
                byte_size,
                resize_flags,
                ..
            } => {
                (0..=MAX_BYTES).contains(&byte_size)
                    && Resize::all().contains(resize_flags)
                    && !resize_flags.contains(Resize::GROW_ONLY | Resize::SHRINK_ONLY)
            }
            Self::Insert { byte_offset, value, .. } => {
                (-MAX_BYTES..=MAX_BYTES).contains(&byte_offset) && !value.is_empty()
            }
            Self::Remove {
                byte_offset, byte_size, ..
            } => (-MAX_BYTES..=MAX_BYTES).contains(&byte_offset) && (1..=MAX_BYTES).contains(&byte_size),
            Self::Set {
                offset: at,
                size: n,
                value: bits,
                ..
            }
            | Self::Or {
                offset: at,
                size: n,
                value: bits,
                ..
            }
            | Self::Xor {
                offset: at,
                size: n,
                value: bits,
                ..
            }
            | Self::And {
                offset: at,
                size: n,
                value: bits,
                ..
            } => offset(at) && size(n) && value(bits, n),
            Self::LeftShift {
                offset: at,
                size: n,
                shift,
                ..
            }
            | Self::RightShift {
                offset: at,
                size: n,
                shift,
                ..
            } => offset(at) && size(n) && (0..=BITS).contains(&shift),
            Self::Not {
                offset: at, size: n, ..
            }
            | Self::Get { offset: at, size: n }
            | Self::Count { offset: at, size: n }
            | Self::LeftScan {
                offset: at, size: n, ..
            }
            | Self::RightScan {
                offset: at, size: n, ..
            } => offset(at) && size(n),
            Self::Add {
                offset: at,
                size: n,
                integer_flags,
                ..
            }
            | Self::Subtract {
                offset: at,
                size: n,
                integer_flags,
                ..
            } => {
                offset(at)
                    && integer(n)
                    && Integer::all().contains(integer_flags)
                    && !integer_flags.contains(Integer::SATURATE | Integer::WRAP)
            }
            Self::SetInt {
                offset: at, size: n, ..
            } => offset(at) && integer(n),
            Self::GetInt {
                offset: at,
                size: n,
                integer_flags,
            } => offset(at) && integer(n) && Integer::SIGNED.contains(integer_flags),
        };
        parameters && allowed_flags(self).contains(self.flags()) && !contradicts(self.flags())
    }
}

/// The flags that an operation allows.
fn allowed_flags(operation: &BitOperation<'_>) -> BitWriteFlags {
    const ALWAYS: BitWriteFlags = BitWriteFlags::UPDATE_ONLY.union(BitWriteFlags::NO_FAIL);
    match operation {
        BitOperation::Resize { .. } | BitOperation::Insert { .. } => ALWAYS | BitWriteFlags::CREATE_ONLY,
        BitOperation::Add { .. } | BitOperation::Subtract { .. } | BitOperation::SetInt { .. } => ALWAYS,
        _ => ALWAYS | BitWriteFlags::PARTIAL,
    }
}

fn contradicts(flags: BitWriteFlags) -> bool {
    flags.contains(BitWriteFlags::CREATE_ONLY | BitWriteFlags::UPDATE_ONLY)
}
