//! A whole copy of a store's state: the ingredients of a self-contained module.

use super::error::TrialError;
use crate::engine::{Config, Engine};
use crate::runtime::linking::InstantiateError;
use crate::runtime::store::{Abort, Extern, GlobalId, InstanceId, MemoryId, Store, TableId};
use crate::runtime::sys::mmap::page_size;
use crate::runtime::value::{Ref, Val};
use crate::runtime::watchdog::Watchdog;
use crate::triage::observe::{Bounds, compile, instantiate};
use crate::triage::subject::PreparedSubject;
use crate::triage::value::PortableValue;
use serde::{Deserialize, Serialize};

/// The state that one instance sees, by the module's indices; imports come first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The memories.
    pub memories: Vec<MemoryImage>,
    /// The values of the globals.
    pub globals: Vec<PortableValue>,
    /// The elements of the tables.
    pub tables: Vec<Vec<PortableValue>>,
    /// The dropped data segments and the dropped element segments.
    pub dropped: (Vec<bool>, Vec<bool>),
}

/// The contents of a memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MemoryImage {
    /// The length in bytes.
    pub len: u64,
    /// The pieces that are not all zeros, ascending and not overlapping.
    pub pieces: Vec<(u64, Vec<u8>)>,
}

/// The largest run of zeros that does not separate two pieces.
const GAP: usize = 16;

impl MemoryImage {
    fn of(store: &Store, memory: MemoryId) -> MemoryImage {
        let bytes = store.memory_bytes(memory);
        let mut image = MemoryImage { len: bytes.len() as u64, pieces: Vec::new() };
        let mut pages = store.touched_pages(memory);
        pages.sort_unstable();
        for page in pages {
            let start = (page as usize * page_size()).min(bytes.len());
            let end = (start + page_size()).min(bytes.len());
            image.add(start, &bytes[start..end]);
        }
        image
    }

    /// Returns the image of these contents.
    pub fn of_bytes(bytes: &[u8]) -> MemoryImage {
        let mut image = MemoryImage { len: bytes.len() as u64, pieces: Vec::new() };
        image.add(0, bytes);
        image
    }

    fn add(&mut self, start: usize, bytes: &[u8]) {
        let mut at = 0;
        while let Some(first) = bytes[at..].iter().position(|&b| b != 0) {
            let from = at + first;
            let mut to = from;
            let mut zeros = 0;
            for (i, &b) in bytes.iter().enumerate().skip(from) {
                if b != 0 {
                    (to, zeros) = (i + 1, 0);
                } else {
                    zeros += 1;
                    if zeros > GAP {
                        break;
                    }
                }
            }
            let address = (start + from) as u64;
            match self.pieces.last_mut() {
                Some((last, piece)) if *last + piece.len() as u64 == address => piece.extend(&bytes[from..to]),
                _ => self.pieces.push((address, bytes[from..to].to_vec())),
            }
            at = to;
        }
    }

    /// Returns the byte at an address.
    pub fn byte(&self, at: u64) -> u8 {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).checked_sub(1);
        piece.and_then(|i| self.pieces[i].1.get((at - self.pieces[i].0) as usize)).copied().unwrap_or(0)
    }

    /// Returns the lowest address at which two memories differ.
    pub fn first_difference(&self, other: &MemoryImage) -> Option<u64> {
        let ends = |image: &MemoryImage| -> Vec<u64> {
            image.pieces.iter().flat_map(|(start, bytes)| *start..*start + bytes.len() as u64).collect()
        };
        let mut addresses = ends(self);
        addresses.extend(ends(other));
        addresses.sort_unstable();
        addresses.dedup();
        addresses.into_iter().find(|&at| self.byte(at) != other.byte(at))
    }
}

impl Snapshot {
    /// Copies the state of an instance, including its imports.
    pub fn of(store: &Store, instance: InstanceId) -> Snapshot {
        let mut snapshot = Snapshot { dropped: store.dropped(instance), ..Snapshot::default() };
        for e in store.instance_externs(instance) {
            match e {
                Extern::Memory(memory) => snapshot.memories.push(MemoryImage::of(store, memory)),
                Extern::Global(global) => snapshot.globals.push(PortableValue::of(store.global_get(global), store)),
                Extern::Table(table) => snapshot.tables.push(elements(store, table)),
                Extern::Func(_) | Extern::Tag(_) => {}
            }
        }
        snapshot
    }
}

fn elements(store: &Store, table: TableId) -> Vec<PortableValue> {
    let element = |i| store.table_get(table, i).unwrap_or(Ref::Null);
    (0..store.table_len(table)).map(|i| PortableValue::of(Val::Ref(element(i)), store)).collect()
}

/// Makes the calls of a prepared subject until the exported global `stop` is -1 after one, or until all are made.
///
/// # Errors
/// The module cannot be compiled or instantiated.
pub fn of_calls(
    prepared: &PreparedSubject,
    config: &Config,
    bounds: &Bounds,
    stop: Option<&str>,
) -> Result<Snapshot, TrialError> {
    let engine = Engine::new(config.clone())?;
    let code = compile(prepared, &engine).map_err(TrialError::NotStarted)?;
    let mut store = engine.store(bounds.limits);
    let _watch = bounds.timeout.and_then(|after| Watchdog::start(store.interrupt_handle(), after).ok());
    let instance = match instantiate(prepared, &mut store, code) {
        Ok(instance) => instance,
        // An instance that trapped during its creation still exists; its provider may not have come that far.
        Err(InstantiateError::Abort(Abort::Trap(_))) if prepared.instance().0 < store.instances() => {
            return Ok(Snapshot::of(&store, prepared.instance()));
        }
        Err(e) => return Err(TrialError::Instantiate(e)),
    };
    let global = |store: &Store, name: &str| match store.export(instance, name) {
        Some(Extern::Global(global)) => Some(global),
        _ => None,
    };
    let fuel = prepared.fuel.as_ref().and_then(|(name, n)| Some((global(&store, name)?, Val::I32(*n))));
    let stop: Option<GlobalId> = stop.and_then(|name| global(&store, name));
    for call in &prepared.calls {
        if stop.is_some_and(|stop| store.global_get(stop) == Val::I32(u32::MAX)) {
            break;
        }
        if let Some((global, amount)) = fuel {
            store.global_set(global, amount);
        }
        let Some(Extern::Func(func)) = store.export(instance, &call.export) else { continue };
        let ty = store.func_type(func);
        let args = call.args.iter().zip(ty.params()).map(|(v, &ty)| v.argument(ty, &mut store));
        let Some(args) = args.collect::<Option<Vec<Val>>>() else { continue };
        // Its end does not matter; only the state is needed.
        let _ = store.call(func, &args);
        store.clear_handles();
    }
    Ok(Snapshot::of(&store, instance))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces are apart, begin and end with something, and are the contents; bytes differ where memories do.
    #[test]
    fn pieces_are_the_contents() {
        let mut random = crate::random::Random::new(7);
        let mut contents = |len: usize| -> Vec<u8> {
            let mut bytes = vec![0; len];
            for _ in 0..random.below(20) {
                let (at, run) = (random.below(len as u64) as usize, random.below(40) as usize);
                bytes[at..(at + run).min(len)].iter_mut().for_each(|b| *b = random.below(3) as u8);
            }
            bytes
        };
        let mut several = 0;
        for _ in 0..500 {
            let (a, b) = (contents(300), contents(300));
            let image = MemoryImage::of_bytes(&a);
            let mut back = vec![0; image.len as usize];
            let mut free = 0;
            for (at, piece) in &image.pieces {
                assert!(*at >= free && piece.first() != Some(&0) && piece.last() != Some(&0), "{image:?}");
                back[*at as usize..][..piece.len()].copy_from_slice(piece);
                free = at + piece.len() as u64 + 1;
            }
            several += u32::from(image.pieces.len() > 2);
            assert_eq!(back, a);
            assert!((0..300).all(|at| image.byte(at) == a[at as usize]));
            let differs = (0..300).find(|at| a[*at] != b[*at]);
            assert_eq!(image.first_difference(&MemoryImage::of_bytes(&b)), differs.map(|at| at as u64));
        }
        assert!(several > 100, "{several}");
    }

    /// Pages that follow each other make one piece where their contents meet.
    #[test]
    fn what_meets_is_one_piece() {
        let mut image = MemoryImage { len: 30, pieces: Vec::new() };
        image.add(0, &[0, 0, 1, 2]);
        image.add(4, &[3, 0, 0]);
        image.add(20, &[4]);
        assert_eq!(image.pieces, [(2, vec![1, 2, 3]), (20, vec![4])]);
    }
}
