//! The table of all functions, and the path from a call to its method.

use super::context::{WasiCtx, WasiCtxBuilder};
use super::guest::Guest;
use super::types::{Errno, Stop};
use crate::module::{FuncType, ImportType, Module, ValType};
use crate::runtime::store::{Abort, Extern, InstanceId, MemoryId, Store, Trap};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Val;
use crate::text::counted;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// The name of the module that programs import from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// The maximum number of missing imports that are listed.
const MOST_LISTED: usize = 100;
/// The maximum number of bytes of a name in that list.
const MOST_OF_A_NAME: usize = 200;

/// A number passed as an argument; addresses and lengths are `u32`.
trait Param {
    const TYPE: ValType;
    fn of(value: &Val) -> Self;
}

impl Param for u32 {
    const TYPE: ValType = ValType::I32;
    fn of(value: &Val) -> u32 {
        match value {
            Val::I32(v) => *v,
            other => unreachable!("linking checked the types: {other:?}"),
        }
    }
}

impl Param for u64 {
    const TYPE: ValType = ValType::I64;
    fn of(value: &Val) -> u64 {
        match value {
            Val::I64(v) => *v,
            other => unreachable!("linking checked the types: {other:?}"),
        }
    }
}

type Call = fn(&mut WasiCtx, &mut Guest<'_>, &[Val]) -> Result<(), Stop>;

/// A function of the interface.
pub struct Function {
    name: &'static str,
    params: &'static [ValType],
    call: Call,
}

macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ty),*);)*) => {
        /// All functions.
        pub(crate) static FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            params: &[$(<$ty as Param>::TYPE),*],
            call: |running, guest, args| {
                #[allow(unused_mut, unused_variables, reason = "some functions have no parameters")]
                let mut args = args.iter();
                $(let $arg = <$ty as Param>::of(args.next().expect("linking checked their number"));)*
                running.$name(guest, $($arg),*)
            },
        }),*];

        /// Names of all functions.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

functions! {
    args_get(argv: u32, buffer: u32);
    args_sizes_get(count: u32, size: u32);
    environ_get(environ: u32, buffer: u32);
    environ_sizes_get(count: u32, size: u32);
    clock_res_get(id: u32, resolution: u32);
    clock_time_get(id: u32, precision: u64, time: u32);
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, stat: u32);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
    fd_filestat_get(fd: u32, stat: u32);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32);
    fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32);
    fd_prestat_get(fd: u32, prestat: u32);
    fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
    fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32);
    fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32);
    fd_readdir(fd: u32, buffer: u32, buffer_len: u32, cookie: u64, used: u32);
    fd_renumber(fd: u32, to: u32);
    fd_seek(fd: u32, offset: u64, whence: u32, position: u32);
    fd_sync(fd: u32);
    fd_tell(fd: u32, position: u32);
    fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32);
    path_create_directory(fd: u32, path: u32, path_len: u32);
    path_filestat_get(fd: u32, lookup: u32, path: u32, path_len: u32, stat: u32);
    path_filestat_set_times(fd: u32, lookup: u32, path: u32, path_len: u32, atim: u64, mtim: u64, flags: u32);
    path_link(old_fd: u32, lookup: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
    path_open(
        fd: u32, lookup: u32, path: u32, path_len: u32, oflags: u32, base: u64, inheriting: u64, fdflags: u32,
        opened: u32
    );
    path_readlink(fd: u32, path: u32, path_len: u32, buffer: u32, buffer_len: u32, used: u32);
    path_remove_directory(fd: u32, path: u32, path_len: u32);
    path_rename(fd: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
    path_symlink(old: u32, old_len: u32, fd: u32, new: u32, new_len: u32);
    path_unlink_file(fd: u32, path: u32, path_len: u32);
    poll_oneoff(subscriptions: u32, events: u32, count: u32, stored: u32);
    proc_exit(code: u32);
    proc_raise(signal: u32);
    sched_yield();
    random_get(buffer: u32, len: u32);
    sock_accept(fd: u32, flags: u32, accepted: u32);
    sock_recv(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nread: u32, out_flags: u32);
    sock_send(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nwritten: u32);
    sock_shutdown(fd: u32, how: u32);
}

impl Function {
    /// The name in [`MODULE`].
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type.
    pub fn ty(&self) -> FuncType {
        // It does not return, and its type says so.
        let results: &[ValType] = if self.name == "proc_exit" { &[] } else { &[ValType::I32] };
        FuncType::new(self.params.iter().copied(), results.iter().copied())
    }

    /// Calls the function for a program with this memory, which other threads must not access.
    ///
    /// # Errors
    /// `Exit`; `Trap` if the call stopped because the fuel is used up or the program is interrupted; `Host` if the function
    /// needs a memory and there is none.
    pub(crate) fn call(
        &self,
        ctx: &mut WasiCtx,
        store: &mut Store,
        memory: Option<MemoryId>,
        args: &[Val],
    ) -> Result<Vec<Val>, Abort> {
        let (fuel, interrupt) = (store.fuel(), store.interrupt_handle());
        let bytes = match memory {
            Some(memory) => store.memory_bytes_mut(memory),
            // Without a memory, no address is in bounds. Programs that only exit or yield need no memory.
            None => &mut [],
        };
        let mut guest = Guest { bytes, interrupt: &interrupt, fuel, stopped: None };
        let result = (self.call)(ctx, &mut guest, args);
        let (left, stopped) = (guest.fuel, guest.stopped);
        if left != fuel {
            store.set_fuel(left);
        }
        // The caller might exit before it notices the stop.
        if let Some(code) = stopped {
            if code == TrapCode::Interrupt {
                store.take_interrupt();
            }
            return Err(Abort::Trap(Trap::new(code)));
        }
        let code = match result {
            Ok(()) => 0,
            Err(Stop::Errno(Errno::Fault)) if memory.is_none() => {
                let message = format!("the program calls {} but exports no memory named \"memory\"", self.name);
                return Err(Abort::Host(message));
            }
            Err(Stop::Errno(e)) => e as u32,
            Err(Stop::Exit(code)) => return Err(Abort::Exit(code)),
        };
        Ok(vec![Val::I32(code)])
    }
}

/// Why a module's imports cannot be provided.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// These imports are not provided: one sentence each, with name and type, and one for all beyond the first hundred.
    #[error("nothing provides {}", .0.join(", "))]
    Missing(Vec<String>),
    /// A standard stream cannot be given to the program.
    #[error("cannot pass a standard stream to the program: {0}")]
    Io(std::io::Error),
}

/// Returns a module's imports, in order: functions of [`MODULE`], for the next instance of this store.
///
/// # Errors
/// See [`LinkError`].
pub fn link(store: &mut Store, ctx: WasiCtxBuilder, module: &Module) -> Result<Vec<Extern>, LinkError> {
    let missing = missing(module);
    if !missing.is_empty() {
        return Err(LinkError::Missing(missing));
    }
    let shared = Rc::new(ProgramState {
        running: RefCell::new(ctx.build().map_err(LinkError::Io)?),
        instance: InstanceId(store.instances()),
        memory: Cell::new(None),
    });
    let mut made: HashMap<&str, Extern> = HashMap::new();
    let mut imports = Vec::with_capacity(module.imports.len());
    for import in &module.imports {
        let function = FUNCTIONS.iter().find(|f| f.name == import.name).expect("looked up above");
        let item = *made.entry(function.name).or_insert_with(|| {
            let shared = Rc::clone(&shared);
            let call = Box::new(move |store: &mut Store, args: &[Val]| shared.call(function, store, args));
            Extern::Func(store.new_host_func(function.name, function.ty(), call))
        });
        imports.push(item);
    }
    Ok(imports)
}

/// Returns the imports of a module that [`link`] does not provide, by name and type; if there are many, the first ones and the
/// number of the others.
pub fn missing(module: &Module) -> Vec<String> {
    let mut missing = module.imports.iter().filter(|i| *i.module != *MODULE || !NAMES.contains(&i.name.as_str()));
    let first = missing.by_ref().take(MOST_LISTED);
    let mut list: Vec<String> = first
        .map(|i| format!("\"{}\" \"{}\" ({})", shown(&i.module), shown(&i.name), describe(module, i.ty)))
        .collect();
    match missing.count() {
        0 => {}
        more => list.push(format!("and {more} more")),
    }
    list
}

/// Returns a name for a message; for a long name, its beginning.
fn shown(name: &str) -> String {
    match &name[..name.floor_char_boundary(MOST_OF_A_NAME)] {
        all if all.len() == name.len() => all.escape_debug().to_string(),
        start => format!("{}…", start.escape_debug()),
    }
}

fn describe(module: &Module, ty: ImportType) -> String {
    match ty {
        ImportType::Func { ty, .. } => module.func_type(ty).to_string(),
        ImportType::Table(ty) => format!("a table of {}", ty.element_type),
        ImportType::Memory(ty) => format!("a memory of at least {}", counted(ty.initial, "page")),
        ImportType::Global(ty) => format!("a global {}{}", if ty.mutable { "mut " } else { "" }, ty.content_type),
        ImportType::Tag(ty) => format!("a tag {}", module.func_type(ty)),
    }
}

/// The state that all functions of a program share.
struct ProgramState {
    running: RefCell<WasiCtx>,
    instance: InstanceId,
    /// The memory, once it has been looked up.
    memory: Cell<Option<MemoryId>>,
}

impl ProgramState {
    fn call(&self, function: &Function, store: &mut Store, args: &[Val]) -> Result<Vec<Val>, Abort> {
        let memory = match self.memory.get() {
            Some(memory) => Some(memory),
            // Before the instance is created, it has no memory either.
            None if self.instance.0 >= store.instances() => None,
            None => match store.export(self.instance, "memory") {
                Some(Extern::Memory(memory)) => Some(memory),
                _ => None,
            },
        };
        self.memory.set(memory);
        function.call(&mut self.running.borrow_mut(), store, memory, args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_missing_imports_are_counted() {
        let imports = |n: usize| {
            let long = "é".repeat(150);
            let import = |i: usize| format!(r#"(import "m" "{i}{long}" (func))"#);
            let text = format!("(module {})", (0..n).map(import).collect::<String>());
            let bytes = wat::parse_str(text).expect("a module");
            missing(&Module::new(&bytes, crate::module::WasmFeatures::default()).expect("valid"))
        };
        // At most 200 of a name's 301 bytes are shown, and no half of a character.
        assert_eq!(imports(1), [format!("\"m\" \"0{}…\" ({})", "é".repeat(99), FuncType::new([], []))]);
        assert_eq!(imports(MOST_LISTED).len(), MOST_LISTED);
        let more = imports(MOST_LISTED + 3);
        assert_eq!((more.len(), more.last().map(String::as_str)), (MOST_LISTED + 1, Some("and 3 more")));
    }

    /// The interface has 46 functions.
    #[test]
    fn all_functions_are_there() {
        assert_eq!(NAMES.len(), 46);
        assert!(NAMES.iter().all(|name| NAMES.iter().filter(|n| n == &name).count() == 1));
    }
}
