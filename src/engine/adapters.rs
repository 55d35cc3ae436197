//! Adapters between the two ways of calling a function: with an array of slots, and in the native ABI.
//!
//! One pair for each signature, made when first asked for, and alive as long as the set.

#[cfg(target_arch = "x86_64")]
// What the assembler macro expands to converts register numbers that are bytes already.
#[expect(clippy::useless_conversion)]
mod x86_64;

use super::profile::{self, Published};
use crate::module::FuncType;
use crate::runtime::abi::{AbiConfig, X86_64};
use crate::runtime::code::CodeObject;
use crate::runtime::store::Adapters;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::Arc;

/// Adapters for one convention. Engines with the same convention share a set.
#[derive(Debug)]
pub struct AdapterSet {
    abi: AbiConfig,
    /// Fill undefined upper bits with rubbish.
    poison: bool,
    pairs: Mutex<HashMap<Box<[u8]>, Pair>>,
}

#[derive(Clone, Copy, Debug)]
struct Addresses {
    array_to_native: *const u8,
    native_to_array: *const u8,
}

#[derive(Debug)]
struct Pair {
    /// Profilers and debuggers forget the code before it goes.
    _published: Published,
    code: Arc<CodeObject>,
    native_to_array: u32,
}

/// A set with more pairs than this is not given to new engines: it goes when the old ones do.
const MOST_PAIRS: usize = 1 << 12;

impl AdapterSet {
    /// The set for code with this convention.
    pub fn shared(registers: Option<u8>, poison: bool) -> Arc<AdapterSet> {
        type Sets = HashMap<(Option<u8>, bool), Arc<AdapterSet>>;
        static SETS: Mutex<Option<Sets>> = Mutex::new(None);
        let mut sets = SETS.lock();
        let sets = sets.get_or_insert_default();
        let fresh = || Arc::new(AdapterSet::new(registers, poison));
        let set = sets.entry((registers, poison)).or_insert_with(fresh);
        if set.pairs.lock().len() > MOST_PAIRS {
            *set = fresh();
        }
        Arc::clone(set)
    }

    /// An empty set for code with this convention.
    pub fn new(registers: Option<u8>, poison: bool) -> AdapterSet {
        AdapterSet { abi: AbiConfig { cpu: X86_64, registers }, poison, pairs: Mutex::default() }
    }

    /// The convention that the adapters follow.
    pub fn abi(&self) -> AbiConfig {
        self.abi
    }

    /// An [`ArrayEntry`](crate::runtime::vm::ArrayEntry) that calls `VMFunc::native_entry`; null where there is no
    /// assembler.
    ///
    /// # Errors
    /// When the address space for code is exhausted.
    pub fn array_to_native(&self, signature: &FuncType) -> io::Result<*const u8> {
        Ok(self.addresses(signature)?.array_to_native)
    }

    #[cfg(target_arch = "x86_64")]
    fn addresses(&self, signature: &FuncType) -> io::Result<Addresses> {
        let mut pairs = self.pairs.lock();
        let pair = match pairs.entry(x86_64::key(signature)) {
            Entry::Occupied(pair) => pair.into_mut(),
            Entry::Vacant(place) => {
                let (bytes, tables, native_to_array) = x86_64::emit(&self.abi, self.poison, signature);
                let code = CodeObject::publish(&bytes, tables)?;
                place.insert(Pair { _published: profile::publish_adapters(&code), code, native_to_array })
            }
        };
        Ok(Addresses { array_to_native: pair.code.base(), native_to_array: pair.code.address(pair.native_to_array) })
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn addresses(&self, _: &FuncType) -> io::Result<Addresses> {
        Ok(Addresses { array_to_native: std::ptr::null(), native_to_array: std::ptr::null() })
    }
}

impl Adapters for AdapterSet {
    fn native_to_array(&self, signature: &FuncType) -> io::Result<*const u8> {
        Ok(self.addresses(signature)?.native_to_array)
    }
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests;
