//! Calls a function of a module that imports nothing: `call ENGINE FILE.wasm EXPORT ARGUMENT TIMES`, where the engine is
//! `wasmoon` or `cranelift`. Prints the last result. For `ci/code`, which counts the instructions that it takes.

/// Compiles, instantiates, and calls. The interfaces of the two engines are the same, as far as needed here.
macro_rules! call {
    ($name:ident, $instantiate:ident, $engine:expr, $bytes:expr, $export:expr, $argument:expr, $times:expr) => {{
        let engine = $engine;
        let module = $name::Module::new(&engine, $bytes).expect("a module");
        let mut store = $name::Store::new(&engine, ());
        let instance = $name::Linker::new(&engine).$instantiate(&mut store, &module).expect("an instance");
        // Reactors are initialized first.
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).expect("no trap");
        }
        let function = instance.get_typed_func::<i32, i32>(&mut store, $export).expect("a function of one i32");
        (0..$times).map(|_| function.call(&mut store, $argument).expect("no trap")).last()
    }};
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, file, export, argument, times] = &arguments[..] else {
        panic!("usage: call wasmoon|cranelift FILE.wasm EXPORT ARGUMENT TIMES")
    };
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let (argument, times) = (argument.parse::<i32>().expect("a number"), times.parse::<u32>().expect("a number"));
    let result = match engine.as_str() {
        "wasmoon" => {
            let mut jit = wasmoon::Config::new();
            let engine = wasmoon::Engine::new(jit.strategy(wasmoon::Strategy::Jit)).expect("the JIT");
            call!(wasmoon, instantiate, engine, &bytes, export, argument, times)
        }
        "cranelift" => call!(wasmtime, instantiate, wasmtime::Engine::default(), &bytes, export, argument, times),
        other => panic!("unknown engine '{other}'; expected wasmoon or cranelift"),
    };
    println!("{result:?}");
}
