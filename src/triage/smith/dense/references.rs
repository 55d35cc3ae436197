//! Shapes with references that are not objects: exceptions that are caught by reference and thrown again, and functions that are
//! known not to be null.

use super::{Body, TAGS};
use crate::triage::smith::values::EXN;
use wasm_encoder::{BlockType, Catch, HeapType, Instruction as I, RefType, TypeSection, ValType as V};

/// A non-null function reference.
const FUNC: V = V::Ref(RefType { nullable: false, heap_type: HeapType::FUNC });

/// The types of blocks that end with the payload of a tag and the exception, one for each tag: the index of the first.
#[derive(Clone, Copy)]
pub(super) struct Caught {
    first: u32,
}

/// Declares the types; the first one has the index `first`.
pub(super) fn declare(types: &mut TypeSection, first: u32) -> Caught {
    for payload in TAGS {
        types.ty().function([], [payload, &[EXN]].concat());
    }
    Caught { first }
}

impl Body<'_> {
    /// Adds a local for an exception that no other code reads.
    pub(super) fn exception(&mut self) -> u32 {
        let local = self.fresh(EXN);
        self.own.push(local);
        local
    }

    /// Catches whatever is thrown into a local, and leaves the block that is `out` labels above if nothing is. `before` is
    /// executed.
    pub(super) fn caught_into(&mut self, local: u32, out: u32, before: impl FnOnce(&mut Self)) {
        self.put([I::Block(BlockType::Result(EXN))]);
        self.put([I::TryTable(BlockType::Empty, vec![Catch::AllRef { label: 0 }].into())]);
        before(self);
        self.put([I::End, I::Br(out + 1), I::End, I::LocalSet(local)]);
    }

    /// Catches an exception by reference, and throws it again where its tag is known; what is caught then has the same payload.
    pub(super) fn rethrown(&mut self, types: Caught) {
        let held = self.exception();
        self.put([I::Block(BlockType::Empty)]);
        self.caught_into(held, 0, |b| {
            if let Some(callee) = b.callee().filter(|_| b.budget > 0) {
                b.arguments(callee);
                b.transfer(callee, false);
                b.results(callee);
            }
            b.throw();
        });
        if self.once_in(2) {
            self.assignment();
        }
        let tag = self.below(TAGS.len() as u64) as u32;
        self.put([I::Block(BlockType::FunctionType(types.first + tag))]);
        let mut catches = vec![Catch::OneRef { tag, label: 0 }];
        if !self.once_in(4) {
            catches.push(Catch::All { label: 1 });
        }
        self.put([
            I::TryTable(BlockType::Empty, catches.into()),
            I::LocalGet(held),
            I::ThrowRef,
            I::End,
            I::Br(1),
            I::End,
        ]);
        self.put([I::LocalSet(held)]);
        for &ty in TAGS[tag as usize].iter().rev() {
            let to = self.local(ty);
            self.put([I::LocalSet(to)]);
        }
        if self.once_in(8) {
            self.put([I::LocalGet(held), I::ThrowRef]);
        }
        self.put([I::End]);
    }

    /// Uses an element of the table, both when it is null and when it is not.
    pub(super) fn nullness(&mut self) {
        let target = self.local(V::I32);
        let mut element = self.below(8) as i32;
        let note = [I::LocalGet(target), I::I32Const(0x5a5), I::I32Xor, I::LocalSet(target)];
        match self.below(3) {
            0 => {
                self.put([I::Block(BlockType::Empty), I::I32Const(element), I::TableGet(0), I::BrOnNull(0), I::Drop]);
                self.put(note);
                self.put([I::End]);
            }
            1 => {
                self.put([I::Block(BlockType::Empty), I::Block(BlockType::Result(FUNC))]);
                self.put([I::I32Const(element), I::TableGet(0), I::BrOnNonNull(0)]);
                self.put(note);
                self.put([I::Br(1), I::End, I::RefIsNull, I::LocalSet(target), I::End]);
            }
            _ => {
                // The last two are null.
                if !self.once_in(8) {
                    element %= 6;
                }
                self.put([I::I32Const(element), I::TableGet(0), I::RefAsNonNull, I::RefIsNull, I::LocalSet(target)]);
            }
        }
    }
}
