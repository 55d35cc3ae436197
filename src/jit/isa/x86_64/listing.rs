//! Machine instructions, registers and bytes as text.

use super::X64;
use super::inst::{Amode, Base, Inst, Rm, Row};
use super::table::{Bank, Cond, ImmForm, Op, Prefix, Role, W};
use crate::jit::disassembly::{Disassembled, Reference, Symbols};
use crate::jit::isa::Lowered;
use crate::jit::isa::show::{assemble, split};
use crate::runtime::libcalls::Libcall;
use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, Mnemonic, OpKind, Register, SymbolResolver,
    SymbolResult,
};
use std::collections::HashMap;

fn cond(c: Cond) -> String {
    match c {
        Cond::Cc(cc) => format!("{cc:?}").to_lowercase(),
        Cond::FEq => "feq".into(),
        Cond::FNe => "fne".into(),
    }
}

fn float(double: bool) -> &'static str {
    if double { "sd" } else { "ss" }
}

/// Shows a memory operand; takes its registers from `operands`.
fn memory(vcode: &Lowered<X64>, amode: &Amode, operands: &mut std::slice::Iter<'_, String>) -> String {
    let mut parts: Vec<String> = match amode.base {
        Base::Reg => operands.next().cloned().into_iter().collect(),
        Base::Incoming => vec!["incoming".into()],
        Base::Outgoing => vec!["outgoing".into()],
        Base::Results => vec!["results".into()],
        Base::Pool(entry) => return format!("[const {:#x}]", vcode.pool[entry as usize]),
    };
    if amode.index {
        let index = operands.next().cloned().unwrap_or_default();
        parts.push(if amode.scale == 0 { index } else { format!("{index}*{}", 1 << amode.scale) });
    }
    let mut text = parts.join(" + ");
    match amode.disp {
        0 if !text.is_empty() => {}
        disp if text.is_empty() => text = disp.to_string(),
        disp if disp < 0 => text += &format!(" - {}", disp.unsigned_abs()),
        disp => text += &format!(" + {disp}"),
    }
    format!("[{text}]")
}

fn row_name(row: &Row) -> String {
    let d = row.op.desc();
    let name = match (row.op, d.prefix) {
        (Op::Cvttf2si, _) => format!("cvtt{}2si.{}", float(row.double), row.w.bits()),
        (Op::Cvtf2f, _) => format!("cvt{}2{}", float(row.double), float(!row.double)),
        (Op::Cvtsi2f, _) => format!("cvtsi2{}.{}", float(row.double), row.w.bits()),
        (_, Prefix::Scalar) => format!("{}{}", d.name, float(row.double)),
        (Op::Ucomis, Prefix::Packed) => format!("{}{}", d.name, if row.double { 'd' } else { 's' }),
        (_, Prefix::Packed | Prefix::Fused) => format!("{}{}", d.name, if row.double { "pd" } else { "ps" }),
        _ if d.reg_bank == Bank::G || d.rm_bank == Bank::G => format!("{}.{}", d.name, row.w.bits()),
        _ => d.name.to_string(),
    };
    if row.vex && !d.only_vex { format!("v{name}") } else { name }
}

fn row(vcode: &Lowered<X64>, row: &Row, operands: &[String]) -> String {
    let d = row.op.desc();
    let mut it = operands.iter();
    let mut defs: Vec<String> = Vec::new();
    let mut uses: Vec<String> = Vec::new();
    let vex = row.vex;
    let mut take = |role: Role, it: &mut std::slice::Iter<'_, String>, first: bool| match role {
        Role::Ext(_) => {}
        Role::Use => uses.extend(it.next().cloned()),
        Role::Def => defs.extend(it.next().cloned()),
        // The result comes first.
        Role::Tied if vex && first && !d.three => {
            defs.extend(it.next().cloned());
            uses.extend(it.next().cloned());
        }
        Role::Tied => {
            uses.extend(it.next().cloned());
            defs.extend(it.next().cloned());
        }
    };
    take(d.reg, &mut it, true);
    let mut at = None;
    match row.rm {
        Rm::Reg => take(d.rm, &mut it, false),
        Rm::Mem(amode) => at = Some(memory(vcode, &amode, &mut it)),
        Rm::Imm => {}
    }
    // The memory operand of a store comes first, as in the assembler.
    let stores = matches!(row.op, Op::Store | Op::Store8 | Op::StoreImm | Op::StoreImm8 | Op::Storef | Op::Storeups);
    match at {
        Some(at) if stores || row.op == Op::CmpMem => uses.insert(0, at),
        Some(at) => uses.push(at),
        None => {}
    }
    if row.rm == Rm::Imm || !d.fourth && matches!(d.imm, ImmForm::Byte | ImmForm::Dword | ImmForm::Store) {
        uses.push(row.imm.to_string());
    }
    // The rest are fixed operands, such as a shift count, and operands that only few rows have.
    uses.extend(it.cloned());
    let site = row.site.map_or(String::new(), |m| format!(" ; may trap (memory {m})"));
    assemble(&defs, &row_name(row), &uses) + &site
}

pub(super) fn show(vcode: &Lowered<X64>, inst: usize, operands: &[String]) -> String {
    let record = &vcode.insts[inst];
    if let Inst::Row(r) = &record.inst {
        return row(vcode, r, operands);
    }
    let (defs, mut uses) = split(vcode, inst, operands);
    let width = |name: &str, w: W| format!("{name}.{}", w.bits());
    let name = match record.inst {
        Inst::Common(_) | Inst::Row(_) => unreachable!("shown elsewhere"),
        Inst::Const { bits } => format!("const {bits:#x}"),
        Inst::ZeroFloat => "const 0.0".into(),
        Inst::Ones => "const ones".into(),
        Inst::Add { w } => width("add", w),
        Inst::AddImm { w, imm } => {
            uses.push(imm.to_string());
            width("add", w)
        }
        Inst::SetCond { cond: c } => format!("set {}", cond(c)),
        Inst::Cmov { w, cond: c } => format!("{} {}", width("cmov", w), cond(c)),
        Inst::CmovFloat { cond: c } => format!("cmov.float {}", cond(c)),
        Inst::Divide { w, signed, remainder, .. } => {
            let name = if remainder { "remainder" } else { "divide" };
            format!("{}.{}", width(name, w), if signed { "s" } else { "u" })
        }
        Inst::MinMax { double, max } => format!("{}.{}", if max { "max" } else { "min" }, float(double)),
        Inst::Canonical { double, lanes, .. } => {
            format!("canonical.{}{}", float(double), if lanes { ".lanes" } else { "" })
        }
        Inst::U64ToFloat { double } => format!("u64_to_{}", float(double)),
        Inst::FloatToU64 { double } => format!("{}_to_u64", float(double)),
        Inst::FloatToSSat { w, double } => format!("{}_to_s{}_sat", float(double), w.bits()),
        Inst::FloatToUSat { w, double } => format!("{}_to_u{}_sat", float(double), w.bits()),
        Inst::Atomic { what, w, disp, .. } => {
            uses.push(disp.to_string());
            width(what.name(), w)
        }
        Inst::Fence => "fence".into(),
        Inst::Header { offset, i31, .. } => format!("header{} {offset}", if i31 { ".i31" } else { "" }),
        Inst::Poison => "poison".into(),
        Inst::Branch { cond: c, then, or } => format!("branch {} m{} else m{}", cond(c), then.index(), or.index()),
        Inst::TrapIf { cond: c, code } => format!("trap_if {} ({})", cond(c), code.message()),
        Inst::TrapIfDetail { cond: c, code, .. } => format!("trap_if {} ({})", cond(c), code.message()),
    };
    assemble(&defs, &name, &uses)
}

/// Names of the places that instructions refer to, by the instruction's offset.
struct Resolver(HashMap<u64, String>);

impl SymbolResolver for Resolver {
    fn symbol(
        &mut self,
        instruction: &Instruction,
        _operand: u32,
        operand: Option<u32>,
        address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        // An immediate beside another operand is not an address, nor is a displacement from a register.
        operand.filter(|&n| matches!(instruction.op_kind(n), OpKind::Memory | OpKind::NearBranch64))?;
        target(instruction)?;
        self.0.get(&instruction.ip()).map(|name| SymbolResult::with_str(address, name))
    }
}

/// The offset that an instruction refers to, and the kind of reference.
fn target(instruction: &Instruction) -> Option<(u32, Reference)> {
    if instruction.op0_kind() == OpKind::NearBranch64 {
        return Some((instruction.near_branch_target() as u32, Reference::Jump));
    }
    let what = if instruction.mnemonic() == Mnemonic::Lea { Reference::Address } else { Reference::Load };
    instruction.is_ip_rel_memory_operand().then(|| (instruction.ip_rel_memory_address() as u32, what))
}

pub(super) fn disassemble(bytes: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled> {
    let decode = || Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE);
    let named = decode().into_iter().filter_map(|i| {
        let (to, _) = target(&i)?;
        Some((i.ip(), symbols(i.ip() as u32, i.len() as u32, to)?))
    });
    let resolver = Resolver(named.collect());
    let mut formatter = IntelFormatter::with_options(Some(Box::new(resolver)), None);
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_signed_immediate_operands(true);
    options.set_show_branch_size(false);
    let mut all = Vec::new();
    for instruction in decode() {
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        // Libcalls are called through a table whose address is in one of these two registers by convention.
        let through_memory = instruction.mnemonic() == Mnemonic::Call && instruction.op0_kind() == OpKind::Memory;
        let table = through_memory && matches!(instruction.memory_base(), Register::RAX | Register::R11);
        let entry = table.then(|| instruction.memory_displacement64() as usize).filter(|d| d % 8 == 0);
        all.push(Disassembled {
            offset: instruction.ip() as u32,
            len: instruction.len() as u32,
            text,
            target: target(&instruction),
            libcall: entry.and_then(|d| Libcall::ALL.get(d / 8).copied()),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::isa::x86_64::encode::{Form, Place, encode};
    use crate::jit::isa::x86_64::encode_tests::widths;

    /// Forms of a row with different encodings are shown differently.
    #[test]
    fn rows_that_differ_have_names_that_differ() {
        let mut compared = 0;
        for &op in Op::ALL {
            let d = op.desc();
            let mut known: Vec<(Vec<u8>, String)> = Vec::new();
            for &w in widths(op) {
                for double in [false, true] {
                    for vex in [false, true].into_iter().filter(|&vex| if vex { d.vex } else { !d.only_vex }) {
                        let row = Row { op, w, double, vex, rm: Rm::Reg, imm: 0, site: None };
                        let form = Form { vex: vex.then_some(1), ..Form::new(op, w, 2, Place::Reg(3)).double(double) };
                        known.push((encode(&form).bytes.to_vec(), row_name(&row)));
                    }
                }
            }
            for (n, (bytes, name)) in known.iter().enumerate() {
                for (others, other) in &known[..n] {
                    compared += 1;
                    assert!(bytes == others || name != other, "{name}: {bytes:02x?} and {others:02x?}");
                }
            }
        }
        assert!(compared > 1_000, "{compared} pairs");
    }

    fn read(code: &[u8]) -> Disassembled {
        let named = |_: u32, _: u32, to: u32| Some(format!("there_{to:x}"));
        let all = disassemble(code, &named);
        let [one] = &all[..] else { panic!("{code:02x?} is not one instruction") };
        assert_eq!((one.offset, one.len as usize), (0, code.len()));
        one.clone()
    }

    /// Calls through a whole table entry, with the table's address where the convention has that of libcalls.
    #[test]
    fn calls_of_libcalls_are_recognized() {
        let (first, third) = (Libcall::ALL[0], Libcall::ALL[2]);
        for (code, expected) in [
            // call [rax], call [rax + 16], call [r11], call [r11 + 16]
            (&[0xff, 0x10][..], Some(first)),
            (&[0xff, 0x50, 16], Some(third)),
            (&[0x41, 0xff, 0x13], Some(first)),
            (&[0x41, 0xff, 0x53, 16], Some(third)),
            // call [rax + 12], call [rcx + 16], call [rax - 8], call rax
            (&[0xff, 0x50, 12], None),
            (&[0xff, 0x51, 16], None),
            (&[0xff, 0x50, 0xf8], None),
            (&[0xff, 0xd0], None),
            // jmp [rax + 16], mov rax, [rax + 16], mov [r11 + 16], rax
            (&[0xff, 0x60, 16], None),
            (&[0x48, 0x8b, 0x40, 16], None),
            (&[0x49, 0x89, 0x43, 16], None),
        ] {
            assert_eq!(read(code).libcall, expected, "{code:02x?}");
        }
        for (n, &libcall) in Libcall::ALL.iter().enumerate() {
            let mut code = vec![0xff, 0x90];
            code.extend((8 * n as u32).to_le_bytes());
            assert_eq!(read(&code).libcall, Some(libcall));
        }
        let mut behind = vec![0xff, 0x90];
        behind.extend((8 * Libcall::ALL.len() as u32).to_le_bytes());
        assert_eq!(read(&behind).libcall, None);
    }

    /// The text of an instruction names what it refers to; places relative to registers are not named.
    #[test]
    fn references_are_named() {
        for (code, target, text) in [
            // Two bytes ahead; five bytes back; the same for loads, for a comparison with an immediate after the
            // distance, and for an address.
            (&[0x74, 0x02][..], Some((4, Reference::Jump)), "je there_4"),
            (&[0xeb, 0x10], Some((18, Reference::Jump)), "jmp there_12"),
            (&[0xe8, 0x20, 0, 0, 0], Some((37, Reference::Jump)), "call there_25"),
            (&[0x0f, 0x82, 0x20, 0, 0, 0], Some((38, Reference::Jump)), "jb there_26"),
            (&[0x48, 0x8b, 0x05, 0x10, 0, 0, 0], Some((23, Reference::Load)), "mov rax, [there_17]"),
            (&[0x48, 0x8d, 0x05, 0x10, 0, 0, 0], Some((23, Reference::Address)), "lea rax, [there_17]"),
            (&[0x80, 0x3d, 0x10, 0, 0, 0, 1], Some((23, Reference::Load)), "cmp byte ptr [there_17], 1"),
            (&[0x48, 0x8d, 0x43, 0x10], None, "lea rax, [rbx+0x10]"),
            (&[0x48, 0x8b, 0x43, 0xf0], None, "mov rax, [rbx-0x10]"),
            (&[0x48, 0x83, 0xc0, 0xf0], None, "add rax, -0x10"),
        ] {
            let read = read(code);
            assert_eq!((read.target, &read.text[..]), (target, text), "{code:02x?}");
        }
    }
}
