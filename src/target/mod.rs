//! CPUs that code can be compiled for, as values: the facts about each CPU that are data, and so are known on every
//! host.
//!
//! A [`Target`] is one CPU; [`ALL`] lists them. The runtime, the JIT, the engine's profiler interfaces and the crash
//! reports read targets, and none of them names a CPU. The parts that *act* are elsewhere, in a folder or a file per
//! CPU:
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

/// A name that no target has. The message lists the known names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write {}", ALL.iter().map(|target| target.name).collect::<Vec<_>>().join(" or "))]
pub struct UnknownTarget;

/// A CPU: facts about it that do not depend on where this program runs.
#[derive(Debug)]
pub struct Target {
    /// The architecture's name, as in `std::env::consts::ARCH`.
    pub name: &'static str,
    /// Levels of the instruction set, ascending: each includes those before it. At least one.
    pub levels: &'static [LevelFacts],
    /// Registers of the native calling convention of WebAssembly code.
    pub abi: CpuAbi,
    /// Names of the registers.
    pub registers: RegisterNames,
    /// How code lies in memory.
    pub layout: CodeLayout,
    /// `e_machine` of its ELF files.
    pub elf_machine: u16,
    /// How a debugger walks its frames.
    pub unwind: UnwindFacts,
}

impl Target {
    /// The CPU that this program runs on, if code can be compiled for it.
    pub fn native() -> Option<&'static Target> {
        Target::named(std::env::consts::ARCH).ok()
    }

    /// The target with this name.
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

/// Register class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegClass {
    /// A general register.
    Int,
    /// A float or vector register: both share a file.
    Float,
}

/// Roles of a CPU's registers in the native calling convention, by hardware encoding. See `runtime::abi` for the
/// convention itself.
#[derive(Clone, Copy, Debug)]
pub struct CpuAbi {
    /// The stack pointer, which nothing else may use.
    pub sp: u8,
    /// The frame pointer, which nothing else may use.
    pub fp: u8,
    /// Holds the callee's context.
    pub ctx: u8,
    /// Holds the callee's function record.
    pub callee: u8,
    /// General registers of arguments, in order.
    pub int_args: &'static [u8],
    /// Float registers of arguments, in order.
    pub float_args: &'static [u8],
    /// General registers of results, in order.
    pub int_results: &'static [u8],
    /// Float registers of results, in order.
    pub float_results: &'static [u8],
    /// Allocatable registers, in the order in which the few-register mode takes them.
    pub int_order: &'static [u8],
    /// As `int_order`, for float registers.
    pub float_order: &'static [u8],
    /// The register that emission and the allocator's move resolution may overwrite between any two instructions;
    /// adapters may, too.
    pub int_scratch: u8,
    /// As `int_scratch`, for float registers.
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
    /// The general register that a word of assembly names, whole or a narrower part.
    pub in_assembly: fn(word: &str) -> Option<u8>,
}

impl RegisterNames {
    /// The name of a register.
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

/// How code lies in memory; all alignments are powers of two.
#[derive(Clone, Copy, Debug)]
pub struct CodeLayout {
    /// Alignment of functions in bytes, at least that of constants.
    pub function_alignment: u32,
    /// Alignment of loops in bytes, so that a short loop fits into few fetches.
    pub loop_alignment: u32,
    /// Alignment of functions whose loops are aligned, in bytes; at least both of the others. If it is the size of a cache line, a loop
    /// always begins at the same place of a line, and takes as long wherever its function is.
    pub looping_function_alignment: u32,
    /// An instruction that traps, for the room between functions.
    pub padding: &'static [u8],
}

/// A rule about a frame, in DWARF's numbers of registers. CFA, the canonical frame address, is where the caller's stack
/// pointer was before the call (DWARF 5, section 6.4).
#[derive(Clone, Copy, Debug)]
pub enum CfiRule {
    /// The CFA is this many bytes above the register that it was relative to before.
    CfaOffset(u8),
    /// The CFA is relative to this register from here on.
    CfaRegister(u8),
    /// The caller's value of a register is this many words below the CFA.
    Saved {
        /// DWARF's number of the register.
        register: u8,
        /// Distance from the CFA in words.
        words: u8,
    },
    /// The caller's value of a register is lost.
    Undefined(u8),
}

/// The shape of frames: the rules that hold after each of the first instructions of a function. Every function keeps
/// the chain of frame pointers, so these few rules describe it completely.
#[derive(Clone, Copy, Debug)]
pub struct UnwindFacts {
    /// DWARF's number of the column for return addresses.
    pub return_address: u8,
    /// DWARF's number of the stack pointer.
    pub sp: u8,
    /// Bytes from the stack pointer to the CFA where a function begins.
    pub cfa_at_entry: u8,
    /// Rules that hold where a function begins.
    pub at_entry: &'static [CfiRule],
    /// Rules for registers that compiled code overwrites, although the C convention of the CPU preserves them.
    pub overwritten: &'static [CfiRule],
    /// Prologue of every function: the length of each instruction in bytes, and the rules that it makes.
    pub prologue: &'static [(u8, &'static [CfiRule])],
    /// Instructions that follow in adapters that C calls, which save the registers that the C convention preserves.
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
