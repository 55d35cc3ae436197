//! Encodings as a table, held against a disassembler's opinion: what each row is, reads, writes, and at what width.

use super::encode::*;
use super::table::*;
use iced_x86::{Decoder, DecoderOptions, InstructionInfoFactory, OpAccess, OpKind, Register};
use std::collections::BTreeSet;

/// All registers. Some are special: rsp and r12 need a SIB, rbp and r13 need a displacement, spl to dil and the upper
/// half need a prefix.
const REGS: std::ops::Range<u8> = 0..16;

fn number(register: Register) -> (char, u8) {
    let full = register.full_register();
    if full.is_gpr() { ('g', full.number() as u8) } else { ('x', full.number() as u8) }
}

/// They have memory operands only, which they read and write.
const ATOMIC: [Op; 12] = [
    Op::Xchg8,
    Op::Xchg,
    Op::Xadd8,
    Op::Xadd,
    Op::AndMem8,
    Op::AndMem,
    Op::OrMem8,
    Op::OrMem,
    Op::XorMem8,
    Op::XorMem,
    Op::Cmpxchg8,
    Op::Cmpxchg,
];

fn widths(op: Op) -> &'static [W] {
    match op {
        Op::Movsx8 | Op::Movsx16 => &[W::B32, W::B64],
        Op::Movzx8 | Op::Movzx16 | Op::CallMem | Op::JmpMem => &[W::B32],
        Op::Movsxd => &[W::B64],
        Op::Store8 | Op::StoreImm8 | Op::Setcc => &[W::B8],
        Op::Store | Op::StoreImm => &[W::B16, W::B32, W::B64],
        op if ATOMIC.contains(&op) => {
            if op.desc().byte_reg {
                &[W::B8]
            } else {
                &[W::B16, W::B32, W::B64]
            }
        }
        Op::Pinsrb | Op::Pinsrw | Op::Pextrb | Op::Pextrw | Op::Movmskp | Op::Pmovmskb => &[W::B32],
        _ => &[W::B32, W::B64],
    }
}

fn is_store(op: Op) -> bool {
    matches!(op, Op::Store8 | Op::Store | Op::StoreImm8 | Op::StoreImm | Op::Storef | Op::Storeups)
}

fn has_reg_form(op: Op) -> bool {
    !matches!(op, Op::Lea | Op::StoreImm8 | Op::CallMem | Op::JmpMem) && !ATOMIC.contains(&op)
}

fn has_mem_form(op: Op) -> bool {
    // Tied and shifting forms in memory are not used, and masks have none.
    op.desc().rm == Role::Use && !matches!(op, Op::Movmskp | Op::Pmovmskb) || is_store(op)
}

fn decode(form: &Form) -> iced_x86::Instruction {
    let code = encode(form);
    let mut decoder = Decoder::with_ip(64, &code.bytes, 0, DecoderOptions::NONE);
    let instruction = decoder.decode();
    assert!(!instruction.is_invalid(), "{form:?}: {:02x?}", code.bytes);
    assert_eq!(instruction.len(), code.bytes.len(), "{form:?}: {:02x?} is {instruction}", code.bytes);
    let mut name = format!("{:?}", instruction.mnemonic()).to_lowercase();
    if form.vex.is_some() && !form.op.desc().only_vex {
        assert_eq!(name.remove(0), 'v', "{form:?} is {instruction}");
    }
    // movd is movq in 64 bits, cmov and set carry a condition, float operations ss, sd, ps or pd.
    let d = form.op.desc();
    let whole = d.rm_bank == Bank::X && matches!(d.prefix, Prefix::Data | Prefix::Rep | Prefix::Repne);
    let stem = if whole { d.name } else { &d.name[..d.name.len().min(3)] };
    assert!(name.starts_with(stem), "{form:?} is {instruction}");
    if d.prefix == Prefix::Packed && form.op != Op::Ucomis || d.prefix == Prefix::Fused {
        assert_eq!(name, format!("{}p{}", d.name, if form.double { 'd' } else { 's' }), "{form:?}");
    }
    instruction
}

fn forms(op: Op) -> Vec<Form> {
    let mut all = Vec::new();
    for &w in widths(op) {
        // The rounding operations have a row for each width.
        for double in [false, true].into_iter().filter(|&d| !(op == Op::Round32 && d || op == Op::Round64 && !d)) {
            let d = op.desc();
            let plain = Form::new(op, w, 0, Place::Imm).double(double).imm(3);
            if !d.only_vex {
                all.push(plain);
            }
            // The register that only this form has, where it has one.
            let tied = d.reg == Role::Tied || d.rm == Role::Tied;
            let more: &[u8] = if tied { &[1, 7, 9, 14] } else { &[0] };
            // And the one that an immediate names.
            let named: &[i32] = if d.fourth { &[0x00, 0x70, 0x90, 0xe0] } else { &[3] };
            for &imm in named.iter().filter(|_| d.vex) {
                all.extend(more.iter().map(|&also| Form { vex: Some(also), imm, ..plain }));
            }
        }
    }
    all
}

#[test]
fn register_forms_read_and_write_what_the_table_says() {
    let mut factory = InstructionInfoFactory::new();
    let (mut tables, mut cases) = (0, 0);
    for &op in Op::ALL.iter().filter(|&&op| has_reg_form(op)) {
        let d = op.desc();
        for form in forms(op) {
            tables += 1;
            for reg in REGS {
                for rm in REGS.filter(|&rm| rm != reg && form.vex.is_none_or(|also| also == 0 || also != rm)) {
                    let form = Form { reg, rm: Place::Reg(rm), ..form };
                    cases += 1;
                    let instruction = decode(&form);
                    let (mut reads, mut writes) = (BTreeSet::new(), BTreeSet::new());
                    let bank = |b| if b == Bank::G { 'g' } else { 'x' };
                    let mut role = |role: Role, bank: char, r: u8| {
                        if matches!(role, Role::Use | Role::Tied) {
                            reads.insert((bank, r));
                        }
                        if matches!(role, Role::Def | Role::Tied) {
                            writes.insert((bank, r));
                        }
                    };
                    // Stores into a register are moves.
                    let store = is_store(op);
                    if d.fourth {
                        role(Role::Use, 'x', (form.imm >> 4) as u8);
                    }
                    match (form.vex, d.reg, d.rm) {
                        (Some(also), ..) if d.three => {
                            role(Role::Tied, 'x', reg);
                            role(Role::Use, 'x', also);
                            role(Role::Use, 'x', rm);
                        }
                        (Some(also), Role::Tied, _) => {
                            role(Role::Def, bank(d.reg_bank), reg);
                            role(Role::Use, bank(d.reg_bank), also);
                            role(d.rm, bank(d.rm_bank), rm);
                        }
                        (Some(also), _, Role::Tied) => {
                            role(Role::Use, 'x', rm);
                            role(Role::Def, 'x', also);
                        }
                        _ => {
                            role(d.reg, bank(d.reg_bank), reg);
                            role(if store { Role::Def } else { d.rm }, bank(d.rm_bank), rm);
                        }
                    }
                    if matches!(op, Op::RolCl | Op::RorCl | Op::ShlCl | Op::ShrCl | Op::SarCl) {
                        reads.insert(('g', 1));
                    }
                    if matches!(op, Op::Mul | Op::ImulWide) {
                        reads.insert(('g', 0));
                        writes.extend([('g', 0), ('g', 2)]);
                    }
                    if matches!(op, Op::Div | Op::Idiv) {
                        reads.extend([('g', 0), ('g', 2)]);
                        writes.extend([('g', 0), ('g', 2)]);
                    }
                    let info = factory.info(&instruction);
                    let (mut actual_reads, mut actual_writes) = (BTreeSet::new(), BTreeSet::new());
                    for used in info.used_registers() {
                        let r = number(used.register());
                        let bits = used.register().size() * 8;
                        let read = matches!(
                            used.access(),
                            OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite
                        );
                        // What is not always overwritten survives: it is read. (The result of a scan of 0 is never
                        // used.)
                        let survives = used.access() == OpAccess::CondWrite && !matches!(op, Op::Bsr | Op::Bsf);
                        if survives {
                            actual_reads.insert(r);
                        }
                        if read {
                            actual_reads.insert(r);
                            let most = d.rm_width.map_or(form.w.bits(), |w| w.bits());
                            let shift = r == ('g', 1) && op != Op::Cmp;
                            let known = r.0 == 'x' || bits <= usize::from(most.max(form.w.bits())) || shift;
                            assert!(known, "{instruction} reads {bits} bits");
                            // The one thing that matters most: no 32-bit operation looks at 64 bits.
                            if form.w == W::B32 && r.0 == 'g' {
                                assert!(bits <= 32, "{instruction} reads {bits} bits of {:?}", used.register());
                            }
                        }
                        if matches!(
                            used.access(),
                            OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
                        ) {
                            actual_writes.insert(r);
                        }
                    }
                    // Scalar operations merge into their destination. The emitter breaks that dependency, and tied
                    // operands are read anyway.
                    if d.merges || matches!(op, Op::Loadf | Op::Storef) {
                        actual_reads.retain(|r| !writes.contains(r) || reads.contains(r));
                    }
                    assert_eq!(actual_reads, reads, "{instruction} ({op:?})");
                    assert_eq!(actual_writes, writes, "{instruction} ({op:?})");
                    assert_eq!(instruction.rflags_modified() != 0, d.writes_flags, "{instruction}");
                    assert_eq!(instruction.rflags_read() != 0, d.reads_flags, "{instruction}");
                }
            }
        }
    }
    println!("encodings: {tables} forms with registers, {cases} cases");
    assert!(tables > 400 && cases >= tables * 16 * 14, "{tables} forms, {cases} cases");
}

#[test]
fn memory_forms_address_what_they_say() {
    let bases = || 0..16;
    // There is no rsp as an index.
    let indices = || std::iter::once(None).chain((0..16).filter(|&r| r != 4).map(Some));
    // All bases with all indices; and all of either with all registers and displacements.
    let mut places = Vec::new();
    for base in bases() {
        for index in indices() {
            places.push((0, base, index, 2, 128));
        }
    }
    for (scale, disp) in [(0, 0), (1, 1), (2, -128), (3, 127), (1, 128), (0, -129), (0, i32::MAX), (0, i32::MIN)] {
        for reg in REGS {
            places.extend(bases().map(|base| (reg, base, None, 0, disp)));
            places.extend(indices().flatten().map(|index| (reg, 5, Some(index), scale, disp)));
        }
    }
    let (mut tables, mut cases) = (0, 0);
    for &op in Op::ALL.iter().filter(|&&op| has_mem_form(op)) {
        for form in forms(op) {
            tables += 1;
            for &(reg, base, index, scale, disp) in &places {
                cases += 1;
                let scale = if index.is_some() { scale } else { 0 };
                let mem = Mem { base, index, scale, disp };
                let instruction = decode(&Form { reg, rm: Place::Mem(mem), imm: 5, ..form });
                let register = |r: Option<u8>, actual: Register| match r {
                    None => assert_eq!(actual, Register::None, "{instruction}: {mem:?}"),
                    Some(r) => assert_eq!(number(actual), ('g', r), "{instruction}: {mem:?}"),
                };
                register(Some(base), instruction.memory_base());
                register(index, instruction.memory_index());
                assert_eq!(instruction.memory_displacement64() as i64, i64::from(disp), "{instruction}");
                assert_eq!(instruction.memory_index_scale(), 1 << scale);
                // Nothing may read more memory than the access is wide: it would fault too early.
                let most = match op.desc().rm_width {
                    Some(w) => w.bits(),
                    None if op.desc().rm_bank == Bank::X && form.double => 64,
                    None if op.desc().rm_bank == Bank::X => 32,
                    None => form.w.bits(),
                };
                let bits = instruction.memory_size().size() * 8;
                assert!(op == Op::Lea || bits == usize::from(most), "{instruction} touches {bits} bits");
            }
        }
    }
    println!("encodings: {tables} forms with memory, {cases} cases");
    assert!(tables > 300 && cases == tables * places.len(), "{tables} forms, {cases} cases");
}

/// Every form that emission makes: a base, an index and a displacement.
#[test]
fn atomic_forms_are_what_they_say() {
    let mut places = Vec::new();
    for disp in [0, 1, -1, 127, -128, 128, -129, i32::MAX, i32::MIN] {
        for (reg, base) in REGS.flat_map(|reg| REGS.map(move |base| (reg, base))) {
            places.extend(REGS.filter(|&index| index != 4).map(|index| (reg, base, index, disp)));
        }
    }
    let mut factory = InstructionInfoFactory::new();
    let (mut tables, mut cases) = (0, 0);
    for op in ATOMIC {
        let d = op.desc();
        for form in forms(op).into_iter().filter(|form| !form.double) {
            tables += 1;
            for &(reg, base, index, disp) in &places {
                let mem = Mem { base, index: Some(index), scale: 0, disp };
                let instruction = decode(&Form { reg, rm: Place::Mem(mem), ..form });
                cases += 1;
                assert_eq!(number(instruction.memory_base()), ('g', base), "{instruction}");
                assert_eq!(number(instruction.memory_index()), ('g', index), "{instruction}");
                assert_eq!(instruction.memory_index_scale(), 1, "{instruction}");
                assert_eq!(instruction.memory_displacement64() as i64, i64::from(disp), "{instruction}");
                assert_eq!(format!("{:?}", instruction.mnemonic()).to_lowercase(), d.name, "{instruction}");
                assert_eq!(instruction.has_lock_prefix(), !matches!(op, Op::Xchg8 | Op::Xchg), "{instruction}");
                assert_eq!(instruction.op0_kind(), OpKind::Memory, "{instruction}");
                let named = instruction.op1_register();
                assert_eq!((number(named), named.size() * 8), (('g', reg), form.w.bits().into()), "{instruction}");
                assert_eq!(instruction.memory_size().size() * 8, usize::from(form.w.bits()), "{instruction}");
                assert_eq!(instruction.rflags_modified() != 0, d.writes_flags, "{instruction}");
                let info = factory.info(&instruction);
                let [memory] = info.used_memory() else { panic!("{instruction} touches memory more than once") };
                let both = matches!(memory.access(), OpAccess::ReadWrite | OpAccess::ReadCondWrite);
                assert!(both, "{instruction}: {:?}", memory.access());
                let (mut reads, mut writes) = (BTreeSet::from([reg, base, index]), BTreeSet::new());
                if d.reg == Role::Tied {
                    writes.insert(reg);
                }
                if matches!(op, Op::Cmpxchg8 | Op::Cmpxchg) {
                    reads.insert(0);
                    writes.insert(0);
                }
                let (mut actual_reads, mut actual_writes) = (BTreeSet::new(), BTreeSet::new());
                // Stack and data segments are no registers of ours.
                for used in info.used_registers().iter().filter(|used| used.register().is_gpr()) {
                    use OpAccess::*;
                    let r = number(used.register()).1;
                    if matches!(used.access(), Read | CondRead | ReadWrite | ReadCondWrite) {
                        actual_reads.insert(r);
                    }
                    if matches!(used.access(), Write | CondWrite | ReadWrite | ReadCondWrite) {
                        actual_writes.insert(r);
                    }
                }
                assert_eq!((actual_reads, actual_writes), (reads, writes), "{instruction} ({op:?})");
            }
        }
    }
    println!("encodings: {tables} atomic forms, {cases} cases");
    assert!(tables == 24 && cases == tables * 9 * 16 * 16 * 15, "{tables} forms, {cases} cases");
}

#[test]
fn immediates_are_those_given() {
    let mut cases = 0;
    for op in [Op::Add, Op::Or, Op::Adc, Op::Sbb, Op::And, Op::Sub, Op::Xor, Op::Cmp, Op::Test] {
        for w in [W::B32, W::B64] {
            for reg in REGS {
                for imm in [0, 1, -1, 127, -128, 128, -129, i32::MAX, i32::MIN] {
                    let form = Form::new(op, w, reg, Place::Imm).imm(imm);
                    let instruction = decode(&form);
                    assert_eq!(number(instruction.op0_register()), ('g', reg));
                    assert_eq!(instruction.op0_register().size() * 8, usize::from(w.bits()));
                    assert_eq!(instruction.immediate(1) as i32, imm, "{instruction}");
                    cases += 1;
                }
            }
        }
    }
    println!("encodings: 18 forms with an immediate, {cases} cases");
}
