//! How much of a body each passing of a counted place is sure to execute: of two places that are passed equally often, the one
//! that executes more has more to gain from compiled code.

use crate::config::Mode;
use crate::module::syntax;
use std::ops::Range;
use wasmparser::Operator;

/// The counted places of a body that have not ended.
pub struct Weights {
    mode: Mode,
    /// Bytes of the body.
    body: usize,
    /// Outermost first: the entry, and loops.
    open: Vec<Place>,
    /// By block: whether nothing is sure to be executed until its end.
    unsure: Vec<bool>,
    /// Byte offset of the operator that was seen last.
    last: usize,
}

/// A counted place. Blocks are named by the number of blocks around them; a function's body is one, with none around it.
struct Place {
    /// Word index of its `count`.
    word: usize,
    /// The block that it begins.
    block: usize,
    /// Bytes that each passing executes.
    bytes: usize,
    /// How many of the blocks from this one on to the next place are unsure until their end.
    unsure: usize,
}

impl Weights {
    /// The weights of the body in these bytes of the binary.
    pub fn new(mode: Mode, body: Range<usize>) -> Weights {
        Weights { mode, body: body.len(), open: Vec::new(), unsure: Vec::new(), last: body.start }
    }

    /// Begins a counted place: its `count` is at `word`, and it has `block` blocks around it.
    pub fn begin(&mut self, word: usize, block: usize) {
        self.open.push(Place { word, block, bytes: 0, unsure: 0 });
    }

    /// Ends the block that has `block` blocks around it. Returns the `count` of the place that it began, and the weight of each
    /// passing. Places inside have their own.
    pub fn end(&mut self, block: usize) -> Option<(usize, u32)> {
        while self.unsure.len() > block {
            if self.unsure.pop() == Some(true)
                && let Some(place) = self.place(self.unsure.len())
            {
                place.unsure -= 1;
            }
        }
        let ended = self.open.pop_if(|place| place.block == block)?;
        Some((ended.word, self.mode.weight(ended.bytes, self.body)))
    }

    /// The innermost place that this block, which it may begin, belongs to.
    fn place(&mut self, block: usize) -> Option<&mut Place> {
        let inside = self.open.partition_point(|place| place.block <= block);
        self.open[..inside].last_mut()
    }

    /// Records the next reachable operator: it is at this byte offset and has `blocks` blocks around it. Dead code before it
    /// counts as executed there.
    pub fn operator(&mut self, operator: &Operator<'_>, offset: usize, blocks: usize) {
        let bytes = offset - std::mem::replace(&mut self.last, offset);
        if let Some(place) = self.open.last_mut().filter(|place| place.unsure == 0) {
            place.bytes += bytes;
        }
        let target = |depth: u32| Some(blocks - 1 - depth as usize);
        let unsure = match *operator {
            Operator::If { .. } => Some(blocks),
            // The rest of a function that sometimes returns.
            Operator::Return => Some(0),
            Operator::BrTable { ref targets } => {
                let depths = targets.targets().map(|depth| depth.expect("the module was decoded"));
                depths.chain([targets.default()]).max().and_then(target)
            }
            _ => syntax::branch(operator).and_then(target),
        };
        let Some(unsure) = unsure else { return };
        if self.unsure.len() <= unsure {
            self.unsure.resize(unsure + 1, false);
        }
        // A loop that is left is in its last passing: a branch out of it makes nothing inside unsure.
        if !std::mem::replace(&mut self.unsure[unsure], true)
            && let Some(place) = self.place(unsure)
        {
            place.unsure += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;
    use crate::config::{Config, Mode};
    use crate::interp::disassemble_with;
    use crate::module::{BodyIndex, Module, features};
    use wasmparser::Operator;

    /// What the entry and the loops of a function weigh. `LONG` in its text stands for a thousand sums.
    fn weights(body: &str) -> Vec<u32> {
        let long = "(local.set 1 (i32.add (local.get 1) (i32.const 1)))".repeat(1000);
        let text = format!("(module (func (param i32) (local i32) {}))", body.replace("LONG", &long));
        let module = Module::new(&wat::parse_str(text).unwrap(), features::all()).unwrap();
        let config = Config { mode: Mode::Tiered { seed: None }, ..Config::default() };
        let listing = disassemble_with(&module, BodyIndex(0), &config).unwrap();
        let counted = listing.lines().filter(|line| line.contains(" count"));
        counted.map(|line| line.split_whitespace().last().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn what_each_passing_executes_weighs() {
        // 6,000 passings of seven kB, of which 315 take as long as compiling it.
        assert_eq!(weights("LONG"), [19]);
        assert_eq!(weights("(loop LONG (br_if 0 (local.get 0)))"), [1, 19]);
        assert_eq!(weights("(loop LONG (loop (br_if 0 (local.get 0))) (br_if 0 (local.get 0)))"), [1, 19, 1]);
        assert_eq!(weights("(block (br_if 0 (local.get 0))) LONG"), [19]);
        assert_eq!(weights("(block (block (br_table 0 1 (local.get 0)))) LONG"), [19]);
        assert_eq!(weights("(if (local.get 0) (then)) LONG"), [19]);
        assert_eq!(weights("(block (try_table (catch_all 0) LONG))"), [19]);
        // The last passing of a loop need not execute all of it.
        assert_eq!(weights("(block (loop (br_if 1 (local.get 0)) LONG (br 0)))"), [1, 19]);
        assert_eq!(weights("(loop (if (local.get 0) (then return)) LONG (br 0))"), [1, 19]);
    }

    /// Bodies of less than 500 bytes are not looked at, since nothing in them can weigh more than 1. Each sum has seven.
    #[test]
    fn the_shortest_body_that_weighs_more() {
        let sums = |count: usize| "(local.set 1 (i32.add (local.get 1) (i32.const 1)))".repeat(count);
        assert_eq!(weights(&sums(70)), [1]);
        assert_eq!(weights(&sums(71)), [1]);
        assert_eq!(weights(&sums(72)), [2]);
        assert_eq!(weights(&format!("(loop {} (br_if 0 (local.get 0)))", sums(71))), [1, 1]);
        assert_eq!(weights(&format!("(loop {} (br_if 0 (local.get 0)))", sums(73))), [1, 2]);
    }

    #[test]
    fn each_byte_that_is_executed_counts() {
        // A body without bytes takes 100 microseconds to compile, and a thousand passings: a hundredth for each byte.
        for (bytes, weight) in [(0, 1), (199, 1), (200, 2), (299, 2), (300, 3)] {
            let mut weights = Weights::new(Mode::Tiered { seed: None }, 50..50);
            weights.begin(7, 0);
            weights.operator(&Operator::Nop, 50 + bytes, 1);
            assert_eq!(weights.end(0), Some((7, weight)), "{bytes} bytes");
            assert_eq!(weights.end(0), None, "it has ended");
        }
        // Places inside have their own, as have those that follow.
        let mut weights = Weights::new(Mode::Tiered { seed: None }, 50..50);
        weights.begin(1, 0);
        weights.operator(&Operator::Nop, 250, 1);
        weights.begin(2, 1);
        weights.operator(&Operator::Nop, 649, 2);
        assert_eq!((weights.end(1), weights.end(1)), (Some((2, 3)), None));
        weights.operator(&Operator::Nop, 749, 1);
        weights.begin(3, 1);
        assert_eq!((weights.end(1), weights.end(0)), (Some((3, 1)), Some((1, 3))));
    }

    #[test]
    fn what_some_passings_execute_weighs_nothing() {
        assert_eq!(weights("(if (local.get 0) (then LONG))"), [1]);
        assert_eq!(weights("(if (local.get 0) (then) (else LONG))"), [1]);
        assert_eq!(weights("(if (local.get 0) (then return)) LONG"), [1]);
        assert_eq!(weights("(block (br_if 0 (local.get 0)) LONG)"), [1]);
        assert_eq!(weights("(block (block (br_table 0 1 (local.get 0))) LONG)"), [1]);
        assert_eq!(weights("(block (block (br_if 1 (local.get 0)) (br_if 0 (local.get 0))) LONG)"), [1]);
        assert_eq!(weights("(block (drop (br_on_null 0 (ref.null func))) LONG)"), [1]);
        assert_eq!(weights("(loop (br_if 0 (local.get 0)) LONG)"), [1, 1]);
        // Nor does what an inner loop executes, outside of it.
        assert_eq!(weights("(loop (loop LONG (br_if 0 (local.get 0))) (br_if 0 (local.get 0)))"), [1, 1, 19]);
    }
}
