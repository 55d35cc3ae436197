//! Blocks, labels, branches, returns, handlers.

use super::operators::is_null;
use super::stack::{EntryPlace, StackEntry};
use super::*;
use crate::interp::code::CountedLoop;
use crate::interp::encoding::{
    A, Blank, Dabxx, Dax, Jump, JumpA, JumpAb, JumpAi, JumpI, P16, P32, P48, P64, Return, Table as TableOperands,
    Target,
};
use crate::interp::family::{Branches, Negation};
use foldhash::{HashMap, HashMapExt};
use wasmparser::{BlockType, BrTable, Catch as Clause, TryTable};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BlockKind {
    Function,
    Block,
    Loop,
    /// Where to patch the jump to `else`, which is taken if the condition fails.
    If {
        otherwise: usize,
    },
    /// An `if` after its `else`.
    Else,
    /// Index of the handler.
    Try(usize),
    /// A `try` of the older proposal, before its first `catch` and after it: then the caught exception is in an entry
    /// of its own below the block's operands.
    OldTry(usize),
    OldCatch(usize),
}

/// A reference to a label that is not known yet.
#[derive(Clone, Copy, Debug)]
pub enum Fixup {
    /// The target of the instruction that starts at this word.
    Branch(usize),
    /// An entry of a branch table, and where its instruction starts.
    Table(usize, usize),
    /// A clause of a handler.
    Catch(usize, usize),
    /// The second word of a handler of a `resume`, and where its instruction starts.
    Handler(usize, usize),
}

#[derive(Debug)]
pub struct Control {
    kind: BlockKind,
    /// Height of the stack below the parameters.
    pub base: usize,
    /// The classes of the parameters, one for each slot.
    params: Classes,
    results: Classes,
    /// Word index of a loop's label.
    start: usize,
    /// Set if a loop starts with a conditional exit without values.
    exit: Option<Box<Exit>>,
    fixups: Vec<Fixup>,
}

impl Control {
    pub fn function(module: &Module, results: &[ValType]) -> Control {
        let results = classes_of(module, results).into();
        Control {
            kind: BlockKind::Function,
            base: 0,
            params: Classes::default(),
            results,
            start: 0,
            exit: None,
            fixups: Vec::new(),
        }
    }

    /// The values that a jump to the label takes.
    pub fn label_classes(&self) -> &[ValueClass] {
        if self.kind == BlockKind::Loop { &self.params } else { &self.results }
    }
}

/// The exit at the start of a loop, which leaves to the block of this index if the condition holds. A jump to the loop
/// then repeats the inverted test and continues after it, which saves an instruction in each iteration.
#[derive(Clone, Copy, Debug)]
struct Exit {
    condition: Condition,
    block: usize,
    behind: usize,
}

/// The condition of a conditional jump.
#[derive(Clone, Copy, Debug)]
pub enum Condition {
    Compare(&'static Cmp, CompareForm),
    /// Whether the slot is not 0.
    Slot(Slot),
    Acc,
    /// Whether the slot is not 0 after a number was added.
    Step(Slot, i32),
}

impl Translator<'_> {
    /// Parameters and results of a block.
    fn block_type(&mut self, ty: BlockType) -> (Classes, Classes) {
        let none = || Classes::clone(&self.no_classes);
        match ty {
            BlockType::Empty => (none(), none()),
            BlockType::Type(ty) => (none(), classes_of(self.module, &[ty]).into()),
            BlockType::FuncType(index) => {
                let made = self.block_types.entry(index).or_insert_with(|| {
                    let ty = self.module.func_type(index);
                    (classes_of(self.module, ty.params()).into(), classes_of(self.module, ty.results()).into())
                });
                made.clone()
            }
        }
    }

    pub fn block(&mut self, ty: BlockType) -> TranslateResult {
        let (params, results) = self.block_type(ty);
        self.settle_for_block(params.len());
        self.open(BlockKind::Block, params, results);
        Ok(())
    }

    pub fn loop_(&mut self, ty: BlockType) -> TranslateResult {
        let (params, results) = self.block_type(ty);
        self.settle_for_block(params.len());
        let start = self.label();
        self.count_loop();
        self.take_fuel();
        self.open(BlockKind::Loop, params, results);
        self.control.last_mut().expect("just opened").start = start;
        Ok(())
    }

    /// Counts the beginnings of a loop, if they are counted.
    fn count_loop(&mut self) {
        if !self.counts {
            return;
        }
        let deferred = |(height, entry): (usize, &StackEntry)| match (entry.place, entry.class) {
            (EntryPlace::Const(number), ValueClass::V128) => Some((height, self.vectors[number as usize] as u64)),
            (EntryPlace::Const(number), ValueClass::V128High) => {
                Some((height, (self.vectors[number as usize] >> 64) as u64))
            }
            (EntryPlace::Const(bits), _) => Some((height, bits)),
            _ => None,
        };
        let constants = self.stack.iter().enumerate().filter_map(deferred).map(|(at, bits)| (at as u32, bits));
        let counted =
            CountedLoop { offset: self.offset as u32, height: self.height() as u32, constants: constants.collect() };
        // Each loop has those of all that is below it, and all of that was looked at.
        self.words_of_loops += size_of_val(&*counted.constants) / 8 + self.stack.len() / 16;
        self.count(self.loops.len() as u32);
        self.loops.push(counted);
    }

    pub fn if_(&mut self, ty: BlockType) -> TranslateResult {
        let (params, results) = self.block_type(ty);
        let condition = self.condition();
        self.settle_for_block(params.len());
        let otherwise = self.branch_if(condition, false);
        self.open(BlockKind::If { otherwise }, params, results);
        Ok(())
    }

    pub fn try_table(&mut self, table: &TryTable) -> TranslateResult {
        let (params, results) = self.block_type(table.ty);
        self.settle_for_block(params.len());
        let handler = self.handlers.len();
        let mut catches = Vec::new();
        for clause in &table.catches {
            let (tag, with_ref, depth) = match *clause {
                Clause::One { tag, label } => (Some(tag), false, label),
                Clause::OneRef { tag, label } => (Some(tag), true, label),
                Clause::All { label } => (None, false, label),
                Clause::AllRef { label } => (None, true, label),
            };
            let payload = match tag {
                Some(tag) => Val::slots(self.module.tag_signature(tag).params()) as u32,
                None => 0,
            };
            // Labels are those outside of the block.
            let label = self.control.len() - 1 - depth as usize;
            let to = self.temp(self.control[label].base);
            let mut catch = Catch::unresolved(tag, payload, with_ref, to).ok_or_else(|| self.over(Limit::Frame))?;
            if self.control[label].kind == BlockKind::Loop {
                catch.target = self.control[label].start as u32;
            } else {
                self.control[label].fixups.push(Fixup::Catch(handler, catches.len()));
            }
            catches.push(catch);
        }
        let start = self.label() as u32;
        self.push_handler(start, catches);
        self.open(BlockKind::Try(handler), params, results);
        Ok(())
    }

    /// Opens a handler for the block that is opened next.
    fn push_handler(&mut self, start: u32, catches: Vec<Catch>) {
        let level = self.control.len() as u32;
        self.handlers.push((0, Handler { start, end: start, catches, level, delegate: None }));
    }

    /// Ends the handler's range here.
    fn end_handler(&mut self, handler: usize) {
        self.handlers[handler].0 = self.ended_handlers;
        self.handlers[handler].1.end = self.words.len() as u32;
        self.ended_handlers += 1;
        self.last = None;
    }

    /// `try` of the older proposal: its clauses follow.
    pub fn old_try(&mut self, ty: BlockType) -> TranslateResult {
        let (params, results) = self.block_type(ty);
        self.settle_for_block(params.len());
        let handler = self.handlers.len();
        let start = self.label() as u32;
        self.push_handler(start, Vec::new());
        self.open(BlockKind::OldTry(handler), params, results);
        Ok(())
    }

    /// `catch` and `catch_all`. The exception goes to the first slot of the block, its payload after it.
    pub fn old_catch(&mut self, tag: Option<u32>) -> TranslateResult {
        let (BlockKind::OldTry(handler) | BlockKind::OldCatch(handler)) = self.top().kind else {
            unreachable!("the module is valid")
        };
        let first = self.top().kind == BlockKind::OldTry(handler);
        if self.reachable {
            self.copy_to_label(0);
            let start = self.jump();
            self.top_mut().fixups.push(Fixup::Branch(start));
        }
        if first {
            self.end_handler(handler);
        }
        self.top_mut().kind = BlockKind::OldCatch(handler);
        let here = self.label();
        let base = self.top().base;
        self.truncate(base);
        let exception = self.temp(base);
        self.push(EntryPlace::Temp, ValueClass::Int32)?;
        let payload = tag.map_or(Vec::new(), |tag| classes_of(self.module, self.module.tag_signature(tag).params()));
        let to = self.temp(base + 1);
        self.handlers[handler].1.catches.push(Catch {
            tag,
            payload: payload.len() as u32,
            to: to.0,
            ref_to: Some(exception.0),
            target: here as u32,
        });
        for class in payload {
            self.push(EntryPlace::Temp, class)?;
        }
        self.reachable = true;
        Ok(())
    }

    /// `delegate`, which ends a `try`. The label is one outside of it.
    pub fn delegate(&mut self, depth: u32) -> TranslateResult {
        let BlockKind::OldTry(handler) = self.top().kind else { unreachable!("the module is valid") };
        let level = self.control.len() - 2 - depth as usize;
        self.handlers[handler].1.delegate = Some(level as u32);
        self.end()
    }

    pub fn rethrow(&mut self, depth: u32) {
        let label = self.control.len() - 1 - depth as usize;
        let a = self.temp(self.control[label].base);
        self.emit(Op::ThrowRef, A { a, pad: P48 });
        self.reachable = false;
    }

    fn open(&mut self, kind: BlockKind, params: Classes, results: Classes) {
        debug_assert!(self.has_on_top(&params, 0), "parameters of other types");
        let base = self.height() - params.len();
        self.control.push(Control { kind, base, params, results, start: 0, exit: None, fixups: Vec::new() });
    }

    pub fn else_(&mut self) -> TranslateResult {
        if self.reachable {
            self.settle_results();
            let start = self.jump();
            self.top_mut().fixups.push(Fixup::Branch(start));
        }
        let BlockKind::If { otherwise } = self.top().kind else { unreachable!("the module is valid") };
        self.top_mut().kind = BlockKind::Else;
        let here = self.label();
        self.patch(Fixup::Branch(otherwise), here);
        self.truncate(self.top().base);
        for &class in self.top().params.clone().iter() {
            self.push(EntryPlace::Temp, class)?;
        }
        self.reachable = true;
        Ok(())
    }

    /// Puts the results of the innermost block into their temporaries.
    fn settle_results(&mut self) {
        let results = self.top().results.clone();
        debug_assert!(self.has_on_top(&results, 0), "results of other types");
        self.settle_top(results.len());
    }

    pub fn end(&mut self) -> TranslateResult {
        let function = self.top().kind == BlockKind::Function;
        if self.reachable && matches!(self.top().kind, BlockKind::OldCatch(_)) {
            self.copy_to_label(0);
        } else if self.reachable && !(function && self.top().fixups.is_empty()) {
            self.settle_results();
        }
        let mut control = self.control.pop().expect("the module is valid");
        self.weigh();
        match control.kind {
            // Without `else`, parameters are results, and in their places.
            BlockKind::If { otherwise } => control.fixups.push(Fixup::Branch(otherwise)),
            BlockKind::Try(handler) | BlockKind::OldTry(handler) => self.end_handler(handler),
            // The last instruction wrote above the place of the results.
            BlockKind::OldCatch(_) => self.last = None,
            _ => {}
        }
        let joined = !control.fixups.is_empty();
        if joined {
            let here = self.label();
            for &fixup in &control.fixups {
                self.patch(fixup, here);
            }
        }
        if function && self.reachable {
            return self.return_values(&control.results);
        }
        self.truncate(control.base);
        for &class in control.results.iter() {
            self.push(EntryPlace::Temp, class)?;
        }
        // Otherwise the code that follows is as dead as the code before it.
        self.reachable |= joined;
        if function && joined { self.return_values(&control.results) } else { Ok(()) }
    }

    fn top(&self) -> &Control {
        self.control.last().expect("the module is valid")
    }

    fn top_mut(&mut self) -> &mut Control {
        self.control.last_mut().expect("the module is valid")
    }

    fn patch(&mut self, fixup: Fixup, label: usize) {
        let relative = |start: usize| (label as i64 - start as i64) as i32;
        match fixup {
            Fixup::Branch(start) => {
                // The target is the first field of every jump.
                let word = &mut self.words[start + 1];
                *word = *word & !0xffff_ffff | u64::from(relative(start) as u32);
            }
            Fixup::Table(entry, start) => self.words[entry] = u64::from(relative(start) as u32),
            Fixup::Handler(entry, start) => self.words[entry] |= u64::from(relative(start) as u32),
            Fixup::Catch(handler, clause) => self.handlers[handler].1.catches[clause].target = label as u32,
        }
    }

    /// Connects a jump to a label.
    pub fn connect(&mut self, fixup: Fixup, depth: u32) {
        let label = self.control.len() - 1 - depth as usize;
        if self.control[label].kind == BlockKind::Loop {
            let start = self.control[label].start;
            self.patch(fixup, start);
        } else {
            self.control[label].fixups.push(fixup);
        }
    }

    /// Takes the condition of a `br_if` off the stack: as [`Self::condition`], or a step of a local, if no value that
    /// the branch takes along is deferred (the step would come after such a read).
    fn step_or_condition(&mut self) -> Condition {
        if let Some(last @ LastInst { fusible: Fusible::Step(slot, by), .. }) = self.last
            && self.stack.last().is_some_and(|e| e.place == EntryPlace::Local(slot))
            && last.dst == slot
        {
            self.pop();
            self.take_back(last);
            // The step leaves its result in the accumulator.
            return Condition::Step(slot, by);
        }
        self.condition()
    }

    /// Takes the condition off the stack; a comparison that was just emitted is removed.
    pub fn condition(&mut self) -> Condition {
        let entry = self.pop();
        let height = self.height();
        if let Some(last @ LastInst { fusible: Fusible::Comparison(cmp, form), .. }) = self.last
            && entry.place == EntryPlace::Temp
            && last.dst == self.temp(height)
        {
            self.take_back(last);
            return Condition::Compare(cmp, form);
        }
        let slot = self.operand(entry, height);
        if self.mirrored(slot, ValueClass::Int32) { Condition::Acc } else { Condition::Slot(slot) }
    }

    /// A condition on slots, with the value that an accumulator holds now.
    fn through_accumulator(&self, condition: Condition) -> Condition {
        let Some(acc) = self.mirrors.int else { return condition };
        match condition {
            Condition::Compare(cmp, _) if cmp.value.sk.is_none() => condition,
            Condition::Compare(cmp, CompareForm::Ss(a, b)) if a == acc => Condition::Compare(cmp, CompareForm::As(b)),
            Condition::Compare(cmp, CompareForm::Ss(a, b)) if b == acc => {
                Condition::Compare((cmp.swap)(), CompareForm::As(a))
            }
            Condition::Compare(cmp, CompareForm::Sk(a, imm)) if a == acc => {
                Condition::Compare(cmp, CompareForm::Ak(imm))
            }
            Condition::Slot(a) if a == acc => Condition::Acc,
            _ => condition,
        }
    }

    /// Emits a jump that is taken if the condition is `when`; returns its word index, to be patched.
    pub fn branch_if(&mut self, condition: Condition, when: bool) -> usize {
        let to = Target(0);
        let start = match condition {
            Condition::Compare(cmp, form) => {
                let branches: &Branches = match (&cmp.not, when) {
                    (_, true) => &cmp.branch,
                    (Negation::Opposite(not), false) => &not().branch,
                    (Negation::Branch(branches), false) => branches,
                };
                match form {
                    CompareForm::Ss(a, b) => self.emit(branches.ss, JumpAb { to, a, b }),
                    CompareForm::Sk(a, imm) => {
                        let op = branches.sk.expect("the form was chosen for it");
                        self.emit(op, JumpAi { to, imm, a, pad: P48 })
                    }
                    CompareForm::As(a) => self.emit(branches.as_, JumpA { to, a, pad: P16 }),
                    CompareForm::Ak(imm) => {
                        self.emit(branches.ak.expect("the form was chosen for it"), JumpI { to, imm })
                    }
                }
            }
            Condition::Slot(a) => self.emit(if when { Op::BrIf } else { Op::BrUnless }, JumpA { to, a, pad: P16 }),
            Condition::Step(a, imm) => {
                assert!(when, "a step is not repeated nor inverted");
                let start = self.emit(Op::StepBrIf, JumpAi { to, imm, a, pad: P48 });
                self.mirrors.clobber(a, ValueClass::Int32);
                self.mirrors.int = Some(a);
                start
            }
            Condition::Acc => self.emit(if when { Op::BrIfA } else { Op::BrUnlessA }, Jump { to, pad: P32 }),
        };
        // Where branches are watched, this is the last one.
        if let Some(site) = self.sites.last_mut() {
            site.jumps_if = when;
        }
        start
    }

    /// Emits a jump; returns its word index, to be patched.
    fn jump(&mut self) -> usize {
        let start = self.emit(Op::Br, Jump { to: Target(0), pad: P32 });
        self.jumps.push(start);
        start
    }

    /// Whether the values that a label takes are already in place.
    fn in_place(&self, depth: u32) -> bool {
        self.in_place_below(depth, 0)
    }

    /// The same, with `above` entries on top of the values.
    fn in_place_below(&self, depth: u32, above: usize) -> bool {
        let label = &self.control[self.control.len() - 1 - depth as usize];
        let count = label.label_classes().len();
        debug_assert!(self.has_on_top(label.label_classes(), above), "a label takes values of other types");
        let end = self.height() - above;
        let first = end - count;
        count == 0 || (first == label.base && self.stack[first..end].iter().all(|e| e.place == EntryPlace::Temp))
    }

    /// Copies the values that a label takes to their places, from the lowest up: a temporary is only overwritten after
    /// it was read, because values never move up.
    fn copy_to_label(&mut self, depth: u32) {
        let label = &self.control[self.control.len() - 1 - depth as usize];
        let (base, count) = (label.base, label.label_classes().len());
        debug_assert!(self.has_on_top(label.label_classes(), 0), "a label takes values of other types");
        let first = self.height() - count;
        if self.has_too_many_words() {
            // A branch table may have very many labels that take very many values: stop before the code explodes.
            return;
        }
        for i in 0..count {
            let dst = self.temp(base + i);
            self.copy(self.stack[first + i], first + i, dst);
        }
    }

    pub fn br(&mut self, depth: u32) -> TranslateResult {
        if depth as usize == self.control.len() - 1 {
            return self.return_();
        }
        let label = self.control.len() - 1 - depth as usize;
        if let Some(exit) = self.control[label].exit.as_deref().copied() {
            let condition = self.through_accumulator(exit.condition);
            let start = self.branch_if(condition, false);
            self.patch(Fixup::Branch(start), exit.behind);
            let start = self.jump();
            self.control[exit.block].fixups.push(Fixup::Branch(start));
            self.reachable = false;
            return Ok(());
        }
        self.copy_to_label(depth);
        let start = self.jump();
        self.connect(Fixup::Branch(start), depth);
        self.reachable = false;
        Ok(())
    }

    pub fn br_if(&mut self, depth: u32) {
        // The label's values are below the condition.
        let condition = if self.in_place_below(depth, 1) { self.step_or_condition() } else { self.condition() };
        if self.in_place(depth) {
            let start = self.branch_if(condition, true);
            self.connect(Fixup::Branch(start), depth);
            if let Condition::Step(..) = condition {
                return;
            }
            let block = self.control.len() - 1 - depth as usize;
            let leaves = self.control[block].kind != BlockKind::Loop;
            let behind = self.words.len();
            let top = self.control.last_mut().expect("the module is valid");
            if leaves && top.kind == BlockKind::Loop && top.params.is_empty() && top.start == start {
                top.exit = Some(Box::new(Exit { condition, block, behind }));
                // Code of the loop would have put them in place, before the branch.
                debug_assert!(self.control[block].label_classes().is_empty(), "a branch at once has no values");
            }
            return;
        }
        self.branch_with_copies(condition, depth);
    }

    /// A conditional branch whose values are not in place.
    fn branch_with_copies(&mut self, condition: Condition, depth: u32) {
        let skip = self.branch_if(condition, false);
        let mirrors = self.mirrors;
        self.copy_to_label(depth);
        let start = self.jump();
        self.connect(Fixup::Branch(start), depth);
        // Reached by the jump over the copies: nothing has changed.
        let here = self.label();
        self.mirrors = mirrors;
        self.patch(Fixup::Branch(skip), here);
    }

    /// Branches if the condition holds.
    fn branch_or_copy(&mut self, condition: Condition, depth: u32) {
        if self.in_place(depth) {
            let start = self.branch_if(condition, true);
            self.connect(Fixup::Branch(start), depth);
        } else {
            self.branch_with_copies(condition, depth);
        }
    }

    pub fn br_on_null(&mut self, depth: u32) -> TranslateResult {
        let reference = self.pop();
        let a = self.operand(reference, self.height());
        let condition = Condition::Compare(is_null(reference.class), CompareForm::Sk(a, 0));
        self.branch_or_copy(condition, depth);
        self.push_again(reference)
    }

    /// The reference is the last of the values that the label takes.
    pub fn br_on_non_null(&mut self, depth: u32) {
        self.settle_top(1);
        let reference = *self.stack.last().expect("the module is valid");
        let a = self.temp(self.height() - 1);
        let null = is_null(reference.class);
        let Negation::Opposite(not_null) = null.not else { unreachable!("integers have an opposite") };
        self.branch_or_copy(Condition::Compare(not_null(), CompareForm::Sk(a, 0)), depth);
        self.pop();
    }

    /// Branches with the reference on top, which stays there, if it passes the test.
    pub fn br_on_cast(&mut self, depth: u32, want: u32) -> TranslateResult {
        self.settle_top(1);
        let a = self.temp(self.height() - 1);
        let dst = self.temp(self.height());
        self.result(Op::RefTest, Dax { dst, a, index: want }, dst, ValueClass::Int32, ValueClass::Int32)?;
        let condition = self.condition();
        self.branch_or_copy(condition, depth);
        Ok(())
    }

    /// As [`Translator::br_on_cast`], with a descriptor on top, which is popped.
    pub fn br_on_cast_desc(&mut self, depth: u32, want: u32) -> TranslateResult {
        self.settle_top(2);
        let [a, b] = [self.temp(self.height() - 2), self.temp(self.height() - 1)];
        self.pop();
        let dst = self.temp(self.height());
        let operands = Dabxx { dst, a, b, pad: P16, index: want, index2: 0 };
        self.result(Op::RefTestDesc, operands, dst, ValueClass::Int32, ValueClass::Int32)?;
        let condition = self.condition();
        self.branch_or_copy(condition, depth);
        Ok(())
    }

    pub fn br_table(&mut self, table: &BrTable<'_>) -> TranslateResult {
        let index = self.pop();
        let height = self.height();
        let a = self.operand(index, height);
        let depths: Vec<u32> = table.targets().map(|t| t.expect("the module was decoded")).collect();
        let default = table.default();
        let start = self.emit(Op::BrTable, TableOperands { a, pad: P16, count: depths.len() as u32 });
        let entries = self.words.len();
        self.words.resize(entries + depths.len() + 1, 0);
        // One copy of the values for each label, for all entries that name it.
        let mut copies: HashMap<u32, usize> = HashMap::new();
        for (i, depth) in depths.into_iter().chain([default]).enumerate() {
            let entry = Fixup::Table(entries + i, start);
            if self.in_place(depth) {
                self.connect(entry, depth);
                continue;
            }
            self.check_words()?;
            let known = copies.get(&depth).copied();
            let copy = known.unwrap_or_else(|| {
                let here = self.label();
                self.copy_to_label(depth);
                let jump = self.jump();
                self.connect(Fixup::Branch(jump), depth);
                copies.insert(depth, here);
                here
            });
            self.patch(entry, copy);
        }
        self.reachable = false;
        Ok(())
    }

    /// Returns the values on top of the stack.
    pub fn return_(&mut self) -> TranslateResult {
        let results = self.control[0].results.clone();
        self.return_values(&results)
    }

    fn return_values(&mut self, results: &[ValueClass]) -> TranslateResult {
        debug_assert!(self.has_on_top(results, 0), "results of other types");
        let to = Slot(-(self.below as i16));
        match *results {
            [] => {
                self.emit(Op::Ret, Blank { pad: P64 });
            }
            [ValueClass::V128, ValueClass::V128High] => {
                let height = self.height() - 2;
                let entry = self.stack[height];
                let a = self.operand(entry, height);
                self.emit(Op::RetV, Return { a, to, count: 2 });
            }
            [class] => {
                let height = self.height() - 1;
                let entry = self.stack[height];
                let a = self.operand(entry, height);
                let op = match (class, self.mirrored(a, class)) {
                    (ValueClass::Int32 | ValueClass::Int64, false) => Op::RetS,
                    (ValueClass::Int32 | ValueClass::Int64, true) => Op::RetA,
                    (ValueClass::F32, false) => Op::RetF32,
                    (ValueClass::F32, true) => Op::RetF32A,
                    (ValueClass::F64, false) => Op::RetF64,
                    (ValueClass::F64, true) => Op::RetF64A,
                    (ValueClass::V128 | ValueClass::V128High, _) => unreachable!("a vector takes two slots"),
                };
                self.emit(op, Return { a, to, count: 1 });
            }
            _ => {
                let a = self.settle_top(results.len());
                self.emit(Op::RetMany, Return { a, to, count: results.len() as u32 });
            }
        }
        self.reachable = false;
        Ok(())
    }
}
