//! Allocates random functions and checks the results.

use super::{BlockFrequency, Scan, Unfit};
use regalloc2::{
    Allocation, Block, Edit, Function, Inst, InstRange, MachineEnv, Operand, OperandConstraint, OperandKind,
    OperandPos, Output, PReg, PRegSet, ProgPoint, RegClass, SpillSlot, VReg,
};

/// Integer registers in the order in which small machines have them; 11, and register 15 of the floats, are scratch
/// registers.
const INTS: [usize; 13] = [0, 1, 2, 7, 6, 3, 8, 9, 10, 12, 13, 14, 15];

fn int(n: usize) -> PReg {
    PReg::new(INTS[n], RegClass::Int)
}

fn env(registers: usize) -> MachineEnv {
    let set = |all: &mut dyn Iterator<Item = PReg>| all.fold(PRegSet::empty(), PRegSet::with);
    let half = registers.min(6);
    MachineEnv {
        preferred_regs_by_class: [
            set(&mut (0..half).map(int)),
            set(&mut (0..registers).map(|n| PReg::new(n, RegClass::Float))),
            PRegSet::empty(),
        ],
        non_preferred_regs_by_class: [set(&mut (half..registers).map(int)), PRegSet::empty(), PRegSet::empty()],
        scratch_by_class: [Some(PReg::new(11, RegClass::Int)), Some(PReg::new(15, RegClass::Float)), None],
        fixed_stack_slots: Vec::new(),
    }
}

#[derive(Default)]
struct SketchBlock {
    insts: std::ops::Range<usize>,
    succs: Vec<Block>,
    preds: Vec<Block>,
    params: Vec<VReg>,
    args: Vec<Vec<VReg>>,
    cold: bool,
}

#[derive(Clone)]
struct SketchInst {
    operands: Vec<Operand>,
    clobbers: PRegSet,
    branch: bool,
    ret: bool,
}

#[derive(Default)]
struct Sketch {
    insts: Vec<SketchInst>,
    blocks: Vec<SketchBlock>,
    values: usize,
}

impl Function for Sketch {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }
    fn num_blocks(&self) -> usize {
        self.blocks.len()
    }
    fn entry_block(&self) -> Block {
        Block::new(0)
    }
    fn block_insns(&self, block: Block) -> InstRange {
        let r = &self.blocks[block.index()].insts;
        InstRange::new(Inst::new(r.start), Inst::new(r.end))
    }
    fn block_succs(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].succs
    }
    fn block_preds(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].preds
    }
    fn block_params(&self, block: Block) -> &[VReg] {
        &self.blocks[block.index()].params
    }
    fn is_ret(&self, inst: Inst) -> bool {
        self.insts[inst.index()].ret
    }
    fn is_branch(&self, inst: Inst) -> bool {
        self.insts[inst.index()].branch
    }
    fn branch_blockparams(&self, block: Block, _inst: Inst, n: usize) -> &[VReg] {
        &self.blocks[block.index()].args[n]
    }
    fn inst_operands(&self, inst: Inst) -> &[Operand] {
        &self.insts[inst.index()].operands
    }
    fn inst_clobbers(&self, inst: Inst) -> PRegSet {
        self.insts[inst.index()].clobbers
    }
    fn num_vregs(&self) -> usize {
        self.values
    }
    fn spillslot_size(&self, class: RegClass) -> usize {
        if class == RegClass::Float { 2 } else { 1 }
    }
}

impl BlockFrequency for Sketch {
    fn is_cold(&self, block: Block) -> bool {
        self.blocks[block.index()].cold
    }
}

/// Makes structured functions: sequences of instructions, branches, loops, tables and calls that throw.
struct Maker {
    seed: u64,
    registers: usize,
    f: Sketch,
    /// Instructions by block.
    code: Vec<Vec<SketchInst>>,
    block: usize,
    /// Values that are defined on all paths to this point.
    scope: Vec<VReg>,
}

impl Maker {
    fn below(&mut self, n: usize) -> usize {
        (crate::random::next(&mut self.seed) % n as u64) as usize
    }

    fn value(&mut self, class: RegClass) -> VReg {
        self.f.values += 1;
        VReg::new(self.f.values - 1, class)
    }

    fn def(&mut self, class: RegClass) -> VReg {
        let v = self.value(class);
        self.scope.push(v);
        v
    }

    /// Picks a defined value: often a recent one, sometimes an old one.
    fn pick(&mut self, class: RegClass) -> VReg {
        let of_class: Vec<VReg> = self.scope.iter().copied().filter(|v| v.class() == class).collect();
        if of_class.is_empty() {
            let v = self.def(class);
            self.push(vec![Operand::reg_def(v)], PRegSet::empty());
            return v;
        }
        let n = of_class.len();
        let recent = if self.below(3) == 0 { n } else { n.min(6) };
        of_class[n - 1 - self.below(recent)]
    }

    fn class(&mut self) -> RegClass {
        if self.below(4) == 0 { RegClass::Float } else { RegClass::Int }
    }

    fn push(&mut self, operands: Vec<Operand>, clobbers: PRegSet) {
        self.code[self.block].push(SketchInst { operands, clobbers, branch: false, ret: false });
    }

    fn new_block(&mut self) -> usize {
        self.f.blocks.push(SketchBlock { cold: self.seed.is_multiple_of(5), ..SketchBlock::default() });
        self.code.push(Vec::new());
        self.f.blocks.len() - 1
    }

    fn connect(&mut self, from: usize, to: usize, args: Vec<VReg>) {
        self.f.blocks[from].succs.push(Block::new(to));
        self.f.blocks[from].args.push(args);
        self.f.blocks[to].preds.push(Block::new(from));
    }

    fn end(&mut self, operands: Vec<Operand>, clobbers: PRegSet) {
        self.code[self.block].push(SketchInst { operands, clobbers, branch: true, ret: false });
    }

    /// The registers that a call overwrites: all except those of its results.
    fn all_but(&self, results: &[PReg]) -> PRegSet {
        let mut set = PRegSet::empty();
        for n in 0..self.registers {
            set.add(int(n));
            set.add(PReg::new(n, RegClass::Float));
        }
        results.iter().for_each(|&r| set.remove(r));
        set
    }

    fn call_operands(&mut self) -> Vec<Operand> {
        let mut operands = Vec::new();
        let start = self.below(self.registers.min(8));
        for n in 0..self.below(self.registers.min(8) - start + 1) {
            operands.push(Operand::reg_fixed_use(self.pick(RegClass::Int), int(start + n)));
        }
        if self.below(2) == 0 {
            operands.push(Operand::reg_fixed_use(self.pick(RegClass::Float), PReg::new(0, RegClass::Float)));
        }
        for _ in 0..self.below(3) {
            let class = self.class();
            operands.push(Operand::any_use(self.pick(class)));
        }
        operands
    }

    fn instruction(&mut self) {
        let none = PRegSet::empty();
        match self.below(20) {
            0..=4 => {
                let class = self.class();
                let mut operands = Vec::new();
                for _ in 0..self.below(4) {
                    operands.push(Operand::reg_use(self.pick(class)));
                }
                operands.push(Operand::reg_def(self.def(class)));
                self.push(operands, none);
            }
            5..=8 => {
                let class = self.class();
                let mut operands = vec![Operand::reg_use(self.pick(class))];
                for _ in 0..self.below(3) {
                    operands.push(Operand::reg_use(self.pick(class)));
                }
                operands.insert(1, Operand::reg_reuse_def(self.def(class), 0));
                self.push(operands, none);
            }
            9 => {
                // A shift.
                let (a, count) = (self.pick(RegClass::Int), self.pick(RegClass::Int));
                let operands = vec![
                    Operand::reg_use(a),
                    Operand::reg_reuse_def(self.def(RegClass::Int), 0),
                    Operand::reg_fixed_use(count, int(1)),
                ];
                self.push(operands, none);
            }
            10 => {
                // A division.
                let (a, b) = (self.pick(RegClass::Int), self.pick(RegClass::Int));
                let (out, other) = if self.below(2) == 0 { (0, 2) } else { (2, 0) };
                let operands = vec![
                    Operand::reg_fixed_use(a, int(0)),
                    Operand::reg_use_at_end(b),
                    Operand::reg_fixed_def(self.def(RegClass::Int), int(out)),
                ];
                self.push(operands, PRegSet::empty().with(int(other)));
            }
            11 => {
                // A conversion.
                let a = self.pick(RegClass::Float);
                let temp = self.value(RegClass::Float);
                let def = self.def(RegClass::Int);
                let operands =
                    vec![Operand::reg_use_at_end(a), Operand::reg_def_at_start(def), Operand::reg_temp(temp)];
                self.push(operands, none);
            }
            12 => {
                let class = self.class();
                let v = self.pick(class);
                let constraint = if self.below(3) == 0 { OperandConstraint::Stack } else { OperandConstraint::Any };
                self.push(vec![Operand::new(v, constraint, OperandKind::Use, OperandPos::Early)], none);
            }
            13 => {
                // Its results are not used.
                let class = self.class();
                let v = self.value(class);
                self.push(vec![Operand::reg_def(v)], none);
            }
            14..=17 => self.unlucky(),
            _ => {
                let mut operands = self.call_operands();
                let results: Vec<PReg> = (0..self.below(3)).map(int).collect();
                for &r in &results {
                    operands.push(Operand::reg_fixed_def(self.def(RegClass::Int), r));
                }
                let clobbers = self.all_but(&results);
                self.push(operands, clobbers);
            }
        }
    }

    /// An instruction that requires as much at once as the registers allow: operands and results in registers of its
    /// choice, some of them the same; operands that must last; early results; results that overwrite operands; clobbered
    /// registers.
    fn unlucky(&mut self) {
        /// An operand, or the result that overwrites one.
        #[derive(Clone, Copy)]
        enum Asked {
            Plain(Operand),
            Reuse(VReg, Operand),
        }
        let class = RegClass::Int;
        let mut free: Vec<PReg> = (0..self.registers).map(int).collect();
        let (mut asked, mut clobbers) = (Vec::new(), PRegSet::empty());
        // Registers that are read early, so that they can be overwritten.
        let mut read: Vec<PReg> = Vec::new();
        let late = |maker: &mut Maker| if maker.below(4) == 0 { OperandPos::Late } else { OperandPos::Early };
        let mut last = None;
        for _ in 0..self.below(3) {
            let reg = free.swap_remove(self.below(free.len()));
            // A value may be required in two registers.
            let value = last.filter(|_| self.seed.is_multiple_of(3)).unwrap_or_else(|| self.pick(class));
            last = Some(value);
            let pos = late(self);
            asked.push(Asked::Plain(Operand::new(value, OperandConstraint::FixedReg(reg), OperandKind::Use, pos)));
            if pos == OperandPos::Early {
                read.push(reg);
            }
        }
        let mut inputs = Vec::new();
        for _ in 0..self.below(4).min(free.len() / 2) {
            // Each takes a register, and another one if its value is needed later.
            free.pop();
            let (value, pos) = (self.pick(class), late(self));
            let op = Operand::new(value, OperandConstraint::Reg, OperandKind::Use, pos);
            asked.push(Asked::Plain(op));
            if pos == OperandPos::Early && !inputs.contains(&op) && self.below(2) == 0 {
                free.pop();
                inputs.push(op);
            }
        }
        for _ in 0..self.below(3).min(free.len()) {
            // An operand that may be anywhere may be in a register.
            free.pop();
            let (value, pos) = (self.pick(class), late(self));
            let constraint = if self.below(4) == 0 { OperandConstraint::Stack } else { OperandConstraint::Any };
            asked.push(Asked::Plain(Operand::new(value, constraint, OperandKind::Use, pos)));
        }
        // Created here, so that the instruction does not read what it defines.
        let mut results = Vec::new();
        for op in inputs {
            let value = self.value(class);
            results.push(value);
            asked.push(Asked::Reuse(value, op));
        }
        for n in 0..self.below(5) {
            let again = !read.is_empty() && self.below(2) == 0;
            let from = if again { &mut read } else { &mut free };
            if from.is_empty() {
                break;
            }
            let reg = from.swap_remove((self.seed >> n) as usize % from.len());
            if self.below(2) == 0 {
                clobbers.add(reg);
                continue;
            }
            let value = self.value(class);
            results.push(value);
            // The register of an early result must have no other purpose. If an operand happens to be in it, the function
            // is refused, so early results are rare.
            let pos = if !again && self.below(24) == 0 { OperandPos::Early } else { OperandPos::Late };
            asked.push(Asked::Plain(Operand::new(value, OperandConstraint::FixedReg(reg), OperandKind::Def, pos)));
        }
        for _ in 0..self.below(3).min(free.len()) {
            let value = self.value(class);
            results.push(value);
            let pos = if self.below(2) == 0 { OperandPos::Early } else { OperandPos::Late };
            asked.push(Asked::Plain(Operand::new(value, OperandConstraint::Reg, OperandKind::Def, pos)));
        }
        for n in (1..asked.len()).rev() {
            asked.swap(n, self.below(n + 1));
        }
        let place = |op: Operand| asked.iter().position(|a| matches!(a, Asked::Plain(o) if *o == op)).unwrap();
        let operand = |a: &Asked| match *a {
            Asked::Plain(op) => op,
            Asked::Reuse(value, op) => Operand::reg_reuse_def(value, place(op)),
        };
        let operands = asked.iter().map(operand).collect();
        self.push(operands, clobbers);
        self.scope.extend(results);
    }

    /// The classes of parameters for a block.
    fn params(&mut self) -> Vec<RegClass> {
        let most = if self.below(8) == 0 { 20 } else { 4 };
        (0..self.below(most)).map(|_| self.class()).collect()
    }

    fn args(&mut self, classes: &[RegClass]) -> Vec<VReg> {
        classes.iter().map(|&c| self.pick(c)).collect()
    }

    fn begin(&mut self, block: usize, classes: &[RegClass]) {
        self.block = block;
        let params: Vec<VReg> = classes.iter().map(|&c| self.def(c)).collect();
        self.f.blocks[block].params = params;
    }

    fn jump(&mut self, to: usize, classes: &[RegClass]) {
        let args = self.args(classes);
        self.end(Vec::new(), PRegSet::empty());
        self.connect(self.block, to, args);
    }

    /// Branches into paths that meet later. Returns the end of each: a block that is still open, and its scope.
    fn fork(&mut self, depth: usize) -> Vec<(usize, Vec<VReg>)> {
        let ways = match self.below(4) {
            0 => {
                let index = self.pick(RegClass::Int);
                let temp = self.value(RegClass::Int);
                self.end(vec![Operand::reg_use(index), Operand::reg_temp(temp)], PRegSet::empty());
                2 + self.below(4)
            }
            1 => {
                let mut operands = self.call_operands();
                let class = self.class();
                operands.push(Operand::any_def(self.def(class)));
                let clobbers = self.all_but(&[]);
                self.end(operands, clobbers);
                2
            }
            _ => {
                let (a, b) = (self.pick(RegClass::Int), self.pick(RegClass::Int));
                self.end(vec![Operand::reg_use(a), Operand::reg_use(b)], PRegSet::empty());
                2
            }
        };
        let (from, scope) = (self.block, self.scope.clone());
        let mut ends = Vec::new();
        for _ in 0..ways {
            self.scope.clone_from(&scope);
            let block = self.new_block();
            let mut classes = Vec::new();
            let mut args = Vec::new();
            if self.below(3) == 0 {
                // Arguments must be defined already.
                args = (0..self.below(4)).map(|_| scope[self.below(scope.len())]).collect();
                classes = args.iter().map(|v: &VReg| v.class()).collect();
            }
            self.connect(from, block, args);
            self.begin(block, &classes);
            if self.below(3) != 0 {
                self.sequence(depth);
            }
            ends.push((self.block, self.scope.clone()));
        }
        self.scope = scope;
        ends
    }

    fn sequence(&mut self, depth: usize) {
        for _ in 0..1 + self.below(4) {
            for _ in 0..self.below(8) {
                self.instruction();
            }
            if depth == 0 {
                continue;
            }
            match self.below(3) {
                0 => {
                    let scope_before = self.scope.clone();
                    let ends = self.fork(depth - 1);
                    let classes = self.params();
                    let join = self.new_block();
                    let outer = std::mem::replace(&mut self.scope, scope_before);
                    for (block, scope) in ends {
                        (self.block, self.scope) = (block, scope);
                        self.jump(join, &classes);
                    }
                    self.scope = outer;
                    self.begin(join, &classes);
                }
                1 => {
                    let classes = self.params();
                    let header = self.new_block();
                    self.jump(header, &classes);
                    self.begin(header, &classes);
                    self.sequence(depth - 1);
                    let mut ends = self.fork(depth - 1);
                    // All paths except the first lead back.
                    let back = ends.split_off(1);
                    let after = self.scope.clone();
                    for (block, scope) in back {
                        (self.block, self.scope) = (block, scope);
                        self.jump(header, &classes);
                    }
                    let (block, scope) = ends.remove(0);
                    (self.block, self.scope) = (block, scope);
                    let exit = self.new_block();
                    self.jump(exit, &[]);
                    self.scope = after;
                    self.block = exit;
                }
                _ => {}
            }
        }
    }

    fn make(seed: u64, registers: usize) -> Sketch {
        let mut maker = Maker { seed, registers, f: Sketch::default(), code: Vec::new(), block: 0, scope: Vec::new() };
        maker.new_block();
        let mut operands = Vec::new();
        for n in 0..maker.below(registers.min(7)) {
            operands.push(Operand::reg_fixed_def(maker.def(RegClass::Int), int(n)));
        }
        maker.push(operands, PRegSet::empty());
        let depth = maker.below(4);
        maker.sequence(depth);
        let mut operands = Vec::new();
        for n in 0..maker.below(3) {
            operands.push(Operand::reg_fixed_use(maker.pick(RegClass::Int), int(n)));
        }
        maker.code[maker.block].push(SketchInst { operands, clobbers: PRegSet::empty(), branch: false, ret: true });
        maker.finish()
    }

    /// Concatenates the instructions of the blocks.
    fn finish(self) -> Sketch {
        let mut f = self.f;
        for (block, code) in f.blocks.iter_mut().zip(self.code) {
            block.insts = f.insts.len()..f.insts.len() + code.len();
            f.insts.extend(code);
        }
        f
    }
}

fn check(f: &Sketch, env: &MachineEnv, output: &Output) -> Result<(), String> {
    crate::jit::regalloc::check(f, env, output).map_err(|e| e.to_string())
}

#[test]
fn random_functions_are_allocated_rightly() {
    let (mut spills, mut refused) = (0, 0);
    for registers in [4, 5, 6, 13] {
        let env = env(registers);
        let (mut kept, mut output) = (Scan::new(&env), Output::default());
        for seed in 0..100 {
            let f = Maker::make(seed, registers);
            match kept.run(&f, &mut output) {
                Ok(()) => {}
                Err(Unfit::Operands) => {
                    refused += 1;
                    continue;
                }
                Err(e) => panic!("seed {seed}, {registers} registers: {e:?}"),
            }
            check(&f, &env, &output).unwrap_or_else(|e| panic!("seed {seed}, {registers} registers: {e}"));
            spills += output.num_spillslots;
            if seed % 8 == 0 {
                // Memory kept from other functions makes no difference.
                let mut fresh = Output::default();
                Scan::new(&env).run(&f, &mut fresh).unwrap();
                assert_eq!(format!("{fresh:?}"), format!("{output:?}"), "seed {seed}");
            }
        }
    }
    assert!(refused < 60, "{refused} functions are refused");
    assert!(spills > 2000, "{spills} spill slots are too few to have tried anything");
}

/// For each block, the greatest number of values of each class that are live at once, by the dataflow equations.
fn most_live(f: &Sketch) -> Vec<[u32; 2]> {
    use std::collections::HashSet;
    // Walks backwards through a block from the values live after it: returns those live before it, and the greatest
    // number on the way.
    let through = |block: &SketchBlock, mut live: HashSet<VReg>| {
        let mut most = [0; 2];
        // A terminator's own results may be arguments.
        live.extend(block.args.iter().flatten());
        for n in block.insts.clone().rev() {
            let operands = || f.insts[n].operands.iter();
            live.retain(|v| !operands().any(|op| op.kind() == OperandKind::Def && op.vreg() == *v));
            live.extend(operands().filter(|op| op.kind() == OperandKind::Use).map(|op| op.vreg()));
            for (class, most) in [RegClass::Int, RegClass::Float].into_iter().zip(&mut most) {
                *most = live.iter().filter(|v| v.class() == class).count().max(*most);
            }
        }
        live.retain(|v| !block.params.contains(v));
        (live, most.map(|n| n as u32))
    };
    let behind = |block: &SketchBlock, live: &[HashSet<VReg>]| -> HashSet<VReg> {
        block.succs.iter().flat_map(|succ| &live[succ.index()]).copied().collect()
    };
    let mut live = vec![HashSet::new(); f.blocks.len()];
    loop {
        let before = live.clone();
        for (n, block) in f.blocks.iter().enumerate().rev() {
            live[n] = through(block, behind(block, &live)).0;
        }
        if live == before {
            return f.blocks.iter().map(|block| through(block, behind(block, &live)).1).collect();
        }
    }
}

#[test]
fn the_pressure_of_a_loop_is_the_number_of_values_that_are_live_at_once() {
    let (mut loops, mut nested) = (0, 0);
    for registers in [4, 13] {
        let (mut scan, mut output) = (Scan::new(&env(registers)), Output::default());
        for seed in 0..200 {
            let f = Maker::make(seed, registers);
            if scan.run(&f, &mut output).is_err() {
                continue;
            }
            let most = most_live(&f);
            for l in scan.graph.loops.ids() {
                let mut expected = [0; 2];
                for b in scan.graph.blocks.ids() {
                    let mut around = scan.graph.blocks[b].in_loop;
                    while !around.is_none() && around != l {
                        around = scan.graph.loops[around].parent;
                    }
                    if around == l {
                        expected = [0, 1].map(|c| expected[c].max(most[b.block().index()][c]));
                    }
                }
                let pressure = scan.graph.loops[l].pressure.map(u32::from);
                assert_eq!(
                    pressure,
                    expected,
                    "seed {seed}, {registers} registers, {:?}",
                    scan.graph.loops[l].header.block()
                );
                loops += 1;
                nested += u32::from(!scan.graph.loops[l].parent.is_none());
            }
        }
    }
    assert!(loops > 500 && nested > 100, "{loops} loops, {nested} of them in others");
}

/// Correct code may still be slow: a register that is given up too soon, a value that is loaded in each iteration. These
/// are the allocator's results for random functions: operands in memory, moves of each kind, and slots. Write a new line
/// only with a reason for each number that has grown.
#[test]
fn random_functions_take_as_many_moves_as_they_did() {
    let made = [4, 5, 6, 9, 13].map(|registers| {
        let env = env(registers);
        let (mut scan, mut output) = (Scan::new(&env), Output::default());
        let (mut functions, mut in_memory, mut between, mut stores, mut loads, mut slots) = (0, 0, 0, 0, 0, 0);
        for seed in 0..200 {
            let f = Maker::make(seed, registers);
            if scan.run(&f, &mut output).is_err() {
                continue;
            }
            functions += 1;
            in_memory += output.allocs.iter().filter(|a| a.is_stack()).count();
            slots += output.num_spillslots;
            for (_, Edit::Move { from, to }) in &output.edits {
                match (from.is_reg(), to.is_reg()) {
                    (true, true) => between += 1,
                    (true, false) => stores += 1,
                    _ => loads += 1,
                }
            }
        }
        format!(
            "{registers}: {functions} functions, {in_memory} in memory, {between} moves, {stores} stores, {loads} loads, \
             {slots} slots"
        )
    });
    let known = [
        "4: 187 functions, 4806 in memory, 10320 moves, 12569 stores, 28586 loads, 4984 slots",
        "5: 186 functions, 4693 in memory, 11457 moves, 11010 stores, 25030 loads, 4997 slots",
        "6: 178 functions, 4190 in memory, 12586 moves, 10412 stores, 22750 loads, 4649 slots",
        "9: 179 functions, 3874 in memory, 15198 moves, 9929 stores, 21581 loads, 4893 slots",
        "13: 186 functions, 4868 in memory, 20924 moves, 12222 stores, 28417 loads, 5519 slots",
    ];
    assert_eq!(made, known);
}

/// The checker can fail: it notices nearly every omitted move.
#[test]
fn moves_that_are_left_out_are_missed() {
    let env = env(6);
    let (mut missed, mut tried) = (0, 0);
    for seed in (0..20).map(|n| n * 3) {
        let f = Maker::make(seed, 6);
        let mut output = Output::default();
        if Scan::new(&env).run(&f, &mut output).is_err() {
            continue;
        }
        for n in (0..output.edits.len()).step_by(23) {
            let mut spoiled = output.clone();
            spoiled.edits.remove(n);
            tried += 1;
            missed += usize::from(check(&f, &env, &spoiled).is_err());
        }
    }
    assert!(tried > 100 && missed * 10 > tried * 8, "{missed} of {tried}");
}

/// What regalloc2's checker does not notice: one instruction, and places for its operands of which the last is wrong.
#[test]
fn operands_that_collide_are_refused() {
    let (v, w) = (VReg::new(0, RegClass::Int), VReg::new(1, RegClass::Int));
    let reg = |n: usize| Allocation::reg(int(n));
    let slot = Allocation::stack(SpillSlot::new(0));
    let use_at = |pos| Operand::new(v, OperandConstraint::Reg, OperandKind::Use, pos);
    let def_at = |pos| Operand::new(w, OperandConstraint::Reg, OperandKind::Def, pos);
    let (early, late) = (OperandPos::Early, OperandPos::Late);
    let below = Operand::new(v, OperandConstraint::Limit(2), OperandKind::Use, early);
    let overwrites = PRegSet::empty().with(int(2));
    let none = PRegSet::empty();
    // The operands, the clobbered registers, correct places, and one to replace the last that is wrong.
    let rows = [
        (vec![use_at(early), def_at(early)], none, vec![reg(0), reg(1)], reg(0)),
        (vec![use_at(late), def_at(late)], none, vec![reg(0), reg(1)], reg(0)),
        (vec![use_at(late), def_at(early)], none, vec![reg(0), reg(1)], reg(0)),
        (vec![def_at(early), use_at(early)], none, vec![reg(0), reg(1)], reg(0)),
        (vec![Operand::reg_def(v), def_at(late)], none, vec![reg(0), reg(1)], reg(0)),
        (vec![use_at(early), Operand::reg_reuse_def(w, 0)], none, vec![reg(0), reg(0)], reg(1)),
        (vec![Operand::reg_fixed_def(w, int(1))], none, vec![reg(1)], reg(0)),
        (vec![use_at(early)], none, vec![reg(0)], slot),
        (vec![use_at(early)], none, vec![reg(0)], Allocation::reg(PReg::new(0, RegClass::Float))),
        (vec![Operand::new(v, OperandConstraint::Stack, OperandKind::Use, early)], none, vec![slot], reg(0)),
        (vec![use_at(late)], overwrites, vec![reg(0)], reg(2)),
        (vec![def_at(late)], overwrites, vec![reg(0)], reg(2)),
        (vec![def_at(early)], overwrites, vec![reg(0)], reg(2)),
        // Operands collide even if they are not neighbours or the first two.
        (vec![use_at(late), use_at(early), def_at(late)], none, vec![reg(0), reg(1), reg(2)], reg(0)),
        (vec![use_at(early), use_at(late), def_at(late)], none, vec![reg(0), reg(1), reg(0)], reg(1)),
        // The operand named is the one that is overwritten.
        (vec![use_at(early), use_at(early), Operand::reg_reuse_def(w, 1)], none, vec![reg(0), reg(1), reg(1)], reg(0)),
        // Anywhere, but not in a float register; below a limit, which is itself excluded.
        (vec![Operand::any_use(v)], none, vec![slot], Allocation::reg(PReg::new(0, RegClass::Float))),
        (vec![Operand::any_use(v)], none, vec![reg(0)], Allocation::reg(PReg::new(0, RegClass::Float))),
        (
            vec![below],
            none,
            vec![Allocation::reg(PReg::new(1, RegClass::Int))],
            Allocation::reg(PReg::new(2, RegClass::Int)),
        ),
        (vec![below], none, vec![reg(0)], Allocation::reg(PReg::new(0, RegClass::Float))),
        (vec![below], none, vec![reg(0)], slot),
        (vec![Operand::reg_fixed_use(v, int(0))], none, vec![reg(0)], Allocation::reg(PReg::new(0, RegClass::Float))),
        (vec![Operand::reg_fixed_use(v, int(0))], none, vec![reg(0)], slot),
    ];
    let check = |operands: Vec<Operand>, clobbers, places| {
        let inst = SketchInst { operands, clobbers, branch: false, ret: true };
        let block = SketchBlock { insts: 0..1, ..SketchBlock::default() };
        let f = Sketch { insts: vec![inst], blocks: vec![block], values: 2 };
        let output = Output { allocs: places, inst_alloc_offsets: vec![0], ..Output::default() };
        crate::jit::regalloc::constraints::check(&f, &output)
    };
    for (n, (operands, clobbers, mut places, wrong)) in rows.into_iter().enumerate() {
        check(operands.clone(), clobbers, places.clone()).unwrap_or_else(|e| panic!("row {n}: {e}"));
        *places.last_mut().unwrap() = wrong;
        assert!(check(operands, clobbers, places).is_err(), "row {n}");
    }
    // If an operand is in the wrong kind of place and overwritten there, the wrong place is reported.
    let on_stack = Operand::new(v, OperandConstraint::Stack, OperandKind::Use, late);
    let wrong = check(vec![on_stack], overwrites, vec![reg(2)]).unwrap_err();
    assert_eq!(wrong.what, "an operand is in a place of the wrong kind");
    // An operand that is read early may share a register with a late result, and may be clobbered. An operand that must
    // last may be read twice.
    for (operands, clobbers, places) in [
        (vec![use_at(early), def_at(late)], none, vec![reg(0), reg(0)]),
        (vec![use_at(early), def_at(late)], overwrites, vec![reg(2), reg(0)]),
        (vec![use_at(late), use_at(early), use_at(late)], overwrites, vec![reg(0), reg(0), reg(0)]),
        (vec![Operand::any_use(v), Operand::any_use(v)], overwrites, vec![slot, slot]),
    ] {
        check(operands, clobbers, places).unwrap();
    }
}

/// An integer's slot has one word, a vector's two.
#[test]
fn slots_that_overlap_are_refused() {
    use crate::jit::regalloc::constraints::{SharedSlot, check_slots};
    let stack = |n| Allocation::stack(SpillSlot::new(n));
    let operand =
        |n, class| Operand::new(VReg::new(n, class), OperandConstraint::Stack, OperandKind::Use, OperandPos::Early);
    let operands = vec![operand(0, RegClass::Int), operand(1, RegClass::Float)];
    let inst = SketchInst { operands, clobbers: PRegSet::empty(), branch: false, ret: true };
    let block = SketchBlock { insts: 0..1, ..SketchBlock::default() };
    let f = Sketch { insts: vec![inst], blocks: vec![block], values: 2 };
    let overlap = |slot, other| Err(SharedSlot { slot, other: Some(other) });
    let beyond = |slot| Err(SharedSlot { slot, other: None });
    // The slots of both, and what is wrong with them in a frame of three words.
    for (int_slot, float_slot, expected) in [
        (0, 1, Ok(())),
        (2, 0, Ok(())),
        (1, 0, overlap((0, 2), (1, 1))),
        (0, 0, overlap((0, 2), (0, 1))),
        (3, 0, beyond((3, 1))),
        (0, 2, beyond((2, 2))),
    ] {
        let allocs = vec![stack(int_slot), stack(float_slot)];
        let mut output = Output { allocs, inst_alloc_offsets: vec![0], num_spillslots: 3, ..Output::default() };
        assert_eq!(check_slots(&f, &output), expected, "{int_slot} {float_slot}");
        // The same for a slot that only moves use.
        output.allocs = vec![stack(int_slot), Allocation::none()];
        let register = Allocation::reg(PReg::new(0, RegClass::Float));
        for (from, to) in [(register, stack(float_slot)), (stack(float_slot), register)] {
            let at = ProgPoint::before(Inst::new(0));
            output.edits = vec![(at, Edit::Move { from, to })];
            assert_eq!(check_slots(&f, &output), expected, "{int_slot} {float_slot}");
        }
    }
}

/// Counts the moves in a function in which `places` pass `values` to one block that uses them: they come from memory,
/// because there is a call before each place.
fn moves_where_places_meet(places: usize, values: usize, registers: usize) -> usize {
    let mut maker = Maker { seed: 1, registers, f: Sketch::default(), code: Vec::new(), block: 0, scope: Vec::new() };
    let end = 2 * places;
    (0..=end).for_each(|_| _ = maker.new_block());
    let values: Vec<VReg> = (0..values).map(|_| maker.def(RegClass::Int)).collect();
    values.iter().for_each(|&v| maker.push(vec![Operand::reg_def(v)], PRegSet::empty()));
    for place in 0..places {
        // A call, and a branch to the edge to the end.
        maker.block = 2 * place;
        let all = maker.all_but(&[]);
        maker.push(Vec::new(), all);
        maker.end(Vec::new(), PRegSet::empty());
        maker.connect(2 * place, 2 * place + 1, Vec::new());
        if place + 1 < places {
            maker.connect(2 * place, 2 * place + 2, Vec::new());
        }
        maker.block = 2 * place + 1;
        maker.end(Vec::new(), PRegSet::empty());
        maker.connect(2 * place + 1, end, values.clone());
    }
    maker.begin(end, &vec![RegClass::Int; values.len()]);
    for param in maker.f.blocks[end].params.clone() {
        maker.push(vec![Operand::reg_use(param)], PRegSet::empty());
    }
    maker.code[end].push(SketchInst { operands: Vec::new(), clobbers: PRegSet::empty(), branch: false, ret: true });
    let (f, env, mut output) = (maker.finish(), env(registers), Output::default());
    Scan::new(&env).run(&f, &mut output).unwrap();
    check(&f, &env, &output).unwrap();
    output.edits.len()
}

/// Values that many places pass to one block and have in memory stay there: the block loads them, not each edge. Four
/// places count as many.
#[test]
fn what_many_edges_have_in_memory_stays_there() {
    let (values, registers) = (20, 13);
    let least = 2 * values;
    for places in [40, 5, 4] {
        let moves = moves_where_places_meet(places, values, registers);
        assert!((least..=least + registers).contains(&moves), "{places} places: {moves} moves");
    }
    let moves = moves_where_places_meet(3, values, registers);
    assert!(moves > least + registers, "{moves} moves");
}

/// Makes a function from its blocks: the instructions of each, and its successors.
fn sketch(blocks: &[(&[SketchInst], &[usize])], values: usize) -> Sketch {
    let mut f = Sketch { values, ..Sketch::default() };
    for (insts, succs) in blocks {
        let first = f.insts.len();
        f.insts.extend_from_slice(insts);
        f.blocks.push(SketchBlock {
            insts: first..f.insts.len(),
            succs: succs.iter().map(|&b| Block::new(b)).collect(),
            args: vec![Vec::new(); succs.len()],
            ..SketchBlock::default()
        });
    }
    for (from, (_, succs)) in blocks.iter().enumerate() {
        succs.iter().for_each(|&to| f.blocks[to].preds.push(Block::new(from)));
    }
    f
}

fn plain(operands: Vec<Operand>) -> SketchInst {
    SketchInst { operands, clobbers: PRegSet::empty(), branch: false, ret: false }
}

fn branch(operands: Vec<Operand>) -> SketchInst {
    SketchInst { branch: true, ..plain(operands) }
}

fn ret() -> SketchInst {
    SketchInst { ret: true, ..plain(Vec::new()) }
}

/// `Ok` if the function is allocated correctly.
fn allocate(f: &Sketch, registers: usize) -> Result<(), Unfit> {
    let (env, mut output) = (env(registers), Output::default());
    Scan::new(&env).run(f, &mut output)?;
    check(f, &env, &output).unwrap();
    Ok(())
}

/// In a chain of blocks, the dominator at any depth is reached in a logarithmic number of steps.
#[test]
fn dominators_are_a_few_steps_away() {
    const BLOCKS: usize = 1 << 10;
    let (jump, last) = ([branch(Vec::new())], [ret()]);
    let targets: Vec<[usize; 1]> = (1..BLOCKS).map(|n| [n]).collect();
    let mut blocks: Vec<(&[SketchInst], &[usize])> = targets.iter().map(|to| (&jump[..], &to[..])).collect();
    blocks.push((&last, &[]));
    let mut scan = Scan::new(&env(6));
    scan.run(&sketch(&blocks, 0), &mut Output::default()).unwrap();
    let blocks = &scan.graph.blocks;
    for b in blocks.ids().skip(BLOCKS - 64) {
        for depth in 0..blocks[b].depth {
            let (mut at, mut steps) = (b, 0);
            while blocks[at].depth > depth {
                let far = blocks[at].jump;
                at = if blocks[far].depth >= depth { far } else { blocks[at].idom };
                steps += 1;
            }
            assert_eq!(at.block().index(), depth as usize);
            assert!(steps <= 3 * BLOCKS.ilog2(), "{steps} steps from {} to {depth}", b.block().index());
        }
    }
}

/// The moves of an edge need a place at one of its ends: a jump without operands, or a block that only this edge leads to.
#[test]
fn edges_without_a_place_for_moves_are_refused() {
    let v = VReg::new(0, RegClass::Int);
    let (def, read) = (plain(vec![Operand::reg_def(v)]), vec![Operand::reg_use(v)]);
    let (jump, tested) = (branch(Vec::new()), branch(read.clone()));
    let alone = std::slice::from_ref::<SketchInst>;
    let diamond = |from: &SketchInst, arm: &SketchInst| {
        let first = [def.clone(), from.clone()];
        sketch(&[(&first, &[1, 2]), (alone(arm), &[3]), (alone(&jump), &[3]), (&[ret()], &[])], 1)
    };
    assert_eq!(allocate(&diamond(&tested, &jump), 6), Ok(()));
    assert_eq!(allocate(&diamond(&tested, &tested), 6), Err(Unfit::Operands));
    // One of two edges leads to a block that others lead to, too.
    let first = [def.clone(), tested.clone()];
    let critical = |first: &[SketchInst]| sketch(&[(first, &[1, 2]), (alone(&jump), &[2]), (&[ret()], &[])], 1);
    assert_eq!(allocate(&critical(&first), 6), Err(Unfit::Operands));
    // The same holds if the branch reads only flags.
    assert_eq!(allocate(&critical(&[def.clone(), jump.clone()]), 6), Err(Unfit::Operands));
    let to_itself = sketch(&[(&[def, jump], &[1]), (&[tested], &[1, 2]), (&[ret()], &[])], 1);
    assert_eq!(allocate(&to_itself, 6), Err(Unfit::Operands));
}

/// An instruction may require all registers, but not one more, nor anything unsupported.
#[test]
fn instructions_that_ask_for_too_much_are_refused() {
    let value = |n| VReg::new(n, RegClass::Int);
    let made = |n: usize| (0..n).map(|k| plain(vec![Operand::reg_def(value(k))])).collect::<Vec<_>>();
    let asks = |mut insts: Vec<SketchInst>, operands: Vec<Operand>, clobbers: &[usize]| {
        let values = 20;
        let clobbers = clobbers.iter().fold(PRegSet::empty(), |set, &n| set.with(int(n)));
        insts.push(SketchInst { clobbers, ..plain(operands) });
        insts.push(ret());
        allocate(&sketch(&[(&insts, &[])], values), 6)
    };
    let uses = |n: usize, pos| {
        (0..n).map(|k| Operand::new(value(k), OperandConstraint::Reg, OperandKind::Use, pos)).collect::<Vec<_>>()
    };
    let with = |mut operands: Vec<Operand>, more: &[Operand]| {
        operands.extend_from_slice(more);
        operands
    };
    let (early, late) = (OperandPos::Early, OperandPos::Late);
    let refused = Err(Unfit::Operands);
    assert_eq!((asks(made(6), uses(6, early), &[]), asks(made(7), uses(7, early), &[])), (Ok(()), refused));
    // Operands that must last need registers other than the clobbered ones; operands that need not last may have those.
    assert_eq!((asks(made(4), uses(4, late), &[0, 3]), asks(made(5), uses(5, late), &[0, 3])), (Ok(()), refused));
    assert_eq!(asks(made(6), uses(6, early), &[0, 1, 2, 3, 4, 5]), Ok(()));
    let def = |n, constraint, pos| Operand::new(value(n), constraint, OperandKind::Def, pos);
    let results = |n: usize, pos| (10..10 + n).map(|k| def(k, OperandConstraint::Reg, pos)).collect::<Vec<_>>();
    // A late result may share an operand's register, an early one may not.
    assert_eq!(asks(made(4), with(uses(4, early), &results(6, late)), &[]), Ok(()));
    assert_eq!(asks(made(4), with(uses(4, early), &results(7, late)), &[]), refused);
    assert_eq!(asks(made(4), with(uses(4, early), &results(2, early)), &[]), Ok(()));
    assert_eq!(asks(made(4), with(uses(4, early), &results(3, early)), &[]), refused);
    assert_eq!(asks(made(2), with(uses(2, late), &results(4, late)), &[]), Ok(()));
    assert_eq!(asks(made(2), with(uses(2, late), &results(5, late)), &[]), refused);
    let limited = |kind| Operand::new(value(0), OperandConstraint::Limit(4), kind, late);
    assert_eq!(asks(made(1), vec![limited(OperandKind::Use)], &[]), refused);
    assert_eq!(asks(Vec::new(), vec![limited(OperandKind::Def)], &[]), refused);
    assert_eq!(asks(Vec::new(), vec![def(0, OperandConstraint::Stack, early)], &[]), refused);
    // A fixed early result in a register that an operand requires.
    let fixed = Operand::reg_fixed_use(value(0), int(2));
    assert_eq!(asks(made(1), vec![fixed, def(1, OperandConstraint::FixedReg(int(2)), early)], &[]), refused);
    assert_eq!(asks(made(1), vec![fixed, def(1, OperandConstraint::FixedReg(int(2)), late)], &[]), Ok(()));
    // Nothing can be stored after a terminator unless its result is in memory.
    for (constraint, expected) in [(OperandConstraint::Reg, refused), (OperandConstraint::Any, Ok(()))] {
        let f = sketch(&[(&[branch(vec![def(0, constraint, late)])], &[1]), (&[plain(uses(1, early)), ret()], &[])], 1);
        assert_eq!(allocate(&f, 6), expected, "{constraint:?}");
    }
}

/// Values are live into so many blocks that the lists of them exceed the room that the function's instructions allow; the
/// same for loops that values are live throughout.
#[test]
fn more_live_values_than_there_is_room_for_are_refused() {
    use super::survey::{LIVE_AT_LEAST, LIVE_PER_INST};
    const VALUES: usize = 512;
    let run = |f: &Sketch| Scan::new(&env(6)).run(f, &mut Output::default());
    let values = || (0..VALUES).map(|n| VReg::new(n, RegClass::Int));
    let defs: Vec<SketchInst> = values().map(|v| plain(vec![Operand::reg_def(v)])).collect();
    let reads = plain(values().map(Operand::any_use).collect());
    let jump = [branch(Vec::new())];
    // An entry block with this many instructions that do nothing.
    let entry = |idle: usize| [&defs[..], &vec![plain(Vec::new()); idle][..], &jump[..]].concat();
    let just_enough = |entries: usize, make: &dyn Fn(usize) -> Sketch| {
        let room = |idle: usize| LIVE_AT_LEAST + LIVE_PER_INST * make(idle).insts.len();
        let idle = (entries - room(0)) / LIVE_PER_INST;
        assert_eq!(room(idle), entries);
        assert_eq!((run(&make(idle)), run(&make(idle - 1))), (Ok(()), Err(Unfit::Crowded)));
    };
    // A chain of blocks, the last of which reads all values.
    const BLOCKS: usize = 300;
    just_enough(VALUES * BLOCKS, &|idle| {
        let first = entry(idle);
        let last = [reads.clone(), ret()];
        let targets: Vec<[usize; 1]> = (1..=BLOCKS).map(|n| [n]).collect();
        let mut blocks: Vec<(&[SketchInst], &[usize])> = targets.iter().map(|to| (&jump[..], &to[..])).collect();
        blocks[0].0 = &first;
        blocks.push((&last, &[]));
        sketch(&blocks, VALUES)
    });
    // A loop whose header reads all values, with inner loops: the scan enters or returns to a loop twice for each of these.
    let nest = |loops: usize, idle: usize| {
        let (first, header) = (entry(idle), [reads.clone(), jump[0].clone()]);
        let end = 2 + 3 * loops;
        let mut targets: Vec<Vec<usize>> = vec![vec![1], vec![2]];
        for inner in (2..end).step_by(3) {
            targets.extend([vec![inner + 1, inner + 2], vec![inner], vec![inner + 3]]);
        }
        // From the last loop back to the header, and out.
        targets[end - 1] = vec![end, end + 1];
        targets.push(vec![1]);
        let mut blocks: Vec<(&[SketchInst], &[usize])> = targets.iter().map(|to| (&jump[..], &to[..])).collect();
        blocks[0].0 = &first;
        blocks[1].0 = &header;
        let last = [ret()];
        blocks.push((&last, &[]));
        sketch(&blocks, VALUES)
    };
    const LOOPS: usize = 200;
    just_enough(VALUES * (1 + 2 * LOOPS), &|idle| nest(LOOPS, idle));
    // Their list alone may be too long: the survey stops at the first loop for which there is no room.
    let f = nest(3 * LOOPS, 0);
    let room = LIVE_AT_LEAST + LIVE_PER_INST * f.insts.len();
    let (env, mut output) = (env(6), Output::default());
    let mut scan = Scan::new(&env);
    assert_eq!(scan.run(&f, &mut output), Err(Unfit::Crowded));
    let listed = scan.survey.through.len();
    assert!((room + 1..=room + VALUES).contains(&listed), "{listed} of {room}, {} loops", 3 * LOOPS);
}

/// Parallel moves, compared with a machine that makes them one after the other.
#[test]
fn parallel_moves_are_put_into_an_order() {
    use super::index::{IntervalId, Position, Table};
    use super::interval::{Interval, Intervals};
    use super::moves::{Loc, Move, ParallelMoves, When};
    use super::registers::RegisterFile;
    use crate::random::Random;
    use std::collections::HashMap;
    const SLOTS: u32 = 6;
    let file = RegisterFile::new(&env(6));
    let scratch = file.scratch.map(Loc::reg);
    let mut random = Random::new(5);
    let mut parallel = ParallelMoves::default();
    let mut seen = [0; 4];
    for round in 0..4000 {
        // Registers of both classes, and slots, each of which has a class.
        let registers = |class: u8| (0..4).map(move |n| (Loc::reg(class * 32 + n), class));
        let in_memory = round % 3 != 0;
        let slots = (0..if in_memory { SLOTS } else { 0 }).map(|n| (Loc::slot(IntervalId(n)), (n % 2) as u8));
        let places: Vec<(Loc, u8)> = registers(0).chain(registers(1)).chain(slots).collect();
        let mut intervals: Intervals = Table::default();
        intervals.reset(SLOTS as usize, Interval::NEW);
        let mut wanted: Vec<(Loc, Loc)> = Vec::new();
        for &(to, class) in &places {
            let from: Vec<Loc> = places.iter().filter(|place| place.1 == class).map(|place| place.0).collect();
            if random.below(4) != 0 {
                let from = from[random.below(from.len() as u64) as usize];
                parallel.push(to, from, class);
                wanted.push((to, from));
            }
        }
        let at = When::Leave.at(Position(7));
        let (mut spilled, mut out) = (Vec::new(), Vec::<Move>::new());
        parallel.sequence(at, &file, &mut intervals, &mut spilled, &mut out);
        // What each place holds: initially, itself.
        let mut holds: HashMap<u32, Loc> = HashMap::new();
        let number = |loc: Loc| match loc.kind() {
            super::moves::LocKind::Reg(reg) => u32::from(reg),
            super::moves::LocKind::Slot(value) => 1000 + value.0,
        };
        for m in &out {
            assert!(m.at == at && m.from != m.to && !(m.from.is_slot() && m.to.is_slot()), "round {round}");
            let value = holds.get(&number(m.from)).copied().unwrap_or(m.from);
            holds.insert(number(m.to), value);
        }
        for &(place, _) in &places {
            let expected = wanted.iter().find(|(to, _)| *to == place).map_or(place, |&(_, from)| from);
            assert_eq!(holds.get(&number(place)).copied().unwrap_or(place), expected, "round {round}: {wanted:?}");
        }
        // Slots for cycles are new, and are recorded.
        let new: Vec<u32> = spilled.iter().map(|v| v.0).collect();
        assert_eq!(new, (SLOTS..intervals.len() as u32).collect::<Vec<_>>(), "round {round}");
        seen[0] += new.len();
        // Between registers, each move is made once, and a cycle takes one more.
        let moves: Vec<_> = wanted.iter().filter(|(to, from)| to != from).collect();
        if moves.iter().all(|(to, from)| !to.is_slot() && !from.is_slot()) {
            let source = |of: Loc| moves.iter().find(|(to, _)| *to == of).map(|m| m.1);
            let behind = |start: Loc| std::iter::successors(source(start), |&loc| source(loc)).take(8);
            let in_cycle = |start: Loc| behind(start).any(|loc| loc == start);
            let is_least = |start: Loc| behind(start).all(|loc| number(loc) >= number(start));
            let cycles = moves.iter().filter(|m| in_cycle(m.0) && is_least(m.0)).count();
            assert_eq!(out.len(), moves.len() + cycles, "round {round}: {wanted:?}");
            let aside = out.iter().filter(|m| scratch.contains(&m.to)).count();
            assert_eq!(aside, cycles, "round {round}: {wanted:?}");
            seen[1] += cycles;
            seen[2] += 1;
        }
        seen[3] += out.len();
    }
    assert!(seen.iter().all(|&n| n > 300), "{seen:?}");
}

#[test]
fn positions_know_what_is_later() {
    use super::index::{NextUse, Position};
    assert_eq!(Position(3).distance_to(Position(10)), 7);
    // "0 if it is not later."
    assert_eq!([3, 2, 0].map(|n| Position(3).distance_to(Position(n))), [0; 3]);
    assert_eq!(Position(1).distance_to(Position::NEVER), Position::NEVER.0 - 1);
    for next in [Position(0), Position(1), Position(Position::NEVER.0 - 1), Position::NEVER] {
        for ends in [false, true] {
            let read = NextUse::new(next, ends);
            assert_eq!((read.position(), read.ends()), (next, ends));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let jump = |to: &[usize]| SketchBlock { succs: to.iter().map(|&b| Block::new(b)).collect(), ..Default::default() };
    // A loop with two entries: 0 -> 1, 0 -> 2, 1 -> 3, 2 -> 4, 3 -> 4, 4 -> 3.
    let mut f =
        Sketch { blocks: vec![jump(&[1, 2]), jump(&[3]), jump(&[4]), jump(&[4]), jump(&[3])], ..Sketch::default() };
    for b in 0..f.blocks.len() {
        f.blocks[b].insts = b..b + 1;
        f.blocks[b].args = vec![Vec::new(); f.blocks[b].succs.len()];
        for succ in f.blocks[b].succs.clone() {
            f.blocks[succ.index()].preds.push(Block::new(b));
        }
        f.insts.push(SketchInst { operands: Vec::new(), clobbers: PRegSet::empty(), branch: true, ret: false });
    }
    let mut output = Output::default();
    assert_eq!(Scan::new(&env(6)).run(&f, &mut output), Err(Unfit::Irreducible));
    assert!(output.allocs.is_empty() && output.inst_alloc_offsets.is_empty());
}
