//! The process-wide registry of canonical types.
//!
//! A recursion group is canonicalized structurally: inside it, references to its own members are relative
//! ([`UnpackedIndex::RecGroup`]), references to types outside are canonical ids. Two groups with equal contents get the same ids,
//! so that *type equality is id equality*, across modules and stores. A group stays registered while something holds it: a module
//! that the embedder has, a store that instantiated it, another group that names it, or [`keep`], which is for ever. After that,
//! its ids may be reused.
//!
//! A subtype test of concrete types is a load and a comparison, using each type's *display* of its supertypes (Cohen,
//! "Type-Extension Type Tests Can Be Performed in Constant Time", TOPLAS 1991).
//!
//! In types that the runtime hands out (`FuncType`, `GlobalType`, `TableType`), a concrete heap type is
//! `UnpackedIndex::Module(id)` with a canonical id in place of a module's type index: those are *canonical* types.

use super::heap::layout::{self, Layout};
use super::owned::Owned;
use super::published::Published;
use crate::module::{
    AbstractHeapType, CompositeInnerType, FuncType, HeapType, Module, RefType, SubType, UnpackedIndex, ValType,
};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Weak};
use wasmparser::{ArrayType, CompositeType, ContType, FieldType, PackedIndex, StorageType, StructType};

/// Canonical id of a type.
pub type TypeId = u32;

/// Number of supertypes that compiled code finds in [`TypeInfo::near`].
pub const NEAR: usize = 8;

/// The record of a canonical type. Immutable; compiled code finds it through [`table`]. It lives as long as something holds the
/// type: the module that declares it, or the store of whoever uses it.
///
/// `a` is a subtype of `b` if `a`'s display has `b` at `b`'s depth. For depths below [`NEAR`] that is `a.near[depth] ==
/// b`, for others `depth < a.supertypes && a.far[depth] == b`.
#[derive(Debug)]
#[repr(C)]
pub struct TypeInfo {
    /// Number of entries of the display: the depth + 1.
    pub supertypes: u32,
    /// The first entries of the display, filled with 0, which is not the id of a type.
    pub near: [TypeId; NEAR],
    /// The first entry of the display. (A thin pointer; the display has [`TypeInfo::supertypes`] entries.)
    pub far: *const TypeId,
    /// The type's own id.
    pub id: TypeId,
    /// The type, with canonical ids as references.
    pub ty: SubType,
    /// See [`TypeInfo::display`].
    display: Owned<[TypeId]>,
    /// Layout of the type's objects.
    pub layout: Layout,
    /// The group, alive while something holds it.
    group: Weak<Group>,
    /// Whether [`keep`] holds it.
    kept: AtomicBool,
}

// SAFETY: nothing is changed once it is made, but for the flag, which is atomic.
unsafe impl Send for TypeInfo {}
// SAFETY: as above.
unsafe impl Sync for TypeInfo {}

impl TypeInfo {
    /// Ids of its supertypes from the root down, itself last.
    pub fn display(&self) -> &[TypeId] {
        // SAFETY: nothing writes to it.
        unsafe { self.display.get() }
    }

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

/// A registered recursion group. Dropping it frees its ids.
#[derive(Debug)]
struct Group {
    /// The types; references inside the group are relative.
    types: Arc<[SubType]>,
    /// Their ids.
    ids: Box<[TypeId]>,
    /// The groups that the types name.
    named: Vec<Arc<Group>>,
}

#[derive(Default)]
struct Registry {
    groups: HashMap<Arc<[SubType]>, Weak<Group>>,
    /// Number of ids that have ever been given out.
    given: usize,
    /// The ids among them that are free again.
    free: Vec<TypeId>,
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
    // Compiled code reads the first entry of a display that is too short.
    far: &NO_TYPE,
    id: NO_TYPE,
    ty: func_sub_type(&FuncType::new([], [])),
    display: Vec::new().into(),
    layout: Layout::None,
    group: Weak::new(),
    kept: AtomicBool::new(false),
});

/// The table of all types by id, for compiled code: an entry for [`NO_TYPE`] and for each registered type.
pub fn table() -> *const Published<TypeInfo> {
    TABLE[NO_TYPE as usize].publish((&raw const *NO_INFO).cast_mut());
    TABLE.as_ptr()
}

/// The maximum number of types of one module: a quarter of the ids.
pub const MOST_OF_A_MODULE: usize = MAX_IDS / 4;

/// The registry has no room for another type, or a module has more than its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many types")]
pub struct TooManyTypes;

/// The canonical types of a module, registered as long as this lives.
#[derive(Debug)]
pub struct ModuleTypes {
    ids: Box<[TypeId]>,
    /// The groups that this holds.
    _groups: Vec<Arc<Group>>,
}

impl ModuleTypes {
    /// Registers the types of a module.
    ///
    /// # Errors
    /// If the module has more than [`MOST_OF_A_MODULE`], or all 2^20 ids are in use.
    pub fn new(module: &Module) -> Result<ModuleTypes, TooManyTypes> {
        if module.types.len() > MOST_OF_A_MODULE {
            return Err(TooManyTypes);
        }
        let mut ids: Vec<TypeId> = Vec::with_capacity(module.types.len());
        let mut groups = Vec::with_capacity(module.rec_groups.len());
        for group in &module.rec_groups {
            let start = group.start;
            let relative = module.types[start as usize..group.end as usize].iter().map(|ty| {
                map_sub_type(ty, &mut |index| match index.checked_sub(start) {
                    Some(i) => UnpackedIndex::RecGroup(i),
                    None => UnpackedIndex::Module(ids[index as usize]),
                })
            });
            let group = register_group(relative.collect())?;
            ids.extend(&group.ids);
            groups.push(group);
        }
        Ok(ModuleTypes { ids: ids.into(), _groups: groups })
    }

    /// Canonical ids, by type index.
    pub fn ids(&self) -> &[TypeId] {
        &self.ids
    }
}

/// Canonical ids of a module's types, by type index, for ever.
///
/// # Errors
/// As [`ModuleTypes::new`].
pub fn register_module(module: &Module) -> Result<Box<[TypeId]>, TooManyTypes> {
    let types = ModuleTypes::new(module)?;
    types.ids.iter().for_each(|&id| keep(id));
    Ok(types.ids)
}

/// Canonical id, for ever, of a function type whose concrete references, if any, are canonical.
///
/// # Errors
/// If all ids are in use.
pub fn register_func(ty: &FuncType) -> Result<TypeId, TooManyTypes> {
    register_alone(func_sub_type(ty))
}

/// Canonical id, for ever, of a final type without supertypes, whose concrete references, if any, are canonical.
///
/// # Errors
/// As [`register_func`].
pub fn register_final(ty: CompositeInnerType) -> Result<TypeId, TooManyTypes> {
    register_alone(final_sub_type(ty))
}

/// Canonical id, for ever, of the type of a function without parameters that returns a value as a constant expression of this
/// canonical type does: for all references of one representation the same, however many types a module has.
///
/// # Errors
/// As [`register_func`].
pub fn register_constant(ty: ValType) -> Result<TypeId, TooManyTypes> {
    let result = match ty {
        ValType::Ref(ty) if is_func_hierarchy(ty) => ValType::FUNCREF,
        ValType::Ref(_) => ValType::Ref(RefType::ANYREF),
        number => number,
    };
    register_func(&FuncType::new([], [result]))
}

fn register_alone(ty: SubType) -> Result<TypeId, TooManyTypes> {
    let group = register_group(vec![ty])?;
    keep(group.ids[0]);
    Ok(group.ids[0])
}

/// Keeps a type, and so everything that it names, registered for ever: for handles that anyone may copy.
///
/// # Panics
/// If nothing holds the type.
pub fn keep(id: TypeId) {
    let info = info(id);
    if !info.kept.load(Ordering::Relaxed) && !info.kept.swap(true, Ordering::Relaxed) {
        std::mem::forget(info.group.upgrade().expect("something holds the type"));
    }
}

fn func_sub_type(ty: &FuncType) -> SubType {
    final_sub_type(CompositeInnerType::Func(ty.clone()))
}

fn final_sub_type(inner: CompositeInnerType) -> SubType {
    let composite_type = CompositeType { inner, shared: false, descriptor_idx: None, describes_idx: None };
    SubType { is_final: true, supertype_idxs: Vec::new(), composite_type }
}

/// The first of the ids after those of the `registered` types, if there are as many left as `types`.
fn next_ids(registered: usize, types: usize) -> Result<TypeId, TooManyTypes> {
    let first = 1 + registered;
    if first + types <= MAX_IDS { Ok(first as TypeId) } else { Err(TooManyTypes) }
}

impl Registry {
    /// Takes as many ids as there are types.
    fn take_ids(&mut self, types: usize) -> Result<Box<[TypeId]>, TooManyTypes> {
        let fresh = types.saturating_sub(self.free.len());
        let first = next_ids(self.given, fresh)?;
        let mut ids = self.free.split_off(self.free.len() - (types - fresh));
        ids.extend(first..first + fresh as TypeId);
        self.given += fresh;
        Ok(ids.into())
    }
}

fn register_group(types: Vec<SubType>) -> Result<Arc<Group>, TooManyTypes> {
    let known = |registry: &Registry| registry.groups.get(types.as_slice()).and_then(Weak::upgrade);
    if let Some(group) = known(&REGISTRY.read()) {
        return Ok(group);
    }
    let named = named_groups(&types);
    let mut registry = REGISTRY.write();
    if let Some(group) = known(&registry) {
        return Ok(group);
    }
    let ids = registry.take_ids(types.len())?;
    let types: Arc<[SubType]> = types.into();
    let group = Arc::new_cyclic(|group| {
        publish(&types, &ids, group);
        Group { types: types.clone(), ids, named }
    });
    registry.groups.insert(types, Arc::downgrade(&group));
    Ok(group)
}

/// The other groups that the types of a group name. The caller holds them.
fn named_groups(types: &[SubType]) -> Vec<Arc<Group>> {
    let mut ids = Vec::new();
    for ty in types {
        map_packed(ty, &mut |index| {
            ids.extend(if let UnpackedIndex::Module(id) = index { Some(id) } else { None });
            index
        });
    }
    ids.sort_unstable();
    ids.dedup();
    ids.iter().map(|&id| info(id).group.upgrade().expect("the caller holds what its types name")).collect()
}

/// Publishes the records of a group's types.
fn publish(types: &[SubType], ids: &[TypeId], group: &Weak<Group>) {
    let is_func = |index| match index {
        UnpackedIndex::RecGroup(i) => matches!(types[i as usize].composite_type.inner, CompositeInnerType::Func(_)),
        other => info(canonical(other)).func().is_some(),
    };
    for (&id, relative) in ids.iter().zip(types) {
        let layout = layout::of_type(relative, &is_func);
        let ty = map_packed(relative, &mut |index| match index {
            UnpackedIndex::RecGroup(i) => UnpackedIndex::Module(ids[i as usize]),
            other => other,
        });
        let mut display = match ty.supertype_idxs.first() {
            // Validation ensures that a type extends only earlier ones, which are registered by now.
            Some(parent) => info(canonical(parent.unpack())).display().to_vec(),
            None => Vec::new(),
        };
        display.push(id);
        let mut near = [NO_TYPE; NEAR];
        near.iter_mut().zip(&display).for_each(|(near, &id)| *near = id);
        let (supertypes, display) = (display.len() as u32, Owned::from(display));
        let (group, kept) = (group.clone(), AtomicBool::new(false));
        let info = TypeInfo { supertypes, near, far: display.first(), id, ty, display, layout, group, kept };
        TABLE[id as usize].publish(Box::into_raw(Box::new(info)));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for &id in &self.ids {
            let info = TABLE[id as usize].get();
            TABLE[id as usize].publish(std::ptr::null_mut());
            // SAFETY: `publish` made it from a box. Nothing holds the type any more, so nothing accesses the record.
            drop(unsafe { Box::from_raw(info) });
        }
        let mut registry = REGISTRY.write();
        // If the same types were registered again after the last holder was gone, that group has other ids, and stays.
        if registry.groups.get(&self.types).is_some_and(|group| group.strong_count() == 0) {
            registry.groups.remove(&self.types);
        }
        registry.free.extend(&self.ids);
        drop(registry);
        // In a loop: a chain of groups may be long.
        let mut waiting = std::mem::take(&mut self.named);
        while let Some(group) = waiting.pop() {
            if let Some(mut last) = Arc::into_inner(group) {
                waiting.append(&mut last.named);
            }
        }
    }
}

/// Looks up a canonical type.
///
/// The caller holds the type, as everything that has its id does, and uses the record no longer than that.
///
/// # Panics
/// If it is not the id of a registered type.
pub fn info(id: TypeId) -> &'static TypeInfo {
    // SAFETY: entries are null or point to records that are not freed while something holds the type.
    unsafe { TABLE[id as usize].get().as_ref() }.expect("the id of a registered type")
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

/// The type of the continuation that a `switch` makes, by the type of the continuation that it switches to, which takes the new
/// one as its last value; [`NO_TYPE`] if the target takes any continuation.
pub fn switched_from(target: TypeId) -> TypeId {
    let Some(ValType::Ref(last)) = resumed_with(target).last() else { return NO_TYPE };
    match last.heap_type() {
        HeapType::Concrete(ty) | HeapType::Exact(ty) => {
            ty.as_module_index().expect("canonical types refer by canonical id")
        }
        HeapType::Abstract { .. } => NO_TYPE,
    }
}

/// Whether a continuation that was suspended by a tag of this type, and ends with these results, may be used as one of a
/// canonical type. No declaration says so: since continuations are never cast, only what they take and return matters.
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
        a.display().get(depth) == Some(&b)
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

    /// Once nothing holds the types of a module, they are gone, one by one, even where each names the one before.
    #[test]
    fn types_end_with_their_last_holder() {
        // No other test has a type that begins so.
        let first = final_sub_type(CompositeInnerType::Func(FuncType::new([ValType::F32; 41], [ValType::V128; 3])));
        let known = || REGISTRY.read().groups.get([first.clone()].as_slice()).map_or(0, Weak::strong_count);
        let mut text = format!("(module (type (func (param {}) (result v128 v128 v128)))", "f32 ".repeat(41));
        for i in 0..20_000 {
            text += &format!("(type (func (param (ref {i}))))");
        }
        let module = Module::new(&wat::parse_str(text + ")").unwrap(), WasmFeatures::all()).unwrap();
        let [a, b] = [(); 2].map(|()| ModuleTypes::new(&module).unwrap());
        assert_eq!(a.ids(), b.ids());
        let (id, last) = (a.ids()[0], *a.ids().last().unwrap());
        // Both, and the type that names it.
        assert_eq!(known(), 3);
        drop(a);
        assert_eq!((known(), info(id).id, info(last).id), (2, id, last));
        drop(b);
        assert_eq!(known(), 0);
        // What is kept keeps all that it names.
        let types = ModuleTypes::new(&module).unwrap();
        let second = types.ids()[1];
        (0..2).for_each(|_| keep(second));
        drop(types);
        assert_eq!(known(), 1);
        assert_eq!(info(second).group.strong_count(), 1, "it was kept once");
        let CompositeInnerType::Func(ty) = &info(second).ty.composite_type.inner else { panic!("a function") };
        assert!(is_func_hierarchy(ty.params()[0].as_reference_type().unwrap()));
    }

    /// The last holder of a group is gone, another registers the same types, and only then does the first one end.
    #[test]
    fn who_registers_types_that_are_about_to_end_has_new_ones_that_stay() {
        // No other test has this type.
        let ty = final_sub_type(CompositeInnerType::Func(FuncType::new([ValType::F64; 43], [ValType::V128; 5])));
        let register = || register_group(vec![ty.clone()]).unwrap();
        let old = Arc::into_inner(register()).expect("no other holder");
        let new = register();
        assert_ne!(old.ids, new.ids);
        drop(old);
        assert!(Arc::ptr_eq(&register(), &new));
    }

    #[test]
    fn ids_are_given_again() {
        let mut registry = Registry::default();
        let ids = |ids: Result<Box<[TypeId]>, TooManyTypes>| ids.map(Vec::from);
        assert_eq!(ids(registry.take_ids(3)), Ok(vec![1, 2, 3]));
        registry.free.extend([1, 3]);
        assert_eq!(ids(registry.take_ids(1)), Ok(vec![3]));
        assert_eq!(ids(registry.take_ids(3)), Ok(vec![1, 4, 5]));
        registry.free.push(2);
        assert_eq!(ids(registry.take_ids(MAX_IDS - 4)).err(), Some(TooManyTypes));
        let all = registry.take_ids(MAX_IDS - 5).unwrap();
        assert_eq!((&all[..2], all.last()), (&[2, 6][..], Some(&(MAX_IDS as TypeId - 1))));
        assert_eq!(ids(registry.take_ids(1)), Err(TooManyTypes));
        registry.free.push(7);
        assert_eq!(ids(registry.take_ids(1)), Ok(vec![7]));
    }

    #[test]
    fn a_module_has_its_share_of_the_ids() {
        let with = |types: usize| {
            let mut section = wasm_encoder::TypeSection::new();
            (0..types).for_each(|_| section.ty().function([], []));
            let mut module = wasm_encoder::Module::new();
            module.section(&section);
            ModuleTypes::new(&Module::new(&module.finish(), WasmFeatures::all()).unwrap())
                .map(|types| types.ids().len())
        };
        assert_eq!(with(MOST_OF_A_MODULE), Ok(MOST_OF_A_MODULE));
        assert_eq!(with(MOST_OF_A_MODULE + 1), Err(TooManyTypes));
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

    /// Types that differ in one point each are different, and each is the same wherever it stands.
    #[test]
    fn each_part_of_a_type_distinguishes_it() {
        const NAMED: &str = "(type $f (func)) (type $g (func (param i32))) (type $s (sub (struct)))";
        const ALONE: [&str; 45] = [
            "(func)",
            "(func (param i32))",
            "(func (result i32))",
            "(func (param i32) (result i32))",
            "(func (param i32 i64))",
            "(func (param i64 i32))",
            "(func (result i32 i64))",
            "(func (param (ref $f)))",
            "(func (result (ref $f)))",
            "(func (param (ref null $f)))",
            "(func (param (ref (exact $f))))",
            "(func (param (ref $g)))",
            "(func (param (ref func)))",
            "(func (param funcref))",
            "(func (param (ref null (shared func))))",
            "(func (param nullfuncref))",
            "(array i8)",
            "(array i16)",
            "(array i32)",
            "(array f32)",
            "(array (mut i8))",
            "(array (ref $s))",
            "(array (ref null $s))",
            "(array (mut (ref $s)))",
            "(struct)",
            "(struct (field i8))",
            "(struct (field (mut i8)))",
            "(struct (field i8 i8))",
            "(struct (field i8 (mut i8)))",
            "(struct (field (mut i8) i8))",
            "(struct (field i16))",
            "(struct (field (ref $s)))",
            "(struct (field (mut (ref $s))))",
            "(sub (struct))",
            "(sub $s (struct))",
            "(sub final $s (struct))",
            "(sub (func))",
            "(sub (array i8))",
            "(shared (struct))",
            "(shared (func))",
            "(shared (array i8))",
            "(cont $f)",
            "(cont $g)",
            "(sub (cont $f))",
            "(struct (field (ref null $s)))",
        ];
        const GROUPS: [&str; 4] = [
            "(rec (type (struct)) (type (struct)))",
            "(rec (type (sub (struct))) (type (sub (struct))))",
            "(rec (type $d (sub (descriptor $e) (struct))) (type $e (sub (describes $d) (struct))))",
            "(rec (type (sub (struct))) (type (sub $s (struct))))",
        ];
        let alone = ALONE.iter().map(|ty| format!("(type {ty})"));
        let mut known: HashMap<TypeId, String> = HashMap::new();
        for group in alone.chain(GROUPS.map(String::from)) {
            let last = |before: &str| *ids(&format!("(module {before} {NAMED} {group})")).last().expect("types");
            let id = last("");
            assert_eq!(last("(type (func (param v128 f64))) (rec (type (struct)) (type (func)))"), id, "{group}");
            let same = known.insert(id, group.clone());
            assert_eq!(same, None, "{group}");
        }
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

    /// The relation of all reference types, compared with one that is written down as its shortest steps: a type and
    /// the next ones above it.
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

    /// Groups of a few types of few forms: many are equal, but written differently. Types are the same exactly if they are when
    /// everything that they name is spelled out.
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

    /// What compiled code reads of a type, for more supertypes than are near.
    #[test]
    fn a_record_has_all_supertypes_and_the_first_ones_near() {
        let mut text = "(module (type (sub (struct)))".to_string();
        for parent in 0..11 {
            text += &format!(" (type (sub {parent} (struct)))");
        }
        let t = ids(&(text + ")"));
        for (i, &id) in t.iter().enumerate() {
            let above = &t[..=i];
            let mut near = [0; 8];
            near[..above.len().min(8)].copy_from_slice(&above[..above.len().min(8)]);
            let info = info(id);
            assert_eq!((info.supertypes as usize, info.near, info.id, info.depth()), (i + 1, near, id, i));
            // SAFETY: the display has this many entries.
            let far = unsafe { std::slice::from_raw_parts(info.far, i + 1) };
            assert_eq!((info.display(), far), (above, above), "type {i}");
            for (j, &other) in t.iter().enumerate() {
                assert_eq!(is_subtype(id, other), j <= i, "{i} <: {j}");
            }
        }
        // SAFETY: the table begins with the record of no type, which stays.
        let (none, first) = unsafe {
            let none = (*table()).get().as_ref().expect("a record");
            (none, *none.far)
        };
        assert_eq!((none.supertypes, none.near, none.id, first), (0, [0; 8], 0, 0));
        assert_eq!((none.display().len(), &none.layout), (0, &Layout::None));
    }

    /// Pointers to functions are one representation, all other references another.
    #[test]
    fn constants_of_one_representation_have_one_type() {
        let t = ids("(module (type (func (param i64))) (type (struct)) (type (array i8)))");
        let concrete = |nullable, id| {
            let heap = HeapType::Concrete(UnpackedIndex::Module(id));
            ValType::Ref(RefType::new(nullable, heap).expect("a type"))
        };
        let any = ValType::Ref(RefType::ANYREF);
        for (ty, result) in [
            (ValType::I32, ValType::I32),
            (ValType::I64, ValType::I64),
            (ValType::F32, ValType::F32),
            (ValType::F64, ValType::F64),
            (ValType::V128, ValType::V128),
            (ValType::FUNCREF, ValType::FUNCREF),
            (ValType::Ref(RefType::NULLFUNCREF), ValType::FUNCREF),
            (concrete(false, t[0]), ValType::FUNCREF),
            (concrete(true, t[0]), ValType::FUNCREF),
            (ValType::EXTERNREF, any),
            (any, any),
            (ValType::Ref(RefType::EQREF), any),
            (ValType::Ref(RefType::NULLREF), any),
            (concrete(false, t[1]), any),
            (concrete(true, t[2]), any),
        ] {
            let id = register_constant(ty).unwrap();
            assert_eq!(func_type(id), FuncType::new([], [result]), "{ty}");
        }
    }

    #[test]
    fn continuations_are_compared_by_what_they_take_and_return() {
        const TEXT: &str = "(module
            (type $f (func (param i32 i64) (result f32))) (type $c (cont $f))
            (type $g (func (param i64 (ref null $c)))) (type $d (cont $g))
            (type $h (func (param (ref null cont)))) (type $e (cont $h))
            (type $r (func (result (ref null $c)))) (type $m (cont $r))
            (type $numbers (func (param f64) (result i32 i64))) (type $other (func (result i32 f64)))
            (type $first (func (result (ref $c) i32))) (type $last (func (result i32 (ref null $d))))
            (type $wide (func (result i64 (ref null cont)))) (type $narrow (func (result i64 (ref $c))))
            (type $none (func (param i32))) (type $one (func (result i32))))";
        let t = ids(TEXT);
        let [f, c, g, d, _, e, r, m, numbers, other, first, last, wide, narrow, none, one] = t[..] else {
            panic!("sixteen types");
        };
        let reference = |nullable, id| {
            let heap = HeapType::Concrete(UnpackedIndex::Module(id));
            ValType::Ref(RefType::new(nullable, heap).expect("a type"))
        };
        assert_eq!([c, d, m].map(func_of_continuation), [f, g, r].map(|id| info(id).func().expect("a function")));
        for (id, values, switched) in [
            (c, &[ValType::I32, ValType::I64][..], NO_TYPE),
            (d, &[ValType::I64, reference(true, c)], c),
            (m, &[], NO_TYPE),
            (numbers, &[ValType::I32, ValType::I64], NO_TYPE),
            (first, &[reference(false, c), ValType::I32], NO_TYPE),
            (last, &[ValType::I32, reference(true, d)], d),
            (none, &[], NO_TYPE),
        ] {
            assert_eq!((resumed_with(id), switched_from(id)), (values, switched), "type {id}");
        }
        // Any continuation is no type of one.
        assert_eq!((switched_from(e), switched_from(wide)), (NO_TYPE, NO_TYPE));
        let (number, twice) = (Some(&[ValType::F32][..]), [ValType::F32; 2]);
        let (null, own) = ([reference(true, c)], [reference(false, c)]);
        for (tag, results, wanted, expected) in [
            (numbers, number, c, true),
            (numbers, None, c, true),
            (numbers, Some(&[ValType::F64][..]), c, false),
            (numbers, Some(&[]), c, false),
            (numbers, Some(&twice), c, false),
            (other, number, c, false),
            (first, number, c, false),
            (none, number, c, false),
            (one, number, c, false),
            // Not a continuation.
            (numbers, number, f, false),
            // It takes what is more general, and returns what is more specific.
            (wide, Some(&[]), d, true),
            (narrow, Some(&[]), d, false),
            (none, Some(&null), m, true),
            (none, Some(&own), m, true),
            (none, Some(&[ValType::Ref(RefType::ANYREF)]), m, false),
        ] {
            assert_eq!(suspended_matches(tag, results, wanted), expected, "{tag} {results:?} {wanted}");
        }
    }

    #[test]
    fn ids_of_types_that_have_ended_are_given_again() {
        // No other test has this group.
        let group = vec![func_sub_type(&FuncType::new([], [])); 500];
        let given = || REGISTRY.read().given;
        let before = given();
        for _ in 0..200 {
            let registered = register_group(group.clone()).unwrap();
            assert_eq!((registered.ids.len(), info(registered.ids[499]).id), (500, registered.ids[499]));
            drop(registered);
            assert!(!REGISTRY.read().groups.contains_key(group.as_slice()), "the registry forgets it");
        }
        // Others, which register their own types meanwhile, have fewer.
        let taken = given() - before;
        assert!(taken < 60_000, "{taken} of 100000 ids were never given before");
    }

    #[test]
    fn each_group_that_is_named_is_held_once() {
        let t = ids("(module (type $a (func (param f32 f64 f32 f64 f32))) (type $b (func (param (ref $a))))
            (type (func (param (ref $a) (ref $b) (ref $a)))))");
        let named = |id: TypeId| info(id).group.upgrade().expect("it is kept").named.len();
        assert_eq!([t[0], t[1], t[2]].map(named), [0, 1, 2]);
    }
}
