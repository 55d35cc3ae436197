//! This executable as a driver, for our own columns and for wasmi. The lines are those of `drivers/wasmtime_driver.py`.

use std::io::{BufRead, Write};
use std::sync::{Arc, Barrier};
use std::time::Instant;
use wasmoon::engine::{AllocatorKind, Config, Engine, Mode, OptLevel, Relaxed, Tier};
use wasmoon::module::{FuncType, MemoryType, Module, ValType, features};
use wasmoon::runtime::linking::Linker;
use wasmoon::runtime::memory::SharedMemory;
use wasmoon::runtime::store::{Code, Extern, InstanceId, Limits, Store};
use wasmoon::runtime::sys::files::Clock;
use wasmoon::runtime::value::Val;

/// The operations of a driver. [`serve`] measures their times.
trait Driver {
    fn compile(&mut self, bytes: &[u8]) -> Result<(), String>;
    fn instantiate(&mut self) -> Result<(), String>;
    fn call(&mut self, export: &str, argument: u32) -> Result<u32, String>;
    /// See `Column::threads`: this measures wall-clock time.
    fn threads(&mut self, export: &str, threads: u32, argument: u32) -> Result<(u64, u32), String>;
}

/// Returns the processor time of all threads in nanoseconds.
fn clock() -> u64 {
    Clock::ProcessCpu.now().expect("Linux has it")
}

/// Answers lines until the input ends.
pub fn serve(name: &str) {
    let (mut driver, hello): (Box<dyn Driver>, String) = match name {
        #[cfg(feature = "wasmi")]
        "wasmi" => (Box::new(wasmi_driver::Wasmi::new()), "hello wasmi 2.0".into()),
        #[cfg(not(feature = "wasmi"))]
        "wasmi" => {
            println!("absent the feature `wasmi` of this build (cargo bench --features wasmi)");
            return;
        }
        _ => match Ours::new(name) {
            Ok(ours) => (Box::new(ours), format!("hello wasmoon {}", env!("CARGO_PKG_VERSION"))),
            Err(why) => {
                println!("absent {why}");
                return;
            }
        },
    };
    println!("{hello}");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        match answer(driver.as_mut(), &words) {
            Ok(numbers) => println!("ok {numbers}"),
            Err(why) => println!("no {}", why.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
        let _ = std::io::stdout().flush();
    }
}

fn answer(driver: &mut dyn Driver, words: &[&str]) -> Result<String, String> {
    let number = |text: &str| text.parse::<u32>().map_err(|e| format!("'{text}': {e}"));
    let read = |path: &str| std::fs::read(path).map_err(|e| format!("{path}: {e}"));
    match words {
        ["open", path] => {
            let bytes = read(path)?;
            let begin = clock();
            driver.compile(&bytes)?;
            Ok(format!("{}", clock() - begin))
        }
        ["fresh"] => {
            let begin = clock();
            driver.instantiate()?;
            Ok(format!("{}", clock() - begin))
        }
        ["call", export, argument] => {
            let argument = number(argument)?;
            let begin = clock();
            let value = driver.call(export, argument)?;
            Ok(format!("{} {value}", clock() - begin))
        }
        ["start", path, times, export, argument] => {
            let (bytes, times, argument) = (read(path)?, number(times)?, number(argument)?);
            let begin = clock();
            for _ in 0..times {
                driver.compile(&bytes)?;
                driver.instantiate()?;
                driver.call(export, argument)?;
            }
            Ok(format!("{}", clock() - begin))
        }
        ["threads", export, threads, argument] => {
            let (time, value) = driver.threads(export, number(threads)?, number(argument)?)?;
            Ok(format!("{time} {value}"))
        }
        _ => Err("what?".into()),
    }
}

struct Ours {
    engine: Engine,
    code: Option<(Arc<Module>, Arc<dyn Code>)>,
    live: Option<(Store, InstanceId)>,
}

impl Ours {
    fn new(name: &str) -> Result<Ours, String> {
        let (mode, opt, allocator) = match name {
            "interp" => (Mode::All(Tier::Interp), OptLevel::O2, None),
            "jit-O0" => (Mode::All(Tier::Jit), OptLevel::O0, None),
            "jit-O1" => (Mode::All(Tier::Jit), OptLevel::O1, None),
            // `jit-native` uses the CPU's relaxed operators.
            "jit" | "jit-native" => (Mode::All(Tier::Jit), OptLevel::O2, None),
            "jit-backtracking" => (Mode::All(Tier::Jit), OptLevel::O2, Some(AllocatorKind::Backtracking)),
            "tiered" => (Mode::Tiered { seed: None }, OptLevel::O2, None),
            _ => return Err(format!("a column named '{name}'")),
        };
        let relaxed = if name == "jit-native" { Relaxed::Native } else { Relaxed::Deterministic };
        let compile_threads = if mode.replaces() { None } else { Some(0) };
        let config = Config { mode, opt, allocator, relaxed, compile_threads, ..Config::default() };
        let engine = Engine::new(config).map_err(|e| e.to_string())?;
        Ok(Ours { engine, code: None, live: None })
    }
}

/// Returns an instance on a shared memory.
fn instance_on(engine: &Engine, code: &Arc<dyn Code>, memory: &SharedMemory) -> Result<(Store, InstanceId), String> {
    let mut store = engine.store(Limits::default());
    let memory = store.add_shared_memory(memory).map_err(|e| format!("{e:?}"))?;
    let instance = store.instantiate(code.clone(), &[Extern::Memory(memory)]).map_err(|e| format!("{e:?}"))?;
    Ok((store, instance))
}

fn called(store: &mut Store, instance: InstanceId, export: &str, argument: u32) -> Result<u32, String> {
    let Some(Extern::Func(f)) = store.export(instance, export) else {
        return Err(format!("no function '{export}'"));
    };
    match store.call(f, &[Val::I32(argument)]).map_err(|e| format!("{e:?}"))?[..] {
        [Val::I32(x)] => Ok(x),
        ref other => Err(format!("returned {other:?}")),
    }
}

impl Driver for Ours {
    fn compile(&mut self, bytes: &[u8]) -> Result<(), String> {
        (self.live, self.code) = (None, None);
        let module = Arc::new(Module::new(bytes, features::all()).map_err(|e| e.to_string())?);
        let code = self.engine.compile(&module).map_err(|e| e.to_string())?;
        self.code = Some((module, code));
        Ok(())
    }

    fn instantiate(&mut self) -> Result<(), String> {
        let (module, code) = self.code.clone().ok_or("no module is open")?;
        self.live = None;
        let mut store = self.engine.store(Limits::default());
        let mut linker = Linker::new();
        let host = store.new_host_func(
            "host",
            FuncType::new([ValType::I32], [ValType::I32]),
            Box::new(|_, args| match args {
                [Val::I32(x)] => Ok(vec![Val::I32(x.wrapping_add(1))]),
                _ => unreachable!("called as its type says"),
            }),
        );
        linker.define("env", "host", Extern::Func(host));
        let imports = linker.resolve(&store, &module).map_err(|e| format!("{e:?}"))?;
        let instance = store.instantiate(code, &imports).map_err(|e| format!("{e:?}"))?;
        if let Some(Extern::Func(f)) = store.export(instance, "_initialize") {
            store.call(f, &[]).map_err(|e| format!("{e:?}"))?;
        }
        self.live = Some((store, instance));
        Ok(())
    }

    fn call(&mut self, export: &str, argument: u32) -> Result<u32, String> {
        let (store, instance) = self.live.as_mut().ok_or("no instance")?;
        called(store, *instance, export, argument)
    }

    fn threads(&mut self, export: &str, threads: u32, argument: u32) -> Result<(u64, u32), String> {
        let ty = MemoryType { memory64: false, shared: true, initial: 1, maximum: Some(1), page_size_log2: None };
        let memory = SharedMemory::new(ty, 1 << 16).map_err(|e| format!("{e:?}"))?;
        let (engine, memory, (_, code)) = (&self.engine, &memory, self.code.as_ref().ok_or("no module is open")?);
        let ready = Barrier::new(threads as usize + 1);
        let time = std::thread::scope(|scope| {
            let run = || -> Result<(), String> {
                let made = instance_on(engine, code, memory);
                ready.wait();
                let (mut store, instance) = made?;
                called(&mut store, instance, export, argument).map(drop)
            };
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            ready.wait();
            let begin = Instant::now();
            running.into_iter().try_for_each(|t| t.join().map_err(|_| "a thread panicked")?)?;
            Ok::<_, String>(begin.elapsed())
        })?;
        let (mut store, instance) = instance_on(engine, code, memory)?;
        Ok((time.as_nanos() as u64, called(&mut store, instance, "value", 0)?))
    }
}

#[cfg(feature = "wasmi")]
mod wasmi_driver {
    use super::Driver;
    use wasmi::{CompilationMode, Config, Engine, Func, Instance, Linker, Module, Store};

    pub struct Wasmi {
        engine: Engine,
        module: Option<Module>,
        live: Option<(Store<()>, Instance)>,
    }

    impl Wasmi {
        pub fn new() -> Wasmi {
            let mut config = Config::default();
            // By default it translates a function when it is first called.
            config.wasm_tail_call(true).wasm_custom_page_sizes(true).compilation_mode(CompilationMode::Eager);
            Wasmi { engine: Engine::new(&config), module: None, live: None }
        }
    }

    impl Driver for Wasmi {
        fn compile(&mut self, bytes: &[u8]) -> Result<(), String> {
            (self.live, self.module) = (None, None);
            self.module = Some(Module::new(&self.engine, bytes).map_err(|e| e.to_string())?);
            Ok(())
        }

        fn instantiate(&mut self) -> Result<(), String> {
            let module = self.module.as_ref().ok_or("no module is open")?;
            self.live = None;
            let mut store = Store::new(&self.engine, ());
            let mut linker = Linker::new(&self.engine);
            let host = Func::wrap(&mut store, |x: i32| x.wrapping_add(1));
            linker.define("env", "host", host).map_err(|e| e.to_string())?;
            let instance = linker.instantiate_and_start(&mut store, module).map_err(|e| e.to_string())?;
            if let Ok(f) = instance.get_typed_func::<(), ()>(&store, "_initialize") {
                f.call(&mut store, ()).map_err(|e| e.to_string())?;
            }
            self.live = Some((store, instance));
            Ok(())
        }

        fn call(&mut self, export: &str, argument: u32) -> Result<u32, String> {
            let (store, instance) = self.live.as_mut().ok_or("no instance")?;
            let f = instance.get_typed_func::<i32, i32>(&*store, export).map_err(|e| e.to_string())?;
            f.call(&mut *store, argument as i32).map(|x| x as u32).map_err(|e| e.to_string())
        }

        fn threads(&mut self, _: &str, _: u32, _: u32) -> Result<(u64, u32), String> {
            Err("wasmi has no shared memories".into())
        }
    }
}
