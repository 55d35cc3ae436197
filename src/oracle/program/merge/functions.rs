//! The functions of the program itself: what it does, and how it reports.

use super::encode::Encoder;
use super::places::{Act, FRAME, MAGIC, Merge, MergeError, Width};
use crate::module::ValType;
use crate::oracle::SLOT;
use std::collections::BTreeSet;
use std::ops::Range;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, Function, Instruction};

impl Merge<'_> {
    /// The function for an act, and the number of its frames, the first of which is `next`.
    pub(super) fn act(
        &mut self,
        act: &Act,
        next: u32,
        wide: &mut BTreeSet<u32>,
    ) -> Result<(Function, u32), MergeError> {
        let mut function = Function::new([(1, wasm_encoder::ValType::I64)]);
        let frames = self.act_into(act, &mut function, next, wide)?;
        function.instruction(&Instruction::End);
        Ok((function, frames))
    }

    fn act_into(
        &mut self,
        act: &Act,
        f: &mut Function,
        next: u32,
        wide: &mut BTreeSet<u32>,
    ) -> Result<u32, MergeError> {
        let done = |f: &mut Function, number: u32| {
            f.instruction(&Instruction::I32Const(number as i32)).instruction(&Instruction::I64Const(1));
            f.instruction(&Instruction::I64Const(0)).instruction(&Instruction::Call(1));
        };
        match act {
            Act::Make(part) => {
                f.instruction(&Instruction::Call(self.functions + *part as u32));
                done(f, next);
                Ok(1)
            }
            Act::Set(at, bytes) => {
                for (&(cell, width), &global) in &self.cells {
                    if let Some(from) = cell.checked_sub(*at).filter(|from| *from < bytes.len() as u64) {
                        let bytes = &bytes[from as usize..];
                        f.instruction(&width.constant(&bytes[..bytes.len().min(width.bytes() as usize)]));
                        f.instruction(&Instruction::GlobalSet(global));
                    }
                }
                Ok(0)
            }
            Act::Write(part, memory, at, bytes) => {
                let memory = Encoder { merge: self, part: *part }.memory_index(*memory)?;
                for (n, byte) in bytes.iter().enumerate() {
                    f.instruction(&Instruction::I32Const((*at + n as u64) as i32));
                    f.instruction(&Instruction::I32Const(i32::from(*byte)));
                    f.instruction(&Instruction::I32Store8(plain(memory, 0)));
                }
                done(f, next);
                Ok(1)
            }
            Act::Call(part, function) => {
                let module = &self.parts[*part].module;
                let signature = module.function_signature(*function);
                let result = signature.results().first().copied();
                let function = self.places[*part].functions[*function as usize];
                f.instruction(&Instruction::Call(function));
                match result {
                    None => f.instruction(&Instruction::I64Const(1)),
                    Some(ValType::I32) => f.instruction(&Instruction::I64ExtendI32U),
                    Some(_) => f,
                };
                f.instruction(&Instruction::LocalSet(0));
                f.instruction(&Instruction::I32Const(next as i32)).instruction(&Instruction::LocalGet(0));
                f.instruction(&Instruction::I64Const(0)).instruction(&Instruction::Call(1));
                Ok(1)
            }
            Act::Get(part, at, len) => {
                let count = len.div_ceil(SLOT).max(1) as u32;
                for n in 0..count {
                    let slot = *at + u64::from(n) * SLOT as u64;
                    f.instruction(&Instruction::I32Const((next + n) as i32));
                    let cells: Vec<(u64, Width)> = self.stored[*part]
                        .range((slot, Width::I32)..(slot + SLOT as u64, Width::I32))
                        .copied()
                        .collect();
                    for half in [slot, slot + 8] {
                        f.instruction(&Instruction::I64Const(0));
                        for &(cell, width) in &cells {
                            self.bits(f, cell, width, half);
                            if half > slot && (cell >= half || width == Width::V128) {
                                wide.insert(next + n);
                            }
                        }
                    }
                    f.instruction(&Instruction::Call(1));
                }
                Ok(count)
            }
            Act::Read(part, memory, at, len) => {
                let memory = Encoder { merge: self, part: *part }.memory_index(*memory)?;
                let count = len.div_ceil(SLOT).max(1) as u32;
                for n in 0..count {
                    f.instruction(&Instruction::I32Const((next + n) as i32));
                    let slot = *at + u64::from(n) * SLOT as u64;
                    for half in [slot, slot + 8] {
                        // No more than was requested: the memory may end there.
                        let bytes = (*at + *len as u64).saturating_sub(half).min(8);
                        f.instruction(&Instruction::I64Const(0));
                        for byte in 0..bytes {
                            f.instruction(&Instruction::I32Const(0));
                            f.instruction(&Instruction::I64Load8U(plain(memory, half + byte)));
                            f.instruction(&Instruction::I64Const(8 * byte as i64)).instruction(&Instruction::I64Shl);
                            f.instruction(&Instruction::I64Or);
                        }
                    }
                    f.instruction(&Instruction::Call(1));
                    wide.insert(next + n);
                }
                Ok(count)
            }
        }
    }

    /// Adds the bits of a cell that lie in the eight bytes at `half` to the i64 on the stack.
    fn bits(&self, f: &mut Function, cell: u64, width: Width, half: u64) {
        let global = self.cells[&(cell, width)];
        let inside = |at: u64| at >= half && at < half + 8;
        if width == Width::V128 {
            f.instruction(&Instruction::GlobalGet(global));
            f.instruction(&Instruction::I64x2ExtractLane(u8::from(half > cell)));
            f.instruction(&Instruction::I64Or);
            return;
        }
        if !inside(cell) {
            return;
        }
        f.instruction(&Instruction::GlobalGet(global));
        match width {
            Width::I32 => f.instruction(&Instruction::I64ExtendI32U),
            Width::F32 => f.instruction(&Instruction::I32ReinterpretF32).instruction(&Instruction::I64ExtendI32U),
            Width::F64 => f.instruction(&Instruction::I64ReinterpretF64),
            Width::I64 | Width::V128 => f,
        };
        if cell > half {
            f.instruction(&Instruction::I64Const(8 * (cell - half) as i64)).instruction(&Instruction::I64Shl);
        }
        f.instruction(&Instruction::I64Or);
    }
}

fn plain(memory: u32, offset: u64) -> wasm_encoder::MemArg {
    wasm_encoder::MemArg { offset, align: 0, target: wasm_encoder::MemArgTarget::Memory(memory), ordering: None }
}

pub(super) fn empty() -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::End);
    f
}

/// `_start`: the frame that says that the program runs, and all acts.
pub(super) fn start(acts: Range<u32>) -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I64Const(0));
    f.instruction(&Instruction::I64Const(0)).instruction(&Instruction::Call(1));
    for act in acts {
        f.instruction(&Instruction::Call(act));
    }
    f.instruction(&Instruction::End);
    f
}

/// Returns 1.
pub(super) fn hello() -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::I64Const(1)).instruction(&Instruction::End);
    f
}

/// Does the acts up to and including one.
pub(super) fn up_to(acts: Range<u32>) -> Function {
    let mut f = Function::new([]);
    for (act, n) in acts.zip(0..) {
        f.instruction(&Instruction::Call(act));
        f.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::I32Const(n));
        f.instruction(&Instruction::I32Eq).instruction(&Instruction::If(BlockType::Empty));
        f.instruction(&Instruction::Return).instruction(&Instruction::End);
    }
    f.instruction(&Instruction::End);
    f
}

/// Does the acts up to one, and returns half of a frame of that act. `kept`: the first of the globals of [`kept`].
pub(super) fn half(frame: u32, half: u32, kept: u32, act: i32, up_to: u32) -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::I32Const(frame as i32)).instruction(&Instruction::GlobalSet(kept));
    f.instruction(&Instruction::I32Const(act)).instruction(&Instruction::Call(up_to));
    f.instruction(&Instruction::GlobalGet(kept + 1 + half)).instruction(&Instruction::End);
    f
}

/// `report`, if results are returned: it keeps the requested frame. `first`: the first of the globals for that.
pub(super) fn kept(first: u32) -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::GlobalGet(first));
    f.instruction(&Instruction::I32Eq).instruction(&Instruction::If(BlockType::Empty));
    f.instruction(&Instruction::LocalGet(1)).instruction(&Instruction::GlobalSet(first + 1));
    f.instruction(&Instruction::LocalGet(2)).instruction(&Instruction::GlobalSet(first + 2));
    f.instruction(&Instruction::End).instruction(&Instruction::End);
    f
}

/// `report`, if results are written, through the first bytes of a memory, which are restored afterwards: a vector of one buffer,
/// the number of bytes written, and the buffer.
pub(super) fn written(memory: u32) -> Function {
    const BUFFER: u64 = 16;
    const ALL: u64 = BUFFER + FRAME as u64;
    let words = ALL.div_ceil(8);
    let mut f = Function::new([(words as u32, wasm_encoder::ValType::I64)]);
    let at = |offset| plain(memory, offset);
    for n in 0..words {
        f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I64Load(at(8 * n)));
        f.instruction(&Instruction::LocalSet(3 + n as u32));
    }
    let mut store = |offset, value: Instruction<'_>, store: fn(wasm_encoder::MemArg) -> Instruction<'static>| {
        f.instruction(&Instruction::I32Const(0)).instruction(&value).instruction(&store(at(offset)));
    };
    store(0, Instruction::I32Const(BUFFER as i32), Instruction::I32Store);
    store(4, Instruction::I32Const(FRAME as i32), Instruction::I32Store);
    store(BUFFER, Instruction::I32Const(i32::from_le_bytes(MAGIC)), Instruction::I32Store);
    store(BUFFER + 4, Instruction::LocalGet(0), Instruction::I32Store);
    store(BUFFER + 8, Instruction::LocalGet(1), Instruction::I64Store);
    store(BUFFER + 16, Instruction::LocalGet(2), Instruction::I64Store);
    for value in [1, 0, 1, 8] {
        f.instruction(&Instruction::I32Const(value));
    }
    f.instruction(&Instruction::Call(0)).instruction(&Instruction::Drop);
    for n in 0..words {
        f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::LocalGet(3 + n as u32));
        f.instruction(&Instruction::I64Store(at(8 * n)));
    }
    f.instruction(&Instruction::End);
    f
}
