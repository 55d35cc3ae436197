//! The memory classes of the load pass.

use super::super::loads::{CLASSES, Classes, class, forward_loads, written};
use crate::jit::ir::parse::parse;
use crate::jit::ir::{Access, Imm, Op, Region, Type};
use crate::runtime::libcalls::Libcall;

/// Whether a write to one region may change reads from another, by the regions' docs.
fn may_alias(a: Region, b: Region) -> bool {
    match (a, b) {
        (Region::MemoryLen(_), Region::MemoryLen(_)) | (Region::TableDesc(_), Region::TableDesc(_)) => true,
        (Region::Global(_, a), Region::Global(_, b)) => a == b,
        _ => a == b,
    }
}

/// The classes of the load pass must agree with the docs of regions.
#[test]
fn memory_classes_are_the_alias_relation() {
    let types = Type::ALL;
    let mut regions = vec![
        Region::Immutable,
        Region::MemoryLen(0),
        Region::MemoryLen(1),
        Region::TableDesc(0),
        Region::TableDesc(3),
        Region::TableElem,
        Region::ExceptionPayload,
        Region::StoreState,
        Region::Fuel,
        Region::Transfer,
    ];
    regions.extend(types.iter().flat_map(|&ty| [Region::Global(0, ty), Region::Global(9, ty)]));
    regions.extend(types.iter().map(|&ty| Region::Elements(ty, ty.bytes())));
    regions.extend([1, 2].map(|bytes| Region::Elements(Type::I32, bytes)));
    // All classes of fields.
    regions.extend(types.iter().flat_map(|&ty| (8..200).step_by(4).map(move |at| Region::StructField(at, ty))));
    let constant = class(Region::Constant);
    assert_eq!(constant, Some(CLASSES - 1), "a call forgets all classes before it");
    for &a in &regions {
        assert!(class(a).is_none_or(|c| c > 0 && c < CLASSES) && class(a) != constant, "{a:?}");
        for &b in &regions {
            if a == Region::Immutable || b == Region::Immutable {
                continue;
            }
            // Fields share classes.
            let fields = matches!((a, b), (Region::StructField(..), Region::StructField(..)));
            assert!(may_alias(a, b) == (class(a) == class(b)) || fields && !may_alias(a, b), "{a:?} {b:?}");
        }
    }
}

/// One region of each class that a write can be of; of fields, all that share classes.
const WRITABLE: [Region; 18] = [
    Region::MemoryLen(1),
    Region::TableDesc(1),
    Region::TableElem,
    Region::ExceptionPayload,
    Region::StoreState,
    Region::Fuel,
    Region::Transfer,
    Region::Global(1, Type::I32),
    Region::Global(1, Type::Ref32),
    Region::Global(1, Type::V128),
    Region::StructField(8, Type::I32),
    Region::StructField(12, Type::Ptr),
    Region::StructField(400, Type::V128),
    Region::Elements(Type::I32, 1),
    Region::Elements(Type::I32, 2),
    Region::Elements(Type::I32, 4),
    Region::Elements(Type::Ref32, 4),
    Region::Elements(Type::V128, 16),
];

/// What the runtime's functions may change, by what they are for: linear memory, and regions. (The store's state has the
/// place of the next object.)
fn changed_by(libcall: Libcall) -> (bool, Vec<Region>) {
    let elements = || WRITABLE.into_iter().filter(|region| matches!(region, Region::Elements(..)));
    match libcall {
        Libcall::MemoryGrow => (false, vec![Region::MemoryLen(1)]),
        Libcall::MemoryCopy | Libcall::MemoryFill | Libcall::MemoryInit => (true, vec![Region::Fuel]),
        Libcall::AtomicWait32 | Libcall::AtomicWait64 | Libcall::AtomicNotify => (true, vec![Region::MemoryLen(1)]),
        Libcall::TableGrow => (false, vec![Region::TableDesc(1), Region::TableElem]),
        Libcall::TableCopy | Libcall::TableFill | Libcall::TableInit => (false, vec![Region::TableElem, Region::Fuel]),
        Libcall::DataDrop | Libcall::ElemDrop | Libcall::TraceStore => (false, Vec::new()),
        Libcall::StructNew | Libcall::Allocate | Libcall::ArrayNew | Libcall::ArrayNewData | Libcall::ArrayNewElem => {
            (false, vec![Region::StoreState, Region::Fuel])
        }
        Libcall::ArrayFill | Libcall::ArrayCopy | Libcall::ArrayInitData | Libcall::ArrayInitElem => {
            (false, elements().chain([Region::Fuel]).collect())
        }
        Libcall::ExceptionNew => (false, vec![Region::StoreState, Region::ExceptionPayload]),
        Libcall::ContNew | Libcall::ContBind => (false, vec![Region::StoreState, Region::Transfer]),
        // Other code runs until they return, or on the way out.
        Libcall::Resume
        | Libcall::ResumeThrow
        | Libcall::Suspend
        | Libcall::Switch
        | Libcall::Throw
        | Libcall::Trap
        | Libcall::StackCheck
        | Libcall::CallArray => (true, WRITABLE.to_vec()),
    }
}

/// What an operation may change: as [`changed_by`]. A store's region is its own; a libcall is asked for by itself.
fn changed_by_operation(op: Op) -> (bool, Vec<Region>) {
    match op {
        Op::HeapStore => (true, Vec::new()),
        // Another thread's writes are seen after them.
        op if op.is_atomic() => (true, vec![Region::MemoryLen(1)]),
        Op::Fence => (true, vec![Region::MemoryLen(1)]),
        Op::Alloc => (false, vec![Region::StoreState]),
        Op::Call | Op::CallRef | Op::TryCall | Op::TryCallRef | Op::Throw => (true, WRITABLE.to_vec()),
        _ => (false, Vec::new()),
    }
}

#[track_caller]
fn writes(what: &str, classes: Classes, (heap, regions): (bool, Vec<Region>)) {
    assert_eq!(classes & 1 != 0, heap, "{what}: linear memory");
    assert_eq!(classes >> CLASSES, 0, "{what}: classes that there are");
    for region in WRITABLE {
        let class = class(region).expect("it can be written");
        assert_eq!(classes >> class & 1 != 0, regions.contains(&region), "{what}: {region:?}");
    }
    // No write is one of what never changes after it was read.
    assert_eq!(classes >> class(Region::Constant).expect("it has a class"), 0, "{what}: constants");
}

#[test]
fn what_writes_which_memory() {
    for &libcall in Libcall::ALL {
        for op in [Op::Libcall, Op::TryLibcall] {
            writes(libcall.name(), written(op, Imm::Libcall(libcall)), changed_by(libcall));
        }
    }
    for &op in Op::ALL.iter().filter(|op| !matches!(op, Op::Libcall | Op::TryLibcall | Op::Store)) {
        writes(op.name(), written(op, Imm::None), changed_by_operation(op));
    }
    let store = |region| written(Op::Store, Imm::Field { offset: 8, access: Access::Full, region });
    for region in WRITABLE {
        assert_eq!(store(region), 1 << class(region).expect("it can be written"), "{region:?}");
    }
    for region in [Region::Immutable, Region::Constant] {
        assert_eq!(store(region), 0, "{region:?}: written before anything reads it");
    }
}

/// Of two loads of one place with a write to another place between them, the second one stays if the write is of its class.
#[test]
fn a_load_after_a_write_of_its_region_stays() {
    let types = |region: Region| match region {
        Region::Global(_, ty) | Region::StructField(_, ty) | Region::Elements(ty, _) => ty,
        Region::TableDesc(_) | Region::Transfer | Region::StoreState | Region::Fuel | Region::MemoryLen(_) => Type::I64,
        _ => Type::I32,
    };
    for read in WRITABLE {
        for wrote in WRITABLE {
            let access = match wrote {
                Region::Elements(_, 1) => "u8, ",
                Region::Elements(_, 2) => "u16, ",
                _ => "",
            };
            let (ty, other) = (types(read).name(), types(wrote).name());
            let text = format!(
                "function 0 \"f\" () -> () {{\nb0(v0: ptr):\n  v1 = load.ptr field(0, immutable) v0\n  v2 = load.ptr field(8, immutable) v0\n  \
                 v3 = load.{other} field(16, immutable) v0\n  v4 = load.{ty} field(8, {read}) v1\n  \
                 store.{other} field(8, {access}{wrote}) v3, v2\n  v5 = load.{ty} field(8, {read}) v1\n  \
                 store.{ty} field(24, {read}) v4, v2\n  store.{ty} field(32, {read}) v5, v2\n  return\n}}\n"
            );
            let mut f = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
            let stays = class(read) == class(wrote);
            assert_eq!(forward_loads(&mut f), u64::from(!stays), "a read of {read} after a write of {wrote}");
        }
    }
}
