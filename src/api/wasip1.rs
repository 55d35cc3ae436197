//! WASI preview 1 for programs that an embedder runs, alongside its own host functions.

use super::error::Error;
use super::func::Func;
use super::linker::Linker;
use super::store::StoreContextMut;
use super::types::FuncType;
use crate::runtime::store as low;
use crate::runtime::types;
use crate::runtime::value::Val;
use crate::wasi::{FUNCTIONS, MODULE};

pub use crate::wasi::{Capture, Input, Output, WasiCtx, WasiCtxBuilder, WasiLimits};

/// Defines all functions of WASI preview 1. `get` finds the program's state in the store's data.
///
/// The functions read and write the memory that the calling instance exports as `memory`. That memory must not be
/// shared.
///
/// ```
/// # use wasmoon::{Engine, Linker, Module, Store};
/// use wasmoon::wasip1::{self, Capture, Output, WasiCtx, WasiCtxBuilder};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module
///     (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
///     (memory (export "memory") 1)
///     (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
///     (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))"#)?;
/// let output = Capture::default();
/// let mut context = WasiCtxBuilder::new();
/// context.stdout(Output::Capture(output.clone()));
/// let mut store: Store<WasiCtx> = Store::new(&engine, context.build()?);
/// let mut linker = Linker::new(&engine);
/// wasip1::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())?;
/// assert_eq!(output.take(), b"hello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The calling instance is [`Caller::instance`](super::Caller::instance). After a tail call, which replaces its caller, this is
/// the instance below; if the host calls, it is the instance whose code called the host. If no code is running, there is no
/// memory.
///
/// # Errors
/// [`Defined`](super::UsageError::Defined) if the linker already has one of the names.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<(), Error> {
    for function in FUNCTIONS {
        let ty = function.ty();
        let id = FuncType(types::register_func(&ty).map_err(crate::runtime::resource::ResourceError::from)?);
        let make = move |mut store: StoreContextMut<'_, T>| {
            let params = id.lower().params();
            let call = move |store: StoreContextMut<'_, T>, slots: &mut [u64]| {
                let (opaque, data) = store.split();
                let memory = match opaque.low.running_instance().and_then(|id| opaque.low.export(id, "memory")) {
                    Some(low::Extern::Memory(id)) if opaque.low.shared_memory(id).is_some() => {
                        return Err(Error::new(format!("{}: the program's memory is shared", function.name())));
                    }
                    Some(low::Extern::Memory(id)) => Some(id),
                    _ => None,
                };
                // All parameters are numbers that take one slot each.
                let args: smallvec::SmallVec<[Val; 9]> =
                    params.iter().zip(&*slots).map(|(&ty, &slot)| Val::from_slots(&[slot], ty)).collect();
                let results = function.call(get(data), &mut opaque.low, memory, &args);
                for (result, slot) in results.map_err(|abort| opaque.raise(abort))?.into_iter().zip(slots) {
                    result.to_slots(std::slice::from_mut(slot));
                }
                Ok(())
            };
            // SAFETY: the function returns a number, or nothing, as its type says.
            unsafe { Func::from_slots(&mut store, function.name(), id, call) }
        };
        linker.define_host(MODULE, function.name(), Box::new(make))?;
    }
    Ok(())
}
