//! What the JIT does not support yet, by name.

use crate::jit::ir::Type;
use crate::module::{AbstractHeapType, HeapType, MemoryType, ValType};
use wasmparser::Operator;

/// A valid function that this compiler cannot translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// "simd", "gc", "function-references", "memory64", "threads", "stack-switching", …
    pub feature: &'static str,
    /// Byte offset in the module's binary.
    pub offset: u32,
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not supported by the JIT (at offset {:#x})", self.feature, self.offset)
    }
}

impl std::error::Error for Unsupported {}

macro_rules! operator_features {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The proposal that an operator belongs to.
        pub(super) fn operator_feature(op: &Operator<'_>) -> &'static str {
            match op {
                $(Operator::$op { .. } => feature_name(stringify!($proposal)),)*
                _ => "unknown operator",
            }
        }
    };
}
wasmparser::for_each_operator!(operator_features);

fn feature_name(proposal: &'static str) -> &'static str {
    match proposal {
        "simd" | "relaxed_simd" => "simd",
        "threads" | "shared_everything_threads" | "acquire_release_atomics" => "threads",
        "function_references" => "function-references",
        "stack_switching" => "stack-switching",
        "legacy_exceptions" => "legacy-exceptions",
        "wide_arithmetic" => "wide-arithmetic",
        "custom_descriptors" => "custom-descriptors",
        "memory_control" => "memory-control",
        other => other,
    }
}

/// How a value of a WebAssembly type is held.
///
/// # Errors
/// The feature that the type belongs to, if it is not supported.
pub(super) fn supported_type(ty: ValType) -> Result<Type, &'static str> {
    match ty {
        ValType::V128 => Err("simd"),
        ValType::Ref(r) => {
            let held = supported_heap_type(r.heap_type())?;
            if r.is_nullable() { Ok(held) } else { Err("function-references") }
        }
        _ => Ok(Type::of(ty)),
    }
}

/// As [`supported_type`], for a nullable reference.
pub(super) fn supported_heap_type(heap: HeapType) -> Result<Type, &'static str> {
    use AbstractHeapType as A;
    match heap {
        HeapType::Abstract { shared: true, .. } => Err("threads"),
        HeapType::Abstract { shared: false, ty } => match ty {
            A::Func | A::NoFunc => Ok(Type::Ptr),
            A::Extern | A::NoExtern | A::Exn | A::NoExn => Ok(Type::Ref32),
            A::Cont | A::NoCont => Err("stack-switching"),
            A::Any | A::None | A::Eq | A::Struct | A::Array | A::I31 => Err("gc"),
        },
        _ => Err("function-references"),
    }
}

/// Whether accesses to a memory can be made.
///
/// # Errors
/// The feature that the memory belongs to, if it is not supported.
pub(super) fn supported_memory(ty: &MemoryType) -> Result<(), &'static str> {
    if ty.memory64 {
        Err("memory64")
    } else if ty.page_size_log2.is_some_and(|p| p != 16) {
        Err("custom-page-sizes")
    } else if ty.shared {
        Err("threads")
    } else {
        Ok(())
    }
}
