//! Drives emission: independent of the CPU, in a forward pass.
//!
//! Blocks are emitted in order: each instruction with the locations of its operands, and the allocator's moves between
//! them. A block that consists only of a jump is skipped: jumps to it go directly to its target. A jump to a branch whose
//! outcome is known at the jump goes around the branch ([`Bypass`]). Cold code comes after the last block, followed by
//! the jump tables and the constant pool.

use super::buffer::{CodeBuffer, Label, OutOfReach};
use super::code::{DirectCalls, FunctionCode, Origin};
use super::ir::Catch;
use super::isa::common::Common;
use super::isa::vcode::{Bypass, HandlerRef, MachBlock};
use super::isa::{Isa, Lowered};
use crate::config::{Config, OptLevel};
use crate::runtime::abi::AbiConfig;
use crate::runtime::code::{CallSite, Handler, SiteKind, TrapSite};
use crate::runtime::compile_error::CompileError;
use crate::runtime::trap::TrapCode;
use crate::target::CodeLayout;
use regalloc2::{Allocation, Edit, Inst, OperandKind, Output, ProgPoint, RegClass};

/// The reach of references under [`Config::short_reach`]: a few of the longest instructions.
const SHORT_REACH: u32 = 1024;

/// A call whose handlers are still given as blocks.
struct PendingCall {
    return_offset: u32,
    wasm_offset: u32,
    handlers: Vec<HandlerRef>,
}

/// Emission for one CPU.
pub trait EmitIsa: Isa {
    /// Emits the beginning of the function, up to where its first block starts.
    fn emit_prologue(cx: &mut Emitter<'_, Self>);

    /// Emits the beginning of a landing block, before the allocator's moves. At this point only the frame pointer is valid.
    fn emit_landing(cx: &mut Emitter<'_, Self>);

    /// Emits no-ops of this many bytes in total.
    fn emit_nops(cx: &mut Emitter<'_, Self>, bytes: u32);

    /// Emits an instruction whose operands are at these locations.
    fn emit(cx: &mut Emitter<'_, Self>, inst: &Self::Inst, allocs: &[Allocation]);

    /// Emits a move between two registers, or between a register and a spill slot; it preserves flags.
    fn emit_move(cx: &mut Emitter<'_, Self>, from: Allocation, to: Allocation, class: RegClass);

    /// Emits two consecutive moves as one instruction; returns false if there is no such instruction.
    fn emit_pair(cx: &mut Emitter<'_, Self>, moves: [Move; 2]) -> bool;

    /// Emits code that was deferred by [`Emitter::add_cold`].
    fn emit_cold(cx: &mut Emitter<'_, Self>, cold: Self::Cold);

    /// Emits a jump with the longest reach; it preserves flags.
    fn emit_jump(cx: &mut Emitter<'_, Self>, to: Label);
}

/// A move between two registers, or between a register and a spill slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub from: Allocation,
    pub to: Allocation,
    pub class: RegClass,
}

/// The state of emitting one function, and the interface that [`EmitIsa::emit`] uses.
pub struct Emitter<'a, I: Isa> {
    /// The code so far.
    pub asm: CodeBuffer<I::Fixup>,
    /// The function.
    pub vcode: &'a Lowered<I>,
    /// The locations of the function's operands, and the allocator's moves.
    pub output: &'a Output,
    /// The calling convention.
    pub abi: &'a AbiConfig,
    /// The functions whose calls go straight to their code instead of through their records.
    pub direct: &'a DirectCalls,
    /// The constant pool may be farther away than the shortest references reach.
    pub far: bool,
    align_loops: bool,
    /// The block that follows the one being emitted.
    pub next: Option<MachBlock>,
    /// Byte offset in the module's binary of the operator whose code is being emitted.
    pub offset: u32,
    labels: Vec<Label>,
    /// For each block, the block where a jump to it ends.
    forward: Vec<MachBlock>,
    /// For each block, how it bypasses the block that it jumps to.
    bypasses: Vec<Option<Bypass>>,
    /// The bypass of the block being emitted.
    bypass: Option<Bypass>,
    /// For each block, whether a loop begins there. If back edges bypass a loop's header, the loop begins after the header.
    begins: Vec<bool>,
    cold: Vec<I::Cold>,
    /// The label of each entry of the constant pool.
    pool_labels: Vec<Label>,
    /// Whether code refers to an entry of the constant pool.
    uses_pool: bool,
    /// Jump tables with their targets.
    tables: Vec<(Label, Vec<MachBlock>)>,
    calls: Vec<PendingCall>,
    /// Whether to record the origin of each stretch of code.
    spans: bool,
    code: FunctionCode,
}

/// Emits a function after register allocation; with `spans`, records the origin of each stretch of code.
///
/// # Errors
/// `Limit` if the function is too large for its jumps.
pub fn emit<I: EmitIsa>(
    vcode: &Lowered<I>,
    output: &Output,
    abi: &AbiConfig,
    options: &Config,
    direct: &DirectCalls,
    spans: bool,
) -> Result<FunctionCode, CompileError> {
    let emitted = emit_with::<I>(vcode, output, abi, options, direct, spans, options.short_reach);
    // Large functions are rare, so they are emitted again instead of being measured first.
    let emitted = emitted.or_else(|OutOfReach { .. }| emit_with::<I>(vcode, output, abi, options, direct, spans, true));
    emitted.map_err(|e| CompileError::Limit(format!("function too large: {e}")))
}

fn emit_with<I: EmitIsa>(
    vcode: &Lowered<I>,
    output: &Output,
    abi: &AbiConfig,
    options: &Config,
    direct: &DirectCalls,
    spans: bool,
    far: bool,
) -> Result<FunctionCode, OutOfReach> {
    let blocks = vcode.blocks.len();
    let mut asm = CodeBuffer::with_capacity(vcode.insts.len() * 6 + 64, blocks + vcode.pool.len() + 16);
    if options.short_reach {
        asm.limit_reach(SHORT_REACH);
    }
    let labels = (0..blocks).map(|_| asm.label()).collect();
    let pool_labels = vcode.pool.iter().map(|_| asm.label()).collect();
    let mut cx = Emitter::<I> {
        asm,
        vcode,
        output,
        abi,
        direct,
        far,
        align_loops: options.opt == OptLevel::O2,
        next: None,
        // The prologue's.
        offset: vcode.offset,
        labels,
        forward: Vec::new(),
        bypasses: Vec::new(),
        bypass: None,
        begins: Vec::new(),
        cold: Vec::new(),
        pool_labels,
        uses_pool: false,
        tables: Vec::new(),
        calls: Vec::new(),
        spans,
        code: FunctionCode { alignment: I::TARGET.layout.function_alignment, ..FunctionCode::default() },
    };
    cx.thread_jumps();
    cx.blocks();
    cx.finish()
}

impl<I: EmitIsa> Emitter<'_, I> {
    /// Finds the blocks that need not be emitted.
    fn thread_jumps(&mut self) {
        let vcode = self.vcode;
        let mut edited = vec![false; vcode.insts.len()];
        for (point, _) in &self.output.edits {
            edited[point.inst().index()] = true;
        }
        let insts = |block: MachBlock| vcode.blocks[block.index()].insts.clone().map(|inst| inst as usize);
        // A block that is bypassed must not move or define anything.
        let only_reads = |block| {
            let mut operands = insts(block).flat_map(|inst| vcode.operands_of(inst));
            operands.all(|operand| operand.kind() == OperandKind::Use) && !insts(block).any(|inst| edited[inst])
        };
        let taken = vcode.blocks.iter().map(|r| r.bypass.filter(|bypass| only_reads(bypass.over)));
        self.bypasses = taken.collect();
        let bypasses = &self.bypasses;
        let only_jump = |block: MachBlock| {
            let r = &vcode.blocks[block.index()];
            let jump = match I::as_common(&vcode.insts[r.insts.start as usize].inst) {
                Some(Common::Jump { to }) => Some(to),
                _ => None,
            };
            let to = match (bypasses[block.index()], jump) {
                (Some(Bypass { to, is_all: true, .. }), _) | (Some(Bypass { to, .. }), Some(_)) | (None, Some(to)) => {
                    to
                }
                _ => return None,
            };
            (!r.landing && !insts(block).any(|inst| edited[inst])).then_some(to)
        };
        // Each block's final target is found once and is its own final target: only such blocks are emitted and have labels.
        let none = MachBlock::invalid();
        self.forward = vec![none; vcode.blocks.len()];
        let mut on_path = vec![false; vcode.blocks.len()];
        let mut path = Vec::new();
        for i in 0..vcode.blocks.len() {
            let mut block = MachBlock::new(i);
            while self.forward[block.index()] == none && !on_path[block.index()] {
                on_path[block.index()] = true;
                path.push(block);
                block = only_jump(block).unwrap_or(block);
            }
            // A cycle of jumps is resolved at the block where it was entered, which then jumps to itself.
            let known = self.forward[block.index()];
            let end = if known == none { block } else { known };
            path.drain(..).for_each(|block| self.forward[block.index()] = end);
        }
        self.begins = vcode.blocks.iter().map(|block| block.loop_header).collect();
        let mut ways = vec![0; vcode.blocks.len()];
        for (from, bypass) in self.bypasses.iter().enumerate() {
            let Some(Bypass { over, to, .. }) = *bypass else { continue };
            let to = self.forward[to.index()];
            // A back edge: blocks are numbered in reverse postorder.
            if vcode.blocks[over.index()].loop_header && from > over.index() {
                self.begins[over.index()] = false;
                self.begins[to.index()] = true;
            }
            ways[over.index()] += 1;
            // A block that all predecessors bypass is unreachable.
            if ways[over.index()] == vcode.blocks[over.index()].preds.len() {
                self.forward[over.index()] = to;
            }
        }
    }

    fn blocks(&mut self) {
        self.span(Origin::Frame);
        I::emit_prologue(self);
        let vcode = self.vcode;
        let live: Vec<MachBlock> = vcode.order.iter().copied().filter(|&b| self.target(b) == b).collect();
        for (i, &block) in live.iter().enumerate() {
            self.next = live.get(i + 1).copied();
            let record = &vcode.blocks[block.index()];
            let first = record.insts.start as usize;
            self.offset = vcode.insts[first].offset;
            self.bypass = self.bypasses[block.index()];
            if self.begins[block.index()] && self.align_loops {
                self.span(Origin::Frame);
                let CodeLayout { loop_alignment, looping_function_alignment, .. } = I::TARGET.layout;
                let bytes = self.position().next_multiple_of(loop_alignment) - self.position();
                I::emit_nops(self, bytes);
                self.code.alignment = looping_function_alignment;
            }
            self.asm.bind(self.labels[block.index()]);
            if record.landing {
                self.span(Origin::Frame);
                I::emit_landing(self);
            }
            let start = ProgPoint::before(Inst::new(first));
            let mut edit = self.output.edits.partition_point(|&(point, _)| point < start);
            for number in record.insts.clone() {
                let inst = Inst::new(number as usize);
                let edits = &self.output.edits[edit..];
                let count = edits.partition_point(|&(point, _)| point <= ProgPoint::before(inst));
                self.edits(edit..edit + count);
                edit += count;
                self.make_room(I::LONGEST);
                let record = &vcode.insts[number as usize];
                self.offset = record.offset;
                self.span(Origin::Inst(number));
                self.source();
                I::emit(self, &record.inst, self.output.inst_allocs(inst));
            }
        }
        self.next = None;
        self.bypass = None;
        for cold in std::mem::take(&mut self.cold) {
            self.make_room(I::LONGEST);
            self.span(Origin::Cold);
            I::emit_cold(self, cold);
        }
    }

    /// Emits the allocator's moves.
    fn edits(&mut self, edits: std::ops::Range<usize>) {
        let output = self.output;
        let mut moves = edits.filter_map(|number| {
            let Edit::Move { from, to } = output.edits[number].1;
            let class = from.as_reg().or(to.as_reg()).expect("no moves between slots").class();
            (from != to).then_some((number as u32, Move { from, to, class }))
        });
        let mut next = moves.next();
        while let Some((number, first)) = next {
            next = moves.next();
            self.make_room(I::LONGEST);
            if let Some((other, second)) = next {
                let start = self.position();
                if I::emit_pair(self, [first, second]) {
                    self.span_at(start, Origin::EditPair(number, other));
                    next = moves.next();
                    continue;
                }
            }
            self.span(Origin::Edit(number));
            I::emit_move(self, first.from, first.to, first.class);
        }
    }

    fn finish(mut self) -> Result<FunctionCode, OutOfReach> {
        // Control does not reach this point: neither the last block nor cold code falls through.
        self.asm.write_island(0);
        self.span(Origin::Data);
        let code_end = self.position();
        let padding = I::TARGET.layout.padding;
        let tables = std::mem::take(&mut self.tables);
        if !tables.is_empty() {
            self.asm.align(4, padding);
        }
        for (label, targets) in &tables {
            let table = self.position();
            self.asm.bind(*label);
            for &target in targets {
                let distance = i64::from(self.offset_of(target)) - i64::from(table);
                self.asm.put_all(&(distance as i32).to_le_bytes());
            }
        }
        if self.uses_pool {
            self.asm.align(16, padding);
            for (&entry, &label) in self.vcode.pool.iter().zip(&self.pool_labels) {
                self.asm.bind(label);
                self.asm.put_all(&entry.to_le_bytes());
            }
        }
        let handler = |h: &HandlerRef| Handler {
            tag: match h.catch {
                Catch::Tag(tag) => Some(tag),
                Catch::All => None,
            },
            offset: self.offset_of(h.block),
        };
        let calls = self.calls.iter().map(|c| CallSite {
            return_offset: c.return_offset,
            wasm_offset: c.wasm_offset,
            handlers: c.handlers.iter().map(handler).collect(),
        });
        let calls = calls.collect();
        let bytes = self.asm.finish()?;
        Ok(FunctionCode { bytes, code_end, calls, ..self.code })
    }

    /// Makes sure that this many bytes can be emitted without any reference going out of reach. The driver calls it
    /// before every instruction; back ends call it within an instruction that is longer than [`Isa::LONGEST`].
    pub fn make_room(&mut self, bytes: u32) {
        let bytes = 2 * I::LONGEST + bytes;
        if self.asm.needs_island(bytes) {
            self.span(Origin::Frame);
            let over = self.asm.label();
            I::emit_jump(self, over);
            self.asm.write_island(bytes);
            self.asm.bind(over);
        }
    }

    /// The offset of an emitted block.
    fn offset_of(&self, block: MachBlock) -> u32 {
        self.emitted_at(block).expect("every block that is referred to is emitted")
    }

    /// Records the origin of the code from here on.
    fn span(&mut self, origin: Origin) {
        self.span_at(self.position(), origin);
    }

    /// Records the origin of the code from an offset on.
    fn span_at(&mut self, at: u32, origin: Origin) {
        if self.spans {
            self.code.spans.push((at, origin));
        }
    }

    /// Records the operator that the code from here on comes from.
    fn source(&mut self) {
        let (at, offset) = (self.position(), self.offset);
        let sources = &mut self.code.sources;
        match sources.last_mut() {
            Some(last) if last.1 == offset => {}
            Some(last) if last.0 == at => last.1 = offset,
            _ => sources.push((at, offset)),
        }
    }

    // The interface for back ends.

    /// Offset of the next byte of code.
    pub fn position(&self) -> u32 {
        self.asm.position()
    }

    /// The block where a jump from the block being emitted to `block` ends.
    pub fn target(&self, block: MachBlock) -> MachBlock {
        let around = self.bypass.filter(|bypass| bypass.over == block);
        self.forward[around.map_or(block, |bypass| bypass.to).index()]
    }

    /// The label of the block where a jump to `block` ends.
    pub fn label(&self, block: MachBlock) -> Label {
        self.labels[self.target(block).index()]
    }

    /// The offset of the block's code, if it has already been emitted.
    pub fn emitted_at(&self, block: MachBlock) -> Option<u32> {
        self.asm.offset_of(self.label(block))
    }

    /// Whether the block is emitted next, so that no jump is needed.
    pub fn falls_through(&self, block: MachBlock) -> bool {
        self.next == Some(self.target(block))
    }

    /// Records that the next instruction may trap, and how.
    pub fn trap_site(&mut self, code: TrapCode, kind: SiteKind) {
        let offset = self.position();
        self.code.traps.push(TrapSite { offset, kind, code, wasm_offset: self.offset });
    }

    /// Records that the last instruction was a call, and its handlers.
    pub fn call_site(&mut self, handlers: &[HandlerRef]) {
        let return_offset = self.position();
        self.calls.push(PendingCall { return_offset, wasm_offset: self.offset, handlers: handlers.to_vec() });
    }

    /// Makes the field at a position refer to an entry of the constant pool.
    pub fn pool_reference(&mut self, at: u32, kind: I::Fixup, entry: u32) {
        self.uses_pool = true;
        self.asm.refer(at, kind, self.pool_labels[entry as usize]);
    }

    /// Makes the field at a position refer to a new jump table with these blocks: 32-bit distances from the start of the
    /// table.
    pub fn table_reference(&mut self, at: u32, kind: I::Fixup, targets: &[MachBlock]) {
        let label = self.asm.label();
        self.asm.refer(at, kind, label);
        self.tables.push((label, targets.to_vec()));
    }

    /// Records that the bytes from here to the end of the instruction being emitted are data.
    pub fn data(&mut self) {
        self.span(Origin::Data);
    }

    /// Records that the field at a position, of the kind [`Isa::FUNCTION_REFERENCE`], refers to the code of a function
    /// of the module.
    pub fn function_reference(&mut self, at: u32, func: u32) {
        self.code.function_refs.push((at, func));
    }

    /// Adds code to emit after the last block.
    pub fn add_cold(&mut self, cold: I::Cold) {
        self.cold.push(cold);
    }
}
