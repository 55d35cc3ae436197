//! Machine instructions, registers and bytes as text.

use super::A64;
use super::encode::Imm;
use super::immediate::Lanes;
use super::inst::{Amode, Base, Inst, Row, Test};
use super::table::{Bank, Cc, Role, Shift, Size, W};
use crate::jit::disassembly::{Disassembled, Reference, Symbols};
use crate::jit::isa::Lowered;
use crate::jit::isa::show::{assemble, split};
use crate::runtime::libcalls::Libcall;
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction, Opcode, Operand};

fn cond(cc: Cc) -> String {
    format!("{cc:?}").to_lowercase()
}

fn float(double: bool) -> &'static str {
    if double { "f64" } else { "f32" }
}

/// Shows a place in memory; takes its registers from `operands`.
fn place(vcode: &Lowered<A64>, amode: Amode, operands: &mut std::slice::Iter<'_, String>) -> String {
    let mut next = || operands.next().cloned().unwrap_or_default();
    match amode {
        Amode::Pool(entry) => format!("[const {:#x}]", vcode.pool[entry as usize]),
        Amode::Index { scaled, extend } => {
            let (base, index) = (next(), next());
            let extension = match extend {
                None => "",
                Some(false) => " uxtw",
                Some(true) => " sxtw",
            };
            format!("[{base} + {index}{extension}{}]", if scaled { " scaled" } else { "" })
        }
        Amode::Offset { base, disp } => {
            let base = match base {
                Base::Reg => next(),
                Base::Incoming => "incoming".into(),
                Base::Outgoing => "outgoing".into(),
                Base::Results => "results".into(),
            };
            match disp {
                0 => format!("[{base}]"),
                disp if disp < 0 => format!("[{base} - {}]", disp.unsigned_abs()),
                disp => format!("[{base} + {disp}]"),
            }
        }
    }
}

fn immediate(imm: Imm) -> Option<String> {
    let shift = |kind: Shift| format!("{kind:?}").to_lowercase();
    Some(match imm {
        Imm::None => return None,
        Imm::Arithmetic(value, shifted) => (u32::from(value) << if shifted { 12 } else { 0 }).to_string(),
        Imm::Logical(fields) => format!("n {} immr {} imms {}", fields >> 12, fields >> 6 & 63, fields & 63),
        Imm::Shift(kind, by) => format!("{} {by}", shift(kind)),
        Imm::Extend { signed, by } => format!("{} {by}", if signed { "sxtw" } else { "uxtw" }),
        Imm::Bits(immr, imms) => format!("immr {immr} imms {imms}"),
        Imm::Cond(cc) => cond(cc),
        Imm::CondFlags(cc, flags) => format!("flags {flags:#06b}, {}", cond(cc)),
        Imm::CondFlagsConst(cc, flags, value) => format!("{value}, flags {flags:#06b}, {}", cond(cc)),
        Imm::Float(byte) => format!("float {byte:#04x}"),
        Imm::Lanes(Lanes { op, cmode, byte }) => format!("op {op} cmode {cmode} byte {byte:#04x}"),
        Imm::Lane(w, n) => format!("lane {n} of {}", w.bits()),
        Imm::Lanes2(w, to, from) => format!("lane {to} from {from} of {}", w.bits()),
        Imm::Left(w, by) | Imm::Right(w, by) => format!("{by} of {}", w.bits()),
        Imm::Byte(n) => format!("byte {n}"),
        Imm::Rotate(by) => format!("ror {by}"),
    })
}

fn row(vcode: &Lowered<A64>, row: &Row, operands: &[String]) -> String {
    let d = row.op.desc();
    let mut it = operands.iter();
    let (mut defs, mut uses) = (Vec::new(), Vec::new());
    for (i, reg) in d.regs.iter().enumerate() {
        match reg.role {
            _ if row.zeros >> i & 1 == 1 => uses.push("zr".to_string()),
            Role::Use => uses.extend(it.next().cloned()),
            Role::Def => defs.extend(it.next().cloned()),
            Role::Tied => {
                uses.extend(it.next().cloned());
                defs.extend(it.next().cloned());
            }
        }
    }
    uses.extend(row.at.map(|at| place(vcode, at, &mut it)));
    uses.extend(immediate(row.imm));
    let vector = d.regs.iter().all(|reg| reg.bank == Bank::F);
    let size = match d.size {
        Size::No | Size::Word => String::new(),
        Size::Float | Size::FloatLane => format!(".{}", float(row.double)),
        Size::SfFloat => format!(".{}.{}", row.w.bits(), float(row.double)),
        Size::Lane | Size::Sf | Size::SfN | Size::Whole | Size::Access => format!(".{}", row.w.bits()),
    };
    let site = row.site.map_or(String::new(), |m| format!(" ; may trap (memory {m})"));
    let name = format!("{}{}{size}", if vector && d.size != Size::Float { "v" } else { "" }, d.name);
    assemble(&defs, &name, &uses) + &site
}

fn test(test: Test) -> String {
    match test {
        Test::Flags(cc) => cond(cc),
        Test::Zero { w, not } => format!("{}zero.{}", if not { "not_" } else { "" }, w.bits()),
        Test::Bit { bit, set } => format!("bit {bit} {}", if set { "set" } else { "clear" }),
    }
}

pub(super) fn show(vcode: &Lowered<A64>, inst: usize, operands: &[String]) -> String {
    let record = &vcode.insts[inst];
    if let Inst::Row(r) = &record.inst {
        return row(vcode, r, operands);
    }
    let (defs, uses) = split(vcode, inst, operands);
    let width = |name: &str, w: W| format!("{name}.{}", w.bits());
    let name = match record.inst {
        Inst::Common(_) | Inst::Row(_) => unreachable!("shown elsewhere"),
        Inst::Const { bits } => format!("const {bits:#x}"),
        Inst::ResultsAddress => "address results".into(),
        Inst::SelectVector { cc } => format!("select.vector {}", cond(cc)),
        Inst::Canonical { double, lanes } => {
            format!("canonical.{}{}", float(double), if lanes { ".lanes" } else { "" })
        }
        Inst::Tbl2 => "tbl2".into(),
        Inst::Exclusive { what, w } => width(what.name(), w),
        Inst::Fence => "fence".into(),
        Inst::Header { offset, i31, .. } => format!("header{} {offset}", if i31 { ".i31" } else { "" }),
        Inst::Poison => "poison".into(),
        Inst::Branch { test: t, then, or } => format!("branch {} m{} else m{}", test(t), then.index(), or.index()),
        Inst::TrapIf { test: t, code } => format!("trap_if {} ({})", test(t), code.message()),
        Inst::TrapIfDetail { test: t, code, .. } => format!("trap_if {} ({})", test(t), code.message()),
    };
    assemble(&defs, &name, &uses)
}

/// Decodes one instruction; `None` if there is no such instruction.
pub(super) fn decode(word: u32) -> Option<Instruction> {
    let bytes = word.to_le_bytes();
    InstDecoder::default().decode(&mut U8Reader::new(&bytes)).ok()
}

/// The offset that the instruction at offset `at` refers to, and the kind of reference.
fn target(instruction: &Instruction, at: u32) -> Option<(u32, Reference)> {
    let distance = instruction.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(distance) => Some(*distance),
        _ => None,
    })?;
    let to = (i64::from(at) + distance) as u32;
    let what = match instruction.opcode {
        Opcode::ADR => Reference::Address,
        Opcode::LDR | Opcode::LDRSW => Reference::Load,
        _ => Reference::Jump,
    };
    Some((to, what))
}

pub(super) fn disassemble(bytes: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled> {
    // The entry of the table of libcalls that was loaded into x16, which held the table's address.
    let mut entry: Option<usize> = None;
    let mut all = Vec::new();
    for (i, word) in bytes.chunks_exact(4).enumerate() {
        let offset = 4 * i as u32;
        let word = u32::from_le_bytes(word.try_into().expect("four bytes"));
        let mut text = format!(".word {word:#010x}");
        let (mut target_of, mut libcall) = (None, None);
        if let Some(instruction) = decode(word) {
            text = instruction.to_string();
            target_of = target(&instruction, offset);
            if let Some((to, _)) = target_of
                && let Some(at) = text.rfind('$')
            {
                let name = symbols(offset, 4, to).unwrap_or_else(|| format!("{to:#x}"));
                text.truncate(at);
                text += &name;
            }
            if instruction.opcode == Opcode::BLR {
                libcall = entry.and_then(|n| Libcall::ALL.get(n).copied());
            }
        }
        // ldr x16, [x16, #8 * n]
        entry = (word & 0xffc0_03ff == 0xf940_0210).then_some((word >> 10 & 0xfff) as usize);
        all.push(Disassembled { offset, len: 4, text, target: target_of, libcall });
    }
    all
}
