//! The stage of the compiler that is to blame, and the rewrite within it.

use super::{BisectError, Case, Culprit, ProgressLog, search};
use crate::engine::{AllocatorKind, Config, Mode, OptLevel, Tier};
use crate::jit::ir::{Function, Inst};
use crate::jit::pipeline::{build, check_agreement_of, check_allocation, rewrites};
use crate::runtime::store::Passing;
use crate::text::counted;
use crate::triage::difference::DifferenceKind;
use crate::triage::observe::{Observation, StepEnd};

/// A part of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompilerPart {
    /// WebAssembly to SSA, without folding.
    Frontend,
    /// One of `Config::stages`: SSA construction or a pass, with its name and its index.
    Stage {
        /// The name of the stage.
        name: String,
        /// The index of the stage in `Config::stages`.
        index: u32,
    },
    /// Register allocation.
    Regalloc,
    /// Selection and emission of machine code, without allocation. Executions cannot distinguish the two.
    Lowering,
    /// The change from an interpreted frame to a compiled one, or the code that begins there.
    Replacement {
        /// In the middle of a loop, or at an entry.
        at_loop: bool,
    },
    /// Calls between compiled functions that bypass function records, or something else that needs everything compiled.
    Whole,
    /// The interpreter, which has no stages.
    Interp,
    /// The interpreter, or code that it shares with the JIT: two kinds of compiled code agree against it.
    Unclear,
}

impl CompilerPart {
    /// Returns the name used in reports.
    pub fn name(&self) -> &str {
        match self {
            CompilerPart::Frontend => "frontend",
            CompilerPart::Stage { name, .. } => name,
            CompilerPart::Regalloc => "regalloc",
            CompilerPart::Lowering => "lowering",
            CompilerPart::Replacement { at_loop: true } => "replacement-at-loop",
            CompilerPart::Replacement { at_loop: false } => "replacement-at-entry",
            CompilerPart::Whole => "direct calls",
            CompilerPart::Interp => "interp",
            CompilerPart::Unclear => "unclear",
        }
    }
}

/// The stage at which a miscompilation arises, with the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct StageVerdict {
    /// The part of the compiler that is to blame.
    pub part: CompilerPart,
    /// One observation per line.
    pub evidence: Vec<String>,
    /// The rewrite within the stage, if it was found.
    pub rewrite: Option<Rewrite>,
}

/// The rewrite that makes the code wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// Counted from 1, out of all rewrites of the stage.
    pub number: u64,
    /// The number of rewrites that the stage makes.
    pub of: u64,
    /// The SSA form before the rewrite.
    pub before: String,
    /// The SSA form after it.
    pub after: String,
    /// The byte offsets, in the module's binary, of the operators whose instructions changed.
    pub offsets: Vec<u32>,
}

/// Finds the stage.
///
/// # Errors
/// The subject cannot be executed.
pub fn find(case: &mut Case, culprits: &[Culprit], log: ProgressLog<'_>) -> Result<StageVerdict, BisectError> {
    if case.blames_interpreter() {
        let evidence = vec!["interpreted alone, with everything else compiled, it is wrong".to_string()];
        return Ok(StageVerdict { part: CompilerPart::Interp, evidence, rewrite: None });
    }
    if case.config().mode.replaces() {
        return of_replacement(case, culprits, log);
    }
    let mut evidence = Vec::new();
    let names = admitted(case.config())?;
    let last = names.len() as u32;
    let evaluated = |case: &Case, k: u32| first_of(case.evaluated(culprits), k, last);
    log("stages: the SSA form after all of them, evaluated");
    let config = evaluated(case, last);
    let mut evaluable = can_run(case, &config)?;
    if evaluable && case.is_wrong(&config)? {
        let first = search::first_wrong(0, u64::from(last), &mut |k| {
            log(&format!("stages: the first {k} of {last}"));
            let config = evaluated(case, k as u32);
            // After fewer stages there is more to evaluate.
            evaluable = evaluable && can_run(case, &config)?;
            Ok::<_, BisectError>(evaluable && case.is_wrong(&config)?)
        })?;
        if evaluable {
            evidence.push("the SSA form after all stages, evaluated, is wrong: the back end is not at fault".into());
            return in_front(case, culprits, first as u32, &names, evidence, log);
        }
    }
    evidence.push(if evaluable {
        "the SSA form after all stages, evaluated, is right: the back end is at fault".into()
    } else {
        "the SSA evaluator cannot execute this: stages are searched with native code".to_string()
    });
    if !evaluable {
        let native = |case: &Case, k: u32| first_of(case.bad_for(culprits), k, last);
        let first = search::first_wrong(0, u64::from(last), &mut |k| {
            log(&format!("stages: the first {k} of {last}, native"));
            let config = native(case, k as u32);
            case.is_wrong(&config)
        })?;
        if first > 0 {
            return in_front(case, culprits, first as u32, &names, evidence, log);
        }
    }
    behind(case, culprits, evidence, log)
}

/// Like [`find`], for functions that are replaced while they run. If one is also wrong when it is compiled before it runs, it
/// does not matter that it is replaced.
fn of_replacement(case: &mut Case, culprits: &[Culprit], log: ProgressLog<'_>) -> Result<StageVerdict, BisectError> {
    let mut whole: Vec<Culprit> = culprits.iter().map(|c| Culprit { at: None, ..c.clone() }).collect();
    whole.dedup();
    let ahead = Config { mode: Mode::All(Tier::Jit), places: None, ..case.config().clone() };
    let replaced = std::mem::replace(&mut case.bad, ahead.into());
    log("stages: compiled before they run");
    if case.is_wrong(&case.bad_for(&whole))? {
        let mut verdict = find(case, &whole, log)?;
        verdict.evidence.insert(0, "compiled before it runs, it is also wrong: the replacement is not at fault".into());
        return Ok(verdict);
    }
    case.bad = replaced;
    let mut evidence = vec!["compiled before it runs, it is right: the replacement is at fault".to_string()];
    let names = admitted(case.config())?;
    let last = names.len() as u32;
    let first = search::first_wrong(0, u64::from(last), &mut |k| {
        log(&format!("stages: the first {k} of {last}, native"));
        let config = first_of(case.bad_for(culprits), k as u32, last);
        case.is_wrong(&config)
    })?;
    let part = match first.checked_sub(1) {
        Some(index) => {
            let name = names[index as usize].to_string();
            evidence.push(format!(
                "right after {}, wrong after {first}: the last of them is '{name}'",
                counted(index, "stage")
            ));
            CompilerPart::Stage { name, index: index as u32 }
        }
        None => {
            evidence.push("it is wrong before the first stage, native".into());
            CompilerPart::Replacement { at_loop: culprits.iter().any(|c| matches!(c.at, Some(Passing::Loop(_)))) }
        }
    };
    Ok(StageVerdict { part, evidence, rewrite: None })
}

/// Returns the names of the stages that a configuration admits: its own limit stays in force.
fn admitted(config: &Config) -> Result<Vec<&'static str>, BisectError> {
    let mut names = crate::jit::pipeline::stages(config)?;
    names.truncate(config.pass_limit.map_or(usize::MAX, |n| n as usize));
    Ok(names)
}

/// Returns a configuration with the first `k` of the `last` stages that it admits. A limit of rewrites applies to the last stage
/// of the configuration, not to whichever comes last in a search.
fn first_of(config: Config, k: u32, last: u32) -> Config {
    Config { pass_limit: Some(k), rewrite_limit: config.rewrite_limit.filter(|_| k == last), ..config }
}

/// Returns whether the SSA evaluator can execute the subject at all, right or wrong.
fn can_run(case: &mut Case, config: &Config) -> Result<bool, BisectError> {
    let seen = case.trials.observe(&case.subject, config)?;
    Ok(!says_nothing(&seen, &case.expected, &case.difference.kind))
}

/// Returns whether the evaluator did not execute everything. It is much slower than what it is compared with, and exhausts its
/// stack much earlier: if only the evaluator runs out of time or stack, that is neither right nor wrong.
fn says_nothing(seen: &Observation, expected: &Observation, difference: &DifferenceKind) -> bool {
    let ran_out = |end: &StepEnd| matches!(end, StepEnd::Timeout | StepEnd::Exhausted);
    let is_the_difference = matches!(difference, DifferenceKind::End(_, wrong) if ran_out(wrong));
    let known = |at: usize| is_the_difference || expected.steps.get(at).is_some_and(|step| ran_out(&step.end));
    seen.steps.iter().enumerate().any(|(at, step)| match &step.end {
        StepEnd::Unsupported(_) => true,
        end => ran_out(end) && !known(at),
    })
}

/// The first `stages` stages make it wrong; one stage fewer does not.
fn in_front(
    case: &mut Case,
    culprits: &[Culprit],
    stages: u32,
    names: &[&'static str],
    mut evidence: Vec<String>,
    log: ProgressLog<'_>,
) -> Result<StageVerdict, BisectError> {
    let Some(index) = stages.checked_sub(1) else {
        evidence.push("it is wrong before the first stage, evaluated".into());
        let plain = Config { opt: OptLevel::O0, pass_limit: None, rewrite_limit: None, ..case.bad_for(culprits) };
        evidence.push(if case.is_wrong(&plain)? {
            "native code without any stage is also wrong: the frontend is at fault, or else the interpreter".into()
        } else {
            "native code without any stage is right: perhaps the evaluator itself is at fault".into()
        });
        return Ok(StageVerdict { part: CompilerPart::Frontend, evidence, rewrite: None });
    };
    let name = names[index as usize];
    evidence
        .push(format!("right after {}, wrong after {stages}: the last of them is '{name}'", counted(index, "stage")));
    let rewrite = match culprits {
        [culprit] => find_rewrite(case, culprit, (stages, names.len() as u32), log)?,
        _ => None,
    };
    Ok(StageVerdict { part: CompilerPart::Stage { name: name.to_string(), index }, evidence, rewrite })
}

fn find_rewrite(
    case: &mut Case,
    culprit: &Culprit,
    (stages, last): (u32, u32),
    log: ProgressLog<'_>,
) -> Result<Option<Rewrite>, BisectError> {
    let module = case.modules[culprit.module].clone();
    let base = first_of(case.evaluated(std::slice::from_ref(culprit)), stages, last);
    let total = rewrites(&module, culprit.body, &base)?;
    let with = |n: u64| Config { rewrite_limit: Some(n), ..base.clone() };
    let most = base.rewrite_limit.map_or(total, |limit| limit.min(total));
    // Rewrites that a stage makes unconditionally are not counted.
    if most == 0 || case.is_wrong(&with(0))? || !case.is_wrong(&with(most))? {
        return Ok(None);
    }
    let number = search::first_wrong(1, most, &mut |n| {
        log(&format!("rewrites: the first {n} of {most}"));
        case.is_wrong(&with(n))
    })?;
    let ssa = |n: u64| build(&module, culprit.body, &with(n));
    let (before, after) = (ssa(number - 1)?, ssa(number)?);
    Ok(Some(Rewrite {
        number,
        of: total,
        offsets: changed(&before, &after),
        before: before.to_string(),
        after: after.to_string(),
    }))
}

/// Returns the offsets of operators whose instructions were removed, added or changed.
fn changed(before: &Function, after: &Function) -> Vec<u32> {
    let placed = |f: &Function| {
        let mut all: Vec<(Inst, String, u32)> = Vec::new();
        for &block in &f.layout {
            for &inst in &f.blocks[block.index()].insts {
                all.push((inst, f.display_inst(inst).to_string(), f.inst(inst).offset));
            }
        }
        all
    };
    let (a, b) = (placed(before), placed(after));
    let only = |x: &[(Inst, String, u32)], y: &[(Inst, String, u32)]| -> Vec<u32> {
        let known: std::collections::HashSet<(Inst, &str)> = y.iter().map(|(i, t, _)| (*i, t.as_str())).collect();
        x.iter().filter(|(i, t, _)| !known.contains(&(*i, t.as_str()))).map(|e| e.2).collect()
    };
    let mut offsets = only(&a, &b);
    offsets.extend(only(&b, &a));
    offsets.retain(|&at| at != 0);
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

/// The SSA form is right, but native code is wrong.
///
/// An execution cannot separate allocation from the rest: another allocator may be right by luck, or wrong for the same
/// reason. A proof can. The emitted allocation is followed symbolically through all its moves. If every operand is
/// where its instruction expects it, on all paths, then the allocator did its job, and the fault is in its input
/// (selection) or in its output's encoding (emission).
fn behind(
    case: &mut Case,
    culprits: &[Culprit],
    mut evidence: Vec<String>,
    log: ProgressLog<'_>,
) -> Result<StageVerdict, BisectError> {
    let bad = case.bad_for(culprits);
    log("back end: the verifier, and the allocation checker while compiling");
    let checked = case.trials.observe(&case.subject, &Config { verify: true, ..bad.clone() })?;
    let refused = checked.steps.iter().find_map(|s| match &s.end {
        StepEnd::Checker(what) => Some(what.clone()),
        _ => None,
    });
    if let Some(what) = &refused {
        evidence.push(format!("the compiler's own checks reject it: {what}"));
    }
    log("back end: the emitted allocation");
    let mut wrong = None;
    for c in culprits {
        let problem = check_allocation(&case.modules[c.module], c.body, &bad)?;
        wrong = wrong.or(problem.map(|what| format!("{c}: {what}")));
    }
    let part = match &wrong {
        Some(what) => {
            evidence.push(format!("the emitted allocation, followed symbolically, is wrong: {what}"));
            CompilerPart::Regalloc
        }
        None => {
            evidence.push("the emitted allocation, followed symbolically, gives each instruction its operands".into());
            CompilerPart::Lowering
        }
    };
    if part == CompilerPart::Lowering {
        log("back end: the registers that emitted instructions read and write");
        let disagreement = culprits
            .iter()
            .find_map(|c| check_agreement_of(&case.modules[c.module], c.body.0..c.body.0 + 1, &bad).err());
        if let Some(what) = disagreement {
            evidence.push(format!("instructions differ from their description to the allocator: {what}"));
        }
    }
    log("back end: other allocations");
    let used = bad.allocator_kind();
    let other = if used == AllocatorKind::Fast { AllocatorKind::Good } else { AllocatorKind::Fast };
    let other_wrong = case.is_wrong(&Config { allocator: Some(other), ..bad.clone() })?;
    evidence.push(format!(
        "with the {} allocator instead of the {} one, it is {}",
        other.name(),
        used.name(),
        if other_wrong { "also wrong" } else { "right" }
    ));
    let plain = case.is_wrong(&Config { pass_limit: Some(0), rewrite_limit: None, ..bad.clone() })?;
    evidence
        .push(format!("native code of the SSA form without any stage is {}", if plain { "wrong" } else { "right" }));
    Ok(StageVerdict { part, evidence, rewrite: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::observe::Step;
    use crate::triage::subject::{DrivenBy, Subject};
    use crate::triage::trial::{TrialLimits, TrialPlace, Trials};
    use crate::triage::value::PortableValue;

    /// A search admits fewer stages than the configuration, whose limit of rewrites applies to its own last stage.
    #[test]
    fn a_limit_of_rewrites_is_for_all_stages_together() {
        let config = Config { rewrite_limit: Some(5), ..Config::default() };
        let limits = |k| {
            let first = first_of(config.clone(), k, 3);
            (first.pass_limit, first.rewrite_limit)
        };
        assert_eq!([0, 2, 3].map(limits), [(Some(0), None), (Some(2), None), (Some(3), Some(5))]);
        let all = admitted(&config).unwrap();
        let few = |n| admitted(&Config { pass_limit: Some(n), ..config.clone() }).unwrap();
        assert!(all.len() > 2 && few(2) == all[..2] && few(1000) == all && few(0).is_empty());
    }

    /// The stages of the compilers below; the second one can make two or more changes.
    const STAGES: [&str; 3] = ["branches", "cse", "dce"];

    fn returned(is_wrong: bool) -> StepEnd {
        StepEnd::Values(vec![PortableValue::I32(is_wrong.into())])
    }

    /// The number of changes that the second stage may make.
    fn changes(config: &Config) -> u64 {
        match config.pass_limit {
            Some(0 | 1) => 0,
            Some(2) => config.rewrite_limit.unwrap_or(u64::MAX),
            _ => u64::MAX,
        }
    }

    /// The verdict on a compiler that is wrong as `end` says, under a configuration with those stages.
    fn found(bad: Config, end: fn(&Config) -> StepEnd) -> StageVerdict {
        let text = r#"(module (func (export "f") (param i32) (result i32)
            (i32.add (i32.popcnt (local.get 0)) (i32.mul (i32.popcnt (local.get 0)) (i32.popcnt (local.get 0))))))"#;
        let drive = DrivenBy::Invoke { export: "f".into(), args: vec!["7".into()] };
        let subject = Subject { bytes: wat::parse_str(text).unwrap(), provider: None, drive };
        let bad = Config { opt: OptLevel::O0, passes: Some(STAGES.map(String::from).to_vec()), ..bad };
        let mut trials = Trials::new(TrialPlace::Imagined(end), TrialLimits::default());
        let modules = vec![subject.prepare().unwrap().module];
        let expected = trials.observe(&subject, &Config::default()).unwrap();
        let wrong = trials.observe(&subject, &bad).unwrap();
        let difference = crate::triage::difference::diff(&expected, &wrong).expect("it is wrong");
        let (good, bad) = (Config::default(), bad.into());
        let mut case = Case {
            subject,
            good,
            bad,
            trials,
            expected,
            difference,
            modules,
            deadline: None,
            counts_nans: false,
            others: Vec::new(),
        };
        let culprits = case.bodies();
        assert_eq!(culprits.len(), 1);
        find(&mut case, &culprits, &mut |_| {}).unwrap()
    }

    /// A limit of rewrites applies to the last admitted stage, not to those that a search makes the last.
    #[test]
    fn a_search_of_stages_keeps_the_limit_of_rewrites_where_it_is() {
        let jit = || Config { mode: Mode::All(Tier::Jit), rewrite_limit: Some(1), ..Config::default() };
        let blamed = |verdict: &StageVerdict| match &verdict.part {
            CompilerPart::Stage { name, index } => (name.clone(), *index),
            other => panic!("{other:?}: {:?}", verdict.evidence),
        };
        let second = (STAGES[1].to_string(), 1);
        // The second change of the second stage is wrong; the limit is for the third stage.
        let verdict = found(jit(), |config| returned(config.mode != Mode::All(Tier::Interp) && changes(config) > 1));
        assert_eq!(blamed(&verdict), second);
        assert!(verdict.rewrite.is_some_and(|rewrite| rewrite.number == 2 && rewrite.of >= 2));
        // If nothing can be evaluated.
        let verdict = found(jit(), |config| match config.mode {
            Mode::All(Tier::Eval) => StepEnd::Unsupported("this".into()),
            mode => returned(mode != Mode::All(Tier::Interp) && changes(config) > 1),
        });
        assert_eq!(blamed(&verdict), second);
        // If functions are replaced, and are right if they are not.
        let replaced = Config { mode: Mode::Replaced { at_loops: false, after: 0 }, ..jit() };
        let verdict = found(replaced, |config| returned(config.mode.replaces() && changes(config) > 1));
        assert_eq!(blamed(&verdict), second);
        // The second stage is the last one that is admitted: its first change is wrong, and any other repairs it.
        let verdict = found(Config { pass_limit: Some(2), ..jit() }, |config| {
            returned(config.mode != Mode::All(Tier::Interp) && changes(config) == 1)
        });
        assert_eq!(blamed(&verdict), second);
        assert!(verdict.rewrite.is_some_and(|rewrite| rewrite.number == 1 && rewrite.of >= 2));
    }

    /// It is not evidence that the evaluator takes longer, or uses more stack.
    #[test]
    fn an_evaluator_that_runs_out_says_nothing() {
        let values = || StepEnd::Values(Vec::new());
        let seen = |ends: &[StepEnd]| Observation {
            steps: ends.iter().map(|end| Step { end: end.clone(), state: Vec::new(), output: Vec::new() }).collect(),
            column: String::new(),
        };
        let wrong = |end: StepEnd| DifferenceKind::End(Box::new(values()), Box::new(end));
        let expected = seen(&[values(), values()]);
        for end in [StepEnd::Timeout, StepEnd::Exhausted] {
            let ran_out = seen(&[values(), end.clone()]);
            assert!(says_nothing(&ran_out, &expected, &wrong(StepEnd::Trap("unreachable".into()))), "{end}");
            assert!(!says_nothing(&ran_out, &expected, &wrong(end.clone())), "{end} is what is wrong");
            assert!(!says_nothing(&ran_out, &ran_out, &wrong(StepEnd::Trap("unreachable".into()))), "{end} is right");
        }
        let unable = seen(&[StepEnd::Unsupported("threads".into())]);
        assert!(says_nothing(&unable, &expected, &wrong(StepEnd::Timeout)));
        for end in [values(), StepEnd::Trap("unreachable".into()), StepEnd::Crash("SIGSEGV".into())] {
            assert!(!says_nothing(&seen(&[values(), end]), &expected, &DifferenceKind::Steps));
        }
    }
}
