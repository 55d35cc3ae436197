//! The limits of the passes on branches.

use super::super::branches::{form_selects, simplify_branches};
use super::super::edit::remove_unreachable;
use crate::jit::ir::parse::parse;
use crate::jit::ir::verify::verify;
use crate::jit::ir::{Block, Function, Op, Type};

fn function(text: &str) -> Function {
    let f = parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    verify(&f).unwrap_or_else(|e| panic!("{e}\n{text}"));
    f
}

fn simplified(text: &str) -> Function {
    let mut f = function(text);
    simplify_branches(&mut f);
    verify(&f).unwrap_or_else(|e| panic!("{e}\n{f}"));
    f
}

fn wasm_name(ty: Type) -> &'static str {
    match ty {
        Type::Ref32 => "externref",
        Type::Ptr => "funcref",
        other => other.name(),
    }
}

/// A return of at most two values is copied to the jumps that lead to it.
#[test]
fn short_returns_are_copied() {
    for values in 0..=5u32 {
        let list = |f: &dyn Fn(u32) -> String| (0..values).map(f).collect::<Vec<_>>().join(", ");
        let text = format!(
            "function 0 \"f\" (i32, i32) -> ({0}) {{\nb0(v0: ptr, v1: i32, v2: i32):\n  brif v1 -> b1(), b2()\n\
             b1():\n  poll\n  jump -> b3({1})\nb2():\n  poll\n  jump -> b3({2})\nb3({3}):\n  return {4}\n}}\n",
            list(&|_| "i32".into()),
            list(&|_| "v1".into()),
            list(&|_| "v2".into()),
            list(&|n| format!("v{}: i32", 10 + n)),
            list(&|n| format!("v{}", 10 + n)),
        );
        let f = simplified(&text);
        let ends = [1, 2].map(|block| f.inst(f.terminator(Block(block))).op);
        assert_eq!(ends, [if values <= 2 { Op::Return } else { Op::Jump }; 2], "{values} values\n{f}");
        if values == 2 {
            assert_eq!(f.inst(f.terminator(Block(2))).args[..], [crate::jit::ir::Value(2); 2]);
        }
    }
}

/// A table branch with a known index goes where the machine would go: to the last target if the index is beyond the table.
#[test]
fn tables_with_known_indices_are_jumps() {
    for targets in 1..=4u32 {
        for index in [0, 1, 2, 3, 4, 5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let list: Vec<String> = (0..targets).map(|n| format!("b{}()", n + 1)).collect();
            let blocks: String = (0..targets)
                .map(|n| format!("b{0}():\n  v{1} = const.i32 {n}\n  return v{1}\n", n + 1, n + 10))
                .collect();
            let text = format!(
                "function 0 \"f\" () -> (i32) {{\nb0(v0: ptr):\n  v1 = const.i32 {index:#x}\n  br_table v1 -> {}\n{blocks}}}\n",
                list.join(", ")
            );
            let f = simplified(&text);
            let last = f.inst(f.terminator(f.entry()));
            assert_eq!(last.op, Op::Return, "{f}");
            assert_eq!(f.as_const(last.args[0]), Some(index.min(targets - 1).into()), "{index:#x} of {targets}");
        }
    }
}

/// Edges skip up to eight blocks that consist only of a jump, whatever these pass on.
#[test]
fn chains_of_jumps_are_skipped() {
    for length in 1..=8u32 {
        let mut text = String::from(
            "function 0 \"f\" (i32, i32) -> (i32, i32, i32) {\nb0(v0: ptr, v1: i32, v2: i32):\n  brif v1 -> b20(v1, v2), b30()\n",
        );
        for n in 0..length {
            let next = if n + 1 == length { 31 } else { 21 + n };
            // The values are swapped on the way.
            let (a, b) = (100 + 2 * n, 101 + 2 * n);
            text += &format!("b{}(v{a}: i32, v{b}: i32):\n  jump -> b{next}(v{b}, v{a})\n", 20 + n);
        }
        text += "b30():\n  poll\n  jump -> b31(v2, v2)\nb31(v50: i32, v51: i32):\n  return v50, v51, v1\n}\n";
        let f = simplified(&text);
        let [then, _] = f.targets(f.terminator(f.entry())) else { panic!("{f}") };
        let expected = if length % 2 == 1 { [2, 1] } else { [1, 2] };
        assert_eq!(
            (then.block, &then.args[..]),
            (Block(31), &expected.map(crate::jit::ir::Value)[..]),
            "{length}\n{f}"
        );
        assert_eq!(f.layout, [0, 30, 31].map(Block), "{length}");
    }
}

/// A branch whose two sides lead to the same block becomes a select if they differ in one argument, an i32 or i64.
#[test]
fn branches_that_differ_in_one_integer_are_choices() {
    for ty in Type::ALL {
        for differing in 0..=3usize {
            let arg = |i: usize, n: usize| if i < differing { n } else { 2 };
            let args = |n: usize| (0..3).map(|i| format!("v{}", arg(i, n))).collect::<Vec<_>>().join(", ");
            let text = format!(
                "function 0 \"f\" (i32, {0}, {0}) -> () {{\nb0(v0: ptr, v1: i32, v2: {1}, v3: {1}):\n  \
                 brif v1 -> b1({2}), b1({3})\nb1(v4: {1}, v5: {1}, v6: {1}):\n  return\n}}\n",
                wasm_name(ty),
                ty.name(),
                args(3),
                args(2)
            );
            let mut f = function(&text);
            let count = form_selects(&mut f);
            verify(&f).unwrap_or_else(|e| panic!("{e}\n{f}"));
            let expected = differing == 1 && matches!(ty, Type::I32 | Type::I64);
            assert_eq!(count, u64::from(expected), "{} {differing}", ty.name());
            if expected {
                let first = f.inst(f.blocks[0].insts[0]);
                assert_eq!(
                    (first.op, first.ty, &first.args[..]),
                    (Op::Select, ty, &[1, 3, 2].map(crate::jit::ir::Value)[..])
                );
            }
        }
    }
}

/// The number of changes is the number of things that changed.
#[test]
fn changes_are_counted_one_by_one() {
    let count = |body: &str, change: fn(&mut Function) -> u64| {
        let mut f =
            function(&format!("function 0 \"f\" (i32, i32) -> (i32) {{\nb0(v0: ptr, v1: i32, v2: i32):\n{body}}}\n"));
        change(&mut f)
    };
    let ends = "b1():\n  poll\n  return v1\nb2():\n  poll\n  return v2\n";
    for (name, body, expected) in [
        ("nothing", "  brif v1 -> b1(), b2()\n".to_string() + ends, 0),
        ("a comparison that the branch makes itself", "  v3 = const.i32 0\n  v4 = icmp.i32 eq v1, v3\n  brif v4 -> b1(), b2()\n".to_string() + ends, 1),
        ("two of them", "  v3 = const.i32 0\n  v4 = icmp.i32 eq v1, v3\n  v5 = icmp.i32 ne v4, v3\n  brif v5 -> b1(), b2()\n".to_string() + ends, 2),
        ("a check that never fails", "  v3 = const.i32 0\n  trapnz Unreachable v3\n  return v1\n".into(), 1),
        ("a check that always fails", "  v3 = const.i32 0\n  trapz Unreachable v3\n  return v1\n".into(), 1),
        // The branch becomes a jump, the other block is removed, and the remaining one is appended.
        ("a branch whose way is known", "  v3 = const.i32 0\n  brif v3 -> b1(), b2()\n".to_string() + ends, 3),
        ("a return that is copied, and its block", "  poll\n  brif v1 -> b1(), b2()\nb1():\n  poll\n  jump -> b3()\nb2():\n  poll\n  jump -> b3()\nb3():\n  return v2\n".into(), 3),
        ("a block that only jumps, and its edge", "  brif v1 -> b1(), b2()\nb1():\n  jump -> b3(v1)\nb2():\n  poll\n  jump -> b3(v2)\nb3(v3: i32):\n  poll\n  return v3\n".into(), 2),
        ("a block that follows another", "  poll\n  jump -> b1()\nb1():\n  poll\n  return v1\n".into(), 1),
        ("a block that nothing reaches", "  return v1\nb1():\n  return v2\n".into(), 1),
    ] {
        assert_eq!(count(&body, simplify_branches), expected, "{name}");
    }
    let two = "  jump -> b3()\nb1():\n  jump -> b2()\nb2():\n  jump -> b3()\nb3():\n  return v1\n";
    assert_eq!(count(two, remove_unreachable), 2);
    assert_eq!(count("  return v1\n", remove_unreachable), 0);
}

/// Each kind of change asks for permission first: if none is granted, none is made.
#[test]
fn what_is_not_granted_is_not_changed() {
    for body in [
        "  v3 = const.i32 0\n  v4 = icmp.i32 eq v1, v3\n  brif v4 -> b1(), b2()\nb1():\n  poll\n  return v1\nb2():\n  poll\n  return v2\n",
        "  v3 = const.i32 0\n  trapnz Unreachable v3\n  return v1\n",
        "  v3 = const.i32 1\n  trapz Unreachable v3\n  return v1\n",
        "  v3 = const.i32 1\n  trapnz Unreachable v3\n  return v1\n",
        "  v3 = const.i32 0\n  trapz Unreachable v3\n  return v1\n",
        "  v3 = const.i32 0\n  brif v3 -> b1(), b2()\nb1():\n  poll\n  return v1\nb2():\n  poll\n  return v2\n",
        "  v3 = const.i32 0\n  br_table v3 -> b1(), b2()\nb1():\n  poll\n  return v1\nb2():\n  poll\n  return v2\n",
        "  brif v1 -> b1(), b1()\nb1():\n  poll\n  return v1\n",
        "  brif v1 -> b1(), b2()\nb1():\n  poll\n  jump -> b3()\nb2():\n  poll\n  jump -> b3()\nb3():\n  return v2\n",
        "  brif v1 -> b1(), b2()\nb1():\n  jump -> b3(v1)\nb2():\n  poll\n  jump -> b3(v2)\nb3(v3: i32):\n  poll\n  return v3\n",
        "  poll\n  jump -> b1()\nb1():\n  poll\n  return v1\n",
        "  brif v1 -> b1(v1), b1(v2)\nb1(v3: i32):\n  poll\n  return v3\n",
    ] {
        let f =
            function(&format!("function 0 \"f\" (i32, i32) -> (i32) {{\nb0(v0: ptr, v1: i32, v2: i32):\n{body}}}\n"));
        let mut changes = 0;
        for change in [simplify_branches, form_selects] {
            let mut limited = f.clone();
            limited.rewrites_left = 0;
            assert_eq!((change(&mut limited), limited.to_string()), (0, f.to_string()));
            changes += change(&mut f.clone());
        }
        assert!(changes > 0, "nothing is to change in\n{f}");
    }
}

/// A block that only jumps is skipped, except where each target of a table would have to repeat the arguments that it passes.
#[test]
fn tables_do_not_repeat_arguments() {
    for (passed, stays) in [("", false), ("v1", true)] {
        let param = if passed.is_empty() { "" } else { "v2: i32" };
        let text = format!(
            "function 0 \"f\" (i32) -> () {{\nb0(v0: ptr, v1: i32):\n  br_table v1 -> b1(), b1(), b2()\nb1():\n  \
             jump -> b3({passed})\nb2():\n  trap Unreachable\nb3({param}):\n  poll\n  jump -> b3({passed})\n}}\n"
        );
        let f = simplified(&text);
        let table = f.terminator(f.entry());
        let targets: Vec<_> = f.targets(table).iter().map(|target| target.args.len()).collect();
        let to = f.targets(table)[0].block;
        let is_stub = f.inst(f.blocks[to.index()].insts[0]).op == Op::Jump;
        assert_eq!((is_stub, &targets[..2]), (stays, &[0, 0][..]), "{f}");
    }
}
