//! The parts of a module that are executed, and the module without the rest.
//!
//! This changes the module and needs no support in the engine. Each stretch of code that control may or may not reach
//! begins with a store to a memory added for the purpose, which is read afterwards. In a large function, the one call
//! that goes wrong leaves most code unreached, and all of that goes in one step.

use super::ast::{Ast, Func, Op, decode, op};
use super::edits::{nest, op_weight};
use crate::module::syntax::Nest;
use crate::triage::trial::snapshot::MemoryImage;
use std::ops::Range;
use std::sync::Arc;
use wasm_encoder as enc;
use wasm_encoder::Instruction as I;
use wasmparser::{MemoryType, Operator};

/// A place in a defined function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CodePlace {
    func: usize,
    at: usize,
}

/// A module that records which places it reaches.
pub struct Instrumented {
    /// The instrumented module.
    pub ast: Ast,
    /// The index, among the defined memories, of the memory with a byte for each place.
    memory: usize,
    places: Vec<CodePlace>,
}

/// An unreached stretch of a body: from a place to the end of the enclosing block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    func: usize,
    range: Range<usize>,
}

/// Returns whether control may reach an operator but not the one after it.
fn may_leave(o: &Op) -> bool {
    matches!(
        decode(o),
        Operator::BrIf { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
    ) || nest(o) != Nest::None
}

/// Adds the stores.
pub fn instrumented(ast: &Ast) -> Instrumented {
    let mut edited = ast.clone();
    let index = ast.imported().memories + ast.memories.len() as u32;
    let mut places = Vec::new();
    for (func, f) in ast.funcs.iter().enumerate() {
        let mut ops = Vec::with_capacity(f.ops.len() * 2);
        for (at, o) in f.ops.iter().enumerate() {
            if at == 0 || may_leave(&f.ops[at - 1]) {
                let place = enc::MemArg {
                    offset: places.len() as u64,
                    align: 0,
                    target: enc::MemArgTarget::Memory(index),
                    ordering: None,
                };
                ops.extend([op(&I::I32Const(0)), op(&I::I32Const(1)), op(&I::I32Store8(place))]);
                places.push(CodePlace { func, at });
            }
            ops.push(o.clone());
        }
        edited.funcs[func] = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
    }
    let initial = places.len() as u64 / 0x1_0000 + 1;
    let memory = edited.memories.len();
    edited.memories.push(MemoryType { memory64: false, shared: false, initial, maximum: None, page_size_log2: None });
    Instrumented { ast: edited, memory, places }
}

impl Instrumented {
    /// Returns the largest unreached stretches of the original, according to the final memories.
    pub fn unreached(&self, original: &Ast, memories: &[MemoryImage]) -> Vec<Unreached> {
        let Some(image) = memories.get(original.imported().memories as usize + self.memory) else { return Vec::new() };
        let mut found: Vec<Unreached> = Vec::new();
        for (number, place) in (0..).zip(&self.places) {
            let inside = |u: &Unreached| u.func == place.func && u.range.contains(&place.at);
            if image.byte(number) != 0 || found.last().is_some_and(inside) {
                continue;
            }
            let ops = &original.funcs[place.func].ops;
            let end = end_of(ops, place.at);
            if ops[place.at..end].iter().map(op_weight).sum::<u64>() > op_weight(&op(&I::Unreachable)) {
                found.push(Unreached { func: place.func, range: place.at..end });
            }
        }
        found
    }
}

/// Returns the operator that ends the block, or the arm, around `at`.
fn end_of(ops: &[Op], at: usize) -> usize {
    let mut depth = 0;
    for (i, o) in ops.iter().enumerate().skip(at) {
        match nest(o) {
            Nest::Open => depth += 1,
            Nest::Else | Nest::End if depth == 0 => return i,
            Nest::End => depth -= 1,
            Nest::Else | Nest::None => {}
        }
    }
    ops.len() - 1
}

/// Returns the module with a trap in place of each of these stretches.
pub fn without<'a>(ast: &Ast, unreached: impl DoubleEndedIterator<Item = &'a Unreached>) -> Ast {
    let mut bodies: Vec<Option<Vec<Op>>> = vec![None; ast.funcs.len()];
    // From the last to the first, because positions before a cut do not move.
    for u in unreached.rev() {
        let ops = bodies[u.func].get_or_insert_with(|| ast.funcs[u.func].ops.clone());
        ops.splice(u.range.clone(), [op(&I::Unreachable)]);
    }
    let mut edited = ast.clone();
    for (f, ops) in edited.funcs.iter_mut().zip(bodies) {
        if let Some(ops) = ops {
            *f = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
        }
    }
    edited
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Mode, Tier};
    use crate::triage::observe::Entity;
    use crate::triage::reduce::{capture::drive, typing};
    use crate::triage::subject::Subject;
    use crate::triage::trial::{TrialLimits, TrialPlace, Trials};

    /// The stretches that the calls do not reach.
    fn unreached(ast: &Ast) -> Vec<Unreached> {
        let noted = instrumented(ast);
        let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
        let run = Subject { bytes: noted.ast.encode(), provider: None, drive: drive() };
        let snapshot = trials.snapshot(&run, &Config::default(), None).unwrap();
        noted.unreached(ast, &snapshot.memories)
    }

    #[test]
    fn what_is_not_reached_goes_and_nothing_else() {
        let text = r#"(module
            (func $dead (result i32) (i32.const 111))
            (func $traps (param i32) (result i32)
                (if (result i32) (local.get 0) (then (i32.const 1)) (else (unreachable))))
            (func (export "test") (result i32) (local i32)
                (block (br_if 0 (i32.const 1)) (drop (call $dead)))
                (loop (if (i32.lt_u (local.get 0) (i32.const 3))
                    (then (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 1))
                    (else (drop (call $traps (i32.const 222))))))
                (drop (call $traps (i32.const 0)))
                (i32.const 333)))"#;
        let binary = wat::parse_str(text).unwrap();
        let ast = Ast::parse(&binary).unwrap();
        let noted = instrumented(&ast);
        let interp = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
        let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
        let run = Subject { bytes: noted.ast.encode(), provider: None, drive: drive() };
        let snapshot = trials.snapshot(&run, &interp, None).unwrap();
        let unreached = noted.unreached(&ast, &snapshot.memories);
        let cut = without(&ast, unreached.iter());
        assert!(typing::is_valid(&cut.encode()));
        let left = wasmprinter::print_bytes(cut.encode()).unwrap();
        assert!(!left.contains("111") && !left.contains("333") && left.contains("222"), "{left}");
        // The arm after `br_if`, the whole dead function, and the code after the call that traps.
        assert_eq!(unreached.len(), 3, "{unreached:?}");
        let observe = |trials: &mut Trials, ast: &Ast| {
            let run = Subject { bytes: ast.encode(), provider: None, drive: drive() };
            let mut steps = trials.observe(&run, &interp).unwrap().steps;
            // The code of the trap has moved.
            steps.iter_mut().for_each(|step| step.state.retain(|(entity, _)| *entity != Entity::Frames));
            steps
        };
        assert_eq!(observe(&mut trials, &cut), observe(&mut trials, &ast));
    }

    /// Tests more places than a memory's first page has bytes.
    #[test]
    fn places_behind_the_first_page_are_recorded() {
        let stays = "(br_if 0 (i32.const 0))".repeat(0x1_0010);
        let text = format!(
            "(module (func (export \"test\") (block {stays} (br_if 0 (i32.const 1)) (drop (i32.const 111))) (call $f))
                (func $f (drop (i32.const 222))))"
        );
        let ast = Ast::parse(&wat::parse_str(text).unwrap()).unwrap();
        let unreached = unreached(&ast);
        assert_eq!(unreached.len(), 1, "{unreached:?}");
        let left = wasmprinter::print_bytes(without(&ast, unreached.iter()).encode()).unwrap();
        assert!(!left.contains("111") && left.contains("222"));
    }

    /// Whatever is inside an unreached stretch is cut with it, once.
    #[test]
    fn stretches_inside_of_others_are_not_cut_again() {
        let text = r#"(module (func $f) (func (export "test")
            (block
                (br_if 0 (i32.const 1)) (call $f) (drop (i32.const 1))
                (block (call $f) (drop (i32.const 2))) (loop (call $f) (call $f)))
            (call $f)))"#;
        let ast = Ast::parse(&wat::parse_str(text).unwrap()).unwrap();
        let unreached = unreached(&ast);
        assert_eq!(unreached.len(), 1, "{unreached:?}");
        let cut = without(&ast, unreached.iter()).encode();
        let left = wasmprinter::print_bytes(&cut).unwrap();
        assert!(typing::is_valid(&cut) && left.matches("call").count() == 1, "{left}");
    }
}
