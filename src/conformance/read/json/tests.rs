use super::*;

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
        (r#""type": "get", "args": []"#, "`args` means nothing in a 'get'"),
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

/// Integers and floats of each width, as results, arguments and lanes: every number of so many bits, signed or not,
/// and no other.
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
    // NaNs of classes are expected only.
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
        // Nor is what is in it.
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

/// What a script may well expect, but cannot pass: not known, where a wrong value is an error of the script.
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

/// Of each command, the fields that it cannot do without.
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
        // Of a module's file.
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
        let said = if field.contains(' ') { field.to_string() } else { format!("`{field}` means nothing") };
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

/// Each takes a part of the native stack, and two of the levels that the parser of JSON follows.
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
    // Who writes characters as they are means them.
    assert_eq!(name("Ã©"), "Ã©");
}
