//! Opcodes and their operations: those that the kinds of operators have, and the instructions of the
//! [table](super::opcodes).

use super::atomics::{self, AtomicKind};
use super::calls;
use super::continuations;
use super::encoding::*;
use super::lanes::{self, *};
use super::machine::{Flow, Machine, POISON, Scalar, Stored};
use super::numbers;
use super::objects;
use super::opcodes::*;
use super::shapes::*;
use super::sys::{self, Bytes};
use super::vector_shapes::*;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{Status, VMFunc};
use pastey::paste;
use std::sync::atomic::{Ordering, fence};

/// Ends an operation that calls the runtime.
macro_rules! finish {
    ($s:ident, $r:expr, $layout:ident $(, |$value:ident| $put:expr)?) => {{
        let r = $r;
        if r.status != Status::Ok {
            return Flow::Exit(r.status);
        }
        $(let $value = r.value; $put;)?
        $s.next::<$layout>()
    }};
}

/// The column of a row that states the effect of an instruction on its frame.
macro_rules! effect {
    () => {
        FrameEffect::Stays
    };
    (calls) => {
        FrameEffect::Calls
    };
    (returns) => {
        FrameEffect::Returns
    };
}

macro_rules! define {
    ([$($prefix:ident $name:ident [$($mode:ident: $shape:ident),*])*]
     [$($op:ident $text:literal $layout:ident $($effect:ident)? |$s:ident, $i:ident| $body:block)*]) => { paste! {
        /// Opcode. In the code of the loop dispatcher, the head of an instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Op { $($([<$prefix $name $mode>],)*)* $($op,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$($(Op::[<$prefix $name $mode>],)*)* $(Op::$op,)*];

            /// Mnemonic, in two parts: operation and how its operands come.
            pub fn mnemonic(self) -> (&'static str, &'static str) {
                match self {
                    $($(Op::[<$prefix $name $mode>] => {
                        (types::[<$prefix $name $mode>]::NAME, types::[<$prefix $name $mode>]::MODE)
                    })*)*
                    $(Op::$op => (types::$op::NAME, types::$op::MODE),)*
                }
            }

            /// The layout of the operands.
            pub const fn layout(self) -> Layout {
                match self {
                    $($(Op::[<$prefix $name $mode>] => <types::[<$prefix $name $mode>] as Operation>::Args::LAYOUT,)*)*
                    $(Op::$op => <types::$op as Operation>::Args::LAYOUT,)*
                }
            }

            /// The effect on the frame.
            pub const fn effect(self) -> FrameEffect {
                match self {
                    $($(Op::[<$prefix $name $mode>] => types::[<$prefix $name $mode>]::EFFECT,)*)*
                    $(Op::$op => types::$op::EFFECT,)*
                }
            }
        }

        /// The operations as types.
        pub mod types {
            use super::*;
            use crate::interp::evaluate::*;
            $($(pub type [<$prefix $name $mode>] = $shape<[<$prefix $name>]>;)*)*
            $(
                pub struct $op;
                impl Operation for $op {
                    type Args = $layout;
                    const NAME: &'static str = $text;
                    const MODE: &'static str = "";
                    const EFFECT: FrameEffect = effect!($($effect)?);
                    #[cfg_attr(wasmoon_optimised, inline(always))]
                    unsafe fn exec($s: &mut Machine) -> Flow {
                        // SAFETY: the caller promises that the machine is at an instruction of this opcode: operands
                        // have this layout, slots are in the frame, indices are of entities that the instance has.
                        unsafe {
                            let $i: $layout = *$s.operands();
                            $body
                        }
                    }
                }
            )*
        }
    } };
}
for_each_opcode!(define);

/// The opcodes that end their frame.
pub const RETURNS: [Op; RETURN_COUNT] = {
    let (mut returns, mut count, mut i) = ([Op::Ret; RETURN_COUNT], 0, 0);
    while i < Op::ALL.len() {
        if matches!(Op::ALL[i].effect(), FrameEffect::Returns) {
            returns[count] = Op::ALL[i];
            count += 1;
        }
        i += 1;
    }
    returns
};

const RETURN_COUNT: usize = {
    let (mut count, mut i) = (0, 0);
    while i < Op::ALL.len() {
        count += matches!(Op::ALL[i].effect(), FrameEffect::Returns) as usize;
        i += 1;
    }
    count
};
