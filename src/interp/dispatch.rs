//! The two dispatchers: one loop, and handlers that jump to each other (direct threaded code: Bell, CACM 1973; Ertl and
//! Gregg, "The Structure and Performance of Efficient Interpreters", 2003).

use super::encoding::{Layout, Operands, Table, decode};
use super::handlers::{Op, types};
use super::machine::{Flow, Machine};
use super::opcodes::*;
use super::shapes::Operation;
use crate::runtime::vm::Status;
use pastey::paste;

/// Whether this build has the chained dispatcher. It needs sibling calls, which the compiler makes of calls in tail
/// position when it optimizes, provided that no handler lets the address of a local escape.
pub const CHAIN: bool = cfg!(wasmoon_chain);

/// The head of an instruction.
pub fn head(op: Op, chained: bool) -> u64 {
    if chained { chain::head(op) } else { op as u64 }
}

/// The head of a conditional branch or of a table that is watched, for the chained dispatcher.
pub fn watching_head(op: Op) -> u64 {
    chain::watching_head(op)
}

/// Whether instructions of an opcode with this layout can be watched; unconditional jumps cannot.
pub const fn is_branch(layout: Layout) -> bool {
    matches!(layout, Layout::Jump | Layout::JumpA | Layout::JumpAb | Layout::JumpI | Layout::JumpAi | Layout::Table)
}

/// The words of the targets of a table whose instruction is at this word.
pub fn targets(words: &[u64], at: u32) -> std::ops::Range<u32> {
    let table: Table = decode(&words[at as usize + 1..]);
    let first = at + 1 + Table::WORDS as u32;
    first..first + table.count + 1
}

/// Executes until the activation ends.
///
/// # Safety
/// The machine is at the first instruction of a frame made for its code, whose heads match `chained`.
pub unsafe fn run(state: Machine, chained: bool) -> Status {
    // SAFETY: the caller's promise.
    unsafe { if chained { chain::run(state) } else { run_loop(state) } }
}

macro_rules! loop_and_match {
    ([$($prefix:ident $name:ident [$($mode:ident: $shape:ident),*])*]
     [$($op:ident $text:literal $layout:ident $($effect:ident)? |$s:ident, $i:ident| $body:block)*]) => { paste! {
        /// # Safety
        /// As [`run`].
        unsafe fn run_loop(mut state: Machine) -> Status {
            loop {
                // SAFETY: the machine is at an instruction, whose head is an opcode.
                let flow = unsafe {
                    match std::mem::transmute::<u16, Op>(*state.pc as u16) {
                        $($(Op::[<$prefix $name $mode>] => types::[<$prefix $name $mode>]::exec(&mut state),)*)*
                        $(Op::$op => types::$op::exec(&mut state),)*
                    }
                };
                if let Flow::Exit(status) = flow {
                    return status;
                }
            }
        }
    } };
}
for_each_opcode!(loop_and_match);

#[cfg(wasmoon_chain)]
mod chain {
    use super::*;
    use crate::interp::machine::Stored;
    use crate::runtime::vm::VMContext;
    use std::sync::atomic::Ordering;

    /// The registers travel as arguments: six of the integer kind, two floats.
    type Handler = unsafe extern "C" fn(*const u64, *mut u64, *mut VMContext, *mut u8, usize, u64, f32, f64) -> Status;

    /// Executes an instruction and jumps to the handler of the next.
    unsafe extern "C" fn handler<O: Operation>(
        pc: *const u64,
        fp: *mut u64,
        ctx: *mut VMContext,
        mem: *mut u8,
        len: usize,
        acc: u64,
        acc32: f32,
        acc64: f64,
    ) -> Status {
        let mut s = Machine { pc, fp, ctx, mem, len, acc, acc32, acc64 };
        // SAFETY: the machine is at an instruction of this opcode, because its head is this handler's address; the
        // next one's head is the address of its handler.
        unsafe {
            match O::exec(&mut s) {
                Flow::Next => {
                    let next = *s.pc.cast::<Handler>();
                    next(s.pc, s.fp, s.ctx, s.mem, s.len, s.acc, s.acc32, s.acc64)
                }
                Flow::Exit(status) => status,
            }
        }
    }

    /// Counts in the cell of the word that is `behind` words after the instruction at `at`.
    ///
    /// # Safety
    /// The running code watches, and has the instruction and the word.
    #[inline(always)]
    unsafe fn see(s: &Machine, at: *const u64, behind: usize) {
        // SAFETY: the caller's promise.
        let cell = unsafe {
            let code = &*s.code();
            let word = (at as usize - code.words.as_ptr() as usize) / 8 + behind;
            code.watch.as_ref().unwrap_unchecked().cells.get_unchecked(word)
        };
        // As for passings, a count that a thread loses does no harm.
        cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// As [`handler`], for a branch that is watched.
    unsafe extern "C" fn watching<O: Operation>(
        pc: *const u64,
        fp: *mut u64,
        ctx: *mut VMContext,
        mem: *mut u8,
        len: usize,
        acc: u64,
        acc32: f32,
        acc64: f64,
    ) -> Status {
        let mut s = Machine { pc, fp, ctx, mem, len, acc, acc32, acc64 };
        // SAFETY: as in `handler`; only code that watches has this head.
        unsafe {
            let behind = 1 + O::Args::WORDS;
            let target = if let Layout::Table = O::Args::LAYOUT {
                let table: Table = *s.operands();
                behind + u32::read(&s, table.a).min(table.count) as usize
            } else {
                0
            };
            match O::exec(&mut s) {
                Flow::Next => {
                    let jumped = usize::from(s.pc != pc.add(behind));
                    see(&s, pc, if let Layout::Table = O::Args::LAYOUT { target } else { jumped });
                    let next = *s.pc.cast::<Handler>();
                    next(s.pc, s.fp, s.ctx, s.mem, s.len, s.acc, s.acc32, s.acc64)
                }
                Flow::Exit(status) => status,
            }
        }
    }

    /// The handler of a branch that is watched.
    const fn watched<O: Operation>() -> Option<Handler> {
        if is_branch(O::Args::LAYOUT) { Some(watching::<O>) } else { None }
    }

    /// By opcode: its rank among the branches. An address for each opcode would be a relocation at the start of the program.
    static RANKS: [u8; Op::ALL.len()] = {
        let (mut ranks, mut rank, mut i) = ([0; Op::ALL.len()], 0, 0);
        while i < Op::ALL.len() {
            ranks[i] = rank;
            rank += is_branch(Op::ALL[i].layout()) as u8;
            i += 1;
        }
        ranks
    };

    const BRANCHES: usize = {
        let (mut count, mut i) = (0, 0);
        while i < Op::ALL.len() {
            count += is_branch(Op::ALL[i].layout()) as usize;
            i += 1;
        }
        assert!(count <= u8::MAX as usize);
        count
    };

    macro_rules! handlers {
        ([$($prefix:ident $name:ident [$($mode:ident: $shape:ident),*])*]
         [$($op:ident $text:literal $layout:ident $($effect:ident)? |$s:ident, $i:ident| $body:block)*]) => { paste! {
            static HANDLERS: [Handler; Op::ALL.len()] = [
                $($(handler::<types::[<$prefix $name $mode>]>,)*)*
                $(handler::<types::$op>,)*
            ];

            static WATCHING: [Handler; BRANCHES] = {
                let all = [
                    $($(watched::<types::[<$prefix $name $mode>]>(),)*)*
                    $(watched::<types::$op>(),)*
                ];
                let (mut branches, mut count, mut i) = ([handler::<types::Exit> as Handler; BRANCHES], 0, 0);
                while i < all.len() {
                    if let Some(branch) = all[i] {
                        branches[count] = branch;
                        count += 1;
                    }
                    i += 1;
                }
                branches
            };
        } };
    }
    for_each_opcode!(handlers);

    pub fn head(op: Op) -> u64 {
        HANDLERS[op as usize] as usize as u64
    }

    pub fn watching_head(op: Op) -> u64 {
        WATCHING[usize::from(RANKS[op as usize])] as usize as u64
    }

    /// # Safety
    /// As [`super::run`].
    pub unsafe fn run(s: Machine) -> Status {
        // SAFETY: the caller's promise.
        unsafe {
            let first = *s.pc.cast::<Handler>();
            first(s.pc, s.fp, s.ctx, s.mem, s.len, s.acc, s.acc32, s.acc64)
        }
    }
}

#[cfg(not(wasmoon_chain))]
mod chain {
    use super::*;

    pub fn head(_: Op) -> u64 {
        unreachable!("the translator makes no chained code in this build")
    }

    pub fn watching_head(_: Op) -> u64 {
        unreachable!("only chained code is watched")
    }

    /// # Safety
    /// Nothing is required: it does not execute.
    pub unsafe fn run(_: Machine) -> Status {
        unreachable!("there is no chained code in this build")
    }
}
