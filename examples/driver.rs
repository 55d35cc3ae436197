//! A driver: a process through which wasmoon judges an engine. This one drives wasmoon's own embedding interface; one for
//! another engine has the same structure. The protocol is described in docs/engines.md.
//!
//!     cargo build --example driver
//!     wasmoon test multi-value --engine cmd:target/debug/examples/driver

use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use wasmoon::scripts::Failure;
use wasmoon::{Config, Engine, Error, Extern, ExternRef, Func, Instance, Memory, Module, Rooted, Store, Val};

struct Driver {
    engine: Engine,
    store: Store<()>,
    modules: HashMap<u64, Module>,
    instances: HashMap<u64, Instance>,
}

impl Driver {
    fn new() -> Result<Driver, Error> {
        let mut config = Config::new();
        config.wasm_threads(true).wasm_custom_page_sizes(true).wasm_wide_arithmetic(true).wasm_stack_switching(true);
        config.wasm_custom_descriptors(true).wasm_legacy_exceptions(true);
        let engine = Engine::new(&config)?;
        Ok(Driver { store: Store::new(&engine, ()), engine, modules: HashMap::new(), instances: HashMap::new() })
    }

    /// Executes a step, and returns how it ended.
    fn take(&mut self, step: &Json) -> Result<Json, Json> {
        let number = |key: &str| step[key].as_u64().ok_or_else(|| senseless(&format!("no number '{key}'")));
        let text = |key: &str| step[key].as_str().ok_or_else(|| senseless(&format!("no text '{key}'")));
        match text("op")? {
            "reset" => {
                self.instances.clear();
                self.store = Store::new(&self.engine, ());
            }
            "forget" => {
                let modules = step["modules"].as_array().ok_or_else(|| senseless("no modules"))?;
                modules.iter().filter_map(Json::as_u64).for_each(|module| drop(self.modules.remove(&module)));
            }
            // This interface sets limits when a store is created.
            "limits" => {}
            "module" => {
                let bytes = unhex(text("bytes")?)?;
                // `Module::new` would also take text.
                Module::validate(&self.engine, &bytes).map_err(ended)?;
                self.modules.insert(number("module")?, Module::new(&self.engine, &bytes).map_err(ended)?);
            }
            "instance" => {
                let module = self.modules.get(&number("module")?).ok_or_else(|| senseless("no such module"))?;
                let given = step["imports"].as_array().ok_or_else(|| senseless("no imports"))?;
                let mut items = Vec::new();
                for import in module.imports() {
                    let (outer, name) = (import.module(), import.name());
                    let from = given.iter().find(|it| it[0] == outer && it[1] == name).and_then(|it| it[2].as_u64());
                    let item = match from {
                        Some(0) => Some(host(&mut self.store, name)?),
                        Some(n) => self.instances.get(&n).and_then(|it| it.get_export(&mut self.store, name)),
                        None => None,
                    };
                    items.push(item.ok_or_else(|| json!({"refused": format!("unknown import {outer} {name}")}))?);
                }
                let instance = Instance::new(&mut self.store, module, &items).map_err(ended)?;
                self.instances.insert(number("instance")?, instance);
            }
            "write" => {
                let (memory, bytes) = (self.memory(step)?, unhex(text("bytes")?)?);
                memory.write(&mut self.store, number("at")? as usize, &bytes).map_err(ended)?;
            }
            "call" => {
                let name = text("export")?;
                let func = self.instance(step)?.get_func(&mut self.store, name);
                let func = func.ok_or_else(|| senseless("no such function"))?;
                let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
                func.call(&mut self.store, &[], &mut results).map_err(ended)?;
                return Ok(match results.first() {
                    Some(Val::I32(value)) => json!({"value": (*value as u32).to_string()}),
                    Some(Val::I64(value)) => json!({"value": (*value as u64).to_string()}),
                    _ => json!("done"),
                });
            }
            "read" => {
                let memory = self.memory(step)?;
                let mut bytes = vec![0; number("len")? as usize];
                memory.read(&self.store, number("at")? as usize, &mut bytes).map_err(ended)?;
                let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                return Ok(json!({"bytes": text}));
            }
            other => return Err(senseless(&format!("no step '{other}'"))),
        }
        Ok(json!("done"))
    }

    fn instance(&self, step: &Json) -> Result<Instance, Json> {
        let instance = step["instance"].as_u64().and_then(|number| self.instances.get(&number));
        instance.copied().ok_or_else(|| senseless("no such instance"))
    }

    fn memory(&mut self, step: &Json) -> Result<Memory, Json> {
        let memory = self.instance(step)?.get_memory(&mut self.store, step["memory"].as_str().unwrap_or_default());
        memory.ok_or_else(|| senseless("no such memory"))
    }
}

/// Returns a function of instance 0, the host. References are known by number.
fn host(store: &mut Store<()>, name: &str) -> Result<Extern, Json> {
    type Reference = Option<Rooted<ExternRef>>;
    let func = match name {
        "extern" => Func::wrap(store, |mut caller: wasmoon::Caller<'_, ()>, number: i32| -> Result<Reference, Error> {
            Ok(Some(ExternRef::new(&mut caller, number)?))
        }),
        "number" => Func::wrap(store, |caller: wasmoon::Caller<'_, ()>, reference: Reference| -> Result<i32, Error> {
            let data = reference.map(|reference| reference.data(&caller)).transpose()?.flatten();
            Ok(data.and_then(|data| data.downcast_ref::<i32>().copied()).unwrap_or(-1))
        }),
        _ => return Err(senseless("the host has no such function")),
    };
    Ok(func.into())
}

/// Returns how a failed step ended. A driver for another engine has a table here, from the engine's words to the
/// specification's.
fn ended(error: Error) -> Json {
    let words = error.to_string();
    let code = error.as_trap_code();
    match Failure::from(error) {
        Failure::Malformed(_) => json!({"malformed": words}),
        Failure::Invalid(_) => json!({"invalid": words}),
        Failure::Unlinkable(_) => json!({"refused": words}),
        Failure::Trap(_) => json!({"trap": [Vec::from_iter(code.map(|code| code.message())), words]}),
        Failure::Exhaustion(_) => json!("exhausted"),
        Failure::Exception => json!("exception"),
        Failure::Suspension(_) => json!({"suspension": words}),
        Failure::Unsupported(_) => json!({"unsupported": words}),
        _ => senseless(&words),
    }
}

fn senseless(what: &str) -> Json {
    json!({"error": what})
}

fn unhex(text: &str) -> Result<Vec<u8>, Json> {
    let byte = |at: usize| text.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    (0..text.len()).step_by(2).map(|at| byte(at).ok_or_else(|| senseless("no hexadecimal digits"))).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut driver = Driver::new()?;
    let mut out = std::io::stdout().lock();
    let hello = json!({"protocol": 3, "name": "embedded", "version": env!("CARGO_PKG_VERSION"), "host": true});
    writeln!(out, "{hello}")?;
    for line in std::io::stdin().lock().lines() {
        let request: Json = serde_json::from_str(&line?)?;
        let ends: Vec<Json> = match request["steps"].as_array() {
            Some(steps) => steps.iter().map(|step| driver.take(step).unwrap_or_else(|end| end)).collect(),
            None => vec![json!({"unsupported": "programs"})],
        };
        writeln!(out, "{}", json!({"id": request["id"], "ends": ends}))?;
        out.flush()?;
    }
    Ok(())
}
