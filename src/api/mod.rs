//! The interface for embedders: safe, and with the names that other engines use.
//!
//! | file | contents |
//! |---|---|
//! | `engine` | engines and their configuration |
//! | `module` | compiled modules |
//! | `store` | stores, their limits, and the ways to pass one on |
//! | `func` | functions, of instances and of the host |
//! | `entities` | memories, tables, globals, tags |
//! | `instance`, `linker` | instances, and where their imports come from |
//! | `values`, `types` | values and types |
//! | `roots`, `objects` | references, and what they refer to |
//! | `error` | the error |
//! | `wasip1` | WASI alongside an embedder's own functions |
//! | `scripts/` | scripts on our backends and on other engines, judged and reported |
//!
//! **Soundness.** The rooms below trust the entity numbers, function addresses, object offsets and value types that they
//! are given. This room hands out none of these. A handle holds the number of its store, which is unique for the life of
//! the process, and is used only after that number has been compared. A reference to an object is the index of a root
//! with a serial number. A value is checked against the type of the place it goes to. The one function that must trust
//! its input, `Module::deserialize`, is `unsafe`.

mod engine;
mod entities;
mod error;
mod func;
mod instance;
mod linker;
mod module;
mod objects;
mod roots;
#[cfg(feature = "harness")]
pub mod scripts;
mod store;
mod types;
mod values;
#[cfg(feature = "wasi")]
pub mod wasip1;

#[cfg(feature = "compiled-files")]
pub use crate::engine::compiled_file::CompiledFileError;
pub use crate::engine::{CompileError, ConfigError};
pub use crate::module::{DecodeError, Phase};
pub use crate::runtime::linking::LinkError;
pub use crate::runtime::resource::ResourceError;
pub use crate::runtime::store::{BacktraceFrame, InstanceId, InterruptHandle, Trap};
pub use crate::runtime::trap::TrapCode;
pub use crate::runtime::watchdog::Watchdog;
pub use engine::{Config, Engine, OptLevel, Strategy};
pub use entities::{Extern, Global, Memory, SharedMemory, Table, Tag};
pub use error::{Error, ErrorKind, UsageError};
pub use func::{Func, IntoFunc, TypedFunc, WasmParams, WasmResults, WasmRet, WasmTy};
pub use instance::Instance;
pub use linker::Linker;
pub use module::{ExportType, ImportType, Module};
pub use objects::{AnyRef, ArrayRef, ContRef, ExnRef, ExternRef, StructRef};
pub use roots::{OwnedRooted, RootScope, Rooted};
pub use store::{
    AsContext, AsContextMut, Caller, Store, StoreContext, StoreContextMut, StoreLimits, StoreLimitsBuilder,
};
pub use types::{
    ArrayType, DefinedType, ExternType, FieldType, FuncType, GlobalType, HeapType, MemoryType, Mutability, RefType,
    StorageType, StructType, TableType, TagType, ValType,
};
pub use values::{V128, Val};
