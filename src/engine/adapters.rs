//! Adapters between the two ways of calling a function: with an array of slots, and in the native ABI.
//!
//! There is one pair for each signature, created at the first request, which lives as long as the set. A set that holds much
//! code is not used for new modules and stores, and is freed with the last one that uses it. Code that begins at a loop almost
//! always has a unique signature, with all locals, so its adapter is part of that code.

// The adapters of the CPU that this program runs on: a pair of lines for each CPU.
#[cfg(target_arch = "x86_64")]
#[expect(clippy::useless_conversion, reason = "the assembler's macro converts register numbers that are bytes already")]
#[path = "adapters/x86_64.rs"]
mod cpu;
#[cfg(target_arch = "aarch64")]
#[expect(clippy::useless_conversion, reason = "the assembler's macro converts register numbers that are bytes already")]
#[path = "adapters/aarch64.rs"]
mod cpu;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "adapters/other.rs"]
mod cpu;

#[cfg(all(test, target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests;

use super::profile::{self, Published};
use crate::module::{FuncType, HeapType, Module, RefType, ValType};
use crate::runtime::abi::{AbiConfig, Loc, class_of, is_gc_ref, slots_of};
use crate::runtime::code::{CodeObject, CodeTables, FunctionKind, FunctionRange};
use crate::runtime::compile_error::CompileLimits;
use crate::runtime::store::Adapters;
use crate::target::{RegClass, Target};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

/// Both adapters of a signature: first array-to-native, which is called as a C function, then native-to-array.
struct AdapterCode {
    bytes: Vec<u8>,
    /// The offset of native-to-array.
    native_to_array: u32,
}

/// Emits the adapters of a signature. With `poison`, undefined upper bits are filled with garbage.
type Emit = fn(abi: &AbiConfig, poison: bool, signature: &FuncType) -> AdapterCode;

/// The adapters for one convention, shared by engines with that convention.
#[derive(Debug)]
pub struct AdapterSet {
    /// The convention; `None` if there is no native code.
    abi: Option<AbiConfig>,
    /// Whether to fill undefined upper bits with garbage.
    poison: bool,
    pairs: Mutex<Pairs>,
}

#[derive(Debug, Default)]
struct Pairs {
    /// Pairs by [`key`].
    all: HashMap<Box<[u8]>, AdapterPair>,
    /// The bytes of memory that their code takes.
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Addresses {
    array_to_native: *const u8,
    native_to_array: *const u8,
}

#[derive(Debug)]
struct AdapterPair {
    code: Arc<AdapterObject>,
    array_to_native: u32,
    native_to_array: u32,
}

/// The code of pairs that were created together.
#[derive(Debug)]
struct AdapterObject {
    /// Withdraws the code from profilers and debuggers before it is freed.
    _published: Published,
    code: Arc<CodeObject>,
}

/// The alignment of an adapter.
pub const ALIGNMENT: usize = 16;

/// The number of bytes of code beyond which a set is not used for new modules and stores.
const MOST_BYTES: usize = 16 << 20;
/// The number of bytes of code that are published together, if there is more.
const PIECE: usize = 1 << 20;

impl AdapterSet {
    /// Returns the set for a module or a store with this convention that is created now; the module or store keeps it
    /// alive.
    pub fn shared(registers: Option<u8>, poison: bool) -> Arc<AdapterSet> {
        type Sets = HashMap<(Option<u8>, bool), Arc<AdapterSet>>;
        static SETS: Mutex<Option<Sets>> = Mutex::new(None);
        let mut sets = SETS.lock();
        let sets = sets.get_or_insert_default();
        let fresh = || Arc::new(AdapterSet::new(registers, poison));
        let set = sets.entry((registers, poison)).or_insert_with(fresh);
        if set.pairs.lock().bytes > MOST_BYTES {
            *set = fresh();
        }
        Arc::clone(set)
    }

    /// Creates an empty set for code with this convention.
    pub fn new(registers: Option<u8>, poison: bool) -> AdapterSet {
        let abi = Target::native().map(|target| AbiConfig { cpu: target.abi, registers });
        AdapterSet { abi, poison, pairs: Mutex::default() }
    }

    /// The convention that the adapters follow; `None` if there is no native code.
    pub fn abi(&self) -> Option<AbiConfig> {
        self.abi
    }

    /// Returns an [`ArrayEntry`](crate::runtime::vm::ArrayEntry) that calls `VMFunc::native_entry`; null if there is no
    /// assembler.
    ///
    /// # Errors
    /// If the address space for code is exhausted.
    pub fn array_to_native(&self, signature: &FuncType) -> io::Result<*const u8> {
        Ok(self.addresses(signature)?.array_to_native)
    }

    /// Returns the code of [`AdapterSet::array_to_native`] without keeping it here; empty if there is no assembler. It can be
    /// placed at any multiple of [`ALIGNMENT`].
    pub fn array_to_native_code(&self, signature: &FuncType) -> Vec<u8> {
        let (Some(abi), Some(emit)) = (&self.abi, cpu::EMIT) else { return Vec::new() };
        let AdapterCode { mut bytes, native_to_array } = emit(abi, self.poison, signature);
        bytes.truncate(native_to_array as usize);
        bytes
    }

    fn addresses(&self, signature: &FuncType) -> io::Result<Addresses> {
        let (Some(abi), Some(emit)) = (&self.abi, cpu::EMIT) else {
            return Ok(Addresses { array_to_native: std::ptr::null(), native_to_array: std::ptr::null() });
        };
        let mut pairs = self.pairs.lock();
        let key = key(signature);
        if !pairs.all.contains_key(&key) {
            pairs.make(vec![(key.clone(), emit(abi, self.poison, signature))])?;
        }
        let AdapterPair { code, array_to_native, native_to_array } = &pairs.all[&key];
        let address = |offset: &u32| code.code.address(*offset);
        Ok(Addresses { array_to_native: address(array_to_native), native_to_array: address(native_to_array) })
    }

    /// Creates the adapters for all functions of a module at once, including imported ones: each change of a page's access
    /// rights takes time. If there is no space, or the time is over, none are created, and whoever needs one finds out.
    pub fn prepare(&self, module: &Module, limits: CompileLimits<'_>) {
        let (Some(abi), Some(emit)) = (&self.abi, cpu::EMIT) else { return };
        let mut types = module.functions.clone();
        types.sort_unstable();
        types.dedup();
        let mut missing: BTreeMap<Box<[u8]>, &FuncType> =
            types.into_iter().map(|ty| (key(module.func_type(ty)), module.func_type(ty))).collect();
        {
            let pairs = self.pairs.lock();
            missing.retain(|key, _| !pairs.all.contains_key(key));
        }
        let (mut made, mut bytes) = (Vec::new(), 0);
        for (key, signature) in missing {
            let pair = emit(abi, self.poison, signature);
            bytes += pair.bytes.len();
            made.push((key, pair));
            if bytes >= PIECE {
                bytes = 0;
                let published = self.pairs.lock().make(std::mem::take(&mut made));
                if published.is_err() || limits.check_time().is_err() {
                    return;
                }
            }
        }
        let _ = self.pairs.lock().make(made);
    }
}

impl Pairs {
    /// Publishes the code of new pairs together.
    fn make(&mut self, made: Vec<(Box<[u8]>, AdapterCode)>) -> io::Result<()> {
        if made.is_empty() {
            return Ok(());
        }
        let (mut bytes, mut functions, mut places) = (Vec::new(), Vec::new(), Vec::with_capacity(made.len()));
        for (key, pair) in made {
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            let start = bytes.len() as u32;
            bytes.extend_from_slice(&pair.bytes);
            let (between, end) = (start + pair.native_to_array, bytes.len() as u32);
            let ranges = [(start, between), (between, end)];
            functions.extend(ranges.map(|(start, end)| FunctionRange { start, end, kind: FunctionKind::Adapter }));
            places.push((key, start, between));
        }
        let code = CodeObject::publish(&bytes, CodeTables { functions, ..CodeTables::default() })?;
        self.bytes += CodeObject::bytes_of_pages(bytes.len());
        let code = Arc::new(AdapterObject { _published: profile::publish_adapters(&code), code });
        for (key, array_to_native, native_to_array) in places {
            let pair = || AdapterPair { code: Arc::clone(&code), array_to_native, native_to_array };
            // Another thread may have created it meanwhile, and its addresses are in use.
            self.all.entry(key).or_insert_with(pair);
        }
        Ok(())
    }
}

impl Adapters for AdapterSet {
    fn native_to_array(&self, signature: &FuncType) -> io::Result<*const u8> {
        Ok(self.addresses(signature)?.native_to_array)
    }
}

/// Returns the classes and widths of parameters and results. Signatures with the same key have the same adapters.
fn key(ty: &FuncType) -> Box<[u8]> {
    let code = |&ty: &ValType| match (class_of(ty), width(ty)) {
        (RegClass::Int, Width::W32) => 0,
        (RegClass::Int, _) => 1,
        (RegClass::Float, Width::W32) => 2,
        (RegClass::Float, Width::W64) => 3,
        (RegClass::Float, Width::W128) => 4,
    };
    let params = ty.params().iter().map(code);
    params.chain(std::iter::once(u8::MAX)).chain(ty.results().iter().map(code)).collect()
}

/// Returns whether only a module knows the values of the type.
fn is_concrete(ty: RefType) -> bool {
    matches!(ty.heap_type(), HeapType::Concrete(_) | HeapType::Exact(_))
}

/// The number of bits that a value occupies in its slot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    W32,
    W64,
    W128,
}

fn width(ty: ValType) -> Width {
    match ty {
        ValType::I32 | ValType::F32 => Width::W32,
        ValType::I64 | ValType::F64 => Width::W64,
        ValType::V128 => Width::W128,
        // A reference to a concrete type may refer to a function, and then has 64 bits.
        ValType::Ref(r) if is_gc_ref(ty) && !is_concrete(r) => Width::W32,
        ValType::Ref(_) => Width::W64,
    }
}

/// Returns each value of a list with its first slot and its location.
fn placed<'a>(types: &'a [ValType], locs: &'a [Loc]) -> impl Iterator<Item = (i32, Width, Loc)> + 'a {
    types.iter().zip(locs).scan(0, |slot, (&ty, &loc)| {
        let first = *slot;
        *slot += slots_of(ty) as i32;
        Some((8 * first, width(ty), loc))
    })
}

fn slot_bytes(types: &[ValType]) -> i32 {
    8 * types.iter().map(|&ty| slots_of(ty) as i32).sum::<i32>()
}
