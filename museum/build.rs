//! Puts the patches into the runner, and looks whether they are applied to the tree that it is built in.

use std::fmt::Write;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=patches");
    // It changes when the switches are added. The file of the switches itself is not always there, and cargo would run this anew
    // each time.
    println!("cargo::rerun-if-changed=../src/lib.rs");
    println!("cargo::rustc-check-cfg=cfg(planted)");
    if Path::new("../src/planted.rs").exists() {
        println!("cargo::rustc-cfg=planted");
    }
    let entries = std::fs::read_dir("patches").expect("museum/patches");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    paths.sort();
    let mut text = String::from("pub const PATCHES: &[(&str, &str)] = &[\n");
    for path in paths {
        let (name, path) = (path.file_stem().expect("a name"), path.canonicalize().expect("a path"));
        let _ = writeln!(text, "    ({name:?}, include_str!({path:?})),");
    }
    text += "];\n";
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join("patches.rs"), text).expect("the folder for what is made");
}
