//! What passes may do with fields, elements and headers.

use super::passes::check;

#[test]
fn a_store_to_a_field_may_be_one_to_another_object() {
    // v1 and v2 may be one object: of a field, what was known goes; fields of other types or places stay.
    check(
        "loads",
        "(funcref, funcref, i32, f32) -> (i32, i32, f32, i32)",
        "b0(v0: ptr, v1: ptr, v2: ptr, v3: i32, v4: f32):
           v5 = load.i32 field(8, struct(8, i32)) v1
           v6 = load.i32 field(12, struct(12, i32)) v1
           store.f32 field(8, struct(8, f32)) v4, v2
           v7 = load.i32 field(8, struct(8, i32)) v1
           store.i32 field(8, struct(8, i32)) v3, v2
           v8 = load.i32 field(8, struct(8, i32)) v1
           v9 = load.f32 field(8, struct(8, f32)) v2
           v10 = load.i32 field(12, struct(12, i32)) v1
           v11 = iadd.i32 v5, v7
           return v8, v11, v9, v10",
        "b0(v0: ptr, v1: ptr, v2: ptr, v3: i32, v4: f32):
           v5 = load.i32 field(8, struct(8, i32)) v1
           v6 = load.i32 field(12, struct(12, i32)) v1
           store.f32 field(8, struct(8, f32)) v4, v2
           store.i32 field(8, struct(8, i32)) v3, v2
           v8 = load.i32 field(8, struct(8, i32)) v1
           v11 = iadd.i32 v5, v5
           return v8, v11, v4, v6",
    );
}

#[test]
fn what_is_stored_in_a_packed_place_is_not_what_is_read() {
    check(
        "loads",
        "(funcref, i32) -> (i32, i32, i32, i32)",
        "b0(v0: ptr, v1: ptr, v2: i32):
           store.i32 field(8, u8, struct(8, i32)) v2, v1
           v3 = load.i32 field(8, u8, struct(8, i32)) v1
           v4 = load.i32 field(8, s8, struct(8, i32)) v1
           v5 = load.i32 field(8, s8, struct(8, i32)) v1
           store.i32 field(16, u16, elements(2, i32)) v2, v1
           v6 = load.i32 field(16, u16, elements(2, i32)) v1
           return v3, v4, v5, v6",
        "b0(v0: ptr, v1: ptr, v2: i32):
           store.i32 field(8, u8, struct(8, i32)) v2, v1
           v3 = load.i32 field(8, u8, struct(8, i32)) v1
           v4 = load.i32 field(8, s8, struct(8, i32)) v1
           store.i32 field(16, u16, elements(2, i32)) v2, v1
           v6 = load.i32 field(16, u16, elements(2, i32)) v1
           return v3, v4, v4, v6",
    );
}

#[test]
fn constants_survive_calls_and_other_objects() {
    check(
        "loads",
        "(funcref, funcref, i32) -> (i32, i32, i32)",
        "sig0 () -> ()
         b0(v0: ptr, v1: ptr, v2: ptr, v3: i32):
           store.i32 field(8, constant) v3, v1
           store.i32 field(12, struct(12, i32)) v3, v1
           v4 = load.i32 field(8, constant) v2
           call func(1, sig0)
           store.i32 field(8, constant) v4, v2
           v5 = load.i32 field(8, constant) v1
           v6 = load.i32 field(12, struct(12, i32)) v1
           v7 = load.i32 field(8, constant) v2
           return v5, v6, v7",
        "b0(v0: ptr, v1: ptr, v2: ptr, v3: i32):
           store.i32 field(8, constant) v3, v1
           store.i32 field(12, struct(12, i32)) v3, v1
           v4 = load.i32 field(8, constant) v2
           call func(1, sig0)
           store.i32 field(8, constant) v4, v2
           v6 = load.i32 field(12, struct(12, i32)) v1
           return v3, v6, v4",
    );
}

#[test]
fn bulk_operations_write_elements_and_no_fields() {
    check(
        "loads",
        "(funcref, externref, i32) -> (i32, i32)",
        "b0(v0: ptr, v1: ptr, v2: r32, v3: i32):
           v4 = load.i32 field(16, elements(4, i32)) v1
           v5 = load.i32 field(8, struct(8, i32)) v1
           v6 = libcall array_fill v2, v3, v3, v3, v3
           v7 = load.i32 field(16, elements(4, i32)) v1
           v8 = load.i32 field(8, struct(8, i32)) v1
           v9 = iadd.i32 v4, v5
           v10 = iadd.i32 v7, v8
           return v9, v10",
        "b0(v0: ptr, v1: ptr, v2: r32, v3: i32):
           v4 = load.i32 field(16, elements(4, i32)) v1
           v5 = load.i32 field(8, struct(8, i32)) v1
           v6 = libcall array_fill v2, v3, v3, v3, v3
           v7 = load.i32 field(16, elements(4, i32)) v1
           v9 = iadd.i32 v4, v5
           v10 = iadd.i32 v7, v5
           return v9, v10",
    );
}

/// The second of two equal casts goes, with all that it reads; another object's stays.
#[test]
fn headers_are_read_once() {
    check(
        "gvn",
        "(externref, externref, funcref, funcref, i32) -> (i32)",
        "b0(v0: ptr, v1: r32, v2: r32, v3: ptr, v4: ptr, v5: i32):
           v6 = const.i32 0
           v7 = header.i32 header(0, i31) v6, v1, v3
           v8 = icmp.i32 eq v7, v5
           trapz CastFailure v8
           v9 = header.i32 header(0, i31) v6, v1, v3
           v10 = icmp.i32 eq v9, v5
           trapz CastFailure v10
           v11 = header.i32 header(0, i31) v6, v2, v4
           v12 = icmp.i32 eq v11, v5
           trapz CastFailure v12
           return v9",
        "b0(v0: ptr, v1: r32, v2: r32, v3: ptr, v4: ptr, v5: i32):
           v6 = const.i32 0
           v7 = header.i32 header(0, i31) v6, v1, v3
           v8 = icmp.i32 eq v7, v5
           trapz CastFailure v8
           v11 = header.i32 header(0, i31) v6, v2, v4
           v12 = icmp.i32 eq v11, v5
           trapz CastFailure v12
           return v7",
    );
}

/// An allocation is neither shared nor dropped.
#[test]
fn each_object_is_another() {
    let body = "b0(v0: ptr, v1: i32):
           v2 = alloc type(3, 0x10000002, 0) v1
           v3 = alloc type(3, 0x10000002, 0) v1
           v4 = alloc type(3, 0x10000002, 0) v1
           v5 = icmp.r32 eq v2, v3
           return v5";
    for pass in ["gvn", "loads", "licm", "dce"] {
        check(pass, "(i32) -> (i32)", body, body);
    }
}
