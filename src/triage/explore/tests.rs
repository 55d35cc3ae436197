use super::*;
use crate::engine::{Config, Mode, OptLevel, Tier};
use crate::module::{BodyIndex, Module};
use crate::target::{RegClass, Target};
use crate::triage::stages::{Beginning, StageKind, stages};

fn module(text: &str) -> Module {
    let bytes = wat::parse_str(text).unwrap();
    Module::new(&bytes, crate::module::WasmFeatures::all()).unwrap()
}

const PROGRAM: &str = r#"(module $m (import "env" "host" (func $host))
    (func $sum (export "total") (param $n i32) (result i32) (local $s i32)
      (loop $again
        (local.set $s (i32.add (local.get $s) (i32.mul (local.get $n) (i32.const 1))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))
    (func (@name "</script><img src=x onerror=alert(1)>{{data}}\1b[31m\07") (result i32) (i32.const 1))
    (func $twin (drop (call 2))) (func (@name "twin")) (global i32 (i32.const 5)))"#;

fn program() -> Module {
    module(PROGRAM)
}

fn config() -> Config {
    Config { mode: Mode::All(Tier::Jit), opt: OptLevel::O2, ..Config::default() }
}

#[test]
fn functions_are_found_by_index_name_and_export() {
    let module = program();
    for wanted in ["1", "sum", "$sum", "total", "func_1"] {
        assert_eq!(find(&module, wanted), Ok(BodyIndex(0)), "{wanted}");
    }
    assert_eq!(find(&module, "c0"), Ok(BodyIndex(4)), "the constant expression");
    let says = |wanted: &str, text: &str| {
        let e = find(&module, wanted).unwrap_err().to_string();
        assert!(e.contains(text), "{wanted}: {e}");
    };
    says("99", "no function 99: the module has 5");
    says("summ", "near it: sum");
    says("tot", "near it: total");
    says("zzzzzzzz", "--list");
    says("c1", "--list");
    says("0", "imported");
    says("host", "imported");
    says("twin", "choose one by index: 3, 4");
    let list = listing(&module);
    assert!(list.contains("import  host () -> () import \"env\" \"host\""), "{list}");
    assert!(list.contains("sum (i32) -> (i32) export \"total\""), "{list}");
    assert!(!list.contains('\x1b'), "{list:?}");
}

/// Removes colours.
fn bare(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn text_shows_offsets_changes_and_results() {
    let module = program();
    let all = stages(&module, module.function_body(1).unwrap(), Beginning::Entry, &config());
    let text = bare(&render(&all, &StageKind::ALL));
    for wanted in ["WebAssembly", "bytecode of the interpreter", "SSA as it was built", "SSA after all passes"] {
        assert_eq!(text.matches(wanted).count(), 1, "{wanted}:\n{text}");
    }
    assert!(text.contains("changes nothing"), "{text}");
    let offset = module.bodies[0].range.start;
    assert!(text.contains(&format!("{offset:#x}")), "{text}");
    let only = bare(&render(&all, &[StageKind::Asm]));
    assert!(only.starts_with("assembly") && !only.contains("WebAssembly\n"), "{only}");
    let target = Target::native().unwrap();
    assert!(only.contains(target.registers.name(RegClass::Int, target.abi.fp)), "no prologue: {only}");
}

#[test]
fn terminals_get_no_control_characters() {
    let module = program();
    assert!(module.function_names()[&2].contains('\x07'), "the name is hostile");
    // The caller's assembly names it.
    let all = stages(&module, module.function_body(3).unwrap(), Beginning::Entry, &config());
    assert!(all.get(StageKind::Asm).unwrap().text().contains('\x07'));
    // Escapes are those of colours.
    let text = render(&all, &StageKind::ALL);
    let control = text.chars().find(|c| c.is_control() && !['\n', '\x1b'].contains(c));
    assert_eq!(control, None, "{text:?}");
}

/// Reads the page's data back.
fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once(r#"<script id="data" type="application/json">"#).unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn pages_hold_their_data_and_nothing_else() {
    let module = program();
    let hostile = stages(&module, module.function_body(2).unwrap(), Beginning::Entry, &config());
    let page = page(&module, &hostile, "-O2");
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img"));
    let data = data(&page);
    assert_eq!(data["name"], module.function_names()[&2]);
    for text in ["http://", "https://", " src=\"", "<link", "@import", "url("] {
        let outside = page.replace(&data.to_string(), "");
        let (before, _) = outside.split_once("<script id=\"data\"").unwrap();
        assert!(!before.contains(text), "{text} in the page");
    }
}

/// The lines that the page makes of what passes changed are the lines of the stages.
#[test]
fn pages_store_passes_as_changes() {
    let module = program();
    let all = stages(&module, module.function_body(1).unwrap(), Beginning::Entry, &config());
    let data = data(&page(&module, &all, "-O2"));
    let mut before: Vec<serde_json::Value> = Vec::new();
    let mut diffs = 0;
    for (stage, shown) in all.stages.iter().zip(data["stages"].as_array().unwrap()) {
        assert_eq!(shown["name"], stage.name);
        let lines = match shown.get("diff") {
            None => shown["lines"].as_array().unwrap().clone(),
            Some(diff) => {
                diffs += 1;
                let (mut at, mut made) = (0, Vec::new());
                for change in diff.as_array().unwrap() {
                    match (change.as_i64(), change.as_array()) {
                        (Some(n), _) if n < 0 => at += n.unsigned_abs() as usize,
                        (Some(n), _) => {
                            made.extend_from_slice(&before[at..at + n as usize]);
                            at += n as usize;
                        }
                        (_, Some(new)) => made.extend_from_slice(new),
                        _ => panic!("{change}"),
                    }
                }
                made
            }
        };
        let texts: Vec<&str> = lines.iter().map(|l| l[0].as_str().unwrap()).collect();
        assert!(texts.iter().copied().eq(stage.lines.iter().map(|l| l.text.as_str())), "{}", stage.name);
        for (line, shown) in stage.lines.iter().zip(&lines) {
            // Of lines that a pass leaves, those that it found are shown: their operators are the same.
            assert_eq!(
                shown.get(1).and_then(|o| o.as_u64()),
                line.wasm.map(u64::from),
                "{}: {}",
                stage.name,
                line.text
            );
        }
        if matches!(stage.kind, StageKind::Ir | StageKind::Pass) {
            before = lines;
        }
    }
    assert!(diffs > 5);
}
