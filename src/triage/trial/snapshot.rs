//! A complete copy of a store's state: the ingredients of a self-contained module.

use super::error::TrialError;
use crate::engine::{Config, Engine};
use crate::runtime::linking::InstantiateError;
use crate::runtime::store::{Abort, Extern, GlobalId, InstanceId, MemoryId, Store, TableId};
use crate::runtime::sys::mmap::page_size;
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{Ref, Val};
use crate::runtime::watchdog::Watchdog;
use crate::triage::observe::{Bounds, compile, instantiate};
use crate::triage::subject::PreparedSubject;
use crate::triage::value::PortableValue;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;

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

/// The contents of a memory. Two images of the same contents are equal even if they are cut into different pieces.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MemoryImage {
    /// The length in bytes.
    pub len: u64,
    /// The pieces that are not all zeros, ascending and not overlapping.
    pub pieces: Vec<(u64, Vec<u8>)>,
}

/// The largest run of zeros that does not separate two pieces.
const GAP: usize = 16;

impl PartialEq for MemoryImage {
    fn eq(&self, other: &MemoryImage) -> bool {
        self.len == other.len && self.first_difference(other).is_none()
    }
}

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

    /// Returns the pieces, joining those with the fewest zeros between them until there are at most `most`; at least one is left.
    pub fn pieces_at_most(&self, most: usize) -> Cow<'_, [(u64, Vec<u8>)]> {
        let excess = self.pieces.len().saturating_sub(most.max(1));
        if excess == 0 {
            return Cow::Borrowed(&self.pieces);
        }
        let zeros = |i: usize| {
            let (start, bytes) = &self.pieces[i - 1];
            self.pieces[i].0 - (start + bytes.len() as u64)
        };
        // The pieces that become part of the previous one.
        let mut near: Vec<usize> = (1..self.pieces.len()).collect();
        near.sort_by_key(|&i| zeros(i));
        near.truncate(excess);
        near.sort_unstable();
        let mut joined: Vec<(u64, Vec<u8>)> = Vec::with_capacity(most);
        for (i, (start, bytes)) in self.pieces.iter().enumerate() {
            match joined.last_mut() {
                Some((first, piece)) if near.binary_search(&i).is_ok() => {
                    piece.resize((start - *first) as usize, 0);
                    piece.extend(bytes);
                }
                _ => joined.push((*start, bytes.clone())),
            }
        }
        Cow::Owned(joined)
    }

    /// Returns the byte at an address.
    pub fn byte(&self, at: u64) -> u8 {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).checked_sub(1);
        piece.and_then(|i| self.pieces[i].1.get((at - self.pieces[i].0) as usize)).copied().unwrap_or(0)
    }

    /// Returns the lowest address at which two memories differ.
    pub fn first_difference(&self, other: &MemoryImage) -> Option<u64> {
        let rest = |image: &MemoryImage, next: usize| match image.pieces.get(next) {
            Some((start, bytes)) => (*start, bytes.len()),
            None => (u64::MAX, 0),
        };
        // The next piece of each side, and how much of it has been compared.
        let (mut next, mut done) = ([0, 0], [0, 0]);
        let sides = [self, other];
        loop {
            let places = [0, 1].map(|side| {
                let (start, len) = rest(sides[side], next[side]);
                (start.saturating_add(done[side] as u64), len - done[side])
            });
            let [(a, left), (b, right)] = places;
            let at = a.min(b);
            if at == u64::MAX {
                return None;
            }
            // Up to where a piece begins or ends on either side, but not too much at once: a difference is searched byte by byte.
            let gap = |n: u64, len: usize| usize::try_from(n).map_or(len, |n| n.min(len));
            let len = match a.cmp(&b) {
                Ordering::Equal => left.min(right),
                Ordering::Less => gap(b - a, left),
                Ordering::Greater => gap(a - b, right),
            };
            let len = len.min(1 << 16);
            let bytes = |side: usize| {
                (places[side].0 == at).then(|| &sides[side].pieces[next[side]].1[done[side]..done[side] + len])
            };
            let differs = match (bytes(0), bytes(1)) {
                (Some(a), Some(b)) if a == b => None,
                (Some(a), Some(b)) => a.iter().zip(b).position(|(a, b)| a != b),
                (a, b) => a.or(b).unwrap_or_default().iter().position(|&byte| byte != 0),
            };
            if let Some(differs) = differs {
                return Some(at + differs as u64);
            }
            for side in [0, 1] {
                if places[side].0 == at {
                    done[side] += len;
                    if done[side] == sides[side].pieces[next[side]].1.len() {
                        (next[side], done[side]) = (next[side] + 1, 0);
                    }
                }
            }
        }
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
        // An instance that trapped during its creation still exists; but its provider may have failed before that.
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
        // The end of the call does not matter, since only the state is needed, unless the time limit, which is for all calls, was
        // reached.
        let late = matches!(store.call(func, &args), Err(Abort::Trap(trap)) if trap.code == TrapCode::Interrupt);
        store.clear_handles();
        if late {
            break;
        }
    }
    Ok(Snapshot::of(&store, instance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{Module, WasmFeatures};
    use crate::triage::subject::SubjectCall;
    use std::sync::Arc;

    /// Pieces are separate, begin and end with nonzero bytes, and make up the contents; bytes differ where memories do.
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

    /// Joined pieces have the same contents, with as few zeros as possible.
    #[test]
    fn pieces_are_joined_where_they_are_near() {
        let piece = |at: u64, bytes: &[u8]| (at, bytes.to_vec());
        let pieces = vec![piece(5, &[1]), piece(30, &[2, 3]), piece(60, &[4]), piece(80, &[5])];
        let image = MemoryImage { len: 100, pieces };
        let starts = |most: usize| image.pieces_at_most(most).iter().map(|(at, _)| *at).collect::<Vec<_>>();
        assert_eq!([4, 3, 2, 1].map(starts), [vec![5, 30, 60, 80], vec![5, 30, 60], vec![5, 60], vec![5]]);
        assert_eq!((starts(9), starts(0)), (starts(4), starts(1)));
        for most in 1..5 {
            let joined = MemoryImage { len: 100, pieces: image.pieces_at_most(most).into_owned() };
            assert!(joined == image, "{joined:?}");
        }
    }

    /// How the contents are cut into pieces does not matter: those of a store are cut at page boundaries.
    #[test]
    fn pieces_do_not_matter_to_what_is_equal() {
        let mut random = crate::random::Random::new(8);
        let (mut alike, mut apart) = (0, 0);
        for _ in 0..2000 {
            let mut bytes = [0; 96];
            (0..random.below(30)).for_each(|_| bytes[random.below(96) as usize] = random.below(3) as u8);
            let mut other = bytes;
            (0..random.below(2)).for_each(|_| other[random.below(96) as usize] = random.below(3) as u8);
            let whole = MemoryImage::of_bytes(&bytes);
            let mut pages = MemoryImage { len: 96, pieces: Vec::new() };
            let page = 1 + random.below(40) as usize;
            other.chunks(page).enumerate().for_each(|(i, chunk)| pages.add(i * page, chunk));
            let differs = (0..96).find(|&at| bytes[at] != other[at]).map(|at| at as u64);
            assert_eq!(whole.first_difference(&pages), differs, "{bytes:?} {other:?} by {page}");
            assert_eq!(pages.first_difference(&whole), differs);
            assert_eq!(whole == pages, bytes == other);
            alike += u32::from(bytes == other && whole.pieces.len() != pages.pieces.len());
            apart += u32::from(differs.is_some());
        }
        assert!(alike > 100 && apart > 100, "{alike} {apart}");
        let longer = |len| MemoryImage { len, pieces: Vec::new() };
        assert!(longer(1) != longer(2) && longer(2) == longer(2));
    }

    /// The time and memory for this depend on the number of pieces, not on the number of bytes.
    #[test]
    fn large_memories_are_compared() {
        let image = |last| {
            let mut bytes = vec![1; 64 << 20];
            *bytes.last_mut().unwrap() = last;
            MemoryImage { len: 64 << 20, pieces: vec![(0, bytes)] }
        };
        let (a, b) = (image(1), image(2));
        assert_eq!((a.first_difference(&a), a.first_difference(&b)), (None, Some((64 << 20) - 1)));
    }

    /// Tests a store's contents around page boundaries.
    #[test]
    fn an_image_of_a_store_has_its_bytes() {
        let page = page_size();
        for (at, len) in [(page - 8, 16), (page - 8, 8), (page - 1, 2), (page, 1), (2 * page - 3, page + 6)] {
            let wat =
                format!("(module (memory 2) (data (i32.const {at}) \"{}\"))", "\\01\\00\\02".repeat(len.div_ceil(3)));
            let module = Module::new(&wat::parse_str(&wat).unwrap(), WasmFeatures::all()).unwrap();
            let prepared = PreparedSubject { module: Arc::new(module), provider: None, calls: Vec::new(), fuel: None };
            let snapshot = of_calls(&prepared, &Config::default(), &Bounds::default(), None).unwrap();
            let mut bytes = vec![0; 2 << 16];
            (0..len.div_ceil(3)).for_each(|i| bytes[at + 3 * i..][..3].copy_from_slice(&[1, 0, 2]));
            let image = &snapshot.memories[0];
            assert_eq!(*image, MemoryImage::of_bytes(&bytes), "{at} {len}");
            for place in [at - 1, at, at + len, at + 3 * len.div_ceil(3)] {
                assert_eq!(image.byte(place as u64), bytes[place], "{place}");
            }
        }
    }

    /// Adjacent pages form one piece if their contents meet.
    #[test]
    fn what_meets_is_one_piece() {
        let mut image = MemoryImage { len: 30, pieces: Vec::new() };
        image.add(0, &[0, 0, 1, 2]);
        image.add(4, &[3, 0, 0]);
        image.add(20, &[4]);
        assert_eq!(image.pieces, [(2, vec![1, 2, 3]), (20, vec![4])]);
    }

    fn module(wat: &str) -> Arc<Module> {
        Arc::new(Module::new(&wat::parse_str(wat).unwrap(), WasmFeatures::all()).unwrap())
    }

    /// A module that traps in its start function already has an instance, but none if its provider traps.
    #[test]
    fn an_instance_that_trapped_has_a_state_if_there_is_one() {
        let state = |own: &str, provider: &str| {
            let provider = Some(module(provider));
            let prepared = PreparedSubject { module: module(own), provider, calls: Vec::new(), fuel: None };
            of_calls(&prepared, &Config::default(), &Bounds::default(), None)
        };
        let traps = "(module (memory 1) (data (i32.const 3) \"x\") (func $s unreachable) (start $s))";
        let image = MemoryImage { len: 1 << 16, pieces: vec![(3, b"x".to_vec())] };
        assert_eq!(state(traps, "(module (memory 2))").unwrap().memories, [image]);
        let lost = state("(module (memory 1))", traps);
        assert!(matches!(lost, Err(TrialError::Instantiate(InstantiateError::Abort(Abort::Trap(_))))));
    }

    /// The fuel is set before each call, and no call is made after the one that stops.
    #[test]
    fn calls_are_made_until_one_stops() {
        let own = module(
            r#"(module (global (export "fuel") (mut i32) (i32.const 0)) (global (export "stop") (mut i32) (i32.const 0))
                (global $sum (mut i32) (i32.const 0))
                (func (export "f") (param i32) (global.set $sum (i32.add (global.get $sum) (global.get 0)))
                    (global.set 0 (i32.const 1)) (global.set 1 (local.get 0))))"#,
        );
        let call = |value: u32| SubjectCall { export: "f".into(), args: vec![PortableValue::I32(value)] };
        let calls = vec![call(0), call(u32::MAX), call(7)];
        let prepared = PreparedSubject { module: own, provider: None, calls, fuel: Some(("fuel".into(), 5)) };
        let globals =
            |stop: Option<&str>| of_calls(&prepared, &Config::default(), &Bounds::default(), stop).unwrap().globals;
        assert_eq!(globals(Some("stop")), [1, u32::MAX, 10].map(PortableValue::I32));
        assert_eq!(globals(None), [1, 7, 15].map(PortableValue::I32));
        assert_eq!(globals(Some("absent")), [1, 7, 15].map(PortableValue::I32));
    }
}
