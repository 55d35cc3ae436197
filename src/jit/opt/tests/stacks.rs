//! What passes may do around calls that leave the stack.

use super::passes::{after, check};

#[test]
fn what_passed_to_another_stack_is_not_what_comes_back() {
    // Nor is anything else as it was: another stack may have run anything.
    check(
        "loads",
        "(funcref, i64) -> (i64, i64, i64, i32, i32)",
        "b0(v0: ptr, v1: ptr, v2: i64):
           v3 = load.i32 field(64, global(0, i32)) v0
           store.i64 field(0, transfer) v2, v1
           v4 = load.i64 field(0, transfer) v1
           v5 = const.i32 1
           v6 = libcall suspend v5, v5
           v7 = load.i64 field(0, transfer) v1
           v8 = load.i64 field(0, transfer) v1
           v9 = load.i32 field(64, global(0, i32)) v0
           return v4, v7, v8, v3, v9",
        "b0(v0: ptr, v1: ptr, v2: i64):
           v3 = load.i32 field(64, global(0, i32)) v0
           store.i64 field(0, transfer) v2, v1
           v5 = const.i32 1
           v6 = libcall suspend v5, v5
           v7 = load.i64 field(0, transfer) v1
           v9 = load.i32 field(64, global(0, i32)) v0
           return v2, v7, v7, v3, v9",
    );
}

#[test]
fn nor_is_it_behind_one_that_ends_its_block() {
    for libcall in ["resume v5, v5, v5", "resume_throw v5, v5, v5", "suspend v5, v5", "switch v5, v5, v5"] {
        let body = format!(
            "b0(v0: ptr, v1: ptr, v2: i64):
               store.i64 field(0, transfer) v2, v1
               v5 = const.i32 1
               v6 = try_libcall {libcall} -> b1(), b2() catch all
             b1():
               v7 = load.i64 field(0, transfer) v1
               return v7
             b2():
               v8 = landing_pad
               v9 = load.i64 field(0, transfer) v1
               return v9"
        );
        let got = after("loads", "function 0 \"f\" (funcref, i64) -> (i64)", &body);
        assert!(got.contains("return v7") && got.contains("return v9"), "{got}");
    }
}

/// What makes a continuation looks at values on the way, and leaves everything else alone.
#[test]
fn making_a_continuation_writes_nothing_else() {
    check(
        "loads",
        "(funcref, i64) -> (i64, i32, i32)",
        "b0(v0: ptr, v1: ptr, v2: i64):
           v3 = load.i32 field(64, global(0, i32)) v0
           store.i64 field(0, transfer) v2, v1
           v5 = const.i32 1
           v6 = libcall cont_bind v5, v5, v5
           v7 = load.i64 field(0, transfer) v1
           v9 = load.i32 field(64, global(0, i32)) v0
           return v7, v3, v9",
        "b0(v0: ptr, v1: ptr, v2: i64):
           v3 = load.i32 field(64, global(0, i32)) v0
           store.i64 field(0, transfer) v2, v1
           v5 = const.i32 1
           v6 = libcall cont_bind v5, v5, v5
           v7 = load.i64 field(0, transfer) v1
           return v7, v3, v3",
    );
}

/// In a loop, a value that came from elsewhere is loaded each time.
#[test]
fn what_comes_from_another_stack_stays_in_its_loop() {
    let body = "b0(v0: ptr, v1: i32):
           v2 = load.ptr field(0, immutable) v0
           jump -> b1(v1)
         b1(v3: i32):
           v4 = libcall suspend v1, v1
           v5 = load.i32 field(0, transfer) v2
           v6 = iadd.i32 v3, v5
           brif v6 -> b1(v6), b2()
         b2():
           return v6";
    let got = after("licm", "function 0 \"f\" (i32) -> (i32)", body);
    let (before, behind) = got.split_once("libcall suspend").expect(&got);
    assert!(behind.contains("load.i32 field(0, transfer)") && !before.contains("transfer"), "{got}");
}
