//! Adapters between the two ways of calling a function: with an array of slots, and in the native ABI.
//!
//! One pair for each signature, made when first asked for, and alive as long as the set.

#[cfg(target_arch = "x86_64")]
mod x86_64;

use crate::module::FuncType;
use crate::runtime::abi::{AbiConfig, X86_64};
use crate::runtime::code::CodeObject;
use crate::runtime::store::Adapters;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The adapters of an engine.
#[derive(Debug)]
pub struct AdapterSet {
    abi: AbiConfig,
    /// Fill undefined upper bits with rubbish.
    poison: bool,
    pairs: Mutex<HashMap<FuncType, Pair>>,
}

#[derive(Debug)]
struct Pair {
    code: Arc<CodeObject>,
    native_to_array: u32,
}

impl AdapterSet {
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
    pub fn array_to_native(&self, signature: &FuncType) -> *const u8 {
        self.with(signature, |pair| pair.code.base())
    }

    #[cfg(target_arch = "x86_64")]
    fn with(&self, signature: &FuncType, f: impl FnOnce(&Pair) -> *const u8) -> *const u8 {
        let mut pairs = self.pairs.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(pair) = pairs.get(signature) {
            return f(pair);
        }
        let (bytes, tables, native_to_array) = x86_64::emit(&self.abi, self.poison, signature);
        let code = CodeObject::publish(&bytes, tables).expect("address space for adapters");
        f(pairs.entry(signature.clone()).or_insert(Pair { code, native_to_array }))
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn with(&self, _: &FuncType, _: impl FnOnce(&Pair) -> *const u8) -> *const u8 {
        std::ptr::null()
    }
}

impl Adapters for AdapterSet {
    fn native_to_array(&self, signature: &FuncType) -> *const u8 {
        self.with(signature, |pair| pair.code.address(pair.native_to_array))
    }
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests;
