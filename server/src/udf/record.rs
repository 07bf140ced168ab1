//! Records, as scripts see them.

use std::sync::{Arc, Mutex, PoisonError};

use mlua::{AnyUserData, Lua, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};
use spikelet_wire::{Digest, ParticleType, ResultCode};

use super::arguments::{Arguments, Object};
use super::bytes::Bytes;
use super::value::{from_particle, kept, stored, text_of};
use super::{errors, functions};
use crate::clock::Now;
use crate::store::masking::Mask;
use crate::store::{Bin, BinName, Bins};

/// The maximum number of bins of a record that a UDF can load.
const MAX_BINS: usize = 512;
/// How many bins a UDF can read and set.
const MAX_CACHED: usize = 2 * MAX_BINS;

/// A copy of the record that a UDF is applied to. A script needs no lock of the store.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) digest: Digest,
    pub(crate) now: Now,
    /// Whether the record exists. If not, the set and the key are those of the request.
    pub(crate) exists: bool,
    /// Whether a record that does not exist may be created.
    pub(crate) can_be_made: bool,
    /// Whether it is an element of a stream, which scripts cannot change.
    pub(crate) is_read_only: bool,
    pub(crate) set: Option<Box<[u8]>>,
    pub(crate) key: Option<Box<[u8]>>,
    pub(crate) generation: u16,
    pub(crate) void_time: u32,
    pub(crate) last_update: Now,
    pub(crate) stored_size: u32,
    pub(crate) bins: Box<[Bin]>,
}

/// The record while a UDF runs, and the changes that the UDF made.
#[derive(Debug)]
pub(crate) struct Work {
    /// The record before. The script may drop the key.
    pub(crate) subject: Subject,
    /// The bins after the last update.
    pub(crate) bins: Bins,
    /// The TTL that the script set.
    pub(crate) ttl: Option<u32>,
    /// The result code of the last update.
    pub(crate) code: ResultCode,
    /// Whether there are changes to store.
    pub(crate) has_updates: bool,
    /// How many bins the record had.
    pub(crate) had_bins: usize,
    /// The masking rules of its set.
    mask: Option<Mask>,
    exists: bool,
    cache: Vec<Cached>,
    inserts: usize,
    too_many_bins: bool,
}

/// A bin that the script read or set.
#[derive(Debug)]
struct Cached {
    name: BinName,
    /// `None` for a bin that was removed with the record; nil for one that the script removed.
    value: Option<Value>,
    /// Whether the next update stores it. Changes within a value that was only read are not stored.
    is_dirty: bool,
}

impl Cached {
    fn is_insert(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !value.is_nil())
    }
}

impl Work {
    pub(crate) fn new(mut subject: Subject, mask: Option<Mask>) -> Self {
        let bins = std::mem::take(&mut subject.bins);
        Self {
            had_bins: bins.len(),
            mask,
            exists: subject.exists,
            bins: Bins::new(bins),
            subject,
            ttl: None,
            code: ResultCode::OK,
            has_updates: false,
            cache: Vec::new(),
            inserts: 0,
            too_many_bins: false,
        }
    }

    /// Whether the record exists and its bins can be read.
    const fn is_loaded(&self) -> bool {
        self.exists && self.had_bins <= MAX_BINS
    }

    fn get(&mut self, lua: &Lua, name: &[u8]) -> mlua::Result<Value> {
        let Some(name) = BinName::new(name) else {
            return Ok(Value::Nil);
        };
        let cached = self.cache.iter().find(|cached| cached.name == name);
        if let Some(value) = cached.and_then(|cached| cached.value.as_ref()) {
            return Ok(value.clone());
        }
        let Some(particle) = self.bins.get(&name).filter(|_| self.is_loaded()) else {
            return Ok(Value::Nil);
        };
        let shown = self.mask.as_ref().map(|mask| mask.show(&name, particle));
        let Some(value) = from_particle(lua, shown.as_deref().unwrap_or(particle))? else {
            return Ok(Value::Nil);
        };
        self.keep(name, Some(value.clone()), false);
        Ok(value)
    }

    fn keep(&mut self, name: BinName, value: Option<Value>, is_dirty: bool) {
        if self.too_many_bins {
            return;
        }
        let new = Cached { name, value, is_dirty };
        let insert = usize::from(new.is_insert());
        if let Some(cached) = self.cache.iter_mut().find(|cached| cached.name == name) {
            self.inserts = self.inserts - usize::from(cached.is_insert()) + insert;
            *cached = new;
        } else if self.cache.len() >= MAX_CACHED || self.inserts + insert > MAX_BINS {
            self.too_many_bins = true;
        } else {
            self.inserts += insert;
            self.cache.push(new);
        }
    }

    fn forget(&mut self) {
        self.cache.clear();
        self.inserts = 0;
        self.too_many_bins = false;
    }

    /// Executes `aerospike:create`. Returns the real server's codes; scripts compare them with 0.
    pub(super) fn create(&mut self, lua: &Lua) -> mlua::Result<i64> {
        if self.subject.is_read_only {
            return Ok(1);
        }
        if self.exists {
            // A record that the script removed has no bins, and can be created again.
            return if self.is_loaded() && self.bins.as_slice().is_empty() {
                self.update_bins(lua)
            } else {
                Ok(1)
            };
        }
        if !self.subject.can_be_made {
            return Ok(4);
        }
        let code = self.update_bins(lua)?;
        self.exists = code == 0;
        Ok(code)
    }

    /// Executes `aerospike:update`.
    pub(super) fn update(&mut self, lua: &Lua) -> mlua::Result<i64> {
        if self.is_loaded() && !self.subject.is_read_only {
            self.update_bins(lua)
        } else {
            Ok(-2)
        }
    }

    /// Executes `aerospike:remove`, which removes all bins.
    pub(super) fn remove(&mut self, lua: &Lua) -> mlua::Result<i64> {
        if !self.is_loaded() || self.subject.is_read_only {
            return Ok(1);
        }
        self.forget();
        let names: Vec<BinName> = self.bins.as_slice().iter().map(|bin| bin.name).collect();
        names.into_iter().for_each(|name| self.keep(name, None, true));
        self.update_bins(lua)
    }

    /// Whether the record exists. A record that the script removed exists until the UDF ends.
    pub(super) const fn exists(&self) -> bool {
        self.exists
    }

    /// Stores what the script set in the bins. A failed update also reverts the updates before it.
    fn update_bins(&mut self, lua: &Lua) -> mlua::Result<i64> {
        let updated = if self.too_many_bins {
            Ok(Err(ResultCode::BIN_NAME))
        } else {
            self.put_dirty_bins(lua)
        };
        let (code, result) = match updated {
            Ok(Ok(())) => {
                self.code = ResultCode::OK;
                self.has_updates = true;
                self.cache.iter_mut().for_each(|cached| cached.is_dirty = false);
                return Ok(0);
            }
            Ok(Err(code)) => (code, Ok(-1)),
            Err(error) => (ResultCode::SERVER_ERROR, Err(error)),
        };
        self.code = code;
        self.has_updates = false;
        self.bins = Bins::new(std::mem::take(&mut self.bins).roll_back());
        self.forget();
        result
    }

    fn put_dirty_bins(&mut self, lua: &Lua) -> mlua::Result<Result<(), ResultCode>> {
        let mut at = 0;
        while let Some(cached) = self.cache.get(at) {
            let name = cached.name;
            match &cached.value {
                _ if !cached.is_dirty => {}
                None | Some(Value::Nil) => {
                    self.bins.remove(&name);
                    // The last bin takes its place, and is next.
                    self.cache.swap_remove(at);
                    continue;
                }
                Some(value) => {
                    let particle = match stored(lua, value)? {
                        Ok(particle) => particle,
                        Err(code) => return Ok(Err(code)),
                    };
                    if self.bins.get(&name).is_none() && self.bins.as_slice().len() == MAX_BINS {
                        return Ok(Err(ResultCode::BIN_NAME));
                    }
                    if let (Some(mask), Some(old)) = (&self.mask, self.bins.get(&name))
                        && mask.refuses(&name, old)
                    {
                        return Ok(Err(ResultCode::ROLE_VIOLATION));
                    }
                    if self.mask.as_ref().is_some_and(|mask| mask.mismatches(&name, &particle)) {
                        return Ok(Err(ResultCode::INCOMPATIBLE_TYPE));
                    }
                    self.bins.set(name, particle);
                }
            }
            at += 1;
        }
        Ok(Ok(()))
    }
}

/// A record, as scripts see it. It is empty after the UDF has ended or the stream has moved on.
#[derive(Debug, Clone)]
pub(super) struct Record(Arc<Mutex<Option<Work>>>);

impl Object for Record {
    const NAME: &'static str = "Record";
}

impl Record {
    pub(super) fn new(work: Work) -> Self {
        Self(Arc::new(Mutex::new(Some(work))))
    }

    /// Takes the record from the script.
    pub(super) fn take(&self) -> Option<Work> {
        let mut work = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        // Its values belong to the Lua state, which other calls use next.
        work.forget();
        Some(work)
    }

    /// Runs something on the record that an argument refers to.
    pub(super) fn with<T>(
        lua: &Lua,
        object: &AnyUserData,
        work: impl FnOnce(&mut Work) -> mlua::Result<T>,
    ) -> mlua::Result<T> {
        let record = object.borrow::<Self>()?.clone();
        let mut guard = record.0.lock().unwrap_or_else(PoisonError::into_inner);
        match guard.as_mut() {
            Some(record) => work(record),
            None => Err(errors::raise(lua, "the record is no longer there")),
        }
    }
}

pub(super) fn is_record(value: &Value) -> bool {
    value.as_userdata().is_some_and(AnyUserData::is::<Record>)
}

impl UserData for Record {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function("__index", |lua, values: MultiValue| {
            let arguments = Arguments::new(lua, values);
            let object = arguments.object::<Self>(1)?;
            let Some(name) = arguments.string(2)? else {
                return Ok(Value::Nil);
            };
            Self::with(lua, &object, |work| work.get(lua, text_of(&name.as_bytes())))
        });
        methods.add_meta_function("__newindex", |lua, values: MultiValue| {
            let arguments = Arguments::new(lua, values);
            let object = arguments.object::<Self>(1)?;
            let Some(name) = arguments.string(2)? else {
                return Ok(());
            };
            let value = arguments.get(3);
            if kept(value).is_none() && !is_record(value) {
                let text = format!("can't set bin {} to unsupported type", name.to_string_lossy());
                return Err(errors::raise(lua, &text));
            }
            Self::with(lua, &object, |work| {
                if let Some(name) = BinName::new(text_of(&name.as_bytes())).filter(|_| !work.subject.is_read_only) {
                    work.keep(name, Some(value.clone()), true);
                }
                Ok(())
            })
        });
    }
}

/// The functions of `record`.
pub(super) fn library(lua: &Lua) -> mlua::Result<Table> {
    let library = lua.create_table()?;
    let number = |name: &str, of: fn(&Work) -> i64| {
        functions::function(lua, &library, name, move |lua, arguments| {
            let object = arguments.object::<Record>(1)?;
            Record::with(lua, &object, |work| Ok(if work.exists { of(work) } else { 0 }))
        })
    };
    number("ttl", |work| {
        i64::from(work.subject.void_time.saturating_sub(work.subject.now.seconds()))
    })?;
    number("last_update_time", |work| {
        i64::try_from(work.subject.last_update.0).unwrap_or(i64::MAX)
    })?;
    number("gen", |work| work.subject.generation.into())?;
    number("size", |work| work.subject.stored_size.into())?;
    number("memory_size", |work| work.subject.stored_size.into())?;
    // All namespaces are in memory.
    number("device_size", |_| 0)?;
    number("numbins", |work| {
        if work.is_loaded() {
            work.bins.as_slice().len() as i64
        } else {
            0
        }
    })?;
    functions::function(lua, &library, "key", |lua, arguments| {
        Record::with(lua, &arguments.object::<Record>(1)?, |work| key(lua, work))
    })?;
    functions::function(lua, &library, "setname", |lua, arguments| {
        Record::with(lua, &arguments.object::<Record>(1)?, |work| {
            match work.subject.set.as_deref().filter(|_| work.exists) {
                Some(name) => lua.create_string(name).map(Value::String),
                None => Ok(Value::Nil),
            }
        })
    })?;
    functions::function(lua, &library, "digest", |lua, arguments| {
        Record::with(lua, &arguments.object::<Record>(1)?, |work| {
            Bytes::create(lua, ParticleType::BLOB, &work.subject.digest.0)
        })
    })?;
    functions::function(lua, &library, "bin_names", |lua, arguments| {
        Record::with(lua, &arguments.object::<Record>(1)?, |work| {
            if !work.is_loaded() {
                return Err(errors::raise(lua, "can't get bin names"));
            }
            let names = lua.create_table()?;
            for bin in work.bins.as_slice() {
                names.raw_push(lua.create_string(bin.name.as_bytes())?)?;
            }
            Ok(names)
        })
    })?;
    functions::function(lua, &library, "set_ttl", |lua, arguments| {
        let object = arguments.object::<Record>(1)?;
        let ttl = arguments.integer_or(2, 0)? as u32;
        Record::with(lua, &object, |work| {
            work.ttl = Some(ttl);
            Ok(())
        })
    })?;
    functions::function(lua, &library, "drop_key", |lua, arguments| {
        Record::with(lua, &arguments.object::<Record>(1)?, |work| {
            if work.is_loaded() {
                work.subject.key = None;
            }
            Ok(())
        })
    })?;
    Ok(library)
}

/// The user key, if it is stored with the record or is going to be.
fn key(lua: &Lua, work: &Work) -> mlua::Result<Value> {
    let Some((&particle_type, key)) = work
        .subject
        .key
        .as_deref()
        .filter(|_| work.is_loaded())
        .and_then(<[u8]>::split_first)
    else {
        return Ok(Value::Nil);
    };
    match ParticleType(particle_type) {
        ParticleType::INTEGER => Ok(key
            .try_into()
            .map_or(Value::Nil, |key| Value::Integer(i64::from_be_bytes(key)))),
        ParticleType::STRING => lua.create_string(text_of(key)).map(Value::String),
        ParticleType::BLOB => Bytes::create(lua, ParticleType::BLOB, key).map(Value::UserData),
        _ => Ok(Value::Nil),
    }
}
