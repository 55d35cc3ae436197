//! The memory classes of the load pass.

use super::super::loads::{CLASSES, Classes, class, forward_loads, written};
use crate::jit::ir::parse::parse;
use crate::jit::ir::{Access, Block, Imm, Op, Region, Type, Value};
use crate::runtime::libcalls::Libcall;

/// Whether a write to one region may change reads from another, according to the documentation of regions.
fn may_alias(a: Region, b: Region) -> bool {
    match (a, b) {
        (Region::MemoryLen(_), Region::MemoryLen(_)) | (Region::TableDesc(_), Region::TableDesc(_)) => true,
        (Region::Global(_, a), Region::Global(_, b)) => a == b,
        _ => a == b,
    }
}

/// The classes of the load pass must agree with the documentation of regions.
#[test]
fn memory_classes_are_the_alias_relation() {
    let types = Type::ALL;
    let mut regions = vec![
        Region::Immutable,
        Region::ImmutableGlobal,
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
            if [a, b].iter().any(|region| matches!(region, Region::Immutable | Region::ImmutableGlobal)) {
                continue;
            }
            // Fields share classes.
            let fields = matches!((a, b), (Region::StructField(..), Region::StructField(..)));
            assert!(may_alias(a, b) == (class(a) == class(b)) || fields && !may_alias(a, b), "{a:?} {b:?}");
        }
    }
}

/// One region for each class that can be written; for fields, all regions that share classes.
pub const WRITABLE: [Region; 18] = [
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

/// What the runtime's functions may change, given their purpose: linear memory, and regions. (The store's state includes
/// the place of the next object.)
fn changed_by(libcall: Libcall) -> (bool, Vec<Region>) {
    let elements = || WRITABLE.into_iter().filter(|region| matches!(region, Region::Elements(..)));
    match libcall {
        Libcall::MemoryGrow => (true, vec![Region::MemoryLen(1)]),
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
        // Other code runs before they return, or on the way out.
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

/// What an operation may change, in the form of [`changed_by`]. Stores write their own region; libcalls are handled
/// separately.
fn changed_by_operation(op: Op) -> (bool, Vec<Region>) {
    match op {
        Op::HeapStore => (true, Vec::new()),
        // Writes by other threads become visible after them.
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
    // No write changes memory that never changes after it has been read.
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
    for region in [Region::Immutable, Region::ImmutableGlobal, Region::Constant] {
        assert_eq!(store(region), 0, "{region:?}: written before anything reads it");
    }
}

/// Of two loads from one place with a write to another place between them, the second stays if the write is in the same
/// class.
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

/// The size of an access in bytes, its text form, and the type of its value.
const ACCESSES: [(u64, &str, &str); 8] = [
    (1, "u8", "i32"),
    (1, "s8", "i64"),
    (2, "u16", "i32"),
    (4, "s32", "i64"),
    (4, "full", "i32"),
    (8, "full", "f64"),
    (8, "full", "i64"),
    (16, "full", "v128"),
];

/// A loaded value stays known after a store that does not touch its bytes and is forgotten after one that touches any of
/// them; also after any store at another index or base, which might touch them.
#[test]
fn a_store_beside_leaves_known_exactly_what_it_does_not_touch() {
    const AT: u64 = 16;
    let mut kept = [0, 0];
    for (bytes, access, ty) in ACCESSES {
        for (width, stored, of) in ACCESSES {
            for offset in 0..=40 {
                for place in ["v2, v3", "v2, v4", "v5, v3"] {
                    let text = format!(
                        "function 0 \"f\" (i64, i64, i64, {of}) -> ({ty}, {ty}) {{\nb0(v0: ptr, v3: i64, v4: i64, v6: i64, v7: {of}):\n  \
                         v2 = load.ptr field(0, immutable) v0\n  v5 = load.ptr field(8, immutable) v0\n  \
                         v8 = heap_load.{ty} heap({AT}, {access}, 0, guard) v2, v3\n  \
                         heap_store.{of} heap({offset}, {stored}, 0, guard) v7, {place}\n  \
                         v9 = heap_load.{ty} heap({AT}, {access}, 0, guard) v2, v3\n  return v8, v9\n}}\n"
                    );
                    let mut f = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
                    let same_place = place == "v2, v3";
                    let beside = same_place && (offset + width <= AT || AT + bytes <= offset);
                    // The value is then the stored one.
                    let stored_there = same_place && offset == AT && (access, ty) == (stored, of) && access == "full";
                    assert_eq!(forward_loads(&mut f), u64::from(beside || stored_there), "{text}");
                    kept[usize::from(beside)] += 1;
                }
            }
        }
    }
    assert!(kept[0] > 1000 && kept[1] > 1000, "{kept:?}");
}

/// Each of the last 16 places survives a store beside all of them.
#[test]
fn the_last_places_survive_stores_beside_them() {
    for places in 1..=20u64 {
        let mut text = String::from(
            "function 0 \"f\" (i64, i32) -> () {\nb0(v0: ptr, v1: i64, v2: i32):\n  v3 = load.ptr field(0, immutable) v0\n",
        );
        let load = |value: u64, n: u64| format!("  v{value} = heap_load.i32 heap({}, full, 0, guard) v3, v1\n", 4 * n);
        (0..places).for_each(|n| text += &load(10 + n, n));
        text += "  heap_store.i32 heap(400, full, 0, guard) v2, v3, v1\n  heap_store.i32 heap(408, u8, 0, guard) v2, v3, v1\n";
        // The newest first, because what is read again becomes the newest.
        (0..places).rev().for_each(|n| text += &load(40 + n, n));
        text += "  return\n}\n";
        let mut f = parse(&text).unwrap();
        // The location of the first store counts as a place when the second store is made.
        assert_eq!(forward_loads(&mut f), places.min(15), "{places} places");
        let insts = f.blocks[f.entry().index()].insts.iter();
        let again: Vec<u64> = insts.map(|&inst| u64::from(f.inst(inst).first_result.0)).filter(|&v| v >= 40).collect();
        assert_eq!(again, (0..places.saturating_sub(15)).rev().map(|n| 40 + n).collect::<Vec<_>>(), "the oldest ones");
    }
}

/// What is learnt or forgotten on one path does not affect the other.
#[test]
fn facts_of_one_way_do_not_hold_on_the_other() {
    for (first, second) in [("b1", "b2"), ("b2", "b1")] {
        let text = format!(
            "function 0 \"f\" (i32, i64) -> (i32, i32) {{\nb0(v0: ptr, v1: i32, v2: i64):\n  \
             v3 = load.i32 field(64, global(0, i32)) v0\n  v4 = load.ptr field(0, immutable) v0\n  \
             v5 = heap_load.i32 heap(0, full, 0, guard) v4, v2\n  brif v1 -> {first}(), {second}()\n\
             b1():\n  store.i32 field(64, global(0, i32)) v1, v0\n  heap_store.i32 heap(0, full, 0, guard) v1, v4, v2\n  \
             v6 = load.i32 field(64, global(0, i32)) v0\n  v7 = heap_load.i32 heap(0, full, 0, guard) v4, v2\n  return v6, v7\n\
             b2():\n  v8 = load.i32 field(64, global(0, i32)) v0\n  v9 = heap_load.i32 heap(0, full, 0, guard) v4, v2\n  return v8, v9\n}}\n"
        );
        let mut f = parse(&text).unwrap();
        assert_eq!(forward_loads(&mut f), 4);
        let returned = |block: u32| f.inst(f.terminator(Block(block))).args.to_vec();
        assert_eq!((returned(1), returned(2)), (vec![Value(1); 2], vec![Value(3), Value(5)]));
    }
}

/// A part of a value is not the value that was stored, and a place read in a different way has a different value.
#[test]
fn only_whole_values_are_forwarded() {
    for (store, load, count) in [
        ("8, elements(4, i32)", "8, elements(4, i32)", 1),
        ("8, u8, elements(1, i32)", "8, u8, elements(1, i32)", 0),
        ("8, u16, elements(2, i32)", "8, s16, elements(2, i32)", 0),
        ("8, s16, struct(8, i32)", "8, s16, struct(8, i32)", 0),
        ("8, struct(8, i32)", "8, struct(8, i32)", 1),
        ("8, u8, struct(8, i32)", "8, struct(8, i32)", 0),
        ("8, struct(8, i32)", "12, struct(8, i32)", 0),
        ("8, constant", "8, constant", 1),
        ("8, u8, constant", "8, u8, constant", 0),
        ("8, transfer", "8, transfer", 1),
        ("-8, payload", "-8, payload", 1),
        ("8, immutable", "8, immutable", 0),
    ] {
        let text = format!(
            "function 0 \"f\" (i32) -> (i32) {{\nb0(v0: ptr, v1: i32):\n  store.i32 field({store}) v1, v0\n  \
             v2 = load.i32 field({load}) v0\n  return v2\n}}\n"
        );
        let mut f = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(forward_loads(&mut f), count, "{store}; {load}");
    }
}
