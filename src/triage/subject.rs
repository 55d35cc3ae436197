//! What is executed, and how it is driven: the one description that `smith`, `bisect` and `reduce` share, so that a
//! finding of one is the input of the next.

use super::value::{Value, list};
use crate::module::{ExternKind, Import, Module, ValType, WasmFeatures};
use crate::random::Random;
use crate::runtime::store::InstanceId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The name by which a linked module imports what its provider exports.
pub const PROVIDER: &str = "p";

/// A module (or script) and everything that its execution depends on, other than the configuration of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The binary module; of a script, its text.
    pub bytes: Vec<u8>,
    /// Another binary module, which is instantiated first, in the same store: the module imports from it, as
    /// [`PROVIDER`]. Only of what is driven by calls.
    #[serde(default)]
    pub provider: Option<Vec<u8>>,
    pub drive: Drive,
}

/// How a subject is driven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Drive {
    /// Each exported function, in order of exports, `rounds` times, with arguments drawn from `seed`; `fuel`: the
    /// exported global that is set to so much before each call (what wasm-smith's `ensure_termination` counts down).
    Exports { seed: u64, rounds: u32, fuel: Option<(String, u32)> },
    /// One exported function; arguments as the text format writes them.
    Invoke { export: String, args: Vec<String> },
    /// A WASI program: `_start`.
    Program { args: Vec<String>, env: Vec<(String, String)>, dirs: Vec<(PathBuf, String)>, stdin: Vec<u8> },
    /// A script, as far as the directive at this line.
    Script { line: u32 },
}

/// A decoded module and the calls that drive it: made once, executed by every backend.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub module: Arc<Module>,
    /// See [`Subject::provider`].
    pub provider: Option<Arc<Module>>,
    pub calls: Vec<Call>,
    /// See [`Drive::Exports`].
    pub fuel: Option<(String, u32)>,
}

/// A call of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub export: String,
    pub args: Vec<Value>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' ({})", self.export, list(&self.args))
    }
}

impl Subject {
    /// Decodes a module that is driven by calls, and chooses their arguments. The same subject gives the same calls.
    /// Exports with a parameter that has no null are left out.
    ///
    /// # Errors
    /// A sentence: a module is not valid, imports what its provider does not export, has no such export, or an argument
    /// does not fit. Programs and scripts are not driven by calls.
    pub fn prepare(&self) -> Result<Prepared, String> {
        let driven = matches!(self.drive, Drive::Exports { .. } | Drive::Invoke { .. });
        if !driven {
            return Err("programs and scripts are not driven by calls".into());
        }
        let module = Module::new(&self.bytes, WasmFeatures::all()).map_err(|e| e.to_string())?;
        let provider = self.provider.as_ref().map(|bytes| {
            Module::new(bytes, WasmFeatures::all()).map(Arc::new).map_err(|e| format!("the provider: {e}"))
        });
        let provider = provider.transpose()?;
        if let Some(import) = provider.as_ref().and_then(|provider| provider.imports.first()) {
            return Err(format!("the provider imports {:?} {:?}", import.module, import.name));
        }
        let provided = |import: &Import| {
            let export = provider.as_ref().filter(|_| import.module == PROVIDER).and_then(|p| p.export(&import.name));
            export.is_some_and(|export| export.kind == import.ty.kind())
        };
        if let Some(import) = module.imports.iter().find(|import| !provided(import)) {
            return Err(format!("the module imports {:?} {:?}, which nothing provides", import.module, import.name));
        }
        let (calls, fuel) = match &self.drive {
            Drive::Exports { seed, rounds, fuel } => (drawn_calls(&module, *seed, *rounds), fuel.clone()),
            Drive::Invoke { export, args } => (vec![written_call(&module, export, args)?], None),
            Drive::Program { .. } | Drive::Script { .. } => unreachable!("refused above"),
        };
        Ok(Prepared { module: Arc::new(module), provider, calls, fuel })
    }
}

impl Prepared {
    /// The modules that are instantiated, in that order.
    pub fn modules(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.provider.iter().chain([&self.module])
    }

    /// The instance of the module in a store that nothing else was instantiated in.
    pub fn instance(&self) -> InstanceId {
        InstanceId(u32::from(self.provider.is_some()))
    }

    /// What a step of an observation is: the instantiation, then one step a call.
    pub fn step_name(&self, step: usize) -> String {
        match step.checked_sub(1) {
            None => "instantiation".into(),
            Some(call) => self.calls.get(call).map_or_else(|| format!("call {call}"), ToString::to_string),
        }
    }

    /// Types of the results of a call.
    pub fn results(&self, call: &Call) -> &[ValType] {
        match self.module.export(&call.export) {
            Some(e) if e.kind == ExternKind::Func => self.module.function_signature(e.index).results(),
            _ => &[],
        }
    }

    /// Types of the parameters of a call.
    pub fn params(&self, call: &Call) -> &[ValType] {
        match self.module.export(&call.export) {
            Some(e) if e.kind == ExternKind::Func => self.module.function_signature(e.index).params(),
            _ => &[],
        }
    }
}

fn drawn_calls(module: &Module, seed: u64, rounds: u32) -> Vec<Call> {
    let mut random = Random::new(seed);
    let mut calls = Vec::new();
    for export in module.exports.iter().filter(|e| e.kind == ExternKind::Func) {
        let params = module.function_signature(export.index).params();
        // More rounds of a function that takes nothing show nothing new but through state.
        let rounds = if params.is_empty() { rounds.min(2) } else { rounds };
        for _ in 0..rounds {
            // Lengths, addresses and indices that go together are seldom right by chance.
            let small = random.below(3) == 0;
            let args: Option<Vec<Value>> = params.iter().map(|&ty| argument(&mut random, ty, small)).collect();
            calls.extend(args.map(|args| Call { export: export.name.clone(), args }));
        }
    }
    calls
}

fn written_call(module: &Module, export: &str, args: &[String]) -> Result<Call, String> {
    let found = module.export(export).filter(|e| e.kind == ExternKind::Func);
    let index = found.ok_or_else(|| format!("no exported function '{export}'"))?.index;
    let params = module.function_signature(index).params();
    if params.len() != args.len() {
        return Err(format!("'{export}' takes {} arguments, {} are given", params.len(), args.len()));
    }
    let parse = |(&ty, text): (&ValType, &String)| Value::parse(ty, text).ok_or_else(|| format!("'{text}' is no {ty}"));
    let args = params.iter().zip(args).map(parse).collect::<Result<_, _>>()?;
    Ok(Call { export: export.to_string(), args })
}

/// An argument: as often an edge as anything; `small`: an integer below 300. `None` for references that cannot be
/// null.
fn argument(random: &mut Random, ty: ValType, small: bool) -> Option<Value> {
    const EDGES: [u64; 16] = [
        0,
        1,
        u64::MAX,
        0x8000_0000,
        0x7fff_ffff,
        0x8000_0000_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0xffff_ffff_0000_0000,
        0x7fff_ffff_7fff_ffff,
        0x3ff0_0000_3f80_0000,
        // Infinities, and NaNs that signal, of both widths.
        0x7ff0_0000_7f80_0000,
        0x7ff0_0000_7f80_0001,
        0xfff8_0000_ffc0_0000,
        31,
        32,
        64,
    ];
    let integer = matches!(ty, ValType::I32 | ValType::I64);
    let mut bits = || match random.below(4) {
        _ if small && integer => random.below(300),
        0 | 1 => EDGES[random.below(16) as usize],
        // Addresses, counts, lengths.
        2 => random.below(1 << 17),
        _ => random.next(),
    };
    Some(match ty {
        ValType::I32 => Value::I32(bits() as u32),
        ValType::I64 => Value::I64(bits()),
        ValType::F32 => Value::F32(bits() as u32),
        ValType::F64 => Value::F64(bits()),
        ValType::V128 => Value::V128(u128::from(bits()) << 64 | u128::from(bits())),
        ValType::Ref(r) if r.is_extern_ref() && bits() % 8 == 1 => Value::Extern(bits() % 100),
        ValType::Ref(r) if r.is_nullable() => Value::Null,
        ValType::Ref(_) => return None,
    })
}
