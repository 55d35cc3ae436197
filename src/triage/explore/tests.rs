use super::*;
use crate::engine::{Config, Mode, OptLevel, Tier};
use crate::module::{BodyIndex, Module};
use crate::target::{RegClass, Target};
use crate::triage::stages::{Beginning, Stage, StageKind, Stages, stages};

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
    says("summ", "similar names: sum");
    says("tot", "similar names: total");
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

/// Any text may be a name: names take precedence over exports, and exports over indices.
#[test]
fn a_name_that_looks_like_an_index_is_a_name() {
    let module = module(
        r#"(module (func (@name "2")) (func (export "0")) (func (@name "c0")) (func (export "func_2"))
             (global i32 (i32.const 5)))"#,
    );
    for (wanted, body) in [("2", 0), ("$2", 0), ("0", 1), ("1", 1), ("c0", 2), ("func_2", 3), ("func_1", 1)] {
        assert_eq!(find(&module, wanted), Ok(BodyIndex(body)), "{wanted}");
    }
    // An index has no sign.
    let error = find(&module, "$1").unwrap_err();
    assert!(matches!(&error, FindError::NoName { name, .. } if name == "$1"), "{error}");
}

#[test]
fn the_list_has_every_body() {
    let module = module(
        r#"(module (import "e" "h" (func $h (param i32 i64)))
             (func $f (export "a") (export "b") (result f64) (f64.const 5)) (global i32 (i32.const 7)) (func))"#,
    );
    let sizes = [0, 1, 2].map(|body: usize| module.bodies[body].range.len());
    assert_eq!(sizes[1], 2, "no locals, and the end");
    let expected = format!(
        " index    bytes  name, type, exports\n     0   import  h (i32, i64) -> () import \"e\" \"h\"\n     1 \
         {:>8}  f () -> (f64) export \"a\" \"b\"\n     2        2  func_2 () -> ()\n    c0 {:>8}  constant \
         expression () -> (i32)\n",
        sizes[0], sizes[2]
    );
    assert_eq!(listing(&module), expected);
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

/// Three lines are shown around a change, and a single line is not left out.
#[test]
fn changes_are_shown_with_the_lines_around_them() {
    let stage = |kind, name: &str, changed: Option<usize>| {
        let text = |n: usize| if changed == Some(n) { "new".to_string() } else { format!("line {n}") };
        let lines = (0..14).map(|n| StageLine::heading(text(n))).collect();
        Stage { kind, name: name.into(), about: format!("about {name}"), lines, problem: None }
    };
    let shown = |changed: Option<usize>| {
        let all = vec![stage(StageKind::Ir, "ssa", None), stage(StageKind::Pass, "fold", changed)];
        let text = bare(&render(&Stages { func: None, name: "f".into(), stages: all, code: None }, &[StageKind::Pass]));
        let (pass, last) = text.split_once("SSA after all passes\n").expect("the last pass");
        assert_eq!(last.lines().filter(|line| !line.is_empty()).count(), 14, "{text}");
        // Without the room for offsets.
        pass.lines().map(|line| line.trim_start().to_string()).collect::<Vec<_>>()
    };
    let lines = |range: std::ops::Range<usize>| range.map(|n| format!("line {n}")).collect::<Vec<_>>();
    let change = |n: usize| vec![format!("-line {n}"), "+new".to_string()];
    let left_out = |n: usize| vec![format!("… {n} lines")];
    let head = || vec!["fold -1 +1".to_string()];
    let end = || vec![String::new()];
    assert_eq!(shown(None), ["fold changes nothing", ""]);
    let middle = [head(), left_out(3), lines(3..6), change(6), lines(7..10), left_out(4), end()].concat();
    assert_eq!(shown(Some(6)), middle);
    let first = [head(), lines(0..4), change(4), lines(5..8), left_out(6), end()].concat();
    assert_eq!(shown(Some(4)), first);
    let last = [head(), left_out(6), lines(6..9), change(9), lines(10..14), end()].concat();
    assert_eq!(shown(Some(9)), last);
    let beginning = [head(), change(0), lines(1..4), left_out(10), end()].concat();
    assert_eq!(shown(Some(0)), beginning);
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

#[test]
fn pages_say_what_they_show() {
    let module = program();
    let all = stages(&module, module.function_body(1).unwrap(), Beginning::Entry, &config());
    let sum = data(&page(&module, &all, "-O2"));
    let code = all.code.as_ref().unwrap();
    assert_eq!(sum["name"], "sum");
    assert_eq!(sum["index"], 1);
    assert_eq!(sum["type"], "(i32) -> (i32)");
    assert_eq!(sum["module"], "m");
    assert_eq!(sum["options"], "-O2");
    assert_eq!(sum["bytes"], module.bodies[0].range.len());
    assert_eq!(sum["code"], code.code_end);
    let assembly = all.get(StageKind::Asm).unwrap();
    let shown = sum["stages"].as_array().unwrap().last().unwrap();
    assert_eq!([&shown["kind"], &shown["name"], &shown["about"]], ["asm", "asm", assembly.about.as_str()]);
    assert_eq!(shown["problem"], serde_json::Value::Null);
    let offsets = shown["lines"].as_array().unwrap().iter().map(|line| line.get(2).and_then(|at| at.as_u64()));
    assert!(offsets.eq(assembly.lines.iter().map(|line| line.code.map(u64::from))), "{shown}");
    // A constant expression is no function.
    let all = stages(&module, BodyIndex(4), Beginning::Entry, &config());
    let constant = data(&page(&module, &all, "-O2"));
    for key in ["index", "type", "bytes"] {
        assert_eq!(constant[key], serde_json::Value::Null, "{key}");
    }
    // A character reference of HTML stands for itself in a title.
    let hostile = self::module(r#"(module (func (@name "a&lt;\"b\"<i>")))"#);
    let all = stages(&hostile, BodyIndex(0), Beginning::Entry, &config());
    let page = page(&hostile, &all, "");
    assert!(page.contains("<title>a&amp;lt;&quot;b&quot;&lt;i&gt; · wasmoon explore</title>"), "{page}");
}

/// The lines that the page reconstructs from the changes of passes are the lines of the stages.
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
            // Lines that a pass leaves are shown as it found them: their operators are the same.
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
