//! The late stages of one function as text: machine instructions before and after register allocation, and assembly.
//!
//! ```text
//! m2(v14, v15) loop:                       a block with its parameters; ' marks what follows
//!   v16:v14 = add.32 v14, v9               results = operation operands; v16 goes where v14 was
//!   v17:R0' = divide.32 v16:R0, v3^        fixed registers; ^: used late or defined early, so it shares no register
//!   branch ne m2 m3 | m2(v16, v17)         targets, then the arguments that edges carry
//!     move R0 -> [fp-24]                   after allocation: the allocator's insertions
//!   v16:R1 = add.32 v14:R1, v9:R2          … and where each operand is
//! ```
//!
//! The assembly is disassembled from the bytes, so it shows the code that the processor executes. Jump targets inside the
//! function have labels. Trap sites, calls, handlers and the allocator's moves are noted after a semicolon.

use super::code::{FunctionCode, Origin};
use super::disassembly::{Names, Reference, Symbols};
use super::isa::{Isa, Lowered, register_name, show};
use crate::runtime::code::{CallSite, SiteKind};
use regalloc2::{Allocation, Edit, Inst, OperandConstraint, OperandKind, OperandPos, Output, ProgPoint, RegClass};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A line of a stage's listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageLine {
    /// Indented by two spaces per level; labels and headings are not indented.
    pub text: String,
    /// Byte offset in the module's binary of the operator that the line comes from.
    pub wasm: Option<u32>,
    /// Byte offset in the function's machine code.
    pub code: Option<u32>,
}

impl StageLine {
    /// A line that belongs to no operator.
    pub fn heading(text: impl Into<String>) -> StageLine {
        StageLine { text: text.into(), wasm: None, code: None }
    }
}

/// The stages from selection to bytes.
#[derive(Clone, Debug, Default)]
pub struct MachineListing {
    /// Machine instructions before allocation.
    pub before: Vec<StageLine>,
    /// Machine instructions after allocation, with moves.
    pub after: Vec<StageLine>,
    /// The disassembled code.
    pub assembly: Vec<StageLine>,
    /// Bytes and tables; references to other functions are not yet filled in.
    pub code: FunctionCode,
}

/// Returns the late stages of a function whose code was emitted with spans. `defined` names the functions that the module
/// defines.
pub(super) fn machine<I: Isa>(
    vcode: &Lowered<I>,
    output: &Output,
    code: FunctionCode,
    defined: Names<'_>,
) -> MachineListing {
    MachineListing {
        before: instructions::<I>(vcode, None, defined),
        after: instructions::<I>(vcode, Some(output), defined),
        assembly: assembly::<I>(&code, vcode, output, defined),
        code,
    }
}

fn place<I: Isa>(vcode: &Lowered<I>, alloc: Allocation, class: RegClass) -> String {
    match (alloc.as_reg(), alloc.as_stack()) {
        (Some(reg), _) => register_name(I::TARGET, reg).to_string(),
        (_, Some(slot)) => show::slot_name::<I>(vcode, slot.index(), class),
        _ => "nowhere".to_string(),
    }
}

/// Returns the operands of an instruction as text, in order.
fn operands<I: Isa>(vcode: &Lowered<I>, inst: usize, output: Option<&Output>) -> Vec<String> {
    let operands = vcode.operands_of(inst);
    let allocs = output.map(|o| o.inst_allocs(Inst::new(inst)));
    let mut shown = Vec::with_capacity(operands.len());
    for (i, operand) in operands.iter().enumerate() {
        let vreg = operand.vreg();
        let mut text = vreg.to_string();
        match allocs {
            Some(allocs) => {
                let _ = write!(text, ":{}", place::<I>(vcode, allocs[i], operand.class()));
            }
            None => {
                let _ = match operand.constraint() {
                    OperandConstraint::Any => write!(text, ":any"),
                    OperandConstraint::Stack => write!(text, ":stack"),
                    OperandConstraint::FixedReg(reg) => write!(text, ":{}", register_name(I::TARGET, reg)),
                    OperandConstraint::Reuse(other) => write!(text, ":{}", operands[other].vreg()),
                    OperandConstraint::Reg | OperandConstraint::Limit(_) => Ok(()),
                };
                let usual = match operand.kind() {
                    OperandKind::Use => OperandPos::Early,
                    OperandKind::Def => OperandPos::Late,
                };
                if operand.pos() != usual {
                    text.push('^');
                }
            }
        }
        shown.push(text);
    }
    shown
}

fn instructions<I: Isa>(vcode: &Lowered<I>, output: Option<&Output>, defined: Names<'_>) -> Vec<StageLine> {
    let mut lines = Vec::new();
    for &block in &vcode.order {
        let record = &vcode.blocks[block.index()];
        let mut head = format!("m{}", block.index());
        if output.is_none() && !record.params.is_empty() {
            let params: Vec<String> = record.params.iter().map(ToString::to_string).collect();
            let _ = write!(head, "({})", params.join(", "));
        }
        if record.loop_header {
            head.push_str(" loop");
        }
        if record.landing {
            head.push_str(" landing");
        }
        head.push(':');
        lines.push(StageLine::heading(head));
        let edits = output.map_or(&[][..], |o| &o.edits);
        let start = ProgPoint::before(Inst::new(record.insts.start as usize));
        let mut edit = edits.partition_point(|&(point, _)| point < start);
        for number in record.insts.clone() {
            let inst = number as usize;
            let mach = &vcode.insts[inst];
            while let Some((point, Edit::Move { from, to })) = edits.get(edit)
                && *point <= ProgPoint::before(Inst::new(inst))
            {
                let class = from.as_reg().or(to.as_reg()).map_or(RegClass::Int, |r| r.class());
                let (from, to) = (place::<I>(vcode, *from, class), place::<I>(vcode, *to, class));
                lines.push(StageLine {
                    text: format!("    move {from} -> {to}"),
                    wasm: Some(mach.offset).filter(|&o| o != 0),
                    code: None,
                });
                edit += 1;
            }
            let mut text = format!("  {}", show::show::<I>(vcode, inst, &operands::<I>(vcode, inst, output), defined));
            let carried = record.insts.end == number + 1 && output.is_none();
            let mut mark = " |";
            for (succ, args) in record.succs.iter().zip(&record.args) {
                if carried && !args.is_empty() {
                    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                    let _ = write!(text, "{mark} m{}({})", succ.index(), args.join(", "));
                    mark = ",";
                }
            }
            let clobbers: Vec<&str> = vcode.clobbers[usize::from(mach.clobbers)]
                .into_iter()
                .map(|reg| register_name(I::TARGET, reg))
                .collect();
            match clobbers.len() {
                0 => {}
                n if n <= 4 => drop(write!(text, " ; overwrites {}", clobbers.join(" "))),
                n => drop(write!(text, " ; overwrites {n} registers")),
            }
            lines.push(StageLine { text, wasm: Some(mach.offset).filter(|&o| o != 0), code: None });
        }
    }
    lines
}

/// Returns the origin of the code at an offset.
fn origin_at(code: &FunctionCode, offset: u32) -> Origin {
    let after = code.spans.partition_point(|s| s.0 <= offset);
    after.checked_sub(1).map_or(Origin::Frame, |i| code.spans[i].1)
}

/// Returns the offset in the module's binary of the operator that the code at an offset comes from.
fn source_at<I: Isa>(code: &FunctionCode, vcode: &Lowered<I>, output: &Output, offset: u32) -> Option<u32> {
    let of = |inst: usize| Some(vcode.insts[inst].offset);
    let found = match origin_at(code, offset) {
        Origin::Inst(n) => of(n as usize),
        Origin::Edit(n) | Origin::EditPair(n, _) => of(output.edits[n as usize].0.inst().index()),
        Origin::Cold => {
            // Each piece of cold code traps or makes a call, and that trap or call has the operator's offset.
            let next = code.spans.partition_point(|s| s.0 <= offset);
            let end = code.spans.get(next).map_or(code.code_end, |s| s.0);
            let trap = code.traps.iter().find(|t| t.offset >= offset && t.offset < end).map(|t| t.wasm_offset);
            trap.or_else(|| call_after(&code.calls, offset).filter(|c| c.return_offset <= end).map(|c| c.wasm_offset))
        }
        Origin::Frame | Origin::Data => None,
    };
    found.filter(|&o| o != 0)
}

fn call_after(calls: &[CallSite], offset: u32) -> Option<&CallSite> {
    calls.get(calls.partition_point(|c| c.return_offset <= offset))
}

fn assembly<I: Isa>(code: &FunctionCode, vcode: &Lowered<I>, output: &Output, defined: Names<'_>) -> Vec<StageLine> {
    let text = &code.bytes[..code.code_end as usize];
    // Tables may stand between instructions.
    let is_data = |at: u32| origin_at(code, at) == Origin::Data;
    let read = |symbols: Symbols<'_>| {
        let mut all = I::disassemble(text, symbols);
        all.retain(|inst| !is_data(inst.offset));
        all
    };
    let plain = read(&|_, _, _| None);
    let function_ref = |at: u32, len: u32| {
        code.function_refs.iter().find(|r| r.0 >= at && r.0 < at + len).map(|&(_, func)| defined(func))
    };
    // Labels: jump targets, handlers and table entries, and data by the references to it.
    let mut labels: BTreeMap<u32, String> = BTreeMap::new();
    let mut data: BTreeMap<u32, bool> = BTreeMap::new();
    let end = code.bytes.len() as u32;
    for inst in &plain {
        match inst.target {
            Some((to, _)) if to < code.code_end && !is_data(to) && function_ref(inst.offset, inst.len).is_none() => {
                labels.insert(to, String::new());
            }
            // An address computation refers to a table; a load refers to a constant.
            Some((to, what)) if to < end => drop(data.insert(to, what == Reference::Address)),
            _ => {}
        }
    }
    let handlers = code.calls.iter().flat_map(|c| &c.handlers);
    labels.extend(handlers.map(|h| (h.offset, String::new())));
    let is_start = |at: u32| plain.binary_search_by_key(&at, |i| i.offset).is_ok();
    let word =
        |at: u32| code.bytes.get(at as usize..at as usize + 4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let mut tables: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&table, _) in data.iter().filter(|d| *d.1) {
        let next = data.range(table + 1..).next().map_or(end, |d| *d.0);
        let after = code.spans.partition_point(|s| s.0 <= table);
        let limit = code.spans.get(after).map_or(next, |span| next.min(span.0));
        let entries = (table..limit).step_by(4).map_while(|at| {
            let to = i64::from(table) + i64::from(word(at)?);
            u32::try_from(to).ok().filter(|&to| is_start(to))
        });
        let entries: Vec<u32> = entries.collect();
        labels.extend(entries.iter().map(|&to| (to, String::new())));
        tables.insert(table, entries);
    }
    labels.iter_mut().enumerate().for_each(|(i, (_, name))| *name = format!("L{i}"));
    let label = |at: u32| labels.get(&at).map_or_else(|| format!("{at:#x}"), String::clone);
    let data_names: BTreeMap<u32, String> = data.keys().enumerate().map(|(i, &at)| (at, format!("D{i}"))).collect();
    let symbols = |at: u32, len: u32, to: u32| {
        function_ref(at, len).or_else(|| labels.get(&to).cloned()).or_else(|| data_names.get(&to).cloned())
    };

    let mut lines = Vec::new();
    for inst in read(&symbols) {
        let at = inst.offset;
        let origin = origin_at(code, at);
        if labels.contains_key(&at) {
            lines.push(StageLine { text: format!("{}:", label(at)), wasm: None, code: Some(at) });
        }
        let mut notes = Vec::new();
        if let Ok(i) = code.traps.binary_search_by_key(&at, |t| t.offset) {
            let trap = &code.traps[i];
            notes.push(match trap.kind {
                SiteKind::Explicit => format!("trap: {}", trap.code.message()),
                SiteKind::Detail { register, .. } => {
                    let register = I::TARGET.registers.int[usize::from(register)];
                    format!("trap: {} (of the number in {register})", trap.code.message())
                }
                SiteKind::Memory(m) => format!("trap: {} (memory {m})", trap.code.message()),
            });
        }
        if let Ok(i) = code.calls.binary_search_by_key(&(at + inst.len), |c| c.return_offset) {
            let callee = match origin {
                Origin::Inst(n) => show::callee::<I>(vcode, n as usize, defined),
                _ => None,
            };
            notes.extend(callee.or_else(|| inst.libcall.map(|l| l.name().to_string())).map(|c| format!("call {c}")));
            for handler in &code.calls[i].handlers {
                let tag = handler.tag.map_or("all".to_string(), |t| format!("tag {t}"));
                notes.push(format!("catch {tag}: {}", label(handler.offset)));
            }
        }
        match origin {
            Origin::Edit(_) => notes.push("move".to_string()),
            Origin::EditPair(..) => notes.push("two moves".to_string()),
            Origin::Frame if code.spans.binary_search_by_key(&at, |s| s.0).is_ok() => notes.push("frame".to_string()),
            _ => {}
        }
        let mut text = format!("  {}", inst.text);
        if !notes.is_empty() {
            let _ = write!(text, "{:width$} ; {}", "", notes.join(", "), width = 34usize.saturating_sub(text.len()));
        }
        lines.push(StageLine { text, wasm: source_at::<I>(code, vcode, output, at), code: Some(at) });
    }
    for (&at, name) in &data_names {
        lines.push(StageLine { text: format!("{name}:"), wasm: None, code: Some(at) });
        match tables.get(&at) {
            Some(entries) => lines.extend(entries.iter().enumerate().map(|(i, &to)| StageLine {
                text: format!("  .long {} - {name}", label(to)),
                wasm: None,
                code: Some(at + 4 * i as u32),
            })),
            None => {
                let bytes = code.bytes[at as usize..].iter().take(16);
                let bytes: Vec<String> = bytes.map(|b| format!("{b:02x}")).collect();
                lines.push(StageLine { text: format!("  .byte {}", bytes.join(" ")), wasm: None, code: Some(at) });
            }
        }
    }
    lines
}
