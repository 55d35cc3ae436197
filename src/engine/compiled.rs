//! A module compiled under a policy of tiers.

use super::OptLevel;
use super::adapters::AdapterSet;
use super::{CompileError, Config, Mode, Tier, module_hash};
use crate::interp::{self, InterpCode};
use crate::jit;
use crate::module::{BodyIndex, Module};
use crate::runtime::code::CodeObject;
use crate::runtime::store::{Adapters, Code};
use crate::runtime::vm::VMFunc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Code for each body, in the order of [`Module::bodies`].
pub struct CompiledModule {
    module: Arc<Module>,
    adapters: Arc<AdapterSet>,
    bodies: Box<[BodyCode]>,
    /// Machine code of the bodies that the JIT compiled.
    native: Option<Arc<CodeObject>>,
}

/// Code of one body. What records of functions point to is boxed: it does not move.
enum BodyCode {
    Interp(Box<InterpCode>),
    /// Offset of its entry in the machine code.
    Native(u32),
}

impl From<jit::CompileError> for CompileError {
    fn from(e: jit::CompileError) -> CompileError {
        match e {
            jit::CompileError::Unsupported(what) => CompileError::Unsupported(what),
            jit::CompileError::Limit(what) | jit::CompileError::Options(what) => CompileError::Limit(what),
            jit::CompileError::Internal(what) => CompileError::Internal(what),
        }
    }
}

/// Compiles the bodies whose tier is the JIT.
fn compile_native(
    module: &Module,
    config: &Config,
    hash: u64,
) -> Result<Option<(Arc<CodeObject>, Vec<Option<u32>>)>, CompileError> {
    let mut bodies =
        (0..module.bodies.len() as u32).filter(|&b| config.mode.tier(hash, b) == Tier::Jit).map(BodyIndex).peekable();
    if bodies.peek().is_none() {
        return Ok(None);
    }
    let all = config.mode == Mode::All(Tier::Jit);
    let options = jit::Options {
        level: match config.opt {
            OptLevel::O0 => jit::Level::O0,
            OptLevel::O1 => jit::Level::O1,
            OptLevel::O2 => jit::Level::O2,
        },
        passes: config.passes.clone(),
        registers: config.registers,
        verify: config.verify,
        poison: config.poison,
        direct_calls: all,
    };
    let compiled =
        if all { jit::compile(module, &options)? } else { jit::compile_some(module, &options, &mut bodies)? };
    let object = CodeObject::publish(&compiled.code, compiled.tables)
        .map_err(|e| CompileError::Limit(format!("address space for code: {e}")))?;
    Ok(Some((object, compiled.entries)))
}

impl CompiledModule {
    pub fn new(
        module: &Arc<Module>,
        config: &Config,
        adapters: &Arc<AdapterSet>,
    ) -> Result<CompiledModule, CompileError> {
        // Only a mixed mode looks at it.
        let hash = if matches!(config.mode, Mode::All(_)) { 0 } else { module_hash(module) };
        let chained = config.dispatch.map_or(interp::CHAIN, |d| d == super::Dispatch::Chain);
        let (native, entries) = compile_native(module, config, hash)?.unzip();
        let code = |body: u32| match config.mode.tier(hash, body) {
            Tier::Interp => {
                let code = interp::translate(module, BodyIndex(body), chained);
                code.map(|code| BodyCode::Interp(Box::new(code))).map_err(|e| CompileError::Unsupported(e.to_string()))
            }
            Tier::Jit => {
                let entry = entries.as_ref().and_then(|e: &Vec<Option<u32>>| e[body as usize]);
                Ok(BodyCode::Native(entry.expect("the JIT compiled each body of its tier")))
            }
            tier @ Tier::Eval => Err(CompileError::Unsupported(format!("tier {tier:?}"))),
        };
        let bodies = (0..module.bodies.len() as u32).map(code).collect::<Result<_, _>>()?;
        Ok(CompiledModule { module: Arc::clone(module), adapters: Arc::clone(adapters), bodies, native })
    }
}

impl Code for CompiledModule {
    fn module(&self) -> &Arc<Module> {
        &self.module
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        let signature = self.module.body_signature(body);
        match &self.bodies[body.0 as usize] {
            BodyCode::Interp(code) => {
                code.install(func);
                let native = self.adapters.native_to_array(&signature);
                func.native_entry.store(native.cast_mut(), Ordering::Release);
            }
            BodyCode::Native(entry) => {
                let code = self.native.as_ref().expect("native bodies come with code");
                let array = self.adapters.array_to_native(&signature);
                func.interp_code.store(std::ptr::null_mut(), Ordering::Release);
                func.native_entry.store(code.address(*entry).cast_mut(), Ordering::Release);
                func.array_entry.store(array.cast_mut().cast(), Ordering::Release);
            }
        }
    }

    fn machine_code(&self) -> &[u8] {
        self.native.as_ref().map_or(&[], |code| code.bytes())
    }
}
