//! The locks of a namespace's records, and what lies behind each.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dashmap::DashMap;
use dashmap::mapref::one::{Ref, RefMut};
use spikelet_wire::PartitionId;
use triomphe::Arc;

use super::block::{BLOCK, block_of};
use super::partition::Partition;

/// The partitions of a namespace, [`BLOCK`] neighbours in one block. The lock of a block is the lock of its records.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// A block comes to be when it is first written.
    blocks: DashMap<usize, Arc<Block>, BuildHasherDefault<BlockHasher>>,
    /// Held by everybody who holds the lock of a block, for reading, so that a snapshot is of one moment: the map gives its
    /// locks one at a time.
    gate: RwLock<()>,
}

/// Neighbouring partitions, that of the lowest id first.
///
/// A snapshot blocks them. The first write behind it copies the block, and the partition that it is about.
#[derive(Debug, Clone)]
pub(super) struct Block([Partition; BLOCK as usize]);

impl Default for Block {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Partition::default()))
    }
}

impl Block {
    /// The partitions of the block of a number.
    pub(super) fn partitions(number: usize, block: &Self) -> impl Iterator<Item = (PartitionId, &Partition)> {
        let first = number as u16 * BLOCK;
        let numbered = (first..).zip(&block.0);
        numbered.filter_map(|(id, partition)| Some((PartitionId::new(id)?, partition)))
    }
}

/// Spreads the numbers of blocks over all bits, of which the map uses the highest and the lowest.
#[derive(Debug, Default)]
pub(super) struct BlockHasher(u64);

impl Hasher for BlockHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, n: usize) {
        self.0 = (self.0 ^ n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20);
    }
}

impl Locks {
    /// A partition, locked for reading, if anything was written in its block.
    pub(super) fn read(&self, id: PartitionId) -> Option<PartitionRef<'_>> {
        let gate = self.enter();
        let block = self.blocks.get(&block_of(id))?;
        Some(PartitionRef {
            block,
            at: place_of(id),
            _gate: gate,
        })
    }

    /// A partition, locked for writing, if anything was written in its block.
    pub(super) fn write(&self, id: PartitionId) -> Option<PartitionMut<'_>> {
        let gate = self.enter();
        let block = self.blocks.get_mut(&block_of(id))?;
        Some(PartitionMut {
            block,
            at: place_of(id),
            _gate: gate,
        })
    }

    /// A partition, locked for writing.
    pub(super) fn write_or_create(&self, id: PartitionId) -> PartitionMut<'_> {
        let gate = self.enter();
        let block = match self.blocks.get_mut(&block_of(id)) {
            Some(block) => block,
            None => self.blocks.entry(block_of(id)).or_default(),
        };
        PartitionMut {
            block,
            at: place_of(id),
            _gate: gate,
        }
    }

    /// The partitions that hold records, in order.
    pub(super) fn ids(&self) -> Vec<PartitionId> {
        let _gate = self.enter();
        let mut ids = Vec::new();
        for block in &self.blocks {
            let partitions = Block::partitions(*block.key(), block.value());
            ids.extend(
                partitions
                    .filter(|(_, partition)| !partition.is_empty())
                    .map(|(id, _)| id),
            );
        }
        ids.sort_unstable();
        ids
    }

    /// Whether a block is the very same as one that was kept aside.
    pub(super) fn shares(&self, number: usize, saved: &Arc<Block>) -> bool {
        let _gate = self.enter();
        self.blocks.get(&number).is_some_and(|block| Arc::ptr_eq(&block, saved))
    }

    /// All of them, locked: nobody reads or writes a record meanwhile.
    pub(super) fn lock(&self) -> LockedBlocks<'_> {
        LockedBlocks {
            blocks: &self.blocks,
            _gate: self.gate.write().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn enter(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a partition in its block.
fn place_of(id: PartitionId) -> usize {
    usize::from(id.get() % BLOCK)
}

/// Blocks kept aside, by their numbers.
pub(super) type Blocks = Vec<(usize, Arc<Block>)>;

/// The partitions of a namespace that nobody reads or writes.
#[derive(Debug)]
pub(super) struct LockedBlocks<'n> {
    blocks: &'n DashMap<usize, Arc<Block>, BuildHasherDefault<BlockHasher>>,
    _gate: RwLockWriteGuard<'n, ()>,
}

impl LockedBlocks<'_> {
    /// What they are, shared from now on.
    pub(super) fn save(&self) -> Blocks {
        let blocks = self.blocks.iter();
        blocks.map(|block| (*block.key(), Arc::clone(block.value()))).collect()
    }

    /// Has them be these, and gives what they were.
    pub(super) fn replace(&self, saved: &Blocks) -> Blocks {
        let replaced = self.save();
        self.blocks.clear();
        for (number, block) in saved {
            self.blocks.insert(*number, Arc::clone(block));
        }
        replaced
    }
}

/// A partition, locked for reading.
#[derive(Debug)]
pub struct PartitionRef<'n> {
    // The lock of the block goes before the gate.
    block: Ref<'n, usize, Arc<Block>>,
    at: usize,
    _gate: RwLockReadGuard<'n, ()>,
}

/// A partition, locked for writing.
#[derive(Debug)]
pub struct PartitionMut<'n> {
    block: RefMut<'n, usize, Arc<Block>>,
    at: usize,
    _gate: RwLockReadGuard<'n, ()>,
}

impl Deref for PartitionRef<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        &self.block.0[self.at % BLOCK as usize]
    }
}

impl Deref for PartitionMut<'_> {
    type Target = Partition;

    fn deref(&self) -> &Partition {
        &self.block.0[self.at % BLOCK as usize]
    }
}

impl DerefMut for PartitionMut<'_> {
    fn deref_mut(&mut self) -> &mut Partition {
        &mut Arc::make_mut(&mut self.block).0[self.at % BLOCK as usize]
    }
}
