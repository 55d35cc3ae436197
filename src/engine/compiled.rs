//! A module compiled under an assignment of tiers.

use super::adapters::AdapterSet;
use super::profile::{self, CodeSource, Published};
use super::{CompileError, Config, Mode, Tier, module_hash, refused_late, translate};
use crate::interp::InterpCode;
use crate::jit::ir::eval::EvalFunction;
use crate::jit::{self, DirectCalls};
use crate::module::{BodyIndex, BodyKind, FuncType, Module};
use crate::runtime::code::{CodeObject, CodeTables, FunctionKind, SiteKind};
use crate::runtime::compile_error::CompileLimits;
use crate::runtime::store::{Adapters, Code};
use crate::runtime::vm::VMFunc;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Code for each body, in the order of [`Module::bodies`].
pub struct CompiledModule {
    module: Arc<Module>,
    /// Keeps the adapters that `bodies` refer to alive.
    _adapters: Arc<AdapterSet>,
    bodies: Box<[BodyCode]>,
    /// Withdraws the code from profilers and debuggers before it is freed.
    _published: Published,
    /// Machine code of the bodies that the JIT compiled.
    native: Option<Arc<CodeObject>>,
}

/// The code of one body, with the address of the adapter to the other convention. Targets of function records are boxed
/// so that they do not move.
enum BodyCode {
    Interp { code: Box<InterpCode>, native_to_array: usize },
    Native { entry: usize, array_to_native: usize },
    Eval { code: Box<EvalFunction>, native_to_array: usize },
}

impl CompiledModule {
    pub fn new(
        module: &Arc<Module>,
        config: &Config,
        adapters: &Arc<AdapterSet>,
        limits: CompileLimits,
    ) -> Result<CompiledModule, CompileError> {
        // Only a mixed mode or a selection uses the hash.
        let hash = if matches!(config.mode, Mode::All(_)) && config.only.is_none() { 0 } else { module_hash(module) };
        let tiers: Vec<Tier> = (0..module.bodies.len() as u32).map(|body| config.tier(hash, body)).collect();
        for body in (0..tiers.len() as u32).map(BodyIndex) {
            module.validate_body(body, &|| limits.check_time().is_err()).map_err(refused_late)?;
        }
        let native = compile_native(module, &tiers, config, limits)?;
        CompiledModule::assemble(module, config, adapters, limits, &tiers, native)
    }

    /// Creates a module whose bodies were all compiled earlier, by this program and under this configuration.
    ///
    /// # Errors
    /// `Limit` if the address space for code is exhausted; `Internal` if the tables do not fit the code, or the code does
    /// not fit the module.
    pub fn from_code(
        module: &Arc<Module>,
        config: &Config,
        adapters: &Arc<AdapterSet>,
        code: &[u8],
        tables: CodeTables,
    ) -> Result<CompiledModule, CompileError> {
        let wrong = |what: &str| CompileError::Internal(format!("code that is no code of this module: {what}"));
        tables.check(code.len()).map_err(wrong)?;
        let mut entries = vec![None; module.bodies.len()];
        for function in &tables.functions {
            let FunctionKind::Body(body) = function.kind else { return Err(wrong("an adapter")) };
            let entry = entries.get_mut(body.0 as usize).ok_or_else(|| wrong("a body too many"))?;
            if entry.replace(function.start).is_some() {
                return Err(wrong("a body twice"));
            }
        }
        if entries.contains(&None) {
            return Err(wrong("a body without code"));
        }
        check_sites(module, &tables).map_err(wrong)?;
        let native = Native::publish(module, code, tables, entries, &[])?;
        let tiers = vec![Tier::Jit; module.bodies.len()];
        CompiledModule::assemble(module, config, adapters, CompileLimits::default(), &tiers, Some(native))
    }

    /// Gives each body its code, made by the tier at its index.
    fn assemble(
        module: &Arc<Module>,
        config: &Config,
        adapters: &Arc<AdapterSet>,
        limits: CompileLimits,
        tiers: &[Tier],
        native: Option<Native>,
    ) -> Result<CompiledModule, CompileError> {
        adapters.prepare(module, limits);
        let mut signatures = Signatures { module, adapters, functions: HashMap::new() };
        let mut bodies = Vec::with_capacity(tiers.len());
        let (mut bytecode, mut evaluated) = (0, 0);
        for (i, tier) in tiers.iter().enumerate() {
            let body = BodyIndex(i as u32);
            limits.check_time()?;
            bodies.push(match tier {
                Tier::Interp => {
                    let code = translate(module, body, config, limits.less(bytecode))?;
                    bytecode += code.bytes_with_tables() as u64;
                    BodyCode::Interp { code: Box::new(code), native_to_array: signatures.adapters(body)?.1 }
                }
                Tier::Jit => {
                    let Native { object, entries, .. } = native.as_ref().expect("some bodies are native");
                    let entry = entries[i].expect("the JIT compiled each body of its tier");
                    BodyCode::Native {
                        entry: object.address(entry) as usize,
                        array_to_native: signatures.adapters(body)?.0,
                    }
                }
                Tier::Eval => {
                    let mut function = jit::pipeline::build_within(module, body, config, limits.less(evaluated))?;
                    function.name = jit::frontend::name_of(module, body);
                    // The result is kept.
                    evaluated += jit::pipeline::step_bytes(module, body);
                    let code = EvalFunction::new(function, body, config.poison);
                    BodyCode::Eval { code: Box::new(code), native_to_array: signatures.adapters(body)?.1 }
                }
            });
        }
        let (published, native) = native.map(|n| (n.published, n.object)).unzip();
        Ok(CompiledModule {
            module: Arc::clone(module),
            _adapters: Arc::clone(adapters),
            bodies: bodies.into(),
            _published: published.unwrap_or_default(),
            native,
        })
    }
}

/// Checks that each site lies in the code of a body, and that the operator, the memory and the tags that it names belong to the
/// body and the module. All functions must be bodies of the module.
fn check_sites(module: &Module, tables: &CodeTables) -> Result<(), &'static str> {
    let CodeTables { functions, traps, calls } = tables;
    let in_bodies = |sites: &mut dyn Iterator<Item = (u32, u32)>| -> Result<(), &'static str> {
        let mut functions = functions.iter().peekable();
        for (at, operator) in sites {
            while functions.next_if(|f| f.end <= at).is_some() {}
            let function = functions.peek().filter(|f| f.start <= at).ok_or("a site in no body")?;
            let FunctionKind::Body(body) = function.kind else { return Err("a site in no body") };
            if !module.bodies[body.0 as usize].range.contains(&(operator as usize)) {
                return Err("a site of no operator of its body");
            }
        }
        Ok(())
    };
    in_bodies(&mut traps.iter().map(|t| (t.offset, t.wasm_offset)))?;
    // A call may be the last instruction of its body, but none can return to the start of the code.
    in_bodies(&mut calls.iter().map(|c| (c.return_offset.wrapping_sub(1), c.wasm_offset)))?;
    let (memories, tags) = (module.memories.len(), module.tags.len());
    if traps.iter().any(|t| matches!(t.kind, SiteKind::Memory(index) if index as usize >= memories)) {
        return Err("a memory too many");
    }
    if calls.iter().flat_map(|c| &c.handlers).any(|h| h.tag.is_some_and(|tag| tag as usize >= tags)) {
        return Err("a tag too many");
    }
    Ok(())
}

/// Published code, with the offset of each body's entry.
struct Native {
    published: Published,
    object: Arc<CodeObject>,
    entries: Vec<Option<u32>>,
}

impl Native {
    /// Makes code executable and announces it to profilers, with the operator of each instruction as far as it is
    /// known.
    fn publish(
        module: &Module,
        code: &[u8],
        tables: CodeTables,
        entries: Vec<Option<u32>>,
        sources: &[(u32, u32)],
    ) -> Result<Native, CompileError> {
        let object = CodeObject::publish(code, tables)
            .map_err(|e| CompileError::Limit(format!("address space for code: {e}")))?;
        let published = profile::publish_module(&object, CodeSource { module, lines: sources });
        Ok(Native { published, object, entries })
    }
}

/// Compiles and publishes the bodies whose tier is the JIT, and returns the offset of each entry. `None` if there are
/// no such bodies.
fn compile_native(
    module: &Module,
    tiers: &[Tier],
    config: &Config,
    limits: CompileLimits,
) -> Result<Option<Native>, CompileError> {
    let bodies = || (0..tiers.len()).filter(|&i| tiers[i] == Tier::Jit).map(|i| BodyIndex(i as u32));
    if bodies().next().is_none() {
        return Ok(None);
    }
    let compiled = if config.direct_calls() {
        jit::compile_within(module, config, limits)?
    } else {
        jit::compile_some(module, config, &mut bodies(), DirectCalls::No, limits)?
    };
    let mut entries = vec![None; tiers.len()];
    for function in &compiled.tables.functions {
        if let FunctionKind::Body(body) = function.kind {
            entries[body.0 as usize] = Some(function.start);
        }
    }
    Native::publish(module, &compiled.code, compiled.tables, entries, &compiled.sources).map(Some)
}

/// Adapters by type index: modules have few types but many functions.
struct Signatures<'a> {
    module: &'a Module,
    adapters: &'a AdapterSet,
    functions: HashMap<u32, (usize, usize)>,
}

impl Signatures<'_> {
    /// Returns the addresses of array-to-native and native-to-array.
    ///
    /// # Errors
    /// If the address space for code is exhausted.
    fn adapters(&mut self, body: BodyIndex) -> Result<(usize, usize), CompileError> {
        let of = |ty: &FuncType| -> std::io::Result<_> {
            Ok((self.adapters.array_to_native(ty)? as usize, self.adapters.native_to_array(ty)? as usize))
        };
        let pair = match &self.module.bodies[body.0 as usize].kind {
            BodyKind::Function(f) => {
                let ty = self.module.functions[*f as usize];
                match self.functions.entry(ty) {
                    Entry::Occupied(pair) => Ok(*pair.get()),
                    Entry::Vacant(place) => of(self.module.func_type(ty)).map(|pair| *place.insert(pair)),
                }
            }
            BodyKind::Const(_) => of(&self.module.body_signature(body)),
        };
        pair.map_err(|e| CompileError::Limit(format!("address space for adapters: {e}")))
    }
}

impl Code for CompiledModule {
    fn module(&self) -> &Arc<Module> {
        &self.module
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        let native = match &self.bodies[body.0 as usize] {
            BodyCode::Interp { code, native_to_array } => {
                code.install(func);
                *native_to_array
            }
            BodyCode::Native { entry, array_to_native } => {
                func.interp_code.publish(std::ptr::null_mut());
                func.array_entry.publish(*array_to_native as *mut _);
                *entry
            }
            BodyCode::Eval { code, native_to_array } => {
                // SAFETY: stores keep the code of their instances, and the code does not move.
                unsafe { code.install(func) };
                func.interp_code.publish(std::ptr::null_mut());
                *native_to_array
            }
        };
        func.native_entry.publish(native as *mut u8);
    }

    fn machine_code(&self) -> Option<&CodeObject> {
        self.native.as_deref()
    }
}
