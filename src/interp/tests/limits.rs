//! The limits of the translator, each at its boundary, with the operator that exceeds it; and the size of what it makes.

use super::*;
use crate::config::{Config, Mode};
use crate::interp::code::{Handler, InterpCode, Nesting};
use crate::interp::{Limit, Reason, Unsupported, translate_with, translate_within};
use crate::random::Random;
use crate::runtime::compile_error::CompileLimits;

/// The error of translating the first function, with the distance of its position from the end of the module.
fn refused(text: &str, features: WasmFeatures, memory: Option<u64>) -> Option<(Limit, usize)> {
    let module = decode_with(text, features);
    let error = translate_with(&module, BodyIndex(0), false, &Config::default(), memory).err()?;
    let limit = match (error.reason, memory) {
        (Reason::Limit(limit), None) | (Reason::Memory(limit), Some(_)) => limit,
        _ => panic!("{error}"),
    };
    Some((limit, module.bytes.len() - error.offset))
}

/// A function with these locals that pushes constants, of two bytes each. Behind them are two operators of a byte.
fn pushes(locals: &str, operands: usize) -> String {
    format!("(module (func {locals} {} unreachable))", "(i32.const 0)".repeat(operands))
}

#[test]
fn a_frame_has_as_many_slots_as_instructions_can_name() {
    let many = |ty: &str, count: usize| format!("(local {})", format!("{ty} ").repeat(count));
    // 32,000 slots below the header, and as many above it, which operands share with the rest of the locals.
    for (locals, operands) in [
        (String::new(), 32_000),
        (many("i64", 32_000), 32_000),
        (many("i32", 40_000), 24_000),
        (many("v128", 20_000), 24_000),
        // A vector that does not fit below goes above as a whole.
        (format!("(param i32) {}", many("v128", 16_000)), 31_998),
        (many("v128", 31_999), 2),
        (many("v128", 32_000), 0),
    ] {
        let refused = |operands| refused(&pushes(&locals, operands), WasmFeatures::WASM3, None);
        let kind = &locals[..locals.len().min(20)];
        assert_eq!(refused(operands), None, "{kind}, {operands} operands");
        assert_eq!(refused(operands + 1), Some((Limit::Frame, 4)), "{kind}, {operands} operands and one");
    }
    let refused = refused(&pushes(&many("v128", 32_001), 0), WasmFeatures::WASM3, None);
    assert!(matches!(refused, Some((Limit::Frame, _))), "{refused:?}");
}

/// On both sides of the header, up to its last slot, whatever an earlier call left there.
#[test]
fn each_local_is_zero_at_first() {
    let types = [
        ("i64", "i64.const -1", "i64.or", "i64.const 0 i64.ne", [1, 31_999, 32_000, 32_001, 32_002, 49_000]),
        ("v128", "v128.const i64x2 -1 -1", "v128.or", "v128.any_true", [1, 15_999, 16_000, 16_001, 16_002, 30_000]),
    ];
    for (ty, ones, or, is_any, counts) in types {
        for count in counts {
            let locals = |count: usize| format!("(local {})", format!("{ty} ").repeat(count));
            let read: String = (1..count).map(|i| format!("local.get {i} {or}\n")).collect();
            // The other function's locals lie around.
            let more = count + 100;
            let written: String = (0..more).map(|i| format!("{ones} local.set {i}\n")).collect();
            let text = format!(
                "(module (func $before {} {written})
                   (func $zero (result i32) {} local.get 0 {read} {is_any})
                   (func (export \"f\") (result i32) (call $before) (call $zero)))",
                locals(more),
                locals(count)
            );
            assert_eq!(run(&text, &[]), Ok(vec![Val::I32(0)]), "{count} of {ty}");
        }
    }
}

#[test]
fn memory_bounds_the_operands() {
    // A slot takes 64 bytes.
    for slots in [10, 100, 1000] {
        let refused = |operands, bytes| refused(&pushes("", operands), WasmFeatures::WASM3, Some(bytes));
        assert_eq!(refused(slots, 64 * slots as u64), None);
        assert_eq!(refused(slots, 64 * slots as u64 - 1), Some((Limit::Frame, 4)));
        assert_eq!(refused(slots + 1, 64 * slots as u64), Some((Limit::Frame, 4)));
    }
}

#[test]
fn memory_bounds_the_words() {
    // A word takes 32 bytes. There is room for the operands.
    let stores = |count: usize| {
        format!("(module (memory 1) (func {}))", "(i32.store (i32.const 8) (i32.const 0))".repeat(count))
    };
    for count in [20, 21, 100, 1000] {
        let module = decode(&stores(count));
        let with = |memory| translate_with(&module, BodyIndex(0), false, &Config::default(), memory);
        let bytes = 32 * with(None).unwrap().words.len() as u64;
        assert!(with(Some(bytes)).is_ok(), "{count} stores");
        let error = with(Some(bytes - 1)).expect_err("a word too many");
        assert!(matches!(error.reason, Reason::Memory(Limit::Code)), "{count} stores: {error}");
        // The last operator is the body's end.
        assert_eq!(error.offset + 1, module.bytes.len(), "{count} stores");
    }
}

/// A function is given up where the time is over, and not only at its end: here, at once.
#[test]
fn the_time_is_looked_at_within_a_function() {
    let limits = CompileLimits { deadline: Some(std::time::Instant::now()), ..CompileLimits::default() };
    for body in ["", "unreachable "] {
        let module = decode(&format!("(module (func {body}{}))", "nop ".repeat(10_000)));
        let given_up = translate_within(&module, BodyIndex(0), false, &Config::default(), limits).map(drop);
        // Behind the number of locals, operators have a byte each.
        let offset = module.bodies[0].range.start + 1 + 4096;
        assert_eq!(given_up, Err(Unsupported { reason: Reason::Timeout, offset }), "{body}");
    }
}

/// Arguments and handlers of a `resume` share 4096 slots.
#[test]
fn a_resume_has_as_many_handlers_as_there_is_room_for() {
    if !crate::runtime::stacks::continuations::SUPPORTED {
        return println!("no stack switching on this machine");
    }
    for (params, args, slots) in [
        ("", "", 0),
        ("(param i32)", "(i32.const 1)", 1),
        ("(param i32 v128)", "(i32.const 1) (v128.const i64x2 1 2)", 3),
    ] {
        for (handler, label) in [("(on $t $l)", "(result (ref $k))"), ("(on $t switch)", "")] {
            let with = |handlers: usize| {
                let text = format!(
                    "(module (type $f (func {params})) (type $c (cont $f)) (type $g (func)) (type $k (cont $g)) (tag $t)
                       (func (param $c (ref $c)) (block $l {label} (resume $c {} {args} (local.get $c)) unreachable)
                         unreachable))",
                    handler.repeat(handlers)
                );
                refused(&text, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING, None)
            };
            assert_eq!(with(4096 - slots), None, "{params} {handler}");
            assert!(matches!(with(4097 - slots), Some((Limit::Handlers, _))), "{params} {handler}");
        }
    }
    // An exception takes none of them.
    for throw in [
        "(resume_throw $k $e HANDLERS (i32.const 1) (ref.null $k))",
        "(resume_throw_ref $k HANDLERS (ref.null exn) (ref.null $k))",
    ] {
        let with = |handlers: usize| {
            let throw = throw.replace("HANDLERS", &"(on $t switch)".repeat(handlers));
            let text =
                format!("(module (type $f (func)) (type $k (cont $f)) (tag $t) (tag $e (param i32)) (func {throw}))");
            refused(&text, WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING, None)
        };
        assert_eq!(with(4096), None, "{throw}");
        assert!(matches!(with(4097), Some((Limit::Handlers, _))), "{throw}");
    }
}

/// The size of code is that of all of its parts.
#[test]
fn every_part_of_code_has_its_size() {
    let text = "(module (tag $t) (func $g)
        (func (param i32) (v128.const i64x2 1 2) (i32.const 5)
          (loop $l (block $b (block $c
            (try_table (catch $t $b) (catch_all $c) (call $g)) (br_if $l (local.get 0)))))
          (drop) (drop)))";
    let config = Config { mode: Mode::Tiered { seed: None }, ..Config::default() };
    for &chained in dispatchers() {
        let code = translate_with(&decode(text), BodyIndex(1), chained, &config, None).unwrap();
        let InterpCode { words, handlers, nesting, offsets, loops, sites, .. } = &code;
        // Two clauses of a handler, and three slots of constants below a loop.
        assert_eq!((handlers.len(), handlers[0].catches.len(), loops.len(), loops[0].constants.len()), (1, 2, 1, 3));
        assert!(!offsets.is_empty() && sites.is_empty() != chained);
        // The beginning and the end of the handler.
        assert_eq!((nesting.sections.len(), nesting.outer.len()), (2, 1));
        let parts = [
            size_of::<InterpCode>(),
            8 * words.len(),
            8 * offsets.len(),
            size_of_val(&handlers[0]) + 2 * size_of_val(&handlers[0].catches[0]),
            2 * size_of_val(&nesting.sections[0]) + size_of_val(&nesting.outer[0]),
            size_of_val(&loops[0]) + 3 * size_of::<(u32, u64)>(),
            size_of_val(&sites[..]),
        ];
        assert_eq!(code.bytes_with_tables(), parts.iter().sum::<usize>());
    }
}

/// The handlers that cover a word are those whose ranges have it, from the inside out.
#[test]
fn handlers_are_found_by_their_ranges() {
    let handler = |start, end| Handler { start, end, catches: Vec::new(), level: 0, delegate: None };
    let mut random = Random::new(1);
    for round in 0..200 {
        // Ranges in the order of their ends, of which the last few take in others, or nothing.
        let (mut handlers, mut open, mut at): (Vec<Handler>, Vec<u32>, u32) = (Vec::new(), Vec::new(), 0);
        for _ in 0..random.below(60) {
            match random.below(3) {
                0 => open.push(at),
                1 => handlers.extend(open.pop().map(|start| handler(start, at))),
                _ => at += random.below(3) as u32,
            }
        }
        handlers.extend(open.into_iter().rev().map(|start| handler(start, at)));
        let nesting = Nesting::of(&handlers);
        for word in 0..at + 2 {
            let covers = |&h: &usize| handlers[h].start <= word && word < handlers[h].end;
            let expected: Vec<usize> = (0..handlers.len()).filter(covers).collect();
            assert_eq!(nesting.covering(word).collect::<Vec<_>>(), expected, "round {round}: {word} in {handlers:?}");
        }
    }
}
