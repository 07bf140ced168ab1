//! One step of a context.

use spikelet_wire::ResultCode;
use spikelet_wire::context::{
    BASE_MASK, BY_INDEX, BY_KEY, BY_VALUE, CREATE_MASK, CREATE_ORDERED, CREATE_PADDED_OR_KEY_ORDERED,
    CREATE_PERSIST_INDEX, LIST, MAP, created_map_flags,
};
use spikelet_wire::msgpack::{ORDERED, Reader, Token};

use crate::ops::cdt::bounds::bounds;
use crate::ops::cdt::collection::Collection;
use crate::ops::cdt::head::{append_head, stored_flags};
use crate::ops::cdt::list;
use crate::ops::cdt::normalise::append_normalised;

const NOT_APPLICABLE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

/// One step of a context: its code, and the index, rank, key or value.
pub(super) struct Step<'a> {
    pub(super) code: u64,
    pub(super) value: &'a [u8],
}

/// The index that a step selects in a list. `Err` holds the number of nils before an element that is to be created.
pub(super) fn index(step: &Step<'_>, list: &Collection<'_>) -> Result<Result<u32, u32>, ResultCode> {
    let index = step.int()?;
    match bounds(index, 1, list.count, false) {
        Ok((index, _)) => Ok(Ok(index)),
        Err(_) if !step.creates() => Err(NOT_APPLICABLE),
        Err(_) if index == i64::from(list.count) || (list.count == 0 && index == -1) => Ok(Err(0)),
        // An ordered list places the new element itself, whatever the index.
        Err(_) if list.is_ordered_list() => Ok(Err(0)),
        Err(_) if step.code & (CREATE_MASK | CREATE_PERSIST_INDEX) == CREATE_PADDED_OR_KEY_ORDERED => {
            // Like the server, in 32 bits: a negative index, or one above 2^32, wraps around.
            Ok(Err((index as u32).wrapping_sub(list.count)))
        }
        Err(_) => Err(NOT_APPLICABLE),
    }
}

impl<'a> Step<'a> {
    /// Reads a step.
    ///
    /// # Errors
    /// `PARAMETER` if the code is not an integer; `OP_NOT_APPLICABLE` for an unknown code or a missing value.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ResultCode> {
        let code = match reader.token() {
            Ok(Token::Int(code)) => code as u64,
            Ok(Token::Uint(code)) => code,
            _ => return Err(ResultCode::PARAMETER),
        };
        let creates = code & (CREATE_MASK | CREATE_PERSIST_INDEX) != 0;
        if code & BASE_MASK > BY_VALUE || (creates && code & (LIST | MAP) == 0) {
            return Err(NOT_APPLICABLE);
        }
        let value = reader.element().map_err(|_| NOT_APPLICABLE)?;
        Ok(Self { code, value })
    }

    /// Whether the step creates a missing element.
    pub(super) const fn creates(&self) -> bool {
        self.code & CREATE_MASK != 0
    }

    /// The index or rank.
    pub(super) fn int(&self) -> Result<i64, ResultCode> {
        match Reader::new(self.value).token() {
            Ok(Token::Int(n)) => Ok(n),
            Ok(Token::Uint(n)) => Ok(n as i64),
            _ => Err(NOT_APPLICABLE),
        }
    }

    /// Appends the start of a new collection whose only element is the one that the step selects: the head, and the nils or
    /// the key before the element.
    pub(super) fn create(&self, out: &mut Vec<u8>, outermost: bool) -> Result<(), ResultCode> {
        const KIND: u64 = LIST | MAP | BASE_MASK;
        if !outermost && self.code & CREATE_PERSIST_INDEX != 0 {
            return Err(NOT_APPLICABLE);
        }
        match self.code & KIND {
            kind if kind == MAP | BY_KEY => {
                let flags = created_map_flags(self.code) | persist_flag(self.code);
                append_head(out, true, 1, stored_flags(true, flags, outermost));
                append_normalised(out, self.value, false).ok_or(NOT_APPLICABLE)?;
            }
            kind if kind == LIST | BY_INDEX => {
                let index = match self.int()? {
                    -1 => 0,
                    index => u32::try_from(index).map_err(|_| NOT_APPLICABLE)?,
                };
                match self.code & CREATE_MASK {
                    CREATE_ORDERED => append_head(out, false, 1, ORDERED),
                    CREATE_PADDED_OR_KEY_ORDERED => {
                        let count = index.checked_add(1).ok_or(NOT_APPLICABLE)?;
                        let nils = list::nils(index)?;
                        append_head(out, false, count, 0);
                        out.extend_from_slice(&nils);
                    }
                    _ if index > 0 && self.code & CREATE_PERSIST_INDEX == 0 => return Err(NOT_APPLICABLE),
                    _ => append_head(out, false, 1, 0),
                }
            }
            _ => return Err(NOT_APPLICABLE),
        }
        Ok(())
    }
}

const fn persist_flag(code: u64) -> u8 {
    match code & CREATE_PERSIST_INDEX {
        0 => 0,
        _ => spikelet_wire::msgpack::PERSIST_INDEX,
    }
}
