//! Embeds `wast-extra/`, so that an installed program has it inside; decides whether the interpreter's chained
//! dispatcher can be built: it relies on sibling calls, which the compiler makes on some CPUs when it optimises; and
//! notes the sources and the compiler of the program, for the heads of its reports.

use std::process::Command;

#[cfg(feature = "harness")]
#[path = "spec-tests/embed.rs"]
mod embed;
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
    if c_library_is_ours_and_new() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        link_statically();
        put_first_functions_together();
    }
    #[cfg(feature = "harness")]
    embed_scripts();
}

/// Whether the C library of the target is this system's, the one of GNU, and knows relative relocations in their packed form
/// (since 2.36). A large program has thirty thousand of them, and reads a megabyte less before it begins.
fn c_library_is_ours_and_new() -> bool {
    if set("HOST") != set("TARGET") || set("CARGO_CFG_TARGET_OS") != "linux" || set("CARGO_CFG_TARGET_ENV") != "gnu" {
        return false;
    }
    let version = output("getconf", &["GNU_LIBC_VERSION"]);
    let number = version.as_deref().and_then(|text| text.strip_prefix("glibc 2.")?.parse::<u32>().ok());
    number.is_some_and(|minor| minor >= 36)
}

/// Links the program with the C library in it, if the library is there in that form: nothing has to be found and joined when it
/// starts, which was a third of the time of a program that does nothing. It is loaded at random addresses all the same.
///
/// The compiler can do that by itself (`+crt-static`), but not for a target that macros are compiled for, too. It asks for shared
/// libraries; so the linker finds files of their names here that say which archives to take. Whether this works is tried.
/// `WASMOON_LINK=dynamic` leaves it out.
fn link_statically() {
    println!("cargo::rerun-if-env-changed=WASMOON_LINK");
    let flags = set("CARGO_ENCODED_RUSTFLAGS");
    // Sanitizers come between a program and its C library, and the other two say themselves how to link.
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

/// Has the linker put the functions next to each other that short programs execute, in a section before the others: the system
/// loads a program in pieces. `ci/first-functions` makes the list. A name in it that the program does not have does no harm.
fn put_first_functions_together() {
    const LIST: &str = "link/first_functions.txt";
    println!("cargo::rerun-if-changed={LIST}");
    let folder = folder("order");
    let names =
        std::fs::read_to_string(std::path::Path::new(&set("CARGO_MANIFEST_DIR")).join(LIST)).expect("it is there");
    // Those that seldom run have a section of another name: a vector that grows, what is initialized once.
    let sections: String = names.lines().map(|name| format!("    *(.text.{name}* .text.unlikely.{name}*)\n")).collect();
    let script = folder.join("first.ld");
    let text = format!("SECTIONS {{\n  .text.first : {{\n{sections}  }}\n}}\nINSERT BEFORE .text;\n");
    std::fs::write(&script, text).expect("OUT_DIR is writable");
    // A linker may not know `INSERT`, and take this for all that there is to be.
    let link = format!("-Wl,-T,{}", script.display());
    if can_link(&folder, std::iter::once(&*link)) {
        println!("cargo::rustc-link-arg-bins={link}");
    }
}

/// A folder for what is given to the linker.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(&set("OUT_DIR")).join(name);
    std::fs::create_dir_all(&folder).expect("OUT_DIR is writable");
    folder
}

/// Whether a program that is linked with these arguments can be executed.
fn can_link<'a>(folder: &std::path::Path, link: impl Iterator<Item = &'a str>) -> bool {
    let (source, tried) = (folder.join("tried.c"), folder.join("tried"));
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("OUT_DIR is writable");
    let linker = Some(set("RUSTC_LINKER")).filter(|given| !given.is_empty()).unwrap_or_else(|| "cc".into());
    let mut command = Command::new(linker);
    command.arg(source).args(link).arg("-o").arg(&tried);
    let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    succeeds(&mut command) && succeeds(&mut Command::new(tried))
}

/// A variable of the environment; empty if it is not set.
fn set(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Writes `wast-extra/`, with the themes as folders; they have slashes for folders in a folder.
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

/// The first line that a program prints; `None` if it fails, as git does outside of a checkout.
fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_string())
}
