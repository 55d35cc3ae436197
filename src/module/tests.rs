//! Decoding under bad input, and against wasmparser's own reading of the same bytes.

use super::*;
use proptest::prelude::*;
use wasmparser::Validator;

fn encode(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A module with every section and many kinds of immediates.
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

/// Whether `Module::new` and wasmparser's validator agree that these bytes are a module.
fn agree(bytes: &[u8], features: WasmFeatures) {
    let ours = Module::new(bytes, features);
    let theirs = Validator::new_with_features(features).validate_all(bytes);
    match (&ours, &theirs) {
        (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
        _ => panic!("ours {:?}, theirs {:?}", ours.err(), theirs.err()),
    }
    agree_lazily(bytes, features);
}

/// Whether a module is refused alike if its bodies are validated later. Returns whether that found the error.
fn agree_lazily(bytes: &[u8], features: WasmFeatures) -> bool {
    let at_once = Module::new(bytes, features).map(drop);
    let module = Module::new_within(bytes, features, ReadLimits { lazily: true, ..ReadLimits::default() });
    let found_late = module.is_ok();
    let lazily = module.and_then(|module| {
        let checked = (0..module.bodies.len() as u32).try_for_each(|body| module.validate_body(BodyIndex(body)));
        assert_eq!(checked.as_ref().err().map(ToString::to_string), module.error_found_late().map(ToString::to_string));
        checked
    });
    match (at_once, lazily) {
        (Ok(()), Ok(())) => return false,
        // Where one body cannot be read, another may be first that is not valid.
        (Err(error), Err(_)) if found_late && error.phase == Phase::Malformed => {}
        (Err(error), Err(late)) => assert_eq!(late.to_string(), error.to_string()),
        (at_once, lazily) => panic!("at once {at_once:?}, lazily {lazily:?}"),
    }
    found_late
}

/// All modules of the suite: those that are valid, and those that must not be.
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
        }
    }
    assert!(modules > 5000 && late > 2000, "{modules} modules, {late} errors in bodies");
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
        // A cut between sections leaves a module, though one that may lack what it refers to.
        let result = Module::new(&whole[..len], WasmFeatures::all());
        if let Err(e) = &result {
            assert!(!e.message.is_empty());
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

    /// Some bytes of a module changed: no panic, and the same verdict as wasmparser's.
    #[test]
    fn changed_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = everything();
        for (at, byte) in changes {
            let at = at.index(bytes.len() - 8) + 8;
            bytes[at] = byte;
        }
        agree(&bytes, WasmFeatures::all());
    }

    /// Anything after a header.
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
