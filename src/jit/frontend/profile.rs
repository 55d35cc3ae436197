//! Which blocks are seldom entered: by the module's hints, and by what was seen of the function.
//!
//! What was seen is better than a hint, but it may be of the middle of one long execution: then no loop has ended, and all
//! that comes behind the loop looks as if it were never reached.

use super::*;
use crate::config::profile::{FunctionProfile, Likely};
use crate::jit::ir::cfg::Cfg;
use crate::random::mix;
use std::sync::Arc;

/// What was seen of a function.
pub(super) struct Watched {
    seen: Option<Arc<FunctionProfile>>,
    /// Instead: the seed of what is invented.
    invented: Option<u64>,
    /// Blocks that are marked as seldom entered for that, and may leave a loop; and whether they were never entered.
    seldom: Vec<(Block, bool)>,
}

/// How likely a condition is to hold.
#[derive(Clone, Copy)]
pub(super) enum Hint {
    /// The module says so.
    Given {
        holds: bool,
    },
    Seen(Likely),
}

impl Hint {
    /// It was never seen to hold.
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

    /// The blocks so far are those of a function that is dropped.
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
    /// How likely the condition of this operator is to hold, if that is known.
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

    /// Marks a block as seldom entered. `to`: the frame that it only branches to, if that is known.
    pub(super) fn set_seldom(&mut self, block: Block, hint: Hint, to: Option<usize>) {
        self.b.set_cold(block);
        if let Hint::Seen(likely) = hint {
            let inner = self.frames.iter().rposition(Frame::is_loop);
            if inner.is_some_and(|inner| to.is_none_or(|to| to < inner)) {
                self.watched.seldom.push((block, likely.always));
            }
        }
    }

    /// The function, when its body has been translated.
    pub(super) fn finish(self) -> Function {
        let Watched { seen, mut seldom, .. } = self.watched;
        let mut f = self.b.finish();
        // Any loop is left seldom: only that it never happened can mean something.
        let whole = seen.is_some_and(|seen| seen.is_of_whole_executions());
        seldom.retain(|&(_, never)| !(whole && never));
        expect_exits(&mut f, &seldom);
        f
    }
}

/// Takes the mark from those of these blocks that only leave a loop, unless nothing but a trap or an exception follows.
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
            // What only goes round in a loop does not fail: its header comes after the blocks that lead back to it.
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
