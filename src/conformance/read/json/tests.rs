use super::*;
use crate::conformance::read::language::{Language, Spec};
use crate::conformance::read::script::PreparedModule;

fn anywhere() -> Folder {
    Folder { path: ".".into(), digests: None }
}

fn consts(list: &str) -> Result<Vec<Pattern>, ScriptError> {
    let text = format!(
        r#"{{"commands": [
  {{"type": "assert_return", "line": 3, "action": {{"type": "invoke", "field": "f", "args": []}}, "expected": {list}}}]}}"#
    );
    let mut steps = parse(&text, &anywhere())?;
    match steps.remove(0).expect {
        Expect::Values(patterns) => Ok(patterns),
        other => panic!("{other}"),
    }
}

#[test]
fn values_are_read_as_both_writers_write_them() {
    let list = r#"[{"type": "i32", "value": "-1"}, {"type": "i32", "value": "4294967295"},
            {"type": "f32", "value": "2143289344"}, {"type": "f64", "value": "nan:arithmetic"},
            {"type": "v128", "lane_type": "i64", "value": ["-1", "18446744073709551615"]},
            {"type": "v128", "lane_type": "f32", "value": ["0", "nan:canonical", "1", "2"]},
            {"type": "funcref", "value": "null"}, {"type": "funcref", "value": "0"},
            {"type": "funcref", "value": {"index": 7}}, {"type": "funcref"}, {"type": "externref", "value": "3"},
            {"type": "either", "values": [{"type": "i64", "value": "1"}, {"type": "nullexnref"}]},
            {"type": "exnref", "value": "null"}]"#;
    let ones = Lane::Bits(u64::MAX);
    let floats = vec![Lane::Bits(0), Lane::Canonical, Lane::Bits(1), Lane::Bits(2)];
    assert_eq!(
        consts(list).expect("a script"),
        [
            Pattern::I32(u32::MAX),
            Pattern::I32(u32::MAX),
            Pattern::F32(Lane::Bits(0x7fc0_0000)),
            Pattern::F64(Lane::Arithmetic),
            Pattern::V128(VectorShape::I64x2, vec![ones, ones]),
            Pattern::V128(VectorShape::F32x4, floats),
            Pattern::RefNull(Some(Hierarchy::Func)),
            Pattern::RefFunc(None),
            Pattern::RefFunc(Some(7)),
            Pattern::RefFunc(None),
            Pattern::RefExtern(Some(3)),
            Pattern::Either(vec![Pattern::I64(1), Pattern::RefNull(Some(Hierarchy::Exn))]),
            Pattern::RefNull(Some(Hierarchy::Exn)),
        ]
    );
}

#[test]
fn arguments_are_for_calls() {
    let read = |action: &str| {
        let command = format!(r#"{{"type": "action", "line": 3, "action": {{{action}, "field": "f"}}}}"#);
        parse(&format!(r#"{{"commands": [{command}]}}"#), &anywhere()).map(|mut steps| steps.remove(0).action)
    };
    assert!(matches!(read(r#""type": "get""#), Ok(Action::Get { global, .. }) if global == "f"));
    assert!(matches!(read(r#""type": "invoke", "args": []"#), Ok(Action::Invoke { args, .. }) if args.is_empty()));
    for (action, why) in [
        (r#""type": "get", "args": []"#, "unexpected field `args` in a 'get'"),
        (r#""type": "invoke""#, "missing field `args`"),
    ] {
        let error = read(action).expect_err(action).to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn numbers_out_of_range_are_no_numbers() {
    for list in [
        r#"[{"type": "i32", "value": "4294967296"}]"#,
        r#"[{"type": "i32", "value": "-2147483649"}]"#,
        r#"[{"type": "i32", "value": 5}]"#,
        r#"[{"type": "i32"}]"#,
        r#"[{"type": "f32", "value": "1.5"}]"#,
        r#"[{"type": "v128", "lane_type": "i8", "value": ["1", "2"]}]"#,
        r#"[{"type": "v128", "lane_type": "i32", "value": ["1", "2", "nan:canonical", "3"]}]"#,
        r#"[{"type": "funcref", "value": {"number": 7}}]"#,
        r#"[{"type": "i32", "value": "1", "values": 1}]"#,
    ] {
        let error = consts(list).expect_err(list);
        assert_eq!(error.line, 2, "{list}: {error}");
    }
}

/// Integers and floats of each width, as results, arguments and lanes: every number with this many bits, signed or not, and no
/// others.
#[test]
fn numbers_have_the_bits_of_their_type() {
    let ends = |width: u32| {
        let (most, least) = ((1i128 << width) - 1, -(1i128 << (width - 1)));
        let middle = 1i128 << (width - 1);
        let inside = [0, 1, middle - 1, middle, most - 1, most, -1, least + 1, least];
        (inside, [most + 1, most + 2, least - 1, 2 * least, i128::MAX, i128::MIN])
    };
    let bits = |value: i128, width: u32| (value as u128 & ((1 << width) - 1)) as u64;
    let value = |kind: &str, value: i128| -> Const {
        serde_json::from_value(json!({"type": kind, "value": value.to_string()})).expect("a value")
    };
    for (kind, width) in [("i32", 32), ("i64", 64), ("f32", 32), ("f64", 64)] {
        let (inside, outside) = ends(width);
        for number in inside {
            let bits = bits(number, width);
            let (expected, passed) = match kind {
                "i32" => (Pattern::I32(bits as u32), Arg::I32(bits as u32)),
                "i64" => (Pattern::I64(bits), Arg::I64(bits)),
                "f32" => (Pattern::F32(Lane::Bits(bits)), Arg::F32(bits as u32)),
                _ => (Pattern::F64(Lane::Bits(bits)), Arg::F64(bits)),
            };
            let c = value(kind, number);
            assert!(matches!(pattern(&c), Ok(p) if p == expected), "{kind} {number}");
            assert!(matches!(argument(&c), Ok(a) if a == passed), "{kind} {number}");
        }
        for number in outside {
            let c = value(kind, number);
            assert!(matches!(pattern(&c), Err(CommandError::Wrong(_))), "{kind} {number}");
            assert!(matches!(argument(&c), Err(CommandError::Wrong(_))), "{kind} {number}");
        }
    }
    for (lane_type, shape) in [
        ("i8", VectorShape::I8x16),
        ("i16", VectorShape::I16x8),
        ("i32", VectorShape::I32x4),
        ("i64", VectorShape::I64x2),
        ("f32", VectorShape::F32x4),
        ("f64", VectorShape::F64x2),
    ] {
        let width = shape.lane_bits();
        let (inside, outside) = ends(width);
        let count = 128 / width;
        for at in 0..count {
            let vector = |number: i128| -> Const {
                let lane = |i| if i == at { number } else { i128::from(i) };
                let lanes: Vec<String> = (0..count).map(|i| lane(i).to_string()).collect();
                let value = json!({"type": "v128", "lane_type": lane_type, "value": lanes});
                serde_json::from_value(value).expect("a value")
            };
            for number in inside {
                let lanes: Vec<u64> =
                    (0..count).map(|i| if i == at { bits(number, width) } else { u64::from(i) }).collect();
                let whole = lanes.iter().rev().fold(0, |v: u128, lane| v << width | u128::from(*lane));
                let expected = Pattern::V128(shape, lanes.into_iter().map(Lane::Bits).collect());
                let c = vector(number);
                assert!(matches!(pattern(&c), Ok(p) if p == expected), "{lane_type} {number}");
                assert!(matches!(argument(&c), Ok(a) if a == Arg::V128(whole)), "{lane_type} {number}");
            }
            for number in outside {
                let c = vector(number);
                assert!(matches!(pattern(&c), Err(CommandError::Wrong(_))), "{lane_type} {number}");
                assert!(matches!(argument(&c), Err(CommandError::Wrong(_))), "{lane_type} {number}");
            }
        }
    }
    // Classes of NaNs can only be expected.
    for kind in ["f32", "f64"] {
        for (text, lane) in [("nan:canonical", Lane::Canonical), ("nan:arithmetic", Lane::Arithmetic)] {
            let c: Const = serde_json::from_value(json!({"type": kind, "value": text})).expect("a value");
            let expected = if kind == "f32" { Pattern::F32(lane) } else { Pattern::F64(lane) };
            assert!(matches!(pattern(&c), Ok(p) if p == expected), "{kind} {text}");
            assert!(matches!(argument(&c), Err(CommandError::Wrong(_))), "{kind} {text}");
        }
    }
}

#[test]
fn what_nobody_knows_is_unsupported_and_not_a_pass() {
    for command in [
        r#"{"type": "assert_whatever", "line": 1}"#,
        r#"{"type": "assert_return", "line": 1, "action": {"type": "poke", "field": "f", "args": []}, "expected": []}"#,
        // Neither is its content.
        r#"{"type": "threadx", "line": 1, "name": "t", "commands": [
                {"type": "module", "line": 1, "filename": "Cargo.toml"}, {"type": "wait", "line": 1, "thread": "u"}]}"#,
        r#"{"type": "action", "line": 1, "action": {"type": "invoke", "field": "f", "args": [{"type": "s8", "value": "1"}]}}"#,
    ] {
        let folder = Folder { path: env!("CARGO_MANIFEST_DIR").into(), digests: None };
        let steps = parse(&format!(r#"{{"commands": [{command}]}}"#), &folder).expect(command);
        assert_eq!(steps.len(), if command.contains("threadx") { 3 } else { 1 });
        assert!(steps.iter().all(|s| matches!(s.action, Action::Unsupported(_)) && s.source.is_none()), "{command}");
    }
    // A call is made, whatever its results are.
    for results in [r#""expected": [{"type": "i33", "value": "1"}]"#, r#""either": [{"type": "i33", "value": "1"}]"#] {
        let call = r#"{"type": "invoke", "field": "f", "args": []}"#;
        let command = format!(r#"{{"type": "assert_return", "line": 1, "action": {call}, {results}}}"#);
        let step = parse(&format!(r#"{{"commands": [{command}]}}"#), &anywhere()).expect(results).remove(0);
        assert!(matches!(step.action, Action::Invoke { .. }), "{results}");
        assert_eq!(step.expect, Expect::Unjudged("a value of type 'i33'".into()));
    }
    let thread = r#"{"commands": [{"type": "thread", "line": 1, "name": "$t", "shared_module": "$m",
            "commands": [{"type": "wait", "line": 1, "thread": "u"}]}, {"type": "wait", "line": 2, "thread": "t"}]}"#;
    let steps = parse(thread, &anywhere()).expect("a script");
    assert!(matches!(&steps[0].action, Action::Thread { name, shared: Some(shared), steps: 1 }
        if name == "t" && shared == "m"));
    assert!(matches!(&steps[1].action, Action::Wait { thread } if thread == "u"), "a thread within a thread");
    assert!(matches!(&steps[2].action, Action::Wait { thread } if thread == "t"));
}

/// Whatever a type is called, the record of its directive has one line, and so does an error.
#[test]
fn types_end_no_line() {
    let evil = "one\\ntwo";
    let call = |args: &str| format!(r#"{{"type": "invoke", "field": "f", "args": [{args}]}}"#);
    let value = format!(r#"{{"type": "{evil}", "value": "1"}}"#);
    for command in [
        format!(r#"{{"type": "{evil}", "line": 1}}"#),
        format!(r#"{{"type": "action", "line": 1, "action": {{"type": "{evil}", "field": "f"}}}}"#),
        format!(r#"{{"type": "action", "line": 1, "action": {}}}"#, call(&value)),
        format!(r#"{{"type": "assert_return", "line": 1, "action": {}, "expected": [{value}]}}"#, call("")),
        format!(r#"{{"type": "wait", "line": 1, "thread": "t", "{evil}": 1}}"#),
        format!(r#"{{"type": "module", "line": 1, "filename": "{evil}"}}"#),
    ] {
        let script = format!(r#"{{"commands": [{command}]}}"#);
        let texts = match parse(&script, &anywhere()).as_deref() {
            Ok([step]) => match (&step.action, &step.expect) {
                (Action::Unsupported(what), _) | (_, Expect::Unjudged(what)) => vec![step.text.clone(), what.clone()],
                _ => panic!("{command}"),
            },
            Ok(steps) => panic!("{command}: {} steps", steps.len()),
            Err(e) => vec![e.message.clone()],
        };
        assert!(texts.iter().all(|text| !text.contains('\n')), "{texts:?}");
    }
}

/// References that a script may expect, but cannot pass, are unsupported, whereas a wrong value is an error of the script.
#[test]
fn references_that_only_programs_make_are_no_arguments() {
    for (value, unsupported) in [
        (json!({"type": "funcref", "value": "7"}), true),
        (json!({"type": "funcref", "value": {"index": 7}}), true),
        (json!({"type": "exnref", "value": "7"}), true),
        (json!({"type": "contref", "value": "7"}), true),
        (json!({"type": "nullfuncref", "value": "7"}), false),
        (json!({"type": "exnref", "value": {"index": 7}}), false),
        (json!({"type": "externref", "value": {"index": 7}}), false),
        (json!({"type": "structref", "value": "7"}), false),
    ] {
        let c: Const = serde_json::from_value(value.clone()).expect("a value");
        let as_expected = match argument(&c) {
            Err(CommandError::Unsupported(text)) => unsupported && text.contains("that is not null"),
            Err(CommandError::Wrong(_)) => !unsupported,
            _ => false,
        };
        assert!(as_expected, "{value}");
    }
}

#[test]
fn null_is_of_every_type_of_references() {
    for (kind, hierarchy) in [
        ("anyref", Some(Hierarchy::Any)),
        ("eqref", Some(Hierarchy::Any)),
        ("structref", Some(Hierarchy::Any)),
        ("arrayref", Some(Hierarchy::Any)),
        ("i31ref", Some(Hierarchy::Any)),
        ("i31refshared", Some(Hierarchy::Any)),
        ("nullref", Some(Hierarchy::Any)),
        ("funcref", Some(Hierarchy::Func)),
        ("nullfuncref", Some(Hierarchy::Func)),
        ("externref", Some(Hierarchy::Extern)),
        ("nullexternref", Some(Hierarchy::Extern)),
        ("exnref", Some(Hierarchy::Exn)),
        ("nullexnref", Some(Hierarchy::Exn)),
        ("contref", Some(Hierarchy::Cont)),
        ("nullcontref", Some(Hierarchy::Cont)),
        ("refnull", None),
    ] {
        let c: Const = serde_json::from_value(json!({"type": kind, "value": "null"})).expect("a value");
        assert!(matches!(pattern(&c), Ok(Pattern::RefNull(h)) if h == hierarchy), "{kind}");
        assert!(matches!(argument(&c), Ok(Arg::RefNull(h)) if h == hierarchy), "{kind}");
        let c: Const = serde_json::from_value(json!({"type": kind})).expect("a value");
        assert!(pattern(&c).is_ok(), "{kind}");
    }
}

#[test]
fn patterns_are_read_as_they_are_written() {
    let reference = [None, Some(7)];
    let mut patterns = vec![
        Pattern::I32(1),
        Pattern::I64(2),
        Pattern::F32(Lane::Canonical),
        Pattern::F64(Lane::Bits(3)),
        Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(4), Lane::Bits(5)]),
        Pattern::RefNull(None),
        Pattern::RefHost(6),
        Pattern::RefAny,
        Pattern::RefEq,
        Pattern::RefArray,
        Pattern::RefStruct,
        Pattern::RefI31,
        Pattern::RefI31Shared,
        Pattern::RefExn,
        Pattern::RefCont,
    ];
    patterns.extend(reference.map(Pattern::RefExtern));
    patterns.extend(reference.map(Pattern::RefFunc));
    let all = [Hierarchy::Func, Hierarchy::Extern, Hierarchy::Any, Hierarchy::Exn, Hierarchy::Cont];
    patterns.extend(all.map(|h| Pattern::RefNull(Some(h))));
    patterns.push(Pattern::Either(patterns.clone()));
    let list: Value = patterns.iter().map(written).collect();
    assert_eq!(consts(&list.to_string()).expect("a script"), patterns);
}

/// Tests the fields that each command requires.
#[test]
fn fields_that_are_missing_are_errors() {
    let call = json!({"type": "invoke", "field": "f", "args": []});
    let whole = json!({
        "action": call, "text": "", "expected": [], "filename": "Cargo.toml", "as": "a", "name": "n", "thread": "t",
        "commands": [],
    });
    let folder = Folder { path: env!("CARGO_MANIFEST_DIR").into(), digests: None };
    let read = |command: &Value| parse(&json!({"commands": [command]}).to_string(), &folder);
    for (kind, fields) in [
        ("module", &["filename"][..]),
        ("module_definition", &["filename"]),
        ("module_instance", &[]),
        ("register", &["as"]),
        ("assert_malformed", &["filename", "text"]),
        ("assert_invalid", &["filename", "text"]),
        ("assert_malformed_custom", &["filename", "text"]),
        ("assert_invalid_custom", &["filename", "text"]),
        ("assert_unlinkable", &["filename", "text"]),
        ("assert_uninstantiable", &["filename", "text"]),
        ("action", &["action"]),
        ("assert_return", &["action", "expected"]),
        ("assert_return_canonical_nan", &["action", "expected"]),
        ("assert_return_arithmetic_nan", &["action", "expected"]),
        ("assert_trap", &["action", "text"]),
        ("assert_exhaustion", &["action", "text"]),
        ("assert_suspension", &["action", "text"]),
        ("assert_exception", &["action"]),
        ("thread", &["name", "commands"]),
        ("wait", &["thread"]),
    ] {
        let mut command = json!({"type": kind, "line": 1});
        fields.iter().for_each(|&field| command[field] = whole[field].clone());
        read(&command).unwrap_or_else(|e| panic!("{kind}: {e}"));
        for &field in fields {
            let mut without = command.clone();
            without.as_object_mut().expect("an object").remove(field);
            let error = read(&without).err().unwrap_or_else(|| panic!("{kind} without {field}"));
            let said = error.message == format!("command 0: missing field `{field}`");
            assert!(said && error.line == 1, "{kind} without {field}: {error}");
        }
    }
    for field in ["type", "field", "args"] {
        let mut command = json!({"type": "action", "line": 1, "action": call});
        command["action"].as_object_mut().expect("an object").remove(field);
        let error = read(&command).err().unwrap_or_else(|| panic!("an action without {field}"));
        assert!(error.message.contains(&format!("missing field `{field}`")), "{error}");
    }
}

#[test]
fn fields_that_mean_nothing_are_errors() {
    let invoke = r#""action": {"type": "invoke", "field": "f", "args": []}"#;
    let result = |value: &str| format!(r#"{{"type": "assert_return", "line": 1, {invoke}, "expected": [{value}]}}"#);
    let with = |kind: &str, rest: &str| format!(r#"{{"type": "{kind}", "line": 1, {rest}}}"#);
    let mut cases = vec![
        ("args", with("assert_return", r#""action": {"type": "get", "field": "g", "args": []}, "expected": []"#)),
        ("text", with("assert_return_canonical_nan", &format!(r#"{invoke}, "expected": [], "text": """#))),
        (
            "value",
            with("assert_return_canonical_nan", &format!(r#"{invoke}, "expected": [{{"type": "f32", "value": "1"}}]"#)),
        ),
        ("name", with("wait", r#""thread": "t", "name": "n""#)),
        ("shared_module", with("register", r#""as": "a", "shared_module": "m""#)),
        ("filename", with("module_instance", r#""filename": "a.wasm""#)),
        ("expected", with("register", r#""as": "a", "expected": []"#)),
        ("action", with("wait", &format!(r#""thread": "t", {invoke}"#))),
        ("as", with("action", &format!(r#"{invoke}, "as": "a""#))),
        ("module", with("thread", r#""name": "t", "commands": [], "module": "m""#)),
        // Fields of a module's file.
        ("name", with("assert_malformed", r#""filename": "Cargo.toml", "text": "", "name": "m""#)),
        ("name", with("assert_uninstantiable", r#""filename": "Cargo.toml", "text": "", "name": "m""#)),
        ("text", with("module", r#""filename": "Cargo.toml", "text": """#)),
        ("binary_filename", with("module", r#""filename": "Cargo.toml", "binary_filename": "a.wasm""#)),
    ];
    for field in ["text", "name", "module", "instance", "thread", "as", "filename", "module_type", "binary_filename"] {
        cases.push((field, with("assert_return", &format!(r#"{invoke}, "expected": [], "{field}": "x""#))));
    }
    for kind in ["action", "assert_trap", "assert_exhaustion", "assert_exception", "assert_suspension"] {
        let text = if kind == "action" || kind == "assert_exception" { "" } else { r#", "text": """# };
        let types = format!(r#"{invoke}{text}, "expected": [{{"type": "i32"}}]"#);
        assert!(parse(&format!(r#"{{"commands": [{}]}}"#, with(kind, &types)), &anywhere()).is_ok(), "{kind}");
        cases.push(("value", with(kind, &types.replace("\"i32\"", r#""i32", "value": "1""#))));
        cases.push(("either", with(kind, &format!(r#"{types}, "either": []"#))));
        cases.push(("commands", with(kind, &format!(r#"{types}, "commands": []"#))));
    }
    for kind in ["eqref", "structref", "arrayref", "i31ref", "i31refshared", "nullref", "refnull", "exnref", "contref"]
    {
        cases.push(("\"7\" is not a value", result(&format!(r#"{{"type": "{kind}", "value": "7"}}"#))));
    }
    cases.push(("is not a value", result(r#"{"type": "externref", "value": {"index": 7}}"#)));
    cases.push(("lane_type", result(r#"{"type": "i32", "value": "1", "lane_type": "i32"}"#)));
    cases.push(("values", result(r#"{"type": "i32", "value": "1", "values": []}"#)));
    cases.push(("value", result(r#"{"type": "either", "value": "1", "values": []}"#)));
    cases.push(("lane_type", result(r#"{"type": "eqref", "lane_type": "i32"}"#)));
    cases.push(("values", result(r#"{"type": "v128", "lane_type": "i64", "value": ["1", "2"], "values": []}"#)));
    for (field, command) in cases {
        let folder = Folder { path: env!("CARGO_MANIFEST_DIR").into(), digests: None };
        let error = parse(&format!(r#"{{"commands": [{command}]}}"#), &folder);
        let error = error.err().unwrap_or_else(|| panic!("{command}"));
        let said = if field.contains(' ') { field.to_string() } else { format!("unexpected field `{field}`") };
        assert!(error.message.contains(&said), "{command}: {error}");
    }
}

#[test]
fn errors_have_a_place_in_the_json() {
    let at = |text: &str| parse(text, &anywhere()).err().map(|e| (e.line, e.column)).expect(text);
    assert_eq!((at(""), at("]"), at(" ]")), ((1, 1), (1, 1), (1, 2)));
    assert_eq!(at("{\"commands\": [\n  7]}"), (2, 3));
    assert_eq!(at("{\"commands\": [\n  {\"type\": \"module\",\n   \"line\": x}]}"), (3, 12));
    assert_eq!(at("{\"commands\": [],\n \"more\": 1}").0, 2);
    assert_eq!(at("{\"commands\": [\n {\"type\": \"module\", \"line\": 4}]}"), (2, 2));
    let e = parse("{\"commands\": [\n\n{\"type\": \"module\", \"line\": 4, \"filename\": \"no.wasm\"}]}", &anywhere());
    let e = e.err().expect("no such file");
    assert!(e.line == 3 && e.message.contains("command 0: no.wasm: No such file"), "{e}");
}

#[test]
fn commas_that_wabt_forgets() {
    let text = r#"{"commands": [{"type": "assert_trap", "line": 1, "action": {"type": "invoke", "field": "}{\"type\"",
            "args": []}, "text": "unreachable", "expected": [{"type": "i32"}{"type": "i64"}]}]}"#;
    let steps = parse(text, &anywhere()).expect("a script");
    assert!(matches!(&steps[0].expect, Expect::Trap(m) if m == "unreachable"));
    assert!(steps[0].text.contains(r#"}{\"type\""#), "{}", steps[0].text);
}

#[test]
fn commands_are_written_anew() {
    let text = r#"{"commands": [{"type": "register", "line": 1, "as": "\u00c3\u00a9"},
            {"type": "assert_uninstantiable", "line": 2, "filename": "a.wasm", "text": "x"},
            {"type": "assert_return", "line": 3, "action": {"type": "get", "field": "g"}, "either": []}]}"#;
    let values = Expect::Values(vec![Pattern::F32(Lane::Bits(1))]);
    let changes = [(1, &Expect::Unlinkable("y".into())), (2, &values)];
    let changed = mutated(text, &Folder { path: "/f".into(), digests: None }, &changes).expect("written");
    assert!(changed.contains(r#""as":"\u00c3\u00a9""#), "{changed}");
    let changed: Value = serde_json::from_str(&changed).expect("JSON");
    let expected = json!({"type": "assert_unlinkable", "line": 2, "filename": "/f/a.wasm", "text": "y"});
    assert_eq!(changed["commands"][1], expected);
    assert_eq!(changed["commands"][2]["expected"], json!([{"type": "f32", "value": "1"}]));
    assert_eq!(changed["commands"][2]["either"], Value::Null);
    assert_eq!(mutated(text, &Folder { path: "/f".into(), digests: None }, &[(9, &values)]), None);
}

/// Each takes a part of the native stack, and two of the levels that the JSON parser allows.
#[test]
fn threads_are_nested_fifty_deep() {
    let nested = |depth: usize| {
        let open = r#"{"type":"thread","line":1,"name":"t","commands":["#.repeat(depth);
        let script = format!(r#"{{"commands":[{open}{}]}}"#, "]}".repeat(depth));
        parse(&script, &anywhere()).map(|steps| steps.len()).map_err(|error| error.to_string())
    };
    assert_eq!(nested(50), Ok(50));
    let error = nested(51).expect_err("too deep");
    assert!(error.contains("threads are nested more than 50 deep"), "{error}");
}

/// The modules of all commands are named so that they are found from another folder.
#[test]
fn modules_of_threads_are_found_from_elsewhere() {
    let script = r#"{"commands":[{"type":"module","line":1,"filename":"a.wasm"},
        {"type":"thread","line":2,"name":"t","commands":[{"type":"module","line":3,"filename":"b.wasm"},
            {"type":"thread","line":4,"name":"u","commands":[{"type":"module","line":5,"filename":"c.wasm"}]}]}]}"#;
    let folder = Folder { path: "/somewhere".into(), ..anywhere() };
    let text = mutated(script, &folder, &[]).expect("it can be written");
    for name in ["a", "b", "c"] {
        assert!(text.contains(&format!("\"/somewhere/{name}.wasm\"")), "{text}");
    }
}

#[test]
fn names_are_bytes_or_characters() {
    let name = |text: &str| {
        let text = format!(r#"{{"commands": [{{"type": "register", "line": 1, "as": "{text}"}}]}}"#);
        match parse(&text, &anywhere()).expect("a script").remove(0).action {
            Action::Register { name, .. } => name,
            _ => panic!("{text}"),
        }
    };
    assert_eq!(name("\\u00c3\\u00a9"), "é");
    assert_eq!(name("é"), "é");
    assert_eq!(name("\\u00e9"), "é");
    assert_eq!(name("\\u4e2d\\u00c3\\u00a9"), "中Ã©");
    // Characters that are not escaped stand for themselves.
    assert_eq!(name("Ã©"), "Ã©");
}

#[test]
fn a_script_has_commands() {
    let message = "the script has no commands, so nothing would be judged".into();
    let error = parse(r#"  {"commands": []}"#, &anywhere()).err();
    assert_eq!(error, Some(ScriptError { line: 1, column: 1, message }));
}

#[test]
fn places_are_counted_as_far_as_a_text_goes() {
    let at = |text: &str| parse(text, &anywhere()).err().map(|e| (e.line, e.column)).expect("an error");
    let (spaces, lines) = (" ".repeat(70_000), "\n".repeat(70_000));
    assert_eq!(at(&format!("{spaces}]")), (1, 70_001));
    assert_eq!(at(&format!("{lines}]")), (70_001, 1));
    assert_eq!(at(&format!("{{\"commands\": [{spaces}7]}}")), (1, 70_015));
}

#[test]
fn module_files_are_all_that_are_mentioned() {
    let script = r#"{"commands": [{"type": "module", "line": 1, "filename": "a.wasm"},
            {"type": "thread", "line": 2, "filename": "b.wasm", "commands": [
                {"type": "module", "filename": "c.wasm"}, {"commands": [{"filename": "d.wat"}]}]},
            {"type": "assert_trap", "expected": [{"type": "i32"}{"type": "i64"}]}, {"filename": "a.wasm"}]}"#;
    assert_eq!(module_files(script), ["a.wasm", "b.wasm", "c.wasm", "d.wat", "a.wasm"]);
    for text in ["", "(module)", r#"{"commands": 7}"#] {
        assert_eq!(module_files(text), Vec::<String>::new(), "{text}");
    }
}

/// The command's type decides, or else the name of the file.
#[test]
fn modules_are_binary_or_text() {
    let place = tempfile::tempdir().expect("a folder");
    let empty = b"\0asm\x01\0\0\0";
    for name in ["b.wasm", "b.wat"] {
        std::fs::write(place.path().join(name), empty).expect("writable");
    }
    for name in ["t.wat", "t.txt"] {
        std::fs::write(place.path().join(name), "(module)").expect("writable");
    }
    let folder = Folder { path: place.path().into(), digests: None };
    let encoded = |rest: &str| {
        let text = format!(r#"{{"commands": [{{"type": "module", "line": 1, {rest}}}]}}"#);
        let mut step = parse(&text, &folder).unwrap_or_else(|e| panic!("{rest}: {e}")).remove(0);
        step.source.as_mut().expect("a module").encoded(&Language::of(Spec::Latest))
    };
    for (rest, textual) in [
        (r#""filename": "b.wasm""#, false),
        (r#""filename": "b.wasm", "module_type": "binary""#, false),
        (r#""filename": "b.wat", "module_type": "binary""#, false),
        (r#""filename": "t.wat""#, true),
        (r#""filename": "t.wat", "binary_filename": "b.wasm""#, true),
        (r#""filename": "t.wat", "module_type": "text""#, true),
        (r#""filename": "t.txt", "module_type": "text", "binary_filename": "b.wasm""#, true),
    ] {
        let found = encoded(rest).unwrap_or_else(|e| panic!("{rest}: {e:?}"));
        assert_eq!(found, (empty.to_vec(), textual), "{rest}");
    }
    let unknown = encoded(r#""filename": "b.wasm", "module_type": "quoted", "binary_filename": "b.wasm""#);
    let said = matches!(&unknown, Err(PreparedModule::Unsupported(what)) if what == "the module type 'quoted'");
    assert!(said, "{unknown:?}");
}

#[test]
fn a_module_that_has_changed_is_not_run() {
    let place = tempfile::tempdir().expect("a folder");
    std::fs::write(place.path().join("a.wasm"), "abc").expect("writable");
    let read = |name: &str, digest: &str| {
        let digests = Some(BTreeMap::from([(name.to_string(), digest.to_string())]));
        let folder = Folder { path: place.path().into(), digests };
        let script = r#"{"commands": [{"type": "module", "line": 1, "filename": "a.wasm"}]}"#;
        parse(script, &folder).map(|steps| steps.len())
    };
    // SHA-256 of the three letters.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(read("a.wasm", abc), Ok(1));
    assert_eq!(read("b.wasm", "of another file"), Ok(1));
    let message = "command 0: a.wasm: changed during the run".into();
    assert_eq!(read("a.wasm", &abc.replace('b', "c")), Err(ScriptError { line: 1, column: 15, message }));
}

/// Before patterns had NaNs, the command named the class and the results had types alone.
#[test]
fn the_class_of_nans_may_be_in_the_command() {
    let read = |kind: &str, types: &str| {
        let action = r#"{"type": "get", "field": "g"}"#;
        let command = format!(r#"{{"type": "{kind}", "line": 1, "action": {action}, "expected": [{types}]}}"#);
        let mut steps =
            parse(&format!(r#"{{"commands": [{command}]}}"#), &anywhere()).map_err(|error| error.message)?;
        let step = steps.remove(0);
        Ok::<_, String>((step.text, step.action, step.expect))
    };
    for (kind, lane) in
        [("assert_return_canonical_nan", Lane::Canonical), ("assert_return_arithmetic_nan", Lane::Arithmetic)]
    {
        let get = Action::Get { module: None, global: "g".into() };
        let expect = Expect::Values(vec![Pattern::F32(lane), Pattern::F64(lane)]);
        let found = read(kind, r#"{"type": "f32"}, {"type": "f64"}"#);
        assert_eq!(found, Ok(("assert_return g".to_string(), get, expect)), "{kind}");
        for (types, message) in [
            (r#"{"type": "i32"}"#, "command 0: a NaN of type 'i32'"),
            (
                r#"{"type": "f64", "values": []}"#,
                "command 0: unexpected field `values` beside the type 'f64' of a result that is not compared",
            ),
        ] {
            assert_eq!(read(kind, types), Err(message.to_string()), "{kind}");
        }
    }
}

#[test]
fn references_are_arguments_where_a_host_has_them() {
    let any = Some(Arg::RefNull(Some(Hierarchy::Any)));
    for (value, expected) in [
        (json!({"type": "externref", "value": "7"}), Some(Arg::RefExtern(7))),
        (json!({"type": "anyref", "value": "7"}), Some(Arg::RefHost(7))),
        // It can only mean null.
        (json!({"type": "eqref"}), any),
        (json!({"type": "structref"}), any),
        (json!({"type": "arrayref"}), any),
        (json!({"type": "i31ref"}), any),
        (json!({"type": "i31refshared"}), any),
        (json!({"type": "nullref"}), any),
        (json!({"type": "nullfuncref"}), Some(Arg::RefNull(Some(Hierarchy::Func)))),
        (json!({"type": "nullexternref"}), Some(Arg::RefNull(Some(Hierarchy::Extern)))),
        (json!({"type": "nullexnref"}), Some(Arg::RefNull(Some(Hierarchy::Exn)))),
        (json!({"type": "nullcontref"}), Some(Arg::RefNull(Some(Hierarchy::Cont)))),
        (json!({"type": "refnull"}), Some(Arg::RefNull(None))),
        // It does not say which one.
        (json!({"type": "externref"}), None),
        (json!({"type": "anyref"}), None),
        (json!({"type": "funcref"}), None),
        (json!({"type": "exnref"}), None),
        (json!({"type": "contref"}), None),
        // Fields of other types.
        (json!({"type": "i32", "value": "1", "lane_type": "i32"}), None),
        (json!({"type": "externref", "value": "7", "values": []}), None),
        (json!({"type": "refnull", "values": []}), None),
    ] {
        let c: Const = serde_json::from_value(value.clone()).expect("a value");
        let found = match argument(&c) {
            Ok(argument) => Some(argument),
            Err(CommandError::Wrong(_)) => None,
            Err(CommandError::Unsupported(what)) => panic!("{value}: {what}"),
        };
        assert_eq!(found, expected, "{value}");
    }
}

#[test]
fn an_index_of_a_function_is_alone_and_a_number() {
    for value in [
        json!({"index": 7, "more": 1}),
        json!({"index": 4_294_967_296_u64}),
        json!({"index": -1}),
        json!({"index": "7"}),
        json!({}),
        json!([7]),
        json!(7),
        json!("4294967296"),
    ] {
        let c: Const = serde_json::from_value(json!({"type": "funcref", "value": value})).expect("a value");
        assert!(matches!(pattern(&c), Err(CommandError::Wrong(_))), "{value}");
    }
    let c: Const = serde_json::from_value(json!({"type": "funcref", "value": {"index": u32::MAX}})).expect("a value");
    assert!(matches!(pattern(&c), Ok(Pattern::RefFunc(Some(u32::MAX)))));
}

#[test]
fn of_a_module_only_its_phases_and_a_trap_can_be_written() {
    let get = Action::Get { module: None, global: "g".into() };
    for (expect, of_a_module) in [
        (Expect::Values(Vec::new()), false),
        (Expect::Exception, false),
        (Expect::Suspension(String::new()), false),
        (Expect::Trap(String::new()), true),
        (Expect::Malformed(String::new()), true),
        (Expect::Invalid(String::new()), true),
        (Expect::Unlinkable(String::new()), true),
    ] {
        assert_eq!(can_be_written(&Action::Anonymous, &expect), of_a_module, "{expect:?}");
        assert!(can_be_written(&get, &expect), "{expect:?}");
    }
}

#[test]
fn each_expectation_has_its_command() {
    let action = json!({"type": "get", "field": "g"});
    let types = json!([{"type": "i32"}]);
    let script = json!({"commands": [
        {"type": "assert_trap", "line": 1, "action": action, "expected": types, "text": "old"},
        {"type": "assert_invalid", "line": 2, "filename": "a.wasm", "text": "old"},
    ]})
    .to_string();
    let folder = Folder { path: "/f".into(), digests: None };
    let changed = |position: usize, expect: &Expect| {
        let text = mutated(&script, &folder, &[(position, expect)])?;
        let script: Value = serde_json::from_str(&text).expect("JSON");
        Some(script["commands"][position].clone())
    };
    let new = || "new".to_string();
    let values = Expect::Values(vec![Pattern::I64(2), Pattern::RefAny]);
    let expected = json!([{"type": "i64", "value": "2"}, {"type": "anyref"}]);
    assert_eq!(
        changed(0, &values),
        Some(json!({"type": "assert_return", "line": 1, "action": action, "expected": expected}))
    );
    assert_eq!(changed(0, &Expect::Exception), Some(json!({"type": "assert_exception", "line": 1, "action": action})));
    for (expect, kind) in [
        (Expect::Trap(new()), "assert_trap"),
        (Expect::Exhaustion(new()), "assert_exhaustion"),
        (Expect::Suspension(new()), "assert_suspension"),
    ] {
        let command = json!({"type": kind, "line": 1, "action": action, "text": "new"});
        assert_eq!(changed(0, &expect), Some(command), "{kind}");
    }
    for (expect, kind) in [
        (Expect::Trap(new()), "assert_uninstantiable"),
        (Expect::Malformed(new()), "assert_malformed"),
        (Expect::Invalid(new()), "assert_invalid"),
        (Expect::Unlinkable(new()), "assert_unlinkable"),
        (Expect::MalformedCustom(new()), "assert_malformed_custom"),
        (Expect::InvalidCustom(new()), "assert_invalid_custom"),
    ] {
        let command = json!({"type": kind, "line": 2, "filename": "/f/a.wasm", "text": "new"});
        assert_eq!(changed(1, &expect), Some(command), "{kind}");
    }
    for expect in [Expect::Success, Expect::Unjudged(new())] {
        assert_eq!(changed(0, &expect), None, "{expect:?}");
    }
}

#[test]
fn characters_are_escaped_where_they_were() {
    for script in [r#"{"commands":[{"as":"\ud83d\ude00~\u00e9"}]}"#, r#"{"commands":[{"as":"é~"}]}"#] {
        assert_eq!(mutated(script, &anywhere(), &[]).as_deref(), Some(script));
    }
}

#[test]
fn steps_are_what_their_commands_say() {
    let file = "Cargo.toml";
    let invoke = json!({"type": "invoke", "module": "$m", "field": "f", "args": [{"type": "i32", "value": "1"}]});
    let get = json!({"type": "get", "field": "g"});
    let some = |name: &str| Some(name.to_string());
    let invoked = || Action::Invoke { module: some("m"), name: "f".into(), args: vec![Arg::I32(1)] };
    let got = || Action::Get { module: None, global: "g".into() };
    let why = || "why".to_string();
    let cases = [
        (
            json!({"type": "module", "name": "$m", "filename": file}),
            ("module m", Action::Module { name: some("m") }, Expect::Success, true),
        ),
        (
            json!({"type": "module_definition", "name": "m", "filename": file}),
            ("module definition m", Action::Definition { name: some("m") }, Expect::Success, true),
        ),
        (
            json!({"type": "module_instance", "instance": "$i", "module": "$m"}),
            ("module instance i", Action::Instance { instance: some("i"), module: some("m") }, Expect::Success, false),
        ),
        (
            json!({"type": "register", "as": "$a", "name": "$m"}),
            ("register $a", Action::Register { name: "$a".into(), module: some("m") }, Expect::Success, false),
        ),
        (
            json!({"type": "assert_malformed", "filename": file, "text": "why"}),
            ("assert_malformed", Action::Check, Expect::Malformed(why()), true),
        ),
        (
            json!({"type": "assert_invalid", "filename": file, "text": "why"}),
            ("assert_invalid", Action::Check, Expect::Invalid(why()), true),
        ),
        (
            json!({"type": "assert_malformed_custom", "filename": file, "text": "why"}),
            ("assert_malformed_custom", Action::Check, Expect::MalformedCustom(why()), true),
        ),
        (
            json!({"type": "assert_invalid_custom", "filename": file, "text": "why"}),
            ("assert_invalid_custom", Action::Check, Expect::InvalidCustom(why()), true),
        ),
        (
            json!({"type": "assert_unlinkable", "filename": file, "text": "why"}),
            ("assert_unlinkable", Action::Anonymous, Expect::Unlinkable(why()), true),
        ),
        (
            json!({"type": "assert_uninstantiable", "filename": file, "text": "why"}),
            ("assert_trap module", Action::Anonymous, Expect::Trap(why()), true),
        ),
        (json!({"type": "action", "action": invoke}), ("invoke f", invoked(), Expect::Success, false)),
        (json!({"type": "action", "action": get}), ("get g", got(), Expect::Success, false)),
        (
            json!({"type": "assert_return", "action": get, "expected": []}),
            ("assert_return g", got(), Expect::Values(Vec::new()), false),
        ),
        (
            json!({"type": "assert_return", "action": get, "either": [{"type": "i32", "value": "2"}]}),
            ("assert_return g", got(), Expect::Values(vec![Pattern::Either(vec![Pattern::I32(2)])]), false),
        ),
        (
            json!({"type": "assert_trap", "action": invoke, "text": "why"}),
            ("assert_trap f", invoked(), Expect::Trap(why()), false),
        ),
        (
            json!({"type": "assert_exhaustion", "action": invoke, "text": "why"}),
            ("assert_exhaustion f", invoked(), Expect::Exhaustion(why()), false),
        ),
        (
            json!({"type": "assert_suspension", "action": invoke, "text": "why"}),
            ("assert_suspension f", invoked(), Expect::Suspension(why()), false),
        ),
        (
            json!({"type": "assert_exception", "action": invoke}),
            ("assert_exception f", invoked(), Expect::Exception, false),
        ),
        (
            json!({"type": "wait", "thread": "$t"}),
            ("wait t", Action::Wait { thread: "t".into() }, Expect::Success, false),
        ),
    ];
    let folder = Folder { path: env!("CARGO_MANIFEST_DIR").into(), digests: None };
    for (mut command, (text, action, expect, has_module)) in cases {
        command["line"] = json!(7);
        let script = json!({"commands": [command]}).to_string();
        let step = parse(&script, &folder).unwrap_or_else(|e| panic!("{script}: {e}")).remove(0);
        let place = (step.index.as_str(), step.line, step.text.as_str());
        assert_eq!(place, ("0", 7, text), "{script}");
        assert_eq!((step.action, step.expect, step.source.is_some()), (action, expect, has_module), "{script}");
    }
}

#[test]
fn nested_commands_have_paths() {
    let wait = |line: u32| json!({"type": "wait", "line": line, "thread": "w"});
    let thread =
        |line: u32, commands: Value| json!({"type": "thread", "line": line, "name": "t", "commands": commands});
    let inner = thread(4, json!([wait(5), wait(6)]));
    let script = json!({"commands": [wait(1), thread(2, json!([wait(3), inner])), wait(7)]}).to_string();
    let steps = parse(&script, &anywhere()).expect("a script");
    let found: Vec<_> = steps.iter().map(|step| (step.index.as_str(), step.line, step.action.clone())).collect();
    let waited = || Action::Wait { thread: "w".into() };
    let threaded = |steps| Action::Thread { name: "t".into(), shared: None, steps };
    assert_eq!(
        found,
        [
            ("0", 1, waited()),
            ("1", 2, threaded(4)),
            ("1.0", 3, waited()),
            ("1.1", 4, threaded(2)),
            ("1.1.0", 5, waited()),
            ("1.1.1", 6, waited()),
            ("2", 7, waited()),
        ]
    );
}
