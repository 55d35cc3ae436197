//! Which instructions leave which loops.

use super::super::licm::hoist;
use super::super::loads::class;
use super::loads::WRITABLE;
use crate::jit::ir::parse::parse;
use crate::jit::ir::verify::verify;
use crate::jit::ir::{Block, Function, Op, Region, Type};

fn function(text: &str) -> Function {
    let f = parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    verify(&f).unwrap_or_else(|e| panic!("{e}\n{text}"));
    f
}

/// Hoists, and checks that the function is valid afterwards.
fn hoisted(text: &str) -> (Function, u64) {
    let mut f = function(text);
    let count = hoist(&mut f);
    verify(&f).unwrap_or_else(|e| panic!("{e}\n{f}"));
    (f, count)
}

/// The number of instructions of these operations in a block.
fn number_of(f: &Function, block: u32, ops: &[Op]) -> usize {
    let insts = f.blocks[Block(block).index()].insts.iter();
    insts.filter(|&&inst| ops.contains(&f.inst(inst).op)).count()
}

const INVARIANT: [Op; 6] = [Op::IAdd, Op::ISub, Op::IMul, Op::And, Op::Or, Op::Xor];

/// Different computations from the parameters `v1` to `v8`, one per line, whose results are numbered from `first` on.
fn invariants(count: usize, first: usize) -> String {
    let pairs = (1..=8).flat_map(|a| (a + 1..=8).map(move |b| (a, b)));
    let all = INVARIANT.iter().flat_map(|op| pairs.clone().map(move |(a, b)| (op.name(), a, b)));
    let lines: Vec<String> = all
        .take(count)
        .enumerate()
        .map(|(n, (op, a, b))| format!("  v{} = {op}.i32 v{a}, v{b}\n", first + n))
        .collect();
    assert_eq!(lines.len(), count);
    lines.concat()
}

const PARAMS: &str = "v0: ptr, v1: i32, v2: i32, v3: i32, v4: i32, v5: i32, v6: i32, v7: i32, v8: i32";
const TYPES: &str = "i32, i32, i32, i32, i32, i32, i32, i32";

/// There is room for 64 instructions before a loop; those that find no room are moved to before the inner loop, and the
/// rest stay.
#[test]
fn each_loop_receives_so_many_and_no_more() {
    for count in [1, 63, 64, 65, 127, 128, 129, 150] {
        let text = format!(
            "function 0 \"f\" ({TYPES}) -> () {{\nb0({PARAMS}):\n  jump -> b1()\nb1():\n  poll\n  jump -> b2()\n\
             b2():\n  poll\n{}  brif v1 -> b2(), b3()\nb3():\n  brif v2 -> b1(), b4()\nb4():\n  return\n}}\n",
            invariants(count, 10)
        );
        let (f, moved) = hoisted(&text);
        let (outer, inner) = (count.min(64), count.saturating_sub(64).min(64));
        let places = [0, 1, 2].map(|block| number_of(&f, block, &INVARIANT));
        assert_eq!(places, [outer, inner, count - outer - inner], "{count} computations");
        assert_eq!(moved, (outer + inner) as u64);
    }
}

/// A computation is moved out of at most 16 loops, counted from the innermost one around it.
#[test]
fn a_computation_climbs_so_far_and_no_farther() {
    for depth in [1, 2, 15, 16, 17, 20] {
        // Block n is the header of loop n and comes before loop n + 1; the latches follow, innermost first.
        let mut text = format!("function 0 \"f\" ({TYPES}) -> () {{\nb0({PARAMS}):\n  jump -> b1()\n");
        for n in 1..=depth {
            let body = if n == depth { invariants(1, 10) } else { String::new() };
            text += &format!("b{n}():\n  poll\n{body}  jump -> b{}()\n", n + 1);
        }
        for n in 1..=depth {
            text += &format!("b{}():\n  brif v1 -> b{}(), b{}()\n", depth + n, depth + 1 - n, depth + n + 1);
        }
        text += &format!("b{}():\n  return\n}}\n", 2 * depth + 1);
        let (f, moved) = hoisted(&text);
        assert_eq!(moved, 1);
        let place = (0..=depth).find(|&block| number_of(&f, block, &INVARIANT) == 1);
        assert_eq!(place, Some(depth - depth.min(16)), "in {depth} loops");
    }
}

/// Equal computations from two loops that are moved to the same place are merged if at most 31 others came between them.
#[test]
fn equal_computations_that_meet_are_one() {
    for between in [0, 1, 30, 31, 32, 40] {
        let text = format!(
            "function 0 \"f\" ({TYPES}) -> () {{\nb0({PARAMS}):\n  jump -> b1()\nb1():\n  jump -> b2()\n\
             b2():\n  v9 = popcnt.i32 v1\n{}  brif v1 -> b2(), b3()\n\
             b3():\n  jump -> b4()\nb4():\n  v100 = popcnt.i32 v1\n  v101 = popcnt.i64 v102\n  brif v100 -> b4(), b5()\n\
             b5():\n  brif v2 -> b1(), b6()\nb6():\n  return\n}}\n",
            invariants(between, 10)
        )
        .replace("b1():\n", "b1():\n  v102 = sext.i64 v1\n");
        let (f, moved) = hoisted(&text);
        // The sign extension is also moved out of the outer loop, before all others.
        assert_eq!(moved, between as u64 + 4);
        assert_eq!(number_of(&f, 0, &[Op::Popcnt]), if between < 32 { 2 } else { 3 }, "{between} between them");
        assert_eq!(number_of(&f, 0, &INVARIANT), between);
    }
}

/// A division is moved out of a loop if it is defined for every dividend: not by 0, and not by -1, which is undefined for
/// the least number.
#[test]
fn divisions_that_are_always_defined_leave() {
    for ty in [Type::I32, Type::I64] {
        let least = ty.truncate(1 << (8 * ty.bytes() - 1));
        for op in [Op::SDiv, Op::UDiv, Op::SRem, Op::URem] {
            for divisor in [0, 1, 2, 7, least - 1, least, ty.truncate(u64::MAX - 1), ty.truncate(u64::MAX)] {
                let text = format!(
                    "function 0 \"f\" ({0}, i32) -> () {{\nb0(v0: ptr, v1: {0}, v2: i32):\n  jump -> b1()\nb1():\n  poll\n  \
                     v3 = const.{0} {divisor:#x}\n  v4 = {1}.{0} v1, v3\n  v5 = {1}.{0} v1, v1\n  \
                     brif v2 -> b1(), b2()\nb2():\n  return\n}}\n",
                    ty.name(),
                    op.name()
                );
                let (_, moved) = hoisted(&text);
                let all_ones = divisor == ty.truncate(u64::MAX);
                let defined = divisor != 0 && !(op == Op::SDiv && all_ones);
                assert_eq!(moved, u64::from(defined), "{}.{} by {divisor:#x}", op.name(), ty.name());
            }
        }
    }
}

/// A load is moved out of a loop in which nothing writes what it reads, unless it may fault: loads of context fields
/// cannot fault, loads of parts of objects may.
#[test]
fn loads_leave_loops_that_write_something_else() {
    let regions = WRITABLE.into_iter().chain([Region::Immutable, Region::ImmutableGlobal, Region::Constant]);
    for read in regions {
        let of_objects = matches!(
            read,
            Region::Constant | Region::StructField(..) | Region::Elements(..) | Region::ExceptionPayload
        );
        let ty = |region| match region {
            Region::Global(_, ty) | Region::StructField(_, ty) | Region::Elements(ty, _) => ty,
            _ => Type::I64,
        };
        for wrote in WRITABLE.into_iter().map(Some).chain([None]) {
            let store = wrote.map_or(String::new(), |wrote| {
                let access = match wrote {
                    Region::Elements(_, 1) => "u8, ",
                    Region::Elements(_, 2) => "u16, ",
                    _ => "",
                };
                format!("  store.{} field(64, {access}{wrote}) v4, v1\n", ty(wrote).name())
            });
            let access = match read {
                Region::Elements(_, 1) => "u8, ",
                Region::Elements(_, 2) => "s16, ",
                _ => "",
            };
            let stored = wrote.map_or(Type::I64, ty).name();
            let text = format!(
                "function 0 \"f\" (funcref, i32) -> () {{\nb0(v0: ptr, v1: ptr, v2: i32):\n  \
                 v3 = load.ptr field(0, immutable) v0\n  v4 = load.{stored} field(8, immutable) v0\n  jump -> b1()\n\
                 b1():\n  poll\n  v5 = load.{0} field(16, {access}{read}) v3\n  v6 = load.{0} field(24, {access}{read}) v1\n{store}  \
                 brif v2 -> b1(), b2()\nb2():\n  return\n}}\n",
                ty(read).name()
            );
            let (f, moved) = hoisted(&text);
            let writes = wrote.is_some_and(|wrote| class(wrote) == class(read));
            // The address of the other load may be any value.
            assert_eq!(moved, u64::from(!writes && !of_objects), "a read of {read}, a write of {wrote:?}\n{f}");
        }
    }
}

/// The value of an immutable global may be null: its load is moved out of the loop, but what is loaded through it stays
/// behind the check. The same holds for a header word that only a preceding check makes safe to read.
#[test]
fn what_is_only_safe_behind_a_check_stays() {
    for (region, moved) in [("immutable", 2), ("immutable_global", 1)] {
        let text = format!(
            "function 0 \"f\" (i32) -> () {{\nb0(v0: ptr, v1: i32):\n  jump -> b1()\nb1():\n  v2 = load.ptr field(8, {region}) v0\n  \
             brif v1 -> b2(), b3()\nb2():\n  v3 = load.i32 field(32, immutable) v2\n  brif v3 -> b1(), b3()\nb3():\n  return\n}}\n"
        );
        assert_eq!(hoisted(&text).1, moved, "{region}");
    }
    for (of, moved) in [("i31", 1), ("object", 0)] {
        let text = format!(
            "function 0 \"f\" (externref, i32) -> () {{\nb0(v0: ptr, v1: r32, v2: i32):\n  v3 = load.ptr field(8, immutable) v0\n  \
             v4 = zext.i64 v1\n  v5 = iadd.ptr v3, v4\n  jump -> b1()\nb1():\n  brif v2 -> b2(), b3()\nb2():\n  \
             v6 = header.i32 header(0, {of}) v2, v1, v5\n  brif v6 -> b1(), b3()\nb3():\n  return\n}}\n"
        );
        assert_eq!(hoisted(&text).1, moved, "{of}");
    }
}

/// A computation whose operands change in a loop stays in that loop but is moved out of inner loops.
#[test]
fn a_computation_leaves_the_loops_that_do_not_change_it() {
    let text = "function 0 \"f\" (i32) -> () {
b0(v0: ptr, v1: i32):
  jump -> b1(v1)
b1(v2: i32):
  v3 = popcnt.i32 v2
  jump -> b2(v2)
b2(v4: i32):
  v5 = clz.i32 v1
  v6 = clz.i32 v2
  v7 = clz.i32 v3
  v8 = clz.i32 v4
  v9 = ctz.i32 v5
  v10 = ctz.i32 v6
  v11 = ctz.i32 v8
  brif v11 -> b2(v11), b3()
b3():
  v12 = clz.i32 v11
  brif v12 -> b1(v12), b4()
b4():
  v13 = clz.i32 v12
  return
}
";
    let (f, moved) = hoisted(text);
    assert_eq!(moved, 5);
    let both = [Op::Clz, Op::Ctz];
    let places: Vec<usize> = (0..=4).map(|block| number_of(&f, block, &both)).collect();
    // Before both loops: the one of v1, and the one of its result. Before the inner loop: the one of v2 and v3, and the
    // one of the first result.
    assert_eq!(places, [2, 3, 2, 1, 1]);
}
