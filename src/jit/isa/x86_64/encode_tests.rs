//! Compares the table of encodings with a disassembler: what each row is, what it reads and writes, and at what width.

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

/// Operations that only have memory operands, which they read and write.
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

pub(super) fn widths(op: Op) -> &'static [W] {
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
    // Tied and shifting forms are not used with memory, and masks have none.
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
    // movd is movq for 64 bits; cmov and set include a condition; float operations end in ss, sd, ps or pd.
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
        // The rounding operations have a separate row for each width.
        for double in [false, true].into_iter().filter(|&d| !(op == Op::Round32 && d || op == Op::Round64 && !d)) {
            let d = op.desc();
            let plain = Form::new(op, w, 0, Place::Imm).double(double).imm(3);
            if !d.only_vex {
                all.push(plain);
            }
            // The additional register of this form, if it has one.
            let tied = d.reg == Role::Tied || d.rm == Role::Tied;
            let more: &[u8] = if tied { &[1, 7, 9, 14] } else { &[0] };
            // And the register that an immediate names.
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
                        // What is only overwritten sometimes survives, so it counts as read. (The result of a scan of 0
                        // is never used.)
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
                            // The most important check: no 32-bit operation reads 64 bits.
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
    // rsp cannot be an index.
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
                // No instruction may read more memory than the access is wide: it would fault too early.
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

/// Every form that emission makes: base, index and displacement.
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
                // Stack and data segments do not count as registers.
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

/// Immediates after the operands have the width that the row says, whatever comes before them.
#[test]
fn immediates_behind_operands_are_those_given() {
    let limits = [0, 1, -1, 127, -128, 128, -129, 255, 256, 32767, 32768, -32769, i32::MAX, i32::MIN];
    let places = [Place::Reg(3), Place::Reg(12), Place::Mem(Mem::base(5, 0)), Place::Mem(Mem::base(4, -300))];
    let mut cases = 0;
    for &op in Op::ALL {
        let d = op.desc();
        let (bits, is_imul) = match d.imm {
            ImmForm::Byte if !d.fourth => (8, false),
            ImmForm::Dword => (32, true),
            ImmForm::Store => (32, false),
            _ => continue,
        };
        for form in forms(op) {
            let bits = if d.imm == ImmForm::Store { form.w.bits().min(32) } else { bits };
            for &imm in &limits {
                for rm in places {
                    let fits = if matches!(rm, Place::Reg(_)) { has_reg_form(op) } else { has_mem_form(op) };
                    if !fits {
                        continue;
                    }
                    cases += 1;
                    let form = Form { reg: 9, rm, imm, ..form };
                    let instruction = decode(&form);
                    let last = instruction.op_count() - 1;
                    // The shift by one has a separate opcode, but it is not among these.
                    let given = instruction.immediate(last) as i64;
                    let mask = (1 << bits) - 1;
                    assert_eq!(given & mask, i64::from(imm) & mask, "{instruction}");
                    if is_imul {
                        assert_eq!(given as i32, imm, "{instruction}");
                        assert_eq!(instruction.op0_register().size() * 8, usize::from(form.w.bits()));
                    }
                }
            }
        }
    }
    assert!(cases > 5_000, "{cases} cases");
}

/// The distance to a constant counts from the end of the instruction, which includes an immediate if there is one.
#[test]
fn constants_are_found_from_the_end_of_the_instruction() {
    let mut cases = 0;
    for &op in Op::ALL.iter().filter(|&&op| has_mem_form(op) && op != Op::Lea) {
        for form in forms(op) {
            for reg in REGS {
                cases += 1;
                let code = encode(&Form { reg, rm: Place::Pool(77), imm: 5, ..form });
                let (at, entry) = code.pool.expect("a reference");
                assert_eq!(entry, 77);
                let mut bytes = code.bytes.to_vec();
                bytes[at..at + 4].copy_from_slice(&0x1234_5678u32.to_le_bytes());
                let instruction = Decoder::with_ip(64, &bytes, 0x1000, DecoderOptions::NONE).decode();
                assert!(!instruction.is_invalid() && instruction.len() == bytes.len(), "{bytes:02x?}");
                assert!(instruction.is_ip_rel_memory_operand(), "{instruction}");
                let end = 0x1000 + bytes.len() as u64;
                assert_eq!(instruction.ip_rel_memory_address(), end + 0x1234_5678, "{instruction}");
                if matches!(op.desc().reg, Role::Use | Role::Def | Role::Tied) {
                    let bank = if op.desc().reg_bank == Bank::G { 'g' } else { 'x' };
                    let mut operands = 0..instruction.op_count();
                    let is_named = operands.any(|n| {
                        let is_register = instruction.op_kind(n) == OpKind::Register;
                        is_register && number(instruction.op_register(n)) == (bank, reg)
                    });
                    assert!(is_named, "{instruction}");
                }
            }
        }
    }
    assert!(cases > 4_000, "{cases} cases");
}

#[test]
fn conditions_are_those_given() {
    use iced_x86::ConditionCode as Is;
    let all = [
        (Cc::O, Is::o),
        (Cc::No, Is::no),
        (Cc::B, Is::b),
        (Cc::Ae, Is::ae),
        (Cc::E, Is::e),
        (Cc::Ne, Is::ne),
        (Cc::Be, Is::be),
        (Cc::A, Is::a),
        (Cc::S, Is::s),
        (Cc::Ns, Is::ns),
        (Cc::P, Is::p),
        (Cc::Np, Is::np),
        (Cc::L, Is::l),
        (Cc::Ge, Is::ge),
        (Cc::Le, Is::le),
        (Cc::G, Is::g),
    ];
    for (cc, expected) in all {
        for reg in REGS {
            let set = decode(&Form::new(Op::Setcc, W::B8, 0, Place::Reg(reg)).cc(cc));
            assert_eq!((set.condition_code(), number(set.op0_register())), (expected, ('g', reg)), "{set}");
            // The low byte, not the second byte of another register.
            assert_eq!(set.op0_register().size(), 1);
            assert!(!matches!(set.op0_register(), Register::AH | Register::CH | Register::DH | Register::BH), "{set}");
            for w in [W::B32, W::B64] {
                let moved = decode(&Form::new(Op::Cmov, w, reg, Place::Reg(15 - reg)).cc(cc));
                assert_eq!(moved.condition_code(), expected, "{moved}");
                let registers = [moved.op0_register(), moved.op1_register()].map(number);
                assert_eq!(registers, [('g', reg), ('g', 15 - reg)], "{moved}");
            }
        }
        assert_eq!(Cond::Cc(cc).invert().invert(), Cond::Cc(cc));
        assert_eq!(cc.invert() as u8, cc as u8 ^ 1, "the codes of opposites differ in the lowest bit");
    }
    assert_eq!([Cond::FEq, Cond::FNe].map(Cond::invert), [Cond::FNe, Cond::FEq]);
}

/// Byte registers are the low byte of each register, never the second byte of rax to rbx.
#[test]
fn byte_registers_are_low_ones() {
    for op in Op::ALL.iter().copied().filter(|op| op.desc().byte_reg && *op != Op::Setcc) {
        for reg in REGS {
            let memory = Place::Mem(Mem { base: 3, index: Some(6), scale: 0, disp: 0 });
            let form = match op {
                Op::Movzx8 | Op::Movsx8 => Form::new(op, W::B32, 2, Place::Reg(reg)),
                _ => Form::new(op, W::B8, reg, memory),
            };
            let register = decode(&form).op_register(1);
            assert_eq!((number(register), register.size()), (('g', reg), 1), "{op:?}");
            assert!(!matches!(register, Register::AH | Register::CH | Register::DH | Register::BH), "{op:?} {reg}");
        }
    }
}

/// 16-byte operands must be aligned without VEX, except for those of instructions for unaligned access.
#[test]
fn operands_that_have_to_be_aligned_are_known() {
    let mut wanting = 0;
    for &op in Op::ALL.iter().filter(|&&op| has_mem_form(op) && !op.desc().only_vex) {
        let bytes = forms(op).into_iter().filter(|form| form.vex.is_none()).map(|form| {
            let memory = Place::Mem(Mem::base(0, 0));
            decode(&Form { reg: 1, rm: memory, imm: 5, ..form }).memory_size().size()
        });
        let whole = bytes.max() == Some(16) && !matches!(op, Op::Loadups | Op::Storeups);
        assert_eq!(op.desc().wants_alignment(), whole, "{op:?}");
        wanting += usize::from(whole);
    }
    assert!(wanting > 80, "{wanting} rows");
}

/// As an assembler does: the shortest immediates and displacements, and prefixes only where needed.
#[test]
fn encodings_are_the_shortest() {
    let reg = |op, w, a, b| Form::new(op, w, a, Place::Reg(b));
    let imm = |op, w, a, imm| Form::new(op, w, a, Place::Imm).imm(imm);
    let mem = |base, disp| Place::Mem(Mem::base(base, disp));
    let vex = |form: Form, also| Form { vex: Some(also), ..form };
    let rows: [(Form, &[u8]); 30] = [
        (reg(Op::Add, W::B32, 0, 1), &[0x03, 0xc1]),
        (reg(Op::Add, W::B64, 0, 1), &[0x48, 0x03, 0xc1]),
        (reg(Op::Add, W::B32, 8, 1), &[0x44, 0x03, 0xc1]),
        (reg(Op::Add, W::B32, 0, 9), &[0x41, 0x03, 0xc1]),
        (reg(Op::Add, W::B32, 6, 7), &[0x03, 0xf7]),
        (Form::new(Op::Store, W::B32, 6, mem(1, 0)), &[0x89, 0x31]),
        (reg(Op::Paddb, W::B32, 6, 7), &[0x66, 0x0f, 0xfc, 0xf7]),
        (imm(Op::Add, W::B32, 3, 127), &[0x83, 0xc3, 0x7f]),
        (imm(Op::Add, W::B32, 3, 128), &[0x81, 0xc3, 0x80, 0, 0, 0]),
        (imm(Op::Cmp, W::B64, 3, -128), &[0x48, 0x83, 0xfb, 0x80]),
        (imm(Op::Cmp, W::B64, 3, -129), &[0x48, 0x81, 0xfb, 0x7f, 0xff, 0xff, 0xff]),
        (reg(Op::ImulImm, W::B32, 0, 1).imm(127), &[0x6b, 0xc1, 0x7f]),
        (reg(Op::ImulImm, W::B32, 0, 1).imm(128), &[0x69, 0xc1, 0x80, 0, 0, 0]),
        (reg(Op::ImulImm, W::B64, 0, 1).imm(-128), &[0x48, 0x6b, 0xc1, 0x80]),
        (reg(Op::ImulImm, W::B64, 0, 1).imm(-129), &[0x48, 0x69, 0xc1, 0x7f, 0xff, 0xff, 0xff]),
        (Form::new(Op::Mov, W::B32, 0, mem(1, 0)), &[0x8b, 0x01]),
        (Form::new(Op::Mov, W::B32, 0, mem(1, 127)), &[0x8b, 0x41, 0x7f]),
        (Form::new(Op::Mov, W::B32, 0, mem(1, 128)), &[0x8b, 0x81, 0x80, 0, 0, 0]),
        (Form::new(Op::Mov, W::B32, 0, mem(1, -128)), &[0x8b, 0x41, 0x80]),
        (Form::new(Op::Mov, W::B32, 0, mem(1, -129)), &[0x8b, 0x81, 0x7f, 0xff, 0xff, 0xff]),
        (Form::new(Op::Mov, W::B32, 0, mem(4, 0)), &[0x8b, 0x04, 0x24]),
        (Form::new(Op::Mov, W::B32, 0, mem(5, 0)), &[0x8b, 0x45, 0]),
        (reg(Op::Movzx8, W::B32, 0, 3), &[0x0f, 0xb6, 0xc3]),
        (reg(Op::Movzx8, W::B32, 0, 4), &[0x40, 0x0f, 0xb6, 0xc4]),
        (reg(Op::Paddb, W::B32, 0, 1), &[0x66, 0x0f, 0xfc, 0xc1]),
        (vex(reg(Op::Paddb, W::B32, 0, 1), 2), &[0xc5, 0xe9, 0xfc, 0xc1]),
        (vex(reg(Op::Paddb, W::B32, 8, 1), 2), &[0xc5, 0x69, 0xfc, 0xc1]),
        (vex(reg(Op::Paddb, W::B32, 0, 9), 2), &[0xc4, 0xc1, 0x69, 0xfc, 0xc1]),
        (vex(reg(Op::Paddb, W::B32, 0, 1), 10), &[0xc5, 0xa9, 0xfc, 0xc1]),
        (vex(reg(Op::Pshufb, W::B32, 0, 1), 2), &[0xc4, 0xe2, 0x69, 0x00, 0xc1]),
    ];
    for (form, bytes) in rows {
        let code = encode(&form);
        assert_eq!((&code.bytes[..], code.pool), (bytes, None), "{form:?}");
    }
}
