//! The process-wide registry of canonical types.
//!
//! A recursion group is canonicalised structurally: inside it, references to its own members are relative
//! ([`UnpackedIndex::RecGroup`]), references to types outside are canonical ids. Two groups with equal contents get the
//! same ids, so that *type equality is id equality*, between modules and stores. Ids are never reused; the registry
//! grows with the number of *distinct* groups that the process has seen.
//!
//! A subtype test of concrete types is a load and a comparison, by each type's *display* of its supertypes (Cohen,
//! "Type-Extension Type Tests Can Be Performed in Constant Time", TOPLAS 1991).
//!
//! In types that the runtime hands out (`FuncType`, `GlobalType`, `TableType`), a concrete heap type is
//! `UnpackedIndex::Module(id)` with a canonical id in place of a module's type index: those are *canonical* types.

use super::heap::layout::{self, Layout};
use super::published::Published;
use crate::module::{
    AbstractHeapType, CompositeInnerType, FuncType, HeapType, Module, RefType, SubType, UnpackedIndex, ValType,
};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::LazyLock;
use wasmparser::{ArrayType, CompositeType, ContType, FieldType, PackedIndex, StorageType, StructType};

/// Canonical id of a type.
pub type TypeId = u32;

/// Number of supertypes that compiled code finds in [`TypeInfo::near`].
pub const NEAR: usize = 8;

/// The record of a canonical type. Immutable, and never freed; compiled code finds it by [`table`].
///
/// `a` is a subtype of `b` if `b` stands in `a`'s display at `b`'s depth. For depths below [`NEAR`] that is
/// `a.near[depth] == b`, for others `depth < a.supertypes && a.far[depth] == b`.
#[derive(Debug)]
#[repr(C)]
pub struct TypeInfo {
    /// Number of entries of the display: the depth + 1.
    pub supertypes: u32,
    /// The first entries of the display, filled with 0, which is not the id of a type.
    pub near: [TypeId; NEAR],
    /// The first entry of the display. (A thin pointer; the display has [`TypeInfo::supertypes`] entries.)
    pub far: &'static TypeId,
    /// The type's own id.
    pub id: TypeId,
    /// The type, with canonical ids as references.
    pub ty: SubType,
    /// Ids of its supertypes from the root down, itself last.
    pub display: &'static [TypeId],
    /// Layout of the type's objects.
    pub layout: Layout,
}

impl TypeInfo {
    /// Number of proper supertypes.
    pub fn depth(&self) -> usize {
        self.display.len() - 1
    }

    /// The signature; `None` if it is not a function type.
    pub fn func(&self) -> Option<&FuncType> {
        match &self.ty.composite_type.inner {
            CompositeInnerType::Func(f) => Some(f),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Registry {
    /// First id of each group; references inside a group are relative.
    groups: HashMap<Vec<SubType>, TypeId>,
    /// Number of types.
    types: usize,
}

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(Default::default);

/// The maximum number of ids that the packed representation of references can distinguish.
const MAX_IDS: usize = 1 << 20;

/// The record of each type, by id. Written before the id is returned to any caller.
static TABLE: [Published<TypeInfo>; MAX_IDS] = [const { Published::null() }; MAX_IDS];

/// The id of no type: of heap objects that are neither structure nor array.
pub const NO_TYPE: TypeId = 0;

/// The record of [`NO_TYPE`], which is not a subtype of any type.
static NO_INFO: LazyLock<TypeInfo> = LazyLock::new(|| TypeInfo {
    supertypes: 0,
    near: [NO_TYPE; NEAR],
    far: &NO_TYPE,
    id: NO_TYPE,
    ty: func_sub_type(&FuncType::new([], [])),
    display: &[],
    layout: Layout::None,
});

/// The table of all types by id, for compiled code: an entry for [`NO_TYPE`] and for each registered type.
pub fn table() -> *const Published<TypeInfo> {
    TABLE[NO_TYPE as usize].publish((&raw const *NO_INFO).cast_mut());
    TABLE.as_ptr()
}

/// The registry has no room for another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many types")]
pub struct TooManyTypes;

/// Canonical ids of a module's types, by type index.
///
/// # Errors
/// If the process has seen 2^20 distinct types.
pub fn register_module(module: &Module) -> Result<Box<[TypeId]>, TooManyTypes> {
    let mut ids: Vec<TypeId> = Vec::with_capacity(module.types.len());
    for group in &module.rec_groups {
        let start = group.start;
        let relative: Vec<SubType> = module.types[start as usize..group.end as usize]
            .iter()
            .map(|ty| {
                map_sub_type(ty, &mut |index| match index.checked_sub(start) {
                    Some(i) => UnpackedIndex::RecGroup(i),
                    None => UnpackedIndex::Module(ids[index as usize]),
                })
            })
            .collect();
        let first = register_group(relative)?;
        ids.extend(first..first + (group.end - start));
    }
    Ok(ids.into())
}

/// Canonical id of a function type whose concrete references, if any, are canonical.
///
/// # Errors
/// As [`register_module`].
pub fn register_func(ty: &FuncType) -> Result<TypeId, TooManyTypes> {
    register_group(vec![func_sub_type(ty)])
}

/// Canonical id of a final type without supertypes, whose concrete references, if any, are canonical.
///
/// # Errors
/// As [`register_module`].
pub fn register_final(ty: CompositeInnerType) -> Result<TypeId, TooManyTypes> {
    register_group(vec![final_sub_type(ty)])
}

fn func_sub_type(ty: &FuncType) -> SubType {
    final_sub_type(CompositeInnerType::Func(ty.clone()))
}

fn final_sub_type(inner: CompositeInnerType) -> SubType {
    let composite_type = CompositeType { inner, shared: false, descriptor_idx: None, describes_idx: None };
    SubType { is_final: true, supertype_idxs: Vec::new(), composite_type }
}

/// The first of the ids that follow those of the `registered` types, if there are as many as `types`.
fn next_ids(registered: usize, types: usize) -> Result<TypeId, TooManyTypes> {
    let first = 1 + registered;
    if first + types <= MAX_IDS { Ok(first as TypeId) } else { Err(TooManyTypes) }
}

fn register_group(group: Vec<SubType>) -> Result<TypeId, TooManyTypes> {
    if let Some(&first) = REGISTRY.read().groups.get(&group) {
        return Ok(first);
    }
    let mut registry = REGISTRY.write();
    if let Some(&first) = registry.groups.get(&group) {
        return Ok(first);
    }
    let first = next_ids(registry.types, group.len())?;
    let canonical = |index| match index {
        UnpackedIndex::RecGroup(i) => UnpackedIndex::Module(first + i),
        other => other,
    };
    let types: Vec<SubType> = group.iter().map(|ty| map_packed(ty, &mut { canonical })).collect();
    let is_func = |id: TypeId| match id.checked_sub(first) {
        Some(i) => matches!(types[i as usize].composite_type.inner, CompositeInnerType::Func(_)),
        None => info(id).func().is_some(),
    };
    let layouts: Vec<Layout> = types.iter().map(|ty| layout::of_canonical(ty, &is_func)).collect();
    for ((id, ty), layout) in (first..).zip(types).zip(layouts) {
        let mut display = match ty.supertype_idxs.first() {
            // Validation ensures that a type extends only earlier ones, which are registered by now.
            Some(parent) => info(parent.as_module_index().expect("canonical supertype")).display.to_vec(),
            None => Vec::new(),
        };
        display.push(id);
        let display: &'static [TypeId] = display.leak();
        let mut near = [NO_TYPE; NEAR];
        near.iter_mut().zip(display).for_each(|(near, &id)| *near = id);
        let supertypes = display.len() as u32;
        let info = TypeInfo { supertypes, near, far: &display[0], id, ty, display, layout };
        TABLE[id as usize].publish(Box::leak(Box::new(info)));
        registry.types += 1;
    }
    registry.groups.insert(group, first);
    Ok(first)
}

/// Looks a canonical type up.
///
/// # Panics
/// If the registry did not return this id.
pub fn info(id: TypeId) -> &'static TypeInfo {
    // SAFETY: entries are null or point to records that are never freed nor changed.
    unsafe { TABLE[id as usize].get().as_ref() }.expect("an id that the registry returned")
}

/// Signature of a canonical function type.
///
/// # Panics
/// If it is not a function type.
pub fn func_type(id: TypeId) -> FuncType {
    info(id).func().expect("a function type").clone()
}

/// The types of the values with which a continuation is resumed, by the type in its header: its own, or that of the tag by which
/// it was suspended.
///
/// # Panics
/// If it is neither.
pub fn resumed_with(id: TypeId) -> &'static [ValType] {
    match &info(id).ty.composite_type.inner {
        CompositeInnerType::Func(tag) => tag.results(),
        CompositeInnerType::Cont(_) => func_of_continuation(id).params(),
        _ => panic!("type {id} is not that of a continuation"),
    }
}

/// The signature of a canonical continuation type's function.
///
/// # Panics
/// If it is not a continuation type.
pub fn func_of_continuation(id: TypeId) -> &'static FuncType {
    let CompositeInnerType::Cont(cont) = &info(id).ty.composite_type.inner else {
        panic!("type {id} is not a continuation");
    };
    let func = cont.0.unpack().as_module_index().expect("canonical types refer by canonical id");
    info(func).func().expect("a continuation has a function")
}

/// The type of the continuation that a `switch` makes, by the type of the one that it goes to, which takes it as its last value;
/// [`NO_TYPE`] if that takes any continuation.
pub fn switched_from(target: TypeId) -> TypeId {
    let Some(ValType::Ref(last)) = resumed_with(target).last() else { return NO_TYPE };
    match last.heap_type() {
        HeapType::Concrete(ty) | HeapType::Exact(ty) => {
            ty.as_module_index().expect("canonical types refer by canonical id")
        }
        HeapType::Abstract { .. } => NO_TYPE,
    }
}

/// Whether a continuation that was suspended by a tag of this type, and ends with these results, may be used as one of a canonical
/// type. No declaration says so: continuations are never cast, so all that matters is what they take and return.
pub fn suspended_matches(tag: TypeId, results: Option<&[ValType]>, wanted: TypeId) -> bool {
    let CompositeInnerType::Cont(_) = info(wanted).ty.composite_type.inner else { return false };
    let wanted = func_of_continuation(wanted);
    let all_match = |given: &[ValType], taken: &[ValType]| {
        given.len() == taken.len() && given.iter().zip(taken).all(|(&a, &b)| val_matches(a, b))
    };
    all_match(wanted.params(), resumed_with(tag)) && results.is_none_or(|results| all_match(results, wanted.results()))
}

/// Whether `a` is `b` or one of its declared subtypes.
pub fn is_subtype(a: TypeId, b: TypeId) -> bool {
    a == b || {
        let (a, depth) = (info(a), info(b).depth());
        a.display.get(depth) == Some(&b)
    }
}

/// A value type of a module as canonical type.
pub fn canonical_val(ty: ValType, type_ids: &[TypeId]) -> ValType {
    match ty {
        ValType::Ref(r) => ValType::Ref(canonical_ref(r, type_ids)),
        other => other,
    }
}

/// A reference type of a module as canonical type.
pub fn canonical_ref(ty: RefType, type_ids: &[TypeId]) -> RefType {
    map_ref(ty, &mut |index| match index {
        UnpackedIndex::Module(i) => UnpackedIndex::Module(type_ids[i as usize]),
        other => other,
    })
}

/// Whether a value of canonical type `a` may be used as one of canonical type `b`.
pub fn val_matches(a: ValType, b: ValType) -> bool {
    match (a, b) {
        (ValType::Ref(a), ValType::Ref(b)) => ref_matches(a, b),
        _ => a == b,
    }
}

/// Subtyping of canonical reference types.
pub fn ref_matches(a: RefType, b: RefType) -> bool {
    (b.is_nullable() || !a.is_nullable()) && heap_matches(a.heap_type(), b.heap_type())
}

/// Subtyping of abstract heap types, whether shared or not.
pub fn is_abstract_subtype(a: AbstractHeapType, b: AbstractHeapType) -> bool {
    use AbstractHeapType as H;
    a == b
        || match b {
            H::Any => matches!(a, H::Eq | H::Struct | H::Array | H::I31 | H::None),
            H::Eq => matches!(a, H::Struct | H::Array | H::I31 | H::None),
            H::Struct | H::Array | H::I31 => a == H::None,
            H::Func => a == H::NoFunc,
            H::Extern => a == H::NoExtern,
            H::Exn => a == H::NoExn,
            H::Cont => a == H::NoCont,
            H::None | H::NoFunc | H::NoExtern | H::NoExn | H::NoCont => false,
        }
}

fn heap_matches(a: HeapType, b: HeapType) -> bool {
    use AbstractHeapType as H;
    if a == b {
        return true;
    }
    match (a, b) {
        (HeapType::Concrete(a) | HeapType::Exact(a), HeapType::Concrete(b)) => is_subtype(canonical(a), canonical(b)),
        (HeapType::Concrete(a) | HeapType::Exact(a), HeapType::Abstract { shared, ty }) => {
            let info = info(canonical(a));
            info.ty.composite_type.shared == shared
                && match info.ty.composite_type.inner {
                    CompositeInnerType::Func(_) => ty == H::Func,
                    CompositeInnerType::Array(_) => matches!(ty, H::Array | H::Eq | H::Any),
                    CompositeInnerType::Struct(_) => matches!(ty, H::Struct | H::Eq | H::Any),
                    CompositeInnerType::Cont(_) => ty == H::Cont,
                }
        }
        (HeapType::Abstract { shared, ty }, HeapType::Concrete(b) | HeapType::Exact(b)) => {
            let info = info(canonical(b));
            info.ty.composite_type.shared == shared
                && match info.ty.composite_type.inner {
                    CompositeInnerType::Func(_) => ty == H::NoFunc,
                    CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => ty == H::None,
                    CompositeInnerType::Cont(_) => ty == H::NoCont,
                }
        }
        (HeapType::Abstract { shared: sa, ty: a }, HeapType::Abstract { shared: sb, ty: b }) => {
            sa == sb && is_abstract_subtype(a, b)
        }
        (_, HeapType::Exact(_)) => false,
    }
}

/// Whether values of a canonical reference type are host pointers to functions. All others are GC references.
pub fn is_func_hierarchy(ty: RefType) -> bool {
    match ty.heap_type() {
        HeapType::Abstract { ty, .. } => matches!(ty, AbstractHeapType::Func | AbstractHeapType::NoFunc),
        HeapType::Concrete(i) | HeapType::Exact(i) => info(canonical(i)).func().is_some(),
    }
}

fn canonical(index: UnpackedIndex) -> TypeId {
    index.as_module_index().expect("canonical types refer by canonical id")
}

type MapIndex<'a> = &'a mut dyn FnMut(UnpackedIndex) -> UnpackedIndex;

fn map_sub_type(ty: &SubType, map: &mut dyn FnMut(u32) -> UnpackedIndex) -> SubType {
    map_packed(ty, &mut |index| match index {
        UnpackedIndex::Module(i) => map(i),
        other => other,
    })
}

fn map_packed(ty: &SubType, map: MapIndex<'_>) -> SubType {
    let composite = &ty.composite_type;
    let inner = match &composite.inner {
        CompositeInnerType::Func(f) => {
            let params: Vec<ValType> = f.params().iter().map(|&t| map_val(t, map)).collect();
            let results: Vec<ValType> = f.results().iter().map(|&t| map_val(t, map)).collect();
            CompositeInnerType::Func(FuncType::new(params, results))
        }
        CompositeInnerType::Array(a) => CompositeInnerType::Array(ArrayType(map_field(a.0, map))),
        CompositeInnerType::Struct(s) => {
            CompositeInnerType::Struct(StructType { fields: s.fields.iter().map(|&f| map_field(f, map)).collect() })
        }
        CompositeInnerType::Cont(c) => CompositeInnerType::Cont(ContType(map_index(c.0, map))),
    };
    SubType {
        is_final: ty.is_final,
        supertype_idxs: ty.supertype_idxs.iter().map(|&i| map_index(i, map)).collect(),
        composite_type: CompositeType {
            inner,
            shared: composite.shared,
            descriptor_idx: composite.descriptor_idx.map(|i| map_index(i, map)),
            describes_idx: composite.describes_idx.map(|i| map_index(i, map)),
        },
    }
}

fn map_index(index: PackedIndex, map: MapIndex<'_>) -> PackedIndex {
    map(index.unpack()).pack().expect("type indices are below 2^20")
}

fn map_field(field: FieldType, map: MapIndex<'_>) -> FieldType {
    let element_type = match field.element_type {
        StorageType::Val(ty) => StorageType::Val(map_val(ty, map)),
        packed => packed,
    };
    FieldType { element_type, mutable: field.mutable }
}

fn map_val(ty: ValType, map: MapIndex<'_>) -> ValType {
    match ty {
        ValType::Ref(r) => ValType::Ref(map_ref(r, map)),
        other => other,
    }
}

fn map_ref(ty: RefType, map: MapIndex<'_>) -> RefType {
    let heap = match ty.heap_type() {
        HeapType::Concrete(i) => HeapType::Concrete(map(i)),
        HeapType::Exact(i) => HeapType::Exact(map(i)),
        abstract_type => return RefType::new(ty.is_nullable(), abstract_type).expect("it was one before"),
    };
    RefType::new(ty.is_nullable(), heap).expect("type indices are below 2^20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::WasmFeatures;

    fn ids(text: &str) -> Box<[TypeId]> {
        let bytes = wat::parse_str(text).unwrap();
        register_module(&Module::new(&bytes, WasmFeatures::all()).unwrap()).unwrap()
    }

    #[test]
    fn equal_groups_of_different_modules_are_one_type() {
        let a =
            ids("(module (type (func (param i32))) (rec (type $a (struct (field (ref null $b)))) (type $b (func))))");
        let b =
            ids("(module (rec (type $a (struct (field (ref null $b)))) (type $b (func))) (type (func (param i32))))");
        assert_eq!([a[0], a[1], a[2]], [b[2], b[0], b[1]]);
        assert_eq!(a[0], register_func(&FuncType::new([ValType::I32], [])).unwrap());
    }

    #[test]
    fn each_id_of_the_table_can_be_used() {
        let last = MAX_IDS - 1;
        for (registered, types, first) in [
            (0, last, Some(1)),
            (0, last + 1, None),
            (last - 1, 1, Some(last)),
            (last - 1, 2, None),
            (last, 1, None),
            (6, usize::MAX / 2, None),
            (6, 3, Some(7)),
        ] {
            let first = first.map(|first| first as TypeId).ok_or(TooManyTypes);
            assert_eq!(next_ids(registered, types), first, "{registered}, {types}");
        }
    }

    /// Threads that register the same new type at the same time get one.
    #[test]
    fn a_type_is_one_for_all_threads() {
        const THREADS: usize = 4;
        let barrier = std::sync::Barrier::new(THREADS);
        for n in 0..300u32 {
            // A number of results for the test, and the number in base two: no other test has these types.
            let digit = |bit: u32| if n >> bit & 1 == 1 { ValType::F64 } else { ValType::V128 };
            let ty = FuncType::new((0..9).map(digit), [ValType::F32; 37]);
            let register = || {
                barrier.wait();
                register_func(&ty).unwrap()
            };
            let ids: Vec<TypeId> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(register)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(ids.iter().all(|&id| id == ids[0]), "{n}: {ids:?}");
        }
    }

    #[test]
    fn a_member_differs_from_the_same_type_alone() {
        let a = ids("(module (rec (type (func)) (type (struct))) (type (func)) (rec (type (func))))");
        assert_ne!(a[0], a[2]);
        assert_eq!(a[2], a[3], "a group of one is that type");
        // Position and finality matter too.
        let b = ids("(module (rec (type (struct)) (type (func))) (type (sub (func))))");
        assert!(b[1] != a[0] && b[2] != a[2]);
    }

    #[test]
    fn references_out_of_a_group_are_compared_by_what_they_name() {
        let a = ids("(module (type $x (func (param i32))) (type $p (func (param (ref $x)))))");
        let b = ids("(module (type (func)) (type $x (func (param i32))) (type $p (func (param (ref $x)))))");
        let c = ids("(module (type $x (func (param i64))) (type $p (func (param (ref $x)))))");
        assert_eq!(a[1], b[2]);
        assert_ne!(a[1], c[1]);
    }

    #[test]
    fn subtyping_by_display() {
        let t = ids("(module (type $a (sub (func))) (type $b (sub $a (func))) (type $c (sub $b (func)))
                             (type $d (sub $a (func (result)))) (type $s (struct)))");
        let expected = |i: usize, j: usize| i == j || matches!((i, j), (1, 0) | (2, 0) | (2, 1));
        for i in 0..3 {
            for j in 0..3 {
                assert_eq!(is_subtype(t[i], t[j]), expected(i, j), "{i} <: {j}");
            }
        }
        assert_eq!(t[3], t[1], "the same declaration twice is one type");
        let reference = |nullable, id| RefType::new(nullable, HeapType::Concrete(UnpackedIndex::Module(id))).unwrap();
        assert!(ref_matches(reference(false, t[2]), reference(true, t[0])));
        assert!(!ref_matches(reference(true, t[2]), reference(false, t[0])));
        assert!(ref_matches(reference(false, t[2]), RefType::FUNCREF));
        assert!(!ref_matches(RefType::FUNCREF, reference(true, t[2])));
        assert!(!ref_matches(reference(false, t[4]), RefType::FUNCREF));
        assert!(ref_matches(reference(false, t[4]), RefType::EQREF));
        assert!(ref_matches(RefType::NULLFUNCREF, reference(true, t[0])));
        assert!(!ref_matches(RefType::NULLREF, reference(true, t[0])));
        assert!(!ref_matches(RefType::FUNCREF, RefType::EXTERNREF));
        assert!(is_func_hierarchy(reference(true, t[0])) && !is_func_hierarchy(reference(true, t[4])));
    }

    /// The relation of all reference types, against one that is written down as its shortest steps: a type and the
    /// next ones above it.
    #[test]
    fn the_relation_is_what_its_steps_make() {
        const STEPS: &[(&str, &[&str])] = &[
            ("none", &["i31", "exact s2", "exact a", "exact s"]),
            ("i31", &["eq"]),
            ("struct", &["eq"]),
            ("array", &["eq"]),
            ("eq", &["any"]),
            ("nofunc", &["exact f"]),
            ("noextern", &["extern"]),
            ("noexn", &["exn"]),
            ("nocont", &["exact c"]),
            ("exact s2", &["s2"]),
            ("s2", &["s"]),
            ("exact s", &["s"]),
            ("s", &["struct"]),
            ("exact a", &["a"]),
            ("a", &["array"]),
            ("exact f", &["f"]),
            ("f", &["func"]),
            ("exact c", &["c"]),
            ("c", &["cont"]),
            ("any", &[]),
            ("func", &[]),
            ("extern", &[]),
            ("exn", &[]),
            ("cont", &[]),
        ];
        fn is_above(low: &str, high: &str) -> bool {
            let steps = STEPS.iter().find(|(name, _)| *name == low).expect("a row").1;
            low == high || steps.iter().any(|next| is_above(next, high))
        }
        let concrete = |shared: bool| {
            let form = |of: &str| if shared { format!("(shared {of})") } else { of.to_string() };
            let types = [form("(struct)"), form("(struct (field i32))"), form("(array i64)"), form("(func)")];
            let [s, s2, a, f] = types;
            let c = form("(cont $f)");
            ids(&format!(
                "(module (type $s (sub {s})) (type $s2 (sub $s {s2})) (type $a {a}) (type $f {f}) (type $c {c}))"
            ))
        };
        let of = [concrete(false), concrete(true)];
        let heap = |name: &str, shared: bool| {
            use AbstractHeapType as H;
            let ty = match name {
                "any" => H::Any,
                "eq" => H::Eq,
                "i31" => H::I31,
                "struct" => H::Struct,
                "array" => H::Array,
                "none" => H::None,
                "func" => H::Func,
                "nofunc" => H::NoFunc,
                "extern" => H::Extern,
                "noextern" => H::NoExtern,
                "exn" => H::Exn,
                "noexn" => H::NoExn,
                "cont" => H::Cont,
                "nocont" => H::NoCont,
                other => {
                    let at = ["s", "s2", "a", "f", "c"].iter().position(|n| other.ends_with(n)).expect("a type");
                    let at = if other.ends_with("s2") { 1 } else { at };
                    let index = UnpackedIndex::Module(of[usize::from(shared)][at]);
                    return if other.starts_with("exact") { HeapType::Exact(index) } else { HeapType::Concrete(index) };
                }
            };
            HeapType::Abstract { shared, ty }
        };
        let all: Vec<(&str, bool)> = STEPS.iter().flat_map(|(name, _)| [(*name, false), (*name, true)]).collect();
        for (low, low_shared) in &all {
            for (high, high_shared) in &all {
                for (low_null, high_null) in [(false, false), (false, true), (true, false), (true, true)] {
                    let a = RefType::new(low_null, heap(low, *low_shared)).unwrap();
                    let b = RefType::new(high_null, heap(high, *high_shared)).unwrap();
                    let expected = low_shared == high_shared && is_above(low, high) && (high_null || !low_null);
                    assert_eq!(val_matches(ValType::Ref(a), ValType::Ref(b)), expected, "{a} <: {b}");
                    assert!(!val_matches(ValType::Ref(a), ValType::I32) && !val_matches(ValType::I32, ValType::Ref(b)));
                }
            }
        }
    }

    /// Groups of a few types of few forms: many are equal, and are written otherwise. Types are the same exactly if they
    /// are when everything that they name is spelled out.
    #[test]
    fn types_are_the_same_if_they_are_when_spelled_out() {
        let mut seed = 1;
        let mut below = |n: usize| (crate::random::next(&mut seed) % n as u64) as usize;
        let mut known: std::collections::HashMap<TypeId, String> = std::collections::HashMap::new();
        let mut by_text: std::collections::HashMap<String, TypeId> = std::collections::HashMap::new();
        let mut met_again = 0;
        for module in 0..200 {
            let (mut text, mut spelled): (String, Vec<String>) = ("(module".into(), Vec::new());
            let mut supers: Vec<Option<usize>> = Vec::new();
            // Of each type: whether it is final, and its form.
            let mut forms: Vec<(bool, String)> = Vec::new();
            for _ in 0..1 + below(3) {
                let (first, size) = (spelled.len(), 1 + below(2));
                let (mut group, mut model): (String, Vec<String>) = (String::new(), Vec::new());
                for _ in 0..size {
                    // A reference to any type that is known here, or to one of the group.
                    let to = below(first + size);
                    let exact = ["", "exact "][below(2)];
                    let form = below(3);
                    let wrap = |to: &str| match form {
                        0 => format!("(struct (field (ref null {to})))"),
                        1 => format!("(array (mut (ref null {to})))"),
                        _ => format!("(func (param (ref null {to})))"),
                    };
                    let written = |to: &str| if exact.is_empty() { to.to_string() } else { format!("({exact}{to})") };
                    let inside = wrap(&written(&to.to_string()));
                    let outside = if to >= first { format!("own {}", to - first) } else { spelled[to].clone() };
                    let is_final = below(2) == 0;
                    // An equal form can be extended.
                    let parent = (0..first).rfind(|&p| forms[p] == (false, inside.clone()));
                    let mark = if is_final { "final " } else { "" };
                    let named = parent.map_or(String::new(), |p| format!("{p} "));
                    group += &format!(" (type (sub {mark}{named}{inside}))");
                    forms.push((is_final, inside));
                    supers.push(parent);
                    let of = parent.map_or(String::new(), |p| spelled[p].clone());
                    model.push(format!("{mark}<{of}> {}", wrap(&written(&outside))));
                }
                text += &format!(" (rec{group})");
                let whole = model.join("; ");
                spelled.extend((0..size).map(|i| format!("[{i} of {whole}]")));
            }
            text += ")";
            let registered = ids(&text);
            for (i, (&id, name)) in registered.iter().zip(&spelled).enumerate() {
                met_again += usize::from(known.contains_key(&id));
                assert_eq!(known.entry(id).or_insert_with(|| name.clone()), name, "module {module}, type {i}: {text}");
                assert_eq!(*by_text.entry(name.clone()).or_insert(id), id, "module {module}, type {i}: {text}");
                let above = |mut at: usize| {
                    let mut above = vec![registered[at]];
                    while let Some(parent) = supers[at] {
                        above.push(registered[parent]);
                        at = parent;
                    }
                    above
                };
                for &other in &registered {
                    assert_eq!(is_subtype(id, other), above(i).contains(&other), "module {module}, type {i}: {text}");
                }
            }
        }
        assert!(met_again > 40 && known.len() > 150, "{met_again} of {}", known.len());
    }
}
