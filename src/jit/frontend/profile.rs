//! Decides which blocks are seldom entered, from the module's hints and from what was seen of the function's executions.
//!
//! What was seen is better than a hint, but it may come from the middle of one long execution: then no loop has ended,
//! and all code after the loop looks as if it were never reached.

use super::*;
use crate::config::profile::{FunctionProfile, Likely};
use crate::jit::ir::cfg::Cfg;
use crate::random::mix;
use std::sync::Arc;

/// What was seen of a function's executions.
pub(super) struct Watched {
    seen: Option<Arc<FunctionProfile>>,
    /// The seed of an invented profile, which is used instead.
    invented: Option<u64>,
    /// Blocks that were marked as seldom entered because of `seen` and may leave a loop; and whether they were never entered.
    seldom: Vec<(Block, bool)>,
}

/// How likely a condition is to hold.
#[derive(Clone, Copy)]
pub(super) enum Hint {
    /// A hint of the module.
    Given {
        holds: bool,
    },
    Seen(Likely),
}

impl Hint {
    /// The condition was never seen to hold.
    pub const NEVER: Hint = Hint::Seen(Likely { holds: false, always: true });

    pub fn holds(self) -> bool {
        match self {
            Hint::Given { holds } | Hint::Seen(Likely { holds, .. }) => holds,
        }
    }
}

impl Watched {
    pub fn of(config: &Config, function: u32) -> Watched {
        let seen = config.profile.as_ref().and_then(|profile| profile.functions.get(&function)).map(Arc::clone);
        Watched { seen, invented: config.invented_profile, seldom: Vec::new() }
    }

    /// Forgets the blocks so far, which belong to a function that is dropped.
    pub fn forget_marks(&mut self) {
        self.seldom.clear();
    }

    fn likely(&self, offset: u32) -> Option<Likely> {
        let Some(seed) = self.invented else { return self.seen.as_ref()?.likely(offset) };
        let drawn = mix(seed ^ mix(u64::from(offset)));
        (!drawn.is_multiple_of(3)).then_some(Likely { holds: drawn % 3 == 1, always: drawn & 8 == 0 })
    }
}

impl Translator<'_, '_> {
    /// How likely the condition of the current operator is to hold, if that is known.
    pub(super) fn hint(&self) -> Option<Hint> {
        if let Some(likely) = self.watched.likely(self.offset) {
            return Some(Hint::Seen(likely));
        }
        let at = self.hints.binary_search_by_key(&(self.offset - self.begin), |hint| hint.offset).ok()?;
        Some(Hint::Given { holds: self.hints[at].likely })
    }

    /// The frames that a `br_table` was seen to branch to, if that is known.
    pub(super) fn reached_by(&self, table: &wasmparser::BrTable<'_>) -> Option<HashSet<usize>> {
        let depths = table.targets().map(|d| d.expect(VALIDATED)).chain(std::iter::once(table.default()));
        let frames = depths.map(|depth| self.target_frame(depth));
        if let Some(seed) = self.watched.invented {
            return Some(frames.filter(|&frame| mix(seed ^ frame as u64).is_multiple_of(2)).collect());
        }
        let counts = self.watched.seen.as_ref()?.table(self.offset)?;
        Some(frames.zip(counts).filter(|(_, count)| **count > 0).map(|(frame, _)| frame).collect())
    }

    /// Marks a block as seldom entered. `to` is the frame that the block only branches to, if that is known.
    pub(super) fn set_seldom(&mut self, block: Block, hint: Hint, to: Option<usize>) {
        self.b.set_cold(block);
        if let Hint::Seen(likely) = hint
            && self.innermost_loop().is_some_and(|inner| to.is_none_or(|to| to < inner))
        {
            self.watched.seldom.push((block, likely.always));
        }
    }

    /// Returns the function after its body has been translated.
    pub(super) fn finish(self) -> Function {
        let Watched { seen, mut seldom, .. } = self.watched;
        let mut f = self.b.finish();
        // Every loop is left seldom, so it means something only if a loop was never left.
        let whole = seen.is_some_and(|seen| seen.is_of_whole_executions());
        seldom.retain(|&(_, never)| !(whole && never));
        expect_exits(&mut f, &seldom);
        f
    }
}

/// Removes the mark from blocks that only leave a loop, unless they always lead to a trap or an exception.
fn expect_exits(f: &mut Function, seldom: &[(Block, bool)]) {
    if seldom.is_empty() {
        return;
    }
    let cfg = Cfg::new(f);
    let mut fails = vec![false; f.blocks.len()];
    for &block in cfg.rpo().iter().rev() {
        let inst = f.terminator(block);
        let targets = f.targets(inst);
        fails[block.index()] = match f.inst(inst).op {
            Op::Return | Op::ReturnCall | Op::ReturnCallRef => false,
            // An endless loop does not fail: its header comes after the blocks that lead back to it.
            _ => targets.iter().all(|target| fails[target.block.index()]),
        };
    }
    for block in
        seldom.iter().map(|&(block, _)| block).filter(|&block| cfg.is_reachable(block) && !fails[block.index()])
    {
        let leaves = |from: Block| {
            let inner = cfg.loop_of(from);
            inner.is_some_and(|inner| cfg.loop_of(block).is_none_or(|own| !cfg.loop_contains(inner, own)))
        };
        if cfg.preds(block).iter().all(|edge| leaves(edge.from)) {
            f.blocks[block.index()].cold = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::module;
    use super::*;
    use crate::config::profile::{Profile, Seen};

    /// Returns a profile of the first function: how often it was entered and, for each conditional branch and table in
    /// order, what was seen of it.
    fn profile(module: &Module, entered: u64, seen: &[Seen]) -> Arc<Profile> {
        let (_, operators, _) =
            begin(module, BodyIndex(0), None, &Config::default(), CompileLimits::default()).unwrap();
        let is_watched =
            |op: &Operator<'_>| matches!(op, Operator::If { .. } | Operator::BrIf { .. } | Operator::BrTable { .. });
        let offsets = operators.iter().filter(|(op, _)| is_watched(op)).map(|&(_, offset)| offset);
        let operators: Vec<_> = offsets.zip(seen.iter().cloned()).collect();
        assert_eq!(operators.len(), seen.len(), "there are so many branches");
        let functions = [(0, Arc::new(FunctionProfile { entered, operators }))].into();
        Arc::new(Profile { module: 0, functions })
    }

    fn with(profile: Arc<Profile>) -> Config {
        Config { profile: Some(profile), ..Config::default() }
    }

    /// The number of cold blocks among all reachable blocks of the first function.
    fn cold(text: &str, entered: u64, seen: &[Seen]) -> usize {
        let module = module(text);
        which_are_cold(&module, &with(profile(&module, entered, seen))).into_iter().filter(|&cold| cold).count()
    }

    /// Whether each reachable block of the first function is cold.
    fn which_are_cold(module: &Module, config: &Config) -> Vec<bool> {
        let f = translate_with(module, BodyIndex(0), None, config, CompileLimits::default()).unwrap();
        let cfg = Cfg::new(&f);
        cfg.rpo().iter().map(|block| f.blocks[block.index()].cold).collect()
    }

    #[test]
    fn each_kind_of_branch_has_an_invented_profile() {
        for branch in [
            "(if (local.get 0) (then (call $f)))",
            "(block (br_if 0 (local.get 0)) (call $f))",
            "(block (block (br_table 0 1 (local.get 0))) (call $f))",
        ] {
            let module = module(&format!("(module (func (param i32) {branch} (call $f)) (func $f))"));
            let invented = |seed| Config { invented_profile: Some(seed), ..Config::default() };
            let all: HashSet<_> = (0..32).map(|seed| which_are_cold(&module, &invented(seed))).collect();
            assert!(all.len() > 1, "{branch}: {all:?}");
        }
    }

    const NEVER: Seen = Seen::Branch { held: 0, failed: 1000 };
    const SELDOM: Seen = Seen::Branch { held: 1, failed: 1000 };
    const ALWAYS: Seen = Seen::Branch { held: 1000, failed: 0 };
    const OFTEN: Seen = Seen::Branch { held: 500, failed: 500 };

    /// A block that leaves a loop is not cold merely because the loop was seldom left: this holds for any loop. It is
    /// cold if whole executions never left the loop there, or if only a trap or an exception follows.
    #[test]
    fn what_only_leaves_a_loop_is_not_seldom() {
        let leaves = |behind: &str| {
            format!(
                "(module (tag $e) (func (param i32 i32)
                   (block $out (loop $again (br_if $out (local.get 0)) (br_if $again (local.get 1)) (return)))
                   {behind}))"
            )
        };
        let traps = leaves("(unreachable)");
        let throws = leaves("(throw $e)");
        let one_way_traps = leaves("(if (local.get 1) (then (unreachable)))");
        let both_trap = leaves("(if (local.get 1) (then (unreachable)) (else (throw $e)))");
        let endless = leaves("(loop $forever (br $forever))");
        let endless_or_trap = leaves("(loop $forever (br_if $forever (local.get 0))) (unreachable)");
        let returns = leaves("");
        for (name, text, first, middle, whole) in [
            ("returns", &returns, NEVER, 0, 1),
            ("returns, seldom", &returns, SELDOM, 0, 0),
            ("returns, often", &returns, OFTEN, 0, 0),
            ("traps", &traps, NEVER, 1, 1),
            ("traps, seldom", &traps, SELDOM, 1, 1),
            ("throws", &throws, NEVER, 1, 1),
            ("traps on one way", &one_way_traps, NEVER, 0, 1),
            ("traps on one way, seldom", &one_way_traps, SELDOM, 0, 0),
            ("fails on both ways", &both_trap, NEVER, 1, 1),
            ("never ends", &endless, NEVER, 0, 1),
            ("never ends, or traps", &endless_or_trap, NEVER, 0, 1),
        ] {
            // The second branch is always taken; its other side also leaves the loop, and returns.
            for (entered, expected) in [(1, middle), (15, middle), (16, whole), (1000, whole)] {
                let got = cold(text, entered, &[first.clone(), OFTEN]);
                assert_eq!(got, expected, "{name}, entered {entered} times");
            }
        }
    }

    /// A block that stays in the loop is cold if it was seldom entered.
    #[test]
    fn what_stays_in_a_loop_is_seldom() {
        let text = "(module (func (param i32 i32)
            (loop $again
              (if (local.get 0) (then (local.set 0 (i32.const 1))))
              (br_if $again (local.get 0))
              (br_if $again (local.get 1)))))";
        for entered in [1, 1000] {
            assert_eq!(cold(text, entered, &[NEVER, OFTEN, OFTEN]), 1);
            assert_eq!(cold(text, entered, &[NEVER, SELDOM, OFTEN]), 2);
            assert_eq!(cold(text, entered, &[OFTEN, OFTEN, OFTEN]), 0);
        }
        // The last branch leaves the loop if it is not taken.
        assert_eq!([1, 1000].map(|entered| cold(text, entered, &[OFTEN, OFTEN, ALWAYS])), [0, 1]);
        // In an inner loop, a branch to the outer loop leaves the inner one.
        let nested = "(module (func (param i32 i32)
            (loop $outer (loop $inner (br_if $outer (local.get 0)) (br_if $inner (local.get 1))))))";
        assert_eq!([1, 1000].map(|entered| cold(nested, entered, &[NEVER, OFTEN])), [0, 1]);
    }

    /// Targets of a table that were never reached are cold, each counted once; too few executions are not enough to tell.
    #[test]
    fn targets_that_were_never_reached_are_seldom() {
        let text = "(module (func (param i32)
            (block $a (block $b (block $c (br_table $a $b $c $b (local.get 0))) (unreachable)) (unreachable))))";
        for (counts, expected) in [
            ([20, 20, 20, 20], 0),
            ([20, 0, 20, 0], 1),
            ([20, 0, 20, 1], 0),
            ([0, 20, 0, 0], 2),
            ([0, 1, 0, 15], 2),
            ([0, 1, 0, 14], 0),
        ] {
            assert_eq!(cold(text, 1000, &[Seen::Table(counts.to_vec())]), expected, "{counts:?}");
        }
    }

    /// What was seen before the loop where a function begins does not apply to its blocks: they are numbered anew.
    #[test]
    fn marks_in_front_of_the_beginning_are_forgotten() {
        for blocks in 0..24 {
            let module = module(&format!(
                r#"(module (func (param i32 i32)
                     {}
                     (block $out (loop $first (br_if $out (local.get 0)) (br_if $first (local.get 1))))
                     (loop $second
                       (block $there
                         local.get 0
                         (@metadata.code.branch_hint "\00") br_if $there
                         local.get 1
                         br_if $second
                         return)
                       (local.set 1 (i32.const 7))
                       (call 1 (local.get 1))))
                   (func (param i32)))"#,
                "(block) ".repeat(blocks)
            ));
            let (_, operators, _) =
                begin(&module, BodyIndex(0), None, &Config::default(), CompileLimits::default()).unwrap();
            let loops: Vec<u32> =
                operators.iter().filter(|(op, _)| matches!(op, Operator::Loop { .. })).map(|&(_, at)| at).collect();
            let from = |seen: &[Seen]| {
                let config = with(profile(&module, 1, seen));
                translate_from_loop(&module, BodyIndex(0), loops[1], None, &config, CompileLimits::default())
                    .unwrap()
                    .to_string()
            };
            let text = from(&[]);
            assert!(text.contains(" cold:"), "{text}");
            assert_eq!(from(&[NEVER, OFTEN]), text, "{blocks} blocks before");
        }
    }
}
