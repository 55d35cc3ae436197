//! `wasmoon --version`: the version, the build, and the machine.

use crate::conformance::report::about::About;
use crate::module::features::BEYOND;

/// The version, and below it commit, compiler, target, CPU and language.
pub fn long() -> String {
    let about = About::here();
    let or_unknown = |text: &str| if text.is_empty() { "unknown".to_string() } else { text.to_string() };
    format!(
        "{}\ncommit: {}\nbuild: {}, {}\ntarget: {}-{}\nCPU: {} (--cpu {})\nlanguage: the newest version plus {}",
        about.version,
        or_unknown(&about.commit),
        about.build,
        or_unknown(&about.rustc),
        about.arch,
        about.os,
        or_unknown(&about.cpu),
        about.cpu_level,
        BEYOND.join(", "),
    )
}
