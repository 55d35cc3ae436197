//! Functions that the JIT does not translate: unimplemented features by name, and limits.

use crate::jit::ir::Type;
use crate::module::{AbstractHeapType, CompositeInnerType, FuncType, HeapType, Module, RefType, ValType};

/// A valid function that this compiler cannot translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The missing feature, or the limit.
    pub reason: Reason,
    /// Byte offset in the module's binary.
    pub offset: u32,
}

/// The reason why a function cannot be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A feature that is not implemented: "shared-everything-threads", "multibyte-array-access", …
    Feature(&'static str),
    /// An implementation limit.
    Limit(Limit),
    /// The limit [`PassedValues`](Limit::PassedValues) as lowered by the memory available for compiling.
    Memory,
    /// The time ran out, or there was an interrupt.
    Timeout,
}

/// An implementation limit that a function exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The branches pass too many locals and operands, or the operators take too much compared with their bytes.
    PassedValues,
    /// The arguments and handlers of a `resume` do not fit in the transfer buffer.
    Handlers,
    /// There are more locals and operands at a loop than a function that begins there can take.
    CarriedValues,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::Feature(feature) => feature,
            Reason::Timeout => "a function that takes longer than the time limit",
            Reason::Limit(Limit::PassedValues) => "too many values passed along branches, or made by few bytes",
            Reason::Memory => {
                "more values passed along branches, or made by few bytes, than the memory for compiling allows"
            }
            Reason::Limit(Limit::Handlers) => "too many arguments and handlers of a resume",
            Reason::Limit(Limit::CarriedValues) => "more than 1,000 locals and operands at a loop",
        })
    }
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not supported by the JIT (at offset {:#x})", self.reason, self.offset)
    }
}

impl std::error::Error for Unsupported {}

/// Returns the IR type for values of a WebAssembly type.
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

/// The top of a heap type's hierarchy, as far as it affects the representation of values: functions, or everything else.
fn erase(module: &Module, heap: HeapType) -> RefType {
    let functions = match heap {
        HeapType::Abstract { ty, .. } => matches!(ty, AbstractHeapType::Func | AbstractHeapType::NoFunc),
        HeapType::Concrete(index) | HeapType::Exact(index) => index
            .as_module_index()
            .is_some_and(|i| matches!(module.types[i as usize].composite_type.inner, CompositeInnerType::Func(_))),
    };
    if functions { RefType::FUNCREF } else { RefType::EXTERNREF }
}

/// A signature with every reference type replaced by the top of its hierarchy, as calls need it.
pub(super) fn erased(module: &Module, ty: &FuncType) -> FuncType {
    let erase = |&t: &ValType| match t {
        ValType::Ref(r) => ValType::Ref(erase(module, r.heap_type())),
        other => other,
    };
    FuncType::new(ty.params().iter().map(erase), ty.results().iter().map(erase))
}
