//! Masking: what of the rules of a namespace applies to the user of a request.

use std::sync::Arc;

use crate::access::Rights;
use crate::ops::exp::Expression;
use crate::permission::{Permission, Permissions};
use crate::refusal::{Denied, Refusal};
use crate::state::Session;
use crate::store::masking::{Mask, MaskingRules};
use crate::store::sindex::{Search, Source};
use crate::store::{Bin, BinName, Namespace, Record, SetId};

/// The masking rules of a namespace, and the rights of the user. Empty in a namespace without rules.
#[derive(Debug, Clone, Default)]
pub(in crate::command) struct Masks(Option<Box<Rules>>);

#[derive(Debug, Clone)]
struct Rules {
    rules: Arc<MaskingRules>,
    /// `None` for the server itself, which may do everything.
    rights: Option<Arc<Rights>>,
}

impl Masks {
    pub(in crate::command) fn of(namespace: &Namespace, session: &Session) -> Self {
        Self(namespace.masking.rules().map(|rules| {
            Box::new(Rules {
                rules,
                rights: session.login.as_ref().map(|login| Arc::clone(&login.rights)),
            })
        }))
    }

    /// What applies to the records of a set; `None` if the set has no rules.
    pub(in crate::command) fn in_set(&self, namespace: &Namespace, set: Option<SetId>) -> Option<Mask> {
        let rules = self.0.as_ref()?;
        let set = namespace.sets.get(set?)?;
        rules.in_set(namespace, &set.name)
    }

    /// The bins of a record as the user sees them; `None` if nothing in them is masked for the user.
    pub(in crate::command) fn shown(&self, namespace: &Namespace, record: &Record) -> Option<Box<[Bin]>> {
        self.in_set(namespace, record.set)?.show_all(&record.bins)
    }

    /// Refuses a query that would find records by values that the user sees masked only. A query without a set finds records of
    /// all sets.
    ///
    /// # Errors
    /// [`Denied::RoleViolation`].
    pub(in crate::command) fn check_search(
        &self,
        namespace: &Namespace,
        set: Option<SetId>,
        search: Option<&Search>,
    ) -> Result<(), Refusal> {
        let (Some(rules), Some(search)) = (self.0.as_ref(), search) else {
            return Ok(());
        };
        let hides = |mask: &Mask| mask.masks_reads && mask.covers(&search.sindex.definition.source, search);
        let hidden = match set {
            Some(_) => self.in_set(namespace, set).is_some_and(|mask| hides(&mask)),
            None => {
                let sets = rules.rules.keys();
                sets.filter_map(|set| rules.in_set(namespace, set))
                    .any(|mask| hides(&mask))
            }
        };
        match hidden {
            true => Err(Denied::RoleViolation(Permission::ReadMasked).into()),
            false => Ok(()),
        }
    }
}

impl Rules {
    fn in_set(&self, namespace: &Namespace, set: &[u8]) -> Option<Mask> {
        let rules = self.rules.get(set)?;
        let lacks = |permission| {
            let needed = Permissions::of(&[permission]);
            let rights = self.rights.as_ref();
            rights.is_some_and(|rights| rights.check_in(namespace.name.as_bytes(), set, needed).is_err())
        };
        Some(Mask {
            rules: Arc::clone(rules),
            masks_reads: lacks(Permission::ReadMasked),
            refuses_writes: lacks(Permission::WriteMasked),
        })
    }
}

impl Mask {
    /// Whether an index contains values for which there is a rule.
    fn covers(&self, source: &Source, search: &Search) -> bool {
        match source {
            Source::Bin { name, .. } => self.has_rule(name, search.sindex.definition.key_type.particle_type()),
            Source::Expression(bytes) => Expression::build(bytes).is_ok_and(|expression| {
                let mut bins = expression.bins();
                bins.any(|(name, of)| BinName::new(name).is_some_and(|name| self.has_rule(&name, of.particle_type())))
            }),
        }
    }

    /// # Errors
    /// [`Denied::RoleViolation`] if the user may not change one of these bins.
    pub(super) fn check_all(&self, bins: &[Bin]) -> Result<(), Refusal> {
        match self.refuses_any(bins) {
            true => Err(violation()),
            false => Ok(()),
        }
    }
}

/// Why a change of a masked bin is refused.
pub(super) fn violation() -> Refusal {
    Denied::RoleViolation(Permission::WriteMasked).into()
}
