//! Masking rules: which bins users see masked, and may not change.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use spikelet_wire::ParticleType;

use super::bin::{Bin, BinName};
use crate::ops::Particle;

/// The masking rules of a namespace.
#[derive(Debug, Default)]
pub struct Masking {
    /// Whether there are rules. Requests check this first, and most namespaces never have a rule.
    is_used: AtomicBool,
    rules: RwLock<Arc<MaskingRules>>,
}

/// The rules of the bins of each set, by the names of the sets.
pub(crate) type MaskingRules = BTreeMap<Box<[u8]>, Arc<SetRules>>;

/// The rules of the bins of a set.
pub(crate) type SetRules = BTreeMap<BinName, MaskingRule>;

/// How the values of one type in a bin are masked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MaskingRule {
    /// The type of the values. Values of other types are not masked.
    pub(crate) particle_type: ParticleType,
    pub(crate) function: MaskingFunction,
}

/// What is shown instead of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MaskingFunction {
    /// A text with some of its characters replaced, and as many characters as before.
    Redact(Redaction),
    /// This value.
    Constant(Particle),
}

/// Which characters of a text are replaced, and by which. What is `None` was not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Redaction {
    /// The first character, from 0; counted from the end if it is negative, and the first of all without it.
    pub(crate) position: Option<i64>,
    /// The number of characters; all that follow without it.
    pub(crate) length: Option<u64>,
    /// The character that replaces them; an asterisk without it.
    pub(crate) value: Option<char>,
}

impl Masking {
    /// The rules; `None` if there are none.
    pub(crate) fn rules(&self) -> Option<Arc<MaskingRules>> {
        self.is_used.load(Ordering::Acquire).then(|| self.save())
    }

    /// Adds or replaces the rule of a bin, or removes it. Returns whether that changes anything.
    pub(crate) fn change(&self, set: &[u8], bin: BinName, rule: Option<MaskingRule>) -> bool {
        let mut all = MaskingRules::clone(&self.save());
        let mut rules = all.get(set).map_or_else(SetRules::new, |rules| SetRules::clone(rules));
        let changed = match rule {
            Some(rule) if rules.get(&bin) == Some(&rule) => false,
            Some(rule) => {
                rules.insert(bin, rule);
                true
            }
            None => rules.remove(&bin).is_some(),
        };
        if changed {
            match rules.is_empty() {
                true => all.remove(set),
                false => all.insert(set.into(), Arc::new(rules)),
            };
            self.restore(&Arc::new(all));
        }
        changed
    }

    /// The rule of a bin.
    pub(crate) fn rule(rules: &MaskingRules, set: &[u8], bin: &BinName) -> Option<MaskingRule> {
        rules.get(set)?.get(bin).cloned()
    }

    pub(crate) fn save(&self) -> Arc<MaskingRules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn restore(&self, rules: &Arc<MaskingRules>) {
        let mut own = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        own.clone_from(rules);
        self.is_used.store(!rules.is_empty(), Ordering::Release);
    }
}

/// The rules of a set, and what they mean for one user.
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    pub(crate) rules: Arc<SetRules>,
    /// Whether the user sees masked values.
    pub(crate) masks_reads: bool,
    /// Whether the user may not change bins with masked values.
    pub(crate) refuses_writes: bool,
}

impl Mask {
    /// The rule that applies to a value in a bin.
    fn rule(&self, name: &BinName, value: &Particle) -> Option<&MaskingRule> {
        let rule = self.rules.get(name)?;
        (rule.particle_type == value.particle_type()).then_some(rule)
    }

    /// Whether there is a rule for values of a type in a bin.
    pub(crate) fn has_rule(&self, name: &BinName, particle_type: ParticleType) -> bool {
        let rule = self.rules.get(name);
        rule.is_some_and(|rule| rule.particle_type == particle_type)
    }

    /// The value of a bin, as the user sees it.
    pub(crate) fn show<'v>(&self, name: &BinName, value: &'v Particle) -> Cow<'v, Particle> {
        match self.rule(name, value) {
            Some(rule) if self.masks_reads => Cow::Owned(rule.function.apply(value)),
            _ => Cow::Borrowed(value),
        }
    }

    /// The bins as the user sees them; `None` if nothing in them is masked for the user.
    pub(crate) fn show_all(&self, bins: &[Bin]) -> Option<Box<[Bin]>> {
        if !self.masks_reads || !bins.iter().any(|bin| self.rule(&bin.name, &bin.value).is_some()) {
            return None;
        }
        let shown = bins.iter().map(|bin| Bin {
            name: bin.name,
            value: self.show(&bin.name, &bin.value).into_owned(),
        });
        Some(shown.collect())
    }

    /// Whether the user may not change a bin that has this value.
    pub(crate) fn refuses(&self, name: &BinName, value: &Particle) -> bool {
        self.refuses_writes && self.rule(name, value).is_some()
    }

    /// Whether the user may not change one of these bins.
    pub(crate) fn refuses_any(&self, bins: &[Bin]) -> bool {
        bins.iter().any(|bin| self.refuses(&bin.name, &bin.value))
    }

    /// Whether a value has another type than the rule of its bin.
    pub(crate) fn mismatches(&self, name: &BinName, value: &Particle) -> bool {
        let rule = self.rules.get(name);
        rule.is_some_and(|rule| rule.particle_type != value.particle_type())
    }
}

impl MaskingFunction {
    fn apply(&self, value: &Particle) -> Particle {
        match (self, value) {
            (Self::Constant(constant), _) => constant.clone(),
            (Self::Redact(redaction), Particle::Bytes(bytes)) => {
                Particle::bytes(bytes.particle_type(), &redaction.apply(bytes))
            }
            // Rules that redact are for strings only.
            (Self::Redact(_), Particle::Int(_) | Particle::Float(_) | Particle::Bool(_)) => value.clone(),
        }
    }
}

impl Redaction {
    fn apply(self, text: &[u8]) -> Vec<u8> {
        // A string need not be UTF-8. Then a byte counts as a character.
        let Ok(text) = std::str::from_utf8(text) else {
            let replacement = self.value.and_then(|value| u8::try_from(value).ok()).unwrap_or(b'*');
            let (start, end) = self.range(text.len());
            let replaced = text.iter().enumerate();
            return replaced
                .map(|(at, byte)| if (start..end).contains(&at) { replacement } else { *byte })
                .collect();
        };
        let (start, end) = self.range(text.chars().count());
        let replacement = self.value.unwrap_or('*');
        let replaced = text.chars().enumerate();
        let replaced = replaced.map(|(at, c)| if (start..end).contains(&at) { replacement } else { c });
        replaced.collect::<String>().into_bytes()
    }

    /// The first character that is replaced, and the one after the last, in a text with so many.
    fn range(self, count: usize) -> (usize, usize) {
        let position = self.position.unwrap_or(0);
        let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
        let start = match position < 0 {
            true => count.saturating_sub(distance),
            false => distance.min(count),
        };
        let length = self
            .length
            .map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(usize::MAX));
        (start, start.saturating_add(length).min(count))
    }
}

impl fmt::Display for MaskingFunction {
    /// As parameters of the info command `masking`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => {
                f.write_str("constant;value=")?;
                match value {
                    Particle::Int(value) => value.fmt(f),
                    Particle::Float(value) => value.fmt(f),
                    Particle::Bool(value) => value.fmt(f),
                    Particle::Bytes(value) => f.write_str(&String::from_utf8_lossy(value)),
                }
            }
            Self::Redact(Redaction {
                position,
                length,
                value,
            }) => {
                f.write_str("redact")?;
                position.map_or(Ok(()), |position| write!(f, ";position={position}"))?;
                length.map_or(Ok(()), |length| write!(f, ";length={length}"))?;
                value.map_or(Ok(()), |value| write!(f, ";value={value}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redaction_keeps_the_number_of_characters() {
        let redact = |position, length, value, text: &[u8]| {
            let redaction = Redaction {
                position,
                length,
                value,
            };
            String::from_utf8_lossy(&redaction.apply(text)).into_owned()
        };
        assert_eq!(redact(None, None, None, b"hello"), "*****");
        assert_eq!(redact(Some(0), Some(7), None, b"123-45-6789"), "*******6789");
        assert_eq!(redact(Some(2), Some(2), Some('#'), b"hello"), "he##o");
        assert_eq!(redact(Some(-2), None, None, b"hello"), "hel**");
        assert_eq!(redact(Some(-9), Some(1), None, b"hello"), "*ello");
        assert_eq!(redact(Some(9), None, None, b"hello"), "hello");
        assert_eq!(redact(Some(i64::MIN), Some(u64::MAX), None, b"ab"), "**");
        assert_eq!(redact(Some(1), None, Some('ü'), "größe".as_bytes()), "güüüü");
        assert_eq!(redact(None, None, Some('é'), b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert_eq!(redact(None, None, None, b"\xff\xfe"), "**");
    }

    #[test]
    fn a_rule_is_for_values_of_its_type() {
        let bin = BinName::new(b"ssn").unwrap();
        let masking = Masking::default();
        assert!(masking.rules().is_none());
        let rule = MaskingRule {
            particle_type: ParticleType::STRING,
            function: MaskingFunction::Redact(Redaction::default()),
        };
        assert!(masking.change(b"s", bin, Some(rule.clone())));
        assert!(!masking.change(b"s", bin, Some(rule)));
        let mask = Mask {
            rules: Arc::clone(&masking.rules().unwrap()[&b"s"[..]]),
            masks_reads: true,
            refuses_writes: true,
        };
        let text = Particle::bytes(ParticleType::STRING, b"abc");
        assert_eq!(*mask.show(&bin, &text), Particle::bytes(ParticleType::STRING, b"***"));
        assert!(mask.refuses(&bin, &text) && !mask.mismatches(&bin, &text));
        let number = Particle::Int(1);
        assert_eq!(*mask.show(&bin, &number), number);
        assert!(!mask.refuses(&bin, &number) && mask.mismatches(&bin, &number));
        assert!(masking.change(b"s", bin, None) && masking.rules().is_none());
    }
}
