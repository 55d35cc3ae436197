//! Several instances and what is done with them, as one module that reports by itself.
//!
//! All that the instances define goes into one module, type after type and function after function; imports become what
//! they are linked with. Segments are passive, and a function for each instance writes them and calls its start function,
//! so that instances are made one after the other. A last function does everything in order.
//!
//! What is seen leaves in *frames* of 16 bytes, numbered from 1, either through `fd_write` of WASI ([`Output::Written`]), or
//! as the results of functions ([`Output::Returned`]).
//!
//! The memory between a script and its actions ([`action`](super::super::action)) is none here, because engines without
//! multi-memory are to run this too: what is loaded from it and stored to it are globals, a *cell* for each place and type.
//!
//! | file | what |
//! |---|---|
//! | `places` | what goes into a program, and where it stands there |
//! | `encode` | what an instance defines, written anew |
//! | `functions` | the functions of the program itself |
//! | `sections` | its sections |

mod encode;
mod functions;
mod places;
mod sections;

pub use places::{Act, FRAME, HELLO, MAGIC, MergeError, Output, Part, Program};

use crate::module::MemoryType;
use encode::Encoder;
use places::{HALF, Merge, NOTHING, REPORT, UP_TO, WRITE, Width};
use sections::Sections;
use std::collections::BTreeSet;
use wasm_encoder::{ConstExpr, Elements, EntityType, ExportKind, GlobalType};

/// Writes the program that does `acts` with `parts`, which stand behind those that they are linked with. `memories`: whether
/// there may be several.
///
/// # Errors
/// If there is none.
pub fn merge(parts: &[Part], acts: &[Act], output: Output, memories: bool) -> Result<Program, MergeError> {
    let mut first = Merge::new(parts, None);
    let all: BTreeSet<(usize, u32)> = first.memories.iter().copied().collect();
    let used = if memories || all.len() <= 1 {
        all
    } else {
        // Memories that nothing uses are left out: so the first attempt is made to see which are used.
        first.program(acts, output, None)?;
        first.used
    };
    if used.len() > 1 && !memories {
        return Err(MergeError::Memories);
    }
    let mut merge = Merge::new(parts, Some(&used));
    let through = match output {
        Output::Returned => None,
        Output::Written if used.is_empty() || memories => Some(Through::Own),
        Output::Written => {
            let (part, index) = *merge.memories.first().expect("one is used");
            let ty = parts[part].module.memories[index as usize];
            let usual = !ty.memory64 && !ty.shared && ty.page_size_log2.is_none() && ty.initial > 0;
            Some(if usual { Through::Borrowed } else { return Err(MergeError::Borrowed) })
        }
    };
    merge.program(acts, output, through)
}

/// The memory through which a program writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    /// One of its own.
    Own,
    /// That of an instance: bytes are put back afterwards.
    Borrowed,
}

impl<'p> Merge<'p> {
    fn encoder(&mut self, part: usize) -> Encoder<'_, 'p> {
        Encoder { merge: self, part }
    }

    fn program(&mut self, acts: &[Act], output: Output, through: Option<Through>) -> Result<Program, MergeError> {
        use wasm_encoder::ValType::{I32, I64};
        let mut all = Sections::default();
        all.types.ty().function([I32; 4], [I32]);
        all.types.ty().function([], []);
        all.types.ty().function([I32, I64, I64], []);
        all.types.ty().function([], [I64]);
        all.types.ty().function([I32], []);
        // The functions of instances, those that make them, and those of the acts, which know all cells by then.
        let (mut bodies, mut makes, mut done) = (Vec::new(), Vec::new(), Vec::new());
        for part in 0..self.parts.len() {
            bodies.extend(self.encoder(part).define(&mut all)?);
            makes.push(self.encoder(part).make()?);
        }
        let (mut frames, mut wide, mut next) = (Vec::new(), BTreeSet::new(), 1);
        for act in acts {
            let (function, count) = self.act(act, next, &mut wide)?;
            done.push(function);
            frames.push(count);
            next += count;
        }

        // In the order of indices: what writes, `report`, instances, what makes them, acts, and what begins.
        let kept = self.globals + self.cells.len() as u32;
        let own = self.memories.len() as u32;
        match output {
            Output::Written => {
                all.imports.import("wasi_snapshot_preview1", "fd_write", EntityType::Function(WRITE));
                all.add(REPORT, &functions::written(if through == Some(Through::Own) { own } else { 0 }));
            }
            Output::Returned => {
                all.add(NOTHING, &functions::empty());
                all.add(REPORT, &functions::kept(kept));
            }
        }
        bodies.iter().for_each(|(ty, function)| all.add(*ty, function));
        makes.iter().chain(&done).for_each(|function| all.add(NOTHING, function));
        let first = self.functions + makes.len() as u32;
        let last = first + done.len() as u32;
        match output {
            Output::Written => {
                all.exports.export("_start", ExportKind::Func, last);
                all.add(NOTHING, &functions::start(first..last));
            }
            Output::Returned => {
                all.exports.export(HELLO, ExportKind::Func, last);
                all.add(HALF, &functions::hello());
                let up_to = last + 1;
                all.add(UP_TO, &functions::up_to(first..last));
                let acts = frames.iter().zip(0..).flat_map(|(count, act)| (0..*count).map(move |_| act));
                for (frame, act) in (1..).zip(acts) {
                    for (half, name) in (0..).zip(["l", "h"]) {
                        all.exports.export(&format!("{name}{frame}"), ExportKind::Func, up_to - 1 + 2 * frame + half);
                        all.add(HALF, &functions::half(frame, half, kept, act, up_to));
                    }
                }
            }
        }
        for (part, index) in &self.memories {
            all.memories.memory(memory(self.parts[*part].module.memories[*index as usize]));
        }
        match through {
            Some(Through::Own) => {
                let page =
                    MemoryType { memory64: false, shared: false, initial: 1, maximum: None, page_size_log2: None };
                all.memories.memory(memory(page));
                all.exports.export("memory", ExportKind::Memory, own);
            }
            Some(Through::Borrowed) => drop(all.exports.export("memory", ExportKind::Memory, 0)),
            None => {}
        }
        let mut cells: Vec<(u32, Width)> = self.cells.iter().map(|((_, width), index)| (*index, *width)).collect();
        cells.sort_by_key(|(index, _)| *index);
        for (_, width) in cells {
            all.globals.global(mutable(width.ty()), &width.zero());
        }
        if output == Output::Returned {
            // The frame that is wanted, and its halves.
            all.globals.global(mutable(I32), &ConstExpr::i32_const(0));
            all.globals.global(mutable(I64), &ConstExpr::i64_const(0));
            all.globals.global(mutable(I64), &ConstExpr::i64_const(0));
        }
        if !self.referred.is_empty() {
            let list: Vec<u32> = self.referred.iter().copied().collect();
            all.elements.declared(Elements::Functions(list.into()));
        }
        Ok(Program { bytes: all.finish(), frames, wide, computes: self.computes })
    }
}

fn memory(ty: MemoryType) -> wasm_encoder::MemoryType {
    wasm_encoder::MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2,
    }
}

fn mutable(ty: wasm_encoder::ValType) -> GlobalType {
    GlobalType { val_type: ty, mutable: true, shared: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{Module, features};
    use std::sync::Arc;

    fn part(text: &str) -> Part {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&bytes, features::all()).expect("valid"));
        Part { module, links: Vec::new(), area: false }
    }

    fn memories(parts: &[Part], several: bool) -> usize {
        let program = merge(parts, &[], Output::Written, several).expect("a program");
        Module::new(&program.bytes, features::all()).expect("valid").memories.len()
    }

    #[test]
    fn an_engine_sees_every_memory_that_it_can() {
        let one = || part("(module (memory 1))");
        let used = || part("(module (memory 1) (func (drop (i32.load (i32.const 0)))))");
        // One of the program's own beside them, or none.
        assert_eq!(memories(&[one()], true), 2);
        assert_eq!(memories(&[one()], false), 1);
        assert_eq!(memories(&[one(), one()], true), 3);
        assert_eq!(memories(&[one(), used()], false), 1);
        assert!(matches!(merge(&[used(), used()], &[], Output::Written, false), Err(MergeError::Memories)));
    }

    #[test]
    fn first_values_that_may_trap_are_known() {
        let computes = |text: &str| merge(&[part(text)], &[], Output::Returned, true).expect("a program").computes;
        assert!(!computes("(module (global i32 (i32.const 1)) (global funcref (ref.null func)))"));
        assert!(computes("(module (type $a (array i32)) (global (ref $a) (array.new_default $a (i32.const 1))))"));
    }
}
