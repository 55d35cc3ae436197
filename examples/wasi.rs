//! A WASI preview 1 program with arguments and a folder, whose output is captured.
//!
//!     cargo run --example wasi [MODULE FOLDER ARGUMENT...]

use std::path::PathBuf;
use wasmoon::wasip1::{self, Capture, Output, WasiCtx, WasiCtxBuilder};
use wasmoon::{Engine, Linker, Module, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    let file = args.next().map_or(examples.join("sort.wat"), PathBuf::from);
    let folder = args.next().map_or(examples, PathBuf::from);
    let mut args: Vec<String> = args.collect();
    if args.is_empty() {
        args.push("/in.txt".into());
    }

    // The program sees what it is given here, and nothing else.
    let output = Capture::default();
    let mut context = WasiCtxBuilder::new();
    context.arg("program").dir(&folder, "/")?.stdout(Output::Capture(output.clone())).stderr(Output::Inherit);
    for arg in args {
        context.arg(arg);
    }

    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    wasip1::add_to_linker(&mut linker, |context: &mut WasiCtx| context)?;
    // Your own host functions can be defined next to those of WASI.
    linker.func_wrap("host", "version", || 1i32)?;

    let module = Module::from_file(&engine, file)?;
    let mut store = Store::new(&engine, context.build()?);
    let instance = linker.instantiate(&mut store, &module)?;
    let ended = instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ());
    print!("{}", String::from_utf8_lossy(&output.take()));
    match ended {
        Ok(()) => Ok(()),
        // `proc_exit` ends a program from inside.
        Err(error) => match error.i32_exit_status() {
            Some(status) => std::process::exit(status),
            None => Err(error.into()),
        },
    }
}
