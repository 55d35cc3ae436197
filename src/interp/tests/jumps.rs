//! Blocks, jumps and handlers as translated: what is fused, what is moved, and where each of them is.

use super::*;
use crate::config::{Config, Mode};
use crate::interp::dispatch::head;
use crate::interp::handlers::Op;
use crate::interp::{Limit, Reason, disassemble, translate_with};

const LEGACY: WasmFeatures = WasmFeatures::WASM3.union(WasmFeatures::LEGACY_EXCEPTIONS);

/// The first function of a module is translated to these instructions and handlers. Offsets in the module are left out.
#[track_caller]
fn expect(text: &str, expected: &str) {
    let listing = disassemble(&decode_with(text, LEGACY), BodyIndex(0)).expect("it is supported");
    let strip = |line: &str| match line.split_once(' ') {
        Some((at, rest)) if at.len() == 4 && rest.len() > 7 => format!("{at} {}", &rest[7..]),
        _ => line.to_string(),
    };
    let found: Vec<String> = listing.lines().map(strip).collect();
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(found, expected, "\n{text}\n{listing}");
}

/// The outcome of calling `f`, the same by each dispatcher.
#[track_caller]
fn call(text: &str, args: &[u32]) -> Result<Vec<Val>, Abort> {
    let args: Vec<Val> = args.iter().map(|&arg| Val::I32(arg)).collect();
    let module = Arc::new(decode_with(text, LEGACY));
    let outcomes: Vec<_> = dispatchers()
        .iter()
        .map(|&chained| {
            let mut store = store();
            let instance = store.instantiate(compile_module(Arc::clone(&module), chained), &[]).expect("it starts");
            let f = export(&store, instance, "f");
            store.call(f, &args)
        })
        .collect();
    assert!(outcomes.windows(2).all(|w| w[0] == w[1]), "{outcomes:?}");
    outcomes.into_iter().next().expect("there is a dispatcher")
}

/// The first function, as it is translated when entries and loops are counted.
fn counted(module: &Module, chained: bool) -> InterpCode {
    let config = Config { mode: Mode::Tiered { seed: None }, ..Config::default() };
    translate_with(module, BodyIndex(0), chained, &config, None).expect("it is supported")
}

/// The byte offset of a function's first byte, which is that of its locals.
fn beginning(module: &Module) -> usize {
    module.bodies[0].range.start
}

#[test]
fn older_clauses_have_the_exception_below_their_operands() {
    let text = "(module (tag $e (param i32 i64))
        (func (param i32) (result i32)
          local.get 0
          try (result i32)
            call $g i32.const 5
          catch $e
            drop local.get 0 i32.add
          catch_all
            rethrow 0
          end
          i32.add)
        (func $g))";
    expect(
        text,
        "locals 1, extent 12
         0004 mov t0 l[-1]
         0006 call t1 1
         0008 const t1 5
         0010 br ->0020
         0012 i32.add t2 t2 l[-1]
         0014 mov.a t1
         0016 br ->0020
         0018 throw_ref t1
         0020 i32.add t0 t0 t1
         0022 return.a t0 l[-1] 1
         try 0006..0012 (catch 0 ref ->0012) (catch all ref ->0018)",
    );
    // A payload goes behind the exception.
    let code = translate(&decode_with(text, LEGACY), BodyIndex(0), false).expect("it is supported");
    assert_eq!(
        format!("{:?}", code.handlers),
        "[Handler { start: 6, end: 12, catches: [\
         Catch { tag: Some(0), payload: 2, to: 6, ref_to: Some(5), target: 12 }, \
         Catch { tag: None, payload: 0, to: 6, ref_to: Some(5), target: 18 }], level: 1, delegate: None }]"
    );
    // What a clause leaves behind its last jump goes nowhere.
    expect(
        "(module (func (result i64) try (result i64) i64.const 1 catch_all i64.const 7 rethrow 0 end))",
        "locals 1, extent 10
         0004 const t0 1
         0006 return t0 l[-1] 1
         0008 throw_ref t0
         0010 return t0 l[-1] 1
         try 0004..0008 (catch all ref ->0008)",
    );
}

#[test]
fn a_delegate_names_the_block_that_it_leaves_to() {
    let text = "(module
        (func (result i32)
          block (result i32)
            try (result i32)
              try
                call $g
              delegate 1
              i32.const 1
            catch_all
              i32.const 2
            end
          end)
        (func $g))";
    expect(
        text,
        "locals 1, extent 10
         0004 call t0 1
         0006 const t0 1
         0008 return t0 l[-1] 1
         0010 const t0 2
         0012 return t0 l[-1] 1
         try 0004..0006 (delegate 1)
         try 0004..0010 (catch all ref ->0010)",
    );
    let code = translate(&decode_with(text, LEGACY), BodyIndex(0), false).expect("it is supported");
    assert_eq!(
        format!("{:?}", code.handlers),
        "[Handler { start: 4, end: 6, catches: [], level: 3, delegate: Some(1) }, \
         Handler { start: 4, end: 10, catches: [\
         Catch { tag: None, payload: 0, to: 5, ref_to: Some(4), target: 10 }], level: 2, delegate: None }]"
    );
}

#[test]
fn older_clauses_catch_and_throw_again() {
    for (body, result) in [
        (
            "try (result i32)
               try
                 i32.const 1 throw $e
               catch $e
                 drop
                 try i32.const 2 throw $e catch $e drop rethrow 1 end
               end
               i32.const -1
             catch $e end",
            1,
        ),
        (
            "try (result i32)
               i32.const 5 throw $e
             catch $e
               drop
               try (result i32) rethrow 1 catch $e i32.const 100 i32.add end
             end",
            105,
        ),
        (
            "try (result i32)
               try (result i32)
                 try (result i32) i32.const 3 throw $e delegate 0
               catch $e i32.const 1000 i32.add end
             catch $e i32.const 100 i32.add end",
            1003,
        ),
        (
            "try (result i32)
               try (result i32)
                 try (result i32) i32.const 3 throw $e delegate 1
               catch $e i32.const 1000 i32.add end
             catch $e i32.const 100 i32.add end",
            103,
        ),
        (
            "try (result i32)
               local.get 0 call $throw i32.const -1
             catch $v
               drop drop i32.const 1
             catch $e
               i32.const 2 i32.add
             catch_all
               i32.const 3
             end",
            7,
        ),
        (
            "try (result i32)
               v128.const i64x2 1 2 f64.const 3 throw $v
             catch $v
               i32.trunc_f64_s local.set 0 i64x2.extract_lane 1 i32.wrap_i64 local.get 0 i32.add
             end",
            5,
        ),
        ("i32.const 100 try (result i32) local.get 0 throw $e catch $e i32.const 1 i32.add end i32.add", 106),
        ("try (result i32) i32.const 8 catch_all i32.const 9 end", 8),
    ] {
        let text = format!(
            "(module (tag $e (param i32)) (tag $v (param v128 f64))
               (func (export \"f\") (param i32) (result i32) {body})
               (func $throw (param i32) local.get 0 throw $e))"
        );
        assert_eq!(call(&text, &[5]), Ok(vec![Val::I32(result)]), "{body}");
    }
}

/// The last instruction in a handler's range stays there.
#[test]
fn nothing_is_fused_across_the_end_of_a_handler() {
    expect(
        "(module (func (param i32) (result i32)
          (block $b
            (br_if $b (try_table (result i32) (catch_all $b) (i32.eqz (local.get 0))))
            (return (i32.const 7)))
          (i32.const 8)))",
        "locals 1, extent 10
         0004 i32.eq t0 l[-1] 0
         0006 br_if.a ->0012
         0008 const t0 7
         0010 return t0 l[-1] 1
         0012 const t0 8
         0014 return t0 l[-1] 1
         try 0004..0006 (catch all ->0012)",
    );
}

/// A read of a local below a block is carried out in front of it.
#[test]
fn no_read_crosses_the_entry_of_a_block() {
    for (block, handlers) in [("block", ""), ("loop", ""), ("try_table", "try 0006..0008")] {
        expect(
            &format!(
                "(module (func (param i32) (result i32)
                  (i32.add (local.get 0) ({block} (result i32) (i32.const 5)))))"
            ),
            &format!(
                "locals 1, extent 10
                 0004 mov t0 l[-1]
                 0006 const t1 5
                 0008 i32.add t0 t0 t1
                 0010 return.a t0 l[-1] 1
                 {handlers}"
            ),
        );
    }
}

/// What follows a branch to a loop is not translated, though the branch repeats the loop's test.
#[test]
fn nothing_follows_the_repeated_test_of_a_loop() {
    for dead in
        ["", "(drop)", "(i32.add) (drop)", "(local.set 0)", "(if (then (br 1)))", "(i32.const 7) (call 0) (drop)"]
    {
        let text = format!(
            r#"(module (func $f (export "f") (param i32) (result i32)
                (block $out (loop $again
                  (br_if $out (i32.ge_s (local.get 0) (i32.const 9)))
                  (local.set 0 (i32.add (local.get 0) (i32.const 2)))
                  (br $again) {dead}))
                (local.get 0)))"#
        );
        assert_eq!(call(&text, &[4]), Ok(vec![Val::I32(10)]), "{dead}");
    }
}

/// The test at the end of a loop uses what is in the accumulator, on either side, and nothing else.
#[test]
fn the_repeated_test_of_a_loop_reads_the_accumulator() {
    for (ty, exit, first, last, length) in [
        (
            "i32",
            "(i32.ge_s (local.get 0) (i32.const 9))",
            "i32.ge_s.br ->EXIT 9 l[-3]",
            "i32.lt_s.br.a ->NEXT 9",
            [3, 2],
        ),
        (
            "i32",
            "(i32.ge_s (local.get 0) (local.get 1))",
            "i32.ge_s.br ->EXIT l[-3] l[-2]",
            "i32.lt_s.br.as ->NEXT l[-2]",
            [2; 2],
        ),
        (
            "i32",
            "(i32.ge_s (local.get 1) (local.get 0))",
            "i32.ge_s.br ->EXIT l[-2] l[-3]",
            "i32.gt_s.br.as ->NEXT l[-2]",
            [2; 2],
        ),
        ("i32", "(local.get 0)", "br_if ->EXIT l[-3]", "br_unless.a ->NEXT", [2; 2]),
        // Another local is in the accumulator.
        (
            "i32",
            "(i32.lt_u (local.get 1) (i32.const 9))",
            "i32.lt_u.br ->EXIT 9 l[-2]",
            "i32.ge_u.br ->NEXT 9 l[-2]",
            [3; 2],
        ),
        (
            "i32",
            "(i32.lt_u (local.get 1) (local.get 2))",
            "i32.lt_u.br ->EXIT l[-2] l[-1]",
            "i32.ge_u.br ->NEXT l[-2] l[-1]",
            [2; 2],
        ),
        ("i32", "(local.get 1)", "br_if ->EXIT l[-2]", "br_unless ->NEXT l[-2]", [2; 2]),
        (
            "f64",
            "(f64.lt (local.get 1) (local.get 2))",
            "f64.lt.br ->EXIT l[-2] l[-1]",
            "f64.lt.br_not ->NEXT l[-2] l[-1]",
            [2; 2],
        ),
    ] {
        // The words of the instructions, one after the other: the tests are of two or three.
        let next = 4 + length[0];
        let again = next + 2;
        let (leaves, end) = (again + length[1], again + length[1] + 2);
        let place = |text: &str| text.replace("EXIT", &format!("{end:04}")).replace("NEXT", &format!("{next:04}"));
        expect(
            &format!(
                "(module (func (param i32 {ty} {ty})
                  (block $exit (loop $l
                    (br_if $exit {exit})
                    (local.set 0 (i32.mul (local.get 0) (i32.const 3)))
                    (br $l)))))"
            ),
            &format!(
                "locals 3, extent 10
                 0004 {}
                 {next:04} i32.mul l[-3] l[-3] 3
                 {again:04} {}
                 {leaves:04} return
                 {end:04} return",
                place(first),
                place(last)
            ),
        );
    }
}

#[test]
fn only_a_loop_without_parameters_is_entered_behind_its_exit() {
    // A jump to the loop takes a value along.
    let text = "(module (func (export \"f\") (param i32) (result i32) (local i32)
        (block $exit
          (i32.const 1)
          (loop $l (param i32)
            (br_if $exit (i32.ge_u (local.get 0) (i32.const 5)))
            (local.set 1 (i32.add (local.get 1)))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (i32.mul (local.get 0) (i32.const 10))
            (br $l)))
        (local.get 1)))";
    assert_eq!(call(text, &[3]), Ok(vec![Val::I32(41)]));
    assert_eq!(call(text, &[5]), Ok(vec![Val::I32(0)]));
    // The branch at its beginning leads to the beginning of a loop around it.
    let text = "(module (func (export \"f\") (param i32) (result i32) (local i32 i32)
        (loop $outer
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (local.set 2 (i32.const 0))
          (loop $inner
            (br_if $outer (local.get 2))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
            (local.set 2 (i32.and (local.get 0) (i32.const 1)))
            (br $inner)))
        (i32.const -1)))";
    assert_eq!(call(text, &[6]), Ok(vec![Val::I32(4)]));
    assert_eq!(call(text, &[1]), Ok(vec![Val::I32(1)]));
}

#[test]
fn a_step_is_fused_with_the_branch_on_its_local() {
    // A value that the branch takes along is in its place, and the sum is in the accumulator afterwards.
    expect(
        "(module (func $g (param i32) (result i32)
          (block $b (result i32)
            (call $g (local.get 0))
            (br_if $b (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
            (i32.add (local.get 0)))))",
        "locals 1, extent 11
         0004 mov t0 l[-1]
         0006 call t0 0
         0008 i32.add.br_if ->0013 -1 l[-1]
         0011 i32.add.as t0 t0
         0013 return t0 l[-1] 1",
    );
    // Values below do not matter.
    expect(
        "(module (func (param i32) (result i32)
          (i32.const 7)
          (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))",
        "locals 1, extent 11
         0004 i32.add.br_if ->0004 -1 l[-1]
         0007 const t0 7
         0009 return t0 l[-1] 1",
    );
    // The branch is on another local.
    let text = "(module (func (export \"f\") (param i32 i32) (result i32)
        (block $b
          (local.set 0 (i32.add (local.get 0) (i32.const -1)))
          (br_if $b (local.get 1))
          (return (i32.const 7)))
        (local.get 0)))";
    assert_eq!(call(text, &[1, 1]), Ok(vec![Val::I32(0)]));
    assert_eq!(call(text, &[5, 0]), Ok(vec![Val::I32(7)]));
}

#[test]
fn a_comparison_is_fused_with_the_branch_on_it_only() {
    for condition in ["(local.get 1)", "(call $same (local.get 1))"] {
        // The comparison is dropped in front of the condition, or above it.
        let dropped = "(drop (i32.eq (local.get 0) (i32.const 5)))";
        for operands in [format!("{dropped} {condition}"), format!("{condition} {dropped}")] {
            let text = format!(
                "(module
                  (func $same (param i32) (result i32) (local.get 0))
                  (func (export \"f\") (param i32 i32) (result i32)
                    (block $b {operands} (br_if $b) (return (i32.const 7)))
                    (i32.const 8)))"
            );
            assert_eq!(call(&text, &[5, 0]), Ok(vec![Val::I32(7)]), "{operands}");
            assert_eq!(call(&text, &[4, 1]), Ok(vec![Val::I32(8)]), "{operands}");
        }
    }
}

#[test]
fn each_value_of_a_label_has_to_be_in_its_place() {
    // The second one is not.
    expect(
        "(module (func $g (param i32) (result i32 i32)
          (block (result i32 i32)
            (call $g (local.get 0)) (drop) (i32.const 9)
            (br_if 0 (local.get 0)))))",
        "locals 2, extent 11
         0004 mov t0 l[-2]
         0006 call t0 0
         0008 br_unless ->0014 l[-2]
         0010 const t1 9
         0012 return.many t0 l[-2] 2
         0014 const t1 9
         0016 return.many t0 l[-2] 2",
    );
    // The first one is not.
    expect(
        "(module (func $g (param i32) (result i32 i32)
          (block (result i32 i32)
            (i32.const 9) (call $g (local.get 0)) (drop)
            (br_if 0 (local.get 0)))))",
        "locals 2, extent 11
         0004 mov t1 l[-2]
         0006 call t1 0
         0008 br_unless ->0014 l[-2]
         0010 const t0 9
         0012 return.many t0 l[-2] 2
         0014 const t0 9
         0016 return.many t0 l[-2] 2",
    );
    // At the end of a function that was branched to, too.
    expect(
        "(module (func $g (param i32) (result i32)
          (call $g (local.get 0))
          (br_if 0 (local.get 0))
          (drop) (i32.const 9)))",
        "locals 1, extent 10
         0004 mov t0 l[-1]
         0006 call t0 0
         0008 br_if ->0012 l[-1]
         0010 const t0 9
         0012 return t0 l[-1] 1",
    );
}

/// Where each branch is, and whether it jumps if the condition of its operator holds.
#[test]
fn a_branch_that_can_be_watched_says_when_it_jumps() {
    for (body, sites) in [
        ("(if (local.get 0) (then (nop)))", &[(6, "br_unless", false, 3)][..]),
        ("(block (br 0))", &[]),
        ("(if (i32.lt_s (local.get 0) (local.get 1)) (then))", &[(6, "i32.ge_s.br", false, 6)]),
        ("(block (br_if 0 (i32.eq (local.get 0) (local.get 1))))", &[(6, "i32.eq.br", true, 8)]),
        ("(drop (block (result i32) (br_if 0 (i32.const 7) (local.get 0))))", &[(6, "br_unless", false, 7)]),
        ("(block (drop (br_on_null 0 (local.get 2))))", &[(6, "i32.eq.br", true, 5)]),
        (
            "(drop (block (result i32) (br_on_null 0 (i32.const 7) (local.get 2)) (drop)))",
            &[(6, "i32.ne.br", false, 7)],
        ),
        (
            "(drop (block (result (ref extern)) (br_on_non_null 0 (local.get 2)) (unreachable)))",
            &[(8, "i32.ne.br", true, 6)],
        ),
        ("(block (block (br_table 0 1 (local.get 0))))", &[(6, "br_table", true, 7)]),
        (
            "(if (local.get 0) (then (nop))) (block (br_if 0 (local.get 1)))",
            &[(6, "br_unless", false, 3), (8, "br_if", true, 11)],
        ),
    ] {
        let module = decode(&format!("(module (func (param i32 i32 externref) {body}))"));
        for &chained in dispatchers() {
            let code = counted(&module, chained);
            let found: Vec<(u32, String, bool, usize)> = code
                .sites
                .iter()
                .map(|site| {
                    let op = Op::ALL[usize::from(site.op)];
                    assert_eq!(code.words[site.word as usize], head(op, chained), "{body}");
                    let (name, mode) = op.mnemonic();
                    let offset = site.offset as usize - beginning(&module);
                    (site.word, format!("{name}{mode}"), site.jumps_if, offset)
                })
                .collect();
            // Only chained code is watched.
            let sites = if chained { sites } else { &[] };
            let expected: Vec<(u32, String, bool, usize)> =
                sites.iter().map(|&(word, op, jumps_if, offset)| (word, op.to_string(), jumps_if, offset)).collect();
            assert_eq!(found, expected, "{body}");
            // Nor is code that counts nothing.
            assert!(translate(&module, BodyIndex(0), chained).expect("it is supported").sites.is_empty());
        }
    }
}

/// A loop knows the constants below it, which are not in their slots.
#[test]
fn counted_loops_know_the_constants_below_them() {
    let module = decode(
        "(module (func (param i32)
          (v128.const i64x2 1 2)
          (i32.const -2) (local.get 0) (i64.const 0x123456789abcdef0) (f32.const 1.5) (f64.const -0.5)
          (v128.const i64x2 0xfedcba9876543210 0x8123456789abcdef)
          (loop (loop (br_if 0 (local.get 0))))
          (drop) (drop) (drop) (drop) (drop) (drop) (drop)))",
    );
    let constants: Vec<(u32, u64)> = vec![
        (0, 1),
        (1, 2),
        (2, 0xffff_fffe),
        (4, 0x1234_5678_9abc_def0),
        (5, 0x3fc0_0000),
        (6, 0xbfe0_0000_0000_0000),
        (7, 0xfedc_ba98_7654_3210),
        (8, 0x8123_4567_89ab_cdef),
    ];
    let code = counted(&module, false);
    // Where it begins, the height of its stack, and the slots of its constants with their values.
    type Counted = (usize, u32, Vec<(u32, u64)>);
    let found: Vec<Counted> = code
        .loops
        .iter()
        .map(|counted| (counted.offset as usize - beginning(&module), counted.height, counted.constants.to_vec()))
        .collect();
    assert_eq!(found, [(65, 9, constants.clone()), (67, 9, constants)]);
}

/// A loop takes two words for each constant below it, and one for each sixteen slots.
#[test]
fn what_counted_loops_take_is_limited() {
    let text = format!("(module (func {} (loop) {}))", "(i32.const 0)".repeat(240), "(drop)".repeat(240));
    let module = decode(&text);
    let config = Config { mode: Mode::Tiered { seed: None }, ..Config::default() };
    let within = |words: u64| translate_with(&module, BodyIndex(0), false, &config, Some(32 * words));
    // Of the code itself there are ten.
    let code = within(10 + 2 * 240 + 15).expect("there is room");
    assert_eq!(code.words.len(), 10);
    let error = within(10 + 2 * 240 + 14).expect_err("a word too many");
    assert_eq!(error.reason, Reason::Memory(Limit::Code));
}

/// Positions of more than 16 bits: of loops and clauses, in words, and of operators, in bytes.
#[test]
fn what_is_far_from_the_beginning_is_found() {
    // The instruction of a table takes three words more than it has targets, and these two together take 70,000.
    let table = |targets: usize| format!("(block (br_table {} (local.get 0)))", "0 ".repeat(targets + 1));
    let text = format!(
        "(module (tag $e (param i32))
          (func (param i32)
            {} {}
            loop $l
              block $b (result i32)
                try_table (catch $e $b) (catch_all $l)
                  i32.const 5 throw $e
                end
                unreachable
              end
              drop
              try
                i32.const 6 throw $e
              catch $e
                drop
              end
            end))",
        table(65_000),
        table(4_994)
    );
    let module = decode_with(&text, LEGACY);
    let code = translate(&module, BodyIndex(0), false).expect("it is supported");
    assert_eq!(
        format!("{:?}", code.handlers),
        "[Handler { start: 70004, end: 70008, catches: [\
         Catch { tag: Some(0), payload: 1, to: 4, ref_to: None, target: 70008 }, \
         Catch { tag: None, payload: 0, to: 4, ref_to: None, target: 70004 }], level: 3, delegate: None }, \
         Handler { start: 70008, end: 70012, catches: [\
         Catch { tag: Some(0), payload: 1, to: 5, ref_to: Some(4), target: 70012 }], level: 2, delegate: None }]"
    );
    let module =
        decode(&format!("(module (func (param i32) {} (loop (br_if 0 (local.get 0)))))", "(nop)".repeat(70_000)));
    for &chained in dispatchers() {
        let code = counted(&module, chained);
        let loops: Vec<usize> = code.loops.iter().map(|l| l.offset as usize - beginning(&module)).collect();
        assert_eq!(loops, [70_001]);
        let sites: Vec<usize> = code.sites.iter().map(|site| site.offset as usize - beginning(&module)).collect();
        assert_eq!(sites, if chained { vec![70_005] } else { Vec::new() });
    }
}
