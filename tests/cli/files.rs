//! Modules and texts that commands read and write: names, limits, broken inputs, overwritten outputs.

use super::*;

/// A file that cannot be read determines the status even if another is invalid, in either order.
#[test]
fn the_worst_of_several_files_is_the_status() {
    let f = folder();
    write(&f, "good.wat", "(module)");
    write(&f, "invalid.wat", "(module (func (result i32)))");
    for (files, status) in [
        (&["good.wat", "good.wat"][..], 0),
        (&["invalid.wat", "good.wat"], 1),
        (&["missing.wasm", "invalid.wat", "good.wat"], 2),
        (&["good.wat", "invalid.wat", "missing.wasm"], 2),
    ] {
        wasmoon(f.path(), &[&["validate"][..], files].concat()).status(status);
    }
}

#[test]
fn a_component_is_called_one() {
    let f = folder();
    write(&f, "c.wat", "(component)");
    write(&f, "c.wasm", b"\0asm\x0d\0\x01\0");
    for file in ["c.wat", "c.wasm"] {
        wasmoon(f.path(), &["run", file]).status(2).says("a component, not a module").says("not supported");
        wasmoon(f.path(), &["explore", file]).status(2).says("a component, not a module");
        wasmoon(f.path(), &["validate", file]).status(1).says("a component, not a module");
    }
    // Another version of core modules is still rejected.
    write(&f, "v2.wasm", b"\0asm\x02\0\0\0");
    wasmoon(f.path(), &["validate", "v2.wasm"]).status(1).says("unknown binary version");
}

/// A length equal to the limit is accepted, for the text and for the binary made from it.
#[test]
fn modules_over_the_size_are_refused() {
    let f = folder();
    let text = r#"(module (func (export "_start")))"#;
    write(&f, "m.wat", text);
    write(&f, "m.wasm", wast_module(text));
    let (text, binary) = (text.len(), wast_module(text).len());
    assert!(text < binary - 1);
    for (file, most, says) in [
        ("m.wat", text - 1, Some("m.wat: larger than")),
        ("m.wat", text, Some("m.wat (as a binary): larger than")),
        ("m.wat", binary - 1, Some("m.wat (as a binary): larger than")),
        ("m.wat", binary, None),
        ("m.wasm", binary - 1, Some("m.wasm: larger than")),
        ("m.wasm", binary, None),
    ] {
        let ran = wasmoon(f.path(), &["run", "--max-module", &most.to_string(), file]);
        let says =
            says.map_or(String::new(), |says| format!("error: {says} {most} bytes, the limit set by --max-module\n"));
        assert_eq!((ran.status, ran.err), (Some(if says.is_empty() { 0 } else { 2 }), says), "{file} of {most}");
    }
    wasmoon(f.path(), &["run", "--max-module", "1K", "m.wat"]).status(0);
}

/// Names in modules and scripts are untrusted: a terminal must not interpret them as commands.
#[test]
fn names_do_not_control_the_terminal() {
    let f = folder();
    let evil = r"\1b]0;title\07\1b[2J\c2\9b\e2\80\ae";
    let shown = r"\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}\u{202e}";
    let module = |inside: &str| inside.replace("EVIL", evil);
    write(&f, "trap.wat", module(r#"(module (func (export "EVIL") unreachable) (func (export "_start") call 0))"#));
    write(&f, "imports.wat", module(r#"(module (import "EVIL" "f" (func)) (func (export "_start")))"#));
    write(&f, "twice.wat", module(r#"(module (func (export "EVIL")) (func (export "EVIL")))"#));
    write(&f, "library.wat", module(r#"(module (func (export "EVIL")))"#));
    write(&f, "fails.wast", module(r#"(module (func (export "EVIL") unreachable)) (assert_return (invoke "EVIL"))"#));
    write(&f, "link.wast", module(r#"(module (import "EVIL" "EVIL" (func)))"#));
    let commands: [(&[&str], i32); 9] = [
        (&["run", "trap.wat"], 134),
        (&["run", "--trace-calls", "*", "trap.wat"], 134),
        (&["run", "--debug", "bytecode", "trap.wat"], 134),
        (&["run", "imports.wat"], 2),
        (&["run", "library.wat"], 2),
        (&["validate", "twice.wat"], 1),
        (&["test", "fails.wast", "--expectations", "none"], 1),
        (&["test", "link.wast", "--expectations", "none"], 1),
        (&["test", "link.wast", "--expectations", "none", "--report", "markdown=-"], 1),
    ];
    for (args, status) in commands {
        let ran = wasmoon(f.path(), args).status(status);
        let text = ran.out.clone() + &ran.err;
        assert!(text.contains("title"), "{args:?}: the name is not shown\n{text}");
        let raw = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
        assert!(!text.contains(raw), "{args:?}: {text:?}");
    }
    wasmoon(f.path(), &["run", "trap.wat"]).status(134).says(shown);
}

/// A name cannot end a line either: the rest would look like a separate message.
#[test]
fn names_end_no_line() {
    let f = folder();
    let module = |inside: &str| inside.replace("EVIL", r"one\0atwo");
    write(&f, "imports.wat", module(r#"(module (import "EVIL" "f" (func)) (func (export "_start")))"#));
    write(&f, "twice.wat", module(r#"(module (func (export "EVIL")) (func (export "EVIL")))"#));
    write(&f, "library.wat", module(r#"(module (func (export "EVIL") (param i32)) (memory (export "mEVIL") 1))"#));
    write(&f, "reactor.wat", module(r#"(module (func (export "EVIL")) (func (export "_initialize")))"#));
    write(&f, "name.wat", module(r#"(module (func (call $"EVIL")))"#));
    let provider = r#"(module (func (export "EVIL"))) (register "EVIL")"#;
    write(&f, "kind.wast", module(&format!(r#"{provider} (module (import "EVIL" "EVIL" (global i32)))"#)));
    write(&f, "instance.wast", module(r#"(module) (invoke $"EVIL" "f")"#));
    write(&f, "invalid.wast", module(r#"(module (func (export "EVIL")) (func (export "EVIL")))"#));
    write(&f, "clash.wast", module(r#"(module $"EVIL") (module $"EVIL")"#));
    write(&f, "command.json", r#"{"commands": [{"type": "one\ntwo", "line": 1}]}"#);
    let module_type = r#"{"type": "module", "line": 1, "filename": "name.wat", "module_type": "one\ntwo"}"#;
    write(&f, "module.json", format!(r#"{{"commands": [{module_type}]}}"#));
    write(&f, "field.json", r#"{"commands": [{"type": "wait", "line": 1, "one\ntwo": 1}]}"#);
    let commands: [(&[&str], i32); 18] = [
        (&["run", "imports.wat"], 2),
        (&["run", "library.wat"], 2),
        (&["run", "reactor.wat"], 2),
        (&["run", "library.wat", "--invoke", "absent"], 2),
        (&["run", "library.wat", "--invoke", "no one\ntwo"], 2),
        (&["run", "library.wat", "--invoke", "mone\ntwo"], 2),
        (&["run", "library.wat", "--invoke", "one\ntwo"], 2),
        (&["bisect", "library.wat", "--invoke", "one\ntwo"], 2),
        (&["validate", "twice.wat"], 1),
        (&["validate", "name.wat"], 1),
        (&["test", "kind.wast", "--expectations", "none"], 1),
        (&["test", "instance.wast", "--expectations", "none"], 1),
        (&["test", "invalid.wast", "--expectations", "none"], 1),
        (&["test", "clash.wast"], 1),
        (&["test", "command.json"], 1),
        (&["test", "module.json"], 1),
        (&["test", "field.json"], 1),
        (&["bisect", "instance.wast"], 2),
    ];
    for (args, status) in commands {
        let ran = wasmoon(f.path(), args).status(status);
        let text = ran.out + &ran.err;
        assert!(text.contains(r"one\ntwo") && !text.contains("one\ntwo"), "{args:?}: {text}");
    }
}

/// One line that says what the input is and which command takes it.
#[test]
fn an_input_of_another_kind_is_called_what_it_is() {
    let f = folder();
    let text = r#"(module (func (export "f")))"#;
    let script = format!("{text}\n(assert_return (invoke \"f\"))");
    write(&f, "m.wat", text);
    write(&f, "text.wasm", text);
    write(&f, "script.wasm", &script);
    write(&f, "script.wat", &script);
    write(&f, "m.wasm", wast_module(text));
    write(&f, "module.wast", wast_module(text));
    write(&f, "component.wasm", b"\0asm\x0d\0\x01\0");
    write(&f, "empty.wasm", "");
    write(&f, "other.txt", b"\xff");
    std::fs::create_dir(f.path().join("folder.wat")).unwrap();
    wasmoon(f.path(), &["compile", "m.wat", "-o", "code.cwasm"]).status(0);
    std::fs::copy(f.path().join("code.cwasm"), f.path().join("code.wast")).unwrap();
    let (by_name, is_script) =
        ("text in a file named like a binary module; rename it to .wat", "a script, not a module; use `wasmoon test`");
    let commands: [(&[&str], &str); 26] = [
        (&["run", "text.wasm"], by_name),
        (&["compile", "text.wasm"], by_name),
        (&["explore", "text.wasm"], by_name),
        (&["bisect", "text.wasm"], by_name),
        (&["wasm2wat", "m.wat"], "text, not a binary module; translate it with `wasmoon wat2wasm`"),
        (
            &["wat2wasm", "m.wasm", "-o", "o"],
            "a binary module, not the text of one; use `wasmoon wasm2wat` to print it",
        ),
        (&["wat2wasm", "component.wasm", "-o", "o"], "a component, not a module"),
        (&["wasm2wat", "component.wasm"], "a component, not a module"),
        (&["bisect", "component.wasm"], "a component, not a module"),
        (&["run", "script.wat"], is_script),
        (&["compile", "script.wat"], is_script),
        (&["reduce", "script.wat"], is_script),
        (&["explore", "script.wasm"], is_script),
        (&["wasm2wat", "script.wat"], is_script),
        (&["wat2wasm", "script.wat", "-o", "o"], is_script),
        (&["wasm2wat", "code.cwasm"], "compiled code, which only `wasmoon run` accepts"),
        (&["wat2wasm", "code.cwasm", "-o", "o"], "compiled code, which only `wasmoon run` accepts"),
        (&["explore", "code.cwasm"], "compiled code, which only `wasmoon run` accepts"),
        (&["bisect", "code.wast"], "compiled code, which only `wasmoon run` accepts"),
        (&["bisect", "module.wast"], "a binary module, not a script; use `wasmoon run`"),
        (&["reduce", "module.wast"], "a binary module, not a script; use `wasmoon run`"),
        (&["run", "empty.wasm"], "empty; expected a binary module"),
        (&["wasm2wat", "empty.wasm"], "empty; expected a binary module"),
        (&["wasm2wat", "other.txt"], "not a binary module, which begins with"),
        (
            &["run", "other.txt"],
            "neither a binary module (does not begin with \\0asm) nor text (not UTF-8: byte 0xff on line 1",
        ),
        (&["run", "folder.wat"], "a folder, not a file"),
    ];
    for (args, says) in commands {
        let ran = wasmoon(f.path(), args).status(2);
        assert!(ran.err.starts_with(&format!("error: {}: {says}", args[1])), "{args:?}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{args:?}: {}", ran.err);
    }
    assert!(!names(&f).contains(&"o".to_string()));
    wasmoon(f.path(), &["validate", "text.wasm"]).status(1).says(by_name);
    wasmoon(f.path(), &["validate", "script.wat"]).status(1).says(is_script);
    for (file, says) in [
        ("module.wast", "a binary module, not a script; use `wasmoon run`"),
        ("code.wast", "compiled code, which only `wasmoon run` accepts"),
    ] {
        wasmoon(f.path(), &["test", file]).status(1).says(&format!("{file}: {says}"));
    }
    // A binary is recognized by its contents, whatever its name; `test` takes a script of any name.
    wasmoon(f.path(), &["validate", "module.wast"]).status(0);
    wasmoon(f.path(), &["test", "script.wat"]).status(0);
}

/// A byte order mark is not part of the text for any command, and is not counted in columns.
#[test]
fn a_byte_order_mark_is_in_no_text() {
    let f = folder();
    let module = r#"(module (func (export "f") (result i32) (i32.const 7)))"#;
    let script = format!("\u{feff}{module}\n(assert_return (invoke \"f\") (i32.const 7))\n");
    write(&f, "m.wat", format!("\u{feff}{module}"));
    write(&f, "script.wat", &script);
    write(&f, "s.wast", &script);
    write(&f, "wrong.wat", "\u{feff} (bogus)");
    write(&f, "wrong.wast", "\u{feff} (bogus)");
    wasmoon(f.path(), &["validate", "m.wat"]).status(0);
    assert_eq!(wasmoon(f.path(), &["run", "m.wat", "--invoke", "f"]).status(0).out, "7\n");
    wasmoon(f.path(), &["wat2wasm", "m.wat", "-o", "m.wasm"]).status(0);
    assert_eq!(std::fs::read(f.path().join("m.wasm")).unwrap(), wast_module(module));
    wasmoon(f.path(), &["test", "s.wast", "--report", "jsonl=r.jsonl"]).status(0);
    let report = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    write(&f, "marked.jsonl", format!("\u{feff}{report}"));
    wasmoon(f.path(), &["compare", "r.jsonl", "marked.jsonl"]).status(0);
    wasmoon(f.path(), &["report", "marked.jsonl"]).status(0);
    wasmoon(f.path(), &["report", "--history", "marked.jsonl"]).status(0);
    // A file that a script names is a separate text; what a script quotes is taken as written.
    let named = r#"{"commands": [{"type": "module", "line": 1, "filename": "m.wat", "module_type": "text"}]}"#;
    write(&f, "named.json", named);
    write(&f, "quoted.wast", r#"(assert_malformed (module quote "\ef\bb\bf(module)") "unexpected token")"#);
    wasmoon(f.path(), &["test", "named.json", "quoted.wast", "--any-message"]).status(0);
    for command in ["bisect", "reduce"] {
        for file in ["m.wat", "s.wast"] {
            wasmoon(f.path(), &[command, file]).status(1).says("no disagreement");
        }
    }
    for command in ["wat2wasm", "validate", "run"] {
        let ran = wasmoon(f.path(), &[command, "script.wat"]);
        assert!(ran.err.starts_with("error: script.wat: a script, not a module"), "{command}: {}", ran.err);
        wasmoon(f.path(), &[command, "wrong.wat"]).says("wrong.wat:1:3");
    }
    wasmoon(f.path(), &["test", "wrong.wast"]).status(1).says("wrong.wast:1:");
    wasmoon(f.path(), &["bisect", "wrong.wast"]).status(2).says("wrong.wast:1:");
}

/// An error names the file as given, and not a temporary one beside it.
#[test]
fn what_cannot_be_written_is_named_as_it_was() {
    let f = folder();
    write(&f, "m.wat", r#"(module (func (export "f")))"#);
    write(&f, "s.wast", PLAIN);
    for args in [
        &["wat2wasm", "m.wat", "-o", "missing/x"][..],
        &["compile", "m.wat", "-o", "missing/x"],
        &["run", "m.wat", "--invoke", "f", "--profile-out", "missing/x"],
        &["test", "s.wast", "--report", "jsonl=missing/x"],
    ] {
        let ran = wasmoon(f.path(), args).status(2);
        assert_eq!(ran.err, "error: cannot write missing/x: the folder missing does not exist\n", "{args:?}");
    }
    for args in [
        &["wat2wasm", "m.wat", "-o", "s.wast/x"][..],
        &["compile", "m.wat", "-o", "s.wast/x"],
        &["test", "s.wast", "--report", "jsonl=s.wast/x"],
    ] {
        let ran = wasmoon(f.path(), args).status(2);
        assert_eq!(ran.err, "error: cannot write s.wast/x: Not a directory (os error 20)\n", "{args:?}");
    }
}

#[test]
fn missing_files_are_status_2() {
    let f = folder();
    wasmoon(f.path(), &["test", "no/such.wast"]).status(2).says("no/such.wast").says("a filter is part of a name");
    wasmoon(f.path(), &["test", "--suite", "nowhere"]).status(2).says("nowhere");
    wasmoon(f.path(), &["test", "--expectations", "nowhere.toml"]).status(2).says("nowhere.toml");
    for args in [&["run", "no.wasm"][..], &["validate", "no.wasm"], &["wat2wasm", "no.wat"], &["wasm2wat", "no.wasm"]] {
        wasmoon(f.path(), args).status(2).says(args[1]);
    }
    wasmoon(f.path(), &["report", "no.jsonl"]).status(2).says("no.jsonl");
    wasmoon(f.path(), &["compare", "no.jsonl", "no.jsonl"]).status(2).says("no.jsonl");
    let empty = folder();
    wasmoon(f.path(), &["test", &format!("{}/", empty.path().display())]).status(2).says("no .wast");
}

#[test]
fn broken_modules_are_reported() {
    let f = folder();
    write(&f, "good.wasm", EMPTY_MODULE);
    let whole = wast_module("(module (func (export \"f\") (result i32) i32.const 7))");
    // 0xAA is neither a section nor the start of UTF-8 text.
    write(&f, "random.wasm", [0xAA, 1, 2, 3, 0xFF, 0x80, 9].repeat(50));
    write(&f, "random.wat", [0xAA, 1, 2, 3, 0xFF, 0x80, 9].repeat(50));
    write(&f, "random.wast", [0xAA, 1, 2, 3, 0xFF, 0x80, 9].repeat(50));
    write(&f, "invalid.wat", "(module\n  (func (result i32)))");
    write(&f, "syntax.wat", "(module\n  (func (result i33)))");
    wasmoon(f.path(), &["validate", "good.wasm"]).status(0);
    // Cut at any length; the header alone, and the header with the types, are valid smaller modules.
    let smaller = [EMPTY_MODULE.len(), 10 + usize::from(whole[9])];
    for length in 0..whole.len() {
        write(&f, "cut.wasm", &whole[..length]);
        wasmoon(f.path(), &["validate", "cut.wasm"]).status(i32::from(!smaller.contains(&length)));
    }
    write(&f, "cut.wasm", &whole[..whole.len() - 2]);
    wasmoon(f.path(), &["run", "cut.wasm"]).status(2).says("cut.wasm").says("malformed");
    wasmoon(f.path(), &["wasm2wat", "cut.wasm"]).status(2).says("cut.wasm");
    wasmoon(f.path(), &["validate", "random.wasm"]).status(1).says("random.wasm").says("malformed");
    wasmoon(f.path(), &["run", "random.wasm"]).status(2).says("malformed");
    wasmoon(f.path(), &["run", "random.wat"]).status(2).says("not UTF-8");
    wasmoon(f.path(), &["wat2wasm", "random.wat"]).status(2).says("UTF-8");
    wasmoon(f.path(), &["test", "random.wast"]).status(1).says("random.wast: not UTF-8: byte 0xaa on line 1");
    wasmoon(f.path(), &["validate", "invalid.wat"]).status(1).says("invalid module").says("type mismatch");
    wasmoon(f.path(), &["run", "invalid.wat"]).status(2).says("invalid module");
    let late = "(module (func $wrong (result i32) (i64.const 1)) (func (export \"good\") (result i32) (i32.const 7))
                  (func (export \"bad\") (result i32) (call $wrong)))";
    write(&f, "late.wat", late);
    wasmoon(f.path(), &["run", "late.wat", "--invoke", "good"]).status(2).says("invalid module");
    let lazily = ["run", "--lazy-validation", "late.wat", "--invoke"];
    assert_eq!(wasmoon(f.path(), &[&lazily[..], &["good"]].concat()).status(0).out, "7\n");
    let trapped = wasmoon(f.path(), &[&lazily[..], &["bad"]].concat());
    let trapped = trapped.status(134).says("Trap: invalid function (wasm=2 'bad'+0x1)");
    trapped.says("error: late.wat: invalid module: type mismatch: expected i32, found i64 (at offset 0x");
    for option in ["--no-jit", "-O1", "--against=wasmtime"] {
        wasmoon(f.path(), &["run", "--lazy-validation", option, "late.wat"]).status(2).says("cannot be used with");
    }
    wasmoon(f.path(), &["run", "--lazy-validation", "--cache", "cached", "late.wat"]).status(2).says("invalid module");
    // With compiler switches, everything is compiled.
    wasmoon(f.path(), &["run", "--lazy-validation", "--poison", "late.wat"]).status(2).says("invalid module");
    wasmoon(f.path(), &["validate", "syntax.wat"]).status(1).says("syntax.wat:2:17");
    wasmoon(f.path(), &["wat2wasm", "syntax.wat"]).status(2).says("syntax.wat:2:17");
    assert!(!names(&f).contains(&"syntax.wasm".to_string()));
    // The tokens are accepted, but the grammar is not.
    write(&f, "folded.wat", "(module\n  (func (nop nop)))");
    wasmoon(f.path(), &["validate", "folded.wat"]).status(1).says("folded.wat:2:14: unexpected token");
    write(&f, "folded.wast", "(module)\n(module\n  (func block (end)))");
    wasmoon(f.path(), &["test", "folded.wast"]).status(1).says("unexpected token");
    // A number that the parser would misread is rewritten for it, but the message shows the original.
    let number = "(module (func (drop (f32.const 0x1.00000000000000001)) (bogus)))";
    write(&f, "number.wat", number);
    wasmoon(f.path(), &["validate", "number.wat"]).status(1).says("number.wat:1:57").says(number);
    write(&f, "number.wast", number);
    wasmoon(f.path(), &["test", "number.wast"]).status(1).says("1:57: unknown operator");
    // A folded `try` of the legacy exceptions is rewritten, too.
    let folded = "(module (tag) (func (export \"f\") (result i32)
        (try (result i32) (do (throw 0)) (catch 0 (i32.const 7)))))";
    write(&f, "try.wat", folded);
    assert_eq!(wasmoon(f.path(), &["run", "try.wat", "--invoke", "f"]).status(0).out, "7\n");
    wasmoon(f.path(), &["validate", "--features", "legacy-exceptions", "try.wat"]).status(0);
    wasmoon(f.path(), &["validate", "try.wat"]).status(1).says("try.wat:2:").says("unknown operator try");
    write(&f, "try.wat", folded.replace("(catch", "(bogus) (catch"));
    wasmoon(f.path(), &["run", "try.wat", "--invoke", "f"]).status(2).says("try.wat:2:42");
    write(&f, "segment.wat", "(module (memory 1) (data 0 (i32.const 0) \"\"))");
    wasmoon(f.path(), &["validate", "segment.wat"]).status(1).says("segment.wat:1:26");
    wasmoon(f.path(), &["validate", "--spec", "1.0", "segment.wat"]).status(0);
    // A missing file is worse than an invalid one.
    wasmoon(f.path(), &["validate", "invalid.wat", "no.wasm", "good.wasm"]).status(2);
}

#[test]
fn text_and_binary_go_back_and_forth() {
    let f = folder();
    write(&f, "a.wat", "(module (func (export \"f\") (param i32) (result i32) local.get 0))");
    wasmoon(f.path(), &["wat2wasm", "a.wat"]).status(0);
    wasmoon(f.path(), &["wasm2wat", "a.wasm", "-o", "b.wat"]).status(0);
    wasmoon(f.path(), &["wat2wasm", "b.wat", "-o", "b.wasm"]).status(0);
    let read = |name: &str| std::fs::read(f.path().join(name)).unwrap();
    assert_eq!(read("a.wasm"), read("b.wasm"));
    wasmoon(f.path(), &["validate", "a.wasm", "a.wat", "b.wat"]).status(0);
    wasmoon(f.path(), &["wasm2wat", "a.wasm"]).status(0).says("(export \"f\"");
}

/// Text that may look different to a person is still accepted.
#[test]
fn texts_may_have_signs_that_confuse() {
    let f = folder();
    write(&f, "m.wat", "(module (func (export \"a\u{202e}b\")) (func (export \"_start\")))");
    for args in [["validate", "m.wat"], ["run", "m.wat"], ["wat2wasm", "m.wat"]] {
        wasmoon(f.path(), &args).status(0);
    }
}

/// Features are added to those of the version or removed, in order.
#[test]
fn modules_are_valid_by_the_chosen_features() {
    let f = folder();
    write(&f, "v.wat", "(module (func (param v128)))");
    write(&f, "v.wasm", wast_module("(module (func (param v128)))"));
    for (args, status) in [
        (&["--spec", "latest"][..], 0),
        (&["--features=-simd"], 1),
        (&["--features", "simd"], 0),
        (&["--spec", "1.0"], 1),
        (&["--spec", "1.0", "--features", "simd"], 0),
        (&["--spec", "1.0", "--features", "+simd"], 0),
        (&["--spec", "2.0", "--features=simd,-simd"], 1),
        (&["--spec", "2.0", "--features=-simd,simd"], 0),
    ] {
        for file in ["v.wat", "v.wasm"] {
            wasmoon(f.path(), &[&["validate"], args, &[file]].concat()).status(status);
        }
    }
    wasmoon(f.path(), &["validate", "--features=-sind", "v.wat"]).status(2).says("unknown feature 'sind'");
}

#[test]
fn standard_input_is_a_dash() {
    let f = folder();
    let mut child = command(f.path(), &["wat2wasm", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"(module)").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, EMPTY_MODULE);
}

/// An endless device is refused instead of being read until memory runs out. A sparse file takes no memory before it is refused.
#[test]
fn input_has_a_limit() {
    let f = folder();
    for name in ["large.wat", "large.wast"] {
        std::fs::File::create(f.path().join(name)).unwrap().set_len((1 << 30) + 1).unwrap();
    }
    for args in [
        &["run", "large.wat"][..],
        &["validate", "large.wat"],
        &["wat2wasm", "large.wat"],
        &["wasm2wat", "large.wat"],
        &["explore", "large.wat"],
        &["bisect", "large.wast"],
        &["reduce", "large.wat"],
        &["report", "large.wat"],
        &["validate", "/dev/zero"],
        &["test", "--expectations", "large.wat", "core::nop"],
    ] {
        wasmoon(f.path(), args).status(2).says("larger than 1024 MiB, the limit on inputs");
    }
    wasmoon(f.path(), &["test", "large.wast"]).status(1).says("large.wast: larger than 1024 MiB");
}

/// A text without fields is an inline module, as in scripts.
#[test]
fn an_empty_text_is_a_module() {
    let f = folder();
    for (name, text) in [("empty.wat", ""), ("blank.wat", " \n(; a (; b ;) ;) ;; c\n")] {
        write(&f, name, text);
        wasmoon(f.path(), &["validate", name]).status(0);
        wasmoon(f.path(), &["wat2wasm", name, "-o", "out.wasm"]).status(0);
        assert_eq!(std::fs::read(f.path().join("out.wasm")).unwrap(), EMPTY_MODULE);
    }
    // A binary module needs a header.
    write(&f, "empty.wasm", "");
    wasmoon(f.path(), &["validate", "empty.wasm"]).status(1);
    write(&f, "broken.wat", "(; a");
    wasmoon(f.path(), &["validate", "broken.wat"]).status(1);
}

/// An output never replaces the input, by whatever name: for example a text whose name ends like that of a binary.
#[test]
fn no_input_is_replaced_by_an_output() {
    let f = TempDir::new().unwrap();
    let text = "(module (func (export \"_start\")))";
    write(&f, "text.wasm", text);
    write(&f, "d/m.wat", text);
    write(&f, "binary", wast_module(text));
    write(&f, "reduced.wast", PLAIN);
    std::os::unix::fs::symlink("d/m.wat", f.path().join("link")).unwrap();
    let files =
        || ["text.wasm", "d/m.wat", "binary", "reduced.wast"].map(|name| std::fs::read(f.path().join(name)).unwrap());
    let before = files();
    for (args, option) in [
        (&["wat2wasm", "text.wasm"][..], "-o"),
        (&["wat2wasm", "text.wasm", "-o", "./text.wasm"], "-o"),
        (&["wat2wasm", "d/m.wat", "-o", "link"], "-o"),
        (&["wasm2wat", "binary", "-o", "d/../binary"], "-o"),
        (&["compile", "d/m.wat", "-o", "d/m.wat"], "-o"),
        (&["reduce", "reduced.wast", "-o", "./reduced.wast"], "-o"),
        (&["run", "--trace-calls", "*", "--trace-output", "link", "d/m.wat"], "--trace-output"),
        (&["run", "--profile-out", "d/./m.wat", "d/m.wat"], "--profile-out"),
        (&["explore", "d/m.wat", "--func", "0", "--html", "link"], "--html"),
    ] {
        wasmoon(f.path(), args)
            .status(2)
            .says(&format!("the input would be overwritten; choose another output with {option}"));
        assert!(files() == before, "{args:?}");
    }
    write(&f, "start.wat", r#"(module (func (export "_start")))"#);
    wasmoon(f.path(), &["run", "--profile-out", "seen", "start.wat"]).status(0);
    let seen = std::fs::read(f.path().join("seen")).unwrap();
    let args = ["explore", "start.wat", "--func", "0", "--profile-in", "seen", "--html", "./seen"];
    wasmoon(f.path(), &args).status(2).says("the input would be overwritten; choose another output with --html");
    assert_eq!(std::fs::read(f.path().join("seen")).unwrap(), seen);
    wasmoon(f.path(), &["wat2wasm", "d/m.wat", "-o", "/dev/null"]).status(0);
    wasmoon(f.path(), &["wat2wasm", "text.wasm", "-o", "binary.wasm"]).status(0);
    assert!(std::fs::read(f.path().join("binary.wasm")).unwrap().starts_with(b"\0asm"));
}

/// A link that a program left in its folder does not redirect output out of the folder.
#[test]
fn no_output_goes_out_of_the_program_s_folder_by_a_link() {
    let f = TempDir::new().unwrap();
    write(&f, "start.wat", r#"(module (func (export "_start")))"#);
    write(&f, "outside/mine", "precious");
    std::fs::create_dir(f.path().join("given")).unwrap();
    for (target, link) in [("../outside/mine", "given/link"), ("../outside", "given/folder")] {
        std::os::unix::fs::symlink(target, f.path().join(link)).unwrap();
    }
    for (output, option) in [
        (&["run", "--trace-calls", "*", "--trace-output", "given/link"][..], "--trace-output"),
        (&["run", "--profile-out", "given/link"], "--profile-out"),
        (&["run", "--profile-out", "given/folder/new"], "--profile-out"),
        (&["run", "--perf", "jitdump", "--perf-dir", "given/folder"], "--perf-dir"),
        (&["reduce", "-o", "given/link"], "-o"),
    ] {
        let path = output[output.len() - 1];
        let why = "its path leads through given, which --dir gives to the program, and out of it again";
        let args = [output, &["--dir", "given", "start.wat"]].concat();
        wasmoon(f.path(), &args).status(2).says(&format!("{option} {path}: {why}"));
        assert_eq!(std::fs::read_to_string(f.path().join("outside/mine")).unwrap(), "precious", "{output:?}");
        assert_eq!(std::fs::read_dir(f.path().join("outside")).unwrap().count(), 1, "{output:?}");
    }
    for (args, path) in [
        (
            &["run", "--dir", "given", "--trace-calls", "*", "--trace-output", "given/trace", "start.wat"][..],
            "given/trace",
        ),
        (&["run", "--dir", "given", "--profile-out", "given/../seen", "start.wat"], "seen"),
    ] {
        wasmoon(f.path(), args).status(0);
        assert!(f.path().join(path).is_file(), "{path}");
    }
}

/// A name may be any bytes, and the output is written beside the input.
#[test]
fn names_need_not_be_text() {
    let f = folder();
    let name = |bytes: &[u8]| f.path().join(OsStr::from_bytes(bytes));
    for (text, binary) in [(b"\xff.wat", &b"\xff.wasm"[..]), (b"\xfe.wat", b"\xfe.wasm")] {
        std::fs::write(name(text), "(module)").unwrap();
        assert!(command(f.path(), &["wat2wasm"]).arg(name(text)).status().unwrap().success());
        assert_eq!(std::fs::read(name(binary)).unwrap(), EMPTY_MODULE);
    }
    assert_eq!(std::fs::read_dir(f.path()).unwrap().count(), 4);
}

/// Only reports are compressed according to their names.
#[test]
fn modules_and_rules_are_written_as_they_are() {
    let f = folder();
    write(&f, "a.wat", "(module)");
    wasmoon(f.path(), &["wat2wasm", "a.wat", "-o", "a.zst"]).status(0);
    assert_eq!(std::fs::read(f.path().join("a.zst")).unwrap(), EMPTY_MODULE);
    write(&f, "wrong.wast", WRONG);
    for rules in ["rules.toml.zst", "-"] {
        let args = ["test", "wrong.wast", "--expectations", rules];
        let added = wasmoon(f.path(), &[&args[..], &["--add", "--bug", "b"]].concat()).status(0);
        assert!(!added.out.contains("[[expect]]"), "{}", added.out);
        assert!(std::fs::read_to_string(f.path().join(rules)).unwrap().contains("[[expect]]"));
        wasmoon(f.path(), &args).status(0);
    }
}

/// Outputs that cannot be written are refused before the work, whose result would be lost, and nothing is left behind.
#[test]
fn what_cannot_be_written_is_refused_before_the_work() {
    let f = folder();
    write(&f, "file", "");
    write(&f, "s.wast", PLAIN);
    write(&f, "m.wat", "(module (func (export \"f\")))");
    let run = |line: &str| wasmoon(f.path(), &line.split(' ').collect::<Vec<_>>());
    for (line, says) in [
        ("smith --count 1 --out file/o", "--out: cannot write file/o: "),
        ("smith --count 1 --digests file/d", "--digests: cannot write file/d: "),
        ("smith linking --count 1 --out file/o", "--out: cannot write file/o: "),
        ("reduce m.wat -o .", "-o: cannot write .: it is a folder"),
        ("file s.wast --engine cmd:no -o file/r", "--output: cannot write file/r/report.md: "),
        ("compile m.wat -o no/m.cwasm", "cannot write no/m.cwasm: the folder no does not exist"),
        ("explore m.wat --func f --html no/f.html", "cannot write no/f.html: the folder no does not exist"),
        ("test s.wast --report jsonl=no/r.jsonl", "cannot write no/r.jsonl: the folder no does not exist"),
        ("test s.wast --expectations no/r.toml --add --bug b", "cannot write no/r.toml: the folder no does not exist"),
    ] {
        let ran = run(line).status(2).says(says);
        assert_eq!(ran.out, "", "{line}");
        assert_eq!(names(&f), ["file", "m.wat", "s.wast"], "{line}");
    }
}
