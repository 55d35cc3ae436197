//! Merges several instances, and what is done with them, into one module that reports by itself.
//!
//! Everything that the instances define goes into one module, type after type and function after function; imports are replaced
//! with what they are linked to. Segments are passive, and a function for each instance writes them and calls its start function,
//! so that instances are made one after the other. A last function does everything in order.
//!
//! Observations are reported in *frames* of 16 bytes, numbered from 1, either through `fd_write` of WASI ([`Output::Written`]),
//! or as the results of functions ([`Output::Returned`]).
//!
//! The memory between a script and its actions ([`action`](super::super::action)) is not a memory here, because engines without
//! multi-memory should run this too. Loads from it and stores to it use globals instead: a *cell* for each offset and type.
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
pub use encode::is_constant;
use places::{HALF, Merge, NOTHING, REPORT, UP_TO, WRITE, Width};
use sections::Sections;
use std::collections::BTreeSet;
use wasm_encoder::{ConstExpr, Elements, EntityType, ExportKind, GlobalType};

/// Builds the program that does `acts` with `parts`, each of which comes after those that it is linked with. `memories`: whether
/// there may be several memories.
///
/// # Errors
/// There is no such program.
pub fn merge(parts: &[Part], acts: &[Act], output: Output, memories: bool) -> Result<Program, MergeError> {
    let mut first = Merge::new(parts, None);
    let all: BTreeSet<(usize, u32)> = first.memories.iter().copied().collect();
    let used = if memories || all.len() <= 1 {
        all
    } else {
        // Unused memories are left out, so the first attempt only determines which are used.
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
    /// That of an instance, whose bytes are restored afterwards.
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
        // The functions of instances, those that make instances, and those of the acts; by then, all cells are known.
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

        // In the order of indices: the function that writes, `report`, those of instances, those that make them, acts, and those
        // that start.
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
            // The requested frame, and its halves.
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
    use crate::engine::{Config, Engine};
    use crate::module::{FuncType, Module, ValType, features};
    use crate::oracle::action;
    use crate::oracle::program::process::Ran;
    use crate::runtime::store::{Extern, Limits};
    use crate::runtime::value::Val;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::sync::Arc;

    fn part(text: &str) -> Part {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Arc::new(Module::new(&bytes, features::all()).expect("valid"));
        Part { module, links: Vec::new(), area: false }
    }

    /// The memory between a script and its actions, and a module that imports it.
    fn with_area(text: &str) -> [Part; 2] {
        let module = Arc::new(Module::new(&action::area(), features::all()).expect("valid"));
        let memory = Part { module, links: Vec::new(), area: true };
        [memory, Part { links: vec![(0, 0)], ..part(text) }]
    }

    /// The result of a function of a program in a new instance; `None` if it traps.
    fn returned(program: &Program, export: &str) -> Option<u64> {
        let engine = Engine::new(Config::default()).expect("the interpreter");
        let module = Arc::new(Module::new(&program.bytes, features::all()).expect("valid"));
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(&module).expect("compiled"), &[]).expect("an instance");
        let Some(Extern::Func(function)) = store.export(instance, export) else { panic!("no {export}") };
        let results = store.call(function, &[]).ok()?;
        let [Val::I64(bits)] = results[..] else { panic!("{export}: {results:?}") };
        Some(bits)
    }

    /// The frames of each act: their lower and higher halves.
    fn frames(program: &Program) -> Vec<Vec<[Option<u64>; 2]>> {
        let mut next = 1;
        let frames = program.frames.iter().map(|count| {
            let first = next;
            next += count;
            (first..next).map(|n| ["l", "h"].map(|half| returned(program, &format!("{half}{n}")))).collect()
        });
        frames.collect()
    }

    /// Instances are made one after the other; each sees what the others did, and nothing beyond a trap is done.
    #[test]
    fn a_program_does_what_its_instances_do() {
        let given = r#"(module (memory 1) (data (i32.const 5) "abc") (data (i32.const 70) "\07") (data "passive")
            (global $g (mut i32) (i32.const 3)) (global $k i64 (i64.const 40))
            (table 4 funcref) (elem (i32.const 2) $two) (elem func $two $count)
            (func $two (result i32) (i32.const 2))
            (func $count (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
            (func $start (i32.store8 (i32.const 9) (i32.load8_u (i32.const 5)))) (start $start)
            (func (result i32) (i32.load8_u (i32.const 9)))
            (func (result i32) (call_indirect (result i32) (i32.const 2)))
            (func (memory.init 2 (i32.const 5) (i32.const 0) (i32.const 2)))
            (func (memory.init 1 (i32.const 5) (i32.const 0) (i32.const 1)))
            (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 1))))"#;
        let user = r#"(module (import "" "" (memory 1)) (import "" "" (global i64)) (import "" "" (func (result i32)))
            (import "" "" (table 1 funcref))
            (data (i32.const 6) "Z") (global i64 (global.get 0)) (elem (i32.const 3) $f)
            (func $f (result i32) (i32.load (i32.const 5)))
            (func (result i32) (call_indirect (result i32) (i32.const 3)))
            (func (result i64) (global.get 1))
            (func (drop (call 0))))"#;
        let parts = || [part(given), Part { links: vec![(0, 0), (0, 1), (0, 1), (0, 0)], ..part(user) }];
        let bytes = vec![1, 2, 3, 4, 5, 6];
        let acts = [
            Act::Make(0),
            Act::Make(1),
            Act::Call(0, 3),
            Act::Call(0, 4),
            Act::Call(1, 1),
            Act::Call(1, 2),
            Act::Call(1, 3),
            Act::Call(1, 4),
            Act::Call(0, 1),
            Act::Call(0, 5),
            Act::Call(1, 1),
            Act::Write(0, 0, 65_530, bytes),
            Act::Read(1, 0, 65_530, 6),
            Act::Read(0, 0, 65_513, 23),
        ];
        let one = |bits: u64| vec![[Some(bits), Some(0)]];
        let expected = vec![
            one(1),
            one(1),
            one(97),
            one(2),
            one(0x0063_5a61),
            one(0x0063_5a61),
            one(40),
            one(1),
            one(5),
            one(1),
            one(u64::from(u32::from_le_bytes(*b"pac\0"))),
            one(1),
            one(0x0605_0403_0201),
            vec![[Some(0), Some(0)], [Some(0x0605_0403_0201 << 8), Some(0)]],
        ];
        let program = merge(&parts(), &acts, Output::Returned, true).expect("a program");
        assert_eq!(frames(&program), expected);
        assert_eq!(returned(&program, HELLO), Some(1));
        // Segments that were written when an instance was made are dropped.
        for dropped in [6, 7] {
            let acts = [Act::Make(0), Act::Call(0, dropped), Act::Call(0, 3)];
            let program = merge(&parts()[..1], &acts, Output::Returned, true).expect("a program");
            assert_eq!(frames(&program), [one(1), vec![[None, None]], vec![[None, None]]], "{dropped}");
        }
    }

    /// Only what an action stores is visible in the area, each value at its place.
    #[test]
    fn an_action_reads_its_arguments_and_writes_its_results() {
        let text = r#"(module (import "" "" (memory 1)) (func (result i32)
            (i32.store offset=32768 (i32.const 0) (i32.load (i32.const 0)))
            (i64.store offset=32784 (i32.const 0) (i64.load offset=16 (i32.const 0)))
            (v128.store offset=32800 (i32.const 0) (v128.load offset=32 (i32.const 0)))
            (f32.store offset=32816 (i32.const 0) (f32.load offset=48 (i32.const 0)))
            (i32.store offset=32820 (i32.const 0) (i32.const 7))
            (f64.store offset=32832 (i32.const 0) (f64.load offset=64 (i32.const 0)))
            (i32.const 1)))"#;
        let arguments: Vec<u8> = (0..80).map(|n| n + 0x80).collect();
        let acts = [Act::Set(0, arguments), Act::Call(1, 0), Act::Get(1, 32_768, 96)];
        let program = merge(&with_area(text), &acts, Output::Returned, true).expect("a program");
        let found = frames(&program);
        let eight = |first: u8| u64::from_le_bytes(std::array::from_fn(|n| first + n as u8));
        let four = |first: u8| eight(first) & u64::from(u32::MAX);
        let expected = [
            [four(0x80), 0],
            [eight(0x90), 0],
            [eight(0xa0), eight(0xa8)],
            [four(0xb0) | 7 << 32, 0],
            [eight(0xc0), 0],
            [0, 0],
        ];
        assert_eq!(found, [vec![], vec![[Some(1), Some(0)]], expected.map(|halves| halves.map(Some)).to_vec()]);
        // The frame of the vector, after that of the call.
        assert_eq!(program.wide, BTreeSet::from([4]));
    }

    /// A program without a memory of its own reports through an instance's memory, and leaves no trace there.
    #[test]
    fn what_a_program_writes_through_is_as_before() {
        let data = "0123456789abcdef".repeat(4);
        let code = "(func (result i32) (i32.load (i32.const 36)))";
        let text = format!("(module (memory 1) (data (i32.const 0) \"{data}\") {code})");
        let acts = [Act::Make(0), Act::Call(0, 0), Act::Write(0, 0, 1, vec![33]), Act::Read(0, 0, 0, 16)];
        let program = merge(&[part(&text)], &acts, Output::Written, false).expect("a program");
        let module = Arc::new(Module::new(&program.bytes, features::all()).expect("valid"));
        assert_eq!(module.memories.len(), 1);
        let engine = Engine::new(Config::default()).expect("the interpreter");
        let mut store = engine.store(Limits::default());
        let (written, memory) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(None)));
        let (output, from) = (Rc::clone(&written), Rc::clone(&memory));
        let write = store.new_host_func(
            "fd_write",
            FuncType::new([ValType::I32; 4], [ValType::I32]),
            Box::new(move |store, args| {
                assert_eq!(args, [1, 0, 1, 8].map(Val::I32));
                let bytes = store.memory_bytes_mut(from.get().expect("it was made"));
                let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|n| bytes[at + n])) as usize;
                let (first, count) = (word(0), word(4));
                output.borrow_mut().extend_from_slice(&bytes[first..first + count]);
                bytes[8..12].copy_from_slice(&(count as u32).to_le_bytes());
                Ok(vec![Val::I32(0)])
            }),
        );
        let code = engine.compile(&module).expect("compiled");
        let instance = store.instantiate(code, &[Extern::Func(write)]).expect("an instance");
        let (Some(Extern::Memory(exported)), Some(Extern::Func(start))) =
            (store.export(instance, "memory"), store.export(instance, "_start"))
        else {
            panic!("it exports them")
        };
        memory.set(Some(exported));
        assert_eq!(store.call(start, &[]), Ok(Vec::new()));
        let mut expected = data.into_bytes();
        expected[1] = 33;
        assert_eq!(store.memory_bytes(exported)[..64], expected[..64]);
        let ran = Ran { end: None, stdout: written.take(), stderr: Vec::new() };
        let (frames, said) = ran.frames().expect("in order");
        let frame = |low: u64, high: u64| (u128::from(high) << 64 | u128::from(low)).to_le_bytes();
        let half = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| expected[at + n]));
        let value = u64::from(u32::from_le_bytes(std::array::from_fn(|n| expected[36 + n])));
        assert_eq!(frames, [frame(0, 0), frame(1, 0), frame(value, 0), frame(1, 0), frame(half(0), half(8))]);
        assert_eq!(said, "");
    }

    fn memories(parts: &[Part], several: bool) -> usize {
        let program = merge(parts, &[], Output::Written, several).expect("a program");
        Module::new(&program.bytes, features::all()).expect("valid").memories.len()
    }

    #[test]
    fn an_engine_sees_every_memory_that_it_can() {
        let one = || part("(module (memory 1))");
        let used = || part("(module (memory 1) (func (drop (i32.load (i32.const 0)))))");
        // With a memory of the program's own, or without.
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
