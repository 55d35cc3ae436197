//! The values that the conditions of a `when` can have. These are closed lists, so that a word outside of them is a
//! mistake.

use crate::conformance::backend::Backend;
use crate::conformance::read::language::Spec;
use crate::conformance::record::XDIFF;

/// The values that a pattern with this text may match, and a hint about them. There is no end of seeds, so only those that the
/// text may be about are listed.
pub type Values<'a> = dyn Fn(&str) -> (Vec<String>, String) + 'a;

/// The columns, those of mixed modes and other engines included.
pub fn backends(text: &str, engines: &[String]) -> (Vec<String>, String) {
    let mut all: Vec<String> = Backend::NAMES.iter().copied().chain([XDIFF]).map(String::from).collect();
    let hint = format!("one of {}, a mixed mode such as jit+mix:SEED, or an engine", all.join(", "));
    let mixed = mixed_modes(text);
    for name in Backend::NAMES.iter().filter(|name| **name != "interp") {
        all.extend(mixed.iter().map(|mode| format!("{name}+{mode}")));
    }
    all.extend_from_slice(engines);
    (all, hint)
}

/// The values of `--mode`, and the empty text for its absence.
pub fn modes(text: &str) -> (Vec<String>, String) {
    let plain = ["", "interp", "jit"].map(String::from).into_iter();
    let hint = "interp, jit, mix:SEED, mix3:SEED, tier:SEED, tier:entry:N or tier:loop:N";
    (plain.chain(mixed_modes(text)).collect(), hint.into())
}

fn mixed_modes(text: &str) -> Vec<String> {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let longer = numbers.iter().map(|n| format!("{n}0"));
    let seeds = numbers.iter().map(|n| n.to_string()).chain(longer).chain((1..=20).map(|n| "1".repeat(n)));
    const MODES: [&str; 5] = ["mix", "mix3", "tier", "tier:entry", "tier:loop"];
    seeds.flat_map(|seed| MODES.map(|mode| format!("{mode}:{seed}"))).collect()
}

/// The values of `--spec`: a version, or several in any order.
pub fn specs(_: &str) -> (Vec<String>, String) {
    let versions = [Spec::V1, Spec::V2, Spec::V3, Spec::Latest].map(Spec::name);
    let mut all: Vec<String> = versions.map(String::from).to_vec();
    let mut last = all.clone();
    for _ in 1..versions.len() {
        let longer = |list: &String| {
            let others = versions.iter().filter(|v| !list.split(',').any(|part| part == **v));
            others.map(|v| format!("{list},{v}")).collect::<Vec<_>>()
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.iter().cloned());
    }
    all.push(Spec::Mvp.name().into());
    (all, format!("one of {}, {}, or several separated by commas", Spec::Mvp.name(), versions.join(", ")))
}

/// The operating systems, as Rust names them ([`std::env::consts::OS`]).
pub fn systems(_: &str) -> (Vec<String>, String) {
    const ALL: [&str; 13] = [
        "linux",
        "windows",
        "macos",
        "android",
        "ios",
        "openbsd",
        "freebsd",
        "netbsd",
        "wasi",
        "hermit",
        "aix",
        "dragonfly",
        "solaris",
    ];
    closed(&ALL, std::env::consts::OS)
}

/// The CPU architectures, as Rust names them ([`std::env::consts::ARCH`]).
pub fn architectures(_: &str) -> (Vec<String>, String) {
    const ALL: [&str; 14] = [
        "x86",
        "x86_64",
        "arm",
        "aarch64",
        "m68k",
        "mips",
        "mips64",
        "powerpc",
        "powerpc64",
        "riscv32",
        "riscv64",
        "s390x",
        "sparc64",
        "loongarch64",
    ];
    closed(&ALL, std::env::consts::ARCH)
}

fn closed(all: &[&str], ours: &str) -> (Vec<String>, String) {
    let all: Vec<String> =
        all.iter().copied().chain((!all.contains(&ours)).then_some(ours)).map(String::from).collect();
    let hint = format!("one of {}", all.join(", "));
    (all, hint)
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn what_runs_here_is_in_the_list_once() {
        let of = |ours: &str| closed(&["a", "b"], ours);
        let texts = |list: &[&str]| list.iter().map(|text| text.to_string()).collect::<Vec<_>>();
        assert_eq!(of("b"), (texts(&["a", "b"]), "one of a, b".to_string()));
        assert_eq!(of("c"), (texts(&["a", "b", "c"]), "one of a, b, c".to_string()));
    }
}
