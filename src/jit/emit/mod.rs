//! Drives emission: portable, forwards.
//!
//! Blocks are emitted in their order, each instruction with its locations, and the allocator's moves between them.
//! Blocks that turn out to be nothing but a jump are skipped by whoever goes there. Code that is seldom reached comes
//! after the last block, then jump tables and the constant pool.

use super::code::FunctionCode;
use super::ir::Catch;
use super::isa::vcode::{HandlerRef, MachBlock};
use super::isa::{Isa, Lowered};
use crate::config::{Config, OptLevel};
use crate::runtime::abi::AbiConfig;
use crate::runtime::code::{CallSite, Handler, SiteKind, TrapSite};
use crate::runtime::compile_error::CompileError;
use crate::runtime::trap::TrapCode;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler};
use regalloc2::{Edit, Inst, Output, ProgPoint};

/// What a stretch of code was emitted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Prologue, landing, tables.
    Frame,
    /// A machine instruction, by number.
    Inst(u32),
    /// A move of the allocator, by its place in the list.
    Edit(u32),
    /// Code away from the hot path.
    Cold,
    /// Not code.
    Data,
}

/// A call whose handlers are still blocks.
struct PendingCall {
    return_offset: u32,
    wasm_offset: u32,
    handlers: Vec<HandlerRef>,
}

/// Loops begin at multiples of this, so that a short one fits into few fetches.
const LOOP_ALIGNMENT: u32 = 32;

/// State of emitting one function; what [`Isa::emit`] works with.
pub struct Emitter<'a, I: Isa> {
    pub asm: VecAssembler<I::Relocation>,
    pub vcode: &'a Lowered<I>,
    pub output: &'a Output,
    pub abi: &'a AbiConfig,
    /// Calls of the module's own functions go straight to their code instead of through their records.
    pub direct_calls: bool,
    /// Spill slots that hold extended 32-bit values, for a bug of the museum.
    #[cfg(feature = "museum")]
    pub narrow_slots: Vec<regalloc2::Allocation>,
    align_loops: bool,
    /// The block that follows the one being emitted.
    pub next: Option<MachBlock>,
    /// Byte offset in the module's binary of the operator whose code is being emitted.
    pub offset: u32,
    labels: Vec<DynamicLabel>,
    /// For each block, the one that a jump to it ends in.
    forward: Vec<MachBlock>,
    block_offsets: Vec<u32>,
    cold: Vec<I::Cold>,
    /// References to the pool: position, entry.
    pool_refs: Vec<(usize, u32)>,
    /// Jump tables: references to the table, and its targets.
    tables: Vec<(usize, Vec<MachBlock>)>,
    calls: Vec<PendingCall>,
    /// Bytes to overwrite once all is emitted.
    patches: Vec<(usize, u8)>,
    /// Note what each stretch of code is for.
    spans: bool,
    code: FunctionCode,
}

/// Emits a function whose registers are allocated; with `spans`, notes what each stretch of code is for.
///
/// # Errors
/// `Limit` when the function is too large for its jumps.
pub fn emit<I: Isa>(
    vcode: &Lowered<I>,
    output: &Output,
    abi: &AbiConfig,
    options: &Config,
    spans: bool,
) -> Result<FunctionCode, CompileError> {
    let blocks = vcode.blocks.len();
    let mut asm = VecAssembler::new_with_capacity(0, vcode.insts.len() * 6 + 64, 0, 0, blocks + 16, 0, blocks * 2 + 16);
    let labels = (0..blocks).map(|_| asm.new_dynamic_label()).collect();
    let mut cx = Emitter::<I> {
        asm,
        vcode,
        output,
        abi,
        direct_calls: options.direct_calls(),
        #[cfg(feature = "museum")]
        narrow_slots: super::regalloc::plants::narrow_slots::<I>(vcode, output),
        align_loops: options.opt == OptLevel::O2,
        next: None,
        // Of the prologue.
        offset: vcode.offset,
        labels,
        forward: Vec::new(),
        block_offsets: vec![u32::MAX; blocks],
        cold: Vec::new(),
        pool_refs: Vec::new(),
        tables: Vec::new(),
        calls: Vec::new(),
        patches: Vec::new(),
        spans,
        code: FunctionCode::default(),
    };
    cx.thread_jumps();
    cx.blocks();
    cx.finish()
}

impl<I: Isa> Emitter<'_, I> {
    /// Finds the blocks that need not be emitted.
    fn thread_jumps(&mut self) {
        let vcode = self.vcode;
        let mut edited = vec![false; vcode.insts.len()];
        for (point, _) in &self.output.edits {
            edited[point.inst().index()] = true;
        }
        let only_jump = |block: MachBlock| {
            let r = &vcode.blocks[block.index()];
            let single = r.insts.len() == 1 && !r.landing && !edited[r.insts.start as usize];
            if single { I::as_jump(&vcode.insts[r.insts.start as usize].inst) } else { None }
        };
        // Each block's end is found once, and is its own end: only such blocks are emitted, and only they have labels.
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
            // A cycle of jumps ends where it was entered, in a block that jumps to itself.
            let known = self.forward[block.index()];
            let end = if known == none { block } else { known };
            path.drain(..).for_each(|block| self.forward[block.index()] = end);
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
            if record.loop_header && self.align_loops {
                self.span(Origin::Frame);
                let bytes = self.position().next_multiple_of(LOOP_ALIGNMENT) - self.position();
                I::emit_nops(self, bytes);
            }
            self.block_offsets[block.index()] = self.position();
            let label = self.labels[block.index()];
            self.asm.dynamic_label(label);
            if record.landing {
                self.span(Origin::Frame);
                I::emit_landing(self);
            }
            let start = ProgPoint::before(Inst::new(first));
            let mut edit = self.output.edits.partition_point(|&(point, _)| point < start);
            for number in record.insts.clone() {
                let inst = Inst::new(number as usize);
                while let Some((point, Edit::Move { from, to })) = self.output.edits.get(edit)
                    && *point <= ProgPoint::before(inst)
                {
                    if from != to {
                        self.span(Origin::Edit(edit as u32));
                        let class = from.as_reg().or(to.as_reg()).expect("no moves between slots").class();
                        I::emit_move(self, *from, *to, class);
                    }
                    edit += 1;
                }
                let record = &vcode.insts[number as usize];
                self.offset = record.offset;
                self.span(Origin::Inst(number));
                self.source();
                I::emit(self, &record.inst, self.output.inst_allocs(inst));
            }
        }
        self.next = None;
        for cold in std::mem::take(&mut self.cold) {
            self.span(Origin::Cold);
            I::emit_cold(self, cold);
        }
    }

    fn finish(mut self) -> Result<FunctionCode, CompileError> {
        self.span(Origin::Data);
        let code_end = self.position();
        let tables = std::mem::take(&mut self.tables);
        if !tables.is_empty() {
            self.pad(4);
        }
        let mut refs = Vec::new();
        for (at, targets) in &tables {
            let table = self.position() as usize;
            refs.push((*at, table));
            for &target in targets {
                let distance = self.block_offsets[self.target(target).index()] as i64 - table as i64;
                self.asm.push_i32(distance as i32);
            }
        }
        if !self.vcode.pool.is_empty() && !self.pool_refs.is_empty() {
            self.pad(16);
            let pool = self.position() as usize;
            for &entry in &self.vcode.pool {
                self.asm.extend(entry.to_le_bytes());
            }
            refs.extend(self.pool_refs.iter().map(|&(at, entry)| (at, pool + entry as usize * 16)));
        }
        let mut bytes = self.asm.finalize().map_err(|e| CompileError::Limit(format!("function too large: {e}")))?;
        for &(at, byte) in &self.patches {
            bytes[at] = byte;
        }
        for (at, to) in refs {
            // What is there already are the bytes between the reference and the end of its instruction, negated.
            let adjust = i32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
            I::relocate(&mut bytes, at, (to as i64 + i64::from(adjust)) as usize);
        }
        let mut code = self.code;
        code.bytes = bytes;
        code.code_end = code_end;
        let handler = |h: HandlerRef| Handler {
            tag: match h.catch {
                Catch::Tag(tag) => Some(tag),
                Catch::All => None,
            },
            offset: self.block_offsets[self.forward[h.block.index()].index()],
        };
        code.calls = self
            .calls
            .into_iter()
            .map(|c| CallSite {
                return_offset: c.return_offset,
                wasm_offset: c.wasm_offset,
                handlers: c.handlers.into_iter().map(handler).collect(),
            })
            .collect();
        Ok(code)
    }

    fn pad(&mut self, alignment: u32) {
        while !self.position().is_multiple_of(alignment) {
            self.asm.extend(I::PADDING.iter().copied());
        }
    }

    /// Notes what the code from here on is for.
    fn span(&mut self, origin: Origin) {
        if self.spans {
            let at = self.position();
            self.code.spans.push((at, origin));
        }
    }

    /// Notes the operator that the code from here on comes from.
    fn source(&mut self) {
        let (at, offset) = (self.position(), self.offset);
        let sources = &mut self.code.sources;
        match sources.last_mut() {
            Some(last) if last.1 == offset => {}
            Some(last) if last.0 == at => last.1 = offset,
            _ => sources.push((at, offset)),
        }
    }

    // What back ends use.

    pub fn position(&self) -> u32 {
        self.asm.offset().0 as u32
    }

    /// Where a jump to the block really goes.
    pub fn target(&self, block: MachBlock) -> MachBlock {
        self.forward[block.index()]
    }

    pub fn label(&self, block: MachBlock) -> DynamicLabel {
        self.labels[self.target(block).index()]
    }

    /// Where the block's code begins, if it was emitted already.
    pub fn emitted_at(&self, block: MachBlock) -> Option<u32> {
        Some(self.block_offsets[self.target(block).index()]).filter(|&at| at != u32::MAX)
    }

    /// Whether the block comes next, so that no jump is needed.
    pub fn falls_through(&self, block: MachBlock) -> bool {
        self.next == Some(self.target(block))
    }

    /// The next instruction traps so.
    pub fn trap_site(&mut self, code: TrapCode, kind: SiteKind) {
        let offset = self.position();
        self.code.traps.push(TrapSite { offset, kind, code, wasm_offset: self.offset });
    }

    /// The last instruction was a call.
    pub fn call_site(&mut self, handlers: &[HandlerRef]) {
        let return_offset = self.position();
        self.calls.push(PendingCall { return_offset, wasm_offset: self.offset, handlers: handlers.to_vec() });
    }

    /// The bytes at a position are a distance to an entry of the constant pool.
    pub fn pool_reference(&mut self, at: usize, entry: u32) {
        self.pool_refs.push((at, entry));
    }

    /// The bytes at a position are the distance to a new table of distances from itself to these blocks.
    pub fn table_reference(&mut self, at: usize, targets: &[MachBlock]) {
        self.tables.push((at, targets.to_vec()));
    }

    /// The bytes at a position are the distance to the code of a function of the module.
    pub fn function_reference(&mut self, at: u32, func: u32) {
        self.code.function_refs.push((at, func));
    }

    /// Overwrites a byte that was emitted before.
    pub fn patch_byte(&mut self, at: usize, byte: u8) {
        self.patches.push((at, byte));
    }

    /// Code to emit after the last block.
    pub fn add_cold(&mut self, cold: I::Cold) {
        self.cold.push(cold);
    }
}
