//! The official suite on the SSA evaluator, held against the interpreter: what the frontend makes of a function, and what
//! all passes make of that.
//!
//! Runs without machine code: a difference is one of the frontend, of a pass, or of the evaluator. (Whether the
//! interpreter is right is what the trials of the suite say.)

use std::fmt::Write;
use wasmoon::conformance::plan::Backend;
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::run::{Job, Line, Observer, run};
use wasmoon::conformance::script::Step;
use wasmoon::conformance::suite::Suite;
use wasmoon::engine::{Config, Mode, OptLevel, Tier};

/// Files that loop a million times: in builds with optimization only.
const HEAVY: [&str; 5] = ["return_call", "return_call_indirect", "memory_grow", "memory_fill", "memory_copy"];

const COLUMNS: [&str; 4] = ["interp", "eval-O0", "eval", "xdiff"];

/// Counts verdicts of the evaluator's columns, and describes where they are not those of the interpreter.
struct Watch {
    file: String,
    lines: Vec<u32>,
    interp: Option<Verdict>,
    passed: u64,
    unsupported: u64,
    bad: String,
}

impl Observer for Watch {
    fn script(&mut self, steps: &[Step<'_>]) {
        self.lines = steps.iter().map(|s| s.line).collect();
    }

    fn enter(&mut self, _: usize, _: usize) {}

    fn line(&mut self, step: usize, column: usize, line: Line) {
        let fine = match column {
            0 => {
                self.interp = Some(line.verdict);
                true
            }
            3 => !matches!(line.verdict, Verdict::Diverge | Verdict::Crash | Verdict::Timeout),
            _ => {
                self.passed += u64::from(line.verdict == Verdict::Pass);
                self.unsupported += u64::from(line.verdict == Verdict::Unsupported);
                // The interpreter may know a feature that the JIT does not know yet.
                line.verdict == Verdict::Unsupported || Some(line.verdict) == self.interp
            }
        };
        if !fine {
            let (file, at, column) = (&self.file, self.lines[step], COLUMNS[column]);
            let Line { verdict, expected, got, .. } = line;
            writeln!(self.bad, "{file}:{at} {column}: {verdict:?}: expected {expected:?}, got {got:?}").unwrap();
        }
    }
}

#[test]
fn the_suite() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let eval = |opt| Config { mode: Mode::All(Tier::Eval), opt, poison: true, verify: true, ..Config::default() };
    let configs = [Config::default(), eval(OptLevel::O0), eval(OptLevel::O2)];
    let backends: Vec<Backend> =
        COLUMNS.iter().zip(configs).map(|(name, config)| Backend { name: name.to_string(), config }).collect();
    let work = move || {
        let (mut passed, mut unsupported, mut bad) = (0, 0, String::new());
        for file in Suite::embedded().unwrap().files.iter().filter(|f| f.name().contains(&only)) {
            if cfg!(debug_assertions) && only.is_empty() && HEAVY.contains(&file.stem.as_str()) {
                continue;
            }
            let job = Job {
                language: file.language,
                backends: &backends,
                skips: &[],
                faults: &[],
                self_check: None,
                until: None,
            };
            let file = file.clone();
            let mut watch = Watch {
                file: file.name(),
                lines: Vec::new(),
                interp: None,
                passed: 0,
                unsupported: 0,
                bad: String::new(),
            };
            // What cannot be parsed is the suite's trials' to tell.
            if run(&file.text().unwrap(), &job, &mut watch).is_ok() {
                passed += watch.passed;
                unsupported += watch.unsupported;
                bad += &watch.bad;
            }
        }
        println!("{passed} passed, {unsupported} unsupported");
        assert!(bad.is_empty(), "{} bad:\n{bad}", bad.lines().count());
        assert!(!only.is_empty() || passed > 100_000, "{passed} passed, {unsupported} unsupported");
    };
    // Deep recursion takes native stack.
    std::thread::Builder::new().stack_size(16 << 20).spawn(work).unwrap().join().unwrap();
}
