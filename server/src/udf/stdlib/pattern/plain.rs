//! Text that is found as it stands.

use super::Payer;

/// The characters that mean something else than themselves.
const SPECIAL: &[u8] = b"^$*+?.([%-";

/// Whether a pattern is only text, and finding it is finding that.
pub(in crate::udf) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| SPECIAL.contains(byte))
}

/// Where text stands first, from `start` on.
pub(in crate::udf) fn find<P: Payer>(
    subject: &[u8],
    text: &[u8],
    start: usize,
    payer: &P,
) -> Result<Option<usize>, P::Error> {
    let Some((first, rest)) = text.split_first() else {
        return Ok(Some(start));
    };
    let mut at = start;
    loop {
        let here = subject.get(at..).unwrap_or_default();
        let Some(skipped) = here.iter().position(|byte| byte == first) else {
            payer.spend(here.len())?;
            return Ok(None);
        };
        let behind = here.get(skipped + 1..).unwrap_or_default();
        if behind.len() < rest.len() {
            return Ok(None);
        }
        let same = behind.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if same == rest.len() {
            return Ok(Some(at + skipped));
        }
        payer.spend(skipped + same + 1)?;
        at += skipped + 1;
    }
}
