//! Random scripts, about types and linking: which modules are accepted and what they may import is compared in the matrix, on any
//! engine.
//!
//! | file | contents |
//! |---|---|
//! | `linking` | imports of other types than those of the exports, with rules of their own for what fits |
//! | `slots` | the places of a module that hold types, limits and mutabilities |
//! | `record` | a script that is written while it runs |

pub mod linking;
mod record;
mod slots;

use crate::conformance::execute::session::SessionError;
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::language::{Language, Spec};
use crate::conformance::read::script::{Action, PreparedModule, ScriptStep, plain};
use crate::conformance::read::suite::SuiteFile;
use crate::random::Random;
use crate::triage::value::Hash;
use record::Recorder;
use slots::Slots;
use std::collections::HashSet;

/// The size of the largest module that is changed: a script has the whole module for each of its variants.
const MOST_BYTES: usize = 4096;
/// The maximum number of calls of each variant.
const MOST_CALLS: usize = 8;

/// Why there is no script with variants of another one.
#[derive(Debug, thiserror::Error)]
pub enum VaryError {
    /// The script cannot be read.
    #[error("{0}")]
    Read(#[from] crate::conformance::read::files::ReadError),
    /// The text is not a script.
    #[error("{0}")]
    Script(#[from] ScriptError),
    /// The reference cannot run here.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// A script with variants of the modules of another one.
#[derive(Clone, Debug)]
pub struct VariedScript {
    /// The text.
    pub text: String,
    /// The number of variants in it, without those that exceed a limit.
    pub variants: u64,
    /// The total number of possible variants.
    pub of: u64,
    /// The number of modules that were too large to be changed, or could not be re-encoded.
    pub left_out: u64,
    /// Whether the script ends before the original does, because a directive did not end in time.
    pub cut: bool,
}

/// Writes a script in which each module of another script is preceded by up to `count` variants, each with one type, limit or
/// flag changed, chosen by the seed. Variants are rejected, not linked, or instantiated and called like the module. The script
/// expects what the interpreter does. Its language is the newest one, with the proposals of the original script. Scripts in JSON,
/// those with threads, and those whose header cannot be followed have no variants.
///
/// # Errors
/// See [`VaryError`].
pub fn vary(file: &SuiteFile, count: usize, seed: u64) -> Result<VariedScript, VaryError> {
    let mut varied = VariedScript { text: String::new(), variants: 0, of: 0, left_out: 0, cut: false };
    if file.json_folder().is_some() || file.trouble.is_some() {
        return Ok(varied);
    }
    let text = file.text()?;
    let plain = plain(&text, &file.language)?;
    let buffer = plain.lex()?;
    let mut steps = plain.parse(&buffer)?;
    if steps.iter().any(|step| matches!(step.action, Action::Thread { .. })) {
        return Ok(varied);
    }
    let comment = format!("Variants of the modules of {}, seed {seed}.", file.key());
    let newest = Language::of(Spec::Latest);
    let language = Language { spec: newest.spec, features: newest.features | file.language.features, ..file.language };
    let mut script = Recorder::new("interp", language, &comment)?;
    let mut hash = Hash::new();
    hash.bytes(text.as_bytes());
    let mut random = Random::new(seed ^ hash.end());
    for at in 0..steps.len() {
        let step = &mut steps[at];
        let prepared = step.source.as_mut().map(|source| source.prepare(&language));
        let name = match &step.action {
            Action::Module { name } | Action::Definition { name } => name.clone(),
            action @ (Action::Register { .. } | Action::Instance { .. } | Action::Invoke { .. }) => {
                script.action(&action.clone());
                continue;
            }
            _ => continue,
        };
        let Some(PreparedModule::Module(module)) = prepared else { continue };
        let line = step.line;
        let small = module.bytes.len() <= MOST_BYTES;
        let slots = small.then(|| Slots::new(&module.bytes, module.types.len(), language.features).ok()).flatten();
        if let Some(slots) = slots {
            varied.of += slots.alternatives() as u64;
            let calls = calls(&steps[at + 1..]);
            for alternative in chosen(slots.alternatives(), count, &mut random) {
                let Some(variant) = slots.variant(alternative) else { continue };
                if script.is_over() {
                    break;
                }
                script.comment(&format!("line {line}: {}", variant.change));
                let before = script.directives();
                if script.module(None, &variant.module) {
                    calls.iter().for_each(|call| _ = script.action(call));
                }
                varied.variants += u64::from(script.directives() > before);
            }
        } else {
            varied.left_out += 1;
        }
        script.module(name.as_deref(), &slots::without_custom_sections(&module.bytes));
        if script.is_over() {
            break;
        }
    }
    varied.cut = script.is_over();
    varied.text = script.end().0;
    Ok(varied)
}

/// The calls of a module's exports that a script makes before it comes to the next module: some of them, each once.
fn calls(after: &[ScriptStep<'_>]) -> Vec<Action> {
    let other = |step: &&ScriptStep<'_>| {
        matches!(step.action, Action::Module { .. } | Action::Definition { .. } | Action::Instance { .. })
    };
    let mut names = HashSet::new();
    let calls = after.iter().take_while(|step| !other(step)).filter_map(|step| match &step.action {
        Action::Invoke { module: None, name, .. } => names.insert(name.clone()).then(|| step.action.clone()),
        _ => None,
    });
    calls.take(MOST_CALLS).collect()
}

/// Up to `count` numbers below `all`, ascending.
fn chosen(all: usize, count: usize, random: &mut Random) -> Vec<usize> {
    if all <= count {
        return (0..all).collect();
    }
    let mut numbers = HashSet::with_capacity(count);
    while numbers.len() < count {
        numbers.insert(random.below(all as u64) as usize);
    }
    let mut numbers: Vec<usize> = numbers.into_iter().collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::backend::Backend;
    use crate::conformance::read::suite::Suite;
    use crate::conformance::record::Verdict;
    use crate::conformance::unsupervised;
    use std::time::Duration;

    fn passes(text: &str) -> u64 {
        let suite = Suite::given("varied", "script", text);
        let backends = ["interp", "jit"].map(|name| Backend::named(name).unwrap());
        let done = unsupervised::run_file(&suite.files[0], &backends, Duration::from_secs(10), &Default::default());
        assert!(done.error.is_none(), "{:?} in\n{text}", done.error);
        let bad: Vec<_> = done.records.iter().filter(|record| !record.verdict.is_fine()).collect();
        assert!(bad.is_empty(), "{bad:?}\n{text}");
        done.records.iter().filter(|record| record.verdict == Verdict::Pass).count() as u64
    }

    #[test]
    fn all_variants_of_a_script_are_judged_alike() {
        let source = r#"
            (module $p (memory (export "m") 1 2) (global (export "g") (mut i32) (i32.const 5)))
            (register "p")
            (module (import "p" "m" (memory 1 2)) (import "p" "g" (global (mut i32)))
                (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (global.get 0))))
            (assert_return (invoke "f" (i32.const 1)) (i32.const 6))
            (module definition $d (func (export "x") (result i64) (i64.const 1)))
            (module instance $i $d)
            (assert_return (invoke $i "x") (i64.const 1))"#;
        let suite = Suite::given("given", "source", source);
        let varied = vary(&suite.files[0], 10_000, 0).unwrap();
        let text = &varied.text;
        assert!(varied.variants > 150 && varied.variants <= varied.of, "{varied:?}");
        for part in
            ["(assert_invalid", "(assert_unlinkable", "(assert_return (invoke \"f\" (i32.const 1)) (i32.const 6))"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(text.contains("(module definition $d") || text.contains("(module $d"), "{text}");
        assert!(passes(text) >= 3 * varied.variants);
        assert_eq!(vary(&suite.files[0], 20, 1).unwrap().text, vary(&suite.files[0], 20, 1).unwrap().text);
        assert!(vary(&suite.files[0], 5, 1).unwrap().variants <= 15);
    }

    #[test]
    fn a_script_keeps_its_proposals_and_its_profile() {
        let source = ";;! nan_canonicalization = true\n;;! threads = true\n(module (func (export \"f\") (result f32) (f32.div (f32.const 0) (f32.const 0))))\n(invoke \"f\")";
        let varied = vary(&Suite::given("given", "source", source).files[0], 40, 0).unwrap();
        for line in [";;! nan_canonicalization = true\n", ";;! threads = true\n"] {
            assert!(varied.text.contains(line), "{}", varied.text);
        }
        passes(&varied.text);
    }

    /// Similar scripts do not get the same changes from a seed.
    #[test]
    fn what_is_changed_depends_on_the_script_and_on_the_seed() {
        let changes = |name: &str, seed: u64| {
            let source = format!("(module (func (export \"{name}\") (param i32 i64) (result f32) (f32.const 1)))");
            let text = vary(&Suite::given("given", "source", &source).files[0], 5, seed).unwrap().text;
            let lines = text.lines().filter(|line| line.starts_with(";; line ")).map(String::from);
            lines.collect::<Vec<_>>()
        };
        let names = ["a", "b", "c", "d"].map(|name| changes(name, 0));
        assert!(names.iter().all(|changes| changes.len() > 2), "{names:?}");
        assert!(names[1..].iter().any(|changes| *changes != names[0]), "{names:?}");
        let seeds = [0, 1, 2, 3].map(|seed| changes("a", seed));
        assert!(seeds[1..].iter().any(|changes| *changes != seeds[0]), "{seeds:?}");
    }

    /// A module of the largest size is changed, and one that is a byte larger is not, but is still in the script.
    #[test]
    fn modules_above_the_largest_size_are_left_out() {
        let source = |data: usize| {
            format!(
                "(module (memory 1) (data (i32.const 0) \"{}\") (func (export \"f\")))\n(invoke \"f\")",
                "x".repeat(data)
            )
        };
        let size = |data: usize| wat::parse_str(source(data).lines().next().unwrap()).unwrap().len();
        let largest = (0..).find(|&data| size(data) >= MOST_BYTES).unwrap();
        assert_eq!(size(largest), MOST_BYTES);
        for (data, left_out) in [(largest - 1, 0), (largest, 0), (largest + 1, 1)] {
            let varied = vary(&Suite::given("given", "source", &source(data)).files[0], 3, 0).unwrap();
            let variants = if left_out == 0 { 3 } else { 0 };
            assert_eq!((varied.left_out, varied.variants, varied.cut), (left_out, variants, false), "{data}");
            assert_eq!(varied.of > 0, left_out == 0);
            assert!(varied.text.ends_with("(assert_return (invoke \"f\"))\n"), "{}", varied.text);
        }
    }

    #[test]
    fn variants_of_the_suite_are_judged_alike() {
        let suite = Suite::embedded().unwrap();
        let (mut variants, mut scripts) = (0, 0);
        for name in ["call_indirect", "ref_test", "linking", "br_on_cast", "struct", "table_grow", "try_table"] {
            for file in suite.files.iter().filter(|file| file.stem == name && !file.group.starts_with("core-")) {
                let varied = vary(file, 10, 7).unwrap();
                passes(&varied.text);
                variants += varied.variants;
                scripts += 1;
            }
        }
        assert!(scripts >= 5 && variants > 200, "{variants} variants in {scripts} scripts");
    }
}
