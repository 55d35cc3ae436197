//! Registers as numbers, and sets of registers as bits.

use super::index::Position;
use regalloc2::{Function, MachineEnv, PReg, PRegSet, RegClass};

/// A register: numbers 0 to 31 are integer registers, 32 to 63 are float registers.
pub(super) type Reg = u8;
/// No register.
pub(super) const NO_REG: Reg = 0xff;
/// A set of registers as bits.
pub(super) type Mask = u64;

/// All registers of each class, allocatable or not.
pub(super) const CLASS_MASK: [Mask; 2] = [0xffff_ffff, 0xffff_ffff << 32];

pub(super) fn bit(reg: Reg) -> Mask {
    1 << reg
}

/// The registers of a set, from the lowest to the highest.
pub(super) fn bits(mut mask: Mask) -> impl Iterator<Item = Reg> {
    std::iter::from_fn(move || {
        let reg = mask.trailing_zeros() as Reg;
        (mask != 0).then(|| {
            mask &= mask - 1;
            reg
        })
    })
}

pub(super) fn number(reg: PReg) -> Reg {
    (class_index(reg.class()) * 32 + reg.hw_enc()) as Reg
}

pub(super) fn preg(reg: Reg) -> PReg {
    PReg::new(usize::from(reg & 31), if reg < 32 { RegClass::Int } else { RegClass::Float })
}

/// 0 for integers, 1 for floats.
pub(super) fn class_index(class: RegClass) -> usize {
    usize::from(class != RegClass::Int)
}

/// The registers that code may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct RegisterFile {
    /// The registers that values may be in.
    pub allocatable: Mask,
    /// The allocatable registers with shorter instruction encodings.
    pub short: Mask,
    /// For each class, the register for moves between slots and for cycles of moves.
    pub scratch: [Reg; 2],
}

impl RegisterFile {
    pub fn new(env: &MachineEnv) -> RegisterFile {
        let mask = |sets: &[PRegSet; 3]| sets.iter().flat_map(|&s| s).fold(0, |m, r| m | bit(number(r)));
        let short = mask(&env.preferred_regs_by_class);
        let scratch = |class: usize| env.scratch_by_class[class].map_or(NO_REG, number);
        RegisterFile {
            allocatable: short | mask(&env.non_preferred_regs_by_class),
            short,
            scratch: [scratch(0), scratch(1)],
        }
    }

    /// The allocatable registers of a class.
    pub fn of_class(&self, class: usize) -> Mask {
        self.allocatable & CLASS_MASK[class]
    }

    /// The number of allocatable registers of a class.
    pub fn count(&self, class: usize) -> u32 {
        self.of_class(class).count_ones()
    }

    /// Whether an instruction that clobbers these registers counts as a call: they are more than half of the integer
    /// registers.
    pub fn is_call(&self, clobbers: Mask) -> bool {
        let ints = self.of_class(0);
        (clobbers & ints).count_ones() * 2 > ints.count_ones()
    }
}

/// Converts sets of clobbered registers to masks. It remembers the last set, because most instructions have the same one.
#[derive(Debug, Default)]
pub(super) struct ClobberCache {
    set: PRegSet,
    mask: Mask,
}

impl ClobberCache {
    /// The allocatable registers that an instruction clobbers in addition to those that its operands define.
    pub fn of<F: Function>(&mut self, f: &F, file: &RegisterFile, inst: Position) -> Mask {
        let set = f.inst_clobbers(inst.inst());
        if set != self.set {
            self.set = set;
            self.mask = set.into_iter().fold(0, |m, r| m | bit(number(r))) & file.allocatable;
        }
        self.mask
    }
}
