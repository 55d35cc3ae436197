use super::*;

#[test]
fn a_directive_is_called_by_its_kind_and_what_it_names() {
    assert_eq!(label("invoke", Some("f")), "invoke f");
    assert_eq!(label("invoke", Some("a\nb")), "invoke a\\nb");
    for nothing in [Some(""), None] {
        assert_eq!(label("invoke", nothing), "invoke");
    }
}

/// The parser is recursive, so a script must not be able to choose the depth.
#[test]
fn nesting_has_a_limit() {
    let nested = |n: usize, opens: &str, inside: &str| format!("{}{inside}{}", opens.repeat(n), ")".repeat(n));
    let error = |text: &str| {
        let buffer = lex(text).expect("tokens");
        parse(&buffer, text).err().map(|e| e.message)
    };
    let threads = |n| error(&nested(n, "(thread $t ", "(wait $u)"));
    let arms = |n| error(&format!("(assert_return (invoke \"f\") {})", nested(n, "(either ", "(i32.const 1)")));
    assert_eq!((threads(50), arms(50)), (None, None));
    // A hundred nested lists, including the assertion, are the maximum.
    assert_eq!((threads(100), arms(99)), (None, None));
    assert_eq!(threads(101).as_deref(), Some("threads are nested too deeply"));
    assert_eq!(arms(100).as_deref(), Some("alternatives are nested too deeply"));
    for n in [200, 100_000] {
        assert_eq!(threads(n).as_deref(), Some("threads are nested too deeply"));
        assert_eq!(arms(n).as_deref(), Some("alternatives are nested too deeply"));
    }
}

#[test]
fn nested_directives_have_a_path() {
    let text = "(module)\n(thread $t (shared (module $m))\n  (invoke \"a\")\n (invoke \"b\"))\n(wait $t)";
    let buffer = lex(text).expect("tokens");
    let steps = parse(&buffer, text).expect("a script");
    let seen: Vec<(&str, u32, &str)> = steps.iter().map(|s| (s.index.as_str(), s.line, s.text.as_str())).collect();
    assert_eq!(
        seen,
        [("0", 1, "module"), ("1", 2, "thread t"), ("1.0", 3, "invoke a"), ("1.1", 4, "invoke b"), ("2", 5, "wait t")]
    );
    assert!(matches!(&steps[1].action, Action::Thread { name, shared: Some(shared), steps: 2 }
            if name == "t" && shared == "m"));
    assert!(matches!(&steps[4].action, Action::Wait { thread } if thread == "t"));
    let text = "(module)\n(thread $t (thread $u (invoke \"a\")) (wait $u))";
    let buffer = lex(text).expect("tokens");
    let steps = parse(&buffer, text).expect("a script");
    assert!(matches!(steps[1].action, Action::Thread { steps: 3, .. }));
    assert!(matches!((&steps[2].action, &steps[4].action), (Action::Thread { steps: 1, .. }, Action::Wait { .. })));
    assert_eq!(steps[3].index, "1.0.0");
    for step in &steps {
        assert_eq!(place(&steps, &step.index), Some((step.line, &step.text[..])));
    }
    assert_eq!((place(&steps, "2"), place(&steps, "1.0.1")), (None, None));
}

#[test]
fn folded_legacy_text_is_judged() {
    let features = wasmparser::WasmFeatures::LEGACY_EXCEPTIONS;
    let language = Language { features, ..Language::of(crate::conformance::read::language::Spec::Latest) };
    let prepared = |text: &str| Source::text(text.into()).prepare(&language);
    assert!(matches!(prepared("(module (func (try (do) (catch_all))))"), PreparedModule::Module(_)));
    assert!(matches!(
        prepared("(module (func (try (do) (catch_all) (catch_all))))"),
        PreparedModule::Rejected(Phase::Malformed, _)
    ));
    assert!(matches!(prepared("(module (func (try_table) (do))"), PreparedModule::Rejected(Phase::Malformed, _)));
    assert!(matches!(prepared("(module (func try catch_all catch_all end))"), PreparedModule::Rejected(..)));
}

/// Numbers and folded instructions that the parser's crate does not know are both rewritten, also in the same text.
#[test]
fn a_text_is_written_anew_for_each_reason() {
    let number = ("(drop (f32.const 0x1.00000101))", "(drop (f32.const 0x800000808p-35))");
    let folded = ("(try (do nop))", "try nop end");
    let latest = Language::of(Spec::Latest);
    let legacy = Language { features: latest.features | wasmparser::WasmFeatures::LEGACY_EXCEPTIONS, ..latest };
    for (language, parts) in
        [(latest, vec![number]), (legacy, vec![number]), (legacy, vec![folded]), (legacy, vec![number, folded])]
    {
        let of = |list: Vec<&str>| format!("(func {} )", list.join(" "));
        let (texts, written): (Vec<&str>, Vec<&str>) = parts.into_iter().unzip();
        let (text, written) = (of(texts), of(written));
        let found = plain(&text, &language).expect("a text");
        assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), written, "{text}");
        // Annotations are as spaces.
        let annotated = text.replace(' ', " (@a (try)) ");
        let found = plain(&annotated, &language).expect("a text").replace("(@a (try))", " ");
        assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), written, "{annotated}");
        // So is what is quoted.
        let prepared = Source::text(text.clone().into()).prepare(&language);
        assert!(matches!(prepared, PreparedModule::Module(_)), "{text}: {prepared:?}");
    }
}

/// In a script, and in quoted text, where the first one counts.
#[test]
fn faults_are_in_the_text_that_was_written() {
    let latest = Language::of(Spec::Latest);
    let legacy = Language { features: latest.features | wasmparser::WasmFeatures::LEGACY_EXCEPTIONS, ..latest };
    let (number, folded) = ("(drop (f32.const 0x1.00000000000000001))", "(try (do nop))");
    for (language, before) in
        [(latest, number.to_string()), (legacy, folded.to_string()), (legacy, format!("{number} {folded} {number}"))]
    {
        let text = format!("(module)\n(module (func {before} (bogus)))");
        let plain = plain(&text, &language).expect("a text");
        let buffer = plain.lex().expect("tokens");
        let error = plain.parse(&buffer).err().expect("no script");
        let column = text.lines().last().and_then(|line| line.find("bogus")).expect("it is there") + 1;
        assert_eq!((error.line, error.column), (2, column as u32), "{text}: {error}");
        let first = format!("(func {before} (i32.cosnt 0) (nop nop))");
        let prepared = Source::text(first.clone().into()).prepare(&language);
        assert!(
            matches!(&prepared, PreparedModule::Rejected(Phase::Malformed, message) if message.is("unknown operator")),
            "{first}: {prepared:?}"
        );
    }
}

/// Characters that change the direction of text are characters like any others: in a script, in quoted text, and before an error
/// in either.
#[test]
fn confusing_characters_are_text() {
    let language = Language::of(Spec::Latest);
    for text in ["\u{202e}", "\u{2066}x\u{2069}", "\u{200f}"] {
        let module = format!("(module (@custom \"{text}\" \"\") (func (export \"{text}\"))) ;; {text}");
        for custom in [false, true] {
            let source = Source { custom, ..Source::text(module.clone().into()) };
            let prepared = { source }.prepare(&language);
            assert!(matches!(&prepared, PreparedModule::Module(m) if m.export(text).is_some()), "{prepared:?}");
        }
        let wrong = format!("(func (export \"{text}\") (i32.cosnt 0) (nop nop))");
        let found = Source::text(wrong.into()).prepare(&language);
        assert!(
            matches!(&found, PreparedModule::Rejected(Phase::Malformed, message) if message.is("unknown operator")),
            "the first problem: {found:?}"
        );
        let buffer = lex(&module).expect("tokens");
        assert_eq!(parse(&buffer, &module).expect("a script").len(), 1);
    }
}

#[test]
fn a_script_with_a_misplaced_token_is_none() {
    let error = plain("(module)\n(module (func (nop\n nop)))", &Language::of(Spec::Latest)).expect_err("no script");
    assert_eq!((error.line, error.column), (3, 2), "{error}");
    assert!(error.message.starts_with("unexpected token"), "{error}");
}

#[test]
fn components_are_stepped_over() {
    let text = r#"(component (nonsense 1 "x" (y)))
            (component definition $d (z))
            (component instance $i $d)
            (assert_invalid (component quote "(") "wrong")
            (assert_return (invoke "a" (u8.const 1)))
            (assert_return (invoke $i "b" (list.const (u8.const 1) (str.const ")"))) (option.none))
            (assert_return (invoke "c" (i32.const 1)) (result.ok (u8.const 1)))
            (assert_return (invoke "d" (i32.const 1)) (i32.const 1))"#;
    let buffer = lex(text).expect("tokens");
    let script = parse(&buffer, text).expect("a script");
    let unsupported =
        |step: &ScriptStep<'_>| matches!(&step.action, Action::Unsupported(what) if what == "component-model");
    let steps: Vec<bool> = script.iter().map(unsupported).collect();
    assert_eq!(steps, [false, false, false, false, true, true, false, false]);
    // If a call can be made, only its results are not judged.
    assert!(matches!(&script[6].action, Action::Invoke { name, .. } if name == "c"));
    assert_eq!(script[6].expect, Expect::Unjudged("component-model".into()));
    // A word that does not belong to components is still an error.
    for wrong in [r#"(assert_return (invoke "a" (u9.const 1)))"#, r#"(invoke "a") (modul)"#] {
        let buffer = lex(wrong).expect("tokens");
        assert!(parse(&buffer, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn errors_have_a_place() {
    for wrong in ["(assert_nothing)", "(module (bogus))", "(module definition (bogus))", "(assert_trap (bogus) \"\")"] {
        let text = format!("(module)\n\n  {wrong}");
        let buffer = lex(&text).expect("tokens");
        let error = parse(&buffer, &text).err().expect("no script");
        assert_eq!(error.line, 3, "{error}");
    }
}

/// Tests the bits of literals, as expected results and as arguments.
#[test]
fn literals_have_these_bits() {
    use crate::conformance::outcome::numbers::VectorShape;
    use crate::conformance::outcome::pattern::{Lane, Pattern};
    let read = |text: &str| {
        let script = format!("(assert_return (invoke \"f\" {text}) {text})");
        let plain = plain(&script, &Language::of(Spec::Latest)).expect(text);
        let buffer = lex(&plain).expect(text);
        let mut steps = parse(&buffer, &plain).unwrap_or_else(|e| panic!("{text}: {e}"));
        let step = steps.remove(0);
        match (step.action, step.expect) {
            (Action::Invoke { args, .. }, Expect::Values(patterns)) => (args[0], patterns[0].clone()),
            other => panic!("{other:?}"),
        }
    };
    for (literal, bits) in [
        ("0", 0),
        ("-1", u32::MAX),
        ("4294967295", u32::MAX),
        ("0xffff_ffff", u32::MAX),
        ("-0x80000000", 1 << 31),
        ("-2147483648", 1 << 31),
        ("+1_000", 1000),
    ] {
        assert_eq!(read(&format!("(i32.const {literal})")), (Arg::I32(bits), Pattern::I32(bits)), "{literal}");
    }
    for (literal, bits) in [("-1", u64::MAX), ("18446744073709551615", u64::MAX), ("-0x8000_0000_0000_0000", 1 << 63)] {
        assert_eq!(read(&format!("(i64.const {literal})")), (Arg::I64(bits), Pattern::I64(bits)), "{literal}");
    }
    for (literal, single, double) in [
        ("0", 0, 0),
        ("-0", 1 << 31, 1 << 63),
        ("1", 0x3f80_0000, 0x3ff0 << 48),
        ("-1.5e0", 0xbfc0_0000, 0xbff8 << 48),
        ("inf", 0x7f80_0000, 0x7ff0 << 48),
        ("-inf", 0xff80_0000, 0xfff0 << 48),
        ("nan", 0x7fc0_0000, 0x7ff8 << 48),
        ("-nan", 0xffc0_0000, 0xfff8 << 48),
        ("nan:0x1", 0x7f80_0001, 0x7ff0_0000_0000_0001),
        ("-nan:0x7fffff", 0xffff_ffff, 0xfff0_0000_007f_ffff),
        ("nan:0x400000", 0x7fc0_0000, 0x7ff0_0000_0040_0000),
        ("0x1p-149", 1, 0x36a0 << 48),
        ("0x1.fffffep127", 0x7f7f_ffff, 0x47ef_ffff_e000_0000),
        ("0x1.000001p0", 0x3f80_0000, 0x3ff0_0000_1000_0000),
        ("0x1.000003p0", 0x3f80_0002, 0x3ff0_0000_3000_0000),
        ("0x1.00000100000000001p0", 0x3f80_0001, 0x3ff0_0000_1000_0000),
    ] {
        let (arg, pattern) = read(&format!("(f32.const {literal})"));
        assert_eq!((arg, pattern), (Arg::F32(single), Pattern::F32(Lane::Bits(single.into()))), "{literal}");
        let (arg, pattern) = read(&format!("(f64.const {literal})"));
        assert_eq!((arg, pattern), (Arg::F64(double), Pattern::F64(Lane::Bits(double))), "{literal}");
    }
    assert_eq!(read("(f32.const -1e-46)").0, Arg::F32(1 << 31), "too small for the type");
    // A lane each, the first one in the lowest bits.
    for (shape, literals, lanes) in [
        (
            VectorShape::I8x16,
            "-1 255 127 -128 0 1 2 3 4 5 6 7 8 9 10 0x80",
            vec![255, 255, 127, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 128],
        ),
        (VectorShape::I16x8, "-1 65535 -32768 32767 0 1 2 0x8000", vec![65535, 65535, 32768, 32767, 0, 1, 2, 32768]),
        (VectorShape::I32x4, "-1 4294967295 -2147483648 1", vec![0xffff_ffff, 0xffff_ffff, 0x8000_0000, 1]),
        (VectorShape::I64x2, "-1 1", vec![u64::MAX, 1]),
        (VectorShape::F32x4, "-0 nan:0x1 inf 1", vec![0x8000_0000, 0x7f80_0001, 0x7f80_0000, 0x3f80_0000]),
        (VectorShape::F64x2, "-nan 1", vec![0xfff8 << 48, 0x3ff0 << 48]),
    ] {
        let width = shape.lane_bits();
        let whole = lanes.iter().enumerate().fold(0, |v, (i, lane)| v | u128::from(*lane) << (i as u32 * width));
        let expected = Pattern::V128(shape, lanes.into_iter().map(Lane::Bits).collect());
        assert_eq!(read(&format!("(v128.const {} {literals})", shape.name())), (Arg::V128(whole), expected));
    }
}

/// Tests every form of an expected result.
#[test]
fn expected_results_are_read_as_they_are_written() {
    use crate::conformance::outcome::numbers::VectorShape;
    use crate::conformance::outcome::pattern::{Hierarchy as H, Lane, Pattern as P};
    let lanes = |list: &[Lane]| list.to_vec();
    let (canonical, arithmetic) = (Lane::Canonical, Lane::Arithmetic);
    let mut forms = vec![
        ("(f32.const nan:canonical)".to_string(), P::F32(canonical)),
        ("(f32.const nan:arithmetic)".into(), P::F32(arithmetic)),
        ("(f64.const nan:canonical)".into(), P::F64(canonical)),
        ("(f64.const nan:arithmetic)".into(), P::F64(arithmetic)),
        (
            "(v128.const f32x4 nan:canonical 0 nan:arithmetic 1)".into(),
            P::V128(VectorShape::F32x4, lanes(&[canonical, Lane::Bits(0), arithmetic, Lane::Bits(0x3f80_0000)])),
        ),
        (
            "(v128.const f64x2 0 nan:arithmetic)".into(),
            P::V128(VectorShape::F64x2, lanes(&[Lane::Bits(0), arithmetic])),
        ),
        ("(ref.null)".into(), P::RefNull(None)),
        ("(ref.null 0)".into(), P::RefNullDefined),
        ("(ref.extern)".into(), P::RefExtern(None)),
        ("(ref.extern 7)".into(), P::RefExtern(Some(7))),
        ("(ref.host 7)".into(), P::RefHost(7)),
        ("(ref.func)".into(), P::RefFunc(None)),
        ("(ref.func 7)".into(), P::RefFunc(Some(7))),
        ("(ref.any)".into(), P::RefAny),
        ("(ref.eq)".into(), P::RefEq),
        ("(ref.array)".into(), P::RefArray),
        ("(ref.struct)".into(), P::RefStruct),
        ("(ref.i31)".into(), P::RefI31),
        ("(ref.i31_shared)".into(), P::RefI31Shared),
        ("(ref.exn)".into(), P::RefExn),
        ("(ref.cont)".into(), P::RefCont),
        (
            "(either (i32.const 1) (ref.null) (i64.const 2))".into(),
            P::Either(vec![P::I32(1), P::RefNull(None), P::I64(2)]),
        ),
    ];
    let heaps = [
        (H::Func, &["func", "nofunc"][..]),
        (H::Extern, &["extern", "noextern"]),
        (H::Any, &["any", "eq", "i31", "struct", "array", "none"]),
        (H::Exn, &["exn", "noexn"]),
        (H::Cont, &["cont", "nocont"]),
    ];
    for (hierarchy, names) in heaps {
        forms.extend(names.iter().map(|name| (format!("(ref.null {name})"), P::RefNull(Some(hierarchy)))));
    }
    for (text, expected) in forms {
        let script = format!("(assert_return (invoke \"f\") {text})");
        let buffer = lex(&script).expect("tokens");
        let step = parse(&buffer, &script).unwrap_or_else(|e| panic!("{text}: {e}")).remove(0);
        assert_eq!(step.expect, Expect::Values(vec![expected]), "{text}");
    }
}

/// Tests every form of a directive: its text, its action, whether it has a module whose annotations count, and the expectation.
#[test]
fn directives_are_steps() {
    let name = |text: &str| Some(text.to_string());
    let invoke = || Action::Invoke { module: None, name: "f".into(), args: vec![] };
    let get = |module| Action::Get { module, global: "g".into() };
    let meta = |word: &str| Action::Unsupported(format!("the interpreter's command `{word}`"));
    let table: Vec<(&str, &str, Action, Option<bool>, Expect)> = vec![
        ("(module $m (func))", "module m", Action::Module { name: name("m") }, Some(false), Expect::Success),
        ("(module $n quote \"x\")", "module n", Action::Module { name: name("n") }, Some(false), Expect::Success),
        (
            "(module definition $d)",
            "module definition d",
            Action::Definition { name: name("d") },
            Some(false),
            Expect::Success,
        ),
        (
            "(module definition $q quote \"x\" \"y\")",
            "module definition q",
            Action::Definition { name: name("q") },
            Some(false),
            Expect::Success,
        ),
        (
            "(module instance $i $d)",
            "module instance i",
            Action::Instance { instance: name("i"), module: name("d") },
            None,
            Expect::Success,
        ),
        (
            "(module instance $d)",
            "module instance",
            Action::Instance { instance: None, module: name("d") },
            None,
            Expect::Success,
        ),
        (
            "(module instance)",
            "module instance",
            Action::Instance { instance: None, module: None },
            None,
            Expect::Success,
        ),
        (
            "(register \"r\" $m)",
            "register r",
            Action::Register { name: "r".into(), module: name("m") },
            None,
            Expect::Success,
        ),
        ("(register \"\")", "register", Action::Register { name: String::new(), module: None }, None, Expect::Success),
        (
            "(invoke $m \"f\" (i32.const 1) (i64.const 2))",
            "invoke f",
            Action::Invoke { module: name("m"), name: "f".into(), args: vec![Arg::I32(1), Arg::I64(2)] },
            None,
            Expect::Success,
        ),
        ("(get $m \"g\")", "get g", get(name("m")), None, Expect::Success),
        ("(assert_return (get \"g\"))", "assert_return g", get(None), None, Expect::Values(vec![])),
        ("(assert_trap (invoke \"f\") \"t\")", "assert_trap f", invoke(), None, Expect::Trap("t".into())),
        (
            "(assert_trap (module $m) \"u\")",
            "assert_trap module",
            Action::Anonymous,
            Some(false),
            Expect::Trap("u".into()),
        ),
        (
            "(assert_trap (module instance $i $d) \"v\")",
            "assert_trap module",
            Action::AnonymousInstance { module: name("d") },
            None,
            Expect::Trap("v".into()),
        ),
        (
            "(assert_exhaustion (invoke \"f\") \"e\")",
            "assert_exhaustion f",
            invoke(),
            None,
            Expect::Exhaustion("e".into()),
        ),
        (
            "(assert_suspension (invoke \"f\") \"s\")",
            "assert_suspension f",
            invoke(),
            None,
            Expect::Suspension("s".into()),
        ),
        ("(assert_exception (invoke \"f\"))", "assert_exception f", invoke(), None, Expect::Exception),
        (
            "(assert_malformed (module quote \"x\") \"m\")",
            "assert_malformed",
            Action::Check,
            Some(false),
            Expect::Malformed("m".into()),
        ),
        ("(assert_invalid (module) \"i\")", "assert_invalid", Action::Check, Some(false), Expect::Invalid("i".into())),
        (
            "(assert_malformed_custom (module) \"c\")",
            "assert_malformed_custom",
            Action::Check,
            Some(true),
            Expect::MalformedCustom("c".into()),
        ),
        (
            "(assert_invalid_custom (module) \"d\")",
            "assert_invalid_custom",
            Action::Check,
            Some(true),
            Expect::InvalidCustom("d".into()),
        ),
        (
            "(assert_unlinkable (module) \"l\")",
            "assert_unlinkable",
            Action::Anonymous,
            Some(false),
            Expect::Unlinkable("l".into()),
        ),
        ("(wait $t)", "wait t", Action::Wait { thread: "t".into() }, None, Expect::Success),
        ("(input $x \"y\" (z))", "input", meta("input"), None, Expect::Success),
        ("(output)", "output", meta("output"), None, Expect::Success),
        ("(script $s quote \"(module)\")", "script", meta("script"), None, Expect::Success),
    ];
    let text: String = table.iter().map(|(text, ..)| format!("{text}\n")).collect();
    let buffer = lex(&text).expect("tokens");
    let steps = parse(&buffer, &text).expect("a script");
    assert_eq!(steps.len(), table.len());
    for (i, (step, (written, text, action, custom, expect))) in steps.iter().zip(&table).enumerate() {
        assert_eq!((&step.index, step.line), (&i.to_string(), i as u32 + 1), "{written}");
        assert_eq!((step.text.as_str(), &step.action, &step.expect), (*text, action, expect), "{written}");
        assert_eq!(step.source.as_ref().map(|source| source.custom), *custom, "{written}");
    }
}

/// The fields of a module without the parentheses around them are a script, which begins where the text does.
#[test]
fn fields_alone_are_a_module() {
    let text = "\n(func (export \"f\"))\n(memory 1)";
    let buffer = lex(text).expect("tokens");
    let mut steps = parse(&buffer, text).expect("a script");
    let seen: Vec<_> = steps.iter().map(|s| (&s.index[..], s.line, &s.text[..], s.action.clone())).collect();
    assert_eq!(seen, [("0", 1, "module", Action::Module { name: None })]);
    let source = steps[0].source.as_mut().expect("a module");
    let prepared = source.prepare(&Language::of(Spec::Latest));
    assert!(matches!(&prepared, PreparedModule::Module(m) if m.export("f").is_some()), "{prepared:?}");
}

/// An offset is on the line that ends with the next line break.
#[test]
fn lines_begin_behind_line_breaks() {
    let lines = Lines::of("a\n\nb");
    assert_eq!([0, 1, 2, 3].map(|offset| lines.line(offset)), [1, 1, 2, 3]);
}

#[test]
fn what_is_no_script_has_a_problem_at_a_place() {
    for (text, line, column, message) in [
        ("", 1, 1, "the script has no directives, so nothing would be judged"),
        (" ;; nothing\n", 1, 1, "the script has no directives, so nothing would be judged"),
        ("(1)", 1, 2, "expected a directive"),
        ("(module)\n  (assert_nothing)", 2, 4, "unknown directive `assert_nothing`"),
        ("(assert_malformed (module instance $a) \"\")", 1, 19, "expected a module, not an instance"),
        ("(assert_return (bogus))", 1, 17, "expected `invoke`, `get` or `module`"),
    ] {
        let buffer = lex(text).expect("tokens");
        let error = parse(&buffer, text).err();
        assert_eq!(error, Some(ScriptError { line, column, message: message.into() }), "{text}");
    }
    for wrong in [
        "(assert_return (invoke \"f\") (either))",
        "(assert_return (invoke \"f\" (i32.const (u8.const 1))))",
        "(thread $t (shared (definition $m)))",
        "(assert_unlinkable (module definition (func)) \"\")",
        "(input (x)",
    ] {
        let buffer = lex(wrong).expect("tokens");
        assert!(parse(&buffer, wrong).is_err(), "{wrong}");
    }
}

/// This holds for any tokens in a component.
#[test]
fn tokens_of_components_are_stepped_over() {
    let text = r#"(component $c $x "y" 5 1.5 ] (@custom "z") (a (b) (c)) d)
            (invoke "f" (i32.const 1) (u8.const 1))
            (assert_return (invoke "g" (i32.const 1)) (either (i32.const 1) (u8.const 1)))
            (module $m)"#;
    let buffer = lex(text).expect("tokens");
    let steps = parse(&buffer, text).expect("a script");
    let seen: Vec<_> = steps.iter().map(|s| (s.text.as_str(), s.action.clone(), s.expect.clone())).collect();
    assert_eq!(
        seen,
        [
            ("module c", Action::Module { name: Some("c".into()) }, Expect::Success),
            ("invoke f", Action::Unsupported("component-model".into()), Expect::Success),
            (
                "assert_return g",
                Action::Invoke { module: None, name: "g".into(), args: vec![Arg::I32(1)] },
                Expect::Unjudged("component-model".into())
            ),
            ("module m", Action::Module { name: Some("m".into()) }, Expect::Success),
        ]
    );
}

#[test]
fn names_clash_with_those_of_their_kind() {
    let text = "(module $m)
            (module definition $m)
            (module instance $m $m)
            (module definition $d)
            (module instance $d $d)
            (module $d)
            (thread $t (module $m) (module $m) (thread $t) (thread $v))
            (thread $m)
            (thread $u (thread $v (thread $t) (thread $w (module) (thread $v))))
            (module) (module definition) (module instance)";
    let buffer = lex(text).expect("tokens");
    let steps = parse(&buffer, text).expect("a script");
    let found = |language: &Language| {
        let mut found: Vec<(String, String)> =
            clashes(&steps, language).into_iter().map(|(at, what)| (steps[at].index.clone(), what)).collect();
        found.sort();
        found
    };
    let wanted = [
        ("1", "module $m is already defined"),
        ("2", "instance $m is already defined"),
        ("5", "module $d is already defined"),
        ("6.1", "module $m is already defined"),
        ("6.2", "thread $t is already defined"),
        ("8.0.0", "thread $t is already defined"),
        ("8.0.1.1", "thread $v is already defined"),
    ]
    .map(|(index, what)| (index.to_string(), what.to_string()));
    for spec in [Spec::V3, Spec::Latest] {
        assert_eq!(found(&Language::of(spec)), wanted, "{spec:?}");
    }
    assert_eq!(found(&Language::in_dialect(Dialect::WasmTools)), wanted);
    let text = r#"(module $"a\nb") (module $"a\nb")"#;
    let buffer = lex(text).expect("tokens");
    let twice = clashes(&parse(&buffer, text).expect("a script"), &Language::of(Spec::Latest));
    assert_eq!(twice[&1], r"module $a\nb is already defined", "a name ends no line");
    let older = [Spec::Mvp, Spec::V1, Spec::V2].map(Language::of);
    for language in older.iter().chain([&Language::in_dialect(Dialect::Wasmtime)]) {
        assert!(found(language).is_empty(), "{language:?}");
    }
}

#[test]
fn texts_of_components_and_of_nothing_are_known() {
    for (text, blank, component) in [
        ("", true, false),
        (" ;; x\n(; (component) ;)\n", true, false),
        ("(; ", false, false),
        (" x ", false, false),
        ("(component)", false, true),
        (" ;; x\n( (; y ;) component $c", false, true),
        ("(", false, false),
        ("component", false, false),
        (") component", false, false),
        ("((component))", false, false),
        ("(module)", false, false),
    ] {
        assert_eq!((is_blank(text), text::is_component(text)), (blank, component), "{text:?}");
    }
}

/// Tests the binary form, and whether it was encoded from text.
#[test]
fn modules_have_a_binary_form() {
    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";
    let binary = "(module binary \"\\00asm\" \"\\01\\00\\00\\00\")";
    let (spec, tools) = (Language::of(Spec::Latest), Language::in_dialect(Dialect::WasmTools));
    let of = |mut source: Source<'_>, language: &Language| source.encoded(language).ok();
    let text = |text: &str| Source::text(text.into());
    assert_eq!(of(text(""), &spec), Some((EMPTY.into(), true)));
    assert_eq!(of(text(" ;; nothing"), &spec), Some((EMPTY.into(), true)));
    assert_eq!(of(text("(module)"), &spec), Some((EMPTY.into(), true)));
    assert_eq!(of(Source::binary(vec![1, 2]), &spec), Some((vec![1, 2], false)));
    // Only the specification's grammar has no binary modules in quoted text.
    assert_eq!((of(text(binary), &spec), of(text(binary), &tools)), (None, Some((EMPTY.into(), false))));
    assert!(!Source::binary(vec![]).custom && !text("").custom && text("").with_custom().custom);
}

/// Tests an import after a definition, and an annotation that cannot be read, in the dialects.
#[test]
fn rejections_of_texts_depend_on_the_dialect() {
    let prepared = |text: &str, dialect| match Source::text(text.into()).prepare(&Language::in_dialect(dialect)) {
        PreparedModule::Module(_) => None,
        PreparedModule::Rejected(phase, rejection) => Some((phase, rejection.text)),
        other => panic!("{text}: {other:?}"),
    };
    let malformed = |text: &str| Some((Phase::Malformed, text.to_string()));
    let tag = "(tag) (import \"a\" \"b\" (func))";
    assert_eq!(prepared(tag, Dialect::Spec), malformed("import after tag definition"));
    assert_eq!(prepared(tag, Dialect::WasmTools), None);
    let func = "(func) (import \"a\" \"b\" (func))";
    for dialect in [Dialect::Spec, Dialect::WasmTools] {
        assert_eq!(prepared(func, dialect), malformed("import after function definition"), "{dialect:?}");
    }
    assert_eq!(
        prepared("(@custom)", Dialect::Spec),
        Some((Phase::MalformedCustom, "@custom annotation: missing section name".to_string()))
    );
    let refused = prepared("(@custom)", Dialect::WasmTools);
    assert!(matches!(refused, Some((Phase::Malformed, _))), "{refused:?}");
}

/// A function without a type has the first type of its signature that is final and has no supertype; in the
/// dialects of other engines, the first one.
#[test]
fn functions_without_a_type_have_a_closed_one() {
    let type_of_function = |text: &str, dialect| {
        let (bytes, _) = Source::text(text.into()).encoded(&Language::in_dialect(dialect)).expect("a module");
        let functions = wasmparser::Parser::new(0).parse_all(&bytes).find_map(|payload| match payload {
            Ok(wasmparser::Payload::FunctionSection(section)) => Some(section),
            _ => None,
        });
        functions.and_then(|section| section.into_iter().next()).expect("a function").expect("its type")
    };
    for (text, spec, tools) in [
        ("(type (func)) (func)", 0, 0),
        ("(type (sub (func))) (func)", 1, 0),
        ("(type (sub final (func))) (func)", 0, 0),
        ("(type (sub (func))) (type (func)) (func)", 1, 0),
        ("(type $a (sub (func))) (type (sub final $a (func))) (func)", 2, 0),
        ("(type (sub (func (param i32)))) (type (func)) (func)", 1, 1),
    ] {
        let found = [Dialect::Spec, Dialect::WasmTools].map(|dialect| type_of_function(text, dialect));
        assert_eq!(found, [spec, tools], "{text}");
    }
}
