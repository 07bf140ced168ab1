//! The arguments of a call, read as the parameters of its operation.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::{Call, Operation};
use spikelet_wire::msgpack::{COMPARE_ONLY, Reader, Token};

use super::return_type::ReturnSpec;

/// The arguments of a call. Any invalid argument is refused with `PARAMETER`.
pub(super) struct Arguments<'a> {
    call: Call<'a>,
    left: u32,
}

impl<'a> Arguments<'a> {
    /// The arguments of a call, whose number must fit the operation.
    pub(super) fn new(call: Call<'a>, operation: &Operation) -> Result<Self, ResultCode> {
        match call.fits(operation) {
            true => Ok(Self {
                call,
                left: call.arguments,
            }),
            false => Err(ResultCode::PARAMETER),
        }
    }

    /// An index or rank.
    pub(super) fn index(&mut self) -> Result<i64, ResultCode> {
        self.take(Call::index)
    }

    /// A count; if it is left out, no limit.
    pub(super) fn count(&mut self) -> Result<u64, ResultCode> {
        match self.left {
            0 => Ok(u64::from(u32::MAX)),
            _ => self.take(Call::unsigned),
        }
    }

    /// Flags; if they are left out, none.
    pub(super) fn flags(&mut self) -> Result<u64, ResultCode> {
        match self.left {
            0 => Ok(0),
            _ => self.take(Call::unsigned),
        }
    }

    /// The return type. `multi` says whether the operation can select several elements.
    pub(super) fn return_spec(&mut self, multi: bool) -> Result<ReturnSpec, ResultCode> {
        Ok(ReturnSpec::new(self.take(Call::unsigned)?, multi))
    }

    /// A value to compare with.
    pub(super) fn value(&mut self) -> Result<&'a [u8], ResultCode> {
        self.take(Call::value)
    }

    /// An optional value to compare with.
    pub(super) fn optional_value(&mut self) -> Result<Option<&'a [u8]>, ResultCode> {
        match self.left {
            0 => Ok(None),
            _ => self.value().map(Some),
        }
    }

    /// A value to store, which can hold neither wildcard nor infinity.
    pub(super) fn stored(&mut self) -> Result<&'a [u8], ResultCode> {
        let value = self.value()?;
        match holds_compare_only(value) {
            true => Err(ResultCode::PARAMETER),
            false => Ok(value),
        }
    }

    fn take<T>(
        &mut self,
        read: impl FnOnce(&mut Call<'a>) -> Result<T, spikelet_wire::DecodeError>,
    ) -> Result<T, ResultCode> {
        self.left = self.left.checked_sub(1).ok_or(ResultCode::PARAMETER)?;
        read(&mut self.call).map_err(|_| ResultCode::PARAMETER)
    }
}

/// Whether a value holds a wildcard or infinity, at any depth. Such values can be compared with, but not be stored.
pub(super) fn holds_compare_only(value: &[u8]) -> bool {
    let mut reader = Reader::new(value);
    while !reader.is_empty() {
        match reader.token() {
            Ok(Token::Ext(COMPARE_ONLY, content)) if (1..=3).contains(&content.len()) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}
