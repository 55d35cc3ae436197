//! Versions of the language: all files of 1.0 and 2.0 pass on all backends with exactly those versions' features.

use std::path::PathBuf;
use std::time::Duration;
use wasmoon::conformance::plan::{Event, Plan};
use wasmoon::conformance::read::{language::Spec, suite::Suite};
use wasmoon::conformance::record::Verdict;
use wasmoon::conformance::supervise::run;

/// The number of directives of each version.
const DIRECTIVES: [(Spec, u64); 2] = [(Spec::V1, 19_245), (Spec::V2, 53_952)];

#[test]
fn one_and_two_are_complete() {
    let mut plan = Plan::new(Suite::versions(&DIRECTIVES.map(|(spec, _)| spec)).expect("the embedded suite").files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = Duration::from_secs(60);
    let (mut counts, mut wrong) = ([0; 2], Vec::new());
    run(&plan, &mut |event| {
        let Event::Finished(result) = event else { return };
        assert_eq!(result.error, None, "{}", result.file.key());
        for (count, (spec, _)) in counts.iter_mut().zip(DIRECTIVES) {
            *count += if result.file.version == Some(spec) { result.stats.directives } else { 0 };
        }
        let bad = result.records.into_iter().filter(|r| r.verdict != Verdict::Pass);
        wrong.extend(bad.map(|r| format!("{} line {} on {}: {:?} {:?}", r.key(), r.line, r.backend, r.verdict, r.got)));
    })
    .expect("workers start");
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(counts, DIRECTIVES.map(|(_, n)| n));
}
