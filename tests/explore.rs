//! `wasmoon explore` on the command line; its page in a real browser, if there is one.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use support::{Missing, tool};
use tempfile::TempDir;

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

fn explore(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.current_dir(folder).arg("explore").args(args).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran
}

/// A folder with a module whose names are hostile.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(module (memory 1)
        (func (@name "<img src=x onerror=\"document.title='owned'\"></script>") (export "sum") (param $n i32) (result i32)
          (local $s i32)
          (loop $again
            (local.set $s (i32.add (local.get $s) (i32.load (local.get $n))))
            (br_if $again (local.tee $n (i32.div_u (local.get $n) (i32.const 10)))))
          (local.get $s))
        (func $vector (result v128) (v128.const i64x2 1 2)))"#;
    std::fs::write(folder.path().join("m.wat"), text).unwrap();
    folder
}

fn lists_functions_and_shows_stages() {
    let folder = folder();
    let ran = explore(folder.path(), &["m.wat"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.out.contains("vector () -> (v128)"), "{}", ran.out);
    assert_eq!(ran.out, explore(folder.path(), &["m.wat", "--list"]).out);

    let all = explore(folder.path(), &["m.wat", "--func", "sum"]);
    assert_eq!(all.status, Some(0), "{}", all.err);
    assert!(!all.out.contains('\x1b'), "no colours in a pipe");
    for text in ["i32.div_u", "br_if", "udiv.i32", "poll", "div", "trap: out of bounds memory access (memory 0)"] {
        assert!(all.out.contains(text), "no {text}:\n{}", all.out);
    }
    let asm = explore(folder.path(), &["m.wat", "--func", "0", "--stage", "asm", "-O0", "--regs", "4"]);
    assert!(asm.out.starts_with("assembly, "), "{}", asm.out);
    assert!(!asm.out.contains("xmm4") && !asm.out.contains("r13"), "{}", asm.out);
    // The local is a parameter of the code that starts at the loop.
    let at_loop = " (i32, i32) -> (i32) {";
    for (place, parameters) in [("entry", " (i32) -> (i32) {"), ("0x2e", at_loop), ("46", at_loop)] {
        let ran = explore(folder.path(), &["m.wat", "--func", "sum", "--stage", "ir", "--replaced-at", place]);
        assert!(ran.out.contains(parameters), "{place}: {}", ran.out);
    }
    // The page says which of the two it shows.
    for (place, said) in [(None, false), (Some("entry"), true)] {
        let more = place.map_or(vec![], |place| vec!["--replaced-at", place]);
        let page = explore(folder.path(), &[&["m.wat", "--func", "sum", "--html", "-"], &more[..]].concat());
        assert_eq!(page.out.contains(" --replaced-at entry"), said, "{place:?}");
    }
    let nowhere = explore(folder.path(), &["m.wat", "--func", "sum", "--replaced-at", "0x2f"]);
    assert_eq!(nowhere.status, Some(2));
    assert!(nowhere.err.contains("invalid place `0x2f`; expected one of entry, 0x2e"), "{}", nowhere.err);
    let vector = explore(folder.path(), &["m.wat", "--func", "vector", "--replaced-at", "1"]);
    assert!(vector.err.contains("has no loops; the only valid place is `entry`"), "{}", vector.err);
    let none = explore(folder.path(), &["m.wat", "--func", "0", "--stage", "opt", "-O0"]);
    assert_eq!((none.status, none.out.as_str()), (Some(0), ""), "no passes, nothing to show");
}

/// Each switch that changes code changes the output.
fn code_is_as_the_switches_say() {
    let folder = folder();
    let text = "(module (func (param f32 i32) (result f32) (f32.add (local.get 0) (f32.convert_i32_u (local.get 1)))))";
    std::fs::write(folder.path().join("add.wat"), text).unwrap();
    let asm = |switches: &[&str]| {
        let ran = explore(folder.path(), &[&["add.wat", "--func", "0", "--stage", "asm"], switches].concat());
        assert_eq!(ran.status, Some(0), "{switches:?}: {}", ran.err);
        ran.out
    };
    let plain = asm(&[]);
    for switches in [&["--nan", "canonical"][..], &["--poison"], &["-O0"]] {
        assert!(asm(switches) != plain, "{switches:?}: {plain}");
    }
    // For another CPU than the host's, the lowest level is used.
    for target in wasmoon::target::ALL {
        let (named, lowest) = (["--target", target.name], ["--cpu", target.baseline().name()]);
        match wasmoon::target::Target::native() == Some(*target) {
            true => assert_eq!(asm(&named), plain),
            false => assert_eq!(asm(&named), asm(&[named, lowest].concat())),
        }
    }
    // The page names the switches.
    for (switches, said) in [(&["-O1", "--regs", "5"][..], "-O1 --regs 5"), (&["-O0"], "-O0"), (&[], "-O2")] {
        let page = explore(folder.path(), &[&["add.wat", "--func", "0", "--html", "-"], switches].concat());
        assert!(page.out.contains(&format!("\"options\":\"{said}\"")), "{switches:?}: {}", page.err);
    }
}

/// Code can be shown for every supported CPU, on any host.
fn code_for_a_named_cpu_is_shown() {
    let folder = folder();
    for target in wasmoon::target::ALL {
        for level in target.all_levels() {
            let args = ["m.wat", "--func", "0", "--stage", "asm", "--target", target.name, "--cpu", level.name()];
            let ran = explore(folder.path(), &args);
            assert_eq!(ran.status, Some(0), "{}", ran.err);
            assert!(ran.out.starts_with("assembly, "), "{}", ran.out);
            let other = wasmoon::target::CpuLevel::all().find(|other| other.target() != level.target());
            if let Some(other) = other {
                let args = ["m.wat", "--func", "0", "--target", target.name, "--cpu", other.name()];
                assert_eq!(explore(folder.path(), &args).status, Some(2), "{} is not of {}", other.name(), target.name);
            }
        }
    }
    let ran = explore(folder.path(), &["m.wat", "--func", "0", "--target", "abacus"]);
    assert_eq!(ran.status, Some(2));
    for target in wasmoon::target::ALL {
        assert!(ran.err.contains(target.name), "{} is not proposed: {}", target.name, ran.err);
    }
}

fn bad_input_is_rejected() {
    let folder = folder();
    let at = folder.path();
    let says = |args: &[&str], text: &str| {
        let ran = explore(at, args);
        assert_eq!(ran.status, Some(2), "{args:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(text), "{args:?}: {}", ran.err);
    };
    says(&["none.wasm"], "none.wasm");
    says(&["m.wat", "--func", "som"], "similar names: sum");
    says(&["m.wat", "--func", "7"], "the module has 2");
    says(&["m.wat", "--func", "0", "--stage", "asn"], "expected one of wasm, bytecode");
    says(&["m.wat", "--func", "0", "--passes", "nonsense"], "unknown pass 'nonsense'");
    says(&["m.wat", "--func", "0", "--regs", "3"], "3 is not in 4..=255");
    says(&["m.wat", "--func", "0", "--html", "none/page.html"], "none/page.html");
    says(&["m.wat", "--html", "page.html"], "--func");
    std::fs::write(at.join("broken.wasm"), b"\0asm\x01\0\0\0\x01\xff").unwrap();
    says(&["broken.wasm"], "broken.wasm");
    if Path::new("/dev/full").exists() {
        says(&["m.wat", "--func", "0", "--html", "/dev/full"], "/dev/full");
    }
    let left: Vec<_> = std::fs::read_dir(at).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// Returns the document after the page's script has run in the browser.
fn document(folder: &Path, page: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --dump-dom --window-size=1600,1000";
    let output = Command::new("chromium")
        .args(flags.split_whitespace())
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}/{page}", folder.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn pages_link_lines_in_a_browser() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let ran = explore(folder.path(), &["m.wat", "--func", "0", "--html", "page.html"]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    // The offset of the division, from the text output of the same stages.
    let text = explore(folder.path(), &["m.wat", "--func", "0", "--stage", "wasm"]).out;
    let offset = text.lines().find(|l| l.contains("i32.div_u")).unwrap().split_whitespace().next().unwrap();

    let plain = document(folder.path(), "page.html");
    assert!(plain.contains("<title>&lt;img src=x"), "a hostile name stays text, and its script does not run");
    assert_eq!(plain.matches("<section").count(), 3, "three columns to begin with");
    assert!(!plain.contains("aria-selected=\"true\""), "nothing is highlighted");

    let linked = document(folder.path(), &format!("page.html#show=0,1,2&at={offset}"));
    let columns: Vec<&str> = linked.split("<section").skip(1).collect();
    assert_eq!(columns.len(), 3);
    for column in columns {
        let column = column.split("</section>").next().unwrap();
        let decimal = u32::from_str_radix(&offset[2..], 16).unwrap();
        let rows = column.matches(&format!("data-wasm=\"{decimal}\"")).count();
        let pinned = column.matches("aria-selected=\"true\"").count();
        assert!(rows > 0 && rows == pinned, "{rows} rows, {pinned} of them highlighted:\n{column}");
    }
    Ok(())
}

/// Presses keys and reports their effects in the page's title.
const KEYS: &str = "
    const said = [], columns = () => state.columns.map(c => c.stage.kind).join(' ');
    const press = k => new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true });
    const key = k => document.activeElement.dispatchEvent(press(k));
    const pinned = () => state.columns.every(c => c.space.querySelectorAll('.pinned').length > 0);
    const c = state.columns[0], division = c.rows.findIndex(r => r.line[0].includes('div_u'));
    for (let i = 0; i < division; i++) key('ArrowDown');
    key('Enter'); said.push('pinned ' + pinned());
    key('ArrowRight'); said.push('column ' + state.current + ' ' + (state.columns[1].offset() === state.pinned));
    key('2'); said.push(columns());
    key('['); said.push(columns());
    key('/'); said.push(document.activeElement.id);
    $('query').value = 'DIV_U'; $('query').dispatchEvent(new Event('input')); key('Enter');
    said.push($('found').textContent.split(' ')[0] + ' ' + (c.cursor === division));
    key('Escape'); key('Escape'); said.push('pinned ' + state.pinned);
    key('?'); said.push('help ' + $('keys').open);
    document.title = said.join('; ');";

fn pages_obey_keys() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let ran = explore(folder.path(), &["m.wat", "--func", "0", "--html", "-"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let page = ran.out.replace("</body>", &format!("<script>{KEYS}</script></body>"));
    std::fs::write(folder.path().join("keys.html"), page).unwrap();
    let document = document(folder.path(), "keys.html");
    let title = document.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert_eq!(
        title,
        "pinned true; column 1 true; wasm bytecode opt asm; wasm bytecode opt asm; query; 1 true; pinned null; \
         help true"
    );
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![
        lists_functions_and_shows_stages,
        code_is_as_the_switches_say,
        code_for_a_named_cpu_is_shown,
        bad_input_is_rejected,
        pages_link_lines_in_a_browser,
        pages_obey_keys
    ])
}
