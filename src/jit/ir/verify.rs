//! Checks the invariants of the SSA form that the module docs of [`super`] and the operation table state.
//!
//! Run after the frontend and, if the configuration asks for it, after each pass. Each invariant is a [`Rule`] and has a
//! test that breaks it. Uses in unreachable blocks need not be dominated by their definitions.

use super::cfg::Cfg;
use super::ops::{Arg, Args, ImmKind, Results};
use super::*;
use crate::runtime::heap::layout::{INLINE_ALLOCATION, OBJECT_KIND, OBJECT_TYPE, object_bytes};
use smallvec::SmallVec;

/// An invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The layout lists each block once, the entry first; no branch leads to the entry.
    Layout,
    /// A block ends with its only terminator.
    TerminatorLast,
    /// The entry's parameters are the context and the function's parameters.
    EntryParams,
    /// Each instruction is in one place, and the definitions of its results and of parameters refer back to them; a value
    /// that is used is a result or parameter of the place where it is defined.
    Definition,
    /// No replaced value is used.
    NoAlias,
    /// An operation has as many arguments as the table or its signature states.
    Arity,
    /// An operation accepts its controlling type.
    ControllingType,
    /// Arguments have the types that the operation requires: i32 and i64 are never mixed.
    ArgType,
    /// Results have the types that the table or the signature states.
    ResultType,
    /// The immediate has the operation's kind and is in range.
    Immediate,
    /// A terminator has as many targets as its operation requires, and they are in the layout.
    Targets,
    /// A branch passes one argument of the right type for each parameter.
    BranchArgs,
    /// Values are defined on every path before their uses.
    Dominance,
    /// The targets of a throwing call or throw have no parameters and no other predecessor.
    ThrowTargets,
    /// Landing blocks, and no others, begin with `landing_pad`.
    LandingPad,
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The invariant.
    pub rule: Rule,
    /// The block.
    pub block: Option<Block>,
    /// The instruction and its text.
    pub inst: Option<(Inst, String)>,
    /// A description of the violation.
    pub message: String,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.message)?;
        if let Some(block) = self.block {
            write!(f, ", in {block}")?;
        }
        match &self.inst {
            Some((inst, text)) => write!(f, ", at {inst}: {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Checks every invariant.
///
/// # Errors
/// The first invariant that is violated.
pub fn verify(f: &Function) -> Result<(), VerifyError> {
    let mut verifier = Verifier {
        f,
        block: None,
        inst: None,
        place: vec![None; f.insts.len()],
        in_layout: vec![false; f.blocks.len()],
    };
    verifier.structure()?;
    verifier.instructions()?;
    verifier.graph()
}

struct Verifier<'f> {
    f: &'f Function,
    block: Option<Block>,
    inst: Option<Inst>,
    /// The block and position of each instruction that is in the layout.
    place: Vec<Option<(Block, u32)>>,
    in_layout: Vec<bool>,
}

type Verified = Result<(), VerifyError>;

impl Verifier<'_> {
    fn fail(&self, rule: Rule, message: impl Into<String>) -> Verified {
        let inst = self.inst.map(|i| (i, self.f.display_inst(i).to_string()));
        Err(VerifyError { rule, block: self.block, inst, message: message.into() })
    }

    fn check(&self, ok: bool, rule: Rule, message: impl FnOnce() -> String) -> Verified {
        if ok { Ok(()) } else { self.fail(rule, message()) }
    }

    /// Checks layout, positions and definitions, which all other checks rely on.
    fn structure(&mut self) -> Verified {
        let f = self.f;
        self.check(!f.layout.is_empty(), Rule::Layout, || "no entry block".into())?;
        for &block in &f.layout {
            self.block = Some(block);
            self.check(block.index() < f.blocks.len(), Rule::Layout, || format!("{block} does not exist"))?;
            self.check(!self.in_layout[block.index()], Rule::Layout, || format!("{block} appears twice"))?;
            self.in_layout[block.index()] = true;
            let data = &f.blocks[block.index()];
            for (i, &p) in data.params.iter().enumerate() {
                let right = f.values.get(p.index()).map(|d| d.def) == Some(ValueDef::Param(block, i as u32));
                self.check(right, Rule::Definition, || format!("{p} is not defined as parameter {i} of {block}"))?;
            }
            self.check(!data.insts.is_empty(), Rule::TerminatorLast, || "an empty block".into())?;
            for (i, &inst) in data.insts.iter().enumerate() {
                self.inst = Some(inst);
                let is_terminator = f.inst(inst).op.effect() == Effect::Terminator;
                let last = i + 1 == data.insts.len();
                self.check(is_terminator == last, Rule::TerminatorLast, || {
                    if last { "no terminator" } else { "a terminator within a block" }.into()
                })?;
                self.check(self.place[inst.index()].is_none(), Rule::Definition, || format!("{inst} appears twice"))?;
                self.place[inst.index()] = Some((block, i as u32));
                for (n, v) in f.results(inst).enumerate() {
                    let right = f.values.get(v.index()).map(|d| d.def) == Some(ValueDef::Result(inst, n as u32));
                    self.check(right, Rule::Definition, || format!("{v} is not defined as result {n} of {inst}"))?;
                }
            }
            self.inst = None;
        }
        self.block = Some(f.entry());
        let params = &f.blocks[f.entry().index()].params;
        let expected = std::iter::once(Type::Ptr).chain(f.signature.params());
        self.check(params.iter().map(|&p| f.ty(p)).eq(expected), Rule::EntryParams, || {
            "the entry's parameters are not the context and the function's parameters".into()
        })?;
        for &block in &f.layout {
            self.block = Some(block);
            let inst = f.terminator(block);
            self.inst = Some(inst);
            for t in f.targets(inst) {
                let known = self.in_layout.get(t.block.index()) == Some(&true);
                self.check(known, Rule::Targets, || format!("{} is not in the layout", t.block))?;
                self.check(t.block != f.entry(), Rule::Layout, || "a branch to the entry".into())?;
            }
        }
        Ok(())
    }

    fn instructions(&mut self) -> Verified {
        let f = self.f;
        for &block in &f.layout {
            self.block = Some(block);
            for &inst in &f.blocks[block.index()].insts {
                self.inst = Some(inst);
                let data = f.inst(inst);
                let target_args = f.targets(inst).iter().flat_map(|t| &t.args);
                for &v in data.args.iter().chain(target_args) {
                    self.usable(v)?;
                }
                self.control(data)?;
                self.immediate(data)?;
                self.types(data)?;
            }
        }
        Ok(())
    }

    fn usable(&self, v: Value) -> Verified {
        let Some(data) = self.f.values.get(v.index()) else {
            return self.fail(Rule::Definition, format!("{v} does not exist"));
        };
        match data.def {
            ValueDef::Alias(to) => self.fail(Rule::NoAlias, format!("{v} was replaced by {to}")),
            ValueDef::Result(inst, n) => {
                let placed = self.place.get(inst.index()).is_some_and(Option::is_some);
                self.check(placed, Rule::Definition, || format!("{v} is defined by {inst}, which is in no block"))?;
                // An instruction that was changed may have lost results.
                let has = self.f.results(inst).nth(n as usize) == Some(v);
                self.check(has, Rule::Definition, || format!("{v} is not a result of {inst}"))
            }
            ValueDef::Param(block, n) => {
                self.check(self.in_layout.get(block.index()) == Some(&true), Rule::Definition, || {
                    format!("{v} belongs to {block}, which is not in the layout")
                })?;
                // A parameter that was dropped still refers to its block.
                let has = self.f.blocks[block.index()].params.get(n as usize) == Some(&v);
                self.check(has, Rule::Definition, || format!("{v} is not a parameter of {block}"))
            }
        }
    }

    fn control(&self, data: &InstData) -> Verified {
        let (targets, catches) = data.control.as_ref().map_or((0, 0), |c| (c.targets.len(), c.catches.len()));
        let right = match data.op {
            Op::Jump => targets == 1 && catches == 0,
            Op::BrIf => targets == 2 && catches == 0,
            Op::BrTable => targets >= 1 && catches == 0,
            Op::TryCall | Op::TryCallRef | Op::TryLibcall => targets >= 2 && catches == targets - 1,
            Op::Throw => catches == targets,
            _ => data.control.is_none(),
        };
        self.check(right, Rule::Targets, || format!("{targets} targets and {catches} catches"))?;
        for t in self.f.targets(self.inst.unwrap()) {
            let params = &self.f.blocks[t.block.index()].params;
            let fits = params.iter().map(|&p| self.f.ty(p)).eq(t.args.iter().map(|&a| self.f.ty(a)));
            self.check(fits, Rule::BranchArgs, || {
                let list =
                    |values: &[Value]| values.iter().map(|&v| self.f.ty(v).name()).collect::<Vec<_>>().join(", ");
                format!("({}) for the parameters ({}) of {}", list(&t.args), list(params), t.block)
            })?;
        }
        Ok(())
    }

    fn immediate(&self, data: &InstData) -> Verified {
        let f = self.f;
        let sig_ok = |sig: Sig| sig.index() < f.signatures.len();
        let right = match (data.op.imm_kind(data.ty), data.imm) {
            (ImmKind::None, imm) => imm == Imm::None,
            (ImmKind::Const, Imm::Const(bits)) => data.ty.truncate(bits) == bits,
            (ImmKind::Vector, Imm::Vector(v)) => (v as usize) < f.vectors.len(),
            (ImmKind::Indices, Imm::Vector(v)) => {
                let in_range = |bits: &u128| bits.to_le_bytes().iter().all(|&i| i < 32);
                f.vectors.get(v as usize).is_some_and(in_range)
            }
            (ImmKind::Shape | ImmKind::Lane | ImmKind::LaneIntCond | ImmKind::LaneFloatCond, imm) => {
                data.op.form(data.ty).is_some_and(|form| form.accepts(imm))
            }
            (ImmKind::IntCond, Imm::IntCond(_)) | (ImmKind::FloatCond, Imm::FloatCond(_)) => true,
            (ImmKind::Field, Imm::Field { region, access, offset }) => {
                // An address past an object, from which its end is reached, would not keep it alive.
                let inside = !region.is_of_objects() || offset >= 0;
                let narrow = matches!(access, Access::S8 | Access::U8 | Access::S16 | Access::U16);
                let packed = matches!(region, Region::Constant | Region::StructField(..) | Region::Elements(..));
                let typed = match region {
                    Region::Global(_, ty) | Region::StructField(_, ty) => ty == data.ty,
                    Region::Elements(ty, bytes) => ty == data.ty && access.bytes(ty) == bytes,
                    _ => true,
                };
                inside && typed && (access == Access::Full || narrow && packed && data.ty == Type::I32)
            }
            (ImmKind::Header, Imm::Header { offset, .. }) => offset == OBJECT_TYPE || offset == OBJECT_KIND,
            (ImmKind::Alloc, Imm::Alloc { word, .. }) => (1..=INLINE_ALLOCATION).contains(&object_bytes(word)),
            (ImmKind::Heap, Imm::Heap { access, guard, .. }) if data.op.is_atomic() => {
                let fits = match data.ty {
                    Type::I32 => matches!(access, Access::U8 | Access::U16 | Access::Full),
                    _ => matches!(access, Access::U8 | Access::U16 | Access::U32 | Access::Full),
                };
                fits && !guard
            }
            (ImmKind::Heap, Imm::Heap { access, offset, guard, .. }) => {
                let fits = match data.ty {
                    Type::I32 => !matches!(access, Access::S32 | Access::U32 | Access::U64),
                    Type::I64 => access != Access::U64,
                    Type::V128 => {
                        access == Access::Full || data.op == Op::HeapLoad && matches!(access, Access::U32 | Access::U64)
                    }
                    _ => access == Access::Full,
                };
                fits && (!guard || u64::from(offset) <= crate::runtime::vm::GUARD_BYTES - 16)
            }
            (ImmKind::Trap, Imm::Trap(_)) => true,
            (ImmKind::Func, Imm::Func { sig, .. }) | (ImmKind::Sig, Imm::Sig(sig)) => sig_ok(sig),
            (ImmKind::Libcall, Imm::Libcall(libcall)) => !data.op.is_throwing() || may_throw(libcall),
            _ => false,
        };
        self.check(right, Rule::Immediate, || format!("{:?}", data.imm))
    }

    /// Returns the arguments that an operation requires; its immediate must have been checked.
    fn expected_args(&self, data: &InstData) -> SmallVec<[Arg; 4]> {
        let f = self.f;
        if let Some(form) = data.op.form(data.ty) {
            return (0..form.args.len()).map(|i| Arg::Is(form.arg_type(i, data.imm))).collect();
        }
        match data.op.row().args {
            Args::Fixed(args) => args.into(),
            Args::Detail(args) => {
                let detail = (data.args.len() > args.len()).then_some(Arg::Int);
                args.iter().copied().chain(detail).collect()
            }
            Args::Sig(args) => {
                let (Imm::Func { sig, .. } | Imm::Sig(sig)) = data.imm else { unreachable!("checked as an immediate") };
                args.iter().copied().chain(f.signatures[sig.index()].params().map(Arg::Is)).collect()
            }
            Args::Libcall => {
                let Imm::Libcall(libcall) = data.imm else { unreachable!("checked as an immediate") };
                libcall.args().iter().map(|_| Arg::IntRef).collect()
            }
            Args::Results => f.signature.results().map(Arg::Is).collect(),
        }
    }

    fn types(&self, data: &InstData) -> Verified {
        let f = self.f;
        let has_type = data.op.has_type(data.ty, data.imm);
        self.check(has_type, Rule::ControllingType, || format!("{} of {}", data.op.name(), data.ty.name()))?;
        let expected = self.expected_args(data);
        self.check(expected.len() == data.args.len(), Rule::Arity, || {
            format!("{} arguments, but {} expected", data.args.len(), expected.len())
        })?;
        for (i, (want, &v)) in expected.iter().zip(&data.args).enumerate() {
            let have = f.ty(v);
            self.check(want.accepts(data.ty, have), Rule::ArgType, || format!("argument {i} is {}", have.name()))?;
        }
        if matches!(data.op, Op::ReturnCall | Op::ReturnCallRef) {
            let (Imm::Func { sig, .. } | Imm::Sig(sig)) = data.imm else { unreachable!("checked as an immediate") };
            let same = f.signatures[sig.index()].results().eq(f.signature.results());
            self.check(same, Rule::ResultType, || "a tail call with results other than the function's".into())?;
        }
        let results: SmallVec<[Type; 4]> = match (data.op.results(), data.imm) {
            (Results::Sig, Imm::Func { sig, .. } | Imm::Sig(sig)) => f.signatures[sig.index()].results().collect(),
            _ => data.op.result_type(data.ty).into_iter().collect(),
        };
        let have = f.results(self.inst.unwrap()).map(|v| f.ty(v));
        self.check(have.eq(results.iter().copied()), Rule::ResultType, || "results of the wrong types".into())
    }

    fn graph(&mut self) -> Verified {
        let f = self.f;
        let cfg = Cfg::new(f);
        let mut is_landing = vec![false; f.blocks.len()];
        for &block in &f.layout {
            self.block = Some(block);
            let inst = f.terminator(block);
            self.inst = Some(inst);
            if !f.inst(inst).op.is_throwing() {
                continue;
            }
            let normal = usize::from(f.inst(inst).op != Op::Throw);
            for (i, t) in f.targets(inst).iter().enumerate() {
                let data = &f.blocks[t.block.index()];
                let alone = cfg.preds(t.block).iter().all(|e| e.inst == inst && e.target == i as u32);
                self.check(alone, Rule::ThrowTargets, || format!("{} has other predecessors", t.block))?;
                self.check(data.params.is_empty(), Rule::ThrowTargets, || format!("{} has parameters", t.block))?;
                if i >= normal {
                    is_landing[t.block.index()] = true;
                    let first = f.inst(data.insts[0]).op;
                    self.check(first == Op::LandingPad, Rule::LandingPad, || {
                        format!("{} does not begin with landing_pad", t.block)
                    })?;
                }
            }
        }
        for &block in &f.layout {
            self.block = Some(block);
            for (i, &inst) in f.blocks[block.index()].insts.iter().enumerate() {
                self.inst = Some(inst);
                if f.inst(inst).op == Op::LandingPad {
                    let placed = i == 0 && is_landing[block.index()];
                    self.check(placed, Rule::LandingPad, || "not at the start of a landing block".into())?;
                }
                if !cfg.is_reachable(block) {
                    continue;
                }
                let target_args = f.targets(inst).iter().flat_map(|t| &t.args);
                for &v in f.inst(inst).args.iter().chain(target_args) {
                    self.dominates(&cfg, v, block, i as u32)?;
                }
            }
        }
        Ok(())
    }

    /// Whether `v` is available at position `at` of `block`.
    fn dominates(&self, cfg: &Cfg, v: Value, block: Block, at: u32) -> Verified {
        let available = match self.f.values[v.index()].def {
            ValueDef::Param(b, _) => cfg.dominates(b, block),
            ValueDef::Alias(_) => false,
            ValueDef::Result(inst, _) => {
                let (b, position) = self.place[inst.index()].expect("checked as a definition");
                if self.f.inst(inst).op.effect() == Effect::Terminator {
                    // The results of a throwing call exist only on the normal path.
                    cfg.dominates(self.f.targets(inst)[0].block, block)
                } else if b == block {
                    position < at
                } else {
                    cfg.dominates(b, block)
                }
            }
        };
        self.check(available, Rule::Dominance, || format!("{v} is not defined on every path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::parse::parse;

    const GOOD: &str = r#"function 3 "f" (i32, i64, f32, exnref) -> (i32) {
  sig0 (i32) -> (i32)
  sig1 () -> (i32, i64)
b0(v0: ptr, v1: i32, v2: i64, v3: f32, v4: r32):
  v6 = const.i32 -1
  v7 = iadd.i32 v1, v6
  v8 = iadd.ptr v0, v2
  v9 = icmp.i64 lt_s v2, v2
  v10 = load.i32 field(8, global(3, i32)) v0
  v11 = heap_load.i32 heap(16, u8, 0, guard) v0, v2
  trapz UndefinedElement v9, v1
  v12 = call func(2, sig0) v1
  v13 = libcall data_drop v1
  v14 = select.i64 v9, v2, v13
  v15 = bitcast.i32 v3
  brif v9 -> b1(v12), b2()
b1(v17: i32):
  br_table v17 -> b1(v1), b2()
b2():
  v18, v19 = try_call_ref sig1 v8 -> b3(), b4(), b5() catch tag(3), all
b3():
  return v18
b4():
  v20 = landing_pad
  throw v20 -> b6() catch all
b5():
  v21 = landing_pad
  trap Unreachable
b6():
  v22 = landing_pad
  v23 = try_libcall suspend v1, v2 -> b7(), b8() catch all
b7():
  return_call func(2, sig0) v1
b8():
  v24 = landing_pad
  trap Unreachable
}
"#;

    #[track_caller]
    fn breaks(from: &str, to: &str, rule: Rule) {
        assert!(GOOD.contains(from), "{from}");
        let f = parse(&GOOD.replacen(from, to, 1)).unwrap();
        assert_eq!(verify(&f).expect_err(to).rule, rule);
    }

    #[test]
    fn a_good_function() {
        verify(&parse(GOOD).unwrap()).unwrap();
    }

    #[test]
    fn text_that_breaks_a_rule() {
        breaks("return v18", "jump -> b0()", Rule::Layout);
        breaks("  return v18", "  poll", Rule::TerminatorLast);
        breaks("  return v18", "  return v18\n  return v18", Rule::TerminatorLast);
        breaks("b0(v0: ptr, v1: i32,", "b0(v0: ptr, v1: i64,", Rule::EntryParams);
        breaks("iadd.i32 v1, v6", "iadd.i32 v1", Rule::Arity);
        breaks("call func(2, sig0) v1", "call func(2, sig0) v1, v1", Rule::Arity);
        breaks("data_drop v1", "data_drop v1, v1", Rule::Arity);
        breaks("suspend v1, v2", "suspend v1", Rule::Arity);
        breaks("trapz UndefinedElement v9, v1", "trapz UndefinedElement v9, v1, v1", Rule::Arity);
        breaks("iadd.i32 v1, v6", "clz.i32 v1, v6", Rule::Arity);
        breaks("iadd.i32 v1, v6", "iadd.f32 v3, v3", Rule::ControllingType);
        breaks("iadd.ptr v0, v2", "imul.ptr v0, v0", Rule::ControllingType);
        breaks("bitcast.i32 v3", "sext32.i32 v1", Rule::ControllingType);
        breaks("iadd.i32 v1, v6", "iadd.i32 v1, v2", Rule::ArgType);
        breaks("iadd.ptr v0, v2", "iadd.ptr v0, v1", Rule::ArgType);
        breaks("lt_s v2, v2", "lt_s v2, v1", Rule::ArgType);
        breaks("guard) v0, v2", "guard) v0, v1", Rule::ArgType);
        breaks("select.i64 v9, v2, v13", "select.i64 v2, v2, v13", Rule::ArgType);
        breaks("bitcast.i32 v3", "bitcast.i32 v2", Rule::ArgType);
        breaks("call func(2, sig0) v1", "call func(2, sig0) v2", Rule::ArgType);
        breaks("return v18", "return v19", Rule::ArgType);
        breaks("data_drop v1", "data_drop v3", Rule::ArgType);
        breaks("suspend v1, v2", "suspend v1, v3", Rule::ArgType);
        breaks("suspend v1, v2", "data_drop v1", Rule::Immediate);
        breaks("b7(), b8() catch all", "b7()", Rule::Targets);
        breaks("b7(), b8() catch all", "b7(), b7() catch all", Rule::ThrowTargets);
        breaks(
            "  v24 = landing_pad\n  trap Unreachable",
            "  v24 = landing_pad\n  trap Unreachable v23",
            Rule::Dominance,
        );
        breaks("u8, 0, guard", "u32, 0, guard", Rule::Immediate);
        breaks("heap(16,", "heap(33554432,", Rule::Immediate);
        breaks("global(3, i32)", "global(3, i64)", Rule::Immediate);
        breaks("field(8, global(3, i32))", "field(-4, constant)", Rule::Immediate);
        breaks("brif v9 -> b1(v12), b2()", "brif v9 -> b1(v12)", Rule::Targets);
        breaks("catch tag(3), all", "catch tag(3)", Rule::Targets);
        breaks("b1(v12)", "b1()", Rule::BranchArgs);
        breaks("b1(v12)", "b1(v2)", Rule::BranchArgs);
        breaks("v7 = iadd.i32 v1, v6", "v7 = iadd.i32 v1, v12", Rule::Dominance);
        breaks("  trap Unreachable", "  trap Unreachable v18", Rule::Dominance);
        breaks("  trap Unreachable", "  trap Unreachable v17", Rule::Dominance);
        breaks("  trap Unreachable", "  jump -> b3()", Rule::ThrowTargets);
        breaks("b5() catch tag(3), all", "b3() catch tag(3), all", Rule::ThrowTargets);
        breaks("v22 = landing_pad", "poll", Rule::LandingPad);
        breaks("  v6 = const.i32 -1", "  v6 = const.i32 -1\n  v25 = landing_pad", Rule::LandingPad);
        breaks("-> (i32) {", "-> (i64) {", Rule::ArgType);
    }

    #[test]
    fn a_tail_call_with_other_results() {
        let text = GOOD.replace("return_call func(2, sig0) v1", "return_call func(2, sig1)");
        assert_eq!(verify(&parse(&text).unwrap()).unwrap_err().rule, Rule::ResultType);
    }

    #[test]
    fn parameters_of_throw_targets() {
        let text = GOOD.replace("b3(), b4()", "b3(v1), b4()").replace("b3():", "b3(v30: i32):");
        assert_eq!(verify(&parse(&text).unwrap()).unwrap_err().rule, Rule::ThrowTargets);
    }

    /// Violations that the text form cannot express.
    #[test]
    fn broken_arenas() {
        let broken = |change: fn(&mut Function)| {
            let mut f = parse(GOOD).unwrap();
            change(&mut f);
            verify(&f).unwrap_err().rule
        };
        assert_eq!(broken(|f| f.layout.push(Block(1))), Rule::Layout);
        assert_eq!(broken(|f| f.layout.push(Block(f.blocks.len() as u32))), Rule::Layout);
        assert_eq!(broken(|f| f.layout.push(Block(u32::MAX))), Rule::Layout);
        assert_eq!(broken(|f| f.layout.clear()), Rule::Layout);
        assert_eq!(broken(|f| f.layout.retain(|&b| b != Block(6))), Rule::Targets);
        assert_eq!(broken(|f| f.blocks[1].insts.clear()), Rule::TerminatorLast);
        assert_eq!(broken(|f| f.blocks[0].insts.insert(1, Inst(0))), Rule::Definition);
        assert_eq!(broken(|f| f.blocks[0].insts.retain(|&i| i != Inst(0))), Rule::Definition);
        assert_eq!(broken(|f| f.blocks[0].params.swap(1, 2)), Rule::Definition);
        assert_eq!(broken(|f| f.replace(Value(7), Value(1))), Rule::Definition);
        assert_eq!(broken(|f| f.insts[0].args.push(Value(1000))), Rule::Definition);
        assert_eq!(broken(|f| f.values[7].ty = Type::I64), Rule::ResultType);
        assert_eq!(broken(|f| f.insts[0].imm = Imm::Const(u64::MAX)), Rule::Immediate);
        assert_eq!(broken(|f| f.insts[0].imm = Imm::None), Rule::Immediate);
        assert_eq!(broken(|f| f.insts[1].imm = Imm::Const(0)), Rule::Immediate);
        // A use of a replaced value whose definition no longer exists.
        let alias = |f: &mut Function| {
            f.blocks[0].insts.remove(0);
            f.replace(Value(6), Value(1));
        };
        assert_eq!(broken(alias), Rule::NoAlias);
    }

    /// Values whose definitions refer to a place that no longer has them, as after a careless change.
    #[test]
    fn values_that_their_places_lost() {
        let broken = |change: fn(&mut Function)| {
            let text = GOOD.replace("trapz UndefinedElement v9, v1", "trapz UndefinedElement v9, v7");
            let mut f = parse(&text).unwrap();
            verify(&f).unwrap();
            change(&mut f);
            verify(&f).unwrap_err().to_string()
        };
        // The parameter of b1 is dropped with the arguments for it, but is still used there.
        let dropped = broken(|f| {
            f.blocks[1].params.clear();
            for data in &mut f.insts {
                let targets = data.control.iter_mut().flat_map(|c| &mut c.targets);
                targets.filter(|t| t.block == Block(1)).for_each(|t| t.args.clear());
            }
        });
        assert!(dropped.starts_with("Definition: v17 is not a parameter of b1"), "{dropped}");
        // A sum becomes an instruction without a result, but the result is still used.
        let lost = broken(|f| {
            let inst = f.def_inst(Value(7)).unwrap();
            let data = &mut f.insts[inst.index()];
            (data.op, data.num_results) = (Op::Poll, 0);
            data.args.clear();
        });
        assert!(lost.starts_with("Definition: v7 is not a result of i1"), "{lost}");
    }

    /// A terminator has the number of targets and handlers of its kind, and nothing else has any.
    #[test]
    fn targets_and_handlers_of_each_terminator() {
        let ends = "jump|brif v1|br_table v1|try_call func(0, sig0)|try_call_ref sig0 v2|try_libcall suspend v1, v1|throw v3|\
                    return|trap Unreachable|return_call func(0, sig0)|return_call_ref sig0 v2|poll|call func(0, sig0)";
        for end in ends.split('|') {
            let name = end.split(' ').next().unwrap();
            for targets in 0..5 {
                for catches in (0..5).filter(|&catches| targets > 0 || catches == 0) {
                    let list = |count: usize, item: &dyn Fn(usize) -> String| {
                        (0..count).map(item).collect::<Vec<_>>().join(", ")
                    };
                    let mut control = String::new();
                    if targets > 0 {
                        control += &format!(" -> {}", list(targets, &|n| format!("b{}()", n + 1)));
                    }
                    if catches > 0 {
                        control += &format!(" catch {}", list(catches, &|n| format!("tag({n})")));
                    }
                    let result = if name == "try_libcall" { "v9 = " } else { "" };
                    // Apart from the normal successor, each target of a throwing operation is a landing block.
                    let normal = usize::from(name != "throw");
                    let throwing = name.starts_with("try_") || name == "throw";
                    let blocks: String = (0..targets)
                        .map(|n| {
                            let pad = if throwing && n >= normal {
                                format!("  v{} = landing_pad\n", 20 + n)
                            } else {
                                String::new()
                            };
                            format!("b{}():\n{pad}  trap Unreachable\n", n + 1)
                        })
                        .collect();
                    let more = if matches!(name, "poll" | "call") { "  return\n" } else { "" };
                    let text = format!(
                        "function 0 \"f\" (i32, funcref, exnref) -> () {{\n  sig0 () -> ()\n\
                         b0(v0: ptr, v1: i32, v2: ptr, v3: r32):\n  {result}{end}{control}\n{more}{blocks}}}\n"
                    );
                    let f = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
                    let right = match name {
                        "jump" => (targets, catches) == (1, 0),
                        "brif" => (targets, catches) == (2, 0),
                        "br_table" => targets > 0 && catches == 0,
                        "throw" => targets == catches,
                        _ if throwing => targets > 1 && catches + 1 == targets,
                        _ => (targets, catches) == (0, 0),
                    };
                    let expected = if right { Ok(()) } else { Err(Rule::Targets) };
                    assert_eq!(verify(&f).map_err(|e| e.rule), expected, "{text}");
                }
            }
        }
    }

    /// In unreachable code, a value need not be defined before its use, but it must still be defined somewhere.
    #[test]
    fn unreachable_blocks_use_what_they_like() {
        let text = "function 0 \"f\" (i32) -> (i32) {\nb0(v0: ptr, v1: i32):\n  brif v1 -> b1(), b2()\nb1():\n  \
                    v2 = popcnt.i32 v1\n  return v2\nb2():\n  return v1\nb3():\n  v3 = popcnt.i32 v4\n  v4 = popcnt.i32 v2\n  jump -> b3()\n}\n";
        verify(&parse(text).unwrap()).unwrap();
        // The same block, reached.
        let reached = text.replace("b2():\n  return v1", "b2():\n  jump -> b3()");
        assert_eq!(verify(&parse(&reached).unwrap()).unwrap_err().rule, Rule::Dominance);
        let wide = text.replace("v4 = popcnt.i32 v2", "v4 = popcnt.i32 v0");
        assert_eq!(verify(&parse(&wide).unwrap()).unwrap_err().rule, Rule::ArgType);
    }

    /// A value is available after its definition, and in all blocks that its block dominates.
    #[test]
    fn uses_before_and_behind_a_definition() {
        for (order, right) in
            [(["v2 = popcnt.i32 v1", "v3 = clz.i32 v2"], true), (["v3 = clz.i32 v2", "v2 = popcnt.i32 v1"], false)]
        {
            let text = format!(
                "function 0 \"f\" (i32) -> (i32) {{\nb0(v0: ptr, v1: i32):\n  {}\n  {}\n  return v3\n}}\n",
                order[0], order[1]
            );
            let expected = if right { Ok(()) } else { Err(Rule::Dominance) };
            assert_eq!(verify(&parse(&text).unwrap()).map_err(|e| e.rule), expected, "{text}");
        }
        let own = "function 0 \"f\" () -> (i32) {\nb0(v0: ptr):\n  v1 = popcnt.i32 v1\n  return v1\n}\n";
        assert_eq!(verify(&parse(own).unwrap()).unwrap_err().rule, Rule::Dominance);
        // The results of a call that may throw are available only where it did not.
        let text = |behind: &str, landing: &str| {
            format!(
                "function 0 \"f\" () -> (i32) {{\n  sig0 () -> (i32)\nb0(v0: ptr):\n  \
                 v1 = try_call func(0, sig0) -> b1(), b2() catch all\nb1():\n  jump -> b3()\nb2():\n  v2 = landing_pad\n  \
                 v3 = const.i32 0\n  return {landing}\nb3():\n  return {behind}\n}}\n"
            )
        };
        verify(&parse(&text("v1", "v3")).unwrap()).unwrap();
        assert_eq!(verify(&parse(&text("v1", "v1")).unwrap()).unwrap_err().rule, Rule::Dominance);
        assert_eq!(verify(&parse(&text("v3", "v3")).unwrap()).unwrap_err().rule, Rule::Dominance);
    }

    /// A vector that an immediate refers to must exist, and the indices of a shuffle must be less than 32.
    #[test]
    fn vectors_of_immediates() {
        let text = "function 0 \"f\" (v128) -> (v128) {\nb0(v0: ptr, v1: v128):\n  v2 = vconst.v128 0x1\n  \
                    v3 = shuffle.v128 0x1f0e0d0c0b0a09080706050403020100 v1, v2\n  return v3\n}\n";
        let good = parse(text).unwrap();
        verify(&good).unwrap();
        assert_eq!(good.vectors.len(), 2);
        for (inst, what) in [(0, "v2 = vconst.v128 vector(N)"), (1, "v3 = shuffle.v128 vector(N) v1, v2")] {
            for number in [2, 1000, u32::MAX] {
                let mut f = good.clone();
                f.insts[inst].imm = Imm::Vector(number);
                let expected =
                    format!("Immediate: Vector(N), in b0, at i{inst}: {what}").replace('N', &number.to_string());
                assert_eq!(verify(&f).map_err(|e| e.to_string()), Err(expected));
            }
        }
        for place in 0..16 {
            for (index, right) in [(31, true), (32, false), (0x80, false), (0xff, false)] {
                let mut f = good.clone();
                f.vectors[1] = f.vectors[1] & !(0xff << (8 * place)) | index << (8 * place);
                let expected = if right { Ok(()) } else { Err(Rule::Immediate) };
                assert_eq!(verify(&f).map_err(|e| e.rule), expected, "index {index} at {place}");
            }
        }
    }

    /// If there are two faults, the same one is always reported: the one whose check comes before checks that rely on it.
    #[test]
    fn one_of_two_faults_is_reported() {
        let terminator = ("  return v18", "  poll");
        let arity = ("iadd.i32 v1, v6", "iadd.i32 v2");
        for (changes, expected) in [
            (&[terminator, arity][..], "TerminatorLast: no terminator"),
            (&[("suspend v1, v2 -> b7(), b8() catch all", "data_drop v1 -> b7()")], "Targets: 1 targets and 0 catches"),
            (&[("heap_load.i32", "heap_load.r32")], "Immediate: Heap"),
            (&[("iadd.i32 v1, v6", "iadd.f32 v3")], "ControllingType: iadd of f32"),
            (&[arity], "Arity: 1 arguments, but 2 expected"),
            (
                &[("iadd.i32 v1, v6", "iadd.i32 v1, v12"), ("data_drop v1", "data_drop v3")],
                "ArgType: argument 0 is f32",
            ),
            (
                &[
                    ("b3(), b4()", "b3(v1), b4()"),
                    ("b3():", "b3(v30: i32):"),
                    ("  trap Unreachable", "  jump -> b3(v1)"),
                ],
                "ThrowTargets: b3 has other predecessors",
            ),
            (
                &[
                    ("b4(), b5()", "b4(v1), b5()"),
                    ("b4():\n  v20 = landing_pad\n  throw v20", "b4(v31: i32):\n  poll\n  throw v4"),
                ],
                "ThrowTargets: b4 has parameters",
            ),
        ] {
            let mut text = GOOD.to_string();
            for (from, to) in changes {
                assert!(text.contains(from), "{from}");
                text = text.replacen(from, to, 1);
            }
            let error = verify(&parse(&text).unwrap()).expect_err(expected).to_string();
            assert!(error.starts_with(expected), "{error}, and not {expected}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        let f = parse(&GOOD.replace("iadd.i32 v1, v6", "iadd.i32 v1, v2")).unwrap();
        let e = verify(&f).unwrap_err().to_string();
        assert_eq!(e, "ArgType: argument 1 is i64, in b0, at i1: v7 = iadd.i32 v1, v2");
    }
}
