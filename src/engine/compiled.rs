//! A module compiled under a policy of tiers.

use super::adapters::AdapterSet;
use super::{CompileError, Config, Mode, Tier, module_hash};
use crate::interp::{self, InterpCode};
use crate::module::{BodyIndex, Module};
use crate::runtime::store::{Adapters, Code};
use crate::runtime::vm::VMFunc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Code for each body, in the order of [`Module::bodies`].
pub struct CompiledModule {
    module: Arc<Module>,
    adapters: Arc<AdapterSet>,
    bodies: Box<[BodyCode]>,
}

/// Code of one body. What records of functions point to is boxed: it does not move.
enum BodyCode {
    Interp(Box<InterpCode>),
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
        let code = |body: u32| match config.mode.tier(hash, body) {
            Tier::Interp => {
                let code = interp::translate(module, BodyIndex(body), chained);
                code.map(|code| BodyCode::Interp(Box::new(code))).map_err(|e| CompileError::Unsupported(e.to_string()))
            }
            tier @ (Tier::Jit | Tier::Eval) => Err(CompileError::Unsupported(format!("tier {tier:?}"))),
        };
        let bodies = (0..module.bodies.len() as u32).map(code).collect::<Result<_, _>>()?;
        Ok(CompiledModule { module: Arc::clone(module), adapters: Arc::clone(adapters), bodies })
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
        }
    }
}
