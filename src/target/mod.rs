//! CPUs that code can be compiled for, as values: the facts about each CPU that are pure data and so are available on
//! every host.
//!
//! A [`Target`] is one CPU; [`ALL`] lists them. The runtime, the JIT, the engine's profiler interfaces and the crash
//! reports read targets, and none of them names a CPU. The parts that *act* are elsewhere, in a folder or a file for
//! each CPU:
//!
//! | folder | contents |
//! |---|---|
//! | `jit/isa/<cpu>` | compiles, on any host |
//! | `runtime/sys/<cpu>` | runs compiled code, on this host: trampolines, stack switches, the context of a signal |
//! | `engine/adapters/<cpu>` | translates between calling conventions, on this host |
//! | `interp/sys/<cpu>` | the interpreter's use of instructions that Rust does not expose |

pub mod aarch64;
mod level;
pub mod x86_64;

pub use level::{Capability, CpuLevel, LevelFacts, UnknownLevel};

/// Every CPU that code can be compiled for.
pub static ALL: &[&Target] = &[&x86_64::TARGET, &aarch64::TARGET];

/// A name that is not a target's. The message lists the known names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write {}", ALL.iter().map(|target| target.name).collect::<Vec<_>>().join(" or "))]
pub struct UnknownTarget;

/// A CPU: facts about it that do not depend on where this program runs.
#[derive(Debug)]
pub struct Target {
    /// The architecture's name, as in `std::env::consts::ARCH`.
    pub name: &'static str,
    /// The instruction set levels, ascending: each includes those before it. At least one.
    pub levels: &'static [LevelFacts],
    /// Register roles in the native calling convention of WebAssembly code.
    pub abi: CpuAbi,
    /// Names of the registers.
    pub registers: RegisterNames,
    /// The layout of code in memory.
    pub layout: CodeLayout,
    /// The value of `e_machine` in its ELF files.
    pub elf_machine: u16,
    /// How a debugger unwinds its frames.
    pub unwind: UnwindFacts,
}

impl Target {
    /// Returns the CPU that this program runs on, if code can be compiled for it.
    pub fn native() -> Option<&'static Target> {
        Target::named(std::env::consts::ARCH).ok()
    }

    /// Returns the target with this name.
    ///
    /// # Errors
    /// If no target has this name.
    pub fn named(name: &str) -> Result<&'static Target, UnknownTarget> {
        ALL.iter().copied().find(|target| target.name == name).ok_or(UnknownTarget)
    }

    /// The lowest level.
    pub fn baseline(&'static self) -> CpuLevel {
        self.all_levels().next().expect("each target has a level")
    }

    /// All levels, ascending.
    pub fn all_levels(&'static self) -> impl DoubleEndedIterator<Item = CpuLevel> {
        (0..self.levels.len()).map(move |rank| CpuLevel::new(self, rank as u8))
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Target) -> bool {
        self.name == other.name
    }
}

impl Eq for Target {}

/// A register class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegClass {
    /// A general-purpose register.
    Int,
    /// A float or vector register: both share one register file.
    Float,
}

/// The roles of a CPU's registers in the native calling convention, by hardware encoding. See `runtime::abi` for the
/// convention itself.
#[derive(Clone, Copy, Debug)]
pub struct CpuAbi {
    /// The stack pointer, which nothing else may use.
    pub sp: u8,
    /// The frame pointer, which nothing else may use.
    pub fp: u8,
    /// The register that holds the callee's context.
    pub ctx: u8,
    /// The register that holds the callee's function record.
    pub callee: u8,
    /// General registers of arguments, in order.
    pub int_args: &'static [u8],
    /// Float registers of arguments, in order.
    pub float_args: &'static [u8],
    /// General registers of results, in order.
    pub int_results: &'static [u8],
    /// Float registers of results, in order.
    pub float_results: &'static [u8],
    /// Allocatable registers, in the order in which the few-register mode uses them.
    pub int_order: &'static [u8],
    /// Like `int_order`, for float registers.
    pub float_order: &'static [u8],
    /// The register that emission and the allocator's move resolution may overwrite between any two instructions;
    /// adapters may overwrite it, too.
    pub int_scratch: u8,
    /// Like `int_scratch`, for float registers.
    pub float_scratch: u8,
}

/// Names of the CPU's registers, as in its manual.
#[derive(Clone, Copy, Debug)]
pub struct RegisterNames {
    /// General registers, by hardware encoding.
    pub int: &'static [&'static str],
    /// Floats and vectors, by hardware encoding.
    pub float: &'static [&'static str],
    /// The program counter.
    pub pc: &'static str,
    /// The flags register.
    pub flags: &'static str,
    /// Returns the general register that a word of assembly names, as a whole or as a narrower part.
    pub in_assembly: fn(word: &str) -> Option<u8>,
}

impl RegisterNames {
    /// Returns the name of a register.
    ///
    /// # Panics
    /// If the class has no register with this encoding.
    pub fn name(&self, class: RegClass, encoding: u8) -> &'static str {
        match class {
            RegClass::Int => self.int[usize::from(encoding)],
            RegClass::Float => self.float[usize::from(encoding)],
        }
    }
}

/// The layout of code in memory. All alignments are powers of two.
#[derive(Clone, Copy, Debug)]
pub struct CodeLayout {
    /// The alignment of functions in bytes, at least that of constants.
    pub function_alignment: u32,
    /// The alignment of loops in bytes, so that a short loop fits into few fetches.
    pub loop_alignment: u32,
    /// The alignment in bytes of functions whose loops are aligned; at least both of the others. If it is the size of a cache
    /// line, a loop always begins at the same offset in a line, and takes equally long wherever its function is.
    pub looping_function_alignment: u32,
    /// An instruction that traps, to fill the gaps between functions.
    pub padding: &'static [u8],
}

/// A rule about a frame, in DWARF register numbers. The CFA, the canonical frame address, is where the caller's stack
/// pointer was before the call (DWARF 5, section 6.4).
#[derive(Clone, Copy, Debug)]
pub enum CfiRule {
    /// The CFA is this many bytes above the register that it was already relative to.
    CfaOffset(u8),
    /// The CFA is relative to this register from here on.
    CfaRegister(u8),
    /// The caller's value of a register is this many words below the CFA.
    Saved {
        /// The register's DWARF number.
        register: u8,
        /// The distance from the CFA in words.
        words: u8,
    },
    /// The caller's value of a register is lost.
    Undefined(u8),
}

/// The shape of frames: the rules that hold after each of the first instructions of a function. Every function
/// maintains the chain of frame pointers, so these few rules describe it completely.
#[derive(Clone, Copy, Debug)]
pub struct UnwindFacts {
    /// The DWARF number of the return address column.
    pub return_address: u8,
    /// The DWARF number of the stack pointer.
    pub sp: u8,
    /// The distance in bytes from the stack pointer to the CFA at a function's entry.
    pub cfa_at_entry: u8,
    /// The rules that hold at a function's entry.
    pub at_entry: &'static [CfiRule],
    /// Rules for registers that compiled code overwrites although the CPU's C convention preserves them.
    pub overwritten: &'static [CfiRule],
    /// The prologue of every function: the length of each instruction in bytes, and the rules that it establishes.
    pub prologue: &'static [(u8, &'static [CfiRule])],
    /// The instructions that follow in adapters called from C, which save the registers that the C convention
    /// preserves.
    pub saves: &'static [(u8, &'static [CfiRule])],
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tables_are_consistent() {
        for target in ALL {
            let CpuAbi { sp, fp, ctx, callee, int_order, float_order, int_scratch, float_scratch, .. } = target.abi;
            let int: HashSet<u8> = int_order.iter().copied().collect();
            assert_eq!(int.len(), int_order.len(), "{}: each register once", target.name);
            assert!(
                [sp, fp, int_scratch].iter().all(|r| !int.contains(r)),
                "{}: reserved registers are not allocated",
                target.name
            );
            assert!(!float_order.contains(&float_scratch));
            assert!(!target.abi.int_args.contains(&ctx) && !target.abi.int_args.contains(&callee));
            let known = |list: &[u8], names: &[&str]| list.iter().all(|&r| usize::from(r) < names.len());
            assert!(known(int_order, target.registers.int) && known(float_order, target.registers.float));
            for (encoding, name) in target.registers.int.iter().enumerate() {
                assert_eq!((target.registers.in_assembly)(name), Some(encoding as u8), "{name}");
            }
            let CodeLayout { function_alignment, loop_alignment, looping_function_alignment, padding } = target.layout;
            assert!(
                [function_alignment, loop_alignment, looping_function_alignment].iter().all(|n| n.is_power_of_two())
            );
            assert!(looping_function_alignment >= function_alignment.max(loop_alignment));
            assert!((function_alignment as usize).is_multiple_of(padding.len()));
        }
    }

    #[test]
    fn names_are_unique() {
        let targets: HashSet<&str> = ALL.iter().map(|target| target.name).collect();
        assert_eq!(targets.len(), ALL.len());
        let levels: Vec<&str> = ALL.iter().flat_map(|target| target.levels).map(|level| level.name).collect();
        assert_eq!(levels.iter().collect::<HashSet<_>>().len(), levels.len(), "a level's name also names its CPU");
        for target in ALL {
            assert_eq!(Target::named(target.name), Ok(*target));
            assert!(!target.levels.is_empty());
        }
        assert!(Target::named("abacus").unwrap_err().to_string().starts_with("write "));
    }
}
