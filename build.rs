//! Embeds `wast-extra/`, so that an installed program has it inside.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=wast-extra");
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
