//! `wasmoon run`: one module, one function.

mod report;

use super::{Failed, OK, input, say};
use crate::conformance::suite::Spec;
use crate::engine::{CompileError, Config, Engine, Mode, OptLevel, Tier};
use crate::module::{FuncType, Module, ValType};
use crate::runtime::store::{Extern, InstantiateError, Limits, Object, Store};
use crate::runtime::value::{Ref, Val};
use report::aborted;
use std::path::PathBuf;
use std::sync::Arc;
use wast::parser::{Parse, ParseBuffer};
use wast::token::{F32, F64};

/// Run a function of a module
#[derive(clap::Args)]
#[command(
    after_help = "Without --invoke the export `_start` runs, if there is one.\n\nExit status: 0, 134 if the code \
    trapped or threw, 2 if the module cannot be read, is invalid or cannot be linked.\n\nExamples:\n  wasmoon run \
    fac.wat --invoke fac --arg 20\n  wasmoon run --no-jit fac.wasm --invoke fac --arg 20\n  wasmoon run -O0 f.wat \
    --invoke f --arg -1 --arg 0x1p-3 --arg nan:0x200000"
)]
pub struct Args {
    /// The module, .wasm or .wat
    file: PathBuf,
    /// Exported function to call
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// An argument of it (repeatable), written as in the text format
    #[arg(long, value_name = "V", allow_hyphen_values = true, requires = "invoke")]
    arg: Vec<String>,
    /// Interpret everything
    #[arg(long, conflicts_with = "opt")]
    no_jit: bool,
    /// Optimization level of the JIT: 0, 1 or 2
    #[arg(short = 'O', long = "O", value_name = "LEVEL", default_value = "2", value_parser = parse_level)]
    opt: OptLevel,
}

fn parse_level(text: &str) -> Result<OptLevel, String> {
    match text {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        _ => Err("write 0, 1 or 2".into()),
    }
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let name = args.file.display();
    let bytes = input::binary(&args.file, input::read(&args.file)?)?;
    let module = Module::new(&bytes, Spec::Latest.features()).map_err(|e| format!("{name}: {e}"))?;
    let module = Arc::new(module);
    if !module.imports.is_empty() {
        let wanted: Vec<String> = module.imports.iter().map(|i| format!("{}.{}", i.module, i.name)).collect();
        return Err(format!("{name} imports {}; nothing can be imported by `run` yet", wanted.join(", ")));
    }
    let tier = if args.no_jit { Tier::Interp } else { Tier::Jit };
    let engine = Engine::new(Config { mode: Mode::All(tier), opt: args.opt, ..Config::default() })?;
    let code = engine.compile(&module).map_err(|e| match e {
        CompileError::Unsupported(what) => format!("{name}: not supported yet: {what}"),
        CompileError::Limit(what) => format!("{name}: over a limit: {what}"),
        CompileError::Internal(what) => format!("{name}: defect of wasmoon: {what}"),
    })?;
    let mut store = engine.store(Limits::default());
    let instance = match store.instantiate(code, &[]) {
        Ok(instance) => instance,
        Err(InstantiateError::Unlinkable(e)) => return Err(format!("{name}: {e}")),
        Err(InstantiateError::Resource(e)) => return Err(format!("{name}: {e}")),
        Err(InstantiateError::Abort(abort)) => return aborted(&store, &abort),
    };
    let export = args.invoke.as_deref().unwrap_or("_start");
    let func = match store.export(instance, export) {
        Some(Extern::Func(func)) => func,
        Some(_) => return Err(format!("{name}: the export '{export}' is no function")),
        None if args.invoke.is_none() => return Ok(OK),
        None => {
            let functions = module.exports.iter().filter(|e| e.kind == crate::module::ExternKind::Func);
            let names: Vec<&str> = functions.map(|e| e.name.as_str()).collect();
            return Err(format!("{name}: no export '{export}'; its functions are: {}", names.join(", ")));
        }
    };
    let ty = store.func_type(func);
    let values = arguments(&ty, export, &args.arg)?;
    match store.call(func, &values) {
        Ok(results) => {
            let lines = results.iter().map(|v| show(&store, *v) + "\n");
            say(&lines.collect::<String>())?;
            Ok(OK)
        }
        Err(abort) => aborted(&store, &abort),
    }
}

/// Parses arguments by the parameters' types.
fn arguments(ty: &FuncType, name: &str, texts: &[String]) -> Result<Vec<Val>, Failed> {
    let params = ty.params();
    if params.len() != texts.len() {
        let types: Vec<String> = params.iter().map(ToString::to_string).collect();
        let (want, have) = (params.len(), texts.len());
        return Err(format!(
            "'{name}' takes {want} arguments ({}), and {have} are given (--arg V, once each)",
            types.join(" ")
        ));
    }
    params
        .iter()
        .zip(texts)
        .map(|(&ty, text)| argument(ty, text).ok_or_else(|| format!("'{text}' is no {ty}")))
        .collect()
}

fn argument(ty: ValType, text: &str) -> Option<Val> {
    // A leading plus or minus belongs to the number's token.
    let buffer = ParseBuffer::new(text).ok()?;
    fn parse<'a, T: Parse<'a>>(buffer: &'a ParseBuffer<'a>) -> Option<T> {
        wast::parser::parse::<T>(buffer).ok()
    }
    Some(match ty {
        ValType::I32 => Val::I32(parse::<i32>(&buffer)? as u32),
        ValType::I64 => Val::I64(parse::<i64>(&buffer)? as u64),
        ValType::F32 => Val::F32(parse::<F32>(&buffer)?.bits),
        ValType::F64 => Val::F64(parse::<F64>(&buffer)?.bits),
        ValType::Ref(r) if r.is_nullable() && text == "null" => Val::Ref(Ref::Null),
        ValType::Ref(_) | ValType::V128 => return None,
    })
}

/// A value as the text format writes it, integers signed.
fn show(store: &Store, value: Val) -> String {
    match value {
        Val::I32(v) => (v as i32).to_string(),
        Val::I64(v) => (v as i64).to_string(),
        Val::F32(bits) => {
            let nan = (f32::from_bits(bits).is_nan()).then_some((bits >> 31 != 0, u64::from(bits & 0x7f_ffff)));
            nan.map_or_else(|| f32::from_bits(bits).to_string(), show_nan)
        }
        Val::F64(bits) => {
            let nan = (f64::from_bits(bits).is_nan()).then_some((bits >> 63 != 0, bits & 0xf_ffff_ffff_ffff));
            nan.map_or_else(|| f64::from_bits(bits).to_string(), show_nan)
        }
        Val::V128(v) => format!("0x{v:032x}"),
        Val::Ref(Ref::Null) => "null".into(),
        Val::Ref(Ref::Func(func)) => match store.func_origin(func) {
            Some((_, index)) => format!("function {index}"),
            None => "host function".into(),
        },
        Val::Ref(Ref::Gc(object)) => match store.object(object) {
            Object::HostExtern(v) => format!("extern {v}"),
            Object::Array(elements) => format!("array of {} elements", elements.len()),
            Object::Exception { payload, .. } => format!("exception of {} values", payload.len()),
        },
    }
}

fn show_nan((negative, payload): (bool, u64)) -> String {
    format!("{}nan:0x{payload:x}", if negative { "-" } else { "" })
}
