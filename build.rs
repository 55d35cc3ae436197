//! Embeds `wast-extra/`, so that an installed program has it inside, and decides whether the interpreter's chained
//! dispatcher can be built: it relies on sibling calls, which the compiler makes on x86-64 when it optimises.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=wast-extra");
    println!("cargo::rustc-check-cfg=cfg(wasmoon_chain, wasmoon_optimised)");
    let level = std::env::var("OPT_LEVEL");
    // Without optimization, a function that everything is inlined into takes stack for the sum of it all.
    if level.as_deref() != Ok("0") {
        println!("cargo::rustc-cfg=wasmoon_optimised");
    }
    let optimised = matches!(level.as_deref(), Ok("2" | "3"));
    let x86_64 = std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64");
    // The registers of the C convention of Unix suffice for the machine's.
    let unix = std::env::var("CARGO_CFG_UNIX").is_ok();
    if optimised && x86_64 && unix {
        println!("cargo::rustc-cfg=wasmoon_chain");
    }
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let mut out = String::from("/// Theme, stem and text of every file of `wast-extra/`.\n");
    out += "const WAST_EXTRA: &[(&str, &str, &str)] = &[\n";
    for theme in sorted(&Path::new(&root).join("wast-extra")) {
        if !theme.is_dir() {
            continue;
        }
        for file in sorted(&theme) {
            if file.extension().is_some_and(|e| e == "wast") {
                let (theme, stem) = (theme.file_name().expect("named"), file.file_stem().expect("named"));
                out += &format!("    ({theme:?}, {stem:?}, include_str!({file:?})),\n");
            }
        }
    }
    out += "];\n";
    let target = Path::new(&std::env::var("OUT_DIR").expect("cargo sets it")).join("wast_extra.rs");
    std::fs::write(target, out).expect("OUT_DIR is writable");
}

fn sorted(dir: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok()).map(|e| e.path()).collect();
    paths.sort();
    paths
}
