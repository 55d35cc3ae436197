//! Functions that do one thing with their parameters in the locations where they arrive: pass them on, use them as operands of
//! bulk operations, access memory far from them, or show them. In a longer body the allocator has moved everything elsewhere by
//! then.

use super::expressions::argument;
use super::{Body, PAGES, Signature, drawn_type};
use crate::random::Random;
use crate::triage::smith::operators::scalars::{load, store};
use crate::triage::smith::values::{bits, constant, drawn};
use wasm_encoder::{HeapType, Instruction as I, ValType as V};

/// The purpose of a function, in the order of the functions: each calls only later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Statements of all shapes.
    General,
    /// An immediate tail call, with more arguments than it has parameters.
    Forward,
    /// Bulk operations whose operands are parameters in any order.
    Move,
    /// One access with an odd address and a far offset. It mostly traps, so only the driver calls it.
    Far,
    /// Shows its many parameters.
    Show,
}

impl Role {
    /// Draws a signature for the role.
    pub(super) fn signature(self, random: &mut Random, results: &[V]) -> Signature {
        let count = match self {
            Role::General if random.below(4) > 0 => 1 + random.below(4),
            Role::General => 5 + random.below(11),
            Role::Forward => random.below(4),
            Role::Move => random.below(3),
            Role::Show => 8 + random.below(14),
            Role::Far => 0,
        };
        let mut params: Vec<V> = (0..count).map(|_| drawn_type(random)).collect();
        let mut mask = None;
        match self {
            Role::General | Role::Forward | Role::Show => {}
            Role::Far => params.push(V::I32),
            Role::Move => {
                for _ in 0..4 + random.below(3) {
                    params.insert(random.below(params.len() as u64 + 1) as usize, V::I32);
                }
                mask = Some(drawn(random, &[0x1ff, 0x1ff, 3]));
            }
        }
        let results = if self == Role::Far { vec![drawn_type(random)] } else { results.to_vec() };
        Signature { params, results, role: self, mask, double: None }
    }
}

impl Body<'_> {
    /// Makes the body of a function that is not [`Role::General`].
    pub(super) fn thin(&mut self, role: Role) {
        match role {
            Role::General => unreachable!("has a body of statements"),
            Role::Forward => self.forward(),
            // Operands that are not read afterwards are still in the registers in which they arrived.
            Role::Move if self.once_in(2) => {
                self.moved();
                for ty in self.shared.functions[self.index].results.clone() {
                    self.constant(ty);
                    self.settled(ty);
                }
            }
            Role::Move => {
                for _ in 0..1 + self.below(2) {
                    self.moved();
                }
                self.shown();
            }
            Role::Far => self.far(),
            Role::Show => self.shown(),
        }
        self.put([I::End]);
    }

    /// Returns the parameters of a type, in a function that has no other locals yet.
    fn params(&self, ty: V) -> Vec<u32> {
        let params = &self.shared.functions[self.index].params;
        (0..params.len() as u32).filter(|&p| params[p as usize] == ty).collect()
    }

    /// Pushes a value without computing: a parameter, a constant, a global, or a value from memory.
    fn simple(&mut self, ty: V) {
        let params = self.params(ty);
        match self.below(8) {
            0..4 if !params.is_empty() => {
                let param = drawn(self.random, &params);
                self.put([I::LocalGet(param)]);
            }
            0..4 => self.constant(ty),
            4 | 5 => {
                let global = self.global(ty);
                self.put([I::GlobalGet(global)]);
            }
            _ => {
                let bits = bits(self.random, ty);
                self.opaque(ty, bits);
            }
        }
    }

    fn forward(&mut self) {
        let callee = self.tail_callee().expect("a later function shows its parameters");
        for ty in self.shared.functions[callee].params.clone() {
            self.simple(ty);
        }
        self.transfer(callee, true);
        if let Some(I::ReturnCallIndirect { .. } | I::ReturnCallRef(_)) = self.code.last() {
            // By now this very function may be in the table. (Functions that call by reference take fuel in any case.)
            let call = std::mem::take(&mut self.code);
            self.spend();
            self.put(call);
        }
    }

    /// Writes all parameters to a global; results are parameters, if there are any of the type.
    fn shown(&mut self) {
        self.digest();
        for ty in self.shared.functions[self.index].results.clone() {
            match self.params(ty)[..] {
                [] => self.constant(ty),
                ref params => {
                    let param = drawn(self.random, params);
                    self.put([I::LocalGet(param)]);
                }
            }
            self.settled(ty);
        }
    }

    /// Makes one bulk operation with parameters as its operands.
    fn moved(&mut self) {
        let mut params = self.params(V::I32);
        let [a, b, c] = match self.below(2) {
            // Neighbours in a cycle.
            0 => {
                let first = self.below(params.len() as u64 - 2) as usize;
                let mut three = [params[first], params[first + 1], params[first + 2]];
                three.rotate_left(1 + self.below(2) as usize);
                three
            }
            _ => [0; 3].map(|_| params.swap_remove(self.below(params.len() as u64) as usize)),
        }
        .map(I::LocalGet);
        let null = I::RefNull(HeapType::FUNC);
        let global = self.global(V::I32);
        match self.below(12) {
            0..4 => self.put([a, b, c, I::MemoryCopy { src_mem: 0, dst_mem: 0 }]),
            4..7 => self.put([a, b, c, I::MemoryFill(0)]),
            7 => self.put([a, b, c, I::MemoryInit { mem: 0, data_index: 1 }]),
            8 => self.put([a, b, c, I::TableCopy { src_table: 0, dst_table: 0 }]),
            9 => self.put([a, b, c, I::TableInit { elem_index: 1, table: 0 }]),
            10 if self.shared.has.references => self.put([a, null, b, I::TableFill(0)]),
            11 if self.shared.has.references => self.put([null, a, I::TableGrow(0), I::GlobalSet(global)]),
            _ => self.put([a, I::MemoryGrow(0), I::GlobalSet(global)]),
        }
    }

    /// Makes one access whose address and offset are close to a bound, or wrap around one.
    fn far(&mut self) {
        let ty = self.shared.functions[self.index].results[0];
        let kind = self.below(8);
        let small = self.below(300);
        let (base, offset) = match self.below(6) {
            // In bounds, in the upper half of the 32-bit range.
            0..5 if self.shared.huge => {
                let at = (1 << 31) + self.below(0x1_0000 - 16);
                let offset = drawn(self.random, &[0, 0x7fff_ff00, 0x7fff_fff8, 1 << 31, 1 << 31, (1 << 31) + 8]);
                (Some(at.wrapping_sub(offset)), offset)
            }
            // In bounds only if the sum had 32 bits, or the offset a sign.
            0 | 1 => {
                let offset = drawn(
                    self.random,
                    &[0x7fff_fff8, 0x8000_0000, 0x8000_0100, 0xc000_0000, 0xffff_ff00, 0xffff_fff8, 0xffff_ffff],
                );
                (Some(small.wrapping_sub(offset)), offset)
            }
            // Around the end of a page.
            2 | 3 => {
                let end = (1 + self.below(PAGES.1)) << 16;
                let offset = drawn(self.random, &[0, 1, 8, 0xfff8, 0xffff]);
                (Some((end - 12 + self.below(16)).wrapping_sub(offset)), offset)
            }
            // Beyond the reach of 32 bits and a guard region.
            4 => (
                Some(u64::from(u32::MAX) - small),
                drawn(self.random, &[1, 0x1_0000, 0x1ff_ffff, 0x200_0000, 0xffff_ffff]),
            ),
            // From the driver.
            _ => (None, drawn(self.random, &[0, 0xfffc, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0])),
        };
        match base {
            None => self.put([I::LocalGet(0)]),
            Some(base) if self.once_in(4) => self.put([I::I32Const(base as i32)]),
            // The parameter does not matter here; a loaded address hides that from the compiler.
            Some(base) => self.opaque(V::I32, u64::from(base as u32)),
        }
        let m = argument(offset);
        if self.once_in(3) {
            self.constant(ty);
            self.put([store(ty, kind, m)]);
            let bits = bits(self.random, ty);
            self.put([constant(ty, bits)]);
        } else {
            self.put([load(ty, kind, m)]);
        }
        self.settled(ty);
    }
}
