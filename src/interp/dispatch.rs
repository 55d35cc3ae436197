//! The two dispatchers: one loop, and handlers that jump to each other (direct threaded code: Bell, CACM 1973; Ertl and
//! Gregg, "The Structure and Performance of Efficient Interpreters", 2003).

use super::handlers::{Op, types};
use super::machine::{Flow, Machine};
use super::opcodes::*;
use super::shapes::Operation;
use crate::runtime::vm::Status;
use pastey::paste;

/// Whether this build has the chained dispatcher. It needs sibling calls, which the compiler makes of calls in tail
/// position when it optimises, if no handler lets the address of a local escape.
pub const CHAIN: bool = cfg!(wasmoon_chain);

/// The head of an instruction.
pub fn head(op: Op, chained: bool) -> u64 {
    if chained { chain::head(op) } else { op as u64 }
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
    use crate::runtime::vm::VMContext;

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

    macro_rules! handlers {
        ([$($prefix:ident $name:ident [$($mode:ident: $shape:ident),*])*]
         [$($op:ident $text:literal $layout:ident $($effect:ident)? |$s:ident, $i:ident| $body:block)*]) => { paste! {
            static HANDLERS: [Handler; Op::ALL.len()] = [
                $($(handler::<types::[<$prefix $name $mode>]>,)*)*
                $(handler::<types::$op>,)*
            ];
        } };
    }
    for_each_opcode!(handlers);

    pub fn head(op: Op) -> u64 {
        HANDLERS[op as usize] as usize as u64
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

    /// # Safety
    /// Nothing is required: it does not execute.
    pub unsafe fn run(_: Machine) -> Status {
        unreachable!("there is no chained code in this build")
    }
}
