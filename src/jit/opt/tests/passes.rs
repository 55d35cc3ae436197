//! Each pass on small functions: text in, text out, the verifier on.

use super::super::{Level, PassConfig, PassError, run};
use crate::jit::ir::parse::parse;
use crate::jit::ir::{Function, Op};

/// The body after these passes; the header line is left out.
pub(super) fn after(passes: &str, header: &str, body: &str) -> String {
    let text = format!("{header} {{\n{body}\n}}");
    let mut f = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let only = Some(passes.split(',').map(str::to_string).collect());
    run(&mut f, &PassConfig { level: Level::O0, only, verify: true, ..PassConfig::default() }, &mut |_, _| {})
        .unwrap_or_else(|e| panic!("{e}\n{f}"));
    let printed = f.to_string();
    let lines = printed.lines().skip(1).filter(|line| *line != "}" && !line.trim_start().starts_with("sig"));
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[track_caller]
pub(super) fn check(passes: &str, signature: &str, body: &str, expected: &str) {
    let got = after(passes, &format!("function 0 \"f\" {signature}"), body);
    let expected = expected.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_eq!(got, expected);
}

#[test]
fn unknown_passes_are_refused() {
    let mut f = parse("function 0 \"f\" () -> () {\nb0(v0: ptr):\n  return\n}").unwrap();
    let config = PassConfig {
        level: Level::O2,
        only: Some(vec!["dce".into(), "dec".into()]),
        verify: false,
        ..PassConfig::default()
    };
    let error = run(&mut f, &config, &mut |_, _| panic!("nothing runs")).unwrap_err();
    assert_eq!(error, PassError::Unknown("dec".into()));
    assert!(error.to_string().starts_with("no pass 'dec'; there are: branches "));
}

#[test]
fn a_pass_that_breaks_the_function_is_named() {
    let text = "function 0 \"f\" () -> (i32) {\nb0(v0: ptr):\n  v1 = const.i32 1\n  return v1\n}";
    let mut f = parse(text).unwrap();
    f.blocks[0].insts.swap(0, 1);
    let config = PassConfig { level: Level::O1, only: None, verify: true, ..PassConfig::default() };
    assert!(matches!(run(&mut f, &config, &mut |_, _| {}), Err(PassError::Input(_))));
}

/// A block that only jumps on stays where it says that the way there is seldom gone.
#[test]
fn cold_edges_stay() {
    check(
        "branches",
        "(i32, i32) -> (i32)",
        "b0(v0: ptr, v1: i32, v2: i32):
           brif v1 -> b1(), b2()
         b1() cold:
           jump -> b4(v2)
         b2():
           brif v2 -> b3(), b5()
         b3():
           jump -> b4(v1)
         b5():
           v3 = imul.i32 v1, v2
           jump -> b4(v3)
         b4(v4: i32):
           v5 = iadd.i32 v4, v4
           return v5",
        "b0(v0: ptr, v1: i32, v2: i32):
         brif v1 -> b1(), b2()
         b1() cold:
         jump -> b4(v2)
         b2():
         brif v2 -> b4(v1), b5()
         b5():
         v3 = imul.i32 v1, v2
         jump -> b4(v3)
         b4(v4: i32):
         v5 = iadd.i32 v4, v4
         return v5",
    );
}

#[test]
fn dead_code_goes_effects_stay() {
    check(
        "dce",
        "(i32, i64) -> ()",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = load.ptr field(0, immutable) v0
           v4 = load.i32 field(64, global(0, i32)) v0
           v5 = iadd.i32 v1, v1
           v6 = imul.i32 v5, v5
           v7 = heap_load.i32 heap(0, full, 0, guard) v3, v2
           trapz Unreachable v5
           return",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = load.ptr field(0, immutable) v0
           v5 = iadd.i32 v1, v1
           v7 = heap_load.i32 heap(0, full, 0, guard) v3, v2
           trapz Unreachable v5
           return",
    );
}

#[test]
fn dead_parameters_go_around_loops() {
    check(
        "dce",
        "(i32) -> (i32)",
        "b0(v0: ptr, v1: i32):
           jump -> b1(v1, v1)
         b1(v2: i32, v3: i32):
           poll
           v4 = const.i32 1
           v5 = isub.i32 v2, v4
           v6 = imul.i32 v3, v3
           brif v5 -> b1(v5, v6), b2()
         b2():
           return v1",
        "b0(v0: ptr, v1: i32):
           jump -> b1(v1)
         b1(v2: i32):
           poll
           v4 = const.i32 1
           v5 = isub.i32 v2, v4
           brif v5 -> b1(v5), b2()
         b2():
           return v1",
    );
}

#[test]
fn redundant_parameters_become_their_value() {
    check(
        "params",
        "(i32) -> (i32, i32, i32)",
        "b0(v0: ptr, v1: i32):
           v9 = const.i32 7
           v10 = const.i32 7
           jump -> b1(v1, v1, v9)
         b1(v2: i32, v3: i32, v4: i32):
           poll
           brif v2 -> b1(v2, v1, v10), b2(v2, v3)
         b2(v5: i32, v6: i32):
           return v5, v6, v4",
        "b0(v0: ptr, v1: i32):
           v9 = const.i32 7
           v10 = const.i32 7
           jump -> b1()
         b1():
           v11 = const.i32 7
           poll
           brif v1 -> b1(), b2()
         b2():
           return v1, v1, v11",
    );
}

#[test]
fn differing_parameters_stay() {
    let body = "b0(v0: ptr, v1: i32, v2: i32):
           brif v1 -> b1(v1), b1(v2)
         b1(v3: i32):
           return v3";
    check("params", "(i32, i32) -> (i32)", body, body);
}

#[test]
fn computations_are_shared_within_their_width() {
    check(
        "cse",
        "(i32, i64) -> (i32, i32, i64)",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = iadd.i32 v1, v1
           v4 = iadd.i32 v1, v1
           v5 = iadd.i64 v2, v2
           v6 = const.i32 1
           v7 = const.i64 1
           v8 = shl.i32 v3, v6
           v9 = shl.i64 v5, v7
           v10 = imul.i32 v4, v8
           return v10, v8, v9",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = iadd.i32 v1, v1
           v5 = iadd.i64 v2, v2
           v6 = const.i32 1
           v7 = const.i64 1
           v8 = shl.i32 v3, v6
           v9 = shl.i64 v5, v7
           v10 = imul.i32 v3, v8
           return v10, v8, v9",
    );
}

const DIAMOND: &str = "b0(v0: ptr, v1: i32, v2: i32):
           v3 = iadd.i32 v1, v2
           brif v1 -> b1(), b2()
         b1():
           v4 = iadd.i32 v2, v1
           return v4
         b2():
           v5 = imul.i32 v1, v2
           jump -> b3()
         b3():
           v6 = iadd.i32 v1, v2
           v7 = imul.i32 v5, v6
           return v7";

#[test]
fn local_sharing_stays_in_its_block() {
    check("cse", "(i32, i32) -> (i32)", DIAMOND, DIAMOND);
}

#[test]
fn dominating_computations_are_shared() {
    check(
        "gvn",
        "(i32, i32) -> (i32)",
        DIAMOND,
        "b0(v0: ptr, v1: i32, v2: i32):
           v3 = iadd.i32 v1, v2
           brif v1 -> b1(), b2()
         b1():
           return v3
         b2():
           v5 = imul.i32 v1, v2
           jump -> b3()
         b3():
           v7 = imul.i32 v5, v3
           return v7",
    );
}

#[test]
fn sibling_computations_are_not_shared() {
    let body = "b0(v0: ptr, v1: i32, v2: i32):
           brif v1 -> b1(), b2()
         b1():
           v4 = iadd.i32 v2, v1
           return v4
         b2():
           v5 = iadd.i32 v2, v1
           return v5";
    check("gvn", "(i32, i32) -> (i32)", body, body);
}

#[test]
fn decided_conditions_are_not_tested_again() {
    check(
        "gvn",
        "(i32, i32) -> (i32)",
        "b0(v0: ptr, v1: i32, v2: i32):
           trapz IntegerDivideByZero v2
           v3 = udiv.i32 v1, v2
           trapz IntegerDivideByZero v2
           v4 = urem.i32 v1, v2
           brif v2 -> b1(), b2()
         b1():
           v5 = select.i32 v2, v3, v4
           return v5
         b2():
           return v4",
        "b0(v0: ptr, v1: i32, v2: i32):
           trapz IntegerDivideByZero v2
           v3 = udiv.i32 v1, v2
           v4 = urem.i32 v1, v2
           jump -> b1()
         b1():
           return v3",
    );
}

#[test]
fn a_condition_is_open_again_where_paths_meet() {
    let body = "b0(v0: ptr, v1: i32):
           brif v1 -> b1(), b2()
         b1():
           poll
           jump -> b2()
         b2():
           trapz Unreachable v1
           return";
    check("gvn", "(i32) -> ()", body, body);
}

#[test]
fn branches_test_the_value_itself() {
    check(
        "branches",
        "(i32, i64) -> (i32)",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = const.i32 0
           v4 = icmp.i32 eq v1, v3
           v5 = icmp.i32 ne v4, v3
           trapnz Unreachable v5
           v6 = const.i64 0
           v7 = icmp.i64 eq v2, v6
           brif v4 -> b1(), b2()
         b1():
           return v7
         b2():
           return v3",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = const.i32 0
           v4 = icmp.i32 eq v1, v3
           v5 = icmp.i32 ne v4, v3
           trapz Unreachable v1
           v6 = const.i64 0
           v7 = icmp.i64 eq v2, v6
           brif v1 -> b2(), b1()
         b1():
           return v7
         b2():
           return v3",
    );
}

#[test]
fn constant_branches_and_checks() {
    check(
        "branches",
        "(i32) -> (i32)",
        "b0(v0: ptr, v1: i32):
           v2 = const.i32 5
           v3 = const.i32 0
           trapnz Unreachable v3
           br_table v2 -> b1(v1), b1(v3), b2()
         b1(v4: i32):
           return v4
         b2():
           brif v3 -> b1(v2), b3()
         b3():
           trapz IntegerOverflow v3, v2
           v5 = iadd.i32 v2, v1
           return v5",
        "b0(v0: ptr, v1: i32):
           v2 = const.i32 5
           v3 = const.i32 0
           trap IntegerOverflow v2",
    );
}

#[test]
fn trivial_blocks_are_jumped_over() {
    check(
        "branches",
        "(i32, i32) -> (i32)",
        "b0(v0: ptr, v1: i32, v2: i32):
           brif v1 -> b1(v1), b2()
         b1(v3: i32):
           jump -> b3(v3, v2)
         b2():
           jump -> b3(v2, v1)
         b3(v4: i32, v5: i32):
           v6 = isub.i32 v4, v5
           return v6",
        "b0(v0: ptr, v1: i32, v2: i32):
           brif v1 -> b3(v1, v2), b3(v2, v1)
         b3(v4: i32, v5: i32):
           v6 = isub.i32 v4, v5
           return v6",
    );
}

#[test]
fn endless_loops_and_throwing_calls_keep_their_blocks() {
    let body = "b0(v0: ptr, v1: i32):
           try_call func(1, sig0) v1 -> b1(), b2() catch all
         b1():
           jump -> b3()
         b2():
           v3 = landing_pad
           jump -> b3()
         b3():
           jump -> b4()
         b4():
           jump -> b3()";
    let header = "function 0 \"f\" (i32) -> ()";
    let got = after("branches", header, &body.replacen("b0(", "  sig0 (i32) -> ()\n b0(", 1));
    assert!(got.contains("try_call func(1, sig0) v1 -> b1(), b2() catch all"), "{got}");
    assert!(got.contains("b2():\nv3 = landing_pad"), "{got}");
}

#[test]
fn returns_are_copied_to_where_they_are_jumped_to() {
    check(
        "branches",
        "(i32) -> (i32)",
        "b0(v0: ptr, v1: i32):
           brif v1 -> b1(), b2(v1)
         b1():
           v2 = popcnt.i32 v1
           jump -> b2(v2)
         b2(v3: i32):
           return v3",
        "b0(v0: ptr, v1: i32):
           brif v1 -> b1(), b2(v1)
         b1():
           v2 = popcnt.i32 v1
           return v2
         b2(v3: i32):
           return v3",
    );
}

const LOOP: &str = "b0(v0: ptr, v1: i32, v2: i64):
           jump -> b1(v1)
         b1(v3: i32):
           poll
           v4 = const.i32 3
           v5 = imul.i32 v1, v4
           v6 = udiv.i32 v5, v1
           v7 = udiv.i32 v5, v4
           v8 = load.ptr field(0, immutable) v0
           v9 = load.ptr field(8, immutable) v8
           v10 = heap_load.i32 heap(0, full, 0, guard) v8, v2
           v11 = load.i64 field(8, memory_len(0)) v0
           v12 = load.i32 field(64, global(0, i32)) v0
           v13 = iadd.i32 v3, v4
           store.i32 field(64, global(0, i32)) v13, v9
           v14 = load.ptr field(16, table_desc(0)) v0
           v15 = load.ptr field(0, immutable) v14
           brif v13 -> b1(v13), b2()
         b2():
           return";

#[test]
fn invariants_move_before_the_loop_if_nothing_can_go_wrong() {
    check(
        "licm",
        "(i32, i64) -> ()",
        LOOP,
        "b0(v0: ptr, v1: i32, v2: i64):
           v16 = const.i32 3
           v5 = imul.i32 v1, v16
           v17 = const.i32 3
           v7 = udiv.i32 v5, v17
           v8 = load.ptr field(0, immutable) v0
           v9 = load.ptr field(8, immutable) v8
           v11 = load.i64 field(8, memory_len(0)) v0
           v14 = load.ptr field(16, table_desc(0)) v0
           jump -> b1(v1)
         b1(v3: i32):
           poll
           v4 = const.i32 3
           v6 = udiv.i32 v5, v1
           v10 = heap_load.i32 heap(0, full, 0, guard) v8, v2
           v12 = load.i32 field(64, global(0, i32)) v0
           v13 = iadd.i32 v3, v4
           store.i32 field(64, global(0, i32)) v13, v9
           v15 = load.ptr field(0, immutable) v14
           brif v13 -> b1(v13), b2()
         b2():
           return",
    );
}

#[test]
fn a_loop_with_calls_keeps_what_they_may_change() {
    let got = after(
        "licm",
        "function 0 \"f\" (i32, i64) -> ()",
        &format!("  sig0 () -> ()\n{}", LOOP.replace("poll", "poll\ncall func(1, sig0)")),
    );
    let (before, inside) = got.split_once("b1(v3: i32):").unwrap();
    assert!(before.contains("load.ptr field(8, immutable)"), "{got}");
    assert!(inside.contains("memory_len") && inside.contains("table_desc"), "{got}");
}

#[test]
fn invariants_leave_nested_loops_and_branches_get_preheaders() {
    check(
        "licm",
        "(i32) -> (i32)",
        "b0(v0: ptr, v1: i32):
           brif v1 -> b1(v1), b4()
         b1(v2: i32):
           poll
           jump -> b2(v2)
         b2(v3: i32):
           poll
           v4 = imul.i32 v1, v1
           v5 = imul.i32 v2, v2
           v6 = isub.i32 v3, v4
           v7 = isub.i32 v6, v5
           brif v7 -> b2(v7), b3()
         b3():
           brif v5 -> b1(v5), b4()
         b4():
           return v1",
        "b0(v0: ptr, v1: i32):
           brif v1 -> b5(v1), b4()
         b5(v8: i32):
           v4 = imul.i32 v1, v1
           jump -> b1(v8)
         b1(v2: i32):
           poll
           v5 = imul.i32 v2, v2
           jump -> b2(v2)
         b2(v3: i32):
           poll
           v6 = isub.i32 v3, v4
           v7 = isub.i32 v6, v5
           brif v7 -> b2(v7), b3()
         b3():
           brif v5 -> b1(v5), b4()
         b4():
           return v1",
    );
}

#[test]
fn a_branch_that_chooses_an_integer_becomes_a_select() {
    check(
        "selects",
        "(i32, i32, f64, f64) -> (i32, i32)",
        "b0(v0: ptr, v1: i32, v2: i32, v3: f64, v4: f64):
           brif v1 -> b1(v1, v2), b1(v2, v2)
         b1(v5: i32, v6: i32):
           brif v2 -> b2(v3), b2(v4)
         b2(v7: f64):
           return v5, v6",
        "b0(v0: ptr, v1: i32, v2: i32, v3: f64, v4: f64):
           v8 = select.i32 v1, v1, v2
           jump -> b1(v8, v2)
         b1(v5: i32, v6: i32):
           brif v2 -> b2(v3), b2(v4)
         b2(v7: f64):
           return v5, v6",
    );
}

#[test]
fn divisions_by_constants() {
    check(
        "strength",
        "(i32, i64) -> (i32, i64, i64)",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = const.i32 10
           v4 = udiv.i32 v1, v3
           v5 = const.i64 -8
           v6 = sdiv.i64 v2, v5
           v7 = const.i64 10
           v8 = sdiv.i64 v2, v7
           return v4, v6, v8",
        "b0(v0: ptr, v1: i32, v2: i64):
           v3 = const.i32 10
           v9 = zext.i64 v1
           v10 = const.i64 3435973837
           v11 = imul.i64 v9, v10
           v12 = const.i64 35
           v13 = shr_u.i64 v11, v12
           v14 = wrap.i32 v13
           v5 = const.i64 -8
           v15 = const.i64 0
           v16 = const.i64 63
           v17 = shr_s.i64 v2, v16
           v18 = const.i64 61
           v19 = shr_u.i64 v17, v18
           v20 = iadd.i64 v19, v2
           v21 = const.i64 3
           v22 = shr_s.i64 v20, v21
           v23 = isub.i64 v15, v22
           v7 = const.i64 10
           v24 = const.i64 7378697629483820647
           v25 = smulhi.i64 v2, v24
           v26 = const.i64 2
           v27 = shr_s.i64 v25, v26
           v28 = const.i64 63
           v29 = shr_s.i64 v2, v28
           v30 = isub.i64 v27, v29
           return v14, v23, v30",
    );
}

/// Every divisor near a power of two and many others, on values around multiples of the divisor.
#[test]
fn divisions_by_constants_are_exact() {
    use super::oracle::{Random, oracle};
    use crate::jit::ir::{Imm, Type};
    let mut random = Random(5);
    let mut count = 0;
    for ty in [Type::I32, Type::I64] {
        let width = ty.bytes() * 8;
        let mut divisors: Vec<u64> = (2..40).collect();
        for k in 2..width {
            divisors.extend([(1u64 << k) - 1, 1 << k, (1 << k) + 1]);
        }
        divisors.extend((0..60).map(|_| random.value(ty)));
        divisors.extend(divisors.clone().into_iter().map(u64::wrapping_neg));
        for d in divisors.into_iter().map(|d| ty.truncate(d)) {
            for op in [Op::SDiv, Op::UDiv, Op::SRem, Op::URem] {
                let text = format!(
                    "function 0 \"f\" ({0}) -> ({0}) {{\nb0(v0: ptr, v1: {0}):\nv2 = const.{0} {d:#x}\nv3 = {1}.{0} v1, v2\nreturn v3\n}}",
                    ty.name(),
                    op.name()
                );
                let mut f = parse(&text).unwrap();
                if super::super::strength::reduce(&mut f) == 0 {
                    continue;
                }
                count += 1;
                let mut xs = super::oracle::edges(ty);
                for _ in 0..12 {
                    let multiple = random.value(ty).wrapping_mul(d);
                    let quotient = (u64::MAX >> (64 - width)) / d.max(1);
                    xs.extend([multiple, multiple.wrapping_sub(1), multiple.wrapping_add(1)]);
                    xs.extend([quotient.wrapping_mul(d), quotient.wrapping_mul(d).wrapping_sub(1), random.value(ty)]);
                }
                for x in xs.into_iter().map(|x| ty.truncate(x)) {
                    let expected = oracle(op, ty, Imm::None, &[(ty, x), (ty, d)]);
                    let got = super::exec::run(&f, &[x]).end;
                    let Some(expected) = expected else { continue };
                    assert_eq!(got, super::exec::End::Return(vec![expected]), "{} {x:#x} / {d:#x}", op.name());
                }
            }
        }
    }
    assert!(count > 1500, "{count}");
}

/// Of this thread, where the system says so: the machine may be busy.
fn cpu_time() -> std::time::Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    match stat.and_then(|stat| stat.split(' ').next()?.parse().ok()) {
        Some(nanos) => std::time::Duration::from_nanos(nanos),
        None => START.get_or_init(std::time::Instant::now).elapsed(),
    }
}

/// Ten thousand blocks, in a row, nested, and as loops within each other: no pass may be quadratic.
#[test]
fn large_functions_take_linear_time() {
    const N: usize = 10_000;
    let mut row = String::from("function 0 \"row\" (i32) -> (i32) {\nb0(v0: ptr, v1: i32):\n  jump -> b1(v1)\n");
    let mut nest = String::from("function 0 \"nest\" (i32) -> (i32) {\nb0(v0: ptr, v1: i32):\n  jump -> b1(v1)\n");
    let mut loops = String::from("function 0 \"loops\" (i32) -> (i32) {\nb0(v0: ptr, v1: i32):\n  jump -> b1(v1)\n");
    for i in 1..=N {
        let (p, q, next) = (3 * i, 3 * i + 1, i + 1);
        row += &format!(
            "b{i}(v{p}: i32):\n  poll\n  v{q} = iadd.i32 v{p}, v1\n  brif v{p} -> b{next}(v{q}), b{next}(v{p})\n"
        );
        let end = N + 1;
        nest += &format!("b{i}(v{p}: i32):\n  v{q} = imul.i32 v{p}, v1\n  brif v{q} -> b{next}(v{q}), b{end}(v{p})\n");
    }
    let half = N / 2;
    for i in 1..=half {
        let (p, q, next) = (3 * i, 3 * i + 1, i + 1);
        loops += &format!("b{i}(v{p}: i32):\n  poll\n  v{q} = imul.i32 v1, v1\n  jump -> b{next}(v{p})\n");
    }
    // The latches, innermost first.
    for i in 1..=half {
        let (block, header, p) = (half + i, half - i + 1, 3 * (half + i));
        loops += &format!("b{block}(v{p}: i32):\n  brif v{p} -> b{header}(v{p}), b{}(v{p})\n", block + 1);
    }
    for (mut text, last) in [(row, N + 1), (nest, N + 1), (loops, 2 * half + 1)] {
        let p = 3 * last;
        text += &format!("b{last}(v{p}: i32):\n  return v{p}\n}}");
        let f: Function = parse(&text).unwrap_or_else(|e| panic!("{e}"));
        for level in [Level::O1, Level::O2] {
            let mut f = f.clone();
            let start = cpu_time();
            run(&mut f, &PassConfig { level, only: None, verify: false, ..PassConfig::default() }, &mut |_, _| {})
                .unwrap();
            let time = cpu_time() - start;
            assert!(time.as_secs() < 4, "{}: {level:?} took {time:?}", f.name);
        }
    }
}

/// Stopped after any number of changes, every stage leaves a valid function; and all changes together are the whole.
#[test]
fn stages_can_be_stopped_after_each_change() {
    use crate::jit::{Options, pipeline};
    let mut stopped = 0;
    for program in pipeline::tests::PROGRAMS {
        let module = pipeline::tests::module(program);
        for level in [Level::O1, Level::O2] {
            let whole = Options { level, verify: true, ..Options::default() };
            for body in (0..module.bodies.len() as u32).map(crate::module::BodyIndex) {
                for stage in 1..=pipeline::stages(&whole).unwrap().len() as u32 {
                    let limited = Options { stage_limit: Some(stage), ..whole.clone() };
                    let text = |options: &Options| {
                        pipeline::build(&module, body, options)
                            .unwrap_or_else(|e| panic!("{options:?}: {e}"))
                            .to_string()
                    };
                    let n = pipeline::rewrites(&module, body, &limited).unwrap();
                    // In the middle where there are many.
                    let step = (n / 12).max(1) as usize;
                    for limit in (0..n).step_by(step) {
                        text(&Options { rewrite_limit: Some(limit), ..limited.clone() });
                        stopped += 1;
                    }
                    assert_eq!(text(&Options { rewrite_limit: Some(n), ..limited.clone() }), text(&limited));
                }
            }
        }
    }
    assert!(stopped > 1000, "{stopped}");
}
