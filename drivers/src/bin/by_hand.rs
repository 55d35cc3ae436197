//! Calls functions on one engine through its own embedding interface, without any code of the drivers, of their protocol or
//! of the judge. `ci/by-hand` compares the answers with the verdicts of the matrix.
//!
//! ```text
//! wasmoon-by-hand ENGINE [NAME=MODULE]... MODULE [-- EXPORT [TYPE:BITS]...]...
//! ```
//!
//! The named modules are instantiated first, and later ones can import from them. The output is a line about the last module,
//! which is `ok` if it was instantiated, and a line for each call, such as `returned i32:7 f64:0`.

use std::fmt::{self, Display};
use std::process::ExitCode;

/// A number: its type and its bits.
#[derive(Clone, Copy)]
enum Number {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    /// A vector or a reference, whose value is not shown.
    Other,
}
use Number::{F32, F64, I32, I64, Other};

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            I32(bits) => write!(f, "i32:{bits}"),
            I64(bits) => write!(f, "i64:{bits}"),
            F32(bits) => write!(f, "f32:{bits}"),
            F64(bits) => write!(f, "f64:{bits}"),
            Other => f.write_str("other"),
        }
    }
}

/// What an engine is asked to do.
struct Asked {
    /// Modules to import from, with their names.
    others: Vec<(String, Vec<u8>)>,
    module: Vec<u8>,
    calls: Vec<(String, Vec<Number>)>,
}

impl Asked {
    /// Makes the calls, and prints how each ended.
    fn call<E: Display>(&self, mut call: impl FnMut(&str, &[Number]) -> Result<Vec<Number>, E>) {
        println!("ok");
        for (export, arguments) in &self.calls {
            match call(export, arguments) {
                Ok(results) => {
                    println!("returned{}", results.iter().map(|result| format!(" {result}")).collect::<String>());
                }
                Err(error) => println!("trap: {}", line(error)),
            }
        }
    }
}

fn line(words: impl Display) -> String {
    words.to_string().replace('\n', " / ")
}

fn rejected(error: impl Display) -> String {
    format!("rejected: {}", line(error))
}

/// The line for a module to import from that could not be instantiated.
fn other(end: String) -> String {
    format!("other: {end}")
}

/// The line for a failed instantiation.
fn unmade(is_trap: bool, error: impl Display) -> String {
    format!("{}: {}", if is_trap { "trap" } else { "unlinkable" }, line(error))
}

/// Conversions to and from an engine's values, whose variants have the same four names in all engines.
macro_rules! conversions {
    ($value:ty, $f32:ty, $f64:ty) => {
        type Value = $value;
        fn given(numbers: &[Number]) -> Vec<Value> {
            let value = |number: &Number| match *number {
                I32(bits) => Value::I32(bits as _),
                I64(bits) => Value::I64(bits as _),
                F32(bits) => Value::F32(<$f32>::from_bits(bits)),
                F64(bits) => Value::F64(<$f64>::from_bits(bits)),
                Other => unreachable!("it is no argument"),
            };
            numbers.iter().map(value).collect()
        }
        fn seen(values: &[Value]) -> Vec<Number> {
            let number = |value: &Value| match value {
                Value::I32(value) => I32(*value as u32),
                Value::I64(value) => I64(*value as u64),
                Value::F32(value) => F32(value.to_bits()),
                Value::F64(value) => F64(value.to_bits()),
                _ => Other,
            };
            values.iter().map(number).collect()
        }
    };
}

fn wasmi(asked: &Asked) -> Result<(), String> {
    use wasmi::{Config, Engine, Linker, Module, Store};
    conversions!(wasmi::Val, wasmi::F32, wasmi::F64);
    let mut config = Config::default();
    config.wasm_multi_memory(true).wasm_memory64(true).wasm_custom_page_sizes(true).wasm_wide_arithmetic(true);
    let engine = Engine::new(&config);
    let (mut store, mut linker) = (Store::new(&engine, ()), Linker::new(&engine));
    let make = |store: &mut Store<()>, linker: &Linker<()>, bytes: &[u8]| {
        let module = Module::new(&engine, bytes).map_err(rejected)?;
        linker.instantiate_and_start(store, &module).map_err(|error| {
            unmade(error.as_trap_code().is_some() || error.to_string().starts_with("out of bounds"), error)
        })
    };
    for (name, bytes) in &asked.others {
        let exports = make(&mut store, &linker, bytes).map_err(other)?;
        for export in exports.exports(&store) {
            linker.define(name, export.name(), export.into_extern()).map_err(rejected)?;
        }
    }
    let instance = make(&mut store, &linker, &asked.module)?;
    asked.call(|export, arguments| {
        let function = instance.get_func(&store, export).expect("it is exported");
        let mut results = vec![Value::I32(0); function.ty(&store).results().len()];
        function.call(&mut store, &given(arguments), &mut results).map(|()| seen(&results))
    });
    Ok(())
}

fn tinywasm(asked: &Asked) -> Result<(), String> {
    use tinywasm::{Error, Imports, ModuleInstance, Store};
    conversions!(tinywasm::types::WasmValue, f32, f64);
    let mut store = Store::default();
    let make = |store: &mut Store, made: &[(String, ModuleInstance)], bytes: &[u8]| {
        let mut imports = Imports::new();
        for (name, instance) in made {
            imports.link_module(name, instance.clone()).map_err(rejected)?;
        }
        let module = tinywasm::parse_bytes(bytes).map_err(rejected)?;
        ModuleInstance::instantiate(store, &module, Some(imports))
            .map_err(|error| unmade(matches!(error, Error::Trap(_)), error))
    };
    let mut made = Vec::new();
    for (name, bytes) in &asked.others {
        made.push((name.clone(), make(&mut store, &made, bytes).map_err(other)?));
    }
    let instance = make(&mut store, &made, &asked.module)?;
    asked.call(|export, arguments| {
        let function = instance.func_untyped(&store, export)?;
        function.call(&mut store, &given(arguments)).map(|results| seen(&results))
    });
    Ok(())
}

fn stitch(asked: &Asked) -> Result<(), String> {
    use makepad_stitch::{Engine, Error, Linker, Module, Store};
    conversions!(makepad_stitch::Val, f32, f64);
    // Its errors do not include the words of their causes.
    let words = |error: Error| std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
    let engine = Engine::new();
    let (mut store, mut linker) = (Store::new(engine.clone()), Linker::new());
    let make = |store: &mut Store, linker: &Linker, bytes: &[u8]| {
        let module = Module::new(&engine, bytes).map_err(rejected)?;
        linker
            .instantiate(store, &module)
            .map_err(|error| unmade(matches!(error, Error::Trap(_) | Error::Table(_) | Error::Memory(_)), words(error)))
    };
    for (name, bytes) in &asked.others {
        let exports = make(&mut store, &linker, bytes).map_err(other)?;
        exports.exports().for_each(|(export, item)| linker.define(name, export, item));
    }
    let instance = make(&mut store, &linker, &asked.module)?;
    asked.call(|export, arguments| {
        let function = instance.exported_func(export).expect("it is exported");
        let types = function.type_(&store).results().to_vec();
        let mut results: Vec<Value> = types.into_iter().map(Value::default).collect();
        function.call(&mut store, &given(arguments), &mut results).map(|()| seen(&results)).map_err(words)
    });
    Ok(())
}

fn dlr(asked: &Asked) -> Result<(), String> {
    use dlr_wasm_interpreter::{ModuleAddr, RunState, RuntimeError, Store, decode_and_validate};
    conversions!(dlr_wasm_interpreter::Value, dlr_wasm_interpreter::F32, dlr_wasm_interpreter::F64);
    let mut store = Store::new(());
    let mut made: Vec<(&str, ModuleAddr)> = Vec::new();
    let make = |store: &mut Store<'static, ()>, made: &[(&str, ModuleAddr)], bytes: &[u8]| {
        let module = decode_and_validate(bytes.to_vec().leak(), &mut ()).map_err(rejected)?;
        let mut items = Vec::new();
        for (outer, name, _) in module.imports() {
            // The last module of that name counts.
            let found = made.iter().rfind(|(known, _)| *known == outer);
            // SAFETY: there is one store.
            let item = found.and_then(|(_, instance)| unsafe { store.instance_export(*instance, name) }.ok());
            items.push(item.ok_or_else(|| format!("unlinkable: nothing provides {outer} {name}"))?);
        }
        // SAFETY: as above.
        let made = unsafe { store.module_instantiate(&module, items, None) };
        made.map(|made| made.module_addr).map_err(|e| unmade(matches!(e, RuntimeError::Trap(_)), e))
    };
    for (name, bytes) in &asked.others {
        let instance = make(&mut store, &made, bytes).map_err(other)?;
        made.push((name, instance));
    }
    let instance = make(&mut store, &made, &asked.module)?;
    asked.call(|export, arguments| {
        // SAFETY: as above.
        let function = unsafe { store.instance_export(instance, export) }?.as_func().expect("it is a function");
        // SAFETY: as above.
        match unsafe { store.invoke(function, given(arguments), None) }? {
            RunState::Finished { values, .. } => Ok::<_, RuntimeError>(seen(&values)),
            _ => unreachable!("there are neither functions of the host nor fuel"),
        }
    });
    Ok(())
}

fn wasmer(asked: &Asked) -> Result<(), String> {
    use wasmer::sys::{EngineBuilder, Singlepass};
    use wasmer::{Imports, Instance, InstantiationError, LinkError, Module, RuntimeError, Store};
    conversions!(wasmer::Value, f32, f64);
    let (mut store, mut imports) = (Store::new(EngineBuilder::new(Singlepass::new())), Imports::new());
    let make = |store: &mut Store, imports: &Imports, bytes: &[u8]| {
        let module = Module::new(store, bytes).map_err(rejected)?;
        Instance::new(store, &module, imports).map_err(|error| {
            unmade(matches!(error, InstantiationError::Link(LinkError::Trap(_)) | InstantiationError::Start(_)), error)
        })
    };
    for (name, bytes) in &asked.others {
        let instance = make(&mut store, &imports, bytes).map_err(other)?;
        imports.register_namespace(name, instance.exports.iter().map(|(name, item)| (name.clone(), item.clone())));
    }
    let instance = make(&mut store, &imports, &asked.module)?;
    asked.call(|export, arguments| {
        let function = instance.exports.get_function(export).map_err(|error| RuntimeError::new(error.to_string()))?;
        function.call(&mut store, &given(arguments)).map(|results| seen(&results))
    });
    Ok(())
}

fn number(text: &str) -> Option<Number> {
    let (ty, bits) = text.split_once(':')?;
    Some(match ty {
        "i32" => I32(bits.parse().ok()?),
        "i64" => I64(bits.parse().ok()?),
        "f32" => F32(bits.parse().ok()?),
        "f64" => F64(bits.parse().ok()?),
        _ => return None,
    })
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{path}: {error}"))
}

/// Asks an engine. The error is what became of a module that has no instance.
type Ask = fn(&Asked) -> Result<(), String>;

/// Parses the arguments: the engine that they name, and what it is asked.
fn asked(arguments: &[String]) -> Result<(Ask, Asked), String> {
    let usage = "usage: wasmoon-by-hand ENGINE [NAME=MODULE]... MODULE [-- EXPORT [TYPE:BITS]...]...";
    let mut parts = arguments.split(|argument| argument == "--");
    let [engine, others @ .., module] = parts.next().unwrap_or_default() else { return Err(usage.into()) };
    let engine: Ask = match &engine[..] {
        "wasmi" => wasmi,
        "tinywasm" => tinywasm,
        "stitch" => stitch,
        "dlr" => dlr,
        "wasmer-singlepass" => wasmer,
        _ => return Err(format!("unknown engine '{engine}'; {usage}")),
    };
    let other = |text: &String| {
        let (name, path) =
            text.split_once('=').ok_or_else(|| format!("expected NAME=MODULE, got '{text}'; {usage}"))?;
        Ok((name.to_string(), read(path)?))
    };
    let call = |call: &[String]| {
        let (export, arguments) = call.split_first().ok_or(usage)?;
        let arguments =
            arguments.iter().map(|text| number(text).ok_or_else(|| format!("invalid number '{text}'; {usage}")));
        Ok((export.clone(), arguments.collect::<Result<_, String>>()?))
    };
    Ok((
        engine,
        Asked {
            others: others.iter().map(other).collect::<Result<_, String>>()?,
            module: read(module)?,
            calls: parts.map(call).collect::<Result<_, String>>()?,
        },
    ))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match asked(&arguments) {
        Ok((engine, asked)) => {
            if let Err(end) = engine(&asked) {
                println!("{end}");
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("by-hand: {message}");
            ExitCode::from(2)
        }
    }
}
