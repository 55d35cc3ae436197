//! Runs the check of [`super::agreement`] on everything that can be compiled here, and checks that it can fail.

use super::X64;
use super::agreement::check;
use super::inst::Inst;
use crate::config::{Config, NanProfile, OptLevel};
use crate::jit::backend::GeneratorOf;
use crate::jit::code::{DirectCalls, FunctionCode};
use crate::jit::emit;
use crate::jit::isa::Lowered;
use crate::jit::isa::common::Common;
use crate::jit::isa::lower;
use crate::jit::isa::lower::tests::functions_with_frames;
use crate::jit::pipeline::{build, check_agreement};
use crate::module::BodyIndex;
use crate::module::scripts::suite_modules;
use crate::target::x86_64;

#[test]
fn code_reads_and_writes_what_the_allocator_was_told() {
    for options in crate::jit::pipeline::tests::options() {
        for program in crate::jit::pipeline::tests::PROGRAMS {
            let module = crate::jit::pipeline::tests::module(program);
            let checked = check_agreement(&module, &options).unwrap();
            assert_eq!(checked, module.bodies.len() as u64);
        }
    }
}

/// Optimized with all registers, and unoptimized with few registers and poison.
#[test]
fn so_does_the_code_of_the_suite() {
    let few =
        Config { opt: OptLevel::O0, registers: Some(5), poison: true, cpu: Some(x86_64::SSE41), ..Config::default() };
    let canonical = Config { nan: NanProfile::Canonical, ..Config::default() };
    for options in [Config::default(), few, canonical] {
        let mut checked = 0;
        suite_modules(|file, module| {
            checked += check_agreement(module, &options).unwrap_or_else(|e| panic!("{file}, {options:?}: {e}"))
        });
        assert!(checked > 15_000, "only {checked} functions with {options:?}");
    }
}

/// A function's code, with the stages that it was made from.
fn emitted(text: &str, body: u32) -> (Lowered<X64>, regalloc2::Output, FunctionCode) {
    let module = crate::jit::pipeline::tests::module(text);
    let options = Config::default();
    let mut generator = GeneratorOf::<X64>::new(&options, 0, DirectCalls::of(&options)).unwrap();
    let function = build(&module, BodyIndex(body), &options).unwrap();
    let vcode = generator.lower(&function).unwrap();
    let output = generator.allocator.run::<X64>(&vcode).unwrap().clone();
    let code = emit::emit::<X64>(&vcode, &output, &generator.abi, &options, &DirectCalls::of(&options), true).unwrap();
    check::<X64>(&vcode, &output, &code).unwrap();
    (vcode, output, code)
}

/// The test above can fail.
#[test]
fn lies_are_found() {
    let (mut vcode, output, code) = emitted(
        "(module (func (param i64 i64) (result i64) (i64.div_u (i64.xor (local.get 0) (local.get 1)) (local.get 1))))",
        0,
    );
    // A division that does not declare the registers that it overwrites, except for its result.
    let clobbers = std::mem::replace(&mut vcode.clobbers, vec![regalloc2::PRegSet::empty(); 16]);
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("neither defined nor overwritten"), "{lie}");
    vcode.clobbers = clobbers;
    // Operands that are declared as 32 bits wide.
    vcode.widths.fill(32);
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("which holds 32"), "{lie}");
}

/// An instruction that keeps a part of its destination reads it. Unless something clears the register first, the
/// instruction waits for whatever wrote it last.
#[test]
fn a_rounding_waits_for_nothing() {
    let (vcode, output, mut code) = emitted("(module (func (param f64) (result f64) (f64.ceil (local.get 0))))", 0);
    let opcode = [0x0f, 0x3a, 0x0b];
    let at = code.bytes.windows(3).position(|bytes| bytes == opcode).expect("roundsd") + opcode.len();
    // Into and from xmm7, which nothing has written.
    for changed in [code.bytes[at] | 7 << 3, code.bytes[at] | 7] {
        let right = std::mem::replace(&mut code.bytes[at], changed);
        let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
        assert!(lie.contains("roundsd") && lie.contains("which is not an operand"), "{lie}");
        code.bytes[at] = right;
    }
}

/// A 32-bit integer that is read as 64 bits must be defined with zero upper bits, wherever it comes from.
#[test]
fn what_is_not_extended_is_found() {
    let (mut vcode, output, code) = emitted(
        "(module (func (param i64 i64) (result i64) \
           (i64.extend_i32_u (i32.clz (i32.wrap_i64 (i64.add (local.get 0) (local.get 1)))))))",
        0,
    );
    assert_eq!(vcode.extended.len(), 1, "the number of zeros");
    let extended = vcode.extended.clone();
    let defined = |vcode: &Lowered<X64>, wanted: fn(&Inst) -> bool| {
        let number = vcode.insts.iter().position(|record| wanted(&record.inst)).unwrap();
        let defs = vcode.operands_of(number).iter().filter(|operand| operand.kind() == regalloc2::OperandKind::Def);
        defs.map(|operand| operand.vreg()).collect::<Vec<_>>()
    };
    for others in [
        defined(&vcode, |inst| matches!(inst, Inst::Add { .. })),
        defined(&vcode, |inst| matches!(inst, Inst::Common(Common::Args))),
    ] {
        vcode.extended.extend(others);
        let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
        assert!(lie.contains("nothing clears the upper ones"), "{lie}");
        vcode.extended.clone_from(&extended);
    }
    check::<X64>(&vcode, &output, &code).unwrap();

    // Around a loop: the parameter, the sum passed around, and the value that enters, which is extended on the way in.
    let (mut vcode, output, code) = emitted(
        "(module (func (param i32) (result i64) (local i64) \
           (loop (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0)))) \
             (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 3))))) (local.get 1)))",
        0,
    );
    assert_eq!(vcode.extended.len(), 3);
    for _ in 0..3 {
        vcode.extended.rotate_left(1);
        let left_out = vcode.extended.pop().unwrap();
        let is_param = vcode.blocks.iter().any(|block| block.params.contains(&left_out));
        match (check::<X64>(&vcode, &output, &code), is_param) {
            // A reader does not declare the width that it reads.
            (Ok(()), true) => {}
            (Err(lie), false) => assert!(lie.to_string().contains("is passed to"), "{lie}"),
            (found, _) => panic!("{left_out}: {found:?}"),
        }
        vcode.extended.push(left_out);
    }
}

/// Each check on its own, with invented instructions.
#[test]
fn checks_by_themselves() {
    use crate::jit::isa::agreement::tests;
    let any: &dyn Fn() -> iced_x86::Instruction = &iced_x86::Instruction::default;
    tests::flags_last_until_something_else_comes::<X64>(any);
    tests::a_move_reads_one_place_and_writes_the_other::<X64>(any);
    tests::two_moves_have_their_registers_in_order::<X64>(any);
    tests::arguments_arrive_before_the_call::<X64>(any);
}

/// A call that may throw ends its block, so it moves its results from registers to their places itself.
#[test]
fn results_of_calls_that_throw_are_read_after_them() {
    let callee = "(func (result f64 i32 f32) (f64.const 1.5) (i32.const 7) (f32.const 2.5))";
    let caller = "(func (result f64 i32 f32) (block (return (try_table (result f64 i32 f32) (catch_all 0) (call 0)))) \
        (f64.const 0) (i32.const 0) (f32.const 0))";
    let (_, _, code) = emitted(&format!("(module {callee} {caller})"), 1);
    assert!(code.calls.iter().any(|call| !call.handlers.is_empty()));
}

#[test]
fn a_call_that_preserves_registers_is_a_lie() {
    let (mut vcode, output, code) =
        emitted("(module (func) (func (param i32) (result i32) (call 0) (local.get 0)))", 1);
    vcode.clobbers.fill(regalloc2::PRegSet::empty());
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("which is not declared"), "{lie}");
}

#[test]
fn arguments_that_do_not_arrive_are_found() {
    let (vcode, mut output, code) = emitted(
        "(module (memory 1) (func (param i32 i32 i32) (memory.copy (local.get 2) (local.get 0) (local.get 1))))",
        0,
    );
    let libcall =
        vcode.insts.iter().position(|record| matches!(record.inst, Inst::Common(Common::Libcall { .. }))).unwrap();
    let first = output.inst_alloc_offsets[libcall] as usize;
    assert!(output.allocs[first].is_reg() && output.allocs[first + 1].is_reg());
    output.allocs.swap(first, first + 1);
    let lie = check::<X64>(&vcode, &output, &code).unwrap_err().to_string();
    assert!(lie.contains("does not reach"), "{lie}");
}

/// The effects of instructions according to the manual: registers with the number of bits that are read, and registers
/// that are written. The numbers of float registers are 100 higher than those of integer ones.
#[test]
fn effects_are_those_of_the_manual() {
    use super::X64 as Cpu;
    use crate::jit::isa::agreement::FlagsWritten::{None as Kept, Useful, Useless};
    use crate::jit::isa::agreement::{Copied, FlagsWritten, Upper, Witness};
    use std::collections::BTreeSet;
    const RAX: usize = 0;
    const RCX: usize = 1;
    const RDX: usize = 2;
    const RBX: usize = 3;
    const RBP: usize = 5;
    const XMM: usize = 100;
    type Row = (&'static [u8], &'static str, &'static [(usize, usize)], &'static [usize], FlagsWritten);
    let rows: [Row; 28] = [
        (&[0x48, 0x01, 0xc8], "add rax,rcx", &[(RAX, 64), (RCX, 64)], &[RAX], Useful),
        (&[0x01, 0xc8], "add eax,ecx", &[(RAX, 32), (RCX, 32)], &[RAX], Useful),
        (&[0x48, 0x83, 0xc0, 0x01], "add rax,1", &[(RAX, 64)], &[RAX], Useful),
        (&[0x39, 0xc8], "cmp eax,ecx", &[(RAX, 32), (RCX, 32)], &[], Useful),
        (&[0x48, 0x85, 0xc0], "test rax,rax", &[(RAX, 64)], &[], Useful),
        (&[0x48, 0xd3, 0xe0], "shl rax,cl", &[(RAX, 64), (RCX, 8)], &[RAX], Useful),
        // The upper halves do not matter for a 32-bit sum.
        (&[0x48, 0x8d, 0x04, 0x0b], "lea rax,[rbx+rcx]", &[(RBX, 64), (RCX, 64)], &[RAX], Kept),
        (&[0x8d, 0x04, 0x0b], "lea eax,[rbx+rcx]", &[(RBX, 32), (RCX, 32)], &[RAX], Kept),
        (&[0x8b, 0x04, 0x0b], "mov eax,[rbx+rcx]", &[(RBX, 64), (RCX, 64)], &[RAX], Kept),
        (&[0x48, 0x89, 0x45, 0xf8], "mov [rbp-8],rax", &[(RAX, 64), (RBP, 64)], &[], Kept),
        (&[0x0f, 0xb6, 0xc1], "movzx eax,cl", &[(RCX, 8)], &[RAX], Kept),
        (&[0x48, 0x63, 0xc1], "movsxd rax,ecx", &[(RCX, 32)], &[RAX], Kept),
        // Only a constant in a register counts as one: a load does not, nor does a store.
        (&[0xb8, 5, 0, 0, 0], "mov eax,5", &[], &[RAX], Kept),
        (&[0x48, 0xc7, 0xc0, 5, 0, 0, 0], "mov rax,5", &[], &[RAX], Kept),
        (&[0x49, 0xbb, 1, 2, 3, 4, 5, 6, 7, 8], "mov r11,0x807060504030201", &[], &[11], Kept),
        (&[0xc7, 0x03, 5, 0, 0, 0], "mov dword [rbx],5", &[(RBX, 64)], &[], Kept),
        (&[0x48, 0x89, 0xc1], "mov rcx,rax", &[(RAX, 64)], &[RCX], Kept),
        (&[0x48, 0x91], "xchg rcx,rax", &[(RAX, 64), (RCX, 64)], &[RAX, RCX], Kept),
        (&[0x48, 0xf7, 0xf9], "idiv rcx", &[(RAX, 64), (RCX, 64), (RDX, 64)], &[RAX, RDX], Useful),
        // Zeros and ones, whatever the old contents.
        (&[0x31, 0xc0], "xor eax,eax", &[], &[RAX], Useless),
        (&[0x31, 0xc8], "xor eax,ecx", &[(RAX, 32), (RCX, 32)], &[RAX], Useful),
        (&[0x66, 0x0f, 0x76, 0xc0], "pcmpeqd xmm0,xmm0", &[], &[XMM], Kept),
        (&[0x66, 0x0f, 0x76, 0xc1], "pcmpeqd xmm0,xmm1", &[(XMM, 128), (XMM + 1, 128)], &[XMM], Kept),
        (&[0x66, 0x0f, 0x74, 0xc0], "pcmpeqb xmm0,xmm0", &[(XMM, 128)], &[XMM], Kept),
        (&[0xc5, 0xf9, 0x76, 0xc2], "vpcmpeqd xmm0,xmm0,xmm2", &[(XMM, 128), (XMM + 2, 128)], &[XMM], Kept),
        (&[0xc5, 0xf1, 0x76, 0xc2], "vpcmpeqd xmm0,xmm1,xmm2", &[(XMM + 1, 128), (XMM + 2, 128)], &[XMM], Kept),
        (&[0x66, 0x45, 0x0f, 0x6e, 0xfb], "movd xmm15,r11d", &[(11, 32)], &[XMM + 15], Kept),
        (&[0xff, 0x10], "call [rax]", &[(RAX, 64)], &[], Kept),
    ];
    let number = |reg: regalloc2::PReg| reg.hw_enc() + if reg.class() == regalloc2::RegClass::Float { XMM } else { 0 };
    for (bytes, text, reads, writes, flags) in rows {
        let read = Cpu::read(bytes, 0).unwrap();
        assert_eq!(read.len(), 1, "{text}");
        let effects = Cpu::effects(&read[0]).unwrap();
        // The stack pointer, which a call moves, does not count.
        let own = |reg: &regalloc2::PReg| number(*reg) != 4;
        let all_reads: BTreeSet<_> =
            effects.reads.iter().filter(|r| own(&r.0)).map(|&(reg, bits)| (number(reg), bits)).collect();
        let all_writes: BTreeSet<_> = effects.writes.iter().filter(|r| own(r)).map(|&reg| number(reg)).collect();
        assert_eq!(all_reads, reads.iter().copied().collect(), "{text}");
        assert_eq!(all_writes, writes.iter().copied().collect(), "{text}");
        assert_eq!(effects.flags, flags, "{text}");
        let constants = ["mov eax,5", "mov rax,5", "mov r11,0x807060504030201"];
        assert_eq!(effects.constant, constants.contains(&text), "{text}");
        assert_eq!(effects.calls, text.starts_with("call"), "{text}");
        let copied = match text {
            "mov rcx,rax" => Some(Copied::Move { from: RAX, to: RCX }),
            "xchg rcx,rax" => Some(Copied::Exchange(RCX, RAX)),
            _ => None,
        };
        assert_eq!(effects.copied, copied, "{text}");
        assert!(!effects.reads_flags, "{text}");
    }
    // setb al; cmovb eax,ecx; adc eax,ecx
    for bytes in [&[0x0f, 0x92, 0xc0][..], &[0x0f, 0x42, 0xc1], &[0x11, 0xc8]] {
        assert!(Cpu::effects(&Cpu::read(bytes, 0).unwrap()[0]).unwrap().reads_flags, "{bytes:x?}");
    }
    // What is left above 32 bits.
    for (bytes, text, upper) in [
        (&[0x01, 0xc8][..], "add eax,ecx", Upper::Cleared),
        (&[0x48, 0x01, 0xc8], "add rax,rcx", Upper::Written),
        (&[0x0f, 0xb6, 0xc1], "movzx eax,cl", Upper::Cleared),
        (&[0x48, 0x0f, 0xbe, 0xc1], "movsx rax,cl", Upper::Written),
        (&[0x48, 0x63, 0xc1], "movsxd rax,ecx", Upper::Written),
        (&[0x0f, 0x92, 0xc0], "setb al", Upper::Kept),
        (&[0x66, 0x89, 0xc8], "mov ax,cx", Upper::Kept),
        (&[0x0f, 0x42, 0xc1], "cmovb eax,ecx", Upper::Cleared),
        (&[0x99], "cdq", Upper::Cleared),
        (&[0x48, 0x99], "cqo", Upper::Written),
        (&[0xf7, 0xf9], "idiv ecx", Upper::Cleared),
        (&[0x48, 0xf7, 0xf9], "idiv rcx", Upper::Written),
        (&[0xf7, 0x33], "div dword [rbx]", Upper::Cleared),
        (&[0x48, 0xf7, 0x33], "div qword [rbx]", Upper::Written),
        (&[0xf0, 0x0f, 0xc1, 0x0b], "lock xadd [rbx],ecx", Upper::Cleared),
        (&[0xf0, 0x48, 0x0f, 0xc1, 0x0b], "lock xadd [rbx],rcx", Upper::Written),
        (&[0xf0, 0x0f, 0xb1, 0x0b], "lock cmpxchg [rbx],ecx", Upper::Cleared),
        (&[0xf0, 0x0f, 0xb0, 0x0b], "lock cmpxchg [rbx],cl", Upper::Kept),
        (&[0x87, 0x0b], "xchg [rbx],ecx", Upper::Cleared),
        (&[0x66, 0x0f, 0x7e, 0xc0], "movd eax,xmm0", Upper::Cleared),
        (&[0x66, 0x48, 0x0f, 0x7e, 0xc0], "movq rax,xmm0", Upper::Written),
    ] {
        assert_eq!(Cpu::effects(&Cpu::read(bytes, 0).unwrap()[0]).unwrap().upper, upper, "{text}");
    }
    // A truncated instruction is not an instruction.
    assert!(Cpu::read(&[0x48, 0x01, 0xc8, 0x48, 0x01], 7).is_err());
    // Registers that the allocator does not know: stack pointer, frame pointer, and one of each class for moves.
    let private = |class| (0..16).filter(|&n| Cpu::is_private(regalloc2::PReg::new(n, class))).collect::<Vec<_>>();
    assert_eq!(private(regalloc2::RegClass::Int), [4, 5, 11]);
    assert_eq!(private(regalloc2::RegClass::Float), [15]);
}

/// A function's instructions and its frame size, as subtracted from the stack pointer in the prologue.
fn frame_of(text: &str, body: u32) -> (Vec<iced_x86::Instruction>, u64) {
    use iced_x86::{Mnemonic, OpKind, Register};
    let (_, _, code) = emitted(text, body);
    let decoder = iced_x86::Decoder::new(64, &code.bytes[..code.code_end as usize], iced_x86::DecoderOptions::NONE);
    let all: Vec<_> = decoder.into_iter().collect();
    let takes = |i: &&iced_x86::Instruction| {
        i.mnemonic() == Mnemonic::Sub && i.op0_register() == Register::RSP && i.op1_kind() != OpKind::Memory
    };
    // The context was pushed.
    let frame = all.iter().find(takes).expect("frames are multiples of 16").immediate(1) + 8;
    (all, frame)
}

/// The stack check ignores small frames, for one of which the limit leaves room, and counts larger ones in full. A
/// function without calls and loops only has a check if its frame is not small.
#[test]
fn the_stack_check_counts_frames_that_are_not_small() {
    use iced_x86::{Mnemonic, Register};
    const SMALL: u64 = 1024;
    let mut seen = std::collections::BTreeSet::new();
    let mut check = |text: &str, body: u32, calls: bool| {
        let (code, frame) = frame_of(text, body);
        let counted: Vec<u64> = code
            .iter()
            .filter(|i| i.mnemonic() == Mnemonic::Lea && i.memory_base() == Register::RSP)
            .map(|i| i.memory_displacement64().wrapping_neg())
            .collect();
        assert_eq!(counted, if frame > SMALL { vec![frame] } else { vec![] }, "a frame of {frame} bytes");
        let compares = |i: &&iced_x86::Instruction| {
            let register = if frame > SMALL { Register::RAX } else { Register::RSP };
            i.mnemonic() == Mnemonic::Cmp && i.op0_register() == register && i.memory_base() == Register::R11
        };
        let checks = code.iter().filter(compares).count();
        assert_eq!(checks, usize::from(calls || frame > SMALL), "a frame of {frame} bytes");
        seen.insert((frame, calls));
    };
    for (text, body, calls) in functions_with_frames((2..10).chain(118..150), 120..160) {
        check(&text, body, calls);
    }
    for frame in [SMALL, SMALL + 16] {
        assert!(seen.contains(&(frame, true)) && seen.contains(&(frame, false)), "{seen:?}");
    }
}

/// The undefined upper bits of 32-bit values in the allocator's registers are garbage, wherever the values come from.
#[test]
fn what_comes_from_outside_is_poisoned_before_it_is_read() {
    lower::tests::what_comes_from_outside_is_poisoned_before_it_is_read::<X64>();
}

/// Whichever of them are out of bounds, the first of these traps.
#[test]
fn loads_that_may_trap_keep_their_order() {
    lower::tests::loads_that_may_trap_keep_their_order::<X64>();
}
