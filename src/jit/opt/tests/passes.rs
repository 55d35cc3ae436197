//! The passes as a whole: their names, their limits, their running time. For the effect of each pass on a function, see
//! `tests/filetests/passes`.

use super::super::gvn::{Scope, number};
use super::super::{PASSES, PassError, run, run_while};
use crate::config::{Config, OptLevel};
use crate::jit::ir::parse::parse;
use crate::jit::ir::verify::verify;
use crate::jit::ir::{Function, Op, Value};

#[test]
fn unknown_passes_are_refused() {
    let mut f = parse("function 0 \"f\" () -> () {\nb0(v0: ptr):\n  return\n}").unwrap();
    let config = Config {
        opt: OptLevel::O2,
        passes: Some(vec!["dce".into(), "dec".into()]),
        verify: false,
        ..Config::default()
    };
    let error = run(&mut f, &config, &mut |_, _| panic!("nothing runs")).unwrap_err();
    assert_eq!(error, PassError::Unknown("dec".into()));
    assert!(error.to_string().starts_with("unknown pass 'dec'; known passes: branches "));
}

#[test]
fn no_pass_follows_once_it_does_not_go_on() {
    let text = "function 0 \"f\" () -> (i32) {\nb0(v0: ptr):\n  v1 = const.i32 1\n  return v1\n}";
    let mut passes = 0;
    let mut f = parse(text).unwrap();
    let config = Config { opt: OptLevel::O2, ..Config::default() };
    run_while(&mut f, &config, &mut |_, _| passes += 1, &mut || true).unwrap();
    assert!(passes > 2);
    let (mut left, mut seen) = (2, 0);
    let mut goes_on = || {
        left -= 1;
        left >= 0
    };
    run_while(&mut f, &config, &mut |_, _| seen += 1, &mut goes_on).unwrap();
    assert_eq!(seen, 2);
}

/// A limit of stages counts construction as the first stage if it is enabled, followed by the passes in order.
#[test]
fn so_many_stages_run_as_the_limit_admits() {
    let text = "function 0 \"f\" () -> (i32) {\nb0(v0: ptr):\n  v1 = const.i32 1\n  return v1\n}";
    type Names = &'static [&'static str];
    let lists: [(OptLevel, Option<Names>, Names); 5] = [
        (OptLevel::O0, None, &[]),
        (OptLevel::O1, None, super::super::O1),
        (OptLevel::O2, None, super::super::O2),
        (OptLevel::O1, Some(&["dce", "cse"]), &["dce", "cse"]),
        (OptLevel::O0, Some(&["cse", "licm", "dce"]), &["cse", "licm", "dce"]),
    ];
    for (opt, passes, all) in lists {
        let passes = passes.map(|names| names.iter().map(|name| name.to_string()).collect::<Vec<_>>());
        for limit in (0..=all.len() as u32 + 3).map(Some).chain([None]) {
            let config = Config { opt, passes: passes.clone(), pass_limit: limit, verify: true, ..Config::default() };
            let mut seen = Vec::new();
            let stats = run(&mut parse(text).unwrap(), &config, &mut |name, _| seen.push(name.to_string())).unwrap();
            let left = limit.map_or(usize::MAX, |limit| limit.saturating_sub(u32::from(opt != OptLevel::O0)) as usize);
            assert_eq!(seen, all[..left.min(all.len())], "{opt:?}, {limit:?}");
            assert!(stats.changes.iter().map(|(name, _)| *name).eq(all[..left.min(all.len())].iter().copied()));
        }
    }
}

/// A limit of changes applies to the last stage: the stages before it make all their changes.
#[test]
fn only_the_last_pass_is_limited() {
    let text = "function 0 \"f\" (i32) -> (i32, i32, i32) {\nb0(v0: ptr, v1: i32):\n  v2 = popcnt.i32 v1\n  v3 = popcnt.i32 v1\n  \
                v4 = popcnt.i32 v1\n  v5 = clz.i32 v1\n  v6 = ctz.i32 v1\n  v7 = sext8.i32 v1\n  return v2, v3, v4\n}";
    // Two instructions are repeated, and three are dead.
    for (limit, merged, dropped) in
        [(Some(0), 2, 0), (Some(1), 2, 1), (Some(2), 2, 2), (Some(3), 2, 3), (Some(4), 2, 3), (None, 2, 3)]
    {
        let config = Config {
            passes: Some(vec!["cse".into(), "dce".into()]),
            rewrite_limit: limit,
            verify: true,
            ..Config::default()
        };
        let stats = run(&mut parse(text).unwrap(), &config, &mut |_, _| {}).unwrap();
        assert_eq!(stats.changes, [("cse", merged), ("dce", dropped)], "{limit:?}");
    }
    for (limit, merged) in [(0, 0), (1, 1), (2, 2), (3, 2)] {
        let passes = Some(vec!["cse".into()]);
        let config = Config { passes, rewrite_limit: Some(limit), verify: true, ..Config::default() };
        let stats = run(&mut parse(text).unwrap(), &config, &mut |_, _| {}).unwrap();
        assert_eq!(stats.changes, [("cse", merged)], "{limit}");
    }
}

/// Value numbering counts each merge, fold, select, decision and drop.
#[test]
fn what_value_numbering_does_is_counted() {
    let below = "b1():\n  poll\n  return v1\nb2():\n  poll\n  return v2\n";
    let tested = |then: &str| format!("  brif v1 -> b3(), b2()\nb3():\n{then}{below}");
    for (name, body, expected) in [
        ("nothing", "  v3 = iadd.i32 v1, v2\n  return v3\n".to_string(), 0),
        ("a computation again", "  v3 = iadd.i32 v1, v2\n  v4 = iadd.i32 v1, v2\n  return v4\n".into(), 1),
        ("of constants", "  v3 = const.i32 2\n  v4 = const.i32 3\n  v5 = iadd.i32 v3, v4\n  return v5\n".into(), 1),
        ("nothing added", "  v3 = const.i32 0\n  v4 = iadd.i32 v1, v3\n  return v4\n".into(), 1),
        (
            "of constant vectors",
            "  v3 = vconst.v128 0x3\n  v4 = vconst.v128 0x1\n  v5 = andnot.v128 v3, v4\n  return v1\n".into(),
            1,
        ),
        ("a simpler operation", "  v3 = const.i32 8\n  v4 = imul.i32 v1, v3\n  return v4\n".into(), 1),
        ("a check again", "  trapz Unreachable v1\n  trapz Unreachable v1\n  return v1\n".into(), 1),
        ("a selection", tested("  v3 = select.i32 v1, v2, v1\n  return v3\n"), 1),
        ("a check that passes", tested("  trapz Unreachable v1\n  return v1\n"), 1),
        ("a branch that is known", tested("  poll\n  brif v1 -> b1(), b2()\n"), 1),
    ] {
        let text = format!("function 0 \"f\" (i32, i32) -> (i32) {{\nb0(v0: ptr, v1: i32, v2: i32):\n{body}}}\n");
        let mut f = parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(number(&mut f, Scope::Dominators), expected, "{name}");
        verify(&f).unwrap_or_else(|e| panic!("{name}: {e}\n{f}"));
    }
}

#[test]
fn a_pass_that_breaks_the_function_is_named() {
    let text = "function 0 \"f\" () -> (i32) {\nb0(v0: ptr):\n  v1 = const.i32 1\n  return v1\n}";
    let mut f = parse(text).unwrap();
    f.blocks[0].insts.swap(0, 1);
    let config = Config { opt: OptLevel::O1, verify: true, ..Config::default() };
    assert!(matches!(run(&mut f, &config, &mut |_, _| {}), Err(PassError::Input(_))));
}

/// A value that was replaced is no longer used anywhere: not as an argument of a back edge, and not in an unreachable block.
#[test]
fn replaced_values_have_no_uses() {
    let global = "load.i32 field(64, global(0, i32)) v0";
    for (name, computation) in [("cse", "popcnt.i32 v1"), ("gvn", "popcnt.i32 v1"), ("loads", global)] {
        let pass = PASSES.iter().find(|pass| pass.name == name).unwrap();
        for unreached in ["", "b3():\n  jump -> b1(v4)\n"] {
            let mut f = parse(&format!(
                "function 0 \"f\" (i32) -> (i32) {{\nb0(v0: ptr, v1: i32):\n  jump -> b1(v1)\n\
                 b1(v2: i32):\n  v3 = {computation}\n  v4 = {computation}\n  brif v2 -> b1(v4), b2(v4)\n\
                 b2(v5: i32):\n  return v5\n{unreached}}}"
            ))
            .unwrap();
            assert_eq!((pass.run)(&mut f), 1, "{name}");
            assert!(!f.has_aliases, "{name}");
            for &block in f.layout.iter().filter(|block| ![0, 2].contains(&block.0)) {
                assert!(f.targets(f.terminator(block)).iter().all(|to| to.args[..] == [Value(3)]), "{name}\n{f}");
            }
            verify(&f).unwrap_or_else(|e| panic!("{name}: {e}\n{f}"));
        }
    }
}

/// Every divisor near a power of two and many others, with values around multiples of the divisor.
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
                    "function 0 \"f\" ({0}) -> ({0}) {{\n\
                     b0(v0: ptr, v1: {0}):\n\
                     v2 = const.{0} {d:#x}\n\
                     v3 = {1}.{0} v1, v2\n\
                     return v3\n}}",
                    ty.name(),
                    op.name()
                );
                let mut f = parse(&text).unwrap();
                if super::super::division::reduce(&mut f) == 0 {
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

/// The CPU time of this thread, if the system reports it, because the machine may be busy.
fn cpu_time() -> std::time::Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    match stat.and_then(|stat| stat.split(' ').next()?.parse().ok()) {
        Some(nanos) => std::time::Duration::from_nanos(nanos),
        None => START.get_or_init(std::time::Instant::now).elapsed(),
    }
}

/// Ten thousand blocks in a row, nested, and as nested loops: no pass may be quadratic.
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
        for level in [OptLevel::O1, OptLevel::O2] {
            let mut f = f.clone();
            let start = cpu_time();
            run(&mut f, &Config { opt: level, verify: false, ..Config::default() }, &mut |_, _| {}).unwrap();
            let time = cpu_time() - start;
            assert!(time.as_secs() < 4, "{}: {level:?} took {time:?}", f.name);
        }
    }
}

/// Stopped after any number of changes, every stage leaves a valid function, and after zero changes the function that it
/// was given; without a limit it makes all changes.
#[test]
fn stages_can_be_stopped_after_each_change() {
    use crate::config::Config;
    use crate::jit::pipeline;
    let mut stopped = 0;
    for program in pipeline::tests::PROGRAMS {
        let module = pipeline::tests::module(program);
        for level in [OptLevel::O1, OptLevel::O2] {
            let whole = Config { opt: level, verify: true, ..Config::default() };
            for body in (0..module.bodies.len() as u32).map(crate::module::BodyIndex) {
                for stage in 1..=pipeline::stages(&whole).unwrap().len() as u32 {
                    let limited = Config { pass_limit: Some(stage), ..whole.clone() };
                    let text = |options: &Config| {
                        pipeline::build(&module, body, options)
                            .unwrap_or_else(|e| panic!("{options:?}: {e}"))
                            .to_string()
                    };
                    // A stage that may make no change leaves the function that it was given.
                    let given = text(&Config { pass_limit: Some(stage - 1), ..whole.clone() });
                    let left = text(&Config { rewrite_limit: Some(0), ..limited.clone() });
                    assert_eq!(left, given, "stage {stage} of {level:?}");
                    let n = pipeline::rewrites(&module, body, &limited).unwrap();
                    // Also stopped in the middle if there are many changes.
                    let step = (n / 12).max(1) as usize;
                    for limit in (0..n).step_by(step) {
                        text(&Config { rewrite_limit: Some(limit), ..limited.clone() });
                        stopped += 1;
                    }
                    assert_eq!(text(&Config { rewrite_limit: Some(n), ..limited.clone() }), text(&limited));
                }
            }
        }
    }
    assert!(stopped > 1000, "{stopped}");
}

/// Blocks that pass their own parameters, those of the function and constants to each other at random: afterwards no
/// parameter is left for which all edges pass the same value, and the function returns what it did before.
#[test]
fn no_parameter_that_is_always_the_same_is_left() {
    use super::exec;
    use super::oracle::Random;
    let (mut removed, mut kept, mut returned) = (0, 0, 0);
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let blocks = 1 + random.below(12);
        let params = 1 + random.below(6);
        // Mostly the same few values, so that some edges agree.
        let entry = ["v1", "v2", "v3", "v4", "v5"];
        let known = 1 + random.below(entry.len());
        let own = |block: usize, i: usize| format!("v{}", 10 + block * params + i);
        let edge = |random: &mut Random, from: Option<usize>| {
            let to = random.below(blocks);
            let args = (0..params).map(|i| match from {
                Some(block) if random.below(4) != 0 => {
                    own(block, if random.below(3) == 0 { random.below(params) } else { i })
                }
                _ => entry[random.below(known)].to_string(),
            });
            format!("b{}({})", to + 1, args.collect::<Vec<_>>().join(", "))
        };
        let first = edge(&mut random, None);
        let mut text = format!(
            "function 0 \"f\" (i32, i32) -> (i32) {{\nb0(v0: ptr, v1: i32, v2: i32):\n  v3 = const.i32 5\n  \
             v4 = const.i32 5\n  v5 = const.i32 7\n  jump -> {first}\n"
        );
        for block in 0..blocks {
            let list: Vec<String> = (0..params).map(|i| format!("{}: i32", own(block, i))).collect();
            text += &format!("b{}({}):\n", block + 1, list.join(", "));
            let (a, b) = (edge(&mut random, Some(block)), edge(&mut random, Some(block)));
            text += &match random.below(4) {
                0 => format!("  return {}\n", own(block, random.below(params))),
                1 => format!("  jump -> {a}\n"),
                _ => format!("  brif {} -> {a}, {b}\n", own(block, random.below(params))),
            };
        }
        let original = parse(&(text.clone() + "}")).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let pass = |f: &mut Function| {
            let config =
                Config { opt: OptLevel::O0, passes: Some(vec!["params".into()]), verify: true, ..Config::default() };
            run(f, &config, &mut |_, _| {}).unwrap_or_else(|e| panic!("{e}\n{f}")).changes[0].1
        };
        let mut f = original.clone();
        removed += pass(&mut f);
        kept += f.layout.iter().map(|block| f.blocks[block.index()].params.len()).sum::<usize>();
        let again = pass(&mut f);
        assert_eq!(again, 0, "{again} are left\nbefore:\n{original}\nafter:\n{f}");
        for args in [[0, 0], [0, 1], [1, 0], [3, 9]] {
            let (before, after) = (exec::run(&original, &args), exec::run(&f, &args));
            returned += usize::from(matches!(before.end, exec::End::Return(_)));
            assert_eq!(before, after, "{args:?}\nbefore:\n{original}\nafter:\n{f}");
        }
    }
    assert!(removed > 10_000 && kept > 1_000 && returned > 1_000, "{removed} {kept} {returned}");
}
