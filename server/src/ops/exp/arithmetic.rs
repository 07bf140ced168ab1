//! Operators on numbers: arithmetic, bits of integers, minimum and maximum.

use spikelet_wire::exp::Operator;

use super::evaluate::{Evaluation, Operands};
use super::value::{Unknown, Value};

impl<'v> Evaluation<'_, 'v> {
    /// The value of an operator on numbers. Unknown for any other operator.
    pub(super) fn arithmetic(&mut self, operator: Operator, operands: Operands) -> Result<Value<'v>, Unknown> {
        match operator {
            Operator::Add => self.fold(operands, i64::wrapping_add, |a, b| a + b),
            Operator::Sub => self.sub(operands),
            Operator::Mul => self.fold(operands, i64::wrapping_mul, |a, b| a * b),
            Operator::Div => self.div(operands),
            Operator::Min => self.fold(operands, i64::min, |a, b| if a > b { b } else { a }),
            Operator::Max => self.fold(operands, i64::max, |a, b| if a < b { b } else { a }),
            Operator::Abs => match self.operand(operands, 0)? {
                Value::Int(n) => Ok(Value::Int(n.wrapping_abs())),
                n => Ok(Value::Float(n.float()?.abs())),
            },
            Operator::Pow => self.floats(operands, f64::powf),
            Operator::Log => self.floats(operands, |n, base| n.ln() / base.ln()),
            Operator::Mod => self.ints(operands, |n, divisor| match divisor {
                0 => Err(Unknown),
                _ => Ok(n.wrapping_rem(divisor)),
            }),
            Operator::Floor => Ok(Value::Float(self.operand(operands, 0)?.float()?.floor())),
            Operator::Ceil => Ok(Value::Float(self.operand(operands, 0)?.float()?.ceil())),
            Operator::ToInt => Ok(Value::Int(to_int(self.operand(operands, 0)?.float()?))),
            Operator::ToFloat => Ok(Value::Float(self.operand(operands, 0)?.int()? as f64)),
            _ => self.integer_bits(operator, operands),
        }
    }

    fn integer_bits(&mut self, operator: Operator, operands: Operands) -> Result<Value<'v>, Unknown> {
        const NO_DOUBLES: fn(f64, f64) -> f64 = |_, _| f64::NAN;
        match operator {
            Operator::IntAnd => self.fold(operands, |a, b| a & b, NO_DOUBLES),
            Operator::IntOr => self.fold(operands, |a, b| a | b, NO_DOUBLES),
            Operator::IntXor => self.fold(operands, |a, b| a ^ b, NO_DOUBLES),
            Operator::IntNot => Ok(Value::Int(!self.operand(operands, 0)?.int()?)),
            // Only the lowest 6 bits of the count are used, as on x86-64.
            Operator::IntLshift => self.ints(operands, |n, by| Ok(n.wrapping_shl(by as u32))),
            Operator::IntRshift => self.ints(operands, |n, by| Ok((n as u64).wrapping_shr(by as u32) as i64)),
            Operator::IntArshift => self.ints(operands, |n, by| Ok(n.wrapping_shr(by as u32))),
            Operator::IntCount => Ok(Value::Int(i64::from(self.operand(operands, 0)?.int()?.count_ones()))),
            Operator::IntLscan => self.scan(operands, |bits| i64::from(bits.leading_zeros())),
            Operator::IntRscan => self.scan(operands, |bits| 63 - i64::from(bits.trailing_zeros())),
            _ => Err(Unknown),
        }
    }

    fn fold(
        &mut self,
        operands: Operands,
        ints: fn(i64, i64) -> i64,
        floats: fn(f64, f64) -> f64,
    ) -> Result<Value<'v>, Unknown> {
        let mut total = self.operand(operands, 0)?;
        for at in self.all(operands).skip(1) {
            let next = self.node(at)?;
            total = match total {
                Value::Int(n) => Value::Int(ints(n, next.int()?)),
                n => Value::Float(floats(n.float()?, next.float()?)),
            };
        }
        Ok(total)
    }

    fn sub(&mut self, operands: Operands) -> Result<Value<'v>, Unknown> {
        if self.all(operands).nth(1).is_some() {
            return self.fold(operands, i64::wrapping_sub, |a, b| a - b);
        }
        Ok(match self.operand(operands, 0)? {
            Value::Int(n) => Value::Int(n.wrapping_neg()),
            n => Value::Float(0.0 - n.float()?),
        })
    }

    fn div(&mut self, operands: Operands) -> Result<Value<'v>, Unknown> {
        let first = self.operand(operands, 0)?;
        let (mut int_divisor, mut float_divisor) = (1_i64, 1.0);
        let mut divisors = 0;
        for at in self.all(operands).skip(1) {
            divisors += 1;
            match self.node(at)? {
                Value::Int(n) => int_divisor = int_divisor.wrapping_mul(n),
                n => float_divisor *= n.float()?,
            }
        }
        let alone = divisors == 0;
        match first {
            Value::Int(n) => {
                let (n, divisor) = if alone { (1, n) } else { (n, int_divisor) };
                match divisor {
                    0 => Err(Unknown),
                    _ => Ok(Value::Int(n.wrapping_div(divisor))),
                }
            }
            n => {
                let n = n.float()?;
                Ok(Value::Float(if alone { 1.0 / n } else { n / float_divisor }))
            }
        }
    }

    fn ints(&mut self, operands: Operands, f: fn(i64, i64) -> Result<i64, Unknown>) -> Result<Value<'v>, Unknown> {
        let first = self.operand(operands, 0)?.int()?;
        Ok(Value::Int(f(first, self.operand(operands, 1)?.int()?)?))
    }

    fn floats(&mut self, operands: Operands, f: fn(f64, f64) -> f64) -> Result<Value<'v>, Unknown> {
        let first = self.operand(operands, 0)?.float()?;
        Ok(Value::Float(f(first, self.operand(operands, 1)?.float()?)))
    }

    fn scan(&mut self, operands: Operands, index: fn(u64) -> i64) -> Result<Value<'v>, Unknown> {
        let n = self.operand(operands, 0)?.int()?;
        let bits = match self.operand(operands, 1)?.bool()? {
            true => n,
            false => !n,
        };
        Ok(Value::Int(if bits == 0 { -1 } else { index(bits as u64) }))
    }
}

/// Rounds towards zero. A value out of range becomes `i64::MIN`, as on x86-64.
fn to_int(n: f64) -> i64 {
    // `i64::MIN` is exact as a double; 2 to the power of 63 is the first double out of range.
    match n >= i64::MIN as f64 && n < -(i64::MIN as f64) {
        true => n as i64,
        false => i64::MIN,
    }
}
