//! The choice of the allocator, and the option that turns on the checkers.

use super::{
    Allocator, FEW_VREGS, MOST_INSTS, MOST_LIVE, MOST_WORK, Misallocation, algorithm, check, is_crowded,
    work_of_fast_allocator,
};
use crate::config::AllocatorKind;
use crate::jit::isa::common::Common;
use crate::jit::isa::vcode::{BlockRecord, Flow, Record, VCode};
use crate::jit::isa::x86_64::X64 as AnyIsa;
use crate::jit::isa::{Isa, Lowered, int_reg};
use crate::runtime::abi::AbiConfig;
use crate::runtime::compile_error::CompileError;
use regalloc2::{Algorithm, Allocation, Block, Operand, Output, RegClass, SpillSlot, VReg};

/// Returns a function of one block with these virtual registers, whose instructions have these operands; the last
/// instruction ends the block.
fn function(vregs: usize, insts: &[&[Operand]]) -> Lowered<AnyIsa> {
    let mut vcode: Lowered<AnyIsa> = VCode {
        blocks: vec![BlockRecord { insts: 0..insts.len() as u32, ..BlockRecord::default() }],
        order: vec![Block::new(0)],
        widths: vec![64; vregs],
        ..VCode::empty()
    };
    for (n, operands) in insts.iter().enumerate() {
        vcode.insts.push(Record {
            inst: Common::Args.into(),
            flow: if n + 1 == insts.len() { Flow::End } else { Flow::Next },
            clobbers: 0,
            num_operands: operands.len() as u16,
            first_operand: vcode.operands.len() as u32,
            offset: 0,
        });
        vcode.operands.extend_from_slice(operands);
    }
    vcode
}

fn int(n: usize) -> VReg {
    VReg::new(n, RegClass::Int)
}

/// Values that are live from the first of the instructions to the last count with that distance, wherever else they are
/// mentioned; a function is crowded as soon as it exceeds the limit by one.
#[test]
fn a_function_is_crowded_by_the_lengths_of_its_live_ranges() {
    let distance = 12_500;
    let values = MOST_LIVE as usize / distance;
    assert!(values < FEW_VREGS && values * distance == MOST_LIVE as usize);
    let mentions = |values: std::ops::Range<usize>| values.map(|n| Operand::any_use(int(n))).collect::<Vec<_>>();
    let all = mentions(0..values);
    // One more value, which lives for one instruction.
    let one = mentions(values..values + 1);
    let (some, few) = (mentions(0..values / 2), mentions(values / 3..values));
    let with = |more: bool, middle: &[(usize, &[Operand])], vregs| {
        let mut insts: Vec<&[Operand]> = vec![&[]; distance + 3];
        insts[0] = &all;
        insts[distance] = &all;
        middle.iter().for_each(|&(at, operands)| insts[at] = operands);
        if more {
            insts[distance + 1] = &one;
            insts[distance + 2] = &one;
        }
        is_crowded::<AnyIsa>(&function(vregs, &insts))
    };
    let middles: [&[(usize, &[Operand])]; 3] =
        [&[], &[(distance / 2, &all)], &[(1, &some), (100, &few), (distance - 1, &some)]];
    for middle in middles {
        assert!(!with(false, middle, FEW_VREGS));
        assert!(with(true, middle, FEW_VREGS));
        // Functions with few values are not examined.
        assert!(!with(true, middle, FEW_VREGS - 1));
    }
}

/// Block parameters are mentioned where the block begins, arguments of edges where it ends.
#[test]
fn edges_mention_values() {
    let distance = 12_500;
    let values = MOST_LIVE as usize / distance;
    let crowded = |instructions: usize| {
        let mut vcode = function(FEW_VREGS, &vec![&[][..]; instructions]);
        vcode.blocks[0].params = (0..values).map(int).collect();
        vcode.blocks[0].args.push((0..values).map(int).collect());
        is_crowded::<AnyIsa>(&vcode)
    };
    assert!(!crowded(distance) && crowded(distance + 1));
}

#[test]
fn a_function_is_crowded_by_the_number_of_its_instructions() {
    let long = |instructions: usize, vregs| is_crowded::<AnyIsa>(&function(vregs, &vec![&[][..]; instructions]));
    assert!(!long(MOST_INSTS, FEW_VREGS) && long(MOST_INSTS + 1, FEW_VREGS));
    assert!(!long(MOST_INSTS + 1, FEW_VREGS - 1));
}

/// A value that lives across blocks counts in each of them, from the first that mentions it to the last: once for the
/// block and once for each edge to it.
#[test]
fn work_is_that_of_values_across_blocks() {
    // The blocks have no edge, one, two, and one.
    let work = |uses: [&[usize]; 4], passed: &[usize], params: &[usize]| {
        let operands = uses.map(|values| values.iter().map(|&n| Operand::any_use(int(n))).collect::<Vec<_>>());
        let insts = operands.each_ref().map(|operands| &operands[..]);
        let vregs = |values: &[usize]| values.iter().map(|&n| int(n)).collect::<Vec<_>>();
        let mut vcode = function(2, &insts);
        vcode.blocks = (0..4).map(|n| BlockRecord { insts: n..n + 1, ..BlockRecord::default() }).collect();
        for (from, to) in [(0, 1), (0, 2), (1, 2), (2, 3)] {
            vcode.blocks[from].succs.push(Block::new(to));
            vcode.blocks[from].args.push(if from == 1 { vregs(passed) } else { Vec::new() });
            vcode.blocks[to].preds.push(Block::new(from));
        }
        vcode.blocks[2].params = vregs(params);
        work_of_fast_allocator(&vcode)
    };
    for (uses, passed, params, expected) in [
        ([&[][..], &[], &[], &[]], &[][..], &[][..], 0),
        ([&[0, 0], &[], &[1, 1], &[]], &[], &[], 0),
        ([&[0], &[0], &[], &[]], &[], &[], 1 + 2),
        ([&[], &[0], &[0], &[]], &[], &[], 2 + 3),
        ([&[], &[], &[0], &[0]], &[], &[], 3 + 2),
        ([&[0], &[], &[], &[0]], &[], &[], 1 + 2 + 3 + 2),
        ([&[0], &[0, 1], &[1], &[0]], &[], &[], 1 + 2 + 3 + 2 + 2 + 3),
        // An argument is mentioned where the edge starts, a parameter where it ends.
        ([&[0], &[], &[], &[]], &[0], &[], 1 + 2),
        ([&[], &[], &[], &[0]], &[], &[0], 3 + 2),
        ([&[], &[], &[], &[]], &[0], &[1], 0),
    ] {
        assert_eq!(work(uses, passed, params), expected, "{uses:?} {passed:?} {params:?}");
    }
}

/// A function that would take the fast allocator too long is refused, but only if the fast allocator is the one to be used.
#[test]
fn the_fast_allocator_alone_has_too_much_to_do() {
    // A chain of blocks with values that are live in all of them.
    let chain = |values: usize, blocks: usize| {
        let all: Vec<Operand> = (0..values).map(|n| Operand::any_use(int(n))).collect();
        let mut insts: Vec<&[Operand]> = vec![&[]; blocks];
        insts[0] = &all;
        insts[blocks - 1] = &all;
        let mut vcode = function(values, &insts);
        vcode.blocks = (0..blocks as u32).map(|n| BlockRecord { insts: n..n + 1, ..BlockRecord::default() }).collect();
        for to in 1..blocks {
            vcode.blocks[to - 1].succs.push(Block::new(to));
            vcode.blocks[to - 1].args.push(Vec::new());
            vcode.blocks[to].preds.push(Block::new(to - 1));
        }
        vcode
    };
    let few = FEW_VREGS - 1;
    // Each value counts for each block, and for each edge.
    let blocks = (MOST_WORK as usize / few).div_ceil(2);
    let (enough, many, crowded) = (chain(few, blocks), chain(few, blocks + 1), chain(few + 1, blocks + 1));
    let (fast, good, backtracking) = (AllocatorKind::Fast, AllocatorKind::Good, AllocatorKind::Backtracking);
    for (vcode, kind, expected) in [
        (&enough, fast, "fast"),
        (&enough, good, "fast"),
        (&enough, backtracking, "backtracking"),
        (&many, fast, "none"),
        (&many, good, "none"),
        (&many, backtracking, "backtracking"),
        (&crowded, backtracking, "none"),
    ] {
        let taken = match algorithm::<AnyIsa>(kind, vcode) {
            Ok(Algorithm::Ion) => "backtracking",
            Ok(Algorithm::Fastalloc) => "fast",
            Err(CompileError::Limit(_)) => "none",
            Err(e) => panic!("{e}"),
        };
        assert_eq!(taken, expected, "{kind:?}, {} blocks, {} values", vcode.blocks.len(), vcode.widths.len());
    }
}

/// If an allocation has several faults, the one reported is that of the first check: places of single operands, then
/// slots, then the values in them.
#[test]
fn the_first_check_that_fails_is_reported() {
    let vcode = function(1, &[&[Operand::reg_fixed_def(int(0), int_reg(0))], &[Operand::any_use(int(0))]]);
    let abi = AbiConfig { cpu: AnyIsa::TARGET.abi, registers: None };
    let allocator = Allocator::new::<AnyIsa>(&abi, AllocatorKind::Good, false);
    let reg = |n| Allocation::reg(int_reg(n));
    let slot = Allocation::stack(SpillSlot::new(0));
    // Where the value is written and read, and the number of slots.
    for (places, slots, expected) in [
        ([reg(0), reg(0)], 0, "nothing"),
        ([reg(1), reg(1)], 0, "places"),
        ([reg(0), slot], 0, "slots"),
        ([reg(0), slot], 1, "values"),
        ([reg(0), reg(1)], 0, "values"),
        ([reg(1), slot], 0, "places"),
        ([reg(1), slot], 1, "places"),
    ] {
        let allocs = places.to_vec();
        let output = Output { allocs, inst_alloc_offsets: vec![0, 1], num_spillslots: slots, ..Output::default() };
        let found = match check(&vcode, &allocator.env, &output) {
            Ok(()) => "nothing",
            Err(Misallocation::Places(_)) => "places",
            Err(Misallocation::Slots(_)) => "slots",
            Err(Misallocation::Values(_)) => "values",
        };
        assert_eq!(found, expected, "{places:?}, {slots} slots");
    }
}

/// Nothing can satisfy an instruction that requires two values in one register: the checkers report it if they are turned on.
#[test]
fn allocations_are_checked_on_request() {
    let abi = AbiConfig { cpu: AnyIsa::TARGET.abi, registers: None };
    let defined = [Operand::reg_fixed_def(int(0), int_reg(0)), Operand::reg_fixed_def(int(1), int_reg(1))];
    let wanted = |second| [Operand::reg_fixed_use(int(0), int_reg(0)), Operand::reg_fixed_use(int(1), int_reg(second))];
    let run = |verify, second| {
        let vcode = function(2, &[&defined, &wanted(second)]);
        let mut allocator = Allocator::new::<AnyIsa>(&abi, AllocatorKind::Good, verify);
        allocator.run::<AnyIsa>(&vcode).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!((run(true, 1), run(false, 1), run(false, 0)), (Ok(()), Ok(()), Ok(())));
    let error = run(true, 0).unwrap_err();
    assert!(error.contains("allocation checker"), "{error}");
}
