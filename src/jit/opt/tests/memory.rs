//! What is known of memory, and until when: text in, text out, the verifier on.

use super::super::memory::{CLASSES, class};
use super::passes::{after, check};
use crate::jit::ir::{Region, Type};

#[test]
fn loads_are_forwarded_until_something_may_write() {
    check(
        "loads",
        "(i32, i64) -> (i32, i32, i32, i64)",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = load.i32 field(64, global(0, i32)) v0
           v4 = load.i32 field(64, global(0, i32)) v0
           store.i64 field(72, global(1, i64)) v2, v0
           v5 = load.i32 field(64, global(0, i32)) v0
           store.i32 field(80, global(2, i32)) v1, v0
           v6 = load.i32 field(80, global(2, i32)) v0
           v7 = load.i32 field(64, global(0, i32)) v0
           v8 = load.i64 field(72, global(1, i64)) v0
           v9 = iadd.i32 v4, v5
           return v9, v6, v7, v8",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = load.i32 field(64, global(0, i32)) v0
           store.i64 field(72, global(1, i64)) v2, v0
           store.i32 field(80, global(2, i32)) v1, v0
           v7 = load.i32 field(64, global(0, i32)) v0
           v9 = iadd.i32 v3, v3
           return v9, v1, v7, v2",
    );
}

#[test]
fn calls_write_everything_but_what_never_changes() {
    let body = "sig0 () -> ()
         b0(v0: ptr, v1: i64):
           v2 = load.ptr field(0, immutable) v0
           v3 = heap_load.i64 heap(8, full, 0, guard) v2, v1
           v4 = load.i64 field(8, memory_len(0)) v0
           v5 = const.i64 0
           v6 = libcall memory_grow v5, v5
           v7 = heap_load.i64 heap(8, full, 0, guard) v2, v1
           v8 = load.i64 field(8, memory_len(0)) v0
           call func(1, sig0)
           v9 = heap_load.i64 heap(8, full, 0, guard) v2, v1
           v10 = load.ptr field(0, immutable) v0
           v11 = iadd.i64 v7, v8
           v12 = iadd.i64 v11, v9
           return v12";
    let got = after("loads,gvn", "function 0 \"f\" (i64) -> (i64)", body);
    assert_eq!(got.matches("heap_load").count(), 2, "{got}");
    assert_eq!(got.matches("memory_len").count(), 2, "{got}");
    assert_eq!(got.matches("immutable").count(), 1, "{got}");
    assert!(got.contains("v11 = iadd.i64 v3, v8"), "{got}");
}

#[test]
fn stored_values_are_forwarded_at_full_width_only() {
    check(
        "loads",
        "(i32, i64) -> (i32, i32, i32)",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = load.ptr field(0, immutable) v0
           heap_store.i32 heap(0, full, 0, guard) v1, v3, v2
           v4 = heap_load.i32 heap(0, full, 0, guard) v3, v2
           heap_store.i32 heap(0, u8, 0, guard) v1, v3, v2
           v5 = heap_load.i32 heap(0, u8, 0, guard) v3, v2
           v6 = heap_load.i32 heap(0, full, 0, guard) v3, v2
           return v4, v5, v6",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = load.ptr field(0, immutable) v0
           heap_store.i32 heap(0, full, 0, guard) v1, v3, v2
           heap_store.i32 heap(0, u8, 0, guard) v1, v3, v2
           v5 = heap_load.i32 heap(0, u8, 0, guard) v3, v2
           v6 = heap_load.i32 heap(0, full, 0, guard) v3, v2
           return v1, v5, v6",
    );
}

#[test]
fn stores_beside_a_known_place_leave_it_known() {
    check(
        "loads",
        "(i32, i64, i64) -> (i32, i32, i32)",
        "b0(v0: ptr, v1: i32, v2: i64, v3: i64):
           v4 = load.ptr field(0, immutable) v0
           heap_store.i32 heap(8, full, 0, guard) v1, v4, v2
           heap_store.i32 heap(12, full, 0, guard) v1, v4, v2
           v5 = heap_load.i32 heap(8, full, 0, guard) v4, v2
           heap_store.i64 heap(11, u8, 0, guard) v3, v4, v2
           v6 = heap_load.i32 heap(8, full, 0, guard) v4, v2
           heap_store.i64 heap(0, full, 0, guard) v3, v4, v3
           v7 = heap_load.i32 heap(12, full, 0, guard) v4, v2
           return v5, v6, v7",
        "b0(v0: ptr, v1: i32, v2: i64, v3: i64):
           v4 = load.ptr field(0, immutable) v0
           heap_store.i32 heap(8, full, 0, guard) v1, v4, v2
           heap_store.i32 heap(12, full, 0, guard) v1, v4, v2
           heap_store.i64 heap(11, u8, 0, guard) v3, v4, v2
           v6 = heap_load.i32 heap(8, full, 0, guard) v4, v2
           heap_store.i64 heap(0, full, 0, guard) v3, v4, v3
           v7 = heap_load.i32 heap(12, full, 0, guard) v4, v2
           return v1, v6, v7",
    );
}

#[test]
fn loads_are_forgotten_where_paths_meet() {
    check(
        "loads",
        "(i32) -> (i32)",
        "b0(v0: ptr, v1: i32):
           v2 = load.i32 field(64, global(0, i32)) v0
           brif v1 -> b1(), b2()
         b1():
           v3 = load.i32 field(64, global(0, i32)) v0
           store.i32 field(64, global(0, i32)) v3, v0
           jump -> b2()
         b2():
           v4 = load.i32 field(64, global(0, i32)) v0
           return v4",
        "b0(v0: ptr, v1: i32):
           v2 = load.i32 field(64, global(0, i32)) v0
           brif v1 -> b1(), b2()
         b1():
           store.i32 field(64, global(0, i32)) v2, v0
           jump -> b2()
         b2():
           v4 = load.i32 field(64, global(0, i32)) v0
           return v4",
    );
}

/// The classes of the load pass must say what the IR's own relation says.
/// Whether a write to one region may change what is read from another, by what their docs say.
fn may_alias(a: Region, b: Region) -> bool {
    match (a, b) {
        (Region::MemoryLen(_), Region::MemoryLen(_)) | (Region::TableDesc(_), Region::TableDesc(_)) => true,
        (Region::Global(_, a), Region::Global(_, b)) => a == b,
        _ => a == b,
    }
}

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
    regions.extend(types.iter().flat_map(|&ty| [8, 12, 16, 400].map(|at| Region::StructField(at, ty))));
    for &a in &regions {
        assert!(class(a).is_none_or(|c| c > 0 && c < CLASSES), "{a:?}");
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
