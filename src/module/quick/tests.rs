use super::*;
use crate::module::scripts::suite_modules;
use crate::random::Random;
use std::collections::BTreeSet;
use wasmparser::{
    BinaryReader, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    ValidatorResources,
};

/// A module with what `wasmparser` knows about it.
struct Subject {
    module: Module,
    context: Context,
    resources: ValidatorResources,
}

impl Subject {
    /// `None`: the module has no functions, or quick validation does not support its language.
    fn new(module: Module) -> Option<Subject> {
        let mut validator = Validator::new_with_features(module.features);
        let mut parser = Parser::new(0);
        parser.set_features(module.features);
        let mut resources = None;
        for payload in parser.parse_all(&module.bytes) {
            if let ValidPayload::Func(function, _) = validator.payload(&payload.unwrap()).unwrap() {
                resources = Some(function.resources);
            }
        }
        let context = Context::new(&module)?;
        Some(Subject { module, context, resources: resources? })
    }

    fn is_known(&self, ty: u32, body: &[u8]) -> bool {
        QuickValidator::default().is_valid(&self.context, ty, body)
    }

    /// Returns `wasmparser`'s verdict on the body of a function with this index and type.
    fn is_valid(&self, (index, ty): (u32, u32), body: &[u8]) -> bool {
        let features = self.module.features;
        let function = FuncToValidate { resources: self.resources.clone(), index, ty, features };
        let body = FunctionBody::new(BinaryReader::new_features(body, 0, features));
        function.into_validator(FuncValidatorAllocations::default()).validate(&body).is_ok()
    }
}

fn module(text: &str) -> Module {
    let bytes = wat::parse_str(text).unwrap();
    Module::new(&bytes, WasmFeatures::all()).unwrap()
}

/// Returns whether bodies of a module are judged: in today's language, with everything enabled, and without what is supported
/// here.
#[test]
fn modules_are_judged_by_what_they_have() {
    let older = WasmFeatures::all() - WasmFeatures::EXCEPTIONS;
    let shared = [WasmFeatures::all()];
    let all = [super::super::features::all(), WasmFeatures::all()];
    for (text, languages, expected) in [
        ("(module (memory 1 1 shared) (func))", &all[..], true),
        ("(module (type (struct)) (global anyref (ref.null any)) (table 1 anyref) (func))", &all, true),
        ("(module (type (shared (func))) (func))", &shared, false),
        ("(module (type (shared (struct))) (func))", &shared, false),
        ("(module (global (shared i32) (i32.const 0)) (func))", &shared, false),
        ("(module (table shared 1 (ref null (shared func))) (func))", &shared, false),
        ("(module (func))", &[older], false),
    ] {
        for &language in languages {
            let module = Module::new(&wat::parse_str(text).unwrap(), language).unwrap();
            assert_eq!(Context::new(&module).is_some(), expected, "{text}");
        }
    }
}

/// The types that are represented by a byte here.
const TYPES: [u8; 8] = [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF, EXNREF];

/// A module with one of everything, including what a body must not use.
const EVERYTHING: &str = r#"(module
  (type (func)) (type (func (param i32) (result i32))) (type (func (param i64 v128) (result f32 f64))) (type (struct))
  (func (type 0)) (func (type 1) (local.get 0)) (func (type 2) unreachable) (func (param (ref null 3)))
  (table 1 funcref) (table 1 externref) (table i64 1 funcref) (table 1 anyref)
  (memory 1) (global i32 (i32.const 0)) (global (mut i64) (i64.const 0)) (global (mut anyref) (ref.null any))
  (tag) (tag (param i32)) (tag (param anyref)) (tag (type 1)) (tag (result i32))
  (elem declare func 0) (data "a"))"#;

/// Operators that are left to `wasmparser`.
const UNKNOWN: [&str; 6] = [
    "[06][14][15][d2][d3][d4][d5][e2]",
    "[fc, 0c][fc, 0d][fc, 0e][fc, 0f][fc, 10][fc, 11][fc, 12]",
    "[fc, 13][fc, 14][fc, 15][fc, 16]",
    "[fd, 80, 02][fd, 81, 02][fd, 82, 02][fd, 83, 02][fd, 84, 02][fd, 85, 02][fd, 86, 02][fd, 87, 02][fd, 88, 02][fd, 89, 02]",
    "[fd, 8a, 02][fd, 8b, 02][fd, 8c, 02][fd, 8d, 02][fd, 8e, 02][fd, 8f, 02][fd, 90, 02][fd, 91, 02][fd, 92, 02]",
    "[fd, 93, 02]",
];

/// Every operator with many immediates, on all operands that could be right, in reachable and unreachable code.
#[test]
fn all_operators_are_judged_as_by_wasmparser() {
    let subject = Subject::new(module(EVERYTHING)).unwrap();
    let one: Vec<Vec<u8>> = (0..8).map(|a| vec![a]).collect();
    let two: Vec<Vec<u8>> = (0..8).flat_map(|a| (0..8).map(move |b| vec![a, b])).collect();
    let mut operands = vec![vec![]];
    // Any two below an i32, three numbers or vectors with an i64 or a vector on top, and fewer.
    operands.extend(two.iter().map(|ab| [&ab[..], &[0]].concat()));
    operands.extend([0, 1, 4].into_iter().flat_map(|a| [0, 1, 4].map(|b| vec![a, b, 1])));
    operands.extend([0, 1, 4].into_iter().flat_map(|a| [0, 1, 4].map(|b| vec![a, b, 4])));
    operands.extend(one.into_iter().chain(two));
    let mut opcodes: Vec<Vec<u8>> = (0..=0xfb).map(|code| vec![code]).collect();
    for (prefix, last) in [(0xfc, 24_u32), (0xfd, 300)] {
        opcodes.extend((0..=last).map(|code| match u8::try_from(code) {
            Ok(code) if code < 0x80 => vec![prefix, code],
            _ => vec![prefix, code as u8 | 0x80, (code >> 7) as u8],
        }));
    }
    let immediates: [&[u8]; 18] = [
        &[],
        &[FUNCREF],
        &[0],
        &[1],
        &[2],
        &[3],
        &[4],
        &[0x40, 0x0b],
        &[0x7f, 0x41, 0, 0x0b],
        &[1, 0x7f],
        &[0, 0],
        &[1, 1],
        &[4, 0, 1],
        &[3, 0, 15],
        &[0, 0, 0],
        &[0; 4],
        &[0; 8],
        &[31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    ];
    let (mut known, mut valid) = (BTreeSet::new(), BTreeSet::new());
    let locals: Vec<u8> = [8].into_iter().chain(TYPES.into_iter().flat_map(|ty| [1, ty])).collect();
    for opcode in &opcodes {
        for operands in &operands {
            for immediate in immediates {
                for (before, after) in [(None, 0), (None, 1), (None, 2), (Some(0), 0), (Some(0), 1)] {
                    let mut body = locals.clone();
                    body.extend(before);
                    body.extend(operands.iter().flat_map(|&local| [0x20, local]));
                    body.extend(opcode);
                    body.extend(immediate);
                    body.extend([0x1a; 2][..after].iter().chain(&[0x0b]));
                    let is_known = subject.is_known(0, &body);
                    // In unreachable code both judge all operators, so that an unsupported operator is noticed.
                    if is_known || before.is_some() {
                        let is_valid = subject.is_valid((0, 0), &body);
                        assert!(is_valid || !is_known, "{body:02x?}");
                        valid.extend(is_valid.then_some(opcode));
                        known.extend(is_known.then_some(opcode));
                    }
                }
            }
        }
    }
    // References of other types, legacy exceptions, segments, whole tables, wide arithmetic and relaxed vectors.
    let unknown: Vec<String> = valid.difference(&known).map(|opcode| format!("{:02x?}", &opcode[..])).collect();
    assert_eq!(unknown.concat(), UNKNOWN.concat());
    assert!(known.len() > 400, "{}", known.len());
}

/// Pairs of bodies of a type without values: the first is valid, and the second differs in one place and is not.
#[test]
fn structures_are_judged_as_by_wasmparser() {
    let many: String =
        std::iter::once("(module (func)").chain((0..=8192).map(|_| "(type (func))")).chain([")"]).collect();
    let (everything, many) = (Subject::new(module(EVERYTHING)).unwrap(), Subject::new(module(&many)).unwrap());
    let pairs: [(&Subject, &[u8], &[u8]); 9] = [
        // The label of a `catch` takes the tag's payload; in `catch_ref`, the exception follows.
        (
            &everything,
            &[0, 0x02, I32, 0x1f, EMPTY, 1, 0, 1, 0, 0x0b, 0x41, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, I64, 0x1f, EMPTY, 1, 0, 1, 0, 0x0b, 0x42, 0, 0x0b, 0x1a, 0x0b],
        ),
        (
            &everything,
            &[0, 0x02, EXNREF, 0x1f, EMPTY, 1, 1, 0, 0, 0x0b, 0xd0, EXNREF, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, FUNCREF, 0x1f, EMPTY, 1, 1, 0, 0, 0x0b, 0xd0, FUNCREF, 0x0b, 0x1a, 0x0b],
        ),
        // A `catch_all` is outside of its `try_table`.
        (
            &everything,
            &[0, 0x02, EMPTY, 0x1f, EMPTY, 1, 2, 1, 0x0b, 0x0b, 0x0b],
            &[0, 0x02, EMPTY, 0x1f, EMPTY, 1, 2, 2, 0x0b, 0x0b, 0x0b],
        ),
        // All labels of a table take the same types.
        (
            &everything,
            &[0, 0x02, I32, 0x02, I32, 0x41, 0, 0x41, 0, 0x0e, 1, 1, 0, 0x0b, 0x1a, 0x41, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, I64, 0x02, I32, 0x42, 0, 0x41, 0, 0x0e, 1, 1, 0, 0x0b, 0x1a, 0x42, 0, 0x0b, 0x1a, 0x0b],
        ),
        // A branch to a loop takes its parameters, not its results.
        (
            &everything,
            &[0, 0x41, 0, 0x03, 1, 0x0c, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x03, I32, 0x41, 0, 0x0d, 0, 0x0b, 0x1a, 0x0b],
        ),
        // `else` belongs to an `if`, and to a single one.
        (&everything, &[0, 0x41, 0, 0x04, EMPTY, 0x05, 0x0b, 0x0b], &[0, 0x41, 0, 0x04, EMPTY, 0x05, 0x05, 0x0b, 0x0b]),
        // Operands outside of a structure are not visible inside.
        (
            &everything,
            &[0, 0x41, 0, 0x02, EMPTY, 0x41, 0, 0x1a, 0x0b, 0x1a, 0x0b],
            &[0, 0x41, 0, 0x02, EMPTY, 0x01, 0x01, 0x1a, 0x0b, 0x0b],
        ),
        // What follows a branch is unreachable up to the end of its structure.
        (
            &everything,
            &[0, 0x02, EMPTY, 0x0c, 0, 0x6a, 0x1a, 0x0b, 0x0b],
            &[0, 0x02, EMPTY, 0x0c, 0, 0x0b, 0x6a, 0x1a, 0x0b],
        ),
        // The index of a type has a sign: these are 8192 and -8192.
        (&many, &[0, 0x02, 0x80, 0xc0, 0x00, 0x0b, 0x0b], &[0, 0x02, 0x80, 0x40, 0x01, 0x0b, 0x0b]),
    ];
    for (number, (subject, valid, invalid)) in pairs.into_iter().enumerate() {
        for (body, expected) in [(valid, true), (invalid, false)] {
            assert_eq!(subject.is_known(0, body), expected, "pair {number}");
            assert_eq!(subject.is_valid((0, 0), body), expected, "pair {number}");
        }
    }
}

/// The bodies of the suite, and the same bodies with changes, some of which are valid.
#[test]
fn no_invalid_body_is_called_valid() {
    const CHANGES: usize = 12;
    let mut random = Random::new(1);
    let (mut bodies, mut known, mut changed, mut still_valid) = (0_u64, 0_u64, 0_u64, 0_u64);
    suite_modules(|file, module| {
        let Some(subject) = Module::new(&module.bytes, WasmFeatures::all()).ok().and_then(Subject::new) else { return };
        let defined = subject.module.num_defined_functions() as usize;
        for (body, index) in subject.module.bodies[..defined].iter().zip(subject.module.num_imported_functions..) {
            let ty = subject.module.functions[index as usize];
            let bytes = &subject.module.bytes[body.range.clone()];
            bodies += 1;
            let is_known = subject.is_known(ty, bytes);
            known += u64::from(is_known);
            if !is_known || bytes.len() > 2000 {
                continue;
            }
            for _ in 0..CHANGES {
                let mut bytes = bytes.to_vec();
                for _ in 0..=random.below(2) {
                    let at = random.below(bytes.len() as u64) as usize;
                    let likely = [0x0b, 0x1a, 0x00, 0x20, 0x45, random.below(256) as u8][random.below(6) as usize];
                    match random.below(4) {
                        0 => bytes[at] = random.below(256) as u8,
                        1 => bytes[at] ^= 1 << random.below(8),
                        2 => bytes.insert(at, likely),
                        _ if bytes.len() > 1 => drop(bytes.remove(at)),
                        _ => {}
                    }
                }
                changed += 1;
                if subject.is_known(ty, &bytes) {
                    assert!(subject.is_valid((index, ty), &bytes), "{file}: function {index}: {bytes:02x?}");
                    still_valid += 1;
                }
            }
        }
    });
    assert!(known * 10 > bodies * 6, "{known} of {bodies} bodies are known to be valid");
    assert!(still_valid * 50 > changed, "{still_valid} of {changed} changed bodies are known to be valid");
}

/// Triples of a type, a valid body of it, and a body that differs in one place and is not valid: what branches, calls and
/// structures take.
#[test]
fn operands_of_structures_are_required() {
    let subject = Subject::new(module(EVERYTHING)).unwrap();
    let triples: &[(u32, &[u8], &[u8])] = &[
        // A `return` and a tail call apply to the function, in whatever structure they are.
        (0, &[0, 0x02, I32, 0x0f, 0x0b, 0x1a, 0x0b], &[0, 0x02, I32, 0x0f, 0x0b, 0x0b]),
        (1, &[0, 0x02, EMPTY, 0x20, 0, 0x0f, 0x0b, 0x20, 0, 0x0b], &[0, 0x02, EMPTY, 0x0f, 0x0b, 0x20, 0, 0x0b]),
        (
            1,
            &[0, 0x02, EMPTY, 0x20, 0, 0x12, 1, 0x0b, 0x20, 0, 0x0b],
            &[0, 0x02, EMPTY, 0x20, 0, 0x12, 0, 0x0b, 0x20, 0, 0x0b],
        ),
        (0, &[0, 0x02, I32, 0x41, 0, 0x12, 0, 0x0b, 0x1a, 0x0b], &[0, 0x02, I32, 0x41, 0, 0x12, 1, 0x0b, 0x1a, 0x0b]),
        (
            1,
            &[0, 0x02, EMPTY, 0x20, 0, 0x20, 0, 0x13, 1, 0, 0x0b, 0x20, 0, 0x0b],
            &[0, 0x02, EMPTY, 0x20, 0, 0x20, 0, 0x13, 0, 0, 0x0b, 0x20, 0, 0x0b],
        ),
        (
            0,
            &[0, 0x02, I32, 0x41, 0, 0x41, 0, 0x13, 0, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, I32, 0x41, 0, 0x41, 0, 0x13, 1, 0, 0x0b, 0x1a, 0x0b],
        ),
        // A branch needs the values that its label takes.
        (0, &[0, 0x02, I32, 0x41, 0, 0x0c, 0, 0x0b, 0x1a, 0x0b], &[0, 0x02, I32, 0x0c, 0, 0x0b, 0x1a, 0x0b]),
        (
            0,
            &[0, 0x02, I32, 0x41, 0, 0x41, 0, 0x0d, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, I32, 0x41, 0, 0x0d, 0, 0x41, 0, 0x0b, 0x1a, 0x0b],
        ),
        (
            0,
            &[0, 0x02, I32, 0x41, 0, 0x41, 0, 0x0e, 0, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, I32, 0x41, 0, 0x0e, 0, 0, 0x0b, 0x1a, 0x0b],
        ),
        (
            0,
            &[0, 0x02, I32, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x02, I32, 0x42, 0, 0x41, 0, 0x0e, 1, 0, 0, 0x0b, 0x1a, 0x0b],
        ),
        // An exception needs its payload.
        (0, &[0, 0x41, 0, 0x08, 1, 0x0b], &[0, 0x08, 1, 0x0b]),
        (0, &[0, 0xd0, EXNREF, 0x0a, 0x0b], &[0, 0x0a, 0x0b]),
        // A structure needs its parameters.
        (0, &[0, 0x41, 0, 0x02, 1, 0x0b, 0x1a, 0x0b], &[0, 0x02, 1, 0x0b, 0x1a, 0x0b]),
        (0, &[0, 0x41, 0, 0x03, 1, 0x0b, 0x1a, 0x0b], &[0, 0x03, 1, 0x0b, 0x1a, 0x0b]),
        (0, &[0, 0x41, 0, 0x41, 0, 0x04, 1, 0x0b, 0x1a, 0x0b], &[0, 0x41, 0, 0x04, 1, 0x0b, 0x1a, 0x0b]),
        (0, &[0, 0x41, 0, 0x1f, 1, 0, 0x0b, 0x1a, 0x0b], &[0, 0x1f, 1, 0, 0x0b, 0x1a, 0x0b]),
        (0, &[0, 0x41, 0, 0x04, EMPTY, 0x0b, 0x0b], &[0, 0x04, EMPTY, 0x0b, 0x0b]),
        // Both halves of an `if` get its parameters and make its results.
        (
            0,
            &[0, 0x41, 0, 0x41, 0, 0x04, 1, 0x05, 0x0b, 0x1a, 0x0b],
            &[0, 0x41, 0, 0x41, 0, 0x04, 1, 0x05, 0x1a, 0x0b, 0x1a, 0x0b],
        ),
        (
            0,
            &[0, 0x41, 0, 0x04, I32, 0x41, 0, 0x05, 0x41, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x41, 0, 0x04, I32, 0x41, 0, 0x0b, 0x1a, 0x0b],
        ),
        (
            0,
            &[0, 0x41, 0, 0x04, I32, 0x41, 0, 0x05, 0x41, 0, 0x0b, 0x1a, 0x0b],
            &[0, 0x41, 0, 0x04, I32, 0x05, 0x41, 0, 0x0b, 0x1a, 0x0b],
        ),
        // Nothing else may be left at the end of a structure or of the body.
        (0, &[0, 0x02, EMPTY, 0x41, 0, 0x1a, 0x0b, 0x0b], &[0, 0x02, EMPTY, 0x41, 0, 0x0b, 0x0b]),
        (0, &[0, 0x41, 0, 0x1a, 0x0b], &[0, 0x41, 0, 0x0b]),
        (0, &[0, 0x0b], &[0, 0x0b, 0x0b]),
        // The outermost label is the function's.
        (0, &[0, 0x02, EMPTY, 0x0c, 1, 0x0b, 0x0b], &[0, 0x02, EMPTY, 0x0c, 2, 0x0b, 0x0b]),
        (
            0,
            &[0, 0x02, EMPTY, 0x41, 0, 0x0e, 1, 1, 0, 0x0b, 0x0b],
            &[0, 0x02, EMPTY, 0x41, 0, 0x0e, 1, 2, 0, 0x0b, 0x0b],
        ),
        // Missing operands in unreachable code have any type, and existing ones keep their own.
        (0, &[0, 0x00, 0x1b, 0x1a, 0x0b], &[0, 0x00, 0x42, 0, 0x1b, 0x1a, 0x0b]),
        (0, &[0, 0x00, 0x41, 0, 0x1b, 0x1a, 0x0b], &[0, 0x41, 0, 0x1b, 0x1a, 0x0b]),
        (
            0,
            &[0, 0x00, 0x43, 0, 0, 0, 0, 0x41, 0, 0x1b, 0x8c, 0x1a, 0x0b],
            &[0, 0x00, 0x43, 0, 0, 0, 0, 0x41, 0, 0x1b, 0x45, 0x1a, 0x0b],
        ),
        (
            0,
            &[0, 0x00, 0x42, 0, 0x42, 0, 0x41, 0, 0x1b, 0x50, 0x1a, 0x0b],
            &[0, 0x00, 0x41, 0, 0x42, 0, 0x41, 0, 0x1b, 0x50, 0x1a, 0x0b],
        ),
    ];
    for (number, &(ty, valid, invalid)) in triples.iter().enumerate() {
        for (body, expected) in [(valid, true), (invalid, false)] {
            assert_eq!(subject.is_valid((0, ty), body), expected, "triple {number}");
            assert_eq!(subject.is_known(ty, body), expected, "triple {number}");
        }
    }
    // Labels of different types may take the same values.
    let twins = "(module (type (func)) (type (func (result i32 i64))) (type (func (result i32 i64))) (func))";
    let twins = Subject::new(module(twins)).unwrap();
    let body = [0, 0x02, 1, 0x02, 2, 0x41, 0, 0x42, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x0b, 0x1a, 0x1a, 0x0b];
    assert!(twins.is_valid((0, 0), &body) && twins.is_known(0, &body));
}

/// The limits that the constants state: everything up to them is supported, and nothing beyond.
#[test]
fn bodies_of_all_sizes_up_to_the_largest_are_known() {
    let types = |count: usize| "i32 ".repeat(count);
    let text = format!(
        "(module (type (func)) (type (func (param i64 v128))) (type (func (param {most}))) (type (func (param {most} i32)))
           (type (func (result {most}))) (type (func (result {most} i32))) (func (type 0)) (func (type 4) unreachable))",
        most = types(MOST_VALUES)
    );
    let subject = Subject::new(module(&text)).unwrap();
    let known = |ty: u32, body: &[&[u8]]| subject.is_known(ty, &body.concat());
    // 4096, 4095 and so on, in two bytes.
    let leb = |n: usize| [n as u8 | 0x80, (n >> 7) as u8];
    for (ty, params) in [(0, 0), (1, 2)] {
        let locals = |count| known(ty, &[&[1], &leb(count), &[I32, 0x0b]]);
        assert_eq!((locals(MOST_LOCALS - params), locals(MOST_LOCALS - params + 1)), (true, false));
        let two = |count| known(ty, &[&[2, 1, V128], &leb(count), &[F64, 0x0b]]);
        assert_eq!((two(MOST_LOCALS - params - 1), two(MOST_LOCALS - params)), (true, false));
    }
    let long = |len: usize| known(0, &[&[0], &vec![0x01; len - 2], &[0x0b]]);
    assert_eq!((long(MOST_BYTES), long(MOST_BYTES + 1)), (true, false));
    let ends = |ty| known(ty, &[&[0, 0x00, 0x0b]]);
    assert_eq!([0, 1, 2, 3, 4, 5].map(ends), [true, true, true, false, true, false]);
    let catches =
        |count: u32| known(0, &[&[0, 0x1f, EMPTY, count as u8], &[2, 0].repeat(count as usize), &[0x0b, 0x0b]]);
    assert_eq!((catches(MOST_CATCHES), catches(MOST_CATCHES + 1)), (true, false));
    // A call may be made on top of this many operands.
    let calls = |count: usize| known(0, &[&[0], &[0x10, 1].repeat(count), &[0x00, 0x0b]]);
    assert_eq!((calls(MOST_OPERANDS / MOST_VALUES + 1), calls(MOST_OPERANDS / MOST_VALUES + 2)), (true, false));
}

/// Numbers of all lengths: with many leading bytes, and every last byte.
#[test]
fn numbers_are_read_as_by_wasmparser() {
    let first = [0x80, 0x81, 0x8f, 0x90, 0xbf, 0xc0, 0xff];
    for (len, a, b) in (0..11_usize).flat_map(|len| first.into_iter().flat_map(move |a| first.map(|b| (len, a, b)))) {
        for last in 0..=u8::MAX {
            // The second kind of byte replaces all bytes from the second, the middle or the last one on.
            for at in [len.min(1), len / 2, len.saturating_sub(1)] {
                let mut bytes = vec![a; len];
                bytes[at..].fill(b);
                bytes.extend([last, 0x01, 0x00]);
                let ours = || Bytes { bytes: &bytes, at: 0 };
                let theirs = || BinaryReader::new(&bytes, 0);
                let (mut read, mut reader) = (ours(), theirs());
                let (got, want) = (read.unsigned(), reader.read_var_u32().ok());
                assert_eq!(got, want, "{bytes:02x?}");
                assert!(got.is_none() || read.at == reader.original_position() as usize, "{bytes:02x?}");
                let (mut read, mut reader) = (ours(), theirs());
                let (got, want) = (read.signed(5, 4).is_some(), reader.read_var_i32().is_ok());
                assert_eq!(got, want, "{bytes:02x?}");
                assert!(!got || read.at == reader.original_position() as usize, "{bytes:02x?}");
                let (mut read, mut reader) = (ours(), theirs());
                let (got, want) = (read.signed(10, 1).is_some(), reader.read_var_i64().is_ok());
                assert_eq!(got, want, "{bytes:02x?}");
                assert!(!got || read.at == reader.original_position() as usize, "{bytes:02x?}");
            }
        }
    }
    for len in 0..12 {
        let bytes = vec![0x80; len];
        let mut read = Bytes { bytes: &bytes, at: 0 };
        assert_eq!((read.unsigned(), Bytes { bytes: &bytes, at: 0 }.signed(10, 1)), (None, None));
    }
}

/// Nothing of a body is left for the next one, whether it is known to be valid or not.
#[test]
fn bodies_are_judged_each_by_itself() {
    let subject = Subject::new(module(EVERYTHING)).unwrap();
    let mut validator = QuickValidator::default();
    let bodies: [(u32, &[u8], bool); 8] = [
        // With a local, it ends within two structures with operands.
        (0, &[1, 1, I64, 0x02, EMPTY, 0x03, EMPTY, 0x42, 0, 0x42, 0, 0x6a], false),
        (1, &[0, 0x20, 0, 0x0b], true),
        (0, &[0, 0x20, 0, 0x1a, 0x0b], false),
        (0, &[0, 0x1a, 0x0b], false),
        (0, &[0, 0x0b], true),
        (0, &[1, 2, F32, 0x20, 1, 0x1a, 0x0b], true),
        (0, &[0, 0x20, 1, 0x1a, 0x0b], false),
        (0, &[0, 0x0b], true),
    ];
    for (number, (ty, body, expected)) in bodies.into_iter().enumerate() {
        assert_eq!(validator.is_valid(&subject.context, ty, body), expected, "body {number}");
        assert_eq!(subject.is_valid((0, ty), body), expected, "body {number}");
    }
}

/// An access is to the first memory, whose addresses have its address type.
#[test]
fn addresses_have_the_type_of_the_first_memory() {
    let (int, long) = ([0x41_u8, 0], [0x42_u8, 0]);
    for (memories, known) in [
        ("(memory 1) (memory i64 1)", [true, false]),
        ("(memory i64 1) (memory 1)", [false, true]),
        ("(memory i64 1)", [false, true]),
        ("", [false, false]),
    ] {
        let subject = Subject::new(module(&format!("(module {memories} (type (func)) (func (type 0)))"))).unwrap();
        let judged = [int, long].map(|address| {
            let body = [&[0][..], &address, &[0x28, 2, 0, 0x1a, 0x0b]].concat();
            assert_eq!(subject.is_valid((0, 0), &body), subject.is_known(0, &body), "{memories}");
            subject.is_known(0, &body)
        });
        assert_eq!(judged, known, "{memories}");
    }
}
