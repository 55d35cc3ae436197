//! Decoding under bad input, and against wasmparser's own reading of the same bytes.

use super::*;
use proptest::prelude::*;
use wasmparser::Validator;

fn encode(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Returns a module with every section and many kinds of immediates.
fn everything() -> Vec<u8> {
    encode(
        r#"(module $m
          (type $t (func (param i32 i64) (result f32 f64)))
          (import "a" "f" (func $i (type $t))) (import "a" "t" (table 1 funcref)) (import "a" "m" (memory 1 2))
          (import "a" "g" (global (mut i64))) (import "a" "e" (tag (param i32)))
          (table $tab 3 externref) (memory 2) (tag $e (param i64)) (global $g i32 (i32.add (i32.const 1) (i32.const 2)))
          (export "x" (func $f)) (export "y" (memory 1)) (export "z" (table 1)) (start $s)
          (elem $el (i32.const 0) $f $s) (elem $p funcref (ref.func $f) (ref.null func)) (elem declare func $s)
          (data $d (i32.const 0) "abc") (data $q "def")
          (func $f (type $t) (local v128 f32)
            (block $c (try_table (catch_all $c) (throw $e (i64.const 7))))
            (drop (block $l (result i32) (i32.const 1) (br_table $l $l $l (i32.const -1))))
            (memory.init $q (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop $d)
            (table.copy 0 0 (i32.const 0) (i32.const 0) (i32.const 0))
            (f32.const 1.5) (f64.load offset=8 align=4 (i32.const 0)))
          (func $s (drop (call_indirect (result i32) (i32.const 0))) (return_call $s)))"#,
    )
}

/// Checks that `Module::new` and wasmparser's validator agree on whether these bytes are a module.
fn agree(bytes: &[u8], features: WasmFeatures) {
    let ours = Module::new(bytes, features);
    let theirs = Validator::new_with_features(features).validate_all(bytes);
    match (&ours, &theirs) {
        (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
        _ => panic!("ours {:?}, theirs {:?}", ours.err(), theirs.err()),
    }
    agree_lazily(bytes, features);
}

/// Checks that a module is refused alike if its bodies are validated later. Returns whether that found the error.
fn agree_lazily(bytes: &[u8], features: WasmFeatures) -> bool {
    let at_once = Module::new(bytes, features).map(drop);
    let module = Module::new_within(bytes, features, ReadLimits { lazily: true, ..ReadLimits::default() });
    let found_late = module.is_ok();
    let lazily: Vec<DecodeError> = match module {
        Ok(module) => {
            let bodies = (0..module.bodies.len() as u32).map(BodyIndex);
            let errors: Vec<_> = bodies.filter_map(|body| module.validate_body(body, &|| false).err()).collect();
            let noted = module.error_found_late().map(ToString::to_string);
            assert_eq!(errors.first().map(ToString::to_string), noted);
            errors
        }
        Err(error) => vec![error],
    };
    let Err(error) = at_once else {
        assert!(lazily.is_empty(), "{lazily:?}");
        return false;
    };
    // If one body cannot be read, an earlier one may already be invalid.
    let first =
        if error.phase == Phase::Malformed { lazily.iter().find(|e| e.phase == error.phase) } else { lazily.first() };
    assert_eq!(first.map(ToString::to_string), Some(error.to_string()), "{lazily:?}");
    found_late
}

/// All modules of the suite: those that are valid, and those that must be refused.
#[test]
fn the_suite_is_refused_alike_lazily() {
    let (mut modules, mut late) = (0, 0);
    for file in spec_tests::files() {
        let mut lexer = wast::lexer::Lexer::new(file.text);
        lexer.allow_confusing_unicode(true);
        let Ok(buffer) = wast::parser::ParseBuffer::new_with_lexer(lexer) else { continue };
        let Ok(script) = wast::parser::parse::<wast::Wast<'_>>(&buffer) else { continue };
        for directive in script.directives {
            let (wast::WastDirective::Module(mut module)
            | wast::WastDirective::AssertInvalid { mut module, .. }
            | wast::WastDirective::AssertMalformed { mut module, .. }) = directive
            else {
                continue;
            };
            let Ok(bytes) = module.encode() else { continue };
            modules += 1;
            late += usize::from(agree_lazily(&bytes, WasmFeatures::all()));
            _ = agree_lazily(&bytes, WasmFeatures::WASM1);
            _ = agree_lazily(&bytes, WasmFeatures::WASM2);
        }
    }
    assert!(modules > 5000 && late > 2000, "{modules} modules, {late} errors in bodies");
}

/// A type spelled as in later versions, which wasmparser reads in any version: at once or lazily, in each version like in the
/// others.
#[test]
fn a_later_spelling_is_refused_in_each_version_before() {
    // A function whose local is `(ref null func)`, spelled out.
    let bytes =
        [&b"\0asm\x01\0\0\0"[..], &[1, 4, 1, 0x60, 0, 0], &[3, 2, 1, 0], &[10, 7, 1, 5, 1, 1, 0x63, 0x70, 0x0b]]
            .concat();
    for (features, expected) in
        [(WasmFeatures::WASM1, false), (WasmFeatures::WASM2, false), (WasmFeatures::WASM3, true)]
    {
        agree_lazily(&bytes, features);
        assert_eq!(Module::new(&bytes, features).is_ok(), expected, "{features:?}");
    }
    let table = [&b"\0asm\x01\0\0\0"[..], &[4, 5, 1, 0x63, 0x70, 0, 1]].concat();
    for (features, expected) in
        [(WasmFeatures::WASM1, false), (WasmFeatures::WASM2, false), (WasmFeatures::WASM3, true)]
    {
        agree_lazily(&table, features);
        assert_eq!(Module::new(&table, features).is_ok(), expected, "{features:?}");
    }
}

#[test]
fn indices_and_bodies() {
    let module = Module::new(&everything(), WasmFeatures::all()).unwrap();
    assert_eq!((module.num_imported_functions, module.num_defined_functions()), (1, 2));
    assert_eq!((module.functions.len(), module.tables.len(), module.memories.len(), module.tags.len()), (3, 2, 2, 2));
    assert_eq!(module.export("x").map(|e| (e.kind, e.index)), Some((ExternKind::Func, 1)));
    assert!(module.export("w").is_none());
    assert_eq!((module.name.as_deref(), module.display_name(1).as_str()), (Some("m"), "f"));
    // Two functions; a global; an offset and two items of element segments; an offset of a data segment.
    let kinds: Vec<&BodyKind> = module.bodies.iter().map(|b| &b.kind).collect();
    let funcref = BodyKind::Const(ValType::FUNCREF);
    let int = BodyKind::Const(ValType::I32);
    assert_eq!(
        kinds,
        [&BodyKind::Function(1), &BodyKind::Function(2), &int, &int, &funcref, &funcref, &int],
        "defined functions, then constant expressions in the order of the binary"
    );
    for body in &module.bodies {
        assert_eq!(module.bytes[body.range.end - 1], 0x0b, "a body ends with `end`");
    }
    assert_eq!(module.data.iter().map(|d| &module.bytes[d.range.clone()]).collect::<Vec<_>>(), [b"abc", b"def"]);
}

#[test]
fn every_prefix_is_malformed() {
    let whole = everything();
    for len in 0..whole.len() {
        // Cutting between sections leaves a module, though one that may lack what it refers to.
        let result = Module::new(&whole[..len], WasmFeatures::all());
        if let Err(e) = &result {
            assert!(!e.message.is_empty());
            // wasmparser's words follow ours, unless they are the same.
            let besides = e.message.split_once(" (");
            assert!(besides.is_none_or(|(text, theirs)| !theirs.starts_with(text)), "{}", e.message);
        }
        agree(&whole[..len], WasmFeatures::all());
    }
}

#[test]
fn opcodes_of_other_languages_are_illegal() {
    for (text, features, code) in [
        ("(module (func (drop (i32.extend8_s (i32.const 0)))))", WasmFeatures::WASM1, "c0"),
        (
            "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))",
            WasmFeatures::WASM1,
            "fc 0b",
        ),
        ("(module (func $f (return_call $f)))", WasmFeatures::WASM2, "12"),
        ("(module (func (param funcref) (drop (ref.as_non_null (local.get 0)))))", WasmFeatures::WASM2, "d4"),
    ] {
        let e = Module::new(&encode(text), features).unwrap_err();
        assert_eq!(e.phase, Phase::Malformed, "{e}");
        assert!(e.message.starts_with(&format!("illegal opcode {code}")), "{e}");
        assert!(Module::new(&encode(text), WasmFeatures::all()).is_ok(), "{text}");
    }
}

#[test]
fn the_first_br_table_rule() {
    let text = "(module (func (block (result f64) (block (result f32) unreachable (br_table 0 1 1 (i32.const 1))) drop
                  f64.const 0) drop))";
    assert!(Module::new(&encode(text), WasmFeatures::WASM2).is_ok());
    let e = Module::new(&encode(text), WasmFeatures::WASM1).unwrap_err();
    assert_eq!((e.phase, e.message.starts_with("type mismatch")), (Phase::Invalid, true));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// After some bytes of a module are changed, there is no panic, and the verdict is the same as wasmparser's.
    #[test]
    fn changed_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = everything();
        for (at, byte) in changes {
            let at = at.index(bytes.len() - 8) + 8;
            bytes[at] = byte;
        }
        agree(&bytes, WasmFeatures::all());
    }

    /// Arbitrary bytes after a header.
    #[test]
    fn random_bytes(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend(tail);
        agree(&bytes, WasmFeatures::all());
    }
}

#[test]
fn a_continuation_in_a_constant_is_not_supported() {
    let bytes =
        encode("(module (type $f (func)) (type $k (cont $f)) (func $f) (global (ref $k) (cont.new $k (ref.func $f))))");
    assert_eq!(Module::new(&bytes, WasmFeatures::all()).map(drop).unwrap_err().phase, Phase::Limit);
}

/// If a module of a language with garbage collection has a fault in the specification's words, it is refused: each proposal is
/// read where the language has it, and nowhere else.
#[test]
fn modules_with_a_fault_are_refused() {
    let without = [
        ("nothing", WasmFeatures::empty()),
        ("threads", WasmFeatures::THREADS),
        ("memory64", WasmFeatures::MEMORY64),
        ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
        ("exceptions", WasmFeatures::EXCEPTIONS),
        ("legacy-exceptions", WasmFeatures::LEGACY_EXCEPTIONS),
        ("stack-switching", WasmFeatures::STACK_SWITCHING),
        ("custom-descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
        ("compact-imports", WasmFeatures::COMPACT_IMPORTS),
    ];
    let (mut modules, mut faults) = (0, [0; 9]);
    let mut check = |file: &str, module: &Module| {
        if Module::new(&module.bytes, features::all()).is_err() {
            return;
        }
        modules += 1;
        for (&(name, missing), faults) in without.iter().zip(&mut faults) {
            let features = features::all() - missing;
            if let Some((fault, _)) = diagnose::diagnose(&module.bytes, features) {
                let refused = Module::new(&module.bytes, features).is_err();
                assert!(refused, "{file}, without {name}: {fault}");
                *faults += 1;
            }
        }
    };
    scripts::suite_modules(&mut check);
    scripts::extra_modules(&mut check);
    assert!(modules > 1500, "{modules}");
    assert!(faults[0] == 0 && faults[1..].iter().all(|&count| count > 0), "{faults:?} of {modules}");
}

/// In the first version, all labels of a table must have the same types, whatever structures are around it.
#[test]
fn labels_of_all_structures_are_counted() {
    for (open, close) in [
        ("block", "end"),
        ("loop", "end"),
        ("i32.const 0 if", "end"),
        ("i32.const 0 if nop else", "end"),
        ("block (result f64) f64.const 0 end drop block", "end"),
        ("loop (result i32) i32.const 0 end drop block", "end"),
        ("loop", "end block nop end"),
    ] {
        for (outer, valid) in [("f32", true), ("f64", false)] {
            let text = format!(
                "(module (func block (result {outer}) {open} block (result f32) unreachable i32.const 1 br_table 0 2 0 end drop
                   {close} unreachable end drop))"
            );
            let bytes = encode(&text);
            match Module::new(&bytes, WasmFeatures::WASM1) {
                Ok(_) => assert!(valid, "{text}"),
                Err(e) => {
                    assert!(!valid && e.phase == Phase::Invalid, "{text}: {e}");
                    let message = "type mismatch: br_table target labels have different types";
                    assert_eq!((&e.message[..], bytes[e.offset]), (message, 0x0e), "{text}");
                }
            }
            assert!(Module::new(&bytes, WasmFeatures::WASM2).is_ok(), "{text}");
        }
    }
    // A loop's label takes no values, and the function's takes its results.
    let text =
        "(module (func (result f64) loop (result f32) block unreachable i32.const 1 br_table LABELS end unreachable end
                  drop f64.const 0))";
    for labels in ["0 1 0", "1 0 1", "2 2"] {
        assert!(Module::new(&encode(&text.replace("LABELS", labels)), WasmFeatures::WASM1).is_ok(), "{labels}");
    }
}

/// Before version 2.0, the label of a loop with a function type takes its parameters, and the label of any other structure
/// takes its results.
#[test]
fn labels_of_function_types_are_counted() {
    let features = WasmFeatures::WASM1 | WasmFeatures::MULTI_VALUE;
    let structures = [("loop", "end", false), ("block", "end", true), ("i32.const 1 if", "else unreachable end", true)];
    for (open, close, takes_results) in structures {
        // One of its two lists is equal to that of the block around it.
        for (params, results, valid) in [("i32", "f32", !takes_results), ("f32", "i32", takes_results)] {
            for labels in ["0 1", "1 0", "0 1 0", "1 1 0"] {
                let text = format!(
                    "(module (func block (result i32) unreachable {open} (param {params}) (result {results})
                       unreachable i32.const 1 br_table {labels} {close} unreachable end drop))"
                );
                match Module::new(&encode(&text), features) {
                    Ok(_) => assert!(valid, "{text}"),
                    Err(e) => {
                        let message = "type mismatch: br_table target labels have different types";
                        assert!(!valid && e.phase == Phase::Invalid, "{text}: {e}");
                        assert_eq!(e.message, message, "{text}");
                    }
                }
                assert!(Module::new(&encode(&text), WasmFeatures::WASM2).is_ok(), "{text}");
            }
        }
    }
}

/// Each function has its own hints, in the order of their offsets, at its branches.
#[test]
fn branch_hints_are_those_of_their_function() {
    let hinted = |likely: u8| format!("(@metadata.code.branch_hint \"\\0{likely}\")");
    let (yes, no) = (hinted(1), hinted(0));
    let text = format!(
        "(module (import \"\" \"\" (func))
           (func (param i32) local.get 0 if end)
           (func (param i32) local.get 0 {no} if end)
           (func (param i32) block local.get 0 {yes} br_if 0 local.get 0 {no} br_if 0 end local.get 0 {yes} if end)
           (func)
           (func (param i32) local.get 0 {yes} if end)
           (func (param i32) local.get 0 if end))"
    );
    let module = Module::new(&encode(&text), WasmFeatures::all()).unwrap();
    let hints = |func: u32| {
        let body = module.function_body(func).and_then(|body| Some(module.bodies.get(body.0 as usize)?.range.start));
        let hints = module.branch_hints(func).iter().map(|hint| {
            assert_eq!(hint.function, func);
            (module.bytes[body.expect("a body") + hint.offset as usize], hint.likely)
        });
        hints.collect::<Vec<_>>()
    };
    let (if_, br_if) = (0x04, 0x0d);
    let all: Vec<_> = (0..8).map(hints).collect();
    let third = vec![(br_if, true), (br_if, false), (if_, true)];
    assert_eq!(all, [vec![], vec![], vec![(if_, false)], third, vec![], vec![(if_, true)], vec![], vec![]]);
    assert!(module.branch_hints(3).is_sorted_by_key(|hint| hint.offset));
}

/// There may be several hint sections, in any order.
#[test]
fn branch_hints_of_all_sections_are_in_order() {
    let mut bytes = encode("(module (func) (func))");
    // For each function, the offset of a hint that its condition holds.
    for section in [&[(1, 5)][..], &[(0, 3), (1, 2)], &[(1, 5), (1, 3)]] {
        // Hints of adjacent functions may have the same offset.
        let mut data = vec![section.len() as u8];
        section.iter().for_each(|&(function, offset)| data.extend([function, 1, offset, 1, 1]));
        let section = wasm_encoder::CustomSection { name: "metadata.code.branch_hint".into(), data: data.into() };
        wasm_encoder::Section::append_to(&section, &mut bytes);
    }
    let module = Module::new(&bytes[..], WasmFeatures::all()).unwrap();
    let offsets = |func| module.branch_hints(func).iter().map(|hint| hint.offset).collect::<Vec<_>>();
    assert_eq!([offsets(0), offsets(1)], [vec![3], vec![2, 3, 5]]);
}

/// Declared subtypes that are not subtypes are reported by number, in the group that is wrong.
#[test]
fn wrong_subtypes_are_numbered() {
    let (func, ext) = ("(struct (field (ref null func)))", "(struct (field (ref null extern)))");
    for (types, message) in [
        ("(type $a (func)) (type (sub $a (func)))".to_string(), "sub type 1 has final super type 0"),
        (
            "(type (func)) (type $a (sub (struct (field i32)))) (type (sub $a (struct (field i64))))".into(),
            "sub type 2 does not match super type 1",
        ),
        (
            "(type $a (sub (func (param i32)))) (rec (type (sub $a (func (param i32)))) (type (sub $a (func (param i64)))))"
                .into(),
            "sub type 2 does not match super type 0",
        ),
        // References are compared if only one type of the group can be the one, whatever the next group contains.
        (
            format!("(type $a (sub {func})) (type (sub $a {ext})) (type (sub $a {func}))"),
            "sub type 1 does not match super type 0",
        ),
        (
            format!("(type $a (sub {func})) (type (sub $a {func})) (type (sub $a {ext}))"),
            "sub type 2 does not match super type 0",
        ),
        // Here it may be either of them.
        (
            format!("(type $a (sub {func})) (rec (type (sub $a {func})) (type (sub $a {ext})))"),
            "sub type must match super type",
        ),
        ("(type (func)) (rec (type (sub $b (struct))) (type $b (sub (struct))))".into(), "forward use of type 2 in sub type definition"),
        // A type is not defined before itself.
        ("(type $a (sub $a (struct)))".into(), "forward use of type 0 in sub type definition"),
        ("(type (func)) (rec (type (sub (struct))) (type $b (sub $b (struct))))".into(), "forward use of type 2 in sub type definition"),
        ("(type (func)) (type (sub 7 (func)))".into(), "unknown type 7"),
    ] {
        let e = Module::new(&encode(&format!("(module {types})")), WasmFeatures::WASM3).unwrap_err();
        assert_eq!(e.phase, Phase::Invalid, "{types}");
        assert!(e.message.starts_with(message), "{types}: {e}");
    }
}

/// Returns a module that ends with a custom section.
fn with_custom(name: &str, data: &[u8]) -> Module {
    let mut bytes = encode("(module (func $f (param i32) local.get 0 if end) (memory 1) (func))");
    let section = wasm_encoder::CustomSection { name: name.into(), data: data.into() };
    wasm_encoder::Section::append_to(&section, &mut bytes);
    Module::new(&bytes, WasmFeatures::all()).unwrap()
}

#[test]
fn custom_sections_are_checked_if_their_contents_are_known() {
    let hints = "metadata.code.branch_hint";
    // For function 0, the `if` after its operand of two bytes.
    let hint: &[u8] = &[1, 0, 1, 3, 1, 1];
    for (name, data, expected) in [
        ("anything", &[0xff; 9][..], Ok(())),
        ("", &[], Ok(())),
        ("metadata.code.branch_hints", &[0xff], Ok(())),
        (hints, hint, Ok(())),
        (hints, &[], Err((Phase::MalformedCustom, "unexpected end"))),
        (hints, &[0x80], Err((Phase::MalformedCustom, "unexpected end"))),
        (hints, &hint[..5], Err((Phase::MalformedCustom, "unexpected end"))),
        (
            hints,
            &[1, 0, 1, 1, 1, 1],
            Err((Phase::InvalidCustom, "@metadata.code.branch_hint annotation: invalid target")),
        ),
        (hints, &[1, 9, 1, 3, 1, 1], Err((Phase::InvalidCustom, "invalid function index 9"))),
    ] {
        let module = with_custom(name, data);
        let found = check_custom_sections(&module).map_err(|e| (e.phase, e.message));
        match (&found, expected) {
            (Ok(()), Ok(())) => {}
            (Err((phase, message)), Err((wanted, start))) if *phase == wanted && message.starts_with(start) => {}
            _ => panic!("{name} {data:?}: {found:?}, not {expected:?}"),
        }
    }
}

/// In a language without shared globals, their flag is a malformed mutability.
#[test]
fn shared_globals_are_of_a_proposal() {
    for text in [
        "(module (global (shared i32) (i32.const 0)))",
        "(module (import \"\" \"\" (global (shared mut i64))))",
        "(module (global (shared mut i32) (i32.const 0)))",
    ] {
        let bytes = encode(text);
        assert!(Module::new(&bytes, WasmFeatures::all()).is_ok(), "{text}");
        let e = Module::new(&bytes, WasmFeatures::all() - WasmFeatures::SHARED_EVERYTHING_THREADS).unwrap_err();
        assert_eq!((e.phase, e.message.starts_with("malformed mutability")), (Phase::Malformed, true), "{text}: {e}");
    }
}

#[test]
fn imports_are_counted_by_their_kinds() {
    let kinds = ["(func)", "(table 1 funcref)", "(memory 1)", "(global i32)", "(tag)"];
    for first in 0..5 {
        let of = |kind: usize| (kind + first) % 5;
        let imports = (0..5).map(|kind| format!("(import \"\" \"\" {})", kinds[kind]).repeat(of(kind)));
        let text = format!("(module {} (func) (table 1 funcref) (memory 1) (tag))", imports.collect::<String>());
        let module = Module::new(&encode(&text), WasmFeatures::WASM3).unwrap();
        let counted = [
            module.num_imported_functions,
            module.num_imported_tables,
            module.num_imported_memories,
            module.num_imported_globals,
            module.num_imported_tags,
        ];
        assert_eq!(counted.map(|count| count as usize), std::array::from_fn(of));
    }
}

/// Structures of exceptions, which an older language can have as well, also have labels.
#[test]
fn labels_of_exceptions_are_counted() {
    let features = WasmFeatures::WASM1 | WasmFeatures::EXCEPTIONS | WasmFeatures::LEGACY_EXCEPTIONS;
    for (open, close) in [
        ("try_table", "end"),
        ("try", "end"),
        ("try", "catch_all end"),
        ("try", "delegate 0"),
        ("try delegate 0 try_table", "end"),
        ("try nop catch_all end block", "end"),
    ] {
        for (outer, valid) in [("f32", true), ("f64", false)] {
            let text = format!(
                "(module (func block (result {outer}) {open} block (result f32) unreachable i32.const 1
                   br_table 0 2 0 end drop {close} unreachable end drop))"
            );
            let found = Module::new(&encode(&text), features).map(drop).map_err(|e| (e.phase, e.message));
            let message = "type mismatch: br_table target labels have different types".to_string();
            assert_eq!(found, if valid { Ok(()) } else { Err((Phase::Invalid, message)) }, "{text}");
        }
    }
    // Their own labels take their results.
    for (open, close) in [("try_table", "end"), ("try", "end"), ("try", "delegate 0"), ("block", "end")] {
        let text = format!(
            "(module (func block (result f32) {open} (result f32) unreachable i32.const 1
               br_table 0 1 0 {close} end drop))"
        );
        assert!(Module::new(&encode(&text), features).is_ok(), "{text}");
    }
}

/// A module's contents are those in its text, with its indices.
#[test]
fn a_module_has_what_its_text_says() {
    let text = r#"(module
      (rec (type $s (struct)) (type $f (func (param i32)))) (type $g (func))
      (import "m" "f" (func $i (type $f))) (import "n" "t" (table 1 2 externref))
      (table $t 2 funcref) (table $u i64 1 funcref (ref.null func)) (memory $n 1) (memory $w i64 1) (tag $e (type $f))
      (global $a (mut i32) (i32.const 5)) (start $h)
      (export "f" (func $i)) (export "u" (table $u)) (export "w" (memory $w)) (export "a" (global $a))
      (export "e" (tag $e))
      (elem (table $t) (i32.const 1) func $h) (elem (table $u) (i64.const 0) func $i $h)
      (elem funcref (ref.func $h)) (elem declare func $i)
      (data (memory $n) (i32.const 0) "ab") (data (memory $w) (i64.const 0) "c") (data "")
      (func $h (type $g)))"#;
    let module = Module::new(&encode(text), WasmFeatures::all()).unwrap();
    assert_eq!(module.rec_groups, [0..2, 2..3]);
    assert_eq!((module.types.len(), module.has_object_types), (3, true));
    let imports = module.imports.iter().map(|import| (&import.module[..], &import.name[..], import.ty.kind()));
    assert_eq!(imports.collect::<Vec<_>>(), [("m", "f", ExternKind::Func), ("n", "t", ExternKind::Table)]);
    assert!(matches!(module.imports[0].ty, ImportType::Func { ty: 1, exact: false }));
    assert_eq!((&module.functions[..], &module.tags[..], module.start), (&[1, 2][..], &[1][..], Some(1)));
    let exports = module.exports.iter().map(|export| (&export.name[..], export.kind, export.index));
    let expected = [
        ("f", ExternKind::Func, 0_u32),
        ("u", ExternKind::Table, 2),
        ("w", ExternKind::Memory, 1),
        ("a", ExternKind::Global, 0),
        ("e", ExternKind::Tag, 0),
    ];
    assert_eq!(exports.collect::<Vec<_>>(), expected);
    for (name, kind, index) in expected {
        assert_eq!(module.export(name).map(|export| (export.kind, export.index)), Some((kind, index)), "{name}");
    }
    let tables: Vec<_> = module.tables.iter().map(|table| (table.ty.table64, table.init)).collect();
    assert_eq!(tables, [(false, None), (false, None), (true, Some(BodyIndex(1)))]);
    assert_eq!(module.memories.iter().map(|memory| memory.memory64).collect::<Vec<_>>(), [false, true]);
    assert_eq!(module.globals.iter().map(|g| (g.ty.mutable, g.init)).collect::<Vec<_>>(), [(true, Some(BodyIndex(2)))]);
    let elements: Vec<_> = module.elements.iter().map(|e| format!("{:?} {:?}", e.items, e.mode)).collect();
    let expected = [
        "Functions([1]) Active { table: 1, offset: BodyIndex(3) }",
        "Functions([0, 1]) Active { table: 2, offset: BodyIndex(4) }",
        "Expressions([BodyIndex(5)]) Passive",
        "Functions([0]) Declared",
    ];
    assert_eq!(elements, expected);
    assert!(module.elements.iter().all(|segment| segment.ty == RefType::FUNCREF));
    let data: Vec<_> = module.data.iter().map(|data| (&module.bytes[data.range.clone()], data.active)).collect();
    let expected = [(&b"ab"[..], Some((0, BodyIndex(6)))), (b"c", Some((1, BodyIndex(7)))), (b"", None)];
    assert_eq!(data, expected);
    let bodies = module.bodies.iter().map(|body| (body.kind.clone(), &module.bytes[body.range.clone()]));
    let (int, long, reference) = (BodyKind::Const(ValType::I32), BodyKind::Const(ValType::I64), ValType::FUNCREF);
    let expected = [
        (BodyKind::Function(1), &[0_u8, 0x0b][..]),
        (BodyKind::Const(reference), &[0xd0, 0x70, 0x0b]),
        (int.clone(), &[0x41, 5, 0x0b]),
        (int.clone(), &[0x41, 1, 0x0b]),
        (long.clone(), &[0x42, 0, 0x0b]),
        (BodyKind::Const(reference), &[0xd2, 1, 0x0b]),
        (int, &[0x41, 0, 0x0b]),
        (long, &[0x42, 0, 0x0b]),
    ];
    assert_eq!(bodies.collect::<Vec<_>>(), expected);
    assert_eq!(module.body_signature(BodyIndex(0)), FuncType::new([], []));
    assert_eq!(module.body_signature(BodyIndex(4)), FuncType::new([], [ValType::I64]));
    assert_eq!(module.tag_signature(0), &FuncType::new([ValType::I32], []));
    assert_eq!((module.function_body(0), module.function_body(1)), (None, Some(BodyIndex(0))));
    for (types, has_objects) in [
        ("", false),
        ("(type (func))", false),
        ("(type (array i8)) (type (func))", true),
        ("(type (func)) (type (struct))", true),
    ] {
        let module = Module::new(&encode(&format!("(module {types})")), WasmFeatures::all()).unwrap();
        assert_eq!(module.has_object_types, has_objects, "{types}");
    }
}

/// Through any part of the type, but not through the index of a type that is shared or names one.
#[test]
fn types_name_shared_types() {
    let shared = "(ref null (shared any))";
    for (ty, names) in [
        ("(func)".to_string(), false),
        ("(func (param i32 anyref) (result (ref func)))".to_string(), false),
        (format!("(func (param i32 {shared} i32))"), true),
        (format!("(func (result i32 {shared}))"), true),
        ("(struct)".to_string(), false),
        ("(struct (field i8) (field anyref) (field v128))".to_string(), false),
        (format!("(struct (field i32) (field {shared}))"), true),
        ("(array i16)".to_string(), false),
        ("(array (ref null any))".to_string(), false),
        (format!("(array {shared})"), true),
        ("(shared (array i8))".to_string(), false),
        ("(struct (field (ref null 0)))".to_string(), false),
        ("(cont 1)".to_string(), false),
    ] {
        let text = format!("(module (type (shared (struct))) (type (func (param {shared}))) (type {ty}))");
        let module = Module::new(&encode(&text), WasmFeatures::all()).unwrap();
        assert_eq!([0, 1, 2].map(|ty| module.names_shared(ty)), [false, true, names], "{ty}");
    }
}

/// A function has its own name, or that of its first export that is not another function's name.
#[test]
fn functions_are_named_by_themselves_or_their_exports() {
    let text = r#"(module (memory 0) (memory 0) (memory 0) (memory (export "m") 0)
      (func $own) (func (export "own") (export "b") (export "d")) (func (export "a") (export "c")) (func))"#;
    let module = Module::new(&encode(text), WasmFeatures::all()).unwrap();
    assert!(!module.has_read_names());
    let names = [(0, "own"), (1, "b"), (2, "a")].map(|(index, name)| (index, name.to_string()));
    assert_eq!(module.function_names(), &HashMap::from(names));
    assert!(module.has_read_names());
    assert_eq!([0, 1, 2, 3].map(|func| module.display_name(func)), ["own", "b", "a", "func_3"]);
}

#[test]
fn long_names_are_cut_between_characters() {
    for name in ["", "f", &"x".repeat(1024), &"é".repeat(512)] {
        assert_eq!(short(name), name);
    }
    for (name, beginning) in [
        ("x".repeat(1025), "x".repeat(1024)),
        ("é".repeat(1 << 20), "é".repeat(512)),
        (format!("x{}", "é".repeat(512)), format!("x{}", "é".repeat(511))),
    ] {
        let module = Module::new(&encode(&format!("(module (func (@name \"{name}\")))")), WasmFeatures::all()).unwrap();
        assert_eq!((module.short_name(0), module.display_name(0)), (format!("{beginning}…"), name));
        assert_eq!(module.short_name(1), "func_1");
    }
}

/// The complete error of a module that is refused, at once and lazily.
#[test]
fn errors_have_their_texts_and_offsets() {
    const HEADER: &[u8] = b"\0asm\x01\0\0\0";
    let all = WasmFeatures::all();
    let no_count: &[&[u8]] =
        &[&[1, 4, 1, 0x60, 0, 0], &[3, 2, 1, 0], &[10, 7, 1, 5, 0, 0xfc, 9, 0, 0x0b], &[11, 3, 1, 1, 0]];
    let late: &[&[u8]] =
        &[&[1, 4, 1, 0x60, 0, 0], &[3, 2, 1, 0], &[4, 5, 1, 0x63, 0x70, 0, 1], &[10, 5, 1, 3, 0, 0x1a, 0x0b]];
    for (bytes, features, expected) in [
        (b"\0asm\x0d\0\x01\0".to_vec(), all, "malformed module: unknown binary version (at offset 0x4)"),
        ([HEADER, &[14, 1, 0]].concat(), all, "malformed module: malformed section id: 14 (at offset 0xa)"),
        ([HEADER, &no_count.concat()].concat(), all, "malformed module: data count section required (at offset 0x20)"),
        (
            [HEADER, &[6, 6, 1, 0x7f, 2, 0x41, 0, 0x0b]].concat(),
            WasmFeatures::WASM3,
            "malformed module: malformed mutability (at offset 0xb)",
        ),
        (
            [HEADER, &[2, 12, 2, 0, 0, 3, 0x7f, 0, 1, b'm', 0, 3, 0x7f, 2]].concat(),
            WasmFeatures::WASM3,
            "malformed module: malformed mutability (at offset 0x10)",
        ),
        (
            [HEADER, &[4, 5, 1, 0x63, 0x70, 0, 1]].concat(),
            WasmFeatures::WASM1,
            "malformed module: malformed reference type (at offset 0xb)",
        ),
        (
            [HEADER, &[1, 6, 1, 0x60, 1, 0x63, 0x70, 0]].concat(),
            WasmFeatures::WASM2,
            "malformed module: malformed reference type: no value type (at offset 0xd)",
        ),
        // The module is invalid, too; the validator reports that at the end, for a later place.
        (
            [HEADER, &late.concat()].concat(),
            WasmFeatures::WASM1,
            "malformed module: malformed reference type (type mismatch: expected a type but nothing on stack) (at offset 0x15)",
        ),
    ] {
        let error = Module::new(&bytes, features).map(drop).expect_err(expected);
        assert_eq!(error.to_string(), expected);
        agree_lazily(&bytes, features);
    }
    let over = ReadLimits { end: Some(std::time::Instant::now()), ..ReadLimits::default() };
    let error = Module::new_within(HEADER, all, over).map(drop).expect_err("the time is over");
    assert_eq!(error.to_string(), "over the time limit: reading took longer than the time limit (at offset 0x0)");
}

/// Names of each kind are read to their end.
#[test]
fn broken_names_of_all_kinds_are_found() {
    let broken: [&[u8]; 11] = [
        &[1, 3, 1, 0, 5],
        &[4, 3, 1, 0, 5],
        &[5, 3, 1, 0, 5],
        &[6, 3, 1, 0, 5],
        &[7, 3, 1, 0, 5],
        &[8, 3, 1, 0, 5],
        &[9, 3, 1, 0, 5],
        &[11, 3, 1, 0, 5],
        &[2, 5, 1, 0, 1, 0, 5],
        &[3, 5, 1, 0, 1, 0, 5],
        &[10, 5, 1, 0, 1, 0, 5],
    ];
    for data in broken {
        let mut bytes = encode("(module (func))");
        let section = wasm_encoder::CustomSection { name: "name".into(), data: data.into() };
        wasm_encoder::Section::append_to(&section, &mut bytes);
        let module = Module::new(&bytes, WasmFeatures::all()).unwrap();
        let phase = check_custom_sections(&module).map_err(|e| e.phase);
        assert_eq!(phase, Err(Phase::MalformedCustom), "{data:?}");
    }
}

/// Each part of a type affects whether it is a subtype.
#[test]
fn subtypes_match_in_all_their_parts() {
    for (above, below) in [
        ("(array i32)", "(array (mut i32))"),
        ("(array (mut i32))", "(array (mut i64))"),
        ("(struct (field i32) (field i32))", "(struct (field i32) (field i64))"),
        ("(struct (field i32) (field i32))", "(struct (field i32))"),
        ("(struct (field i8))", "(struct (field i16))"),
        ("(struct (field i32))", "(struct (field i8))"),
        ("(struct)", "(array i8)"),
        ("(func (result i32))", "(func (result i64))"),
        ("(func (param i32 i32))", "(func (param i32 i64))"),
        ("(func (param i32))", "(func (param i32 i32))"),
        ("(func (param i32 i32))", "(func (param i32))"),
        ("(func)", "(struct)"),
    ] {
        let text = format!("(module (type $a (sub {above})) (type (sub $a {below})))");
        let e = Module::new(&encode(&text), WasmFeatures::WASM3).map(drop).expect_err(&text);
        let message = "sub type 1 does not match super type 0 (sub type must match super type)";
        assert_eq!((e.phase, &e.message[..]), (Phase::Invalid, message), "{text}");
    }
}

/// Threads share modules, and a panic elsewhere leaves a module as it was.
#[test]
fn modules_are_shared_and_outlive_panics() {
    fn is_fit<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is_fit::<Module>();
}
