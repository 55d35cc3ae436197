//! Arguments and expected results, as a script writes them.

use super::numbers::{VectorShape, f32_text, f64_text, list, vector_text};
use crate::runtime::store::Store;
use crate::runtime::types;
use crate::runtime::value::{Ref, Val};
use std::fmt;
use wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, ValType};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::Index;

/// The expected value of a float or a float lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Exactly these bits.
    Bits(u64),
    /// The canonical NaN, any sign.
    Canonical,
    /// Any NaN whose quiet bit is set.
    Arithmetic,
}

/// An expected result.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// This i32.
    I32(u32),
    /// This i64.
    I64(u64),
    /// An f32.
    F32(Lane),
    /// An f64.
    F64(Lane),
    /// A v128 with these lanes, from lane 0 on.
    V128(VectorShape, Vec<Lane>),
    /// Null, of this hierarchy if one is named.
    RefNull(Option<Hierarchy>),
    /// Null of a type that a module defines. Only the module could tell which one.
    RefNullDefined,
    /// A host value as externref, this one if one is named.
    RefExtern(Option<u32>),
    /// A host value as anyref.
    RefHost(u32),
    /// A function, of this index in its module if one is named.
    RefFunc(Option<u32>),
    /// Any reference in the hierarchy of `any`.
    RefAny,
    /// A reference to an `eq`.
    RefEq,
    /// A reference to an array.
    RefArray,
    /// A reference to a structure.
    RefStruct,
    /// An i31.
    RefI31,
    /// A shared i31.
    RefI31Shared,
    /// An exception.
    RefExn,
    /// A continuation.
    RefCont,
    /// A value that matches one of these patterns.
    Either(Vec<Pattern>),
}

/// The five hierarchies of heap types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hierarchy {
    /// Functions.
    Func,
    /// Host values.
    Extern,
    /// Structures, arrays and i31.
    Any,
    /// Exceptions.
    Exn,
    /// Continuations.
    Cont,
}

impl Hierarchy {
    /// Whether modules can define types in it: functions, aggregates or continuations.
    pub fn has_defined_types(self) -> bool {
        !matches!(self, Hierarchy::Extern | Hierarchy::Exn)
    }

    /// The name of its top type, as in `ref.null extern`.
    pub fn name(self) -> &'static str {
        match self {
            Hierarchy::Func => "func",
            Hierarchy::Extern => "extern",
            Hierarchy::Any => "any",
            Hierarchy::Exn => "exn",
            Hierarchy::Cont => "cont",
        }
    }
}

/// An argument of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128; lane 0 is in the lowest bits.
    V128(u128),
    /// Null; `None` for a type index, which every hierarchy with defined types accepts.
    RefNull(Option<Hierarchy>),
    /// A host value as externref.
    RefExtern(u32),
    /// A host value as anyref.
    RefHost(u32),
}

/// The hierarchy of a canonical heap type.
pub fn hierarchy(heap: HeapType) -> Hierarchy {
    use AbstractHeapType::*;
    match heap {
        HeapType::Abstract { ty, .. } => match ty {
            Func | NoFunc => Hierarchy::Func,
            Extern | NoExtern => Hierarchy::Extern,
            Exn | NoExn => Hierarchy::Exn,
            Cont | NoCont => Hierarchy::Cont,
            Any | None | Eq | Struct | Array | I31 => Hierarchy::Any,
        },
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            let id = index.as_module_index().expect("canonical types refer by canonical id");
            match types::info(id).ty.composite_type.inner {
                CompositeInnerType::Func(_) => Hierarchy::Func,
                CompositeInnerType::Struct(_) | CompositeInnerType::Array(_) => Hierarchy::Any,
                CompositeInnerType::Cont(_) => Hierarchy::Cont,
            }
        }
    }
}

fn written_hierarchy(heap: &wast::core::HeapType<'_>) -> Option<Hierarchy> {
    use wast::core::AbstractHeapType::*;
    match heap {
        wast::core::HeapType::Abstract { ty, .. } => Some(match ty {
            Func | NoFunc => Hierarchy::Func,
            Extern | NoExtern => Hierarchy::Extern,
            Exn | NoExn => Hierarchy::Exn,
            Cont | NoCont => Hierarchy::Cont,
            Any | None | Eq | Struct | Array | I31 => Hierarchy::Any,
        }),
        wast::core::HeapType::Concrete(_) | wast::core::HeapType::Exact(_) => Option::None,
    }
}

impl Arg {
    /// An argument as the script writes it.
    pub fn of(arg: &WastArgCore<'_>) -> Arg {
        match arg {
            WastArgCore::I32(v) => Arg::I32(*v as u32),
            WastArgCore::I64(v) => Arg::I64(*v as u64),
            WastArgCore::F32(v) => Arg::F32(v.bits),
            WastArgCore::F64(v) => Arg::F64(v.bits),
            WastArgCore::V128(v) => Arg::V128(u128::from_le_bytes(v.to_le_bytes())),
            WastArgCore::RefNull(heap) => Arg::RefNull(written_hierarchy(heap)),
            WastArgCore::RefExtern(n) => Arg::RefExtern(*n),
            WastArgCore::RefHost(n) => Arg::RefHost(*n),
        }
    }

    /// The value in a store, if it can be passed as a `ty`.
    pub fn value(self, ty: ValType, store: &mut Store) -> Option<Val> {
        Some(match (self, ty) {
            (Arg::I32(v), ValType::I32) => Val::I32(v),
            (Arg::I64(v), ValType::I64) => Val::I64(v),
            (Arg::F32(v), ValType::F32) => Val::F32(v),
            (Arg::F64(v), ValType::F64) => Val::F64(v),
            (Arg::V128(v), ValType::V128) => Val::V128(v),
            (Arg::RefNull(given), ValType::Ref(r))
                if r.is_nullable() && {
                    let wanted = hierarchy(r.heap_type());
                    given.map_or(wanted.has_defined_types(), |given| given == wanted)
                } =>
            {
                Val::Ref(Ref::Null)
            }
            // A host value has the top type of its hierarchy and no other: the bottom types have no values.
            (Arg::RefExtern(n), ValType::Ref(r))
                if matches!(r.heap_type(), HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) =>
            {
                Val::Ref(store.new_extern(u64::from(n)))
            }
            (Arg::RefHost(n), ValType::Ref(r))
                if matches!(r.heap_type(), HeapType::Abstract { ty: AbstractHeapType::Any, .. }) =>
            {
                Val::Ref(store.new_extern(u64::from(n)))
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::I32(v) => write!(f, "i32 {}", *v as i32),
            Arg::I64(v) => write!(f, "i64 {}", *v as i64),
            Arg::F32(v) => write!(f, "{}", f32_text(*v)),
            Arg::F64(v) => write!(f, "{}", f64_text(*v)),
            Arg::V128(v) => write!(f, "{}", vector_text(VectorShape::I32x4, *v)),
            Arg::RefNull(_) => f.write_str("null"),
            Arg::RefExtern(n) => write!(f, "extern {n}"),
            Arg::RefHost(n) => write!(f, "host {n}"),
        }
    }
}

/// An expected result that cannot be judged: the feature or form that is not supported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A function by its identifier, which only the text format could resolve.
    #[error("ref.func ${0} as an expected result")]
    FunctionById(String),
    /// A value of the component model.
    #[error("component-model")]
    Component,
}

impl Pattern {
    /// A pattern as the script writes it.
    ///
    /// # Errors
    /// It names a function by identifier, which only the text format could resolve, or is a value of the component model.
    pub fn of(ret: &WastRetCore<'_>) -> Result<Pattern, PatternError> {
        Ok(match ret {
            WastRetCore::I32(v) => Pattern::I32(*v as u32),
            WastRetCore::I64(v) => Pattern::I64(*v as u64),
            WastRetCore::F32(p) => Pattern::F32(lane(p, |v| u64::from(v.bits))),
            WastRetCore::F64(p) => Pattern::F64(lane(p, |v| v.bits)),
            WastRetCore::V128(p) => vector(p),
            WastRetCore::RefNull(None) => Pattern::RefNull(None),
            WastRetCore::RefNull(Some(heap)) => {
                written_hierarchy(heap).map_or(Pattern::RefNullDefined, |hierarchy| Pattern::RefNull(Some(hierarchy)))
            }
            WastRetCore::RefExtern(n) => Pattern::RefExtern(*n),
            WastRetCore::RefHost(n) => Pattern::RefHost(*n),
            WastRetCore::RefFunc(None) => Pattern::RefFunc(None),
            WastRetCore::RefFunc(Some(Index::Num(n, _))) => Pattern::RefFunc(Some(*n)),
            WastRetCore::RefFunc(Some(Index::Id(id))) => {
                return Err(PatternError::FunctionById(id.name().to_string()));
            }
            WastRetCore::RefAny => Pattern::RefAny,
            WastRetCore::RefEq => Pattern::RefEq,
            WastRetCore::RefArray => Pattern::RefArray,
            WastRetCore::RefStruct => Pattern::RefStruct,
            WastRetCore::RefI31 => Pattern::RefI31,
            WastRetCore::RefI31Shared => Pattern::RefI31Shared,
            WastRetCore::Either(arms) => Pattern::Either(arms.iter().map(Pattern::of).collect::<Result<_, _>>()?),
        })
    }
}

fn lane<T>(pattern: &NanPattern<T>, bits: impl Fn(&T) -> u64) -> Lane {
    match pattern {
        NanPattern::CanonicalNan => Lane::Canonical,
        NanPattern::ArithmeticNan => Lane::Arithmetic,
        NanPattern::Value(v) => Lane::Bits(bits(v)),
    }
}

fn vector(pattern: &V128Pattern) -> Pattern {
    let (shape, lanes) = match pattern {
        V128Pattern::I8x16(l) => (VectorShape::I8x16, l.iter().map(|v| Lane::Bits(u64::from(*v as u8))).collect()),
        V128Pattern::I16x8(l) => (VectorShape::I16x8, l.iter().map(|v| Lane::Bits(u64::from(*v as u16))).collect()),
        V128Pattern::I32x4(l) => (VectorShape::I32x4, l.iter().map(|v| Lane::Bits(u64::from(*v as u32))).collect()),
        V128Pattern::I64x2(l) => (VectorShape::I64x2, l.iter().map(|v| Lane::Bits(*v as u64)).collect()),
        V128Pattern::F32x4(l) => (VectorShape::F32x4, l.iter().map(|p| lane(p, |v| u64::from(v.bits))).collect()),
        V128Pattern::F64x2(l) => (VectorShape::F64x2, l.iter().map(|p| lane(p, |v| v.bits)).collect()),
    };
    Pattern::V128(shape, lanes)
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nan = |f: &mut fmt::Formatter<'_>, ty: &str, l: &Lane| match l {
            Lane::Canonical => write!(f, "{ty} nan:canonical"),
            _ => write!(f, "{ty} nan:arithmetic"),
        };
        match self {
            Pattern::I32(v) => write!(f, "i32 {}", *v as i32),
            Pattern::I64(v) => write!(f, "i64 {}", *v as i64),
            Pattern::F32(Lane::Bits(v)) => write!(f, "{}", f32_text(*v as u32)),
            Pattern::F64(Lane::Bits(v)) => write!(f, "{}", f64_text(*v)),
            Pattern::F32(l) => nan(f, "f32", l),
            Pattern::F64(l) => nan(f, "f64", l),
            Pattern::V128(shape, lanes) => {
                write!(f, "v128 {}", shape.name())?;
                lanes.iter().try_for_each(|l| match l {
                    Lane::Bits(v) => write!(f, " 0x{v:0w$x}", w = shape.lane_bits() as usize / 4),
                    Lane::Canonical => f.write_str(" nan:canonical"),
                    Lane::Arithmetic => f.write_str(" nan:arithmetic"),
                })
            }
            Pattern::RefNull(None) => f.write_str("null"),
            Pattern::RefNull(Some(h)) => write!(f, "null {}", h.name()),
            Pattern::RefNullDefined => f.write_str("null of a defined type"),
            Pattern::RefExtern(None) => f.write_str("extern"),
            Pattern::RefExtern(Some(n)) => write!(f, "extern {n}"),
            Pattern::RefHost(n) => write!(f, "host {n}"),
            Pattern::RefFunc(None) => f.write_str("func"),
            Pattern::RefFunc(Some(n)) => write!(f, "func {n}"),
            Pattern::RefAny => f.write_str("any"),
            Pattern::RefEq => f.write_str("eq"),
            Pattern::RefArray => f.write_str("array"),
            Pattern::RefStruct => f.write_str("struct"),
            Pattern::RefI31 => f.write_str("i31"),
            Pattern::RefI31Shared => f.write_str("i31 shared"),
            Pattern::RefExn => f.write_str("exn"),
            Pattern::RefCont => f.write_str("cont"),
            Pattern::Either(arms) => write!(f, "either [{}]", list(arms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine, Mode, Tier};
    use crate::module::{Module, WasmFeatures};
    use crate::runtime::store::{Extern, Limits};
    use std::sync::Arc;

    /// A type that a module defines belongs to the hierarchy of its kind.
    #[test]
    fn defined_types_are_in_their_hierarchies() {
        use Hierarchy::{Any, Cont, Exn, Extern as Host, Func};
        let text = r#"(module (type $f (func)) (type $s (struct)) (type $a (array i8)) (type $c (cont $f))
            (func (export "f") (result (ref null $f) (ref null $s) (ref null $a) (ref null $c)) (unreachable)))"#;
        let bytes = wat::parse_str(text).expect("a module");
        let features = WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING;
        let module = Arc::new(Module::new(&bytes, features).expect("a valid module"));
        let engine = Engine::new(Config { mode: Mode::All(Tier::Interp), ..Config::default() }).expect("an engine");
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(&module).expect("code"), &[]).expect("an instance");
        let Some(Extern::Func(f)) = store.export(instance, "f") else { panic!("no function") };
        let ty = store.func_type(f);
        let hierarchies = ty.results().iter().map(|ty| match ty {
            ValType::Ref(r) => hierarchy(r.heap_type()),
            other => panic!("{other}"),
        });
        assert_eq!(hierarchies.collect::<Vec<_>>(), [Func, Any, Any, Cont]);
        let defined = [Func, Host, Any, Exn, Cont].map(Hierarchy::has_defined_types);
        assert_eq!(defined, [true, false, true, false, true]);
    }

    /// Tests the texts of expected results and of arguments.
    #[test]
    fn patterns_and_arguments_have_these_texts() {
        let lanes = vec![Lane::Bits(0x3f80_0000), Lane::Canonical, Lane::Arithmetic, Lane::Bits(1)];
        for (pattern, text) in [
            (Pattern::I32(u32::MAX), "i32 -1"),
            (Pattern::I64(1 << 63), "i64 -9223372036854775808"),
            (Pattern::F32(Lane::Bits(0x3f80_0000)), "f32 1.0 (0x3f800000)"),
            (Pattern::F32(Lane::Canonical), "f32 nan:canonical"),
            (Pattern::F32(Lane::Arithmetic), "f32 nan:arithmetic"),
            (Pattern::F64(Lane::Bits(0x3ff0 << 48)), "f64 1.0 (0x3ff0000000000000)"),
            (Pattern::F64(Lane::Canonical), "f64 nan:canonical"),
            (Pattern::F64(Lane::Arithmetic), "f64 nan:arithmetic"),
            (Pattern::V128(VectorShape::F32x4, lanes), "v128 f32x4 0x3f800000 nan:canonical nan:arithmetic 0x00000001"),
            (
                Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(1), Lane::Bits(255)]),
                "v128 i64x2 0x0000000000000001 0x00000000000000ff",
            ),
            (Pattern::RefNull(None), "null"),
            (Pattern::RefNull(Some(Hierarchy::Exn)), "null exn"),
            (Pattern::RefNullDefined, "null of a defined type"),
            (Pattern::RefExtern(None), "extern"),
            (Pattern::RefExtern(Some(1)), "extern 1"),
            (Pattern::RefHost(1), "host 1"),
            (Pattern::RefFunc(None), "func"),
            (Pattern::RefFunc(Some(1)), "func 1"),
            (Pattern::Either(vec![Pattern::RefAny, Pattern::RefEq]), "either [any, eq]"),
        ] {
            assert_eq!(pattern.to_string(), text);
        }
        for (arg, text) in [
            (Arg::I32(u32::MAX), "i32 -1"),
            (Arg::I64(u64::MAX), "i64 -1"),
            (Arg::F32(0x3f80_0000), "f32 1.0 (0x3f800000)"),
            (Arg::F64(0x3ff0 << 48), "f64 1.0 (0x3ff0000000000000)"),
            (Arg::V128(1 << 64), "v128 i32x4 0x00000000 0x00000000 0x00000001 0x00000000"),
            (Arg::RefNull(None), "null"),
            (Arg::RefExtern(1), "extern 1"),
            (Arg::RefHost(1), "host 1"),
        ] {
            assert_eq!(arg.to_string(), text);
        }
    }
}
