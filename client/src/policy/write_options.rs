//! The options of a write, as they go into its header.

use spikelet_wire::{ExistsAction, Header, Info2, Info3, Info4};

use super::filter::FilterExpression;
use super::generation::Generation;
use super::ttl::Ttl;

/// The options of a write. `None` means the option of the batch to which the row belongs, or the default.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct WriteOptions {
    pub(crate) ttl: Option<Ttl>,
    pub(crate) generation: Option<Generation>,
    pub(crate) exists: Option<ExistsAction>,
    pub(crate) send_key: Option<bool>,
    pub(crate) durable_delete: Option<bool>,
    pub(crate) commit_to_master: Option<bool>,
    pub(crate) respond_all_ops: Option<bool>,
    pub(crate) on_locking_only: Option<bool>,
    pub(crate) filter: Option<FilterExpression>,
}

impl WriteOptions {
    /// These options, completed by those of the batch.
    pub(crate) fn or(self, batch: &Self) -> Self {
        Self {
            ttl: self.ttl.or(batch.ttl),
            generation: self.generation.or(batch.generation),
            exists: self.exists.or(batch.exists),
            send_key: self.send_key.or(batch.send_key),
            durable_delete: self.durable_delete.or(batch.durable_delete),
            commit_to_master: self.commit_to_master.or(batch.commit_to_master),
            respond_all_ops: self.respond_all_ops.or(batch.respond_all_ops),
            on_locking_only: self.on_locking_only.or(batch.on_locking_only),
            filter: self.filter.or_else(|| batch.filter.clone()),
        }
    }

    /// Sets the options in the header of a write.
    pub(crate) fn apply(&self, header: &mut Header) {
        header.record_ttl = self.ttl.unwrap_or_default().to_wire();
        let info2 = &mut header.info2;
        match self.generation.unwrap_or_default() {
            Generation::Any => {}
            Generation::Equal(generation) => {
                info2.insert(Info2::GENERATION);
                header.generation = generation;
            }
            Generation::Greater(generation) => {
                info2.insert(Info2::GENERATION_GT);
                header.generation = generation;
            }
        }
        self.exists.unwrap_or_default().apply(header);
        if self.durable_delete == Some(true) {
            header.info2.insert(Info2::DURABLE_DELETE);
        }
        header
            .info3
            .set(Info3::COMMIT_LEVEL_MASTER, self.commit_to_master == Some(true));
        if self.on_locking_only == Some(true) {
            header.info4.insert(Info4::MRT_ON_LOCKING_ONLY);
        }
    }
}

#[cfg(test)]
mod tests {
    use spikelet_wire::message::ttl;

    use super::*;

    #[test]
    fn a_row_goes_before_its_batch() {
        let row = WriteOptions {
            ttl: Some(Ttl::Never),
            ..WriteOptions::default()
        };
        let batch = WriteOptions {
            ttl: Some(Ttl::Keep),
            generation: Some(Generation::Equal(3)),
            ..WriteOptions::default()
        };
        let mut header = Header::default();
        row.or(&batch).apply(&mut header);
        assert_eq!(
            (header.record_ttl, header.generation, header.info2),
            (ttl::NEVER, 3, Info2::GENERATION)
        );
    }
}
