//! Values as the harness sees them: what a script expects, what a backend returned, and when one matches the other.
//!
//! [`Seen`] is a copy that outlives the store it came from, with references described by where they come from instead
//! of by address, so that values of two stores can be held against each other.

use super::objects::{Graph, NodeKind};
use super::shown;
use crate::runtime::store::{Cont, Extern, InstanceId, Shape as ObjectShape, Store, TagId};
use crate::runtime::types::{self, TypeId};
use crate::runtime::value::{GcRef, Ref, Val};
use std::collections::HashMap;
use std::fmt;
use wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, ValType};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::Index;

/// What a float, or a float lane, is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Exactly these bits.
    Bits(u64),
    /// The canonical NaN, any sign.
    Canonical,
    /// Any NaN whose quiet bit is set.
    Arithmetic,
}

/// How a v128 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    I8x16,
    I16x8,
    I32x4,
    I64x2,
    F32x4,
    F64x2,
}

impl Shape {
    /// Bits of a lane.
    pub fn lane_bits(self) -> u32 {
        match self {
            Shape::I8x16 => 8,
            Shape::I16x8 => 16,
            Shape::I32x4 | Shape::F32x4 => 32,
            Shape::I64x2 | Shape::F64x2 => 64,
        }
    }

    /// As the text format has it.
    pub fn name(self) -> &'static str {
        match self {
            Shape::I8x16 => "i8x16",
            Shape::I16x8 => "i16x8",
            Shape::I32x4 => "i32x4",
            Shape::I64x2 => "i64x2",
            Shape::F32x4 => "f32x4",
            Shape::F64x2 => "f64x2",
        }
    }
}

/// An expected result.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    I32(u32),
    I64(u64),
    F32(Lane),
    F64(Lane),
    V128(Shape, Vec<Lane>),
    /// Null, of this hierarchy if one is named.
    RefNull(Option<Hierarchy>),
    /// A host value as externref, this one if one is named.
    RefExtern(Option<u32>),
    /// A host value as anyref.
    RefHost(u32),
    /// A function, of this index in its module if one is named.
    RefFunc(Option<u32>),
    RefAny,
    RefEq,
    RefArray,
    RefStruct,
    RefI31,
    RefI31Shared,
    /// An exception.
    RefExn,
    /// A continuation.
    RefCont,
    Either(Vec<Pattern>),
}

/// The five hierarchies of heap types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hierarchy {
    Func,
    Extern,
    Any,
    Exn,
    Cont,
}

impl Hierarchy {
    /// Its type without the `ref`, as in `ref.null extern`.
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
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    /// Null; `None` for a type index, which every hierarchy that has defined types takes.
    RefNull(Option<Hierarchy>),
    RefExtern(u32),
    RefHost(u32),
}

/// A value that came out of a store.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    Null,
    /// A function of an instance.
    Func {
        instance: InstanceId,
        index: u32,
        /// Of a result: the indices that it has in the instance that was asked, which may have imported it.
        here: Vec<u32>,
    },
    /// A host function, by its name.
    HostFunc(String),
    Extern(u64),
    /// An exception: objects in its payload, exceptions among them, are excerpts.
    Exception(TagId, Vec<Seen>),
    Cont(SeenCont),
    /// 31 bits.
    I31(u32),
    /// A structure or an array, with some of what it leads to.
    Object(Graph),
    /// Inside such a graph: one of its objects.
    Node(u32),
}

/// A continuation, as far as it shows: what is on its stacks does not.
#[derive(Clone, Debug, PartialEq)]
pub enum SeenCont {
    /// Canonical type, the function that it will call, and how many slots of its arguments it has.
    Fresh(TypeId, Box<Seen>, usize),
    Suspended,
    Consumed,
}

/// Hierarchy of a canonical heap type.
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

    /// The value in a store, if it can be passed where `ty` is wanted.
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
                    // Defined types are functions, aggregates and continuations.
                    given.map_or(!matches!(wanted, Hierarchy::Extern | Hierarchy::Exn), |given| given == wanted)
                } =>
            {
                Val::Ref(Ref::Null)
            }
            // A host's value is of the top type of its hierarchy and of no other: the bottom types have no values.
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
            Arg::F32(v) => write!(f, "{}", Seen::F32(*v)),
            Arg::F64(v) => write!(f, "{}", Seen::F64(*v)),
            Arg::V128(v) => write!(f, "{}", Seen::V128(*v)),
            Arg::RefNull(_) => f.write_str("null"),
            Arg::RefExtern(n) => write!(f, "extern {n}"),
            Arg::RefHost(n) => write!(f, "host {n}"),
        }
    }
}

impl Pattern {
    /// A pattern as the script writes it.
    ///
    /// # Errors
    /// When it names a function by identifier, which only the text format could resolve.
    pub fn of(ret: &WastRetCore<'_>) -> Result<Pattern, String> {
        Ok(match ret {
            WastRetCore::I32(v) => Pattern::I32(*v as u32),
            WastRetCore::I64(v) => Pattern::I64(*v as u64),
            WastRetCore::F32(p) => Pattern::F32(lane(p, |v| u64::from(v.bits))),
            WastRetCore::F64(p) => Pattern::F64(lane(p, |v| v.bits)),
            WastRetCore::V128(p) => vector(p),
            WastRetCore::RefNull(heap) => Pattern::RefNull(heap.as_ref().and_then(written_hierarchy)),
            WastRetCore::RefExtern(n) => Pattern::RefExtern(*n),
            WastRetCore::RefHost(n) => Pattern::RefHost(*n),
            WastRetCore::RefFunc(None) => Pattern::RefFunc(None),
            WastRetCore::RefFunc(Some(Index::Num(n, _))) => Pattern::RefFunc(Some(*n)),
            WastRetCore::RefFunc(Some(Index::Id(id))) => {
                return Err(format!("ref.func ${} as an expected result", id.name()));
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

    /// Whether a result of static type `ty` is what this pattern expects.
    pub fn matches(&self, seen: &Seen, ty: ValType) -> bool {
        match (self, seen) {
            (Pattern::I32(want), Seen::I32(got)) => want == got,
            (Pattern::I64(want), Seen::I64(got)) => want == got,
            (Pattern::F32(want), Seen::F32(got)) => lane_matches(*want, u64::from(*got), 32, true),
            (Pattern::F64(want), Seen::F64(got)) => lane_matches(*want, *got, 64, true),
            (Pattern::V128(shape, lanes), Seen::V128(got)) => {
                let bits = shape.lane_bits();
                let float = matches!(shape, Shape::F32x4 | Shape::F64x2);
                let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
                lanes
                    .iter()
                    .enumerate()
                    .all(|(i, want)| lane_matches(*want, (got >> (i as u32 * bits)) as u64 & mask, bits, float))
            }
            (Pattern::RefNull(want), Seen::Null) => match (want, ty) {
                (None, _) => true,
                (Some(want), ValType::Ref(r)) => *want == hierarchy(r.heap_type()),
                (Some(_), _) => false,
            },
            (Pattern::RefExtern(None), _) => *seen != Seen::Null && is_in(ty, Hierarchy::Extern),
            (Pattern::RefExtern(Some(want)), Seen::Extern(got)) => {
                u64::from(*want) == *got && is_in(ty, Hierarchy::Extern)
            }
            (Pattern::RefHost(want), Seen::Extern(got)) => u64::from(*want) == *got && is_in(ty, Hierarchy::Any),
            (Pattern::RefAny, _) => *seen != Seen::Null && is_in(ty, Hierarchy::Any),
            (Pattern::RefI31 | Pattern::RefEq, Seen::I31(_)) => is_in(ty, Hierarchy::Any),
            (Pattern::RefEq, Seen::Object(_)) => is_in(ty, Hierarchy::Any),
            (Pattern::RefStruct, Seen::Object(graph)) => {
                matches!(graph.root().kind, NodeKind::Struct(_)) && is_in(ty, Hierarchy::Any)
            }
            (Pattern::RefArray, Seen::Object(graph)) => {
                matches!(graph.root().kind, NodeKind::Array(..)) && is_in(ty, Hierarchy::Any)
            }
            (Pattern::RefI31Shared, Seen::I31(_)) => {
                is_in(ty, Hierarchy::Any)
                    && matches!(ty, ValType::Ref(r)
                        if matches!(r.heap_type(), HeapType::Abstract { shared: true, .. }))
            }
            (Pattern::RefExn, Seen::Exception(..)) => is_in(ty, Hierarchy::Exn),
            (Pattern::RefCont, Seen::Cont(_)) => is_in(ty, Hierarchy::Cont),
            (Pattern::RefFunc(want), Seen::Func { here, .. }) => want.is_none_or(|n| here.contains(&n)),
            (Pattern::RefFunc(None), Seen::HostFunc(_)) => true,
            (Pattern::Either(arms), _) => arms.iter().any(|p| p.matches(seen, ty)),
            _ => false,
        }
    }
}

/// Whether a type is one of references of a hierarchy.
fn is_in(ty: ValType, wanted: Hierarchy) -> bool {
    matches!(ty, ValType::Ref(r) if hierarchy(r.heap_type()) == wanted)
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
        V128Pattern::I8x16(l) => (Shape::I8x16, l.iter().map(|v| Lane::Bits(u64::from(*v as u8))).collect()),
        V128Pattern::I16x8(l) => (Shape::I16x8, l.iter().map(|v| Lane::Bits(u64::from(*v as u16))).collect()),
        V128Pattern::I32x4(l) => (Shape::I32x4, l.iter().map(|v| Lane::Bits(u64::from(*v as u32))).collect()),
        V128Pattern::I64x2(l) => (Shape::I64x2, l.iter().map(|v| Lane::Bits(*v as u64)).collect()),
        V128Pattern::F32x4(l) => (Shape::F32x4, l.iter().map(|p| lane(p, |v| u64::from(v.bits))).collect()),
        V128Pattern::F64x2(l) => (Shape::F64x2, l.iter().map(|p| lane(p, |v| v.bits)).collect()),
    };
    Pattern::V128(shape, lanes)
}

fn lane_matches(want: Lane, got: u64, bits: u32, float: bool) -> bool {
    // The quiet bit and everything above it but the sign.
    let quiet = if bits == 32 { 0x7fc0_0000 } else { 0x7ff8_0000_0000_0000 };
    let sign = 1u64 << (bits - 1);
    match want {
        Lane::Bits(w) => w == got,
        Lane::Canonical => float && got & !sign == quiet,
        Lane::Arithmetic => float && got & quiet == quiet,
    }
}

/// Whether bits of a float of this width are a NaN.
pub fn is_nan(bits: u64, width: u32) -> bool {
    match width {
        32 => bits & 0x7fff_ffff > 0x7f80_0000,
        _ => bits & 0x7fff_ffff_ffff_ffff > 0x7ff0_0000_0000_0000,
    }
}

impl Seen {
    /// Copies a value out of a store.
    pub fn of(value: Val, store: &Store) -> Seen {
        match value {
            Val::I32(v) => Seen::I32(v),
            Val::I64(v) => Seen::I64(v),
            Val::F32(v) => Seen::F32(v),
            Val::F64(v) => Seen::F64(v),
            Val::V128(v) => Seen::V128(v),
            Val::Ref(r) => Seen::of_ref(r, store),
        }
    }

    /// Copies a reference out of a store.
    pub fn of_ref(r: Ref, store: &Store) -> Seen {
        match r {
            Ref::Null => Seen::Null,
            Ref::Func(f) => match store.func_origin(f) {
                Some((instance, index)) => Seen::Func { instance, index, here: Vec::new() },
                None => Seen::HostFunc(store.host_func_name(f).unwrap_or_default().to_string()),
            },
            Ref::Gc(object) => Seen::object(object, store),
        }
    }

    /// Copies a result of a function, or the value of a global, that an instance exports.
    pub fn of_result(value: Val, store: &Store, asked: InstanceId) -> Seen {
        let mut seen = Seen::of(value, store);
        if let (Seen::Func { here, .. }, Val::Ref(Ref::Func(func))) = (&mut seen, value) {
            let externs = store.instance_externs(asked);
            let functions = externs.iter().take_while(|e| matches!(e, Extern::Func(_)));
            here.extend((0..).zip(functions).filter(|(_, f)| **f == Extern::Func(func)).map(|(index, _)| index));
        }
        seen
    }

    /// Copies a heap object, with some of what it refers to.
    pub fn object(object: GcRef, store: &Store) -> Seen {
        let mut values = Vec::new();
        match store.shape(object, &mut values) {
            ObjectShape::HostExtern(n) => Seen::Extern(n),
            ObjectShape::I31(v) => Seen::I31(v),
            ObjectShape::Struct(..) | ObjectShape::Array(..) => Seen::Object(Graph::of(object, store)),
            ObjectShape::Exception(tag) => {
                let within = |value: Val| match value {
                    Val::Ref(Ref::Gc(object)) if store.is_exception(object) => Seen::Object(Graph::of(object, store)),
                    value => Seen::of(value, store),
                };
                Seen::Exception(tag, values.into_iter().map(within).collect())
            }
            ObjectShape::Cont(_, cont) => Seen::Cont(match cont {
                Cont::Fresh { ty, func, bound } => {
                    SeenCont::Fresh(ty, Box::new(Seen::of_ref(Ref::Func(func), store)), bound)
                }
                Cont::Suspended => SeenCont::Suspended,
                Cont::Consumed => SeenCont::Consumed,
            }),
        }
    }
}

/// Which entities of one store are those of another.
#[derive(Clone, Debug, Default)]
pub struct Correspondence {
    pub instances: HashMap<InstanceId, InstanceId>,
    pub tags: HashMap<TagId, TagId>,
    /// Both make canonical NaNs only: no two may differ.
    pub canonical: bool,
}

/// How two values of two stores compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    Yes,
    No,
    /// Two NaNs of one width: what the specification leaves open.
    NaNs,
    /// They refer to something that only one side has.
    Unknown,
}

impl Same {
    /// The verdict on two parts together.
    pub fn and(self, other: Same) -> Same {
        match (self, other) {
            (Same::No, _) | (_, Same::No) => Same::No,
            (Same::Unknown, _) | (_, Same::Unknown) => Same::Unknown,
            (Same::NaNs, _) | (_, Same::NaNs) => Same::NaNs,
            (Same::Yes, Same::Yes) => Same::Yes,
        }
    }
}

impl Correspondence {
    /// Compares a tag of the left store with one of the right.
    pub fn same_tag(&self, left: TagId, right: TagId) -> Same {
        match self.tags.get(&left) {
            None => Same::Unknown,
            Some(&tag) if tag == right => Same::Yes,
            Some(_) => Same::No,
        }
    }

    /// Compares values pairwise, and their number.
    pub fn all_same(&self, left: &[Seen], right: &[Seen]) -> Same {
        let number = if left.len() == right.len() { Same::Yes } else { Same::No };
        left.iter().zip(right).fold(number, |so_far, (x, y)| so_far.and(self.same(x, y)))
    }

    /// Compares two numbers or vectors.
    ///
    /// **Which NaNs are excused.** The specification leaves open which NaN an operator makes, so two backends may differ
    /// in it and both be right. But bits that look like a NaN prove nothing: only a type does that says that they are
    /// a float. So two NaNs of a type `f32` or `f64` are excused wherever they lie, and nothing else is: an integer, a
    /// byte of a memory or a lane of a vector may hold anything. The one lane that is known to be a float is that of
    /// a result of which the script says so ([`Correspondence::excused_vector`]). Under the canonical profile, an
    /// operator makes one NaN only, and nothing is excused at all.
    ///
    /// What is right and differs all the same, since the bits of a NaN went elsewhere, is found out by a run under that
    /// profile: see [`super::shadow`].
    pub fn scalars(&self, left: Val, right: Val) -> Same {
        let nans = match (left, right) {
            (Val::F32(a), Val::F32(b)) => is_nan(u64::from(a), 32) && is_nan(u64::from(b), 32),
            (Val::F64(a), Val::F64(b)) => is_nan(a, 64) && is_nan(b, 64),
            _ => false,
        };
        match (left == right, nans && !self.canonical) {
            (true, _) => Same::Yes,
            (false, true) => Same::NaNs,
            (false, false) => Same::No,
        }
    }

    /// Whether two vectors differ in lanes only that a script expects to be NaNs, and both are as it expects.
    pub fn excused_vector(&self, expected: &Pattern, left: u128, right: u128) -> bool {
        match expected {
            // What is expected by its bits has the same bits on both sides.
            Pattern::V128(Shape::F32x4 | Shape::F64x2, _) => {
                let meets = |v| expected.matches(&Seen::V128(v), ValType::V128);
                !self.canonical && meets(left) && meets(right)
            }
            Pattern::Either(arms) => arms.iter().any(|arm| self.excused_vector(arm, left, right)),
            _ => false,
        }
    }

    /// Compares copies of a value of the left store and one of the right, where the stores are gone. What was not copied
    /// is unknown.
    pub fn same(&self, left: &Seen, right: &Seen) -> Same {
        let yes = |b: bool| if b { Same::Yes } else { Same::No };
        match (left, right) {
            (Seen::F32(a), Seen::F32(b)) => self.scalars(Val::F32(*a), Val::F32(*b)),
            (Seen::F64(a), Seen::F64(b)) => self.scalars(Val::F64(*a), Val::F64(*b)),
            (Seen::Func { instance: a, index: i, .. }, Seen::Func { instance: b, index: j, .. }) => {
                match self.instances.get(a) {
                    None => Same::Unknown,
                    Some(b2) => yes(b2 == b && i == j),
                }
            }
            (Seen::Object(x), Seen::Object(y)) => {
                let rest =
                    if x.is_cut() || y.is_cut() { Same::Unknown } else { yes(x.nodes().len() == y.nodes().len()) };
                x.nodes().iter().zip(y.nodes()).fold(rest, |so_far, (x, y)| {
                    let kinds = match (x.kind, y.kind) {
                        (NodeKind::Exception(a), NodeKind::Exception(b)) => self.same_tag(a, b),
                        (a, b) => yes(a == b),
                    };
                    so_far.and(kinds).and(self.all_same(&x.values, &y.values))
                })
            }
            (Seen::Cont(SeenCont::Fresh(a, f, m)), Seen::Cont(SeenCont::Fresh(b, g, n))) => {
                yes(a == b && m == n).and(self.same(f, g))
            }
            (Seen::Exception(a, x), Seen::Exception(b, y)) => self.same_tag(*a, *b).and(self.all_same(x, y)),
            (a, b) => yes(a == b),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Seen::I32(v) => write!(f, "i32 {}", *v as i32),
            Seen::I64(v) => write!(f, "i64 {}", *v as i64),
            Seen::F32(v) => f.write_str(&shown::f32_text(*v)),
            Seen::F64(v) => f.write_str(&shown::f64_text(*v)),
            Seen::V128(v) => f.write_str(&shown::vector(Shape::I32x4, *v)),
            Seen::Null => f.write_str("null"),
            Seen::Func { instance, index, .. } => write!(f, "func {index} of instance {}", instance.0),
            Seen::HostFunc(name) => write!(f, "host func {name}"),
            Seen::Extern(n) => write!(f, "extern {n}"),
            Seen::I31(v) => write!(f, "i31 {}", (v << 1) as i32 >> 1),
            Seen::Object(graph) => write!(f, "{graph}"),
            Seen::Node(number) => write!(f, "object {number}"),
            Seen::Cont(SeenCont::Fresh(_, func, 0)) => write!(f, "continuation of {func}"),
            Seen::Cont(SeenCont::Fresh(_, func, bound)) => write!(f, "continuation of {func}, {bound} slots bound"),
            Seen::Cont(SeenCont::Suspended) => f.write_str("suspended continuation"),
            Seen::Cont(SeenCont::Consumed) => f.write_str("consumed continuation"),
            Seen::Exception(tag, payload) => write!(f, "exception tag {} ({})", tag.0, list(payload)),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nan = |f: &mut fmt::Formatter<'_>, ty: &str, l: &Lane| match l {
            Lane::Canonical => write!(f, "{ty} nan:canonical"),
            _ => write!(f, "{ty} nan:arithmetic"),
        };
        match self {
            Pattern::I32(v) => write!(f, "{}", Seen::I32(*v)),
            Pattern::I64(v) => write!(f, "{}", Seen::I64(*v)),
            Pattern::F32(Lane::Bits(v)) => write!(f, "{}", Seen::F32(*v as u32)),
            Pattern::F64(Lane::Bits(v)) => write!(f, "{}", Seen::F64(*v)),
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

/// Items with commas between them.
pub fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns_are_exact() {
        let f32 = |l, bits| Pattern::F32(l).matches(&Seen::F32(bits), ValType::F32);
        assert!(f32(Lane::Canonical, 0x7fc0_0000) && f32(Lane::Canonical, 0xffc0_0000));
        assert!(!f32(Lane::Canonical, 0x7fc0_0001) && !f32(Lane::Canonical, 0x7fa0_0000));
        assert!(f32(Lane::Arithmetic, 0xffc0_0001) && !f32(Lane::Arithmetic, 0x7fa0_0000));
        assert!(!f32(Lane::Arithmetic, 0x7f80_0000), "infinity is no NaN");
        let f64 = |l, bits| Pattern::F64(l).matches(&Seen::F64(bits), ValType::F64);
        assert!(f64(Lane::Canonical, 0xfff8_0000_0000_0000) && !f64(Lane::Canonical, 0x7ff8_0000_0000_0001));
        assert!(f64(Lane::Arithmetic, 0x7ff8_0000_0000_0001) && !f64(Lane::Arithmetic, 0x7ff0_0000_0000_0001));
    }

    #[test]
    fn zeros_differ() {
        assert!(!Pattern::F32(Lane::Bits(0)).matches(&Seen::F32(0x8000_0000), ValType::F32));
        assert!(!Pattern::F64(Lane::Bits(0)).matches(&Seen::F64(1 << 63), ValType::F64));
    }

    #[test]
    fn lanes_are_compared_each() {
        let lanes = vec![Lane::Bits(1), Lane::Canonical, Lane::Bits(3), Lane::Bits(4)];
        let pattern = Pattern::V128(Shape::F32x4, lanes);
        let vector = |l: [u32; 4]| Seen::V128(l.iter().rev().fold(0, |v, &x| v << 32 | u128::from(x)));
        assert!(pattern.matches(&vector([1, 0xffc0_0000, 3, 4]), ValType::V128));
        assert!(!pattern.matches(&vector([1, 0xffc0_0000, 3, 5]), ValType::V128));
        assert!(!pattern.matches(&vector([1, 0x7fc0_0001, 3, 4]), ValType::V128));
    }

    #[test]
    fn nulls_have_a_hierarchy() {
        let null = Pattern::RefNull(Some(Hierarchy::Func));
        assert!(null.matches(&Seen::Null, ValType::FUNCREF) && !null.matches(&Seen::Null, ValType::EXTERNREF));
        assert!(Pattern::RefNull(None).matches(&Seen::Null, ValType::EXTERNREF));
        assert!(!Pattern::RefFunc(None).matches(&Seen::Null, ValType::FUNCREF));
    }

    #[test]
    fn two_nans_are_neither_equal_nor_different() {
        let mut c = Correspondence::default();
        let (a, b) = (0x7fc0_0000, 0xffc0_0000);
        assert_eq!(c.same(&Seen::F32(a), &Seen::F32(b)), Same::NaNs);
        assert_eq!(c.same(&Seen::F32(0), &Seen::F32(0x8000_0000)), Same::No);
        assert_eq!(c.same(&Seen::F32(a), &Seen::F32(0)), Same::No);
        assert_eq!(
            c.same(&Seen::V128(u128::from(a)), &Seen::V128(u128::from(b))),
            Same::No,
            "they only look like NaNs"
        );
        assert_eq!(c.same(&Seen::V128(1), &Seen::V128(2)), Same::No);
        assert_eq!(c.same(&Seen::I32(a), &Seen::I32(b)), Same::No);
        assert_eq!(c.scalars(Val::F64(0x7ff8 << 48), Val::F64(0xfff8 << 48)), Same::NaNs);
        c.canonical = true;
        assert_eq!(c.same(&Seen::F32(a), &Seen::F32(b)), Same::No, "under the canonical profile");
        assert_eq!(c.same(&Seen::F32(a), &Seen::F32(a)), Same::Yes);
    }

    #[test]
    fn lanes_are_excused_where_a_script_expects_nans() {
        let mut c = Correspondence::default();
        let (quiet, other) = (0x7fc0_0000u128, 0x7fc0_0001u128);
        let lanes = |first| vec![first, Lane::Bits(0), Lane::Bits(0), Lane::Bits(0)];
        let arithmetic = Pattern::V128(Shape::F32x4, lanes(Lane::Arithmetic));
        assert!(c.excused_vector(&arithmetic, quiet, other));
        assert!(c.excused_vector(&Pattern::Either(vec![Pattern::RefAny, arithmetic.clone()]), quiet, other));
        assert!(!c.excused_vector(&arithmetic, quiet, other | 1 << 64), "another lane differs");
        assert!(!c.excused_vector(&arithmetic, quiet, 0x7fa0_0000), "not as expected");
        assert!(!c.excused_vector(&Pattern::V128(Shape::F32x4, lanes(Lane::Canonical)), quiet, other));
        assert!(!c.excused_vector(&Pattern::V128(Shape::I32x4, lanes(Lane::Bits(0x7fc0_0000))), quiet, other));
        c.canonical = true;
        assert!(!c.excused_vector(&arithmetic, quiet, other), "under the canonical profile");
    }

    #[test]
    fn a_function_is_meant_by_its_index_in_the_instance_that_was_asked() {
        let seen = |here: &[u32]| Seen::Func { instance: InstanceId(1), index: 7, here: here.to_vec() };
        let want = Pattern::RefFunc(Some(7));
        assert!(want.matches(&seen(&[3, 7]), ValType::FUNCREF));
        assert!(!want.matches(&seen(&[]), ValType::FUNCREF), "function 7 of another instance");
        assert!(Pattern::RefFunc(None).matches(&seen(&[]), ValType::FUNCREF));
    }
}
