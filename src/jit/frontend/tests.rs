use super::*;
use crate::config::{Config, OptLevel};
use crate::jit::ir::verify::verify;
use crate::jit::opt::{self, Construct};
use crate::module::WasmFeatures;
use crate::module::scripts::suite_modules;

pub(super) fn module(wat: &str) -> Module {
    let bytes = wat::parse_str(wat).unwrap();
    Module::new(&bytes, WasmFeatures::all()).unwrap()
}

/// The text of the module's first body after verification; byte offsets are left out.
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

/// Whatever is accessed, an offset is checked if the guard does not cover 16 bytes at this offset from the last index.
#[test]
fn the_guard_covers_offsets_up_to_its_last_16_bytes() {
    let guard = crate::runtime::vm::GUARD_BYTES;
    let accesses = [
        "(drop (i32.load8_u offset=AT (local.get 0)))",
        "(drop (i64.load offset=AT (local.get 0)))",
        "(drop (v128.load offset=AT (local.get 0)))",
        "(drop (v128.load64_lane offset=AT 1 (local.get 0) (v128.const i64x2 0 0)))",
        "(i32.store16 offset=AT (local.get 0) (i32.const 0))",
        "(f64.store offset=AT (local.get 0) (f64.const 0))",
        "(v128.store offset=AT (local.get 0) (v128.const i64x2 0 0))",
    ];
    for access in accesses {
        for offset in [0, guard - 17, guard - 16, guard - 15, guard - 8, guard - 1, guard, guard + 1, u32::MAX.into()] {
            let access = access.replace("AT", &offset.to_string());
            let text = text(&format!("(module (memory 1) (func (param i32) {access}))"));
            let checks = text.matches("trapnz MemoryOutOfBounds").count();
            assert_eq!(checks, usize::from(offset > guard - 16), "{access}\n{text}");
        }
    }
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

/// Handlers of nested structures, innermost first; none after `catch_all`; the callee's result continues in its own block.
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

/// The unlikely side is a cold block. If it is a branch, it gets a separate block.
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

/// Handlers are stored in order after the arguments, with those of `switch` marked. The call may throw. Its outcome
/// selects a label.
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

/// With a different page size, there is no guard.
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

/// Entities that hold or produce references of type `T`.
const REFERENCES: &str = "
    (type $s (sub (struct (field (mut i32))))) (type $s1 (sub $s (struct (field (mut i32) i32))))
    (type $box (struct (field T))) (type $mbox (struct (field (mut T))))
    (type $arr (array T)) (type $marr (array (mut T)))
    (type $fun (func (result T))) (type $cont (cont $fun)) (type $void (func)) (type $vcont (cont $void))
    (import \"m\" \"g\" (global $g T)) (import \"m\" \"mg\" (global $mg (mut T)))
    (import \"m\" \"t\" (table $t 1 T)) (import \"m\" \"ft\" (table $ft 1 funcref))
    (import \"m\" \"f\" (func $f (type $fun))) (import \"m\" \"v\" (func $v))
    (tag $e (param T)) (tag $st (result T)) (tag $pt (param T))";

/// The number of null checks for `ref.as_non_null` in the body of a function.
fn checks_for_null(of: &str, body: &str) -> usize {
    let text = text(
        &format!(
            "(module {REFERENCES}
           (func (param $p T) (param $q T) (param $i i32) (param $n (ref null $s)) (param $any anyref)
             (param $fr (ref $fun)) (param $b (ref $box)) (param $mb (ref $mbox)) (param $a (ref $arr))
             (param $ma (ref $marr)) (param $k (ref $cont)) (param $vk (ref $vcont)) (local $l T) {body}))"
        )
        .replace(" T)", &format!(" {of})")),
    );
    text.matches("trapnz NullReference ").count()
}

/// A value whose type excludes null is never checked, wherever it comes from; one that may be null is checked once.
#[test]
fn what_cannot_be_null_is_not_checked() {
    for (source, value) in [
        ("a parameter", "(local.get $p)"),
        ("a local", "(local.set $l (local.get $q)) (local.get $l)"),
        ("a global", "(global.get $g)"),
        ("a mutable global", "(global.get $mg)"),
        ("a table", "(table.get $t (i32.const 0))"),
        ("a call", "(call $f)"),
        ("an indirect call", "(call_indirect $ft (type $fun) (i32.const 0))"),
        ("a call by reference", "(call_ref $fun (local.get $fr))"),
        ("a field", "(struct.get $box 0 (local.get $b))"),
        ("a mutable field", "(struct.get $mbox 0 (local.get $mb))"),
        ("an element", "(array.get $arr (local.get $a) (local.get $i))"),
        ("a mutable element", "(array.get $marr (local.get $ma) (local.get $i))"),
        ("a block", "(block (result T) (drop (br_if 0 (local.get $p) (local.get $i))) (local.get $q))"),
        ("either branch", "(if (result T) (local.get $i) (then (local.get $p)) (else (local.get $q)))"),
        ("an exception", "(block $h (result T) (try_table (catch $e $h) (call $v)) (return))"),
        ("a suspension", "(suspend $st)"),
        ("a computation that was resumed", "(resume $cont (local.get $k))"),
        (
            "one that suspended itself",
            "(block $h (result T (ref $vcont)) (resume $vcont (on $pt $h) (local.get $vk)) (return)) (drop)",
        ),
        ("a cast", "(ref.cast T (local.get $any))"),
        ("a branch on a cast", "(block $h (result T) (br_on_cast $h anyref T (local.get $any)) (return))"),
        (
            "one on a cast that fails",
            "(block $h (result anyref) (br_on_cast_fail $h anyref T (local.get $any)) (ref.as_non_null) (return)) (return)",
        ),
    ] {
        let body = format!("{value} (ref.as_non_null) (drop)");
        let found =
            ["(ref $s)", "(ref null $s)"].map(|of| checks_for_null(of, &body.replace(" T ", &format!(" {of} "))));
        assert_eq!(found, [0, 1], "{source}");
    }
    for (source, value) in [
        ("a new structure", "(struct.new $s (i32.const 0))"),
        ("one of zeros", "(struct.new_default $s)"),
        ("a new array", "(array.new $marr (local.get $p) (i32.const 3))"),
        ("one of these elements", "(array.new_fixed $arr 2 (local.get $p) (local.get $p))"),
        ("a small number", "(ref.i31 (local.get $i))"),
        ("a new continuation", "(cont.new $cont (local.get $fr))"),
        (
            "a branch on null that was not taken",
            "(block $h (br_on_null $h (local.get $n)) (drop)) (block $h (br_on_null $h (local.get $n)) (ref.as_non_null) (drop)) (local.get $fr)",
        ),
        ("one on what is not null, taken", "(block $h (result (ref $s)) (br_on_non_null $h (local.get $n)) (return))"),
        ("a check", "(struct.get $s 0 (local.get $n)) (drop) (local.get $n)"),
    ] {
        let found =
            ["(ref $s)", "(ref null $s)"].map(|of| checks_for_null(of, &format!("{value} (ref.as_non_null) (drop)")));
        assert_eq!(found, [0, 0], "{source}");
    }
}

/// What is learnt on a path holds until other paths join it; the number is that of the remaining checks of one value.
#[test]
fn what_was_learnt_holds_where_nothing_else_leads() {
    for (checks, body) in [
        (1, "CHECK CHECK"),
        (2, "(if (local.get $i) (then CHECK) (else CHECK))"),
        (2, "(if (local.get $i) (then CHECK)) CHECK"),
        (2, "(if (local.get $i) (then CHECK CHECK) (else CHECK CHECK))"),
        (1, "CHECK (if (local.get $i) (then CHECK) (else CHECK)) CHECK"),
        (1, "(if (local.get $i) (then (return))) CHECK CHECK"),
        (2, "(block (br_if 0 (local.get $i)) CHECK) CHECK"),
        (1, "(block CHECK) CHECK"),
        (2, "(block CHECK (br_if 0 (local.get $i)) CHECK) CHECK"),
        (
            3,
            "(block $a (block $b (br_table $a $b (local.get $i))) CHECK CHECK) CHECK (if (local.get $i) (then (local.set $n (ref.null $s)) CHECK))",
        ),
        (1, "(loop (br_if 0 (local.get $i)) CHECK) CHECK"),
        (1, "(loop CHECK (br_if 0 (local.get $i))) CHECK"),
        (1, "CHECK (loop CHECK (br_if 0 (local.get $i))) CHECK"),
        // A local that a loop assigns is a different value inside it.
        (2, "CHECK (loop CHECK (local.set $n (ref.null $s)) (br_if 0 (local.get $i)))"),
        (2, "(block $h (try_table (catch_all $h) (call $v) CHECK)) CHECK"),
        (1, "(try_table (call $v) CHECK) CHECK"),
        (3, "try (call $v) CHECK catch_all CHECK CHECK end CHECK"),
        (1, "CHECK try (call $v) CHECK catch_all CHECK end CHECK"),
        (1, "(block $h (drop (br_on_null $h (local.get $n))) CHECK) CHECK"),
        (0, "(block $h (drop (br_on_null $h (local.get $n))) CHECK (return))"),
        (1, "(drop (block $h (result (ref $s)) (br_on_non_null $h (local.get $n)) CHECK (return)))"),
        // After the block it is what the branch passed.
        (0, "(drop (block $h (result (ref $s)) (br_on_non_null $h (local.get $n)) (return))) CHECK"),
        (
            1,
            "(drop (block $h (result (ref null $s)) (br_on_non_null $h (local.get $n)) (br_if $h (local.get $p) (local.get $i)) (return))) CHECK",
        ),
        (
            1,
            "(drop (block $h (result (ref $s)) (br_on_cast $h (ref null $s) (ref $s) (local.get $n)) (drop) CHECK (return)))",
        ),
        (
            0,
            "(drop (block $h (result (ref null $s1)) (br_on_cast $h (ref null $s) (ref null $s1) (local.get $n)) (drop) CHECK (return)))",
        ),
        (
            0,
            "(drop (block $h (result (ref null $s)) (br_on_cast_fail $h (ref null $s) (ref $s1) (local.get $n)) (drop) CHECK (return)))",
        ),
        (
            1,
            "(drop (block $h (result (ref null $s)) (br_on_cast_fail $h (ref null $s) (ref $s1) (local.get $n)) (drop) CHECK (return))) CHECK",
        ),
        (
            1,
            "(drop (block $h (result (ref $s)) (br_on_cast_fail $h (ref null $s) (ref null $s1) (local.get $n)) (drop) CHECK (return)))",
        ),
        (0, "(drop (ref.cast (ref $s1) (local.get $n))) CHECK"),
        (1, "(drop (ref.cast (ref null $s1) (local.get $n))) CHECK"),
        (1, "(drop (ref.test (ref $s1) (local.get $n))) CHECK"),
        // Null is null in either hierarchy; nothing else is known about the converted value.
        (1, "CHECK (drop (ref.as_non_null (any.convert_extern (extern.convert_any (local.get $n)))))"),
        (1, "(drop (ref.as_non_null (any.convert_extern (extern.convert_any (local.get $n)))))"),
    ] {
        let code = body.replace("CHECK", "(drop (ref.as_non_null (local.get $n)))");
        assert_eq!(checks_for_null("(ref null $s)", &code), checks, "{body}");
    }
}

/// Anything that makes or reads a shared object, table or global is refused, wherever it occurs.
#[test]
fn whatever_is_shared_is_refused() {
    const SHARED: &str = "
        (type $own (struct (field anyref))) (type $s (shared (struct (field i32)))) (type $a (shared (array (mut i32)))) (type $b (shared (array (mut i8))))
        (type $plain (struct (field (ref null (shared any))))) (type $plains (array (mut (ref null (shared any)))))
        (type $takes (func (param (ref null (shared any))))) (type $gives (func (result (ref null (shared any)))))
        (type $ct (cont $takes)) (type $cg (cont $gives))
        (import \"m\" \"g\" (global $g (shared mut i32))) (import \"m\" \"r\" (global $r (ref null (shared any))))
        (import \"m\" \"x\" (table $x shared 1 (ref null $s))) (import \"m\" \"t\" (table $t 1 (ref null $s)))
        (import \"m\" \"y\" (table $y 1 (ref null (shared any)))) (import \"m\" \"ft\" (table $ft 1 funcref))
        (import \"m\" \"takes\" (func $takes (type $takes))) (import \"m\" \"gives\" (func $gives (type $gives)))
        (import \"m\" \"f\" (func $f))
        (tag $e (param (ref null (shared any)))) (tag $two (param (ref null (shared any)) i32)) (data $d \"0123\")";
    let reason = |function: &str| {
        let module = module(&format!("(module {SHARED} {function})"));
        translate(&module, BodyIndex(0), None).map(|f| f.to_string()).map_err(|e| e.reason)
    };
    for body in [
        "(drop (struct.new $s (i32.const 0)))",
        "(drop (struct.new_default $s))",
        "(drop (array.new $a (i32.const 0) (i32.const 1)))",
        "(drop (array.new_default $a (i32.const 1)))",
        "(drop (array.new_fixed $a 1 (i32.const 1)))",
        "(drop (array.new_fixed $a 0))",
        "(drop (array.new_data $b $d (i32.const 0) (i32.const 1)))",
        "(drop (struct.get $s 0 (local.get $rs)))",
        "(drop (array.get $a (local.get $ra) (i32.const 0)))",
        "(drop (array.get_u $b (local.get $rb) (i32.const 0)))",
        "(array.set $a (local.get $ra) (i32.const 0) (i32.const 0))",
        "(array.fill $a (local.get $ra) (i32.const 0) (i32.const 0) (i32.const 0))",
        "(array.copy $a $a (local.get $ra) (i32.const 0) (local.get $ra) (i32.const 0) (i32.const 0))",
        "(array.init_data $b $d (local.get $rb) (i32.const 0) (i32.const 0) (i32.const 0))",
        "(drop (struct.new_default $plain))",
        "(drop (array.new_default $plains (i32.const 1)))",
        "(drop (ref.null (shared any)))",
        "(drop (ref.i31_shared (i32.const 1)))",
        "(drop (ref.test (ref (shared i31)) (local.get $rs)))",
        "(drop (ref.cast (ref null (shared eq)) (local.get $rs)))",
        "(drop (block (result (ref null (shared any))) (local.get $rs)))",
        "(drop (if (result (ref null (shared any))) (i32.const 0) (then (local.get $rs)) (else (local.get $rs))))",
        "(drop (loop (result (ref null (shared any))) (local.get $rs)))",
        "(drop (select (result (ref null (shared any))) (local.get $rs) (local.get $rs) (i32.const 0)))",
        "(drop (global.get $g))",
        "(global.set $g (i32.const 0))",
        "(drop (global.get $r))",
        "(drop (table.get $x (i32.const 0)))",
        "(table.set $x (i32.const 0) (local.get $rs))",
        "(drop (table.size $x))",
        "(drop (table.grow $x (local.get $rs) (i32.const 0)))",
        "(table.fill $x (i32.const 0) (local.get $rs) (i32.const 0))",
        "(table.copy $x $x (i32.const 0) (i32.const 0) (i32.const 0))",
        "(table.copy $x $t (i32.const 0) (i32.const 0) (i32.const 0))",
        "(table.copy $t $x (i32.const 0) (i32.const 0) (i32.const 0))",
        "(drop (table.get $y (i32.const 0)))",
        "(drop (table.size $y))",
        "(call $takes (local.get $rs))",
        "(drop (call $gives))",
        "(drop (call_indirect $ft (type $gives) (i32.const 0)))",
        "(call_indirect $ft (type $takes) (local.get $rs) (i32.const 0))",
        "(drop (call_ref $gives (local.get $fg)))",
        "(throw $e (local.get $rs))",
        "(drop (block $h (result (ref null (shared any))) (try_table (catch $e $h)) (return)))",
        "try (result (ref null (shared any))) (local.get $rs) catch $e end (drop)",
        // The type of these blocks, which has several results, is checked nowhere else.
        "(block $h (result (ref null (shared any)) i32) (try_table (catch $two $h)) (return)) (drop) (drop)",
        "(block $h (result (ref null (shared any)) i32) (try_table (catch $two $h) (call $f)) (return)) (drop) (drop)",
        "try (result (ref null (shared any)) i32) (local.get $rs) (i32.const 0) catch $two end (drop) (drop)",
        "(drop (cont.new $ct (local.get $ft)))",
        "(drop (resume $cg (local.get $kg)))",
    ] {
        let function = format!(
            "(func (param $rs (ref null $s)) (param $ra (ref null $a)) (param $rb (ref null $b)) (param $fg (ref $gives))
               (param $ft (ref $takes)) (param $kg (ref $cg)) {body})"
        );
        assert_eq!(reason(&function), Err(Reason::Feature("shared-everything-threads")), "{body}");
    }
    for function in [
        "(func (param (ref null (shared any))))",
        "(func (result (ref null (shared any))) (unreachable))",
        "(func (local (ref null (shared any))))",
    ] {
        assert_eq!(reason(function), Err(Reason::Feature("shared-everything-threads")), "{function}");
    }
    assert!(reason("(func (drop (struct.new_default $own)))").is_ok());
}

/// The lowest limit on passed values with which a module's first body is translated.
fn passed(wat: &str) -> u64 {
    let module = module(wat);
    let within = |values: u64| {
        let limits = CompileLimits { memory: Some(BYTES_PER_PASSED * values), ..CompileLimits::default() };
        translate_with(&module, BodyIndex(0), None, &Config::default(), limits).map(drop)
    };
    let least = (0..2000).find(|&values| within(values).is_ok()).expect("a small body");
    if least > 0 {
        assert_eq!(within(least - 1).map_err(|e| e.reason), Err(Reason::Memory));
        // One byte less is one value less.
        let limits = CompileLimits { memory: Some(BYTES_PER_PASSED * least - 1), ..CompileLimits::default() };
        assert!(translate_with(&module, BodyIndex(0), None, &Config::default(), limits).is_err());
    }
    least
}

/// What counts: each value that a branch passes or a structure begins with; the values beyond a few that an operator
/// makes; each handler block of each call, which counts as eight; and the checks of each truncation, which count as six.
#[test]
fn values_that_are_passed_are_counted() {
    let body = |code: &str| {
        let set = (0..3).map(|n| format!("(local.set {n} (i32.const {n}))")).collect::<String>();
        passed(&format!(
            "(module (tag $e) (func (local i32 i32 i32 i32) {}) (func $f)
               (func $many (result {many}) (unreachable)) (func $some (result {some}) (unreachable))
               (func $takes (param {some})) (func $takes-many (param {many})) (tag $payload (param {many}))
               (type $round (func (param {many}) (result {many}))))",
            code.replace("SET", &set).replace("IF", "(br_if 0 (local.get 3))"),
            many = "i32 ".repeat(20),
            some = "i32 ".repeat(16)
        ))
    };
    for (expected, code) in [
        (0, "(block (nop) IF)"),
        // Three branches pass three locals each, and so does the end.
        (12, "(block SET IF IF IF)"),
        (6, "(block SET IF)"),
        (9, "(block SET IF IF)"),
        // The beginning of a loop, and the branch to it.
        (6, "(loop SET IF)"),
        // The two sides of the condition, and the end of each.
        (9, "(if (local.get 3) (then SET))"),
        (9, "(if (local.get 3) (then SET) (else SET))"),
        (1, "(drop (block (result i32) (br 0 (i32.const 1))))"),
        (2, "(drop (block (result i32) (br_if 0 (i32.const 1) (local.get 3))))"),
        // For a table, what each label takes, counted once.
        (6, "(block $a SET (block $b (br_table $a $b $a $a (local.get 3))))"),
        // Two handlers, and two landing blocks for each call.
        (2 + 16, "(block $h (try_table (catch $e $h) (catch_all $h) (call $f)))"),
        (2 + 32, "(block $h (try_table (catch $e $h) (catch_all $h) (call $f) (call $f)))"),
        (1 + 8, "(block $h (try_table (catch_all $h) (catch $e $h) (call $f)))"),
        (1 + 8, "(block $h (try_table (catch_all $h) (throw $e)))"),
        (1 + 8, "try (call $f) catch_all end"),
        // It delegates to the handler of the outer one.
        (2 + 8, "try try (call $f) delegate 0 catch_all end"),
        (0, "(call $some) (unreachable)"),
        (4, "(call $many) (unreachable)"),
        // What a return, a tail call, an exception and an allocation take beyond a few values.
        (0, "(call $some) (call $takes) "),
        (4 + 4, "(call $many) (call $takes-many)"),
        (4 + 4, "(call $many) (throw $payload)"),
        (4 + 20 + 20 + 20, "(call $many) (if (type $round) (local.get 3) (then)) (unreachable)"),
        (6, "(local.set 3 (i32.trunc_f32_s (f32.convert_i32_u (local.get 3))))"),
        (6 + 6, "(drop (i64.trunc_f32_u (f32.const 1))) (drop (i64.trunc_f64_s (f64.const 1)))"),
        (0, "(local.set 3 (i32.trunc_sat_f32_s (f32.convert_i32_u (local.get 3))))"),
        (0, "(unreachable) (drop (i32.trunc_f64_u (f64.const 1)))"),
    ] {
        // A try of the older proposal passes the exception to its clause.
        let expected = expected + u64::from(code.starts_with("try "));
        assert_eq!(body(code), expected, "{code}");
    }
    // The scan may find four times as many.
    for (locals, expected) in [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3)] {
        let set = (0..locals).map(|n| format!("(local.set {n} (i32.const {n}))")).collect::<String>();
        assert_eq!(passed(&format!("(module (func (local {}) (block {set})))", "i32 ".repeat(locals))), expected);
    }
}

/// Translation of a function stops when the time runs out, not only at its end: here it stops at once.
#[test]
fn the_time_is_looked_at_within_a_function() {
    let limits = CompileLimits { deadline: Some(std::time::Instant::now()), ..CompileLimits::default() };
    for dead in ["", "unreachable "] {
        let module = module(&format!("(module (func (param i32) {dead} (loop {})))", "nop ".repeat(10_000)));
        let (_, operators, _) = begin(&module, BodyIndex(0), None, &Config::default(), limits).unwrap();
        let expected = Unsupported { reason: Reason::Timeout, offset: operators[4096].1 };
        let given_up = translate_with(&module, BodyIndex(0), None, &Config::default(), limits).map(drop);
        assert_eq!(given_up, Err(expected));
        if dead.is_empty() {
            let at = operators[0].1;
            let given_up = translate_from_loop(&module, BodyIndex(0), at, None, &Config::default(), limits);
            assert_eq!(given_up.map(drop), Err(expected));
        }
    }
}

/// The offsets of the loops of a module's first body.
fn loops(module: &Module) -> Vec<u32> {
    let (_, operators, _) = begin(module, BodyIndex(0), None, &Config::default(), CompileLimits::default()).unwrap();
    operators.iter().filter(|(op, _)| matches!(op, Operator::Loop { .. })).map(|&(_, offset)| offset).collect()
}

/// A function that begins at a loop takes up to a thousand values, including locals and operands.
#[test]
fn so_many_values_are_carried_into_a_loop() {
    for (locals, operands) in
        [(999, 0), (1000, 0), (1001, 0), (999, 1), (999, 2), (0, 1000), (0, 1001), (500, 500), (500, 501)]
    {
        let module = module(&format!(
            "(module (func (local {}) {} (loop (br_if 0 (i32.const 0))) {}))",
            "i32 ".repeat(locals),
            "(i32.const 5) ".repeat(operands),
            "(drop) ".repeat(operands)
        ));
        let at = loops(&module)[0];
        let made = translate_from_loop(&module, BodyIndex(0), at, None, &Config::default(), CompileLimits::default());
        let carried = made.map(|f| {
            verify(&f).unwrap_or_else(|e| panic!("{e}\n{f}"));
            f.signature.wasm.params().len()
        });
        let expected =
            if locals + operands <= 1000 { Ok(locals + operands) } else { Err(Reason::Limit(Limit::CarriedValues)) };
        assert_eq!(carried.map_err(|e| e.reason), expected, "{locals} locals, {operands} operands");
    }
}

/// Each structure between two loops passes what the outer one assigns and what has been pushed since: all of it is
/// counted, and it is found without looking at all other values.
#[test]
fn what_structures_on_the_way_pass_is_counted() {
    for (structures, operands, memory, expected) in [
        (80_000, 1, None, Ok(())),
        (30_000, 950, None, Err(Reason::Limit(Limit::PassedValues))),
        (1000, 400, Some(512 * 110_000), Ok(())),
        (1000, 400, Some(512 * 90_000), Err(Reason::Memory)),
    ] {
        let module = module(&format!(
            "(module (func loop {} {} loop i32.const 0 br_if 0 end {} {} end))",
            "i32.const 5 ".repeat(operands),
            "block ".repeat(structures),
            "end ".repeat(structures),
            "drop ".repeat(operands)
        ));
        let at = loops(&module)[1];
        let limits = CompileLimits { memory, ..CompileLimits::default() };
        let made = translate_from_loop(&module, BodyIndex(0), at, None, &Config::default(), limits);
        assert_eq!(made.map(drop).map_err(|e| e.reason), expected, "{structures} structures, {operands} operands");
    }
}

/// The arguments and handlers of a `resume` have 4,096 slots; a vector takes two.
#[test]
fn so_many_handlers_have_room() {
    for (vectors, handlers) in [(0, 4096), (0, 4097), (1000, 2096), (1000, 2097), (1, 4094), (1, 4095)] {
        let module = module(&format!(
            "(module (type $f (func (param {}))) (type $c (cont $f)) (type $g (func)) (type $k (cont $g)) (tag $t)
               (func (param v128) (param (ref $c))
                 (drop (block $h (result (ref $k)) {} (resume $c {} (local.get 1)) (return)))))",
            "v128 ".repeat(vectors),
            "(local.get 0) ".repeat(vectors),
            "(on $t $h) ".repeat(handlers)
        ));
        let made = translate(&module, BodyIndex(0), None).map(drop).map_err(|e| e.reason);
        let fits = 2 * vectors + handlers <= 4096;
        assert_eq!(made, if fits { Ok(()) } else { Err(Reason::Limit(Limit::Handlers)) }, "{vectors}, {handlers}");
    }
}

/// Small objects are allocated in place: up to one kibibyte including the header.
#[test]
fn small_objects_are_allocated_in_place() {
    let in_place = |module: &str| text(module).contains("= alloc type(");
    for fields in 118..=130u32 {
        let wat = format!(
            "(module (type $s (struct {})) (func (drop (struct.new_default $s))))",
            "(field i64) ".repeat(fields as usize)
        );
        let size = layout::struct_in_module(&module(&wat), 0).size;
        assert!(size >= 8 * fields && size <= 8 * fields + 32);
        assert_eq!(in_place(&wat), size <= 1024, "{size} bytes");
    }
    for (element, bytes) in [("i8", 1), ("i16", 2), ("i32", 4), ("f64", 8), ("v128", 16), ("anyref", 4), ("funcref", 8)]
    {
        let most = (1024 - 16) / bytes;
        for count in [0, 1, most - 1, most, most + 1] {
            let wat = format!(
                "(module (type $a (array (mut {element}))) (func (drop (array.new_default $a (i32.const {count})))))"
            );
            assert_eq!(in_place(&wat), count <= most, "{count} of {element}");
        }
    }
}

/// Offsets in the largest structures take more than 16 bits, for fields and for the descriptor after them.
#[test]
fn far_fields_have_their_offsets() {
    for fields in [1, 10_000] {
        let wat = format!(
            "(module (rec (type $s (descriptor $d) (struct (field {}) (field $last (mut i64))))
                          (type $d (describes $s) (struct)))
               (func (param (ref $s)) (param (ref (exact $d))) (result i64)
                 (struct.set $s $last (local.get 0) (i64.const 1))
                 (drop (struct.new_default_desc $s (local.get 1)))
                 (struct.get $s $last (local.get 0))))",
            "v128 ".repeat(fields - 1)
        );
        let module = module(&wat);
        let layout = layout::struct_in_module(&module, 0);
        let (last, descriptor) = (layout.fields[fields - 1].offset, layout.size - 4);
        assert!(16 * (fields as u32 - 1) < last && last < descriptor);
        let text = text(&wat);
        for access in [
            format!("store.i64 field({last}, "),
            format!("load.i64 field({last}, "),
            format!("store.r32 field({descriptor}, constant)"),
        ] {
            assert!(text.contains(&access), "{access}\n{text}");
        }
    }
}

/// If a supertype is one of the first eight of its hierarchy, it is looked up where every display has it; otherwise it is
/// looked up only after a comparison with the length.
#[test]
fn far_supertypes_are_looked_up_behind_a_comparison() {
    let types: String = (0..12)
        .map(|n| match n {
            0 => "(type $t0 (sub (struct)))".to_string(),
            n => format!("(type $t{n} (sub $t{} (struct)))", n - 1),
        })
        .collect();
    for depth in 0..12 {
        let text = text(&format!(
            "(module {types} (func (param (ref any)) (result i32) (ref.test (ref $t{depth}) (local.get 0))))"
        ));
        assert_eq!(text.contains("icmp.i32 gt_u"), depth >= 8, "depth {depth}\n{text}");
    }
}

/// Everything about types that a test against a far supertype reads never changes, including the place of the list.
#[test]
fn a_test_against_a_far_supertype() {
    let types: String = (1..9).map(|n| format!("(type $t{n} (sub $t{} (struct)))", n - 1)).collect();
    check(
        &format!(
            "(module (type $t0 (sub (struct))) {types}
               (func (param (ref any)) (result i32) (ref.test (ref $t8) (local.get 0))))"
        ),
        "b0(v0: ptr, v1: r32):
           v2 = load.ptr field(56, immutable) v0
           v3 = load.i32 field(32, immutable) v2
           v4 = const.i32 0
           v5 = load.ptr field(0, immutable) v0
           v6 = load.ptr field(16, immutable) v5
           v7 = zext.i64 v1
           v8 = iadd.ptr v6, v7
           v9 = header.i32 header(0, i31) v4, v1, v8
           v10 = load.ptr field(0, immutable) v0
           v11 = load.ptr field(24, immutable) v10
           v12 = const.i64 3
           v13 = zext.i64 v9
           v14 = shl.i64 v13, v12
           v15 = iadd.ptr v11, v14
           v16 = load.ptr field(0, immutable) v15
           v17 = load.i32 field(0, immutable) v16
           v18 = const.i32 8
           v19 = const.i64 0
           v20 = icmp.i32 gt_u v17, v18
           v21 = load.ptr field(40, immutable) v16
           v22 = const.i64 32
           v23 = select.i64 v20, v22, v19
           v24 = iadd.ptr v21, v23
           v25 = load.i32 field(0, immutable) v24
           v26 = icmp.i32 eq v25, v3
           v27 = and.i32 v26, v20
           return v27
         }",
    );
}

/// A descriptor is read at the offset that the type gives if the object is known to be present and its type is known
/// exactly. Otherwise its offset comes from the header: something smaller than an object of the type may be read in its
/// place.
#[test]
fn descriptors_have_a_known_place_in_known_objects() {
    let types = "(rec (type $t (sub (descriptor $d) (struct (field i64 i64 i64)))) \
                 (type $d (sub (describes $t) (struct))))";
    let place = layout::struct_in_module(&module(&format!("(module {types})")), 0).descriptor_offset().unwrap();
    let read = format!("= load.r32 field({place}, constant)");
    for (from, known) in [
        ("(ref (exact $t))", true),
        ("(ref null (exact $t))", false),
        ("(ref $t)", false),
        ("(ref null $t)", false),
        ("(ref any)", false),
        ("anyref", false),
    ] {
        for to in ["(ref (exact $t))", "(ref null (exact $t))", "(ref $t)", "(ref null $t)"] {
            let cast = format!("(drop (ref.cast_desc_eq {to} (local.get 0) (local.get 1)))");
            // What was tested before is known afterwards.
            let tested = format!("(local.set 0 (ref.cast (ref (exact $t)) (local.get 0))) {cast}");
            for (body, expected) in [(&cast, known), (&tested, true)] {
                let text = text(&format!("(module {types} (func (param {from} (ref null (exact $d))) {body}))"));
                assert_eq!(text.contains(&read), expected, "{from}: {body}\n{text}");
            }
        }
    }
}

/// If a module has objects or tags, the base of the heap is known before its code runs and is read once. Otherwise a call
/// may make the first object, so the base is read again after it.
#[test]
fn the_base_of_the_heap_may_change_where_there_are_no_objects() {
    let read = format!("= load.ptr field({}, ", offset_of!(VMStore, gc_base));
    for (declared, reads) in [
        ("", 2),
        ("(type (func (param anyref)))", 2),
        ("(table 1 externref)", 2),
        ("(type (struct))", 1),
        ("(type (array i8))", 1),
        ("(tag)", 1),
    ] {
        for ty in ["structref", "arrayref", "eqref"] {
            let test = format!("(ref.test {ty} (any.convert_extern (local.get 0)))");
            let module = module(&format!(
                "(module {declared} (func (param externref) (result i32) {test} (call $f) {test} (i32.add)) (func $f))"
            ));
            let mut f = translate(&module, BodyIndex(0), Some(&mut Construct::default())).unwrap();
            let config = Config { opt: OptLevel::O2, verify: true, ..Config::default() };
            opt::run(&mut f, &config, &mut |_, _| ()).unwrap();
            assert_eq!(f.to_string().matches(&read).count(), reads, "{declared} {ty}\n{f}");
        }
    }
}

/// An access to a memory with 64-bit addresses needs a single comparison with the length if it would be within the
/// initial size at index 0.
#[test]
fn accesses_within_the_initial_size_need_one_comparison() {
    for (memory, bytes) in
        [("1", 65536), ("3", 3 * 65536), ("5 (pagesize 1)", 5), ("2 9", 2 * 65536), ("16 (pagesize 1)", 16)]
    {
        for (load, width) in [("i32.load8_u", 1), ("i32.load16_s", 2), ("i64.load", 8), ("v128.load", 16)] {
            for offset in (0i64..).take(3).flat_map(|n| [bytes - width - 1 + n, n]).filter(|&offset| offset >= 0) {
                let text = text(&format!(
                    "(module (memory i64 {memory}) (func (param i64) (drop ({load} offset={offset} (local.get 0)))))"
                ));
                let comparisons = text.matches("trapnz MemoryOutOfBounds").count();
                assert_eq!(comparisons, if offset + width <= bytes { 1 } else { 2 }, "{load} at {offset} of {bytes}");
            }
        }
    }
    // Every address is within a memory of the maximum size.
    for offset in [0, 1 << 40, u64::MAX - 16] {
        let text = text(&format!(
            "(module (memory i64 0x1000000000000) (func (param i64) (drop (v128.load offset={offset} (local.get 0)))))"
        ));
        assert_eq!(text.matches("trapnz MemoryOutOfBounds").count(), 1, "at {offset}\n{text}");
    }
    // No memory reaches beyond the last address.
    for (load, last) in [("i32.load8_u", u64::MAX - 1), ("i32.load16_s", u64::MAX - 2), ("v128.load", u64::MAX - 16)] {
        for offset in [last, last + 1] {
            let text = text(&format!(
                "(module (memory i64 1) (func (param i64) (drop ({load} offset={offset} (local.get 0)))))"
            ));
            let always = text.lines().collect::<Vec<_>>().windows(2).any(|lines| {
                lines[0].ends_with("= const.i32 1") && lines[1].trim_start().starts_with("trapnz MemoryOutOfBounds")
            });
            assert_eq!(always, offset > last, "{load} at {offset}\n{text}");
        }
    }
}
