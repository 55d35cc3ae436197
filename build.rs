//! Embeds `wast-extra/`, so that an installed program has it inside; decides whether the interpreter's chained
//! dispatcher can be built: it relies on sibling calls, which the compiler makes on some CPUs when it optimises; and
//! notes the sources and the compiler of the program, for the heads of its reports.

use std::process::Command;

#[cfg(feature = "harness")]
#[path = "src/conformance/read/find_scripts.rs"]
mod find_scripts;

/// CPUs on which the compiler makes sibling calls, and whose C convention on Unix has enough registers for the
/// interpreter's state.
const SIBLING_CALLS: &[&str] = &["x86_64", "aarch64"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=wast-extra");
    // The commit is noted when sources change, since then there is something to compile anyway. A commit alone does not
    // cause a build: a program that was built before it says `-dirty`, which is what it was built from.
    println!("cargo::rerun-if-changed=src");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    for (name, value) in [
        ("WASMOON_COMMIT", output("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])),
        ("WASMOON_RUSTC", output(&rustc, &["--version"])),
    ] {
        println!("cargo::rustc-env={name}={}", value.unwrap_or_default());
    }
    println!("cargo::rustc-check-cfg=cfg(wasmoon_chain, wasmoon_optimised)");
    let level = std::env::var("OPT_LEVEL");
    // Without optimization, a function that everything is inlined into takes stack for the sum of it all.
    if level.as_deref() != Ok("0") {
        println!("cargo::rustc-cfg=wasmoon_optimised");
    }
    let optimised = matches!(level.as_deref(), Ok("2" | "3"));
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let unix = std::env::var("CARGO_CFG_UNIX").is_ok();
    if optimised && unix && SIBLING_CALLS.contains(&&*arch) {
        println!("cargo::rustc-cfg=wasmoon_chain");
    }
    if relocations_can_be_packed() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    #[cfg(feature = "harness")]
    embed_scripts();
}

/// Whether the C library that loads the program, this system's, knows relative relocations in their packed form (since 2.36).
/// A large program has thirty thousand of them, and reads a megabyte less before it begins.
fn relocations_can_be_packed() -> bool {
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    if set("HOST") != set("TARGET") || set("CARGO_CFG_TARGET_OS") != "linux" || set("CARGO_CFG_TARGET_ENV") != "gnu" {
        return false;
    }
    let version = output("getconf", &["GNU_LIBC_VERSION"]);
    let number = version.as_deref().and_then(|text| text.strip_prefix("glibc 2.")?.parse::<u32>().ok());
    number.is_some_and(|minor| minor >= 36)
}

/// Writes `wast-extra/` as a table of texts.
#[cfg(feature = "harness")]
fn embed_scripts() {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let mut out = String::from(
        "/// Theme, stem and text of every file of `wast-extra/`; themes have a slash for each folder in a folder.\n",
    );
    out += "const WAST_EXTRA: &[(&str, &str, &str)] = &[\n";
    let found = find_scripts::themed(&std::path::Path::new(&root).join("wast-extra")).unwrap_or_else(|e| panic!("{e}"));
    for find_scripts::Found { path, below } in found {
        let stem = path.file_stem().expect("it ends in .wast");
        out += &format!("    ({below:?}, {stem:?}, include_str!({path:?})),\n");
    }
    out += "];\n";
    let target = std::path::Path::new(&std::env::var("OUT_DIR").expect("cargo sets it")).join("wast_extra.rs");
    std::fs::write(target, out).expect("OUT_DIR is writable");
}

/// The first line that a program prints; `None` if it fails, as git does outside of a checkout.
fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_string())
}
