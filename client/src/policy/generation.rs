//! The generation check of a write.

/// The generation that a record must have for a write to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generation {
    /// Any generation.
    #[default]
    Any,
    /// Exactly this generation.
    Equal(u32),
    /// A generation lower than this one.
    Greater(u32),
}
