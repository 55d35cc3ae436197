//! Embeds `wast-extra/`, so that an installed program contains it; decides whether the interpreter's chained dispatcher
//! can be built, which relies on sibling calls that the compiler makes on some CPUs when it optimizes; and records the
//! program's commit and compiler for the headers of its reports.

use std::process::Command;

#[cfg(feature = "harness")]
#[path = "spec-tests/embed.rs"]
mod embed;
#[cfg(feature = "harness")]
#[path = "src/conformance/read/find_scripts.rs"]
mod find_scripts;

/// CPUs on which the compiler makes sibling calls, and whose C calling convention on Unix has enough registers for the
/// interpreter's state.
const SIBLING_CALLS: &[&str] = &["x86_64", "aarch64"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=wast-extra");
    // The commit is recorded when the sources change, since something has to be compiled then anyway. A commit alone does
    // not cause a rebuild: a program that was built before it reports `-dirty`, which is what it was built from.
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
    // Without optimization, a function with everything inlined into it takes stack space for all of it at once.
    if level.as_deref() != Ok("0") {
        println!("cargo::rustc-cfg=wasmoon_optimised");
    }
    let optimised = matches!(level.as_deref(), Ok("2" | "3"));
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let unix = std::env::var("CARGO_CFG_UNIX").is_ok();
    if optimised && unix && SIBLING_CALLS.contains(&&*arch) {
        println!("cargo::rustc-cfg=wasmoon_chain");
    }
    if c_library_is_ours_and_new() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        link_statically();
        put_first_functions_together();
    }
    #[cfg(feature = "harness")]
    embed_scripts();
}

/// Whether the target's C library is this system's glibc, and supports packed relative relocations (since 2.36). A large
/// program has thirty thousand relative relocations, and with packed ones reads a megabyte less before it starts.
fn c_library_is_ours_and_new() -> bool {
    if set("HOST") != set("TARGET") || set("CARGO_CFG_TARGET_OS") != "linux" || set("CARGO_CFG_TARGET_ENV") != "gnu" {
        return false;
    }
    let version = output("getconf", &["GNU_LIBC_VERSION"]);
    let number = version.as_deref().and_then(|text| text.strip_prefix("glibc 2.")?.parse::<u32>().ok());
    number.is_some_and(|minor| minor >= 36)
}

/// Links the C library into the program, if a static one is installed. Then no libraries have to be found and linked at
/// startup, which took a third of the time of a program that does nothing. The program is still loaded at random addresses.
///
/// The compiler can do this itself (`+crt-static`), but not for a target that procedural macros are compiled for, too. It asks
/// for shared libraries, so the linker is given files with their names that list the archives to use instead. A trial link
/// shows whether this works. `WASMOON_LINK=dynamic` turns it off.
fn link_statically() {
    println!("cargo::rerun-if-env-changed=WASMOON_LINK");
    let flags = set("CARGO_ENCODED_RUSTFLAGS");
    // Sanitizers sit between a program and its C library, and the other two flags already decide how to link.
    let is_decided = ["sanitizer", "crt-static", "relocation-model"].iter().any(|flag| flags.contains(flag));
    if set("WASMOON_LINK") == "dynamic" || is_decided {
        return;
    }
    let folder = folder("archives");
    for (library, archives) in
        [("gcc_s", "libgcc_eh.a libgcc.a libc.a"), ("m", "libm.a"), ("c", "libc.a libgcc_eh.a libgcc.a")]
    {
        let script = format!("GROUP ( {archives} )\n");
        std::fs::write(folder.join(format!("lib{library}.so")), script).expect("OUT_DIR is writable");
    }
    let link = ["-static-pie".to_string(), format!("-L{}", folder.display())];
    if can_link(
        &folder,
        link.iter().map(String::as_str).chain(["-nodefaultlibs", "-Wl,-Bdynamic", "-lgcc_s", "-lm", "-lc"]),
    ) {
        link.iter().for_each(|arg| println!("cargo::rustc-link-arg-bins={arg}"));
    }
}

/// Makes the linker place the functions that short programs execute next to each other, in a section before the others,
/// because the system loads a program in pieces. `ci/first-functions` makes the list. A name in it that the program does not
/// have is harmless.
fn put_first_functions_together() {
    const LIST: &str = "link/first_functions.txt";
    println!("cargo::rerun-if-changed={LIST}");
    let folder = folder("order");
    let names =
        std::fs::read_to_string(std::path::Path::new(&set("CARGO_MANIFEST_DIR")).join(LIST)).expect("it is there");
    // Rarely executed code is in sections with another name: growing a vector, one-time initialization.
    let sections: String = names.lines().map(|name| format!("    *(.text.{name}* .text.unlikely.{name}*)\n")).collect();
    let script = folder.join("first.ld");
    let text = format!("SECTIONS {{\n  .text.first : {{\n{sections}  }}\n}}\nINSERT BEFORE .text;\n");
    std::fs::write(&script, text).expect("OUT_DIR is writable");
    // A linker that does not know `INSERT` may take this for the whole linker script.
    let link = format!("-Wl,-T,{}", script.display());
    if can_link(&folder, std::iter::once(&*link)) {
        println!("cargo::rustc-link-arg-bins={link}");
    }
}

/// Creates a folder for the linker's input, and returns its path.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(&set("OUT_DIR")).join(name);
    std::fs::create_dir_all(&folder).expect("OUT_DIR is writable");
    folder
}

/// Whether a program can be linked with these arguments, and then executed.
fn can_link<'a>(folder: &std::path::Path, link: impl Iterator<Item = &'a str>) -> bool {
    let (source, tried) = (folder.join("tried.c"), folder.join("tried"));
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("OUT_DIR is writable");
    let linker = Some(set("RUSTC_LINKER")).filter(|given| !given.is_empty()).unwrap_or_else(|| "cc".into());
    let mut command = Command::new(linker);
    command.arg(source).args(link).arg("-o").arg(&tried);
    let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    succeeds(&mut command) && succeeds(&mut Command::new(tried))
}

/// The value of an environment variable; empty if it is not set.
fn set(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Writes the scripts of `wast-extra/`, with the themes as folders. The theme of a nested folder has slashes in its name.
#[cfg(feature = "harness")]
fn embed_scripts() {
    println!("cargo::rerun-if-changed=spec-tests/embed.rs");
    let root = set("CARGO_MANIFEST_DIR");
    let found = find_scripts::themed(&std::path::Path::new(&root).join("wast-extra")).unwrap_or_else(|e| panic!("{e}"));
    let mut scripts = embed::Scripts::default();
    for find_scripts::Found { path, below } in found {
        let stem = path.file_stem().expect("it ends in .wast").to_string_lossy().into_owned();
        scripts.add(
            &below,
            &stem,
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        );
    }
    scripts.write(std::path::Path::new(&set("OUT_DIR")), "wast_extra").expect("OUT_DIR is writable");
}

/// The first line of a program's output; `None` if it fails, as git does outside of a checkout.
fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_string())
}
