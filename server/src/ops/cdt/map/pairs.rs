//! The pairs of a map, and their orders by key and by value.

use std::cmp::Ordering;

use spikelet_wire::ResultCode;

use crate::ops::cdt::collection::{Collection, Elements};
use crate::ops::order::{self, Equal, Found};

/// The pairs of a map. The place of a pair is its position as stored, its index the position in the order by key.
pub(in crate::ops::cdt) struct Pairs<'a> {
    elements: Elements<'a>,
    /// The places in the order by key; `None` if the map is stored in that order.
    by_key: Option<Vec<u32>>,
}

impl<'a> Pairs<'a> {
    /// The pairs of a map.
    ///
    /// # Errors
    /// `PARAMETER` if the map is damaged.
    pub(in crate::ops::cdt) fn of(map: &Collection<'a>) -> Result<Self, ResultCode> {
        let mut elements = map.elements();
        elements.locate_all()?;
        let mut pairs = Self { elements, by_key: None };
        // Unordered maps are stored sorted by key too, except for those that an expression or a UDF made.
        let is_sorted = map.flags != 0 || (1..map.count).all(|i| pairs.compare_keys(i - 1, i).is_le());
        if !is_sorted {
            let mut by_key: Vec<u32> = (0..map.count).collect();
            order::merge_sort(&mut by_key, &mut |a, b| pairs.compare_keys(a, b));
            pairs.by_key = Some(by_key);
        }
        Ok(pairs)
    }

    pub(in crate::ops::cdt) const fn len(&self) -> u32 {
        self.elements.len()
    }

    pub(in crate::ops::cdt) const fn elements(&self) -> &Elements<'a> {
        &self.elements
    }

    /// The place of the pair with an index.
    pub(in crate::ops::cdt) fn place(&self, index: u32) -> u32 {
        match &self.by_key {
            Some(by_key) => by_key.get(index as usize).copied().unwrap_or(index),
            None => index,
        }
    }

    /// The index of the pair at a place.
    pub(super) fn index(&self, place: u32) -> u32 {
        match &self.by_key {
            Some(by_key) => by_key.iter().position(|&p| p == place).unwrap_or_default() as u32,
            None => place,
        }
    }

    pub(super) const fn is_sorted(&self) -> bool {
        self.by_key.is_none()
    }

    fn compare_keys(&self, a: u32, b: u32) -> Ordering {
        order::compare(self.elements.get(a), self.elements.get(b))
    }

    /// Compares places by value, and by key if the values are equal.
    fn value_order(&self) -> impl FnMut(u32, u32) -> Ordering + '_ {
        let values: Vec<&[u8]> = (0..self.len()).map(|place| self.elements.value(place)).collect();
        move |a, b| {
            let value = |place: u32| values.get(place as usize).copied().unwrap_or_default();
            order::compare(value(a), value(b)).then_with(|| self.compare_keys(a, b))
        }
    }

    /// Compares the key of a pair with another key.
    pub(super) fn compare_key(&self, place: u32, key: &[u8]) -> Ordering {
        order::compare(self.elements.get(place), key)
    }

    /// Compares the value of a pair with another value.
    pub(super) fn compare_value(&self, place: u32, value: &[u8]) -> Ordering {
        order::compare(self.elements.value(place), value)
    }

    /// Searches the order by key for a key.
    pub(in crate::ops::cdt) fn find_key(&self, key: &[u8], equal: Equal) -> Found {
        order::search(0..self.len(), equal, |i| self.compare_key(self.place(i), key).reverse())
    }

    /// The place of a key, if the map holds it.
    pub(in crate::ops::cdt) fn find(&self, key: &[u8]) -> Option<u32> {
        if !self.is_sorted() {
            return (0..self.len()).find(|&place| self.compare_key(place, key).is_eq());
        }
        let found = self.find_key(key, Equal::Any);
        found.found.then_some(found.rank)
    }

    /// The place at which a key that the map does not hold is inserted.
    pub(in crate::ops::cdt) fn place_for(&self, key: &[u8]) -> u32 {
        if self.is_sorted() {
            return self.find_key(key, Equal::Any).rank;
        }
        // Before the first greater key, if all keys up to there are in order; else at the end.
        let in_order = |&place: &u32| place == 0 || self.compare_keys(place - 1, place).is_lt();
        let greater = |&place: &u32| self.compare_key(place, key).is_gt();
        (0..self.len()).take_while(in_order).find(greater).unwrap_or(self.len())
    }

    /// The places in the order by value.
    pub(super) fn by_value(&self) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.len()).collect();
        order::merge_sort(&mut places, &mut self.value_order());
        places
    }

    /// The places of `count` ranks from `rank`, ascending.
    pub(in crate::ops::cdt) fn ranked(&self, rank: u32, count: u32) -> Vec<u32> {
        let ranked = order::ranked(self.len(), rank, count, &mut self.value_order());
        let mut places = ranked.items;
        if ranked.descending {
            places.reverse();
        }
        places
    }

    /// The first place, in stored order, with a value.
    pub(in crate::ops::cdt) fn equal_value(&self, value: &[u8]) -> Option<u32> {
        (0..self.len()).find(|&place| self.compare_value(place, value).is_eq())
    }

    /// The number of keys that are less than another key.
    pub(super) fn keys_below(&self, key: &[u8]) -> u32 {
        (0..self.len())
            .filter(|&place| self.compare_key(place, key).is_lt())
            .count() as u32
    }

    /// The number of values that are less than another value.
    pub(super) fn values_below(&self, value: &[u8]) -> u32 {
        (0..self.len())
            .filter(|&place| self.compare_value(place, value).is_lt())
            .count() as u32
    }

    /// The ranks of the pairs at `places`.
    pub(super) fn ranks(&self, places: &[u32]) -> Vec<u32> {
        if let [place] = *places {
            let mut order = self.value_order();
            return vec![(0..self.len()).filter(|&other| order(other, place).is_lt()).count() as u32];
        }
        let mut ranks = vec![0; self.len() as usize];
        for (rank, place) in (0..).zip(self.by_value()) {
            if let Some(own) = ranks.get_mut(place as usize) {
                *own = rank;
            }
        }
        places
            .iter()
            .filter_map(|&place| ranks.get(place as usize).copied())
            .collect()
    }
}
