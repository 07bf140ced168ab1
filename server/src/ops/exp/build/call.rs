//! Builds the operator `call`.

use spikelet_wire::exp::path::SELECT;
use spikelet_wire::exp::{CallSystem, Type};
use spikelet_wire::msgpack::{Reader, Token};

use super::{Builder, Invalid, Result, check};
use crate::ops::exp::program::{Call, Checked, Instruction, Piece};

/// The code of an operation with a context: `[0xff, context, operation]`.
const CONTEXT_EVAL: i64 = 0xff;

/// The largest number of written and evaluated parts of a call's operation. The real server crashes on more.
const MAX_PIECES: usize = 18;

impl<'a> Builder<'a> {
    pub(super) fn call(&mut self, operands: usize) -> Result<Checked> {
        check(operands == 4)?;
        let value = Type::from_code(self.uint()?).ok_or(Invalid)?;
        let system = self.uint()? & u64::from(u32::MAX);
        let call = Call {
            value,
            system: CallSystem::from_code(system & !CallSystem::MODIFY_LOCAL),
            modifies: system & CallSystem::MODIFY_LOCAL != 0,
            is_path: false,
            depth: self.depth,
            pieces: Vec::new(),
        };
        let system = call.system;
        let at = self.open(Instruction::Call(Box::new(call)))?;
        let (is_path, pieces) = self.call_operation()?;
        if let Instruction::Call(call) = &mut self.nodes[at].instruction {
            (call.is_path, call.pieces) = (is_path, pieces);
        }
        let bin = self.expression()?;
        self.close(at);
        // If the bin is nil, the server checks nothing else, and the call is nil too.
        if bin.is(Type::Nil) {
            return Ok(Checked::Is(Type::Nil));
        }
        check(match system {
            Some(CallSystem::Cdt) => bin.is(Type::List) || bin.is(Type::Map),
            Some(CallSystem::Bits) => bin.is(Type::Blob),
            Some(CallSystem::Hll) => bin.is(Type::Hll),
            None => false,
        })?;
        Ok(Checked::Is(value))
    }

    /// Builds the operation of a call: a list in which every list is an expression. Returns whether it is a path expression,
    /// and its parts.
    fn call_operation(&mut self) -> Result<(bool, Vec<Piece<'a>>)> {
        let mut pieces = Pieces::new(self.reader);
        let mut count = self.reader.list()?;
        check(count > 0)?;
        let code = self.reader.int()?;
        match code {
            CONTEXT_EVAL => {
                check(count == 3)?;
                self.reader.element()?;
                count = self.reader.list()?;
                check(count > 0)?;
                self.reader.int()?;
            }
            SELECT => {
                check((3..=4).contains(&count) && matches!(self.reader.peek()?, Token::List(_)))?;
                self.reader.element()?;
                self.reader.int()?;
                if count == 4 {
                    self.reader.element()?;
                }
                count = 1;
            }
            _ => {}
        }
        let mut evaluated = false;
        for _ in 1..count {
            let token = self.reader.peek()?;
            if let Token::List(_) = token {
                pieces.operand(&self.reader);
                self.expression()?;
                pieces.written_from(&self.reader);
                evaluated = true;
                check(pieces.list.len() < MAX_PIECES)?;
            } else {
                // After an expression, the server decodes the parameters as operators, which accepts no other blobs.
                if let (true, Token::Bytes(bytes)) = (evaluated, token) {
                    check(matches!(bytes.first(), Some(3 | 4 | 18 | 23)))?;
                }
                self.reader.element()?;
            }
        }
        pieces.end(&self.reader);
        Ok((code == SELECT, pieces.list))
    }
}

/// The parts of a call's operation, while it is being read.
struct Pieces<'a> {
    list: Vec<Piece<'a>>,
    /// The start of the written part that is not yet in the list.
    from: Reader<'a>,
}

impl<'a> Pieces<'a> {
    const fn new(from: Reader<'a>) -> Self {
        Self { list: Vec::new(), from }
    }

    fn operand(&mut self, at: &Reader<'a>) {
        self.end(at);
        self.list.push(Piece::Operand);
    }

    fn written_from(&mut self, at: &Reader<'a>) {
        self.from = *at;
    }

    fn end(&mut self, at: &Reader<'a>) {
        let size = at.at() - self.from.at();
        let written = self.from.rest().get(..size).unwrap_or_default();
        if !written.is_empty() {
            self.list.push(Piece::Written(written));
        }
    }
}
