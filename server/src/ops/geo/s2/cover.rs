//! Coverings: cells that contain a region.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Cap, Cell, CellId};

/// A part of the sphere.
pub(crate) trait Region {
    /// A cap that contains it.
    fn cap_bound(&self) -> Cap;

    /// Whether it contains a whole cell; `false` if that cannot be determined.
    fn contains_cell(&self, cell: &Cell) -> bool;

    /// Whether it intersects a cell; `true` if that cannot be determined.
    fn intersects_cell(&self, cell: &Cell) -> bool;
}

/// The limits of a covering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coverer {
    pub(crate) min_level: u32,
    pub(crate) max_level: u32,
    /// The desired number of cells. There are more if the region needs them at `min_level`.
    pub(crate) max_cells: usize,
}

impl Coverer {
    /// The cells that cover a region, sorted by id. No cell contains another, and four siblings are replaced by their parent
    /// above `min_level`.
    pub(crate) fn covering(&self, region: &impl Region) -> Vec<CellId> {
        let mut covering = Covering {
            coverer: self,
            region,
            found: Vec::new(),
            queue: BinaryHeap::new(),
        };
        covering.run();
        let cells = normalize(covering.found);
        cells
            .into_iter()
            .flat_map(|cell| self.at_least_min_level(cell))
            .collect()
    }

    fn at_least_min_level(&self, cell: CellId) -> Vec<CellId> {
        let mut cells = vec![cell];
        for _ in cell.level()..self.min_level {
            cells = cells.iter().flat_map(|cell| cell.children()).collect();
        }
        cells
    }
}

/// Computes a covering: the largest cells that the region does not contain are divided until there are too many cells.
struct Covering<'a, R> {
    coverer: &'a Coverer,
    region: &'a R,
    found: Vec<CellId>,
    /// The cells that can still be divided.
    queue: BinaryHeap<Candidate>,
}

impl<R: Region> Covering<'_, R> {
    fn run(&mut self) {
        let bound = self.region.cap_bound().cell_bound();
        let at_most = |cell: CellId| cell.parent(cell.level().min(self.coverer.max_level));
        for cell in normalize(bound.into_iter().map(at_most).collect()) {
            if let Some(candidate) = self.candidate(cell) {
                self.add(candidate);
            }
        }
        while let Some(candidate) = self.queue.pop() {
            let children = candidate.children.len();
            let cells = self.found.len() + self.queue.len() + children;
            if candidate.level() < self.coverer.min_level || children == 1 || cells <= self.coverer.max_cells {
                for child in candidate.children {
                    self.add(child);
                }
            } else {
                self.found.push(candidate.cell.id);
            }
        }
    }

    /// A cell, if it intersects the region.
    fn candidate(&self, cell: CellId) -> Option<Candidate> {
        let cell = Cell::new(cell);
        self.region.intersects_cell(&cell).then(|| {
            let level = cell.id.level();
            Candidate {
                is_final: level >= self.coverer.min_level
                    && (level >= self.coverer.max_level || self.region.contains_cell(&cell)),
                cell,
                children: Vec::new(),
                priority: 0,
            }
        })
    }

    fn add(&mut self, mut candidate: Candidate) {
        if candidate.is_final {
            self.found.push(candidate.cell.id);
            return;
        }
        let level = candidate.level();
        let children = candidate.cell.id.children().into_iter();
        candidate.children = children.filter_map(|child| self.candidate(child)).collect();
        let finals = candidate.children.iter().filter(|child| child.is_final).count();
        match candidate.children.len() {
            0 => {}
            _ if finals == 4 && level >= self.coverer.min_level => self.found.push(candidate.cell.id),
            children => {
                // The largest cells first, then those with the fewest children, then those with the fewest final children.
                candidate.priority = ((level as usize) << 2) + children;
                candidate.priority = (candidate.priority << 2) + finals;
                self.queue.push(candidate);
            }
        }
    }
}

struct Candidate {
    cell: Cell,
    /// Whether it is not divided further.
    is_final: bool,
    children: Vec<Candidate>,
    /// The lowest is divided first.
    priority: usize,
}

impl Candidate {
    const fn level(&self) -> u32 {
        self.cell.id.level()
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        other.priority.cmp(&self.priority)
    }
}

/// Sorts cells, removes those that others contain, and replaces four siblings by their parent.
fn normalize(mut cells: Vec<CellId>) -> Vec<CellId> {
    cells.sort_unstable();
    let mut kept: Vec<CellId> = Vec::with_capacity(cells.len());
    for mut cell in cells {
        if kept.last().is_some_and(|last| last.contains(cell)) {
            continue;
        }
        while kept.last().is_some_and(|last| cell.contains(*last)) {
            kept.pop();
        }
        while let [.., a, b, c] = kept.as_slice()
            && !cell.is_face()
            && [a, b, c].iter().all(|other| is_sibling(cell, **other))
        {
            kept.truncate(kept.len() - 3);
            cell = cell.parent(cell.level() - 1);
        }
        kept.push(cell);
    }
    kept
}

fn is_sibling(cell: CellId, other: CellId) -> bool {
    let level = cell.level();
    other.level() == level && other.parent(level - 1) == cell.parent(level - 1)
}
