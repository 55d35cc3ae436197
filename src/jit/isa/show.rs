//! Machine instructions as text: the parts that are the same for every CPU.

use super::common::{Callee, Common, LibArg, Side};
use super::vcode::{HandlerRef, VCode};
use super::{Isa, Lowered, layout};
use crate::jit::disassembly::Names;
use crate::jit::ir::Catch;
use regalloc2::{OperandKind, RegClass};

/// Returns a machine instruction as text; `operands` are its register operands as they are to be shown, and `defined`
/// names the functions that the module defines.
pub fn show<I: Isa>(vcode: &Lowered<I>, inst: usize, operands: &[String], defined: Names<'_>) -> String {
    match I::as_common(&vcode.insts[inst].inst) {
        Some(common) => show_common(vcode, inst, common, operands, defined),
        None => I::show(vcode, inst, operands),
    }
}

/// Returns the name of the function that a machine instruction calls, if it is a call.
pub fn callee<I: Isa>(vcode: &Lowered<I>, inst: usize, defined: Names<'_>) -> Option<String> {
    callee_of(vcode, I::as_common(&vcode.insts[inst].inst)?, defined)
}

fn callee_of<I>(vcode: &VCode<I>, common: Common, defined: Names<'_>) -> Option<String> {
    let (Common::Call { side } | Common::TailCall { side } | Common::Libcall { side }) = common else { return None };
    match &vcode.sides[side as usize] {
        Side::Call { callee: Callee::Defined(n), .. } => Some(defined(*n)),
        Side::Call { callee: Callee::Ref, .. } => Some("by reference".into()),
        Side::Libcall { libcall, .. } => Some(libcall.name().into()),
        Side::Table { .. } | Side::Alloc { .. } => None,
    }
}

/// Returns the location of a spill slot in the frame as text.
pub fn slot_name<I: Isa>(vcode: &Lowered<I>, slot: usize, class: RegClass) -> String {
    let fp = I::TARGET.registers.int[usize::from(I::TARGET.abi.fp)];
    format!("[{fp}-{}]", -layout::spill(vcode, slot, class))
}

/// Returns the text of an instruction with its results and arguments.
pub fn assemble(defs: &[String], name: &str, uses: &[String]) -> String {
    let mut text = defs.join(", ");
    if !defs.is_empty() {
        text.push_str(" = ");
    }
    text.push_str(name);
    if !uses.is_empty() {
        text.push(' ');
        text.push_str(&uses.join(", "));
    }
    text
}

/// Splits the texts of an instruction's operands into those that it defines and those that it uses.
pub fn split<I>(vcode: &VCode<I>, inst: usize, operands: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut defs, mut uses) = (Vec::new(), Vec::new());
    for (operand, text) in vcode.operands_of(inst).iter().zip(operands) {
        match operand.kind() {
            OperandKind::Def => defs.push(text.clone()),
            OperandKind::Use => uses.push(text.clone()),
        }
    }
    (defs, uses)
}

fn handlers(list: &[HandlerRef]) -> String {
    let one = |h: &HandlerRef| match h.catch {
        Catch::Tag(tag) => format!(" catch tag {tag}: m{}", h.block.index()),
        Catch::All => format!(" catch all: m{}", h.block.index()),
    };
    list.iter().map(one).collect()
}

fn show_common<I>(vcode: &VCode<I>, inst: usize, common: Common, operands: &[String], defined: Names<'_>) -> String {
    let (defs, mut uses) = split(vcode, inst, operands);
    let mut tail = String::new();
    let name = match common {
        Common::Args => "args".into(),
        Common::Copy => "copy".into(),
        Common::Poll => "poll".into(),
        Common::LandingPad => "landing_pad".into(),
        Common::Alloc { side } => {
            if let Side::Alloc { ty, len, .. } = &vcode.sides[side as usize] {
                tail = format!(" type({ty}, {len})");
            }
            "alloc".into()
        }
        Common::Jump { to } => format!("jump m{}", to.index()),
        Common::JumpTable { side } => {
            if let Side::Table { targets } = &vcode.sides[side as usize] {
                tail = targets.iter().map(|t| format!(" m{}", t.index())).collect();
            }
            "table".into()
        }
        Common::Trap { code } => format!("trap ({})", code.message()),
        Common::Never => "never".into(),
        Common::Ret => "ret".into(),
        Common::Call { side } | Common::TailCall { side } => {
            if let Side::Call { handlers: h, normal, .. } = &vcode.sides[side as usize] {
                tail = normal.map_or(String::new(), |n| format!(" then m{}", n.index())) + &handlers(h);
            }
            let name = if matches!(common, Common::Call { .. }) { "call" } else { "tail_call" };
            format!("{name} {}", callee_of(vcode, common, defined).unwrap_or_default())
        }
        Common::Libcall { side } => {
            let mut values = std::mem::take(&mut uses).into_iter();
            if let Side::Libcall { args, handlers: h, normal, .. } = &vcode.sides[side as usize] {
                uses = args
                    .iter()
                    .map(|a| match a {
                        LibArg::Imm(bits) => format!("{:#x}", bits),
                        LibArg::Value(_) => values.next().unwrap_or_default(),
                    })
                    .collect();
                tail = normal.map_or(String::new(), |n| format!(" then m{}", n.index())) + &handlers(h);
            }
            format!("libcall {}", callee_of(vcode, common, defined).unwrap_or_default())
        }
    };
    assemble(&defs, &name, &uses) + &tail
}
