//! What several passes need: aliases, reachability, the dominator tree as a walk, a scoped table of instructions.

use super::super::ir::cfg::Cfg;
use super::super::ir::{Block, Effect, Function, Imm, Inst, Op, Region, Type, Value, ValueData, ValueDef};

/// What a value stands for. Shortens the chain on the way, so that a long one is not followed again and again.
pub fn resolve(values: &mut [ValueData], mut value: Value) -> Value {
    while let ValueDef::Alias(next) = values[value.index()].def {
        if let ValueDef::Alias(_) = values[next.index()].def {
            values[value.index()].def = values[next.index()].def;
        }
        value = next;
    }
    value
}

/// Replaces every use of an alias by what it stands for.
pub fn resolve_aliases(f: &mut Function) {
    let Function { values, insts, blocks, layout, .. } = f;
    for block in layout {
        for inst in &blocks[block.index()].insts {
            let data = &mut insts[inst.index()];
            data.args.iter_mut().for_each(|v| *v = resolve(values, *v));
            if let Some(control) = &mut data.control {
                control.targets.iter_mut().flat_map(|t| &mut t.args).for_each(|v| *v = resolve(values, *v));
            }
        }
    }
}

/// Takes blocks that the entry does not reach out of the layout; how many.
pub fn remove_unreachable(f: &mut Function) -> u64 {
    let mut reached = vec![false; f.blocks.len()];
    let mut work = vec![f.entry()];
    reached[f.entry().index()] = true;
    while let Some(block) = work.pop() {
        for next in f.successors(block) {
            if !std::mem::replace(&mut reached[next.index()], true) {
                work.push(next);
            }
        }
    }
    let before = f.layout.len();
    f.layout.retain(|block| reached[block.index()]);
    (before - f.layout.len()) as u64
}

/// Makes `inst` a jump to its target number `target`.
pub fn make_jump(f: &mut Function, inst: Inst, target: usize) {
    let data = &mut f.insts[inst.index()];
    data.op = Op::Jump;
    data.ty = Type::I32;
    data.imm = Imm::None;
    data.args.clear();
    let control = data.control.as_mut().expect("a branch has targets");
    let target = control.targets.swap_remove(target);
    control.targets.clear();
    control.targets.push(target);
}

/// Makes an instruction with one result a constant.
pub fn make_const(f: &mut Function, inst: Inst, ty: Type, bits: u64) {
    let data = &mut f.insts[inst.index()];
    data.op = Op::Const;
    data.ty = ty;
    data.imm = Imm::Const(bits);
    data.args.clear();
}

/// A step of [`walk_dominators`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Enter(Block),
    Leave(Block),
}

/// Visits the dominator tree from the root: each block is entered before and left after those that it dominates.
/// Siblings come in reverse postorder.
pub fn walk_dominators(f: &Function, cfg: &Cfg) -> Vec<Step> {
    let mut first = vec![u32::MAX; f.blocks.len()];
    let mut next = vec![u32::MAX; f.blocks.len()];
    for &block in cfg.rpo() {
        // The list of children comes out reversed, and the stack below reverses it again.
        if let Some(parent) = cfg.idom(block) {
            next[block.index()] = std::mem::replace(&mut first[parent.index()], block.0);
        }
    }
    let mut steps = Vec::with_capacity(2 * cfg.rpo().len());
    let mut stack = vec![Step::Enter(f.entry())];
    while let Some(step) = stack.pop() {
        steps.push(step);
        if let Step::Enter(block) = step {
            stack.push(Step::Leave(block));
            let mut child = first[block.index()];
            while child != u32::MAX {
                stack.push(Step::Enter(Block(child)));
                child = next[child as usize];
            }
        }
    }
    steps
}

/// Whether equal instructions compute equal values wherever the first dominates the second.
pub fn is_mergeable(op: Op, imm: Imm) -> bool {
    match op.effect() {
        Effect::Pure | Effect::Guarded => true,
        _ => op == Op::Load && matches!(imm, Imm::Field { region: Region::Immutable, .. }),
    }
}

/// Whether the arguments may be exchanged. Float sums are not among them: which NaN comes out may depend on the order.
fn commutes(op: Op) -> bool {
    matches!(op, Op::IAdd | Op::IMul | Op::And | Op::Or | Op::Xor)
}

/// A hash table of instructions with scopes: what was inserted after [`Table::mark`] goes at [`Table::release`].
pub struct Table {
    /// Newest entry of each bucket; a power of two of them.
    heads: Vec<u32>,
    entries: Vec<Entry>,
}

struct Entry {
    hash: u64,
    inst: Inst,
    next: u32,
}

const END: u32 = u32::MAX;

impl Table {
    /// For about so many instructions.
    pub fn new(size: usize) -> Table {
        Table { heads: vec![END; size.next_power_of_two().clamp(64, 1 << 16)], entries: Vec::new() }
    }

    pub fn mark(&self) -> usize {
        self.entries.len()
    }

    pub fn release(&mut self, mark: usize) {
        while self.entries.len() > mark {
            let entry = self.entries.pop().expect("more than `mark`");
            let bucket = self.bucket(entry.hash);
            self.heads[bucket] = entry.next;
        }
    }

    fn bucket(&self, hash: u64) -> usize {
        (hash >> 40) as usize & (self.heads.len() - 1)
    }

    /// Hash of an instruction; arguments must be resolved.
    pub fn hash(op: Op, ty: Type, imm: Imm, args: &[Value]) -> u64 {
        let mut hasher = Mix(u64::from(op as u8) << 8 | ty as u64);
        std::hash::Hash::hash(&imm, &mut hasher);
        match args {
            [a, b] if commutes(op) => {
                hasher.add(u64::from(a.0.min(b.0)));
                hasher.add(u64::from(a.0.max(b.0)));
            }
            _ => args.iter().for_each(|arg| hasher.add(u64::from(arg.0))),
        }
        hasher.0
    }

    /// An instruction with this content, the newest one.
    pub fn find(&self, f: &Function, hash: u64, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Option<Inst> {
        let mut at = self.heads[self.bucket(hash)];
        while at != END {
            let entry = &self.entries[at as usize];
            if entry.hash == hash {
                let data = f.inst(entry.inst);
                let same_args =
                    data.args[..] == *args || commutes(op) && data.args[0] == args[1] && data.args[1] == args[0];
                // Constants of equal bits and different types, and comparisons at different widths, differ by `ty`.
                if data.op == op && data.ty == ty && data.imm == imm && same_args {
                    return Some(entry.inst);
                }
            }
            at = entry.next;
        }
        None
    }

    pub fn insert(&mut self, hash: u64, inst: Inst) {
        let bucket = self.bucket(hash);
        let entry = self.entries.len() as u32;
        self.entries.push(Entry { hash, inst, next: std::mem::replace(&mut self.heads[bucket], entry) });
    }
}

/// A fixed multiplicative hash: the same in every process.
struct Mix(u64);

impl Mix {
    fn add(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl std::hash::Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.add(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }
}
