use super::*;
use crate::config::{Config, OptLevel};
use crate::jit::ir::verify::verify;
use crate::jit::opt::{self, Construct};
use crate::module::WasmFeatures;
use crate::module::scripts::suite_modules;

fn module(wat: &str) -> Module {
    let bytes = wat::parse_str(wat).unwrap();
    Module::new(&bytes, WasmFeatures::all()).unwrap()
}

/// The text of the module's first body, verified; byte offsets are left out.
fn text(wat: &str) -> String {
    let function = translate(&module(wat), BodyIndex(0), None).unwrap();
    verify(&function).unwrap_or_else(|e| panic!("{e}\n{function}"));
    let line = |l: &str| l.rsplit_once(" @").map_or(l, |(start, _)| start).to_string();
    function.to_string().lines().skip(1).map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(wat: &str, expected: &str) {
    let got = text(wat);
    let trim = |s: &str| s.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    assert_eq!(trim(&got), trim(expected), "{got}");
}

#[test]
fn straight_line() {
    check(
        "(module (func (param i32 i32) (result i32) (i32.add (local.get 0) (i32.const 5))))",
        "b0(v0: ptr, v1: i32, v2: i32):
           v3 = const.i32 5
           v4 = iadd.i32 v1, v3
           return v4
         }",
    );
}

/// Only values that differ where paths meet become parameters.
#[test]
fn merges_are_minimal() {
    check(
        "(module (func (param i32 i32 i32) (result i32)
           (if (local.get 0) (then (local.set 1 (i32.const 1)) (local.set 2 (local.get 2))))
           (i32.add (local.get 1) (local.get 2))))",
        "b0(v0: ptr, v1: i32, v2: i32, v3: i32):
           brif v1 -> b2(), b3()
         b2():
           v4 = const.i32 1
           jump -> b4(v4)
         b3():
           jump -> b4(v2)
         b4(v5: i32):
           v6 = iadd.i32 v5, v3
           return v6
         }",
    );
}

#[test]
fn loops_take_what_they_assign() {
    check(
        "(module (func (param i32 i32)
           (loop $l (local.set 0 (i32.sub (local.get 0) (local.get 1))) (br_if $l (local.get 0)))))",
        "b0(v0: ptr, v1: i32, v2: i32):
           jump -> b2(v1)
         b2(v3: i32):
           poll
           v4 = isub.i32 v3, v2
           brif v4 -> b2(v4), b3()
         b3():
           return
         }",
    );
}

#[test]
fn tables_of_branches_pass_arguments_through_stubs() {
    check(
        "(module (func (param i32) (result i32)
           (block $a (result i32) (block $b (result i32)
             (br_table $a $b $a (i32.const 7) (local.get 0))) (i32.const 1) (i32.add))))",
        "b0(v0: ptr, v1: i32):
           v2 = const.i32 7
           br_table v1 -> b4(), b5(), b4()
         b4():
           jump -> b2(v2)
         b5():
           jump -> b3()
         b3():
           v3 = const.i32 1
           v4 = iadd.i32 v2, v3
           jump -> b2(v4)
         b2(v5: i32):
           return v5
         }",
    );
}

#[test]
fn unreachable_code_is_skipped() {
    check(
        "(module (func (param i32) (result i32)
           (block (result i32) (return (i32.const 1)) (if (local.get 0) (then) (else)) (loop (br 0)) (i32.add))))",
        "b0(v0: ptr, v1: i32):
           v2 = const.i32 1
           return v2
         }",
    );
}

#[test]
fn memory_access_by_guard_and_by_compare() {
    check(
        "(module (memory 1) (func (param i32 i64) (result i32)
           (i64.store16 offset=33554416 (local.get 0) (local.get 1))
           (i32.load8_s offset=4294967295 (local.get 0))))",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = zext.i64 v1
           v4 = load.ptr field(72, immutable) v0
           heap_store.i64 heap(33554416, u16, 0, guard) v2, v4, v3
           v5 = zext.i64 v1
           v6 = const.i64 4294967296
           v7 = iadd.i64 v5, v6
           v8 = load.ptr field(64, immutable) v0
           v9 = load.i64 field(8, memory_len(0)) v8
           v10 = icmp.i64 gt_u v7, v9
           trapnz MemoryOutOfBounds v10
           v11 = load.ptr field(72, immutable) v0
           v12 = heap_load.i32 heap(4294967295, s8, 0, checked) v11, v5
           return v12
         }",
    );
}

#[test]
fn division_checks() {
    check(
        "(module (func (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1))))",
        "b0(v0: ptr, v1: i64, v2: i64):
           v3 = const.i64 0
           v4 = icmp.i64 eq v2, v3
           trapnz IntegerDivideByZero v4
           v5 = const.i64 -9223372036854775808
           v6 = const.i64 -1
           v7 = icmp.i64 eq v1, v5
           v8 = icmp.i64 eq v2, v6
           v9 = and.i32 v7, v8
           trapnz IntegerOverflow v9
           v10 = sdiv.i64 v1, v2
           return v10
         }",
    );
}

#[test]
fn indirect_call() {
    check(
        "(module (type $t (func (param i32))) (table 1 funcref)
           (func (param i32) (call_indirect (type $t) (i32.const 3) (local.get 0))))",
        "sig0 (i32) -> ()
         b0(v0: ptr, v1: i32):
           v2 = const.i32 3
           v3 = load.ptr field(32, immutable) v0
           v4 = load.ptr field(0, immutable) v3
           v5 = load.i64 field(8, table_desc(0)) v4
           v6 = zext.i64 v1
           v7 = icmp.i64 lt_u v6, v5
           trapz UndefinedElement v7, v1
           v8 = load.ptr field(0, table_desc(0)) v4
           v9 = const.i64 3
           v10 = shl.i64 v6, v9
           v11 = iadd.ptr v8, v10
           v12 = load.ptr field(0, table_elem) v11
           v13 = const.ptr 0x0
           v14 = icmp.ptr eq v12, v13
           trapnz UninitializedElement v14, v1
           v15 = load.i32 field(32, immutable) v12
           v16 = load.ptr field(56, immutable) v0
           v17 = load.i32 field(0, immutable) v16
           v18 = icmp.i32 eq v15, v17
           trapz IndirectCallTypeMismatch v18
           call_ref sig0 v12, v2
           return
         }",
    );
}

/// Handlers of nested structures, innermost first; nothing after `catch_all`; the callee's result ends in its block.
#[test]
fn calls_in_nested_try_tables() {
    check(
        "(module (tag $e (param i32 i64)) (tag $f)
           (func (param i32) (result i32)
             (local i32)
             (block $all (block $e (result i32 i64)
               (try_table (catch_all $all) (catch $f $all)
                 (try_table (catch $e $e)
                   (local.set 1 (i32.const 9)) (return (call 0 (local.get 0)))))
               (unreachable)) (drop) (drop))
             (local.get 1)))",
        "sig0 (i32) -> (i32)
         b0(v0: ptr, v1: i32):
           v2 = const.i32 0
           v3 = const.i32 9
           v4 = try_call func(0, sig0) v1 -> b6(), b7(), b8() catch tag(0), all
         b7() cold:
           v5 = landing_pad
           v6 = load.ptr field(0, immutable) v0
           v7 = load.ptr field(16, immutable) v6
           v8 = zext.i64 v5
           v9 = iadd.ptr v7, v8
           v10 = load.i32 field(16, immutable) v9
           v11 = load.i64 field(24, immutable) v9
           jump -> b3()
         b8() cold:
           v12 = landing_pad
           jump -> b2()
         b6():
           return v4
         b3():
           jump -> b2()
         b2():
           return v3
         }",
    );
}

/// The unlikely way is a cold block. If it is a branch, it gets a block of its own.
#[test]
fn branch_hints() {
    check(
        r#"(module (func (param i32 i32) (result i32)
             local.get 0
             (@metadata.code.branch_hint "\01") if
               local.get 1
               local.set 0
             else
               i32.const 7
               local.set 1
             end
             block
               local.get 1
               (@metadata.code.branch_hint "\00") br_if 0
               local.get 0
               (@metadata.code.branch_hint "\01") br_if 0
               local.get 0
               return
             end
             local.get 1))"#,
        "b0(v0: ptr, v1: i32, v2: i32):
           brif v1 -> b2(), b3()
         b2():
           jump -> b4(v2, v2)
         b3() cold:
           v3 = const.i32 7
           jump -> b4(v1, v3)
         b4(v4: i32, v5: i32):
           brif v5 -> b7(), b6()
         b7() cold:
           jump -> b5()
         b6():
           brif v4 -> b5(), b8()
         b8() cold:
           return v4
         b5():
           return v5
         }",
    );
}

/// Handlers are stored in order behind the arguments, those of `switch` marked. The call may throw. Its outcome selects
/// a label.
#[test]
fn resume_in_a_try_table() {
    check(
        "(module
           (type $f (func (param externref v128) (result i32))) (type $c (cont $f))
           (type $g (func (param i64) (result i32))) (type $d (cont $g))
           (tag $a (param f32) (result i64)) (tag $b (result i64)) (tag $s (result i32)) (tag $e)
           (func (param $x externref) (param $v v128) (param $k (ref null $c)) (result i32)
             (block $caught
               (block $b (result (ref $d))
                 (block $a (result f32 (ref $d))
                   (return (try_table (result i32) (catch $e $caught)
                     (resume $c (on $a $a) (on $s switch) (on $b $b) (on $s switch)
                       (local.get $x) (local.get $v) (local.get $k)))))
                 (drop) (return (i32.trunc_sat_f32_s)))
               (drop))
             (i32.const 7)))",
        "b0(v0: ptr, v1: r32, v2: v128, v3: r32):
           v4 = load.ptr field(0, immutable) v0
           v5 = load.ptr field(80, immutable) v4
           v6 = zext.i64 v1
           store.i64 field(0, transfer) v6, v5
           store.v128 field(8, transfer) v2, v5
           v7 = load.ptr field(0, immutable) v0
           v8 = load.ptr field(80, immutable) v7
           v9 = load.ptr field(48, immutable) v0
           v10 = load.ptr field(0, immutable) v9
           store.ptr field(24, transfer) v10, v8
           v11 = load.ptr field(48, immutable) v0
           v12 = load.ptr field(16, immutable) v11
           v13 = const.i64 1
           v14 = iadd.ptr v12, v13
           store.ptr field(32, transfer) v14, v8
           v15 = load.ptr field(48, immutable) v0
           v16 = load.ptr field(8, immutable) v15
           store.ptr field(40, transfer) v16, v8
           v17 = load.ptr field(48, immutable) v0
           v18 = load.ptr field(16, immutable) v17
           v19 = const.i64 1
           v20 = iadd.ptr v18, v19
           store.ptr field(48, transfer) v20, v8
           v21 = const.i32 4
           v22 = const.i32 3
           v23 = try_libcall resume v3, v22, v21 -> b6(), b7() catch tag(3)
         b7() cold:
           v24 = landing_pad
           jump -> b2()
         b6():
           v25 = wrap.i32 v23
           br_table v25 -> b8(), b9(), b10(), b11()
         b9():
           v26 = load.ptr field(0, immutable) v0
           v27 = load.ptr field(80, immutable) v26
           v28 = load.f32 field(0, transfer) v27
           v29 = load.r32 field(8, transfer) v27
           jump -> b4()
         b11():
           v30 = load.ptr field(0, immutable) v0
           v31 = load.ptr field(80, immutable) v30
           v32 = load.r32 field(0, transfer) v31
           jump -> b3()
         b10() cold:
           trap Unreachable
         b8():
           v33 = load.ptr field(0, immutable) v0
           v34 = load.ptr field(80, immutable) v33
           v35 = load.i32 field(0, transfer) v34
           return v35
         b4():
           v36 = ftos_sat.i32 v28
           return v36
         b3():
           jump -> b2()
         b2():
           v37 = const.i32 7
           return v37
         }",
    );
}

#[test]
fn typed_function_references() {
    check(
        "(module (type $t (func (param (ref null $t)) (result (ref $t))))
           (func (param (ref null $t)) (result (ref $t))
             (block $null (return_call_ref $t (local.get 0) (br_on_null $null (local.get 0))))
             (ref.as_non_null (local.get 0))))",
        "sig0 (funcref) -> (funcref)
         b0(v0: ptr, v1: ptr):
           v2 = const.ptr 0x0
           v3 = icmp.ptr eq v1, v2
           brif v3 -> b2(), b3()
         b3():
           return_call_ref sig0 v1, v1
         b2():
           v4 = const.ptr 0x0
           v5 = icmp.ptr eq v1, v4
           trapnz NullReference v5
           return v1
         }",
    );
}

/// Pages of another size mean no guard.
#[test]
fn unguarded_memory() {
    let text = text("(module (memory 1 (pagesize 1)) (func (param i32) (result i32) (i32.load8_u (local.get 0))))");
    assert!(text.contains("trapnz MemoryOutOfBounds") && text.contains("heap(0, u8, 0, checked)"), "{text}");
}

#[test]
fn unsupported_features_are_named() {
    let reason = |wat: &str| translate(&module(wat), BodyIndex(0), None).unwrap_err().reason;
    let shared = "(module (type $t (shared (struct))) (func (drop (struct.new $t))))";
    assert_eq!(reason(shared), Reason::Feature("shared-everything-threads"));
}

/// Every body of the official suite is translated or refused, and translations verify.
#[test]
fn the_suite_verifies() {
    let (mut translated, mut refused) = (0, 0);
    suite_modules(|file, module| {
        for body in 0..module.bodies.len() {
            match translate(module, BodyIndex(body as u32), None) {
                Ok(f) => {
                    verify(&f).unwrap_or_else(|e| panic!("{file}: {e}\n{f}"));
                    let mut construct = Construct::default();
                    let mut f = translate(module, BodyIndex(body as u32), Some(&mut construct)).unwrap();
                    let config = Config { opt: OptLevel::O2, verify: true, ..Config::default() };
                    let run = opt::run(&mut f, &config, &mut |_, _| ());
                    run.unwrap_or_else(|e| panic!("{file}: {e}\n{f}"));
                    translated += 1;
                }
                Err(Unsupported { reason, .. }) => {
                    assert!(!reason.to_string().contains("unknown"), "{file}");
                    refused += 1;
                }
            }
        }
    });
    assert!(translated > 15_000, "{translated} translated, {refused} refused");
}
