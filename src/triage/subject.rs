//! The code to execute and the calls that drive it: the one description that `smith`, `bisect` and `reduce` share, so that a
//! finding of one can be the input of the next.

use super::value::{PortableValue, list, references_to_give};
use crate::module::{DecodeError, ExternKind, Import, Module, ValType, WasmFeatures};
use crate::random::Random;
use crate::runtime::store::InstanceId;
use crate::text::{by_number, counted};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The name under which a linked module imports its provider's exports.
pub const PROVIDER: &str = "p";

/// A module (or script) and everything that its execution depends on, except the configuration of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The binary module, or the text of a script.
    pub bytes: Vec<u8>,
    /// Another binary module, which is instantiated first, in the same store: the module imports from it, as
    /// [`PROVIDER`]. Only for subjects driven by calls.
    #[serde(default)]
    pub provider: Option<Vec<u8>>,
    /// The calls that drive it.
    pub drive: DrivenBy,
}

/// How a subject is driven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DrivenBy {
    /// Each exported function, in order of exports, `rounds` times, with arguments drawn from `seed`. `fuel` is the
    /// exported global to set before each call, and its value (wasm-smith's `ensure_termination` counts it down).
    Exports {
        /// The seed of the arguments.
        seed: u64,
        /// The number of calls of each export.
        rounds: u32,
        /// The exported global that limits each call, and its value.
        fuel: Option<(String, u32)>,
        /// Whether null takes the place of values that only a host can make, since these cannot be passed to another engine.
        #[serde(default)]
        hostless: bool,
    },
    /// One exported function, after `_initialize` if the module has it; arguments are in the text format.
    Invoke {
        /// The name of the export.
        export: String,
        /// The arguments, in the text format.
        args: Vec<String>,
    },
    /// A WASI program: `_start`.
    Program {
        /// The arguments; the first is the program's name.
        args: Vec<String>,
        /// The environment variables.
        env: Vec<(String, String)>,
        /// The preopened folders: host path and guest path.
        dirs: Vec<(PathBuf, String)>,
        /// The standard input.
        stdin: Vec<u8>,
    },
    /// A script, up to and including the directive at this line.
    Script {
        /// The line of the last directive, counted from 1.
        line: u32,
    },
}

/// A decoded module and the calls that drive it: prepared once, and executed by every backend.
#[derive(Clone, Debug)]
pub struct PreparedSubject {
    /// The decoded module.
    pub module: Arc<Module>,
    /// See [`Subject::provider`].
    pub provider: Option<Arc<Module>>,
    /// The calls, in order.
    pub calls: Vec<SubjectCall>,
    /// See [`DrivenBy::Exports`].
    pub fuel: Option<(String, u32)>,
}

/// A call of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectCall {
    /// The name of the export.
    pub export: String,
    /// The arguments.
    pub args: Vec<PortableValue>,
}

impl fmt::Display for SubjectCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' ({})", self.export.escape_debug(), list(&self.args))
    }
}

/// The reason why a subject cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// The subject is a program or a script.
    #[error("programs and scripts are not driven by calls")]
    NotCalls,
    /// The module is not valid.
    #[error("{0}")]
    Module(#[source] DecodeError),
    /// The provider is not valid.
    #[error("the provider: {0}")]
    Provider(#[source] DecodeError),
    /// The provider has an import.
    #[error("the provider imports {module:?} {name:?}")]
    ProviderImports {
        /// The module name of the import.
        module: String,
        /// The item name of the import.
        name: String,
    },
    /// The provider lacks an item that the module imports.
    #[error("the module imports {module:?} {name:?}, which nothing provides")]
    MissingImport {
        /// The module name of the import.
        module: String,
        /// The item name of the import.
        name: String,
    },
    /// There is no exported function with this name.
    #[error("no exported function '{}'", .0.escape_debug())]
    NoExport(String),
    /// The global that limits each call cannot be set to a number before it.
    #[error("'{}' is not an exported mutable global of type i32", .0.escape_debug())]
    Fuel(String),
    /// The number of arguments is wrong.
    #[error(
        "'{}' takes {}, {given} {} given",
        .export.escape_debug(),
        counted(*.expected, "argument"),
        by_number(*.given, "is", "are")
    )]
    ArgumentCount {
        /// The name of the export.
        export: String,
        /// The number of its parameters.
        expected: usize,
        /// The number of arguments.
        given: usize,
    },
    /// An argument is not a value of the parameter's type.
    #[error("'{text}' is not a value of type {ty}{}", references_to_give(*.ty))]
    Argument {
        /// The argument.
        text: String,
        /// The parameter's type.
        ty: ValType,
    },
}

impl Subject {
    /// Returns the subject in a form that another engine can execute.
    pub fn without_host_values(mut self) -> Subject {
        if let DrivenBy::Exports { hostless, .. } = &mut self.drive {
            *hostless = true;
        }
        self
    }

    /// Decodes a module that is driven by calls, and chooses their arguments. The same subject gives the same calls.
    /// Exports with a parameter of a non-nullable type are left out.
    ///
    /// # Errors
    /// See [`SubjectError`].
    pub fn prepare(&self) -> Result<PreparedSubject, SubjectError> {
        let driven = matches!(self.drive, DrivenBy::Exports { .. } | DrivenBy::Invoke { .. });
        if !driven {
            return Err(SubjectError::NotCalls);
        }
        let module = Module::new(&self.bytes, WasmFeatures::all()).map_err(SubjectError::Module)?;
        let provider = self
            .provider
            .as_ref()
            .map(|bytes| Module::new(bytes, WasmFeatures::all()).map(Arc::new).map_err(SubjectError::Provider));
        let provider = provider.transpose()?;
        if let Some(import) = provider.as_ref().and_then(|provider| provider.imports.first()) {
            let (module, name) = (import.module.to_string(), import.name.clone());
            return Err(SubjectError::ProviderImports { module, name });
        }
        let provided = |import: &Import| {
            let export = provider.as_ref().filter(|_| *import.module == *PROVIDER).and_then(|p| p.export(&import.name));
            export.is_some_and(|export| export.kind == import.ty.kind())
        };
        if let Some(import) = module.imports.iter().find(|import| !provided(import)) {
            let (module, name) = (import.module.to_string(), import.name.clone());
            return Err(SubjectError::MissingImport { module, name });
        }
        let (calls, fuel) = match &self.drive {
            DrivenBy::Exports { seed, rounds, fuel, hostless } => {
                if let Some((name, _)) = fuel.as_ref().filter(|(name, _)| !can_be_set(&module, name)) {
                    return Err(SubjectError::Fuel(name.clone()));
                }
                (drawn_calls(&module, (*seed, *rounds), *hostless), fuel.clone())
            }
            DrivenBy::Invoke { export, args } => (written_calls(&module, export, args)?, None),
            DrivenBy::Program { .. } | DrivenBy::Script { .. } => unreachable!("refused above"),
        };
        Ok(PreparedSubject { module: Arc::new(module), provider, calls, fuel })
    }
}

impl PreparedSubject {
    /// Returns the modules in their order of instantiation.
    pub fn modules(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.provider.iter().chain([&self.module])
    }

    /// Returns the instance of the module in a store in which nothing else was instantiated.
    pub fn instance(&self) -> InstanceId {
        InstanceId(u32::from(self.provider.is_some()))
    }

    /// Describes a step of an observation: the instantiation, then one step per call.
    pub fn step_name(&self, step: usize) -> String {
        match step.checked_sub(1) {
            None => "instantiation".into(),
            Some(call) => self.calls.get(call).map_or_else(|| format!("call {call}"), ToString::to_string),
        }
    }

    /// Returns the types of the results of a call.
    pub fn results(&self, call: &SubjectCall) -> &[ValType] {
        match self.module.export(&call.export) {
            Some(e) if e.kind == ExternKind::Func => self.module.function_signature(e.index).results(),
            _ => &[],
        }
    }

    /// Returns the types of the parameters of a call.
    pub fn params(&self, call: &SubjectCall) -> &[ValType] {
        match self.module.export(&call.export) {
            Some(e) if e.kind == ExternKind::Func => self.module.function_signature(e.index).params(),
            _ => &[],
        }
    }
}

/// Returns whether an export is a global that can be set to an i32.
fn can_be_set(module: &Module, name: &str) -> bool {
    let global = module.export(name).filter(|e| e.kind == ExternKind::Global);
    global.map(|e| module.globals[e.index as usize].ty).is_some_and(|ty| ty.mutable && ty.content_type == ValType::I32)
}

fn drawn_calls(module: &Module, (seed, rounds): (u64, u32), hostless: bool) -> Vec<SubjectCall> {
    // Separate random numbers: the module was made from those of the seed itself, and its first choices would determine the
    // arguments.
    let mut random = Random::new(seed ^ 0xa46_5eed);
    let mut calls = Vec::new();
    for export in module.exports.iter().filter(|e| e.kind == ExternKind::Func) {
        let params = module.function_signature(export.index).params();
        // Further rounds of a function without parameters show only changes through state.
        let rounds = if params.is_empty() { rounds.min(2) } else { rounds };
        for _ in 0..rounds {
            // Random lengths, addresses and indices rarely fit together by chance.
            let small = random.below(3) == 0;
            let mut draw = |&ty: &ValType| match argument(&mut random, ty, small) {
                Some(PortableValue::Extern(_)) if hostless => Some(PortableValue::Null),
                drawn => drawn,
            };
            let args: Option<Vec<PortableValue>> = params.iter().map(&mut draw).collect();
            calls.extend(args.map(|args| SubjectCall { export: export.name.clone(), args }));
        }
    }
    calls
}

fn written_calls(module: &Module, export: &str, args: &[String]) -> Result<Vec<SubjectCall>, SubjectError> {
    let found = module.export(export).filter(|e| e.kind == ExternKind::Func);
    let index = found.ok_or_else(|| SubjectError::NoExport(export.to_string()))?.index;
    let params = module.function_signature(index).params();
    if params.len() != args.len() {
        let (export, expected, given) = (export.to_string(), params.len(), args.len());
        return Err(SubjectError::ArgumentCount { export, expected, given });
    }
    let parse = |(&ty, text): (&ValType, &String)| {
        PortableValue::parse(ty, text).ok_or_else(|| SubjectError::Argument { text: text.clone(), ty })
    };
    let args = params.iter().zip(args).map(parse).collect::<Result<_, _>>()?;
    let call = SubjectCall { export: export.to_string(), args };
    const INITIALIZE: &str = "_initialize";
    if export == INITIALIZE || module.export(INITIALIZE).is_none() {
        return Ok(vec![call]);
    }
    let mut calls = written_calls(module, INITIALIZE, &[])?;
    calls.push(call);
    Ok(calls)
}

/// Draws an argument: edge cases as often as arbitrary values. With `small`, integers are below 300. `None` for
/// non-nullable references.
fn argument(random: &mut Random, ty: ValType, small: bool) -> Option<PortableValue> {
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
        // Infinities and signalling NaNs, of both widths.
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
        ValType::I32 => PortableValue::I32(bits() as u32),
        ValType::I64 => PortableValue::I64(bits()),
        ValType::F32 => PortableValue::F32(bits() as u32),
        ValType::F64 => PortableValue::F64(bits()),
        ValType::V128 => PortableValue::V128(u128::from(bits()) << 64 | u128::from(bits())),
        ValType::Ref(r) if r.is_extern_ref() && bits() % 8 == 1 => PortableValue::Extern(bits() % 100),
        ValType::Ref(r) if r.is_nullable() => PortableValue::Null,
        ValType::Ref(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first choices of a module's generator do not determine its arguments.
    #[test]
    fn arguments_do_not_follow_from_the_seed_of_the_module() {
        let bytes = wat::parse_str(r#"(module (func (export "f") (param i64)))"#).unwrap();
        let mut pairs = std::collections::HashSet::new();
        for seed in 0..1000 {
            let mut module = Random::new(seed);
            let second = [module.next(), module.next()][1] % 4;
            let drive = DrivenBy::Exports { seed, rounds: 1, fuel: None, hostless: false };
            let prepared = Subject { bytes: bytes.clone(), provider: None, drive }.prepare().unwrap();
            let PortableValue::I64(first) = prepared.calls[0].args[0] else { panic!("no i64") };
            let kind = match first {
                0..300 => 0,
                300..0x2_0000 => 1,
                _ if first.count_ones() % 2 == 0 => 2,
                _ => 3,
            };
            pairs.insert((second, kind));
        }
        assert_eq!(pairs.len(), 16, "{pairs:?}");
    }

    fn subject(module: &str, provider: Option<&str>, drive: DrivenBy) -> Subject {
        let binary = |wat: &str| wat::parse_str(wat).unwrap();
        Subject { bytes: binary(module), provider: provider.map(binary), drive }
    }

    /// All imports must be the provider's, by name and kind, and the provider itself must have none.
    #[test]
    fn a_module_is_linked_with_its_provider_alone() {
        let of = |module: &str, provider: Option<&str>| {
            let drive = DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false };
            subject(module, provider, drive)
                .prepare()
                .map(|prepared| prepared.modules().count())
                .map_err(|e| e.to_string())
        };
        let module = "(module (import \"p\" \"f\" (func)))";
        let function = Some("(module (func (export \"f\")))");
        let missing = |from: &str| -> Result<usize, String> {
            Err(format!("the module imports {from:?} \"f\", which nothing provides"))
        };
        assert_eq!(of(module, function), Ok(2));
        assert_eq!(of(module, None), missing("p"));
        assert_eq!(of(module, Some("(module (func (export \"g\")))")), missing("p"));
        assert_eq!(of(module, Some("(module (memory (export \"f\") 1))")), missing("p"));
        assert_eq!(of("(module (import \"q\" \"f\" (func)))", function), missing("q"));
        let imports = Some("(module (import \"a\" \"b\" (func $f)) (export \"f\" (func $f)))");
        assert_eq!(of(module, imports), Err("the provider imports \"a\" \"b\"".into()));
        assert_eq!(of("(module)", Some("(module)")), Ok(2));
        assert_eq!(of("(module)", None), Ok(1));
    }

    /// There are as many arguments as parameters, of the same types. Steps are named after the calls.
    #[test]
    fn a_call_is_checked_and_named() {
        let of = |export: &str, args: &[&str]| {
            let args = args.iter().map(ToString::to_string).collect();
            let text = "(module (memory (export \"m\") 1) (func (export \"_initialize\"))
                (func (export \"f\") (param i32 f32) (result i32) (i32.const 1)))";
            let prepared = subject(text, None, DrivenBy::Invoke { export: export.into(), args }).prepare();
            let names = |prepared: PreparedSubject| [0, 1, 2, 3].map(|step| prepared.step_name(step)).join("; ");
            prepared.map_or_else(|e| e.to_string(), names)
        };
        assert_eq!(of("f", &["-1", "0.5"]), "instantiation; '_initialize' (); 'f' (i32 -1, f32 0.5); call 2");
        assert_eq!(of("_initialize", &[]), "instantiation; '_initialize' (); call 1; call 2");
        assert_eq!(of("f", &["-1"]), "'f' takes 2 arguments, 1 is given");
        assert_eq!(of("f", &["-1", "2", "3"]), "'f' takes 2 arguments, 3 are given");
        assert_eq!(of("f", &["2", "half"]), "'half' is not a value of type f32");
        assert_eq!(of("m", &[]), "no exported function 'm'");
        let line = subject("(module)", None, DrivenBy::Script { line: 1 }).prepare().map(drop).unwrap_err();
        assert_eq!(line.to_string(), "programs and scripts are not driven by calls");
    }
}
