//! What the JIT does not support yet, by name.

use crate::jit::ir::Type;
use crate::module::{AbstractHeapType, CompositeInnerType, FuncType, HeapType, Module, RefType, ValType};
use wasmparser::Operator;

/// A valid function that this compiler cannot translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// "shared-everything-threads", "multibyte-array-access", …
    pub feature: &'static str,
    /// Byte offset in the module's binary.
    pub offset: u32,
}

/// What a feature is called that is none: the function is over a limit of this compiler.
pub const TOO_MANY_VALUES: &str = "too many values that pass along branches, of locals and operands";

/// The same, of a `resume`.
pub const TOO_MANY_HANDLERS: &str = "too many arguments and handlers of a resume";

impl Unsupported {
    /// Whether an implementation limit is at fault, and no feature.
    pub fn is_limit(&self) -> bool {
        matches!(self.feature, TOO_MANY_VALUES | TOO_MANY_HANDLERS)
    }
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
        "shared_everything_threads" => "shared-everything-threads",
        "acquire_release_atomics" => "acquire-release-atomics",
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
pub(super) fn supported_type(module: &Module, ty: ValType) -> Result<Type, &'static str> {
    match ty {
        ValType::Ref(r) => supported_heap_type(module, r.heap_type()),
        _ => Ok(Type::of(ty)),
    }
}

/// As [`supported_type`], for a reference.
pub(super) fn supported_heap_type(module: &Module, heap: HeapType) -> Result<Type, &'static str> {
    match heap {
        HeapType::Abstract { shared: true, .. } => Err("shared-everything-threads"),
        _ => Ok(Type::of(ValType::Ref(erase(module, heap)))),
    }
}

/// The top of a heap type's hierarchy, as far as it matters to how values are held: functions, or everything else.
fn erase(module: &Module, heap: HeapType) -> RefType {
    let functions = match heap {
        HeapType::Abstract { ty, .. } => matches!(ty, AbstractHeapType::Func | AbstractHeapType::NoFunc),
        HeapType::Concrete(index) | HeapType::Exact(index) => index
            .as_module_index()
            .is_some_and(|i| matches!(module.types[i as usize].composite_type.inner, CompositeInnerType::Func(_))),
    };
    if functions { RefType::FUNCREF } else { RefType::EXTERNREF }
}

/// A signature with every reference type replaced by the top of its hierarchy: as calls need it.
pub(super) fn erased(module: &Module, ty: &FuncType) -> FuncType {
    let erase = |&t: &ValType| match t {
        ValType::Ref(r) => ValType::Ref(erase(module, r.heap_type())),
        other => other,
    };
    FuncType::new(ty.params().iter().map(erase), ty.results().iter().map(erase))
}
