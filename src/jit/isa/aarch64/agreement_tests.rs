//! Runs the check of [`super::agreement`] on everything that can be compiled, and checks that it can fail.

use super::A64;
use super::agreement::check;
use super::encode::Imm;
use super::inst::{Inst, Row};
use super::listing::decode;
use super::table::Op;
use crate::config::{Config, NanProfile, OptLevel};
use crate::jit::backend::GeneratorOf;
use crate::jit::code::{DirectCalls, FunctionCode, Origin};
use crate::jit::emit;
use crate::jit::isa::Lowered;
use crate::jit::isa::common::Common;
use crate::jit::isa::lower;
use crate::jit::isa::lower::tests::functions_with_frames;
use crate::jit::isa::vcode::Record;
use crate::jit::pipeline::{build, check_agreement};
use crate::module::BodyIndex;
use crate::module::scripts::suite_modules;
use crate::target::aarch64;
use regalloc2::{Allocation, PReg, PRegSet, RegClass};

/// Code of every level in every configuration.
#[test]
fn code_reads_and_writes_what_the_allocator_was_told() {
    for level in aarch64::TARGET.all_levels() {
        for options in crate::jit::pipeline::tests::options() {
            let options = Config { cpu: Some(level), ..options };
            for program in crate::jit::pipeline::tests::PROGRAMS {
                let module = crate::jit::pipeline::tests::module(program);
                let checked = check_agreement(&module, &options).unwrap_or_else(|e| panic!("{options:?}: {e}"));
                assert_eq!(checked, module.bodies.len() as u64);
            }
        }
    }
}

/// Optimized with all registers, and unoptimized with few registers and poison.
#[test]
fn so_does_the_code_of_the_suite() {
    let highest = aarch64::TARGET.all_levels().next_back();
    let best = Config { cpu: highest, ..Config::default() };
    let few = Config {
        opt: OptLevel::O0,
        registers: Some(5),
        poison: true,
        verify: true,
        short_reach: true,
        cpu: Some(aarch64::V8),
        ..Config::default()
    };
    let canonical = Config { nan: NanProfile::Canonical, ..best.clone() };
    for options in [best, few, canonical] {
        let mut checked = 0;
        suite_modules(|file, module| {
            checked += check_agreement(module, &options).unwrap_or_else(|e| panic!("{file}, {options:?}: {e}"))
        });
        assert!(checked > 15_000, "only {checked} functions with {options:?}");
    }
}

/// A function's code, with the stages that it was made from.
pub(super) struct Emitted {
    vcode: Lowered<A64>,
    output: regalloc2::Output,
    pub code: FunctionCode,
}

impl Emitted {
    /// Returns the error that the check finds.
    fn lie(&self) -> String {
        check::<A64>(&self.vcode, &self.output, &self.code).unwrap_err().to_string()
    }

    /// Returns the number of the first instruction that satisfies `is`.
    fn find(&self, is: impl Fn(&Inst) -> bool) -> usize {
        self.vcode.insts.iter().position(|record| is(&record.inst)).unwrap()
    }

    fn row(&self, op: Op) -> usize {
        self.find(|inst| matches!(inst, Inst::Row(row) if row.op == op))
    }

    /// The locations of an instruction's operands.
    fn allocs(&mut self, inst: usize) -> &mut [Allocation] {
        let first = self.output.inst_alloc_offsets[inst] as usize;
        &mut self.output.allocs[first..]
    }

    /// Replaces the first instruction of a stretch of code.
    fn patch(&mut self, origin: Origin, word: impl Fn(u32) -> u32) {
        let at = self.code.spans.iter().find(|span| span.1 == origin).unwrap().0 as usize;
        let old = u32::from_le_bytes(self.code.bytes[at..at + 4].try_into().unwrap());
        self.code.bytes[at..at + 4].copy_from_slice(&word(old).to_le_bytes());
    }
}

/// Returns a function's code, which agrees with what it was made from.
pub(super) fn emitted_with(text: &str, body: u32, options: &Config) -> Emitted {
    let module = crate::jit::pipeline::tests::module(text);
    let mut generator = GeneratorOf::<A64>::new(options, 0, DirectCalls::of(options)).unwrap();
    let function = build(&module, BodyIndex(body), options).unwrap();
    let vcode = generator.lower(&function).unwrap();
    let output = generator.allocator.run::<A64>(&vcode).unwrap().clone();
    let code = emit::emit::<A64>(&vcode, &output, &generator.abi, options, &DirectCalls::of(options), true).unwrap();
    check::<A64>(&vcode, &output, &code).unwrap();
    Emitted { vcode, output, code }
}

fn emitted(text: &str, body: u32) -> Emitted {
    emitted_with(text, body, &Config { cpu: Some(aarch64::V8), ..Config::default() })
}

const SUM: &str = "(module (func (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1))))";

/// The tests above can fail.
#[test]
fn lies_about_operands_are_found() {
    let other = Allocation::reg(PReg::new(25, RegClass::Int));
    for (operand, error) in [(0, "neither defined nor overwritten"), (1, "which is not an operand")] {
        let mut sum = emitted(SUM, 0);
        let add = sum.row(Op::Add);
        sum.allocs(add)[operand] = other;
        assert!(sum.lie().contains(error), "{}", sum.lie());
    }
    let mut sum = emitted(SUM, 0);
    sum.vcode.widths.fill(32);
    assert!(sum.lie().contains("reads 64 bits of") && sum.lie().contains("which holds 32"), "{}", sum.lie());
}

/// The sum of two numbers with zero upper halves is read as 64 bits. A 64-bit addition would read no more than is known
/// of the two, but would not clear the upper half.
#[test]
fn a_wider_operation_that_clears_nothing_is_found() {
    let mut sum = emitted(
        "(module (func (param i32 i32) (result i64) \
           (i64.extend_i32_u (i32.add (i32.clz (local.get 0)) (i32.clz (local.get 1))))))",
        0,
    );
    let add = sum.row(Op::Add);
    sum.patch(Origin::Inst(add as u32), |word| word | 1 << 31);
    assert!(sum.lie().contains("nothing clears the upper ones"), "{}", sum.lie());
}

/// The real effects of instructions are read from the code.
#[test]
fn other_code_is_found() {
    for (word, error) in [
        // cmp x1, x2; crc32b w1, w2, w0; nothing
        (0xeb02_003f, "nothing writes"),
        (0x1ac0_4041, "is not known"),
        (0xffff_ffff, "no instruction at"),
    ] {
        let mut sum = emitted(SUM, 0);
        let add = sum.row(Op::Add);
        sum.patch(Origin::Inst(add as u32), |_| word);
        assert!(sum.lie().contains(error), "{}", sum.lie());
    }
}

/// The same width, read in different ways.
#[test]
fn only_the_bits_that_are_read_must_be_there() {
    let text = "(module (func (param i32 i64) (result i64) (i64.add (local.get 1) (i64.extend_i32_s (local.get 0)))))";
    let mut sum = emitted(text, 0);
    let add = sum.row(Op::AddExtended);
    // From `sxtw` to `sxtx`.
    sum.patch(Origin::Inst(add as u32), |old| old | 1 << 13);
    assert!(sum.lie().contains("which holds 32"), "{}", sum.lie());
    let text = "(module (func (param i32) (result i64) (i64.extend_i32_s (local.get 0))))";
    let mut sign = emitted(text, 0);
    let sxtw = sign.row(Op::Sxtw);
    // One bit more.
    sign.patch(Origin::Inst(sxtw as u32), |old| old + (1 << 10));
    assert!(sign.lie().contains("reads 33 bits of"), "{}", sign.lie());
}

#[test]
fn a_call_that_preserves_registers_is_a_lie() {
    let mut caller = emitted("(module (func) (func (param i32) (result i32) (call 0) (local.get 0)))", 1);
    caller.vcode.clobbers.fill(PRegSet::empty());
    assert!(caller.lie().contains("which is not declared"), "{}", caller.lie());
}

/// Both without and with a cycle, which uses a scratch register.
#[test]
fn arguments_that_do_not_arrive_are_found() {
    for order in ["(local.get 2) (local.get 0) (local.get 1)", "(local.get 0) (local.get 1) (local.get 2)"] {
        let text = format!("(module (memory 1) (func (param i32 i32 i32) (memory.copy {order})))");
        let mut copy = emitted(&text, 0);
        let libcall = copy.find(|inst| matches!(inst, Inst::Common(Common::Libcall { .. })));
        let allocs = copy.allocs(libcall);
        assert!(allocs[0].is_reg() && allocs[1].is_reg());
        allocs.swap(0, 1);
        assert!(copy.lie().contains("does not reach"), "{}", copy.lie());
    }
}

#[test]
fn flags_that_nothing_set_are_found() {
    let text = "(module (func (param i32 i32 i32) (result i32) \
        (select (local.get 0) (local.get 2) (i32.lt_s (local.get 0) (local.get 1)))))";
    let mut select = emitted(text, 0);
    let cmp = select.row(Op::Cmp) as u32;
    // From `subs` to `sub`.
    select.patch(Origin::Inst(cmp), |old| old & !(1 << 29));
    assert!(select.lie().contains("reads flags that nothing before it set"), "{}", select.lie());
}

/// Each check on its own, with invented instructions.
#[test]
fn checks_by_themselves() {
    use crate::jit::isa::agreement::tests;
    let any: &dyn Fn() -> yaxpeax_arm::armv8::a64::Instruction = &|| decode(0xd503_201f).expect("an instruction");
    tests::flags_last_until_something_else_comes::<A64>(any);
    tests::a_move_reads_one_place_and_writes_the_other::<A64>(any);
    tests::two_moves_have_their_registers_in_order::<A64>(any);
    tests::arguments_arrive_before_the_call::<A64>(any);
}

/// A call that may throw ends its block, so it moves its results from registers to their places itself.
#[test]
fn results_of_calls_that_throw_are_read_after_them() {
    let callee = "(func (result f64 i32 f32) (f64.const 1.5) (i32.const 7) (f32.const 2.5))";
    let caller = "(func (result f64 i32 f32) (block (return (try_table (result f64 i32 f32) (catch_all 0) (call 0)))) \
        (f64.const 0) (i32.const 0) (f32.const 0))";
    let caller = emitted(&format!("(module {callee} {caller})"), 1);
    assert!(caller.code.calls.iter().any(|call| !call.handlers.is_empty()));
}

/// Jump tables lie within the code, and the code after them is checked.
#[test]
fn code_after_a_jump_table_is_read() {
    let text = "(module (func (param i32 i64) (result i64) (block (block (block (br_table 0 1 2 (local.get 0)))\
        (return (i64.const 5))) (return (i64.const 6))) (i64.add (local.get 1) (local.get 1))))";
    let mut jumps = emitted(text, 0);
    let table = jumps.code.spans.iter().position(|span| span.1 == Origin::Data).unwrap();
    let add = Origin::Inst(jumps.row(Op::Add) as u32);
    assert!(jumps.code.spans[table..].iter().any(|span| span.1 == add));
    jumps.patch(add, |_| 0x1ac0_4041);
    assert!(jumps.lie().contains("is not known"), "{}", jumps.lie());
}

/// So many values at once that some slots are farther from the stack pointer than an instruction reaches.
fn far_slots() -> Emitted {
    let values = 4300;
    let mut body = String::new();
    for n in 1..values {
        body += &format!("(local.set {n} (i64.mul (local.get {}) (local.get 0)))", n - 1);
    }
    body += "(local.get 0)";
    for n in 1..values {
        body += &format!("(local.get {n}) i64.xor");
    }
    let locals = "i64 ".repeat(values - 1);
    let text = format!("(module (func (param i64) (result i64) (local {locals}) {body}))");
    emitted_with(&text, 0, &Config { opt: OptLevel::O0, cpu: Some(aarch64::V8), ..Config::default() })
}

#[test]
fn moves_that_are_none_are_found() {
    let mut far = far_slots();
    let mut lengths = far.code.spans.windows(2).filter(|pair| matches!(pair[0].1, Origin::Edit(_)));
    let long = lengths.find(|pair| pair[1].0 - pair[0].0 > 4).expect("a slot far away")[0].1;
    let address = |far: &mut Emitted, word: u32| far.patch(long, |_| word);
    // mov w17, #1 is as good as the address; mov w16, #1; mov w17, w0; cmp w17, #1; add w17, w17, w17
    for (word, error) in [
        (0x5280_0031, None),
        (0x5280_0030, Some("instructions")),
        (0x2a00_03f1, Some("instructions")),
        (0x7100_063f, Some("instructions")),
        (0x0b11_0231, Some("instructions")),
    ] {
        address(&mut far, word);
        let checked = check::<A64>(&far.vcode, &far.output, &far.code).map_err(|e| e.to_string());
        match error {
            None => checked.unwrap(),
            Some(error) => assert!(checked.unwrap_err().contains(error)),
        }
    }
    let mut far = far_slots();
    let spans = far.code.spans.windows(2);
    let short = spans.filter(|pair| pair[1].0 - pair[0].0 == 4).map(|pair| pair[0].1);
    let short = short.into_iter().find(|origin| matches!(origin, Origin::Edit(_))).unwrap();
    // From x0 to x1; also with flags.
    for (word, error) in [(0xaa00_03e1, "is not a move from"), (0x2b00_0000, "changes flags")] {
        far.patch(short, |_| word);
        assert!(far.lie().contains(error), "{}", far.lie());
    }
}

#[test]
fn pairs_of_moves_that_are_none_are_found() {
    const OVER_A_CALL: &str = "(module (func $f) (func (param i64 i64) (result i64) \
        (call $f) (i64.add (local.get 0) (local.get 1))))";
    let pairs = |code: &FunctionCode| -> Vec<Origin> {
        code.spans.iter().map(|span| span.1).filter(|origin| matches!(origin, Origin::EditPair(..))).collect()
    };
    // The order of the registers, one of them, and whether it is a load or a store.
    let changes: [fn(u32) -> u32; 3] =
        [|word| word & !0x7c1f | word >> 10 & 0x1f | (word & 0x1f) << 10, |word| word ^ 4, |word| word ^ 1 << 22];
    for change in changes {
        for place in 0..2 {
            let mut emitted = emitted(OVER_A_CALL, 1);
            let pair = pairs(&emitted.code)[place];
            emitted.patch(pair, change);
            assert!(emitted.lie().contains("does not move from"), "{}", emitted.lie());
        }
    }
    // stp x2, x1, [sp, #8] as a comparison
    let mut emitted = emitted(OVER_A_CALL, 1);
    let pair = pairs(&emitted.code)[0];
    emitted.patch(pair, |_| 0xeb02_003f);
    assert!(emitted.lie().contains("does not move from"), "{}", emitted.lie());
}

/// The second of two comparisons holds a constant that fits in five bits, or whose opposite does, as an immediate; any
/// other constant is in a register.
#[test]
fn second_comparisons_have_the_constants_that_fit() {
    for ty in ["i32", "i64"] {
        for constant in [-100, -33, -32, -31, -30, -1, 1, 30, 31, 32, 33, 100] {
            let text = format!(
                "(module (func (param i32 i32 {ty}) (result i32) \
                   (if (result i32) (i32.and (i32.lt_s (local.get 0) (local.get 1)) \
                     ({ty}.lt_s (local.get 2) ({ty}.const {constant}))) (then (i32.const 7)) (else (i32.const 9)))))"
            );
            let both = emitted(&text, 0);
            let second = |record: &Record<Inst>| match record.inst {
                Inst::Row(Row { op: op @ (Op::Ccmp | Op::CcmpImm | Op::CcmnImm), imm, .. }) => Some((op, imm)),
                _ => None,
            };
            let found: Vec<_> = both.vcode.insts.iter().filter_map(second).collect();
            let [(op, imm)] = found[..] else { panic!("{found:?} for {constant}") };
            let held = if let Imm::CondFlagsConst(_, _, held) = imm { Some(i32::from(held)) } else { None };
            let expected = match constant {
                0..32 => (Op::CcmpImm, Some(constant)),
                -31..0 => (Op::CcmnImm, Some(-constant)),
                _ => (Op::Ccmp, None),
            };
            assert_eq!((op, held), expected, "{ty} {constant}");
        }
    }
}

/// The numbers of the copies of 32-bit values.
fn narrow_copies(nest: &Emitted) -> Vec<usize> {
    let is_narrow = |copy: usize| nest.vcode.widths[nest.vcode.operands_of(copy)[0].vreg().vreg()] == 32;
    (0..nest.vcode.insts.len())
        .filter(|&i| matches!(nest.vcode.insts[i].inst, Inst::Common(Common::Copy)) && is_narrow(i))
        .collect()
}

/// In a function with calls, a loop without calls gets copies of its invariant values: they copy whole registers,
/// whatever the width of the value.
#[test]
fn a_copy_is_of_the_whole_register() {
    let text = "(module (func $f) (func (param i32) (result i32) (local i32) (call $f) \
        (local.set 1 (i32.mul (local.get 0) (i32.const 3))) \
        (loop (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if 0 (i32.lt_s (local.get 1) (i32.const 99)))) \
        (call $f) (i32.add (local.get 0) (local.get 1))))";
    let nest = emitted(text, 1);
    let moved = |&copy: &usize| {
        let [from, to] = nest.output.inst_allocs(regalloc2::Inst::new(copy)) else { panic!("two operands") };
        from.is_reg() && from != to
    };
    assert!(narrow_copies(&nest).iter().any(moved));
    check::<A64>(&nest.vcode, &nest.output, &nest.code).unwrap();
}

/// The same loop, with a copy that is declared to have more bits than its original.
#[test]
fn a_copy_knows_no_more_than_its_original() {
    let text = "(module (func $f) (func (param i32) (result i32) (local i32) (call $f) \
        (loop (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if 0 (i32.lt_s (local.get 1) (i32.const 99)))) \
        (call $f) (i32.add (local.get 0) (local.get 1))))";
    let mut nest = emitted(text, 1);
    let copies = narrow_copies(&nest);
    let copy = nest.vcode.operands_of(copies[0])[1].vreg();
    nest.vcode.widths[copy.vreg()] = 64;
    assert!(nest.lie().contains("a copy has 64 bits of a value of 32"), "{}", nest.lie());
}

/// With references of short reach, jumps within functions and calls between them go through veneers; code compiled
/// otherwise has none.
#[test]
fn little_reach_makes_veneers() {
    use crate::config::{Mode, Tier};
    let one = "(if (local.get 0) (then (call 0 (i32.add (local.get 0) (i32.const 1)))))";
    let text = format!("(module {})", format!("(func (param i32) {})", one.repeat(40)).repeat(40));
    let module = crate::jit::pipeline::tests::module(&text);
    let compile = |short_reach| {
        let options = Config { cpu: Some(aarch64::V8), short_reach, mode: Mode::All(Tier::Jit), ..Config::default() };
        crate::jit::pipeline::compile(&module, &options).unwrap().code
    };
    let count = |code: &[u8], wanted: fn(u32) -> bool| {
        code.chunks_exact(4).filter(|word| wanted(u32::from_le_bytes((*word).try_into().unwrap()))).count()
    };
    let (far, near) = (compile(false), compile(true));
    // br x16, for a jump to another function far away; and any `b`.
    let br = |word: u32| word == 0xd61f_0200;
    let b = |word: u32| word >> 26 == 5;
    assert_eq!(count(&far, br), 0);
    assert!(count(&near, br) > 20, "{}", count(&near, br));
    // Each function has at least one jump of an island and one around the island.
    assert!(count(&near, b) >= count(&far, b) + 2 * 40, "{} and {}", count(&near, b), count(&far, b));
}

/// A back edge whose branch does not reach its loop goes through a jump that does. If no island comes first, that jump is
/// the last instruction.
#[test]
fn a_branch_back_that_is_too_long_ends_in_a_veneer() {
    for (stores, short_reach, veneer) in [(40, true, false), (300, true, true), (300, false, false)] {
        let body: String =
            (0..stores).map(|n| format!("(i32.store offset={} (local.get 0) (i32.const 0))", 4 * n)).collect();
        let text = format!("(module (memory 1) (func (param i32) (loop {body} (br_if 0 (local.get 0)))))");
        let options = Config { opt: OptLevel::O0, short_reach, cpu: Some(aarch64::V8), ..Config::default() };
        let code = emitted_with(&text, 0, &options).code;
        let words: Vec<u32> = code.bytes[..code.code_end as usize]
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        // cbnz, with a 19-bit distance from bit 5 on.
        let at = words.iter().rposition(|word| word & 0x7f00_0000 == 0x3500_0000).expect("the branch back");
        let to = at as i64 + i64::from((words[at] << 8) as i32 >> 13);
        if !veneer {
            assert!(to < at as i64 - stores, "{stores} stores: from {at} to {to}");
            continue;
        }
        assert_eq!(to, words.len() as i64 - 1, "{stores} stores: from {at}");
        // b, with a 26-bit distance.
        let jump = words[words.len() - 1];
        assert_eq!(jump >> 26, 5, "{jump:#x}");
        let to = to + i64::from((jump << 6) as i32 >> 6);
        assert!(to < at as i64 - stores, "{stores} stores: from {at} to {to}");
    }
}

/// The stack check ignores small frames, for one of which the limit leaves room, and counts larger ones in full. A
/// function without calls and loops only has a check if its frame is not small.
#[test]
fn the_stack_check_counts_frames_that_are_not_small() {
    const SMALL: u32 = 1024;
    let mut seen = std::collections::BTreeSet::new();
    let mut check = |text: &str, body: u32, calls: bool| {
        let code = emitted(text, body).code.bytes;
        let words = || code.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
        // sub sp, sp, #n, in addition to the 16 bytes that were pushed; sub x30, sp, #n
        let taken = |from: u32| words().filter(move |word| word & 0xffc0_03ff == from).map(|word| word >> 10 & 0xfff);
        let frame = 16 + taken(0xd100_03ff).next().unwrap_or(0);
        let counted: Vec<u32> = taken(0xd100_03fe).collect();
        assert_eq!(counted, if frame > SMALL { vec![frame] } else { vec![] }, "a frame of {frame} bytes");
        // cmp sp, x17; cmp x30, x17
        let compare = if frame > SMALL { 0xeb11_03df } else { 0xeb31_63ff };
        let checks = words().filter(|&word| word == compare).count();
        assert_eq!(checks, usize::from(calls || frame > SMALL), "a frame of {frame} bytes");
        seen.insert((frame, calls));
    };
    for (text, body, calls) in functions_with_frames((2..12).chain(118..150), 130..185) {
        check(&text, body, calls);
    }
    for frame in [SMALL, SMALL + 16] {
        assert!(seen.contains(&(frame, true)) && seen.contains(&(frame, false)), "{seen:?}");
    }
}

/// The undefined upper bits of 32-bit values in the allocator's registers are garbage, wherever the values come from.
#[test]
fn what_comes_from_outside_is_poisoned_before_it_is_read() {
    lower::tests::what_comes_from_outside_is_poisoned_before_it_is_read::<A64>();
}

/// Whichever of them are out of bounds, the first of these traps.
#[test]
fn loads_that_may_trap_keep_their_order() {
    lower::tests::loads_that_may_trap_keep_their_order::<A64>();
}
